"""The people at the desk and their sessions. Names are those of colleagues; secrets are hashed or sealed."""

from sqlalchemy import Column, ForeignKey, Integer, LargeBinary, String, Table

from privacy.store.schema import UtcDateTime, metadata

agent = Table(
    "agent",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("login", String(200), nullable=False, unique=True),  # lower case
    Column("name", String(80), nullable=False),  # customers read it above what somebody writes
    Column("role", String(20), nullable=False),
    Column("state", String(10), nullable=False),  # invited | active | disabled
    Column("password", String(200)),  # Argon2id
    Column("sealed_totp", LargeBinary),
    Column("totp_step", Integer),  # of the newest code that was used: none works twice
    Column("setup", String(64), unique=True),  # keyed fingerprint of the set-up key
    Column("setup_until", UtcDateTime),
    Column("provider_subject", String(64), unique=True),  # fingerprint of the company's own id
    Column("is_here_until", UtcDateTime),  # takes conversations until then
    Column("created_at", UtcDateTime, nullable=False),
)

agent_session = Table(
    "agent_session",
    metadata,
    Column("id", String(64), primary_key=True),  # keyed fingerprint of the browser's secret
    Column("agent", ForeignKey("agent.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("method", String(10), nullable=False),  # password | provider
    Column("created_at", UtcDateTime, nullable=False),
    Column("last_used_at", UtcDateTime, nullable=False, index=True),
    Column(
        "paused_at", UtcDateTime
    ),  # since when they take no conversations, though they are there
)

sign_in_try = Table(
    "sign_in_try",
    metadata,
    Column("name", String(64), primary_key=True),  # keyed fingerprint of what was typed
    Column("failures", Integer, nullable=False),
    Column("locked_until", UtcDateTime),
    Column("at", UtcDateTime, nullable=False, index=True),
)
