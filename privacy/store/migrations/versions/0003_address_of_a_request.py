"""the address of a request"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # A column of its own and no rebuilt table: the triggers of `request_event` refer to `request`.
    op.add_column("request", sa.Column("mail_index", sa.String(length=64), nullable=True))
    op.create_index("ix_request_mail_index", "request", ["mail_index"], unique=False)
