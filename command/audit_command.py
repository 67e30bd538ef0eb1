"""What `vera audit` does: looks whether the audit hangs together, and tells its newest signed head."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import inspect
from sqlalchemy.exc import SQLAlchemyError

from command.failure import CannotStart
from privacy.audit import Head, Heads, HeadUnreadable, Signer, Verdict, check
from privacy.settings import Settings
from privacy.store.database import Database


def verify(settings: Settings, say: Callable[[str], None], kept: Path | None = None) -> bool:
    """Look at every row and every head, and at one that was kept elsewhere; says what is wrong and whether all is
    good. Raises CannotStart where there is nothing to look at."""
    heads = _heads(settings)
    try:
        signed = [*heads.all(), *([newest] if (newest := heads.newest()) else [])]
        if kept is not None:
            signed.append(_kept(kept))
    except HeadUnreadable as trouble:
        say(f"{trouble}.")
        return False
    with _opened(settings) as database, database.read() as tx:
        verdict = check(tx, heads.signer, heads=dict.fromkeys(signed))
    for fault in verdict.faults:
        say(f"{fault.sentence}.")
    if verdict.is_good:
        say(_good(verdict))
    return verdict.is_good


def head(settings: Settings, say: Callable[[str], None]) -> None:
    """Print the newest signed head, to be kept on another machine. Raises CannotStart where there is none."""
    try:
        newest = _heads(settings).newest()
    except HeadUnreadable as trouble:
        raise CannotStart(f"{trouble}.") from None
    if newest is None:
        raise CannotStart("No head was signed yet: Vera signs the first one while it runs.")
    say(newest.as_json())


def _good(verdict: Verdict) -> str:
    heads = "1 signed head fits" if verdict.heads == 1 else f"{verdict.heads} signed heads fit"
    if verdict.first_at is None or verdict.last_at is None:
        return f"0 entries, {heads}"
    first, last = (f"{at:%Y-%m-%d %H:%M} UTC" for at in (verdict.first_at, verdict.last_at))
    entries = "1 entry" if verdict.entries == 1 else f"{verdict.entries} entries"
    return f"{entries}, unbroken from {first} to {last}; {heads}"


def _kept(path: Path) -> Head:
    try:
        return Head.read(path.read_text("utf-8"), path.name)
    except (OSError, UnicodeDecodeError):
        raise CannotStart(f"{path} cannot be read.") from None


def _heads(settings: Settings) -> Heads:
    folder = settings.data_dir.resolve()
    if not (folder / "audit-key.json").exists():
        raise CannotStart(f"There is no audit in {folder}: start Vera once.")
    return Heads(folder, Signer.load(folder))


@contextmanager
def _opened(settings: Settings) -> Iterator[Database]:
    database = Database(settings.database)
    try:
        if not inspect(database.engine).has_table("audit"):
            raise CannotStart("There is no audit in this database: start Vera once.")
        yield database
    except SQLAlchemyError as error:
        raise CannotStart(f"The database cannot be read ({type(error).__name__}).") from None
    finally:
        database.close()
