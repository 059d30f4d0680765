"""Limits: a sliding window that is never run into, corrected by what the system says."""

from __future__ import annotations

import random
import threading
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tieout.api.contract import Limits
from tieout.api.errors import LedgerError, Throttled, Unavailable
from tieout.host.quota import Quota, retry_after
from tieout.ledger import Ledger
from tieout.ledger.usage import Usage
from tieout.testing import FakeClock

XERO = Limits(
    minute=60, day=5000, concurrent=5, minute_header="X-Min", day_header="X-Day", problem_header="X-Rate-Limit-Problem"
)


def _most(times: list[float], window: float) -> int:
    """The most calls that a server counts in any window."""
    return max(sum(start <= time < start + window for time in times) for start in times)


@settings(max_examples=60, deadline=None)
@given(
    second=st.none() | st.integers(1, 8),
    minute=st.none() | st.integers(1, 40),
    speed=st.sampled_from([1, 7, 60]),
    latencies=st.lists(st.floats(0, 3), min_size=1, max_size=5),
    seed=st.integers(0, 2**16),
)
def test_no_window_of_the_server_ever_holds_more_than_the_limit(
    second: int | None, minute: int | None, speed: int, latencies: list[float], seed: int
) -> None:
    clock, chance = FakeClock(), random.Random(seed)
    quota = Quota("books", Limits(second=second, minute=minute, speed=speed), clock)
    counted = []
    for number in range(100):
        with quota.call():
            latency = latencies[number % len(latencies)] / speed
            way = latency * chance.random()  # the server counts somewhere between sending and answer
            clock.advance(way)
            counted.append(clock.monotonic())
            clock.advance(latency - way)
    if second:
        assert _most(counted, 1 / speed) <= second
    if minute:
        assert _most(counted, 60 / speed) <= minute


def test_the_whole_allowance_is_used(clock: FakeClock) -> None:
    quota = Quota("books", Limits(minute=60), clock)
    for _ in range(180):
        with quota.call():
            pass
    assert clock.monotonic() == pytest.approx(120, abs=1)


def test_without_limits_nothing_waits(clock: FakeClock) -> None:
    quota = Quota("crm", Limits(), clock)
    for _ in range(1000):
        with quota.call():
            pass
    assert clock.monotonic() == 0


def test_a_used_up_day_is_a_pause(clock: FakeClock) -> None:
    quota = Quota("books", Limits(day=3), clock)
    for _ in range(3):
        with quota.call():
            clock.advance(60)
    with pytest.raises(Throttled) as error, quota.call():
        pytest.fail("a fourth call")
    assert error.value.scope == "day"
    assert error.value.until - clock.now() == pytest.approx(timedelta(days=1, seconds=-120), abs=timedelta(seconds=1))
    clock.advance((error.value.until - clock.now()).total_seconds())
    with quota.call():
        pass


def test_calls_at_once_are_bounded() -> None:
    quota, busy, most, lock = Quota("books", Limits(concurrent=3), FakeClock()), [0], [0], threading.Lock()
    gate = threading.Barrier(3)

    def one(_: int) -> None:
        with quota.call():
            with lock:
                busy[0] += 1
                most[0] = max(most[0], busy[0])
            gate.wait(10)
            with lock:
                busy[0] -= 1

    with ThreadPoolExecutor(9) as pool:
        list(pool.map(one, range(9)))
    assert most[0] == 3


def test_what_others_used_is_counted(clock: FakeClock) -> None:
    quota = Quota("books", XERO, clock)
    with quota.call():
        quota.heard({"X-Min": "2"})  # somebody else made 57 calls of the same minute
    for _ in range(2):
        with quota.call():
            pass
    assert clock.monotonic() == 0
    with quota.call():
        pass
    assert clock.monotonic() >= 60


@pytest.mark.parametrize("left", ["60", "59", "much", ""])
def test_headers_never_give_more_than_the_limit(clock: FakeClock, left: str) -> None:
    quota = Quota("books", XERO, clock)
    for _ in range(60):
        with quota.call():
            pass
        quota.heard({"X-Min": left})
    with quota.call():
        pass
    assert clock.monotonic() >= 60


def test_a_day_that_the_system_calls_used_up_closes_the_quota(clock: FakeClock) -> None:
    quota = Quota("books", XERO, clock)
    with quota.call():
        pass
    quota.heard({"X-Min": "50", "X-Day": "0"})
    with pytest.raises(Throttled) as error, quota.call():
        pytest.fail("a call")
    assert error.value.scope == "day"
    clock.advance(30 * 60)
    with quota.call():
        pass


@pytest.mark.parametrize(
    ("headers", "scope", "seconds"),
    [
        ({"X-Rate-Limit-Problem": "Minute", "Retry-After": "17"}, "minute", 17),
        ({"X-Rate-Limit-Problem": "day", "Retry-After": "66975"}, "day", 66975),
        ({"X-Rate-Limit-Problem": "Concurrent"}, "concurrent", 1),
        ({"X-Rate-Limit-Problem": "AppMinute"}, "minute", 60),
        ({}, "minute", 60),
    ],
)
def test_a_refusal_says_which_limit_and_until_when(
    clock: FakeClock, headers: Mapping[str, str], scope: str, seconds: int
) -> None:
    throttled = Quota("books", XERO, clock).refused(headers)
    assert (throttled.scope, throttled.until - clock.now()) == (scope, timedelta(seconds=seconds))


def test_after_a_refusal_everybody_waits(clock: FakeClock) -> None:
    quota = Quota("books", XERO, clock)
    quota.refused({"X-Rate-Limit-Problem": "minute", "Retry-After": "20"})
    with quota.call():
        assert clock.monotonic() >= 20


def test_a_day_with_a_known_end_is_not_made_shorter(clock: FakeClock) -> None:
    quota = Quota("books", XERO, clock)
    until = quota.refused({"X-Rate-Limit-Problem": "day", "Retry-After": "40000"}).until
    quota.heard({"X-Day": "0"})
    with pytest.raises(Throttled) as error, quota.call():
        pytest.fail("a call")
    assert error.value.until == until


def test_stopping_ends_a_wait(clock: FakeClock) -> None:
    stop = threading.Event()
    quota = Quota("books", Limits(minute=1), clock, stop)
    with quota.call():
        stop.set()
    with pytest.raises(Unavailable, match="stopped"), quota.call():
        pytest.fail("a call")


def test_retry_after_is_read_as_seconds_or_date(clock: FakeClock) -> None:
    now = clock.now()
    assert retry_after({"Retry-After": "5"}, now) == now + timedelta(seconds=5)
    assert retry_after({"Retry-After": "Wed, 01 Jul 2026 10:00:00 GMT"}, now) == now.replace(hour=10)
    assert retry_after({"Retry-After": "soon"}, now) is None
    assert retry_after({}, now) is None


def test_the_schedule_leaves_a_fifth_of_the_day_to_people(ledger: Ledger, clock: FakeClock) -> None:
    limits = Limits(day=10)
    scheduled = Quota("books", limits, clock, usage=Usage("books", limits, clock, ledger), purpose="schedule")
    for _ in range(8):
        with scheduled.call():
            pass
    kept = "2 of its 10 calls a day are kept for what a person starts"
    with pytest.raises(Throttled, match=kept) as error, scheduled.call():
        pytest.fail("a ninth call")
    assert (error.value.scope, error.value.lasting) == ("reserve", True)
    person = Quota("books", limits, clock, usage=Usage("books", limits, clock, ledger))
    for _ in range(2):
        with person.call():
            pass
    with pytest.raises(Throttled) as error, person.call():
        pytest.fail("an eleventh call")
    assert error.value.scope == "day"


def test_the_reserve_counts_what_the_system_says_is_left(clock: FakeClock) -> None:
    quota = Quota("books", XERO, clock, purpose="schedule")
    with quota.call():
        quota.heard({"X-Day": "1001"})
    with quota.call():
        quota.heard({"X-Day": "1000"})
    with pytest.raises(Throttled) as error, quota.call():
        pytest.fail("a call out of the reserve")
    assert error.value.scope == "reserve"
    assert error.value.until == clock.now() + timedelta(minutes=30)


def test_a_pause_of_an_earlier_process_still_lasts(clock: FakeClock) -> None:
    until = clock.now() + timedelta(hours=5)
    quota = Quota("books", XERO, clock, closed=Throttled("paused", until=until, scope="day"))
    with pytest.raises(Throttled) as error, quota.call():
        pytest.fail("a call")
    assert error.value.until == until
    clock.advance(5 * 3600)
    with quota.call():
        pass


def test_a_call_that_cannot_be_counted_is_not_sent(ledger: Ledger, clock: FakeClock) -> None:
    quota = Quota("books", Limits(day=10), clock, usage=Usage("books", Limits(day=10), clock, ledger))
    with ledger.writing() as writing:
        writing.exec_driver_sql('DROP TABLE "usage"')
    with pytest.raises(LedgerError), quota.call():
        pytest.fail("a call")
