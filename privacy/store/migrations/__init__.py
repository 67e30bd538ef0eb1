"""The database's schema, step by step. `upgrade` brings any older database to today's."""

from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import String, column, select, table
from sqlalchemy.exc import SQLAlchemyError

from privacy.store.database import Database

if TYPE_CHECKING:
    from alembic.config import Config

HERE = Path(__file__).parent


def configuration(url: str) -> "Config":
    """Alembic's configuration for a database, without a file."""
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(HERE))
    # A percent sign in a password would be read as interpolation.
    config.set_main_option("sqlalchemy.url", url.replace("%", "%%"))
    return config


def upgrade(url: str) -> None:
    """Run every step that this database has not had."""
    if _step_of(url) == newest_step():
        return  # most starts: Alembic alone would take as long as all the rest of them

    from alembic import command

    command.upgrade(configuration(url), "head")


def newest_step() -> str:
    """The number of the last step; each file begins with its own."""
    return max(path.name for path in (HERE / "versions").glob("[0-9]*.py")).partition("_")[0]


def _step_of(url: str) -> str | None:
    """The step that a database is at, as Alembic wrote it down; None where there is none, or no database."""
    noted = select(column("version_num", String)).select_from(table("alembic_version"))
    database = Database(url)
    try:
        with database.read() as tx:
            steps = list(tx.execute(noted).scalars())
    except SQLAlchemyError:
        return None
    finally:
        database.close()
    return str(steps[0]) if len(steps) == 1 else None
