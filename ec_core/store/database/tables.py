"""The tables as they are now; how they came about is in ``migrations``."""

from __future__ import annotations

import sqlalchemy as sa

METADATA = sa.MetaData()

JOBS = sa.Table(
    "jobs",
    METADATA,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("run", sa.String(64), nullable=False, index=True),
    sa.Column("kind", sa.String(64), nullable=False),
    sa.Column("how", sa.Text, nullable=False),
    sa.Column("device", sa.String(32), nullable=False),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("place", sa.Integer, nullable=False),
    sa.Column("submitted", sa.Float, nullable=False),
    sa.Column("started", sa.Float),
    sa.Column("ended", sa.Float, index=True),
    sa.Column("seconds", sa.Float, nullable=False),
    sa.Column("attempt", sa.Integer, nullable=False),
    sa.Column("error", sa.Text),
    sa.Column("worker", sa.String(32), nullable=False),
    sa.Column("host", sa.String(128), nullable=False),
    sa.Column("process", sa.Integer, nullable=False),
    sa.Column("began", sa.String(32), nullable=False),
    sa.Column("heartbeat", sa.Float, nullable=False),
    sa.Column("breaks", sa.Integer, nullable=False),
    sa.Column("who", sa.String(64), nullable=False),
)

EVENTS = sa.Table(
    "events",
    METADATA,
    sa.Column("job", sa.ForeignKey("jobs.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True),
    sa.Column("data", sa.LargeBinary, nullable=False),
)

CURVES = sa.Table(
    "curves",
    METADATA,
    sa.Column("job", sa.ForeignKey("jobs.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("name", sa.String(32), primary_key=True),
    sa.Column("data", sa.LargeBinary, nullable=False),
)

RUNS = sa.Table(
    "runs",
    METADATA,
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
    sa.Index("runs_of_an_owner", "home", "owner", "archived", "id"),
    sa.Index("runs_of_a_home", "home", "archived", "id"),
)
"""An index of the runs, made from their folders and from nothing else; see ``index``."""

USED = sa.Table(
    "used",
    METADATA,
    sa.Column("who", sa.String(64), primary_key=True),
    sa.Column("day", sa.String(10), primary_key=True),
    sa.Column("seconds", sa.Float, nullable=False),
)
