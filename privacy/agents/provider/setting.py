"""What the settings say about the company's sign-in, checked once before anything starts."""

import ipaddress
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from privacy.agents.roles import Role
from privacy.settings import Settings

BACK = "/sign-in/provider/back"


class ProviderSettingWrong(Exception):
    """A setting cannot be used; the text names it and says what to write, and repeats no secret."""


@dataclass(frozen=True, slots=True)
class Access:
    """How Vera is known to the provider."""

    issuer: str
    client_id: str
    client_secret: str
    scopes: str
    role_claim: str
    redirect_uri: str

    def __repr__(self) -> str:
        return f"Access({self.issuer!r})"


def read_access(settings: Settings) -> Access | None:
    """None where agents sign in with passwords alone. Raises ProviderSettingWrong."""
    if not settings.oidc_issuer:
        if settings.oidc_only:
            raise ProviderSettingWrong(
                "VERA_OIDC_ONLY is on without VERA_OIDC_ISSUER: nobody could sign in."
            )
        return None
    if not is_safe(settings.oidc_issuer):
        raise ProviderSettingWrong("VERA_OIDC_ISSUER must begin with https://.")
    if not settings.oidc_client_id:
        raise ProviderSettingWrong(
            "VERA_OIDC_CLIENT_ID is empty: write the id under which the provider knows Vera."
        )
    if not read_roles(settings.oidc_roles):
        raise ProviderSettingWrong("VERA_OIDC_ROLES is empty: nobody could be let in.")
    return Access(
        issuer=settings.oidc_issuer,
        client_id=settings.oidc_client_id,
        client_secret=settings.oidc_client_secret,
        scopes=settings.oidc_scopes,
        role_claim=settings.oidc_role_claim,
        redirect_uri=settings.desk_origin + BACK,
    )


def read_roles(text: str) -> dict[str, Role]:
    """The role of each group, in the order of the setting. Raises ProviderSettingWrong."""
    found: dict[str, Role] = {}
    for part in filter(None, (part.strip() for part in text.split(","))):
        group, _, role = part.rpartition("=")
        try:
            found.setdefault(group.strip(), Role(role.strip().lower()))
        except ValueError:
            group = ""
        if not group.strip():
            raise ProviderSettingWrong(
                "VERA_OIDC_ROLES cannot be used: write group=role, with agent, officer, "
                "administrator or auditor as the role, separated by commas."
            )
    return found


def role_of(groups: Collection[str], roles: Mapping[str, Role]) -> Role | None:
    """The role of somebody in several groups: the first in the setting counts."""
    return next((role for group, role in roles.items() if group in groups), None)


def is_safe(address: str) -> bool:
    """HTTPS, or this very machine."""
    try:
        parts = urlsplit(address)
        host = parts.hostname or ""
    except ValueError:
        return False
    if not host or parts.username is not None or parts.password is not None:
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and is_here(host))


def is_here(host: str) -> bool:
    """Is that this very machine?"""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
