"""The audit: one row for each thing that was done, chained by hashes; keys for pseudonyms by year;
checkpoints in the place of what retention removed.

Rows only come. Triggers of the database itself refuse to change one, and to delete one that no
checkpoint covers; checkpoints are signed (`privacy.audit.heads`), so that a forged one is noticed.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Column, Connection, Index, Integer, LargeBinary, String, Table, Text, event

from privacy.store.schema import UtcDateTime, metadata

audit = Table(
    "audit",
    metadata,
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("at", UtcDateTime, nullable=False, index=True),
    Column("actor", String(80), nullable=False),  # customer | service | agent:<id>
    Column("act", String(40), nullable=False),
    Column("request", String(36), index=True),
    Column("subject", String(32), index=True),  # pseudonym by the key of the year
    Column("data", Text, nullable=False),  # canonical JSON, exactly as it was hashed
    Column("prev_hash", String(64), nullable=False),
    Column("hash", String(64), nullable=False),
)

# Everything up to `seq` was removed when its time was over; `hash` is that of the last row removed.
audit_checkpoint = Table(
    "audit_checkpoint",
    metadata,
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("hash", String(64), nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("signature", String(128), nullable=False),
    Index("ix_audit_checkpoint_at", "at"),
)

# Without the key of a year nobody can tell any more whose its pseudonyms were.
audit_year = Table(
    "audit_year",
    metadata,
    Column("year", Integer, primary_key=True, autoincrement=False),
    Column("sealed_key", LargeBinary, nullable=False),
)

# The statements that guard the tables, per dialect; each migration has its own copy.
APPEND_ONLY: dict[str, tuple[str, ...]] = {
    "sqlite": (
        """
        CREATE TRIGGER audit_never_changes BEFORE UPDATE ON audit
        BEGIN SELECT RAISE(ABORT, 'audit is append-only'); END
        """,
        """
        CREATE TRIGGER audit_never_goes BEFORE DELETE ON audit
        WHEN NOT EXISTS (SELECT 1 FROM audit_checkpoint WHERE seq >= OLD.seq)
        BEGIN SELECT RAISE(ABORT, 'audit is append-only'); END
        """,
        """
        CREATE TRIGGER audit_checkpoint_never_changes BEFORE UPDATE ON audit_checkpoint
        BEGIN SELECT RAISE(ABORT, 'audit_checkpoint is append-only'); END
        """,
        """
        CREATE TRIGGER audit_checkpoint_never_goes BEFORE DELETE ON audit_checkpoint
        BEGIN SELECT RAISE(ABORT, 'audit_checkpoint is append-only'); END
        """,
    ),
    "postgresql": (
        """
        CREATE OR REPLACE FUNCTION audit_append_only() RETURNS trigger AS $$
        BEGIN
            IF TG_OP = 'DELETE' AND TG_TABLE_NAME = 'audit' AND EXISTS (
                SELECT 1 FROM audit_checkpoint WHERE seq >= OLD.seq
            ) THEN
                RETURN OLD;
            END IF;
            RAISE EXCEPTION USING MESSAGE = TG_TABLE_NAME || ' is append-only';
        END
        $$ LANGUAGE plpgsql
        """,
        """
        CREATE TRIGGER audit_append_only BEFORE UPDATE OR DELETE ON audit
        FOR EACH ROW EXECUTE FUNCTION audit_append_only()
        """,
        """
        CREATE TRIGGER audit_never_emptied BEFORE TRUNCATE ON audit
        FOR EACH STATEMENT EXECUTE FUNCTION audit_append_only()
        """,
        """
        CREATE TRIGGER audit_checkpoint_append_only BEFORE UPDATE OR DELETE ON audit_checkpoint
        FOR EACH ROW EXECUTE FUNCTION audit_append_only()
        """,
        """
        CREATE TRIGGER audit_checkpoint_never_emptied BEFORE TRUNCATE ON audit_checkpoint
        FOR EACH STATEMENT EXECUTE FUNCTION audit_append_only()
        """,
    ),
}


@event.listens_for(metadata, "after_create")
def _guard(_target: object, connection: Connection, tables: Sequence[Table] = (), **_: Any) -> None:
    """Once all are there, since a trigger names two of the tables."""
    if audit in tables:
        for statement in APPEND_ONLY.get(connection.dialect.name, ()):
            connection.exec_driver_sql(statement)
