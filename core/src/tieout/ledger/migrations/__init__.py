"""The ledger's versions: what brings its tables up to date.

Every version is an alembic revision in `versions/`; the last one is `HEAD`. Reading which version a ledger has needs no
alembic, so that opening one that is up to date is quick.
"""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection, Engine, inspect, text

from tieout.api.errors import LedgerError

REVISIONS = ("0001",)
"""All versions, oldest first."""

HEAD = REVISIONS[-1]


def update(engine: Engine) -> None:
    """Bring a ledger's tables up to date; of several processes that try at once one does it, the others wait.

    Raises `LedgerError` for a ledger that a newer Tieout made.
    """
    with engine.connect() as connection:
        if _version(connection) == HEAD:
            return
    with engine.connect().execution_options(writing=True) as connection, connection.begin():
        if connection.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(hashtext('tieout.ledger'))"))
        if _version(connection) != HEAD:
            _upgrade(connection)


def _version(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    found = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    if found is not None and found not in REVISIONS:
        raise LedgerError(
            f"this ledger has version {found}, and this Tieout knows versions up to {HEAD}",
            why="A newer Tieout has worked with it.",
            fix="Use that version of Tieout again, or a newer one; nothing was changed.",
        )
    return None if found is None else str(found)


def _upgrade(connection: Connection) -> None:
    from alembic import command
    from alembic.config import Config

    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    command.upgrade(config, "head")
