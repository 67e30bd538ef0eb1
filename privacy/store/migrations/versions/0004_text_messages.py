"""text messages"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "mail",
        sa.Column("carrier", sa.String(length=10), server_default="mail", nullable=False),
    )
    op.alter_column("mail", "last_smtp_code", new_column_name="last_reply_code")
