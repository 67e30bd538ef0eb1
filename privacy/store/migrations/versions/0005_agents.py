"""agents"""

import sqlalchemy as sa
from alembic import op

from privacy.store.schema import UtcDateTime

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "agent",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("login", sa.String(length=200), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("role", sa.String(length=20), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("password", sa.String(length=200), nullable=True),
        sa.Column("sealed_totp", sa.LargeBinary(), nullable=True),
        sa.Column("totp_step", sa.Integer(), nullable=True),
        sa.Column("setup", sa.String(length=64), nullable=True),
        sa.Column("setup_until", UtcDateTime(), nullable=True),
        sa.Column("provider_subject", sa.String(length=64), nullable=True),
        sa.Column("is_here_until", UtcDateTime(), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_agent")),
        sa.UniqueConstraint("login", name=op.f("uq_agent_login")),
        sa.UniqueConstraint("provider_subject", name=op.f("uq_agent_provider_subject")),
        sa.UniqueConstraint("setup", name=op.f("uq_agent_setup")),
    )
    op.create_table(
        "sign_in_try",
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("locked_until", UtcDateTime(), nullable=True),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_sign_in_try")),
    )
    with op.batch_alter_table("sign_in_try", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_sign_in_try_at"), ["at"], unique=False)

    op.create_table(
        "saved_reply",
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("text", sa.String(length=2000), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_saved_reply")),
    )
    op.create_table(
        "agent_session",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("agent", sa.String(length=36), nullable=False),
        sa.Column("method", sa.String(length=10), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("last_used_at", UtcDateTime(), nullable=False),
        sa.Column("paused_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["agent"], ["agent.id"], name=op.f("fk_agent_session_agent_agent"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_agent_session")),
    )
    with op.batch_alter_table("agent_session", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_agent_session_agent"), ["agent"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_agent_session_last_used_at"), ["last_used_at"], unique=False
        )

    op.create_table(
        "desk_look",
        sa.Column("agent", sa.String(length=36), nullable=False),
        sa.Column("conversation", sa.String(length=80), nullable=False),
        sa.Column("seen_at", UtcDateTime(), nullable=False),
        sa.Column("wrote_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["agent"], ["agent.id"], name=op.f("fk_desk_look_agent_agent"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["conversation"],
            ["conversation.id"],
            name=op.f("fk_desk_look_conversation_conversation"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("agent", name=op.f("pk_desk_look")),
    )
    with op.batch_alter_table("desk_look", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_desk_look_conversation"), ["conversation"], unique=False
        )

    op.create_table(
        "desk_note",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("conversation", sa.String(length=80), nullable=False),
        sa.Column("agent", sa.String(length=36), nullable=True),
        sa.Column("client_id", sa.String(length=64), nullable=True),
        sa.Column("sealed_text", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["agent"], ["agent.id"], name=op.f("fk_desk_note_agent_agent")),
        sa.ForeignKeyConstraint(
            ["conversation"],
            ["conversation.id"],
            name=op.f("fk_desk_note_conversation_conversation"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_desk_note")),
        sa.UniqueConstraint(
            "conversation", "client_id", name=op.f("uq_desk_note_conversation_client_id")
        ),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("desk_note", schema=None) as batch_op:
        batch_op.create_index("ix_desk_note_conversation_id", ["conversation", "id"], unique=False)

    op.create_table(
        "hand_over",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("conversation", sa.String(length=80), nullable=False),
        sa.Column("reason", sa.String(length=20), nullable=False),
        sa.Column("mode", sa.String(length=10), nullable=False),
        sa.Column("agent", sa.String(length=36), nullable=True),
        sa.Column("asked_at", UtcDateTime(), nullable=False),
        sa.Column("waiting_since", UtcDateTime(), nullable=True),
        sa.Column("claimed_at", UtcDateTime(), nullable=True),
        sa.Column("acted_at", UtcDateTime(), nullable=True),
        sa.Column("snoozed_until", UtcDateTime(), nullable=True),
        sa.Column("sealed_answer_to", sa.LargeBinary(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.Column("outcome", sa.String(length=20), nullable=True),
        sa.ForeignKeyConstraint(["agent"], ["agent.id"], name=op.f("fk_hand_over_agent_agent")),
        sa.ForeignKeyConstraint(
            ["conversation"],
            ["conversation.id"],
            name=op.f("fk_hand_over_conversation_conversation"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hand_over")),
    )
    with op.batch_alter_table("hand_over", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_hand_over_agent"), ["agent"], unique=False)
        batch_op.create_index("ix_hand_over_claims", ["claimed_at"], unique=False)
        batch_op.create_index(
            "ix_hand_over_queue",
            ["agent", "mode", "snoozed_until", "version", "asked_at"],
            unique=False,
            sqlite_where=sa.text("ended_at IS NULL"),
            postgresql_where=sa.text("ended_at IS NULL"),
        )
        batch_op.create_index(
            "uq_hand_over_one_open",
            ["conversation"],
            unique=True,
            sqlite_where=sa.text("ended_at IS NULL"),
            postgresql_where=sa.text("ended_at IS NULL"),
        )

    op.create_table(
        "reply_draft",
        sa.Column("conversation", sa.String(length=80), nullable=False),
        sa.Column("agent", sa.String(length=36), nullable=False),
        sa.Column("sealed_text", sa.LargeBinary(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["agent"], ["agent.id"], name=op.f("fk_reply_draft_agent_agent"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["conversation"],
            ["conversation.id"],
            name=op.f("fk_reply_draft_conversation_conversation"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("conversation", "agent", name=op.f("pk_reply_draft")),
    )
    op.create_table(
        "revealed",
        sa.Column("agent", sa.String(length=36), nullable=False),
        sa.Column("message", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(length=30), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["agent"], ["agent.id"], name=op.f("fk_revealed_agent_agent"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["message"],
            ["message.id"],
            name=op.f("fk_revealed_message_message"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("agent", "message", "number", name=op.f("pk_revealed")),
    )
    with op.batch_alter_table("revealed", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_revealed_at"), ["at"], unique=False)

    op.add_column("conversation", sa.Column("move_key", sa.String(length=64), nullable=True))
    op.add_column("conversation", sa.Column("move_until", UtcDateTime(), nullable=True))
    op.create_index(op.f("ix_conversation_move_key"), "conversation", ["move_key"], unique=False)
    op.add_column("message", sa.Column("agent_name", sa.String(length=80), nullable=True))
    op.add_column(
        "message",
        sa.Column("is_personal", sa.Boolean(), server_default=sa.false(), nullable=False),
    )
