"""The ledger: the database behind everything that is remembered, SQLite or PostgreSQL.

Rows are written by SQLAlchemy core statements in batches. Every write of a run goes through `Ledger.writing(lease)`,
which checks the lease's fencing token in the same transaction: a process that lost its lease can write nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, bindparam, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DBAPIError
from sqlmodel import SQLModel

from tieout.api.errors import LeaseLost, LedgerError
from tieout.api.runtime import COMMITTED, Runtime
from tieout.ledger import database
from tieout.ledger.tables import LeaseRow

if TYPE_CHECKING:
    from tieout.ledger.lease import Lease

_TOKEN = select(LeaseRow.c.token).where(LeaseRow.c.name == bindparam("lease")).with_for_update()
"""Asked in every transaction of a run, once for each lease."""


class Ledger:
    """The database behind everything that is remembered.

    `url` is an SQLAlchemy address (`sqlite:///path` or `postgresql+psycopg://...`). Opening brings the tables up to
    date; raises `LedgerError` for a ledger of a newer version or one that cannot be opened. `runtime` is the machine
    below it.
    """

    def __init__(self, url: str, runtime: Runtime | None = None) -> None:
        self.url = url
        self.runtime = runtime or Runtime()
        with _told():
            self.engine = database.reach(url, self.runtime)
        self._upsert = postgresql.insert if self.engine.dialect.name == "postgresql" else sqlite.insert

    def close(self) -> None:
        """Give back all database connections."""
        self.engine.dispose()

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A transaction for reading."""
        with _told(), self.engine.connect() as connection:
            yield connection

    @contextmanager
    def writing(self, *leases: Lease) -> Iterator[Connection]:
        """A transaction for writing, guarded by the fencing tokens of `leases`. Raises `LeaseLost`."""
        with _told(), self.engine.connect().execution_options(writing=True) as connection, connection.begin():
            for lease in leases:
                if connection.execute(_TOKEN, {"lease": lease.name}).scalar() != lease.token:
                    raise LeaseLost(
                        f"the lease {lease.name} was taken over by another process",
                        why="This process was silent for longer than the lease lasts.",
                        fix="Nothing is lost: the other process goes on. Run the command again if it does not.",
                    )
            yield connection
        self.runtime.signal(COMMITTED)

    def insert(self, table: type[SQLModel]) -> Any:
        """This database's INSERT into a table, the one that knows ON CONFLICT."""
        return self._upsert(table.__table__)  # type: ignore[attr-defined]

    def put(self, connection: Connection, table: type[SQLModel], rows: Iterable[Mapping[str, Any]]) -> None:
        """Insert rows, or overwrite those with the same primary key; all rows carry the same columns."""
        if batch := list(rows):
            connection.execute(_put(self._upsert, table, tuple(batch[0])), batch)


@cache
def _put(upsert: Callable[..., Any], table: type[SQLModel], columns: tuple[str, ...]) -> Any:
    """The statement of `Ledger.put`, kept: to build one takes longer than to run it."""
    insert = upsert(table.__table__)  # type: ignore[attr-defined]
    keys = [column.name for column in insert.table.primary_key]
    changed = {name: insert.excluded[name] for name in columns if name not in keys}
    if not changed:
        return insert.on_conflict_do_nothing(index_elements=keys)
    return insert.on_conflict_do_update(index_elements=keys, set_=changed)


def chunks(values: Sequence[str], size: int = 500) -> Iterator[Sequence[str]]:
    """Slices of at most `size` values, so that one statement never has too many parameters."""
    for start in range(0, len(values), size):
        yield values[start : start + size]


@contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except DBAPIError as error:
        said = str(error.orig)
        full = "full" in said.lower() or "space" in said.lower()
        raise LedgerError(
            "the ledger cannot be used" if not full else "the disk is full: the ledger cannot be written",
            why="The last transaction was undone as a whole; nothing is half-done.",
            fix="Free some space and run the command again."
            if full
            else "Check the database and run the command again.",
            said=said.splitlines()[0][:200],
        ) from error
