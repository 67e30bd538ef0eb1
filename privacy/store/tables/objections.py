"""Ways back that were offered after a contact was changed: "that was not me".

The token itself is only in the letter; here is its keyed fingerprint. What is written back is sealed. Outlives
nothing: rows go a while after their time is over (`Objections.tidy_up`).
"""

from sqlalchemy import CheckConstraint, Column, LargeBinary, String, Table

from privacy.store.schema import UtcDateTime, metadata

objection = Table(
    "objection",
    metadata,
    Column("request", String(36), primary_key=True),
    Column("reference", String(12), nullable=False),
    Column("token_index", String(64), nullable=False, unique=True),
    Column(
        "sealed_undo", LargeBinary, nullable=False
    ),  # JSON: rows as they were, where, what was written
    Column("state", String(10), nullable=False),
    Column("made_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False, index=True),
    Column("objected_at", UtcDateTime),
    Column("ended_at", UtcDateTime),
    # open: nobody objected. objected: somebody did, and it is being written back. undone: it is. by_hand: a
    # system would not take it back, a person does.
    CheckConstraint("state IN ('open', 'objected', 'undone', 'by_hand')", name="state"),
)
