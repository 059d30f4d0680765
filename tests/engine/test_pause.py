"""Pauses: whatever stops a run keeps all that was done, says when it goes on, and doubles nothing when it does."""

from datetime import date, timedelta
from decimal import Decimal
from types import SimpleNamespace

import pytest
from sqlalchemy import select
from tieout.api.errors import ReauthNeeded, Throttled, Unavailable
from tieout.desk.backfill import Backfills
from tieout.ledger.runs import RunRow
from tieout.ledger.tables import ConnectionRow
from world import Office


@pytest.fixture
def office(tmp_path):
    office = Office(tmp_path, batch=2)
    for one in range(1, 8):
        office.person(f"p{one}")
        office.bill(f"b{one}", party=f"p{one}", total=Decimal(one))
    with office.ledger.writing() as sql:
        rows = [{"name": "here", "plugin": "shop"}, {"name": "there", "plugin": "book"}]
        office.ledger.put(sql, ConnectionRow, rows)
    return office


def last_run(office):
    with office.ledger.reading() as sql:
        return sql.execute(select(RunRow).order_by(RunRow.c.id.desc())).first()


def whole(office, bills=7):
    numbers = [doc["number"] for doc in office.book.docs.values()]
    assert len(numbers) == len(set(numbers)) == bills and len(office.book.parties) == 7


def failing(office, after, error):
    """A book that fails like this from the n-th call on, and the function that mends it."""
    push, calls = office.book.push, []

    def pushing(kind, batch, die):
        calls.append(kind)
        if len(calls) > after:
            raise error()
        return push(kind, batch, die)

    office.book.push = pushing

    def mend():
        office.book.push = push

    return mend


def day_is_used_up(office):
    def error():
        told = Throttled("the day is used up", until=office.clock.now() + timedelta(hours=9), scope="day")
        told.connection = "there"
        return told

    return error


@pytest.mark.parametrize("after", [0, 1, 3, 5])
def test_a_used_up_day_is_a_pause_that_says_until_when(office, after):
    mend = failing(office, after, day_is_used_up(office))
    with pytest.raises(Throttled) as stopped:
        office.sync()
    assert stopped.value.lasting and stopped.value.exit_code == 5
    sent = len(office.book.parties) + len(office.book.docs)
    assert sent == min(2 * after, 7) + max(0, 2 * (after - 4))
    run = last_run(office)
    assert run.state == "paused" and "the day is used up" in run.message
    mend()
    calls = len(office.book.calls)
    with pytest.raises(Throttled) as again:
        office.sync()
    assert again.value.until == stopped.value.until and len(office.book.calls) == calls
    office.clock.wait(9 * 3600 + 1)
    assert office.sync().state == "done"
    whole(office)


@pytest.mark.parametrize(
    ("error", "state"),
    [
        (lambda: Unavailable("the organisation is offline"), "stopped"),
        (lambda: ReauthNeeded("the consent is over"), "paused"),
    ],
)
def test_offline_or_a_consent_that_ended_keeps_everything(office, error, state):
    mend = failing(office, 3, error)
    with pytest.raises(type(error())):
        office.sync()
    assert last_run(office).state == state and last_run(office).message
    assert len(office.book.parties) == 6
    mend()
    assert office.sync().state == "done"
    whole(office)


@pytest.mark.parametrize("pushes", [1, 2, 4, 6])
def test_a_stop_finishes_the_batch_and_the_next_run_goes_on(office, pushes):
    engine = office.engine()
    moments = []

    def tick(at):
        moments.append(at)
        if moments.count("after push") == pushes:
            engine.stop.set()

    office.tick = tick
    report = engine.run(office.pair, lambda plan: True)
    assert report.state == last_run(office).state == "stopped"
    assert len(office.book.parties) + len(office.book.docs) < 14
    for counts in report.counts.values():
        told = counts.done + counts.wrong + counts.rejected + counts.unknown + counts.waiting + counts.stale
        assert counts.planned == told
    del office.tick
    assert office.sync().state == "done"
    whole(office)


def test_a_backfill_goes_on_over_several_days_of_quota(office):
    for one in range(9):
        office.bill(f"old{one}", date="2025-03-03", total=Decimal(1))
    office.sync()
    config = SimpleNamespace(pairs={"main": office.pair})
    connections = SimpleNamespace(allowed=lambda name: 2, usage=lambda name: SimpleNamespace(used=0))
    backfills = Backfills(office.ledger, office.clock, "ana", config, office.engine(), connections)
    first, last = date(2025, 1, 1), date(2025, 12, 31)
    forecast = backfills.count("main", first, last).forecast
    assert (forecast.calls, forecast.days) == (5, 3)
    backfills.begin("main", first, last)
    days = 0
    while True:
        days += 1
        mend = failing(office, 2, day_is_used_up(office))
        try:
            report = office.sync()
        except Throttled:
            office.clock.wait(24 * 3600)
        else:
            break
        finally:
            mend()
    assert days == forecast.days and report.state == "done"
    whole(office, bills=16)
