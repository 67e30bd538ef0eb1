"""Requests, their due dates and their history; what a customer is in the middle of asking for.

The history only grows: triggers of the database itself refuse to change a row of `request_event`,
and to delete one while its request is kept. Retention marks the request first (`retired_at`), which
only a closed request can bear; then its rows may go (`privacy.filing.retention`).
"""

from sqlalchemy import (
    DDL,
    JSON,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    UniqueConstraint,
    event,
    text,
)

from privacy.store.schema import UtcDateTime, metadata

_IS_OPEN = text("closed_at IS NULL")

request = Table(
    "request",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("reference", String(12), nullable=False, unique=True),
    Column("kind", String(40), nullable=False),
    # Keyed fingerprint of the subject; of the group where a contact is shared; of the contact where
    # nobody is known.
    Column("subject_index", String(64), nullable=False),
    # What open requests of one subject and kind may differ in (policy: distinct_by); else "".
    Column("scope", String(64), nullable=False, default="", server_default=""),
    Column("sealed_subject", LargeBinary, nullable=False),
    Column("sealed_contact", LargeBinary, nullable=False),
    Column("sealed_details", LargeBinary, nullable=False),
    Column("state", String(30), nullable=False),
    Column("reason", String(30)),
    Column("received_at", UtcDateTime, nullable=False),
    Column("due_at", UtcDateTime, nullable=False, index=True),
    Column("closed_at", UtcDateTime),
    Column("retired_at", UtcDateTime),
    Column("conversation", String(80), nullable=False),
    Column("turn", String(80), nullable=False),
    Column("channel", String(20), nullable=False),
    Column("language", String(35), nullable=False),
    # Grows with every event and is the event's `seq`.
    Column("version", Integer, nullable=False),
    # Keyed fingerprint of the e-mail address that letters go to.
    Column("mail_index", String(64)),
    UniqueConstraint("conversation", "turn"),
    Index(
        "uq_request_one_open",
        "subject_index",
        "kind",
        "scope",
        unique=True,
        sqlite_where=_IS_OPEN,
        postgresql_where=_IS_OPEN,
    ),
    Index("ix_request_subject_index", "subject_index"),
    Index("ix_request_mail_index", "mail_index"),
    # Pages of the desk: what is open by due date, by age and by state; everything by age.
    *(
        Index(name, *columns, sqlite_where=_IS_OPEN, postgresql_where=_IS_OPEN)
        for name, columns in (
            ("ix_request_open_due", ("due_at", "id")),
            ("ix_request_open_received", ("received_at", "id")),
            ("ix_request_open_state", ("state", "due_at", "id")),
        )
    ),
    Index("ix_request_received", "received_at", "id"),
    # Of closed ones only: an index of all would be preferred to those above, and everything open sorted.
    Index(
        "ix_request_closed",
        "closed_at",
        "id",
        sqlite_where=text("closed_at IS NOT NULL"),
        postgresql_where=text("closed_at IS NOT NULL"),
    ),
    CheckConstraint("retired_at IS NULL OR closed_at IS NOT NULL", name="retired_when_closed"),
    CheckConstraint(
        "(closed_at IS NOT NULL) = (state IN ('done', 'declined', 'cancelled'))",
        name="closed_by_state",
    ),
)

# A further reference to an open request, given to somebody who proved nothing: an answer that
# repeats the first reference would tell that somebody asked before.
request_alias = Table(
    "request_alias",
    metadata,
    Column("reference", String(12), primary_key=True),
    Column("request", ForeignKey("request.id"), nullable=False, index=True),
    Column("conversation", String(80), nullable=False),
    Column("turn", String(80), nullable=False),
    Column("given_at", UtcDateTime, nullable=False),
    UniqueConstraint("conversation", "turn"),
    UniqueConstraint("request", "conversation"),
)

request_deadline = Table(
    "request_deadline",
    metadata,
    Column("request", ForeignKey("request.id"), primary_key=True),
    Column("law", String(40), primary_key=True),  # key of the policy, or "house"
    Column("due_at", UtcDateTime, nullable=False),
    Column("basis", String(80), nullable=False),
    Column("source", String(200), nullable=False),
)

request_event = Table(
    "request_event",
    metadata,
    Column("request", ForeignKey("request.id"), primary_key=True),
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("at", UtcDateTime, nullable=False),
    Column("actor", String(80), nullable=False),  # customer | system | agent:<id>
    Column("event", String(40), nullable=False),
    Column("data", JSON, nullable=False),  # no personal data
)

draft = Table(
    "draft",
    metadata,
    Column("conversation", String(80), primary_key=True),
    Column("kind", String(40), nullable=False),  # of request, or "status", "cancel"
    Column("act_key", String(36), nullable=False, unique=True),
    Column("sealed_details", LargeBinary, nullable=False),
    # The turn that filed it: what was proven for its act key is used up for any other turn.
    Column("filed_by", String(80)),
    Column("created_at", UtcDateTime, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False, index=True),
)

# The statements that make `request_event` append-only, per dialect; each migration has its own copy.
APPEND_ONLY: dict[str, tuple[str, ...]] = {
    "sqlite": (
        """
        CREATE TRIGGER request_event_never_changes BEFORE UPDATE ON request_event
        BEGIN SELECT RAISE(ABORT, 'request_event is append-only'); END
        """,
        """
        CREATE TRIGGER request_event_never_goes BEFORE DELETE ON request_event
        WHEN NOT EXISTS (
            SELECT 1 FROM request WHERE id = OLD.request AND retired_at IS NOT NULL
        )
        BEGIN SELECT RAISE(ABORT, 'request_event is append-only'); END
        """,
    ),
    "postgresql": (
        """
        CREATE OR REPLACE FUNCTION request_event_append_only() RETURNS trigger AS $$
        BEGIN
            IF TG_OP = 'DELETE' AND EXISTS (
                SELECT 1 FROM request WHERE id = OLD.request AND retired_at IS NOT NULL
            ) THEN
                RETURN OLD;
            END IF;
            RAISE EXCEPTION 'request_event is append-only';
        END
        $$ LANGUAGE plpgsql
        """,
        """
        CREATE TRIGGER request_event_append_only BEFORE UPDATE OR DELETE ON request_event
        FOR EACH ROW EXECUTE FUNCTION request_event_append_only()
        """,
        """
        CREATE TRIGGER request_event_never_emptied BEFORE TRUNCATE ON request_event
        FOR EACH STATEMENT EXECUTE FUNCTION request_event_append_only()
        """,
    ),
}


def _append_only(dialect: str) -> None:
    for statement in APPEND_ONLY[dialect]:
        ddl = DDL(statement)  # type: ignore[no-untyped-call]
        event.listen(request_event, "after_create", ddl.execute_if(dialect=dialect))


for _dialect in APPEND_ONLY:
    _append_only(_dialect)
