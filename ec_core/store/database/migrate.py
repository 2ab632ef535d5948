"""The schema, step by step: every step is a file in ``migrations/versions`` and is never changed.

To add one: a new file with the next number, ``down_revision`` the one before, ``upgrade`` written
by hand, and the same in ``tables``; a test holds the two together.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from ec_core.errors import InputError

_STEPS = Path(__file__).with_name("migrations")
_TABLE = "ec_schema"

_ONE_AT_A_TIME = 0x6563
"""The number of the lock under which a PostgreSQL server changes its schema."""


def _script() -> ScriptDirectory:
    config = Config()
    config.set_main_option("script_location", str(_STEPS))
    return ScriptDirectory.from_config(config)


@contextlib.contextmanager
def transaction(engine: sa.Engine) -> Iterator[sa.Connection]:
    """All that is done in it, or nothing."""
    with engine.begin() as connection:
        if connection.dialect.name == "sqlite":
            # whoever will write says so at once: of two who first read neither could go on
            connection.exec_driver_sql("begin immediate")
        yield connection


def newest() -> str:
    """The name of the newest schema this program knows."""
    return str(_script().get_current_head())


def upgrade(engine: sa.Engine, to: str = "head") -> None:
    """Bring a database to the newest schema. Raises InputError for one that is newer still."""
    script = _script()
    with engine.connect() as connection:
        # as a rule; and nobody has to be allowed to write for that
        at = MigrationContext.configure(connection, opts={"version_table": _TABLE})
        if to == "head" and at.get_current_heads() == (newest(),):
            return

    def steps(revision: Any, context: Any) -> Any:
        known = {one.revision for one in script.walk_revisions()}
        there = {revision} if isinstance(revision, str) else set(revision)
        if not there <= known:
            raise InputError(
                f"The list of jobs has schema {', '.join(sorted(there))}; this program knows "
                f"{newest()}. Open it with the version that wrote it, or a newer one."
            )
        return script._upgrade_revs(to, revision)

    context = EnvironmentContext(Config(), script, fn=steps, destination_rev=to)
    with transaction(engine) as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_ONE_AT_A_TIME)))
        with context:
            context.configure(
                connection=connection, version_table=_TABLE, transaction_per_migration=False
            )
            context.run_migrations()
