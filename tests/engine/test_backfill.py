"""Backfills: what is older than the start date, counted, asked for, and taken up behind what is fresh."""

from datetime import date, timedelta
from decimal import Decimal
from types import SimpleNamespace

import pytest
from sqlalchemy import select
from tieout.api.errors import Refused, Throttled
from tieout.desk.backfill import Backfills
from tieout.engine import history
from tieout.engine.reconcile import tie_out
from tieout.ledger.tables import AuditRow
from world import Office, once

FIRST, LAST = date(2025, 1, 1), date(2025, 6, 30)


@pytest.fixture
def office(tmp_path):
    made = Office(tmp_path)
    once(made, begins)
    return made


def begins(office):
    office.person("p1")
    for one in range(6):
        office.bill(f"old{one}", date=f"2025-0{one + 1}-15", total=Decimal(one + 1))
    office.bill("older", date="2024-12-31")
    office.bill("later", date="2025-07-01")
    office.bill("fresh")
    office.sync()


def backfills(office, allowed=None, used=0):
    connections = SimpleNamespace(allowed=lambda name: allowed, usage=lambda name: SimpleNamespace(used=used))
    config = SimpleNamespace(pairs={"main": office.pair})
    return Backfills(office.ledger, office.clock, "ana", config, office.engine(), connections)


def sent(office):
    return sorted(doc["number"] for doc in office.book.docs.values())


def test_it_counts_documents_money_calls_and_days_and_sends_nothing(office):
    calls = len(office.book.calls)
    found = backfills(office, allowed=100, used=99).count("main", FIRST, LAST)
    assert (found.counts, found.amounts, found.forecast.calls) == ({"bills": 6}, {"": Decimal(21)}, 2)
    assert found.forecast.days == 2 and not found.forecast.fits
    assert found.question() == "Send 6 bills (21.00) of 2025-01-01 to 2025-06-30 as well?"
    assert len(office.book.calls) == calls and office.sync().counts["bills"].planned == 0


def test_what_was_asked_for_goes_out_and_nothing_else(office):
    backfills(office).begin("main", FIRST, LAST)
    report = office.sync()
    assert report.counts["bills"].created == 6 and report.counts["bills"].problem() == ""
    assert sent(office) == ["B-fresh", *(f"B-old{one}" for one in range(6))]
    assert office.sync().counts["bills"].planned == 0
    (asked,) = backfills(office).asked("main")
    assert (asked.entity, asked.first, asked.last, asked.by, asked.left, asked.done) == (
        "bills",
        FIRST,
        LAST,
        "ana",
        0,
        True,
    )


def test_it_goes_on_portion_by_portion_over_several_runs(office, monkeypatch):
    monkeypatch.setattr(history, "PORTION", 4)
    backfills(office).begin("main", FIRST, LAST)
    assert office.sync().counts["bills"].created == 4
    assert [one.left for one in backfills(office).asked("main")] == [2]
    assert office.sync().counts["bills"].created == 2
    assert office.sync().counts["bills"].planned == 0 and len(sent(office)) == 7


def test_fresh_documents_go_first(office):
    backfills(office).begin("main", FIRST, LAST)
    office.bill("zz-new")
    order = []
    write = office.book.write
    office.book.write = lambda kind, op, body, one=None: order.append(body.get("number")) or write(kind, op, body, one)
    office.sync()
    assert order[0] == "B-zz-new" and len(order) == 7


def test_a_used_up_day_pauses_it_and_nothing_is_lost(office):
    backfills(office).begin("main", FIRST, LAST)
    push = office.book.push

    def used_up(*given):
        raise Throttled("the day is used up", until=office.clock.now() + timedelta(hours=9), scope="day")

    office.book.push = lambda kind, batch, die: push(kind, batch, die) if len(sent(office)) < 6 else used_up()
    with pytest.raises(Throttled):
        office.sync()
    assert len(sent(office)) == 6
    office.book.push = push
    office.sync()
    assert len(sent(office)) == len(set(sent(office))) == 7


def test_the_start_date_stays_for_everything_else(office):
    backfills(office).begin("main", FIRST, LAST)
    office.sync()
    office.bill("another", date="2024-05-05")
    report = office.sync()
    assert report.counts["bills"].skipped >= 1 and "B-another" not in sent(office)
    office.bill("within", date="2025-03-03")
    assert office.sync().counts["bills"].created == 1


def test_an_edit_of_what_was_backfilled_goes_like_any_other(office):
    backfills(office).begin("main", FIRST, LAST)
    office.sync()
    office.bill("old2", date="2025-03-15", total=Decimal("99"))
    assert office.sync().counts["bills"].updated == 1


def test_it_is_in_scope_of_the_tie_out(office):
    backfills(office).begin("main", FIRST, LAST)
    office.sync()
    proof = tie_out(office.engine(), "main")
    assert proof.counts["bills"]["matched"] == 7 and all(line.variance == 0 for line in proof.lines)


def test_who_asked_is_in_the_audit(office):
    backfills(office).begin("main", FIRST, LAST, "bills")
    with office.ledger.reading() as sql:
        (row,) = sql.execute(select(AuditRow).where(AuditRow.c.what == "backfill"))
    assert (row.who, row.data["entity"], row.data["first"]) == ("ana", "bills", "2025-01-01")


@pytest.mark.parametrize(
    ("first", "last", "entity", "words"),
    [
        (LAST, FIRST, None, "is no range"),
        (date(2026, 1, 1), date(2026, 2, 1), None, "not before the start date"),
        (FIRST, LAST, "people", "no app of dated records"),
        (FIRST, LAST, "letters", "no app of dated records"),
    ],
)
def test_a_range_that_makes_no_sense_is_refused(office, first, last, entity, words):
    for ask in (backfills(office).count, backfills(office).begin):
        with pytest.raises(Refused, match=words):
            ask("main", first, last, entity)
    assert backfills(office).asked("main") == ()
