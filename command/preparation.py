"""`vera prepare`, run by `vera run` before the parts start: policy and data map read, schema of today, durable
database, sample company. A process of its own, so that the supervisor stays small.
"""

import os
from collections.abc import Callable

from sqlalchemy.exc import SQLAlchemyError

from command.durability import assert_durable
from command.failure import CannotStart
from command.sample import uses_sample_company
from demo import company
from privacy.datamap.load import DataMapWrong, load_datamap
from privacy.mail.errors import MailSettingWrong
from privacy.mail.letterhead import Letterhead
from privacy.policy import PolicyBroken, load_policy
from privacy.settings import Settings
from privacy.store import migrations
from privacy.store.database import Database


def prepare(settings: Settings, say: Callable[[str], None]) -> None:
    """All of it, saying what is done. Raises CannotStart."""
    read_what_is_written(settings)
    say("Policy and data map are read")
    prepare_database(settings)
    say("Database is up to date")
    if uses_sample_company(settings):
        company.build(settings.data_dir / "demo")
        say("Sample company is ready")


def read_what_is_written(settings: Settings) -> None:
    """The files and names that people write. Raises CannotStart."""
    try:
        load_policy(settings.policy)
        load_datamap(settings.datamap, settings.data_dir, os.environ)
        Letterhead.read(
            company=settings.company_name,
            mail_from=settings.mail_from,
            inbox=settings.company_inbox,
            origin=settings.origin,
        )
    except (PolicyBroken, DataMapWrong, MailSettingWrong) as error:
        raise CannotStart(str(error)) from None


def prepare_database(settings: Settings) -> None:
    """Bring the schema up to date and look at how the database keeps things. Raises CannotStart."""
    try:
        migrations.upgrade(settings.database)
        database = Database(settings.database)
        try:
            assert_durable(database)
        finally:
            database.close()
    except SQLAlchemyError as error:
        # The error's own text may quote the URL with its password.
        where = (
            "VERA_DATABASE_URL" if settings.database_url else f"the data folder {settings.data_dir}"
        )
        raise CannotStart(
            f"The database cannot be used ({type(error).__name__}): look at {where}."
        ) from None
