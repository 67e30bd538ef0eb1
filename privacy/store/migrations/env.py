"""Alembic's way in: runs the steps on the URL of its configuration."""

from alembic import context

from privacy.store.database import Database
from privacy.store.schema import metadata
from privacy.store.tables import (
    agents,
    audit,
    challenges,
    chatwoot,
    conversations,
    decisions,
    fulfilment,
    handoff,
    objections,
    outbox,
    requests,
)

TABLES = (
    agents, audit, challenges, chatwoot, conversations, decisions, fulfilment, handoff, objections, outbox, requests,
)  # fmt: skip


def run() -> None:
    """Run the steps in one transaction, on a durable connection."""
    database = Database(context.config.get_main_option("sqlalchemy.url") or "")
    try:
        with database.write() as connection:
            context.configure(
                connection=connection,
                target_metadata=metadata,
                render_as_batch=True,
                compare_type=True,
                transactional_ddl=True,
            )
            with context.begin_transaction():
                context.run_migrations()
    finally:
        database.close()


run()
