"""The database: which jobs there are, how they stand, and what they told.

Runs and their arrays are files, see ``store.folder``; here is what must outlive the process that
works on them. SQLAlchemy and Alembic come with the extra ``[app]``: whoever imports this needs
them, and nothing else of the engine does.
"""

from ec_core.store.database.connection import URL, Database, opened, place
from ec_core.store.database.index import AT_WORK, ORDERS, Choices, Found, Query, RunIndex
from ec_core.store.database.ledger import INTERRUPTED, JobRow, Ledger
from ec_core.store.database.worker import Worker, here

__all__ = [
    "AT_WORK",
    "INTERRUPTED",
    "ORDERS",
    "URL",
    "Choices",
    "Database",
    "Found",
    "JobRow",
    "Ledger",
    "Query",
    "RunIndex",
    "Worker",
    "here",
    "opened",
    "place",
]
