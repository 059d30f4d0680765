"""The database behind the ledger: made once as a whole, and brought up to date whenever it is opened."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import ArgumentError, NoSuchModuleError

from tieout.api.errors import LedgerError
from tieout.api.runtime import Runtime
from tieout.ledger import migrations


def reach(url: str, runtime: Runtime) -> Engine:
    """The engine behind an SQLAlchemy address, its tables up to date.

    An SQLite file is made, with mode 0600, when there is none. Raises `LedgerError` for an address that cannot be used
    and for a ledger that a newer Tieout made.
    """
    path = Path(url.removeprefix("sqlite:///")) if url.startswith("sqlite:///") else None
    if path is not None and not path.exists():
        _create(path, runtime)
    engine = _engine(url, runtime)
    try:
        migrations.update(engine)
    except BaseException:
        engine.dispose()
        raise
    return engine


def _create(path: Path, runtime: Runtime) -> None:
    """Make an SQLite ledger under another name first: a file of that name is always a whole ledger of one process."""
    made = path.with_name(f".{path.name}.{runtime.entropy.hex(16)}")
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        made.touch(mode=0o600)
        engine = _engine(f"sqlite:///{made}", runtime)
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            # kept by the file; set at each opening it would fail while another process writes
            connection.exec_driver_sql("PRAGMA journal_mode=wal")
        migrations.update(engine)
        engine.dispose()
        with suppress(FileExistsError):
            path.hardlink_to(made)
    except OSError as error:
        raise LedgerError(
            f"the ledger {path} cannot be made",
            why=error.strerror or type(error).__name__,
            fix="Check the path and that you may write there.",
        ) from error
    finally:
        with suppress(OSError):
            made.unlink()


def _engine(url: str, runtime: Runtime) -> Engine:
    if not url.startswith("sqlite"):
        try:
            return create_engine(url, pool_pre_ping=True)
        except (ArgumentError, NoSuchModuleError, ModuleNotFoundError) as error:
            raise LedgerError(
                "the address of the ledger cannot be used",
                why=f"{type(error).__name__}: it names no database, or one whose driver is not installed.",
                fix="Write sqlite:///path or postgresql+psycopg://...; for PostgreSQL: pip install 'tieout[postgres]'.",
            ) from error
    path = url.removeprefix("sqlite:///")
    engine = create_engine(url, creator=lambda: runtime.connect(path))

    @event.listens_for(engine, "connect")
    def _connected(raw: Any, record: object) -> None:
        # the driver's own transactions begin too late for us: writers must queue before they read
        raw.isolation_level = None
        raw.execute("PRAGMA foreign_keys=ON")
        raw.execute("PRAGMA synchronous=FULL")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        if connection.get_execution_options().get("isolation_level") != "AUTOCOMMIT":
            connection.exec_driver_sql(
                "BEGIN IMMEDIATE" if connection.get_execution_options().get("writing") else "BEGIN"
            )

    return engine
