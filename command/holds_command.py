"""`vera holds`: legal holds are placed on a person by one of their contacts, listed, and lifted.

It works beside the running service, on the same database. All contacts on file of the person are looked up in
the company's systems, so that another one leads to the hold as well.
"""

import getpass
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from rich.console import Console
from rich.table import Table
from rich.text import Text

from command.failure import CannotStart
from command.preflight import read_settings
from privacy.audit import Audit
from privacy.clock import SystemClock
from privacy.contacts import Contact, parse_contact
from privacy.datamap.load import DataMapWrong, load_datamap
from privacy.dates import long_date
from privacy.errors import SystemDown
from privacy.fulfilment.delete.holds import Holds
from privacy.settings import Settings
from privacy.store.database import Database
from privacy.store.keyring import Keyring
from privacy.systems.company import CompanyDirectory
from privacy.systems.directory import SubjectRecord


class _Opened:
    """What the commands need of a data folder."""

    def __init__(self, settings: Settings, database: Database, keyring: Keyring) -> None:
        self.settings, self.database, self._keyring = settings, database, keyring
        self._datamap = load_datamap(settings.datamap, settings.data_dir.resolve(), os.environ)
        self.holds = Holds(keyring, SystemClock(), self._datamap.region)

    def records(self, contact: Contact) -> tuple[Sequence[SubjectRecord], str]:
        """What the systems know, and the one that could not be asked."""
        directory = CompanyDirectory(self._datamap, self._keyring)
        try:
            return directory.find(contact), ""
        except SystemDown as down:
            return [], down.system
        finally:
            directory.close()


def list_all(*, lifted: bool) -> None:
    """The newest first. Raises CannotStart."""
    with _opened() as opened, opened.database.read() as tx:
        found = opened.holds.all(tx, lifted=lifted)
    out = Console(highlight=False)
    if not found:
        out.print("No legal hold is in force.")
        return
    table = Table("hold", "since", "placed by", "reason", box=None, header_style="dim")
    for one in found:
        since = long_date(one.placed_at, opened.settings.zone)
        ended = (
            f" (lifted {long_date(one.lifted_at, opened.settings.zone)})" if one.lifted_at else ""
        )
        table.add_row(one.id, since, Text(one.placed_by), Text(one.reason + ended))
    out.print(table)


def place(text: str, reason: str, by: str) -> None:
    """Hold everything of whoever has this contact. Raises CannotStart."""
    contact = parse_contact(text)
    if contact is None:
        raise CannotStart("This is no e-mail address or phone number: write one of the person's.")
    if not reason.strip():
        raise CannotStart("Say why with --reason: a hold without one is never lifted.")
    with _opened() as opened:
        records, down = opened.records(contact)
        with opened.database.write() as tx:
            hold = opened.holds.place(
                tx, contact, records, reason=reason.strip(), by=by or getpass.getuser()
            )
    out = Console(highlight=False, soft_wrap=True)
    out.print(f"Placed: {hold}. Lift it with `vera holds lift {hold}`.")
    people = len({record.subject for record in records})
    if down:
        out.print(
            f"The system {down} cannot be reached: the hold is on this contact alone. "
            "Place it again when it can be, so that the person's other contacts lead to it."
        )
    elif not people:
        out.print("No system knows this contact now. The hold is on the contact itself.")
    elif people > 1:
        out.print(f"{people} people share this contact. The hold is on all of them.")


def lift(hold: str, by: str) -> None:
    """End it. Raises CannotStart."""
    with _opened() as opened, opened.database.write() as tx:
        if not opened.holds.lift(tx, hold, by=by or getpass.getuser()):
            raise CannotStart("No hold with this id is in force: `vera holds` lists them.")
    Console(highlight=False).print(
        f"Lifted: {hold}. A deletion that waited for it goes on when its task is done (`vera tasks`)."
    )


@contextmanager
def _opened() -> Iterator[_Opened]:
    settings = read_settings()
    keys = settings.data_dir / "keys.json"
    if not keys.exists():
        raise CannotStart(
            f"There is no Vera in {settings.data_dir}: name its folder with VERA_DATA_DIR."
        )
    database = Database(settings.database)
    try:
        keyring = Keyring.load(keys)
        Audit(keyring, SystemClock()).attach(database)
        yield _Opened(settings, database, keyring)
    except DataMapWrong as wrong:
        raise CannotStart(f"The data map cannot be used: {wrong}") from None
    finally:
        database.close()
