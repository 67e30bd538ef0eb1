"""Everything that can be wrong before Vera starts, checked before anything starts: one sentence each."""

from collections.abc import Callable, Iterator
from pathlib import Path
from zoneinfo import ZoneInfoNotFoundError

from pydantic import ValidationError

from command import folder, ports
from command.failure import CannotStart
from privacy.agents.provider.setting import ProviderSettingWrong, read_access
from privacy.chatwoot.api import Api
from privacy.chatwoot.connection import ChatwootSettingWrong, ChatwootUnreachable
from privacy.clock import SystemClock
from privacy.mail.errors import MailServerUnreachable, MailSettingWrong, TextGatewayUnreachable
from privacy.mail.server import MailServer
from privacy.mail.texts import TextCarrier, TextGateway
from privacy.settings import ROOT, Settings
from privacy.wiring.chatwoot import read_chatwoot
from tools import model
from tools.bootstrap import bot_environment


def read_settings() -> Settings:
    """The settings from the environment. Raises CannotStart; its text repeats no value, which may be a secret."""
    try:
        settings = Settings()
    except ValidationError as error:
        wrong = error.errors(include_input=False, include_url=False)[0]
        name = "VERA_" + "_".join(str(part) for part in wrong["loc"]).upper()
        raise CannotStart(f"{name} cannot be used: {wrong['msg']}.") from None
    except ZoneInfoNotFoundError:
        raise CannotStart(
            "VERA_TIME_ZONE cannot be used: write a name such as Europe/Berlin or UTC."
        ) from None
    paths = ("data_dir", "policy", "datamap")
    whole = {name: getattr(settings, name).absolute() for name in paths}
    ledger = str(settings.tombstone_file.absolute()) if settings.tombstones else ""
    return settings.model_copy(update={**whole, "tombstones": ledger})


def check_ports(settings: Settings) -> None:
    """Raises CannotStart."""
    if settings.port == settings.desk_port:
        raise CannotStart(
            f"VERA_PORT and VERA_DESK_PORT are both {settings.port}: give them two ports."
        )
    ports.check_free(settings.host, settings.port, "VERA_PORT", "VERA_HOST")
    ports.check_free(settings.desk_host, settings.desk_port, "VERA_DESK_PORT", "VERA_DESK_HOST")


async def check_carriers(settings: Settings) -> None:
    """The mail server and the gateway for text messages, where they are set. Raises CannotStart."""
    try:
        if settings.smtp_url:
            await MailServer.read(settings.smtp_url).check_reachable()
        if settings.sms_url:
            gateway = TextGateway.read(settings.sms_url, settings.sms_from)
            await TextCarrier(gateway, SystemClock()).check_reachable()
    except (MailServerUnreachable, MailSettingWrong, TextGatewayUnreachable) as error:
        raise CannotStart(str(error)) from None


def check_sign_in(settings: Settings) -> None:
    """What is set for the company's own sign-in. Raises CannotStart."""
    try:
        read_access(settings)
    except ProviderSettingWrong as error:
        raise CannotStart(str(error)) from None


def check_chatwoot_settings(settings: Settings) -> None:
    """Raises CannotStart. Whether it can be reached is no reason not to start: what is to be told waits."""
    try:
        read_chatwoot(settings)
    except ChatwootSettingWrong as error:
        raise CannotStart(str(error)) from None


async def check_chatwoot(settings: Settings) -> None:
    """Chatwoot, where it is set. Raises CannotStart."""
    check_chatwoot_settings(settings)
    connection = read_chatwoot(settings)
    if connection is None:
        return
    api = Api(connection)
    try:
        await api.check()
    except ChatwootUnreachable as error:
        raise CannotStart(str(error)) from None
    finally:
        await api.close()


def check_model() -> Path:
    """The trained model that fits the sources of now. Raises CannotStart."""
    if not bot_environment().python.exists():
        raise CannotStart("The environment for Rasa is not there: run `make setup`.")
    trained = model.path_of(ROOT)
    if not trained.is_file():
        raise CannotStart(
            "There is no model for config.yml, domain.yml and data/ as they are now: run `make train`."
        )
    return trained


def check_data_folder(settings: Settings) -> None:
    """Raises CannotStart."""
    data = folder.prepare(settings.data_dir)
    system = folder.on_network(data)
    if system and not settings.database_url:
        raise CannotStart(
            f"The data folder {data} lies on a network file system ({system}), where SQLite's locks do not hold: "
            "choose a local one with VERA_DATA_DIR, or a PostgreSQL database with VERA_DATABASE_URL."
        )


def checks(settings: Settings) -> Iterator[tuple[str, Callable[[], object]]]:
    """The checks that need no waiting, with their names."""
    yield "data folder", lambda: check_data_folder(settings)
    yield "ports", lambda: check_ports(settings)
    yield "sign-in of agents", lambda: check_sign_in(settings)
    yield "settings of Chatwoot", lambda: check_chatwoot_settings(settings)
    yield "model", check_model
