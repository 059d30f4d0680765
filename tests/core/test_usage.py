"""The calls of a day: counted over processes, let go after a day, corrected by the system's own word."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from tieout.api.clock import Clock
from tieout.api.contract import Limits
from tieout.api.errors import Throttled
from tieout.host.http import HttpClient
from tieout.host.quota import Quota
from tieout.ledger import Ledger
from tieout.ledger.tables import UsageRow
from tieout.ledger.usage import Usage
from tieout.testing import FakeClock

from .conftest import beside

DAY = Limits(day=100)
TOLD = Limits(day=100, day_header="X-Day")


def _called(usage: Usage, times: int) -> Usage:
    for _ in range(times):
        usage.count()
    return usage


def test_calls_are_counted_and_let_go_after_a_day(ledger: Ledger, clock: FakeClock) -> None:
    usage = _called(Usage("books", DAY, clock, ledger), 3)
    clock.advance(12 * 3600)
    _called(usage, 2)
    assert usage.used == 5
    clock.advance(12 * 3600 + 60)
    assert usage.used == 2
    clock.advance(12 * 3600)
    assert (usage.used, Usage("books", DAY, clock, ledger).used) == (0, 0)


def test_the_next_process_goes_on_counting(ledger: Ledger, clock: FakeClock) -> None:
    _called(Usage("books", DAY, clock, ledger), 7)
    _called(Usage("crm", DAY, clock, ledger), 1)
    again = Usage("books", DAY, clock, ledger)
    assert (again.used, again.known_at) == (7, clock.now())
    assert _called(again, 1).used == 8


def test_processes_at_the_same_time_see_each_other(ledger: Ledger, clock: FakeClock) -> None:
    one, other = (Usage("books", DAY, clock, ledger) for _ in range(2))
    _called(one, 4)
    assert _called(other, 1).used == 5
    clock.advance(120)
    _called(one, 1)
    assert _called(other, 1).used == 7


COUNTS = """
import sys
from tieout.api.clock import Clock
from tieout.api.contract import Limits
from tieout.ledger import Ledger
from tieout.ledger.usage import Usage
usage = Usage("books", Limits(day=100), Clock(), Ledger(sys.argv[1]))
print("ready", flush=True)
sys.stdin.read()
for _ in range(10):
    usage.count()
"""


def test_no_call_of_any_process_is_lost(ledger: Ledger) -> None:
    with beside(COUNTS, ledger.url) as go:
        go()
        _called(Usage("books", DAY, Clock(), ledger), 10)
    assert Usage("books", DAY, Clock(), ledger).used == 20


def test_it_is_full_until_a_call_is_a_day_old(ledger: Ledger, clock: FakeClock) -> None:
    usage = _called(Usage("books", DAY, clock, ledger), 60)
    began = clock.now()
    clock.advance(3600)
    _called(usage, 39)
    assert usage.full_until(0) is None
    _called(usage, 1)
    assert usage.full_until(0) == began + timedelta(days=1, minutes=1)
    assert usage.full_until(50) == began + timedelta(days=1, hours=0, minutes=1)
    clock.advance(23 * 3600 + 60)
    assert usage.full_until(0) is None


def test_a_reserve_is_kept(ledger: Ledger, clock: FakeClock) -> None:
    usage = _called(Usage("books", DAY, clock, ledger), 79)
    assert usage.full_until(20) is None
    _called(usage, 1)
    assert usage.full_until(20) is not None
    assert usage.full_until(0) is None


def test_the_system_s_word_counts_what_others_used(ledger: Ledger, clock: FakeClock) -> None:
    usage = _called(Usage("books", TOLD, clock, ledger), 1)
    usage.heard(30)
    assert usage.used == 70
    _called(usage, 2)
    assert usage.used == 72
    again = Usage("books", TOLD, clock, ledger)
    assert again.known_at == clock.now()
    assert again.used == 72


def test_the_system_s_word_ends_a_day_that_was_counted_longer(ledger: Ledger, clock: FakeClock) -> None:
    """Its own day may begin at any time: then more is left than a count of 24 hours would have it."""
    usage = _called(Usage("books", TOLD, clock, ledger), 100)
    assert usage.full_until(0) is not None
    usage.heard(99)
    assert usage.used == 1
    assert usage.full_until(0) is None


def test_what_the_system_said_is_believed_for_half_an_hour(ledger: Ledger, clock: FakeClock) -> None:
    usage = _called(Usage("books", TOLD, clock, ledger), 100)
    usage.heard(0)
    assert usage.full_until(0) == clock.now() + timedelta(minutes=30)
    clock.advance(30 * 60)
    assert usage.full_until(0) is None  # unknown: one call finds out
    usage.count()
    usage.heard(0)
    assert usage.full_until(0) == clock.now() + timedelta(minutes=30)


def test_a_limit_set_lower_than_the_system_s_own_holds(ledger: Ledger, clock: FakeClock) -> None:
    usage = Usage("books", TOLD, clock, ledger)
    for left in range(5000, 4900, -1):
        usage.count()
        usage.heard(left - 1)
    assert usage.used == 100
    assert usage.full_until(0) is not None
    clock.advance(3600)
    assert usage.full_until(0) is not None


def test_without_a_limit_calls_are_counted_and_never_stopped(ledger: Ledger, clock: FakeClock) -> None:
    usage = _called(Usage("crm", Limits(), clock, ledger), 500)
    assert (usage.used, usage.full_until(0)) == (500, None)


def test_a_sandbox_s_day_is_shorter(ledger: Ledger, clock: FakeClock) -> None:
    usage = _called(Usage("books", Limits(day=10, speed=60), clock, ledger), 10)
    assert usage.full_until(0) == clock.now() + timedelta(days=1, minutes=1) / 60
    clock.advance(24 * 60 + 1)
    assert usage.full_until(0) is None


def test_old_rows_go(ledger: Ledger, clock: FakeClock) -> None:
    usage = Usage("books", DAY, clock, ledger)
    for _ in range(5):
        _called(usage, 1)
        clock.advance(24 * 3600)
    with ledger.reading() as reading:
        assert len(reading.execute(select(UsageRow.c.slot)).all()) <= 2


def test_without_a_ledger_this_process_alone_counts(clock: FakeClock) -> None:
    usage = _called(Usage("books", DAY, clock), 100)
    assert usage.full_until(0) == clock.now() + timedelta(days=1, minutes=1)
    clock.advance(86_400 + 60)
    assert _called(usage, 1).used == 1


def test_a_small_day_is_counted_over_processes_and_its_end_is_a_pause(
    ledger: Ledger, clock: FakeClock, system: Any, reply: Any
) -> None:
    limits = Limits(day=1000, day_header="X-DayLimit-Remaining", problem_header="X-Rate-Limit-Problem")
    system.otherwise = lambda asked: reply(headers={"X-DayLimit-Remaining": str(max(0, 3 - len(system.asked)))})

    def quota() -> Quota:
        return Quota("books", limits, clock, usage=Usage("books", limits, clock, ledger))

    for _ in range(3):  # each a process of its own
        with HttpClient("books", hosts=["127.0.0.1"], quota=quota(), clock=clock) as http:
            http.read("GET", system.url)
    with (
        HttpClient("books", hosts=["127.0.0.1"], quota=quota(), clock=clock) as http,
        pytest.raises(Throttled) as error,
    ):
        http.write("PUT", system.url, body=[])
    assert (error.value.scope, error.value.until) == ("day", clock.now() + timedelta(minutes=30))
    assert len(system.asked) == 3
    assert Usage("books", limits, clock, ledger).used == 1000
