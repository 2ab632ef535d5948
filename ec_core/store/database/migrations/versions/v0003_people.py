"""Whose a job is, how often its process was gone, and what was computed for whom on which day."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Of a job of before every attempt but the first was a process that was gone."""
    op.add_column("jobs", sa.Column("breaks", sa.Integer, nullable=False, server_default="0"))
    op.add_column("jobs", sa.Column("who", sa.String(64), nullable=False, server_default=""))
    op.execute("update jobs set breaks = attempt - 1")
    op.create_table(
        "used",
        sa.Column("who", sa.String(64), primary_key=True),
        sa.Column("day", sa.String(10), primary_key=True),
        sa.Column("seconds", sa.Float, nullable=False),
    )


def downgrade() -> None:
    """Back to the schema before."""
    op.drop_table("used")
    with op.batch_alter_table("jobs") as jobs:
        jobs.drop_column("who")
        jobs.drop_column("breaks")
