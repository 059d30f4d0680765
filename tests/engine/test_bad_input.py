"""Ledgers, clocks and targets as nobody wishes for them: nothing is doubled or lost, and the reason is said."""

import shutil
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy import event, select, text
from tieout.api.contract import Tenant
from tieout.api.errors import LedgerError, Problem, Refused
from tieout.api.work import Receipt
from tieout.engine.reconcile import tie_out
from tieout.ledger import Ledger
from tieout.ledger.tables import AuditRow, LinkRow
from world import ON_FILE, Crash, Office, once

ENTITIES = ("people", "bills", "payments")


@pytest.fixture
def office(tmp_path):
    (tmp_path / "first").mkdir()
    office = Office(tmp_path / "first", entities=ENTITIES)
    for one in range(1, 8):
        office.person(f"p{one}")
        paid = {"1": {"date": "2026-08-02", "amount": Decimal(1)}} if one < 4 else {}
        office.bill(f"b{one}", party=f"p{one}", total=Decimal(one) + Decimal("0.05"), paid=paid)
    return office


def synced(office):
    return office.sync()


def with_ledger(office, folder):
    """The same two systems, and another ledger."""
    other = Office(folder, entities=ENTITIES, shop=office.shop, book=office.book, clock=office.clock)
    other.clock.wait(31)
    return other


def agreed(office):
    report = office.sync()
    for counts in report.counts.values():
        assert counts.problem() == ""
    for wire in office.shop.bills.values():
        (doc,) = office.docs(wire["number"])
        assert doc["total"] == wire["total"]
    names = [party["name"] for party in office.book.parties.values()]
    assert sorted(names) == sorted(one["name"] for one in office.shop.people.values())
    assert len(office.book.receipts) == sum(len(wire.get("paid", {})) for wire in office.shop.bills.values())
    assert all(line.variance == 0 for line in tie_out(office.engine(), "main").lines)
    return report


def dies(office, where, time):
    """A run that dies at the n-th moment of one kind."""
    moments = []

    def tick(at):
        moments.append(at)
        if moments.count(where) == time:
            raise Crash(at)

    office.tick = tick
    with pytest.raises(Crash):
        office.sync()
    del office.tick


# ledgers


@ON_FILE
@pytest.mark.parametrize("left", [0.2, 0.5, 0.8, 0.99])
def test_a_ledger_cut_off_in_the_middle_of_a_write_goes_on(office, tmp_path, left):
    dies(office, "after push", 2)
    with office.ledger.engine.connect() as sql:
        sql.exec_driver_sql("INSERT INTO audit (at, who, what) VALUES ('2026-11-01', 'nobody', 'half')")
        (tmp_path / "cut").mkdir()
        for name in ("ledger.db", "ledger.db-wal"):
            shutil.copy(tmp_path / "first" / name, tmp_path / "cut" / name)
        sql.rollback()
    log = tmp_path / "cut" / "ledger.db-wal"
    whole = log.read_bytes()
    log.write_bytes(whole[: int(len(whole) * left)])
    other = with_ledger(office, tmp_path / "cut")
    agreed(other)
    with other.ledger.reading() as sql:
        assert sql.execute(select(AuditRow.c.id).where(AuditRow.c.what == "half")).first() is None


@ON_FILE
def test_a_ledger_that_is_no_database_any_more_is_refused_cleanly(office, tmp_path):
    once(office, synced)
    office.ledger.close()
    broken = tmp_path / "broken.db"
    broken.write_bytes(b"SQLite format 3\0" + b"\x00" * 5000)
    with pytest.raises(LedgerError, match="cannot be used"):
        Ledger(f"sqlite:///{broken}").close()


@ON_FILE
def test_a_ledger_restored_from_an_old_backup_adopts_and_creates_nothing(office, tmp_path):
    (tmp_path / "backup").mkdir()
    with office.ledger.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as sql:
        sql.exec_driver_sql(f"VACUUM INTO '{tmp_path}/backup/ledger.db'")
    office.sync()
    calls = len(office.book.calls)
    restored = with_ledger(office, tmp_path / "backup")
    report = agreed(restored)
    assert {name: (one.created, one.linked) for name, one in report.counts.items()} == {
        "people": (0, 7),
        "bills": (0, 7),
        "payments": (0, 3),
    }
    assert len(office.book.calls) == calls


@ON_FILE
def test_a_backup_that_knows_an_older_state_does_not_send_the_old_one(office, tmp_path):
    once(office, synced)
    (tmp_path / "backup").mkdir()
    with office.ledger.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as sql:
        sql.exec_driver_sql(f"VACUUM INTO '{tmp_path}/backup/ledger.db'")
    office.bill("b5", party="p5", total=Decimal("55.00"))
    office.bill("b9")
    office.sync()
    restored = with_ledger(office, tmp_path / "backup")
    report = restored.sync()
    assert report.counts["bills"].created == 0 and len(office.docs("B-b9")) == 1
    assert office.docs("B-b5")[0]["total"] == Decimal("55.00")


def test_a_ledger_used_with_another_organisation_takes_no_link_along(office):
    once(office, synced)
    number = office.engine().plan(office.pair).id
    first = dict(office.book.docs)
    office.book.parties, office.book.docs, office.book.receipts, office.book.keys = {}, {}, {}, {}
    ready = office.ready

    def elsewhere(name):
        connection = ready(name)
        return replace(connection, tenant=Tenant("book-2", "Other")) if name == "there" else connection

    office.ready = elsewhere
    with pytest.raises(Refused, match="another organisation"):
        office.engine().apply(office.pair, number)
    asked = []
    office.engine().run(office.pair, lambda plan: asked.append(plan.live))
    assert asked == [False] and office.book.docs == {}  # it is a first time again, and a person has to go live
    assert office.sync().counts["bills"].created == 7
    with office.ledger.reading() as sql:
        rows = list(sql.execute(select(LinkRow).where(LinkRow.c.entity == "bills")))
    assert {row.target_tenant for row in rows} == {"book:book-1", "book:book-2"} and len(rows) == 14
    assert {row.target_id for row in rows if row.target_tenant == "book:book-1"} == set(first)


@ON_FILE
def test_a_ledger_of_a_newer_version_is_refused_and_left_alone(office, tmp_path):
    once(office, synced)
    with office.ledger.writing() as sql:
        sql.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    office.ledger.close()
    before = (tmp_path / "first" / "ledger.db").read_bytes()
    with pytest.raises(LedgerError, match="version 9999"):
        Ledger(f"sqlite:///{tmp_path}/first/ledger.db")
    assert (tmp_path / "first" / "ledger.db").read_bytes() == before


@ON_FILE
@pytest.mark.parametrize("pages", [1, 2, 3, 5])
def test_a_full_disk_stops_cleanly_and_the_next_run_goes_on(office, pages):
    with office.ledger.reading() as sql:
        size = sql.execute(text("PRAGMA page_count")).scalar()
    office.ledger.engine.dispose()

    def limit(raw, record):
        raw.execute(f"PRAGMA max_page_count={size + pages}")

    event.listen(office.ledger.engine, "connect", limit)
    with pytest.raises(LedgerError, match="disk is full"):
        office.sync()
    event.remove(office.ledger.engine, "connect", limit)
    office.ledger.engine.dispose()
    office.clock.wait(31)
    agreed(office)


# clocks


@pytest.mark.parametrize("hours", [-48, -1, 1, 48, 24 * 400])
@pytest.mark.parametrize("where", ["before push", "after push"])
def test_a_clock_that_jumps_between_two_runs_doubles_nothing(office, where, hours):
    dies(office, where, 2)
    office.clock.time += timedelta(hours=hours)
    agreed(office)


@pytest.mark.parametrize("hours", [-48, 48])
def test_a_clock_that_jumps_in_the_middle_of_a_run_doubles_nothing(office, hours):
    pushed = []

    def tick(at):
        if at == "before push" and not pushed:
            pushed.append(at)
            office.clock.time += timedelta(hours=hours)

    office.tick = tick
    office.book.faults = ["", "drop-after"]
    office.sync()
    agreed(office)


# targets


def test_a_target_that_says_yes_and_stores_nothing_is_found_out_by_the_tie_out(office):
    once(office, synced)
    office.bill("b9", total=Decimal("77.00"))
    write = office.book.write

    def pretend(kind, op, body, one=None):
        return ({**body, "id": "docs-nowhere", "at": 999}, "") if kind == "docs" else write(kind, op, body, one)

    office.book.write = pretend
    assert office.sync().counts["bills"].created == 1
    office.book.write = write
    proof = tie_out(office.engine(), "main")
    (missing,) = [one for one in proof.differences if one.state == "missing-there"]
    assert (missing.label, missing.source_total) == ("B-b9", Decimal("77.00"))
    assert sum(line.variance for line in proof.lines if line.entity == "bills") == Decimal("77.00")


def test_a_target_that_stores_and_says_no_is_found_and_not_sent_again(office):
    one = office.book._one

    def stores_and_refuses(kind, op, step):
        receipt = one(kind, op, step)
        if kind == "people":
            return receipt
        return Receipt(key=receipt.key, outcome="rejected", problems=(Problem(cause="refused", what="No."),))

    office.book._one = stores_and_refuses
    office.sync()
    assert len(office.book.parties) == 7
    office.book._one = one
    for _ in range(3):
        office.sync()
    report = agreed(office)
    assert report.holds == () and len(office.book.docs) == 7
