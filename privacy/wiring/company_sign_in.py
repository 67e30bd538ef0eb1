"""The company's own sign-in, where one is set."""

from dataclasses import dataclass

from privacy.agents.admission import Admission
from privacy.agents.provider.line import Line
from privacy.agents.provider.provider import Provider
from privacy.agents.provider.setting import read_access, read_roles
from privacy.clock import Clock
from privacy.settings import Settings
from privacy.store.database import Database
from privacy.store.keyring import Keyring


@dataclass(frozen=True, slots=True)
class CompanySignIn:
    """Who comes, and whom of them the desk lets in."""

    provider: Provider
    admission: Admission


def build_company_sign_in(
    settings: Settings, database: Database, keyring: Keyring, clock: Clock
) -> CompanySignIn | None:
    """None where agents have passwords alone. Raises ProviderSettingWrong."""
    access = read_access(settings)
    if access is None:
        return None
    return CompanySignIn(
        Provider(access, keyring, clock, Line()),
        Admission(database, keyring, clock, read_roles(settings.oidc_roles)),
    )
