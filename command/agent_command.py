"""`vera agent`: who works at the desk. Somebody is added with a role, set up by themselves, given another role, begun anew
or let in no more.

It works beside the running service, on the same database: sessions end in that moment, and the service gives what
somebody held back to the queue. Nobody but whoever may use this machine adds anybody.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from rich.console import Console
from rich.table import Table
from rich.text import Text

from command.failure import CannotStart
from command.preflight import read_settings
from privacy.agents.accounts import OUTSIDE, Accounts
from privacy.agents.errors import AgentExists, AgentOutside, AgentUnknown
from privacy.agents.roles import Act, Role, is_permitted
from privacy.audit import Audit
from privacy.clock import SystemClock
from privacy.settings import Settings
from privacy.store.database import Database
from privacy.store.keyring import Keyring

_OUT: Final = (
    "Signed out everywhere; conversations they held go back to the queue, and their tasks to all."
)
_HEARD_NO_MORE: Final = (
    "What they write at Chatwoot reaches no customer any more, and conversations they held go back to the queue. "
    "Their account at Chatwoot stays as it is."
)
_CHATWOOTS: Final = (
    "This account belongs to Chatwoot: there is nothing to sign in with and no role here. "
    "`vera agent disable` keeps their words from customers."
)


def list_all() -> None:
    """Everybody, by login. Raises CannotStart."""
    with _opened() as (_, accounts):
        everybody = accounts.everybody()
    out = Console(highlight=False)
    if not everybody:
        out.print("Nobody works at the desk yet: `vera agent add` adds somebody.")
        return
    table = Table("login", "name", "role", "state", box=None, header_style="dim")
    for one in everybody:
        table.add_row(Text(one.login), Text(one.name), one.role.value, one.state)
    out.print(table)


def add(login: str, name: str, role: Role) -> None:
    """Invite somebody. Raises CannotStart."""
    with _opened() as (settings, accounts):
        key = accounts.add(login, name, role)
    _tell(settings, f"Added: {login}, {role.value}.", key)


def reset(login: str) -> None:
    """A new password and authenticator, from a new set-up key. Raises CannotStart."""
    with _opened() as (settings, accounts):
        key = accounts.reset(login)
    _tell(settings, f"Reset: {login}. {_OUT}", key)


def disable(login: str) -> None:
    """Let somebody in no more. Raises CannotStart."""
    with _opened() as (_, accounts):
        is_outside = accounts.find(login).state == OUTSIDE
        accounts.disable(login)
    _say(f"Disabled: {login}. {_HEARD_NO_MORE if is_outside else _OUT}")


def change_role(login: str, role: Role) -> None:
    """Another role, from the next sign-in. Raises CannotStart."""
    with _opened() as (_, accounts):
        accounts.change_role(login, role)
    answers = is_permitted(role, Act.REPLY)
    back = (
        "" if answers else " Conversations they held go back to the queue, and their tasks to all."
    )
    _say(f"{login} is {role.value} now, and signs in again.{back}")


def _tell(settings: Settings, done: str, key: str) -> None:
    if settings.oidc_only:
        _say(
            f"{done}\nThey sign in with the company's own sign-in at {settings.desk_origin}/sign-in."
        )
        return
    _say(
        f"{done}\n"
        f"Set-up key: {key}\n"
        f"They set up password and authenticator at {settings.desk_origin}/set-up. "
        "The key works once, for 24 hours, and is not shown again."
    )


def _say(text: str) -> None:
    Console(highlight=False, markup=False, soft_wrap=True).print(text)


@contextmanager
def _opened() -> Iterator[tuple[Settings, Accounts]]:
    settings = read_settings()
    keys = settings.data_dir / "keys.json"
    if not keys.exists():
        raise CannotStart(
            f"There is no Vera in {settings.data_dir}: name its folder with VERA_DATA_DIR."
        )
    database, clock = Database(settings.database), SystemClock()
    try:
        keyring = Keyring.load(keys)
        Audit(keyring, clock).attach(database)
        yield settings, Accounts(database, keyring, clock)
    except AgentExists:
        raise CannotStart(
            "Somebody has this login already: `vera agent` lists everybody."
        ) from None
    except AgentUnknown:
        raise CannotStart("Nobody has this login: `vera agent` lists everybody.") from None
    except AgentOutside:
        raise CannotStart(_CHATWOOTS) from None
    except ValueError as wrong:
        raise CannotStart(f"This cannot be used: {wrong}.") from None
    finally:
        database.close()
