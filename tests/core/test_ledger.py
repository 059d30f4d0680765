"""Opening and writing the ledger."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import insert, select
from tieout.api.errors import LeaseLost, LedgerError
from tieout.ledger import Ledger, migrations
from tieout.ledger.lease import Lease
from tieout.ledger.row import Json
from tieout.ledger.tables import AuditRow, ConnectionRow, LeaseRow, SecretRow

from .conftest import beside


@pytest.mark.usefixtures("by_alembic")
def test_a_new_ledger_is_private_and_writes_ahead(ledger: Ledger, tmp_path: Path) -> None:
    path = tmp_path / ".tieout" / "ledger.db"
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    with ledger.reading() as reading:
        assert reading.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
    assert [one.name for one in path.parent.glob(".ledger*")] == []


@pytest.mark.usefixtures("by_alembic")
def test_the_revisions_make_the_tables_that_the_code_knows(ledger: Ledger) -> None:
    with ledger.reading() as reading:
        context = MigrationContext.configure(reading, opts={"compare_type": True})
        assert compare_metadata(context, LeaseRow.metadata) == []
    scripts = ScriptDirectory(str(Path(migrations.__file__).parent))
    assert scripts.get_heads() == [migrations.HEAD]
    assert {one.revision for one in scripts.walk_revisions()} == set(migrations.REVISIONS)


def test_an_up_to_date_ledger_is_opened_without_alembic(ledger: Ledger) -> None:
    script = "import sys; from tieout.ledger import Ledger; Ledger(sys.argv[1]); sys.exit('alembic' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", script, ledger.url], check=False).returncode == 0


def test_a_ledger_of_a_newer_version_is_left_alone(ledger: Ledger) -> None:
    with ledger.writing() as writing:
        writing.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(LedgerError, match="version 9999") as error:
        Ledger(ledger.url)
    assert "newer" in str(error.value)


def test_a_file_that_is_no_ledger_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    path.write_bytes(b"something else " * 200)
    with pytest.raises(LedgerError):
        Ledger(f"sqlite:///{path}")
    assert path.read_bytes() == b"something else " * 200


@pytest.mark.parametrize("url", ["mysql+nothing://x/y", "no address"])
def test_an_address_that_cannot_be_used_says_so(url: str) -> None:
    with pytest.raises(LedgerError, match="address"):
        Ledger(url)


def test_a_folder_that_cannot_be_written_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(LedgerError, match="cannot be made"):
        Ledger(f"sqlite:///{tmp_path}/file/ledger.db")


OPEN = """
import sys
from datetime import UTC, datetime
from tieout.ledger import Ledger
from tieout.ledger.tables import AuditRow
print("ready", flush=True)
sys.stdin.read()
with Ledger(sys.argv[1]).writing() as writing:
    writing.execute(AuditRow.__table__.insert().values(at=datetime.now(UTC), who="test", what="opened"))
"""


@pytest.mark.usefixtures("by_alembic")
def test_processes_that_open_a_new_ledger_at_once_share_one(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/ledger.db"
    with beside(OPEN, url) as go:
        go()
        ledger = Ledger(url)
        with ledger.writing() as writing:
            writing.execute(insert(AuditRow).values(at=datetime.now(UTC), who="test", what="opened"))
    with ledger.reading() as reading:
        assert len(reading.execute(select(AuditRow.c.id)).all()) == 2
    ledger.close()


def test_threads_that_write_at_once_take_turns(ledger: Ledger) -> None:
    def count(_: int) -> None:
        with ledger.writing() as writing:
            row = writing.execute(select(ConnectionRow.c.memory).where(ConnectionRow.c.name == "a")).first()
            ledger.put(
                writing,
                ConnectionRow,
                [{"name": "a", "plugin": "p", "memory": {"n": row.memory["n"] + 1 if row else 1}}],
            )

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(count, range(40)))
    with ledger.reading() as reading:
        assert reading.execute(select(ConnectionRow.c.memory)).scalar() == {"n": 40}


def test_put_overwrites_the_row_of_the_same_key(ledger: Ledger) -> None:
    for sealed in (b"one", b"two"):
        with ledger.writing() as writing:
            ledger.put(writing, SecretRow, [{"name": "a", "sealed": sealed}])
            ledger.put(writing, SecretRow, [])
    with ledger.reading() as reading:
        assert reading.execute(select(SecretRow.c.sealed)).scalars().all() == [b"two"]


def test_a_failed_transaction_leaves_nothing(ledger: Ledger) -> None:
    with pytest.raises(ZeroDivisionError), ledger.writing() as writing:
        ledger.put(writing, SecretRow, [{"name": "a", "sealed": b"x"}])
        _ = 1 / 0
    with ledger.reading() as reading:
        assert reading.execute(select(SecretRow.c.name)).all() == []


def test_a_full_disk_is_told_as_such(ledger: Ledger) -> None:
    with pytest.raises(LedgerError, match="disk is full"), ledger.writing() as writing:
        writing.exec_driver_sql("PRAGMA max_page_count = 1")
        ledger.put(writing, SecretRow, [{"name": "a", "sealed": b"x" * 10_000_000}])


def test_a_stale_lease_writes_nothing(ledger: Ledger) -> None:
    stale = Lease("tenant", "somebody", 1)
    with ledger.writing() as writing:
        row = {"name": "tenant", "holder": "other", "token": 2, "expires": datetime.now(UTC)}
        ledger.put(writing, LeaseRow, [row])
    with pytest.raises(LeaseLost), ledger.writing(stale) as writing:
        ledger.put(writing, SecretRow, [{"name": "a", "sealed": b"x"}])
    with ledger.reading() as reading:
        assert reading.execute(select(SecretRow.c.name)).all() == []


@settings(max_examples=60, deadline=None)
@given(st.decimals(allow_nan=False, allow_infinity=False, places=7, min_value=-(10**15), max_value=10**15))
def test_amounts_survive_the_ledger_to_the_last_digit(amount: Decimal) -> None:
    column = Json()
    stored = column.process_bind_param({"total": amount}, None)
    assert column.process_result_value(stored, None) == {"total": amount}


@pytest.mark.matrix
def test_postgres_keeps_the_same_ledger(postgresql: str) -> None:
    with ThreadPoolExecutor(4) as pool:
        ledgers = list(pool.map(Ledger, [postgresql] * 4))
    ledger = ledgers[0]
    with ledger.reading() as reading:
        context = MigrationContext.configure(reading, opts={"compare_type": True})
        assert compare_metadata(context, LeaseRow.metadata) == []
    memory = {"rate": Decimal("1.0000000000000000001"), "at": None}
    for name in ("first", "second"):
        with ledger.writing() as writing:
            row = {"name": "a", "plugin": name, "memory": memory, "connected_at": datetime(2026, 7, 1, tzinfo=UTC)}
            ledger.put(writing, ConnectionRow, [row])
    with ledger.reading() as reading:
        row = reading.execute(
            select(ConnectionRow.c.plugin, ConnectionRow.c.memory, ConnectionRow.c.connected_at)
        ).one()
    assert tuple(row) == ("second", memory, datetime(2026, 7, 1, tzinfo=UTC))
    for one in ledgers:
        one.close()


@pytest.mark.matrix
def test_postgres_gives_a_lease_to_one_taker(postgresql: str) -> None:
    from tieout.api.clock import Clock
    from tieout.ledger import lease

    ledger, clock = Ledger(postgresql), Clock()
    for round_ in range(5):
        with ThreadPoolExecutor(8) as pool:
            taken = list(pool.map(lambda _, name=f"tenant {round_}": lease.take(ledger, clock, name), range(8)))
        assert len([one for one in taken if one]) == 1
    ledger.close()


def test_the_driver_is_the_one_that_was_tried() -> None:
    assert sqlite3.sqlite_version_info >= (3, 35), "ON CONFLICT with RETURNING needs it"
