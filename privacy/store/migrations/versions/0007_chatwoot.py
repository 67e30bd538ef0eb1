"""chatwoot"""

import sqlalchemy as sa
from alembic import op

from privacy.store.schema import UtcDateTime

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "chatwoot_conversation",
        sa.Column("conversation", sa.String(length=80), nullable=False),
        sa.Column("sealed_source", sa.LargeBinary(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=True),
        sa.Column("hand_over", sa.String(length=36), nullable=True),
        sa.Column("told_to", sa.Integer(), nullable=False),
        sa.Column("left_told", UtcDateTime(), nullable=True),
        sa.Column("heard_to", sa.BigInteger(), nullable=False),
        sa.Column("assignee", sa.BigInteger(), nullable=True),
        sa.Column("is_resolved", sa.Boolean(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("look_at", UtcDateTime(), nullable=True),
        sa.Column("lease", sa.String(length=36), nullable=True),
        sa.Column("leased_until", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["conversation"],
            ["conversation.id"],
            name=op.f("fk_chatwoot_conversation_conversation_conversation"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("conversation", name=op.f("pk_chatwoot_conversation")),
        sa.UniqueConstraint("number", name=op.f("uq_chatwoot_conversation_number")),
    )
    with op.batch_alter_table("chatwoot_conversation", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_chatwoot_conversation_look_at"), ["look_at"], unique=False
        )
