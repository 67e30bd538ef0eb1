"""`vera tasks`: what waits for a person, one task with everything it says, and the word that it is done.

It works beside the running service, on the same database; the service goes on by itself when the last task of a
request is done. What a task says may be personal: it is for the eyes of whoever may read this data folder.
"""

import getpass
import mimetypes
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from command.failure import CannotStart
from command.preflight import read_settings
from privacy.audit import Audit
from privacy.clock import SystemClock
from privacy.dates import long_date
from privacy.errors import NotPossibleNow
from privacy.fulfilment.books.works import Works
from privacy.fulfilment.tasks.tasks import KINDS, Attached, Task, Tasks
from privacy.fulfilment.vault.attachments import Attachments, FileTooLarge
from privacy.mail.letterhead import Letterhead
from privacy.mail.outbox import Outbox
from privacy.policy import load_policy
from privacy.settings import Settings
from privacy.store.database import Database
from privacy.store.keyring import Keyring


def list_open() -> None:
    """What is due first. Raises CannotStart."""
    with _opened() as (settings, found):
        waiting = found.list_open()
    out = Console(highlight=False)
    if not waiting:
        out.print("Nothing waits for a person.")
        return
    table = Table("task", "request", "due", "system", "why", box=None, header_style="dim")
    for one in waiting:
        due = long_date(one.due_at, settings.zone)
        table.add_row(one.id[:8], one.reference, due, one.system or "", _why(one))
    out.print(table)


def show(task: str) -> None:
    """One task. Raises CannotStart."""
    with _opened() as (settings, found):
        one = _wanted(found, task)
    rows = Table.grid(padding=(0, 2))
    for name, value in (
        ("task", one.id),
        ("request", one.reference),
        ("why", _why(one)),
        ("system", one.system or ""),
        ("due", long_date(one.due_at, settings.zone)),
        ("state", "open" if one.is_open else f"done by {one.done_by}"),
    ):
        if value:
            rows.add_row(Text(name, style="bold"), Text(value))
    out = Console(highlight=False, soft_wrap=True)
    out.print(rows)
    for text in filter(None, (one.what, one.answer)):
        out.print()
        out.print(Text(text))
    for file in one.files:
        out.print(Text(f"· {file.name} ({file.size} bytes)"))


def finish(task: str, answer: str, attach: Sequence[Path], by: str) -> None:
    """It is done. Raises CannotStart."""
    with _opened() as (_, found), ExitStack() as files:
        one = _wanted(found, task)
        try:
            attached = [
                Attached(
                    path.name,
                    files.enter_context(path.open("rb")),
                    mimetypes.guess_type(path.name)[0] or "application/octet-stream",
                )
                for path in attach
            ]
            found.finish(one.id, by or getpass.getuser(), answer, attached)
        except NotPossibleNow as problem:
            raise CannotStart(f"This cannot be done: {problem}.") from None
        except FileTooLarge:
            raise CannotStart("One of the files is too large: 200 MiB is the most.") from None
        except OSError as problem:
            why = (problem.strerror or type(problem).__name__).lower()
            raise CannotStart(f"A file cannot be read or kept ({why}).") from None
    Console(highlight=False).print(f"Done: {one.reference}, {_why(one)}.")


@contextmanager
def _opened() -> Iterator[tuple[Settings, Tasks]]:
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
        yield settings, _tasks(settings, database, keyring)
    finally:
        database.close()


def _tasks(settings: Settings, database: Database, keyring: Keyring) -> Tasks:
    clock, policy = SystemClock(), load_policy(settings.policy)
    letterhead = Letterhead.read(
        company=settings.company_name,
        mail_from=settings.mail_from,
        inbox=settings.company_inbox,
        origin=settings.origin,
    )
    return Tasks(
        database,
        keyring,
        clock,
        policy,
        Works(policy),
        Outbox(keyring, clock, letterhead),
        Attachments(settings.data_dir / "files"),
        zone=settings.zone,
        company_inbox=settings.company_inbox,
    )


def _wanted(found: Tasks, task: str) -> Task:
    one = found.get(task)
    if one is None:
        raise CannotStart(
            "There is no such task, or several begin like that: `vera tasks` lists them."
        )
    return one


def _why(one: Task) -> str:
    return KINDS.get(one.kind, one.kind.replace("_", " "))
