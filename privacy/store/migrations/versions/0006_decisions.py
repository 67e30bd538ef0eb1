"""decisions"""

import sqlalchemy as sa
from alembic import op

from privacy.store.schema import UtcDateTime

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_IS_OPEN = sa.text("closed_at IS NULL")


def upgrade() -> None:
    op.add_column("task", sa.Column("taken_by", sa.String(length=36), nullable=True))
    op.add_column("task", sa.Column("snoozed_until", UtcDateTime(), nullable=True))
    op.create_index("ix_task_taken_by", "task", ["taken_by", "state"])
    for name, columns in (
        ("ix_request_open_due", ["due_at", "id"]),
        ("ix_request_open_received", ["received_at", "id"]),
        ("ix_request_open_state", ["state", "due_at", "id"]),
    ):
        op.create_index(name, "request", columns, sqlite_where=_IS_OPEN, postgresql_where=_IS_OPEN)
    op.create_index("ix_request_received", "request", ["received_at", "id"])
    op.drop_index("ix_request_closed_at", "request")
    op.create_index(
        "ix_request_closed",
        "request",
        ["closed_at", "id"],
        sqlite_where=sa.text("closed_at IS NOT NULL"),
        postgresql_where=sa.text("closed_at IS NOT NULL"),
    )
    op.create_table(
        "proposal",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("request", sa.String(length=36), nullable=False),
        sa.Column("decision", sa.String(length=20), nullable=False),
        sa.Column("reason", sa.String(length=40), nullable=False),
        sa.Column("sealed_note", sa.LargeBinary(), nullable=True),
        sa.Column("client_id", sa.String(length=64), nullable=False),
        sa.Column("proposed_by", sa.String(length=36), nullable=False),
        sa.Column("proposed_at", UtcDateTime(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("decided_by", sa.String(length=36), nullable=True),
        sa.Column("decided_at", UtcDateTime(), nullable=True),
        sa.Column("sealed_answer", sa.LargeBinary(), nullable=True),
        sa.CheckConstraint(
            "state NOT IN ('approved', 'sent_back') OR "
            "(decided_by IS NOT NULL AND decided_by <> proposed_by)",
            name=op.f("ck_proposal_four_eyes"),
        ),
        sa.ForeignKeyConstraint(
            ["decided_by"], ["agent.id"], name=op.f("fk_proposal_decided_by_agent")
        ),
        sa.ForeignKeyConstraint(
            ["proposed_by"], ["agent.id"], name=op.f("fk_proposal_proposed_by_agent")
        ),
        sa.ForeignKeyConstraint(
            ["request"], ["request.id"], name=op.f("fk_proposal_request_request")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_proposal")),
        sa.UniqueConstraint(
            "proposed_by", "client_id", name=op.f("uq_proposal_proposed_by_client_id")
        ),
    )
    op.create_index("ix_proposal_request", "proposal", ["request"])
    op.create_index("ix_proposal_state", "proposal", ["state", "proposed_at"])
    op.create_index(
        "uq_proposal_one_open",
        "proposal",
        ["request"],
        unique=True,
        sqlite_where=sa.text("state = 'open'"),
        postgresql_where=sa.text("state = 'open'"),
    )
    op.create_table(
        "request_revealed",
        sa.Column("agent", sa.String(length=36), nullable=False),
        sa.Column("request", sa.String(length=36), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("reason", sa.String(length=30), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["agent"],
            ["agent.id"],
            name=op.f("fk_request_revealed_agent_agent"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["request"],
            ["request.id"],
            name=op.f("fk_request_revealed_request_request"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("agent", "request", "name", name=op.f("pk_request_revealed")),
    )
    op.create_index("ix_request_revealed_at", "request_revealed", ["at"])
