"""What a database's refusal means: cannot be reached now, or reached and will not.

What a driver says never leaves this module: it may quote a person.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import structlog
from sqlalchemy.exc import (
    DataError,
    DBAPIError,
    IntegrityError,
    InternalError,
    NoSuchTableError,
    NotSupportedError,
    ProgrammingError,
    SQLAlchemyError,
    StatementError,
)

from privacy.errors import SystemDown
from privacy.systems.lookup import ColumnMissing
from privacy.systems.port import SystemRefused
from privacy.systems.stored import WrongType

log = structlog.get_logger()

_FINAL: Final = (IntegrityError, DataError, ProgrammingError, InternalError, NotSupportedError)
# What PyMySQL calls operational although asking again does not help.
_MYSQL_FORBIDS: Final = (
    1044, 1142, 1143, 1227, 1370,  # no right to
    1288, 1290, 1792, 1836,  # read only
    1054, 1093, 1267, 1271, 1292, 1356, 1364, 1411,  # not as reflected, or no such value
    1644, 3819, 4025,  # a trigger, a CHECK
)  # fmt: skip


class At:
    """The table that is being worked on."""

    def __init__(self, table: str = "") -> None:
        self.table = table


@contextmanager
def asking(system: str, at: At) -> Iterator[None]:
    """Turns what a database or its driver raises into SystemDown or SystemRefused."""
    try:
        yield
    except (SystemDown, SystemRefused):
        raise
    except NoSuchTableError:
        raise _refused(system, at, "the database has no such table") from None
    except ColumnMissing as error:
        column = str(error).rpartition(".")[2]
        raise _refused(system, at, f"the table has no column {column}") from None
    except WrongType as error:
        raise _refused(system, at, str(error)) from None
    except SQLAlchemyError as error:
        if _is_final(error):
            raise _refused(system, at, f"the database refuses ({_name(error)})") from None
        raise _down(system, error) from None
    # UnicodeError: a lone surrogate, which no driver takes.
    except (ValueError, OverflowError):
        raise _refused(system, at, "the database cannot take a value") from None
    except OSError as error:
        raise _down(system, error) from None


def _is_final(error: SQLAlchemyError) -> bool:
    """Does asking again not help?"""
    if isinstance(error, DBAPIError):
        if error.connection_invalidated:
            return False
        if isinstance(error, _FINAL):
            return True
        name = getattr(error.orig, "sqlite_errorname", "")
        if name.startswith(("SQLITE_READONLY", "SQLITE_AUTH", "SQLITE_ERROR", "SQLITE_PERM")):
            return True
        code = error.orig.args[0] if error.orig is not None and error.orig.args else None
        return code in _MYSQL_FORBIDS
    return isinstance(error, StatementError)  # a value that its type cannot take


def _refused(system: str, at: At, why: str) -> SystemRefused:
    log.warning("system_refused", system=system, name=at.table, reason=why)
    return SystemRefused(system, at.table, why)


def _down(system: str, error: Exception) -> SystemDown:
    log.warning("system_down", system=system, error=_name(error))
    return SystemDown(system)


def _name(error: Exception) -> str:
    return type(error).__name__
