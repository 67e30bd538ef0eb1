"""first tables"""

import sqlalchemy as sa
from alembic import op

from privacy.store.schema import UtcDateTime

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

# As the statements were when this step was made: what the tables say later changes no step.
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


def upgrade() -> None:
    op.create_table(
        "budget",
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("window_start", UtcDateTime(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("kind", "key", "window_start", name=op.f("pk_budget")),
    )
    with op.batch_alter_table("budget", schema=None) as batch_op:
        batch_op.create_index("ix_budget_window_start", ["window_start"], unique=False)

    op.create_table(
        "challenge",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("conversation", sa.String(length=80), nullable=False),
        sa.Column("turn", sa.String(length=80), nullable=False),
        sa.Column("resend_turn", sa.String(length=80), nullable=True),
        sa.Column("purpose", sa.String(length=40), nullable=False),
        sa.Column("act_key", sa.String(length=80), nullable=False),
        sa.Column("language", sa.String(length=35), nullable=False),
        sa.Column("contact", sa.LargeBinary(), nullable=False),
        sa.Column("budget_index", sa.String(length=64), nullable=False),
        sa.Column("destination", sa.LargeBinary(), nullable=True),
        sa.Column("destination_index", sa.String(length=64), nullable=False),
        sa.Column("subjects", sa.LargeBinary(), nullable=False),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("code_hmac", sa.String(length=64), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("max_attempts", sa.Integer(), nullable=False),
        sa.Column("sends", sa.Integer(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("sent_at", UtcDateTime(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.Column("used_at", UtcDateTime(), nullable=True),
        sa.Column("replaced_at", UtcDateTime(), nullable=True),
        sa.CheckConstraint(
            "attempts >= 0 AND attempts <= max_attempts", name=op.f("ck_challenge_attempts")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_challenge")),
        sa.UniqueConstraint("conversation", "turn", name=op.f("uq_challenge_conversation_turn")),
    )
    with op.batch_alter_table("challenge", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_challenge_expires_at"), ["expires_at"], unique=False)
        batch_op.create_index(
            "uq_challenge_open",
            ["conversation"],
            unique=True,
            sqlite_where=sa.text("used_at IS NULL AND replaced_at IS NULL"),
            postgresql_where=sa.text("used_at IS NULL AND replaced_at IS NULL"),
        )

    op.create_table(
        "conversation",
        sa.Column("id", sa.String(length=80), nullable=False),
        sa.Column("channel", sa.String(length=20), nullable=False),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("session", sa.String(length=64), nullable=False),
        sa.Column("former_session", sa.String(length=64), nullable=True),
        sa.Column("rotated_by", sa.String(length=64), nullable=True),
        sa.Column("misunderstood", sa.Integer(), server_default="0", nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("last_seen_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_conversation")),
        sa.UniqueConstraint("former_session", name=op.f("uq_conversation_former_session")),
        sa.UniqueConstraint("session", name=op.f("uq_conversation_session")),
    )
    with op.batch_alter_table("conversation", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_conversation_last_seen_at"), ["last_seen_at"], unique=False
        )

    op.create_table(
        "draft",
        sa.Column("conversation", sa.String(length=80), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("act_key", sa.String(length=36), nullable=False),
        sa.Column("sealed_details", sa.LargeBinary(), nullable=False),
        sa.Column("filed_by", sa.String(length=80), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("conversation", name=op.f("pk_draft")),
        sa.UniqueConstraint("act_key", name=op.f("uq_draft_act_key")),
    )
    with op.batch_alter_table("draft", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_draft_updated_at"), ["updated_at"], unique=False)

    op.create_table(
        "mail",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("dedupe_key", sa.String(length=200), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("conversation", sa.String(length=80), nullable=True),
        sa.Column("language", sa.String(length=35), nullable=False),
        sa.Column("to_address", sa.LargeBinary(), nullable=True),
        sa.Column("subject", sa.LargeBinary(), nullable=True),
        sa.Column("body", sa.LargeBinary(), nullable=True),
        sa.Column("message_id", sa.String(length=320), nullable=False),
        sa.Column("deliver", sa.Boolean(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("next_attempt_at", UtcDateTime(), nullable=True),
        sa.Column("last_smtp_code", sa.Integer(), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=True),
        sa.Column("sent_at", UtcDateTime(), nullable=True),
        sa.CheckConstraint(
            "state IN ('waiting', 'sent', 'bounced', 'expired', 'decoy')",
            name=op.f("ck_mail_state"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mail")),
        sa.UniqueConstraint("dedupe_key", name=op.f("uq_mail_dedupe_key")),
    )
    with op.batch_alter_table("mail", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_mail_next_attempt_at"), ["next_attempt_at"], unique=False
        )

    op.create_table(
        "proof",
        sa.Column("challenge", sa.String(length=32), nullable=False),
        sa.Column("conversation", sa.String(length=80), nullable=False),
        sa.Column("contact", sa.LargeBinary(), nullable=False),
        sa.Column("contact_index", sa.String(length=64), nullable=False),
        sa.Column("subjects", sa.LargeBinary(), nullable=False),
        sa.Column("purpose", sa.String(length=40), nullable=False),
        sa.Column("act_key", sa.String(length=80), nullable=False),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("proven_at", UtcDateTime(), nullable=False),
        sa.Column("last_used_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("challenge", name=op.f("pk_proof")),
    )
    with op.batch_alter_table("proof", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_proof_conversation"), ["conversation"], unique=False)
        batch_op.create_index(batch_op.f("ix_proof_proven_at"), ["proven_at"], unique=False)

    op.create_table(
        "request",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("reference", sa.String(length=12), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("subject_index", sa.String(length=64), nullable=False),
        sa.Column("scope", sa.String(length=64), server_default="", nullable=False),
        sa.Column("sealed_subject", sa.LargeBinary(), nullable=False),
        sa.Column("sealed_contact", sa.LargeBinary(), nullable=False),
        sa.Column("sealed_details", sa.LargeBinary(), nullable=False),
        sa.Column("state", sa.String(length=30), nullable=False),
        sa.Column("reason", sa.String(length=30), nullable=True),
        sa.Column("received_at", UtcDateTime(), nullable=False),
        sa.Column("due_at", UtcDateTime(), nullable=False),
        sa.Column("closed_at", UtcDateTime(), nullable=True),
        sa.Column("retired_at", UtcDateTime(), nullable=True),
        sa.Column("conversation", sa.String(length=80), nullable=False),
        sa.Column("turn", sa.String(length=80), nullable=False),
        sa.Column("channel", sa.String(length=20), nullable=False),
        sa.Column("language", sa.String(length=35), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "(closed_at IS NOT NULL) = (state IN ('done', 'declined', 'cancelled'))",
            name=op.f("ck_request_closed_by_state"),
        ),
        sa.CheckConstraint(
            "retired_at IS NULL OR closed_at IS NOT NULL",
            name=op.f("ck_request_retired_when_closed"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_request")),
        sa.UniqueConstraint("conversation", "turn", name=op.f("uq_request_conversation_turn")),
        sa.UniqueConstraint("reference", name=op.f("uq_request_reference")),
    )
    with op.batch_alter_table("request", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_request_closed_at"), ["closed_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_request_due_at"), ["due_at"], unique=False)
        batch_op.create_index("ix_request_subject_index", ["subject_index"], unique=False)
        batch_op.create_index(
            "uq_request_one_open",
            ["subject_index", "kind", "scope"],
            unique=True,
            sqlite_where=sa.text("closed_at IS NULL"),
            postgresql_where=sa.text("closed_at IS NULL"),
        )

    op.create_table(
        "kept_value",
        sa.Column("conversation", sa.String(length=80), nullable=False),
        sa.Column("token", sa.String(length=20), nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("value", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation"],
            ["conversation.id"],
            name=op.f("fk_kept_value_conversation_conversation"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("conversation", "token", name=op.f("pk_kept_value")),
        sa.UniqueConstraint(
            "conversation", "fingerprint", name=op.f("uq_kept_value_conversation_fingerprint")
        ),
    )
    op.create_table(
        "left_message",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("conversation", sa.String(length=80), nullable=False),
        sa.Column("turn", sa.String(length=80), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("way_to_answer", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation"],
            ["conversation.id"],
            name=op.f("fk_left_message_conversation_conversation"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_left_message")),
        sa.UniqueConstraint("turn", name=op.f("uq_left_message_turn")),
    )
    with op.batch_alter_table("left_message", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_left_message_created_at"), ["created_at"], unique=False
        )

    op.create_table(
        "message",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("conversation", sa.String(length=80), nullable=False),
        sa.Column("author", sa.String(length=10), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("client_id", sa.String(length=64), nullable=True),
        sa.Column("reading", sa.LargeBinary(), nullable=True),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("expects", sa.String(length=10), nullable=True),
        sa.Column("turn", sa.Integer(), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation"],
            ["conversation.id"],
            name=op.f("fk_message_conversation_conversation"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_message")),
        sa.UniqueConstraint(
            "conversation", "client_id", name=op.f("uq_message_conversation_client_id")
        ),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("message", schema=None) as batch_op:
        batch_op.create_index("ix_message_conversation_id", ["conversation", "id"], unique=False)
        batch_op.create_index(batch_op.f("ix_message_created_at"), ["created_at"], unique=False)
        batch_op.create_index("ix_message_open", ["state", "conversation"], unique=False)

    op.create_table(
        "request_alias",
        sa.Column("reference", sa.String(length=12), nullable=False),
        sa.Column("request", sa.String(length=36), nullable=False),
        sa.Column("conversation", sa.String(length=80), nullable=False),
        sa.Column("turn", sa.String(length=80), nullable=False),
        sa.Column("given_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["request"], ["request.id"], name=op.f("fk_request_alias_request_request")
        ),
        sa.PrimaryKeyConstraint("reference", name=op.f("pk_request_alias")),
        sa.UniqueConstraint(
            "conversation", "turn", name=op.f("uq_request_alias_conversation_turn")
        ),
        sa.UniqueConstraint(
            "request", "conversation", name=op.f("uq_request_alias_request_conversation")
        ),
    )
    with op.batch_alter_table("request_alias", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_request_alias_request"), ["request"], unique=False)

    op.create_table(
        "request_deadline",
        sa.Column("request", sa.String(length=36), nullable=False),
        sa.Column("law", sa.String(length=40), nullable=False),
        sa.Column("due_at", UtcDateTime(), nullable=False),
        sa.Column("basis", sa.String(length=80), nullable=False),
        sa.Column("source", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(
            ["request"], ["request.id"], name=op.f("fk_request_deadline_request_request")
        ),
        sa.PrimaryKeyConstraint("request", "law", name=op.f("pk_request_deadline")),
    )
    op.create_table(
        "request_event",
        sa.Column("request", sa.String(length=36), nullable=False),
        sa.Column("seq", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("actor", sa.String(length=80), nullable=False),
        sa.Column("event", sa.String(length=40), nullable=False),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["request"], ["request.id"], name=op.f("fk_request_event_request_request")
        ),
        sa.PrimaryKeyConstraint("request", "seq", name=op.f("pk_request_event")),
    )
    op.create_table(
        "choice",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("conversation", sa.String(length=80), nullable=False),
        sa.Column("message", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("label", sa.LargeBinary(), nullable=False),
        sa.Column("reading", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation"],
            ["conversation.id"],
            name=op.f("fk_choice_conversation_conversation"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["message"], ["message.id"], name=op.f("fk_choice_message_message"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_choice")),
    )
    with op.batch_alter_table("choice", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_choice_message"), ["message"], unique=False)

    for statement in APPEND_ONLY[op.get_bind().dialect.name]:
        op.execute(sa.text(statement))
