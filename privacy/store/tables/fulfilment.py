"""What carrying requests out needs to remember: work that is due, how far each system is, tasks for persons,
packages, what is kept until when, legal holds.

Nothing personal is readable here: places, plans and results are sealed.
"""

from sqlalchemy import (
    JSON,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    UniqueConstraint,
)

from privacy.store.schema import UtcDateTime, metadata

# One row per open request: when it is to be worked on next. `run` grows with each start of a workflow,
# whose id is "<request>:<run>".
work = Table(
    "work",
    metadata,
    Column("request", ForeignKey("request.id"), primary_key=True),
    Column("run", Integer, nullable=False),
    Column("state", String(20), nullable=False),  # due | running | for_person | ended
    Column("due_at", UtcDateTime, nullable=False),
    Column("attempts", Integer, nullable=False, default=0, server_default="0"),
    Column("sealed_places", LargeBinary),  # where the subject's rows are, once found
    Column(
        "sealed_notes", LargeBinary
    ),  # what a course keeps from one run to the next (plan, old values)
    Column("updated_at", UtcDateTime, nullable=False),
    Index("ix_work_due", "state", "due_at"),
)

progress = Table(
    "progress",
    metadata,
    Column("request", ForeignKey("request.id"), primary_key=True),
    Column("system", String(40), primary_key=True),
    Column("state", String(20), nullable=False),  # waiting | working | done | down | for_person
    Column("attempts", Integer, nullable=False, default=0, server_default="0"),
    Column("counts", JSON, nullable=False),  # numbers by table, no personal data
    Column("since", UtcDateTime, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
)

# Something that only a person can do.
task = Table(
    "task",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("request", ForeignKey("request.id"), nullable=False, index=True),
    Column("key", String(120), nullable=False),  # the same key is the same task
    Column("kind", String(40), nullable=False),
    Column("system", String(40)),
    Column("sealed_what", LargeBinary, nullable=False),  # what is to be done, for the person
    Column("state", String(20), nullable=False),  # open | done
    Column("created_at", UtcDateTime, nullable=False),
    Column("due_at", UtcDateTime, nullable=False),
    Column("done_at", UtcDateTime),
    Column("done_by", String(80)),
    Column("sealed_answer", LargeBinary),
    Column("taken_by", String(36)),  # the agent who does it
    Column("snoozed_until", UtcDateTime),  # out of sight of whoever took it until then
    UniqueConstraint("request", "key"),
    Index("ix_task_state", "state", "due_at"),
    Index("ix_task_taken_by", "taken_by", "state"),
)

# A file that a person attached to a task; the file itself lies encrypted in the data folder.
task_file = Table(
    "task_file",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("task", ForeignKey("task.id"), nullable=False, index=True),
    Column("sealed_name", LargeBinary, nullable=False),
    Column("media_type", String(80), nullable=False),
    Column("size", Integer, nullable=False),
    Column("sealed_key", LargeBinary, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
)

package = Table(
    "package",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("request", ForeignKey("request.id"), nullable=False, unique=True),
    Column("size", Integer, nullable=False),
    Column("rows", Integer, nullable=False),
    Column("sha256", String(64), nullable=False),  # of the package as it is downloaded
    Column("sealed_key", LargeBinary),  # without it the file is noise; gone once removed
    Column("made_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False, index=True),
    Column("downloads", Integer, nullable=False, default=0, server_default="0"),
    Column("removed_at", UtcDateTime),
)

# Rows that a law makes the company keep, until its time is over.
kept_record = Table(
    "kept_record",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("request", String(36), nullable=False),  # outlives the request's own record
    Column("reference", String(12), nullable=False),
    Column("system", String(40), nullable=False),
    Column("sealed_place", LargeBinary, nullable=False),
    Column("sealed_acts", LargeBinary, nullable=False),
    Column("next_on", Date, nullable=False, index=True),
    Column("done_at", UtcDateTime),
    UniqueConstraint("request", "system"),
)

legal_hold = Table(
    "legal_hold",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("contact_index", String(64), nullable=False, index=True),  # of a contact of the person
    Column("sealed_reason", LargeBinary, nullable=False),
    Column("placed_by", String(80), nullable=False),
    Column("placed_at", UtcDateTime, nullable=False),
    Column("lifted_at", UtcDateTime),
)

# Which conversation may open the page of which request, once a fresh code was given for it.
disclosure = Table(
    "disclosure",
    metadata,
    Column("conversation", String(80), primary_key=True),
    Column("request", ForeignKey("request.id"), primary_key=True),
    Column("operation", String(40), primary_key=True),
    Column("given_at", UtcDateTime, nullable=False),
)

# Something to say in a conversation, once.
announcement = Table(
    "announcement",
    metadata,
    Column("conversation", String(80), primary_key=True),
    Column("key", String(120), primary_key=True),
    Column("said_at", UtcDateTime, nullable=False),
)

__all__ = [
    "announcement", "disclosure", "kept_record", "legal_hold", "package", "progress", "task", "task_file", "work",
]  # fmt: skip
