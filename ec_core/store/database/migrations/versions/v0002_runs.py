"""An index of the runs."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Empty at first: it is made from the folders."""
    op.create_table(
        "runs",
        sa.Column("home", sa.String(32), primary_key=True),
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("stamp", sa.String(96), nullable=False),
        sa.Column("owner", sa.String(64)),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("label", sa.Text, nullable=False),
        sa.Column("created", sa.Float, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("parts", sa.Text, nullable=False),
        sa.Column("damaged", sa.Text),
        sa.Column("note", sa.Text, nullable=False),
        sa.Column("tags", sa.Text, nullable=False),
        sa.Column("archived", sa.Boolean, nullable=False),
        sa.Column("standing", sa.String(32), nullable=False),
        sa.Column("activation", sa.Text, nullable=False),
        sa.Column("sizes", sa.Text, nullable=False),
        sa.Column("size", sa.Integer),
        sa.Column("loss", sa.Float),
        sa.Column("words", sa.Text, nullable=False),
    )
    op.create_index("runs_of_an_owner", "runs", ["home", "owner", "archived", "id"])
    op.create_index("runs_of_a_home", "runs", ["home", "archived", "id"])


def downgrade() -> None:
    """Nothing is lost: the folders are the truth."""
    op.drop_table("runs")
