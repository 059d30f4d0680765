"""The limits of one connection, kept before they are run into.

A sliding log of the calls made knows when the next one fits into the second and the minute. A call counts from its
answer on, which is never earlier than the moment at which the system counted it. What the system itself says is left
corrects the log, because others may be using the same allowance. The day's calls are those of `usage`; a part of them
is kept for people, so that the schedule never takes the last one.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from pyrate_limiter import InMemoryBucket, Rate, RateItem

from tieout.api.clock import Clock
from tieout.api.contract import Limits
from tieout.api.errors import Throttled, Unavailable
from tieout.api.threads import Threads
from tieout.ledger.standing import Purpose
from tieout.ledger.usage import Usage

RESERVE = 20
"""Percent of a day's calls that are kept for people."""

MINUTE = 60_000
SECOND = 1_000
_MARGIN = 10  # milliseconds, for clocks that do not run alike
_UNLIMITED = Rate(1_000_000, SECOND)
_UNTOLD = {"day": timedelta(minutes=30), "minute": timedelta(minutes=1), "concurrent": timedelta(seconds=1)}


class Quota:
    """When one connection may make its next call; shared by all its threads.

    `usage` counts the day's calls (None: those of this process alone), and `closed` is a pause that still lasts.
    """

    def __init__(
        self,
        name: str,
        limits: Limits,
        clock: Clock,
        stop: threading.Event | None = None,
        *,
        usage: Usage | None = None,
        purpose: Purpose = "person",
        closed: Throttled | None = None,
        threads: Threads | None = None,
    ) -> None:
        self._name = name
        self._limits = limits
        self._clock = clock
        self._stop = stop or threading.Event()
        self._usage = usage or Usage(name, limits, clock)
        self._reserve = (limits.day or 0) * RESERVE // 100 if purpose == "schedule" else 0
        threads = threads or Threads()
        self._slots = threads.slots(limits.concurrent)
        self._lock = threads.lock()
        self._log = InMemoryBucket(_rates(limits) or [_UNLIMITED])
        self._closed = closed

    @contextmanager
    def call(self) -> Iterator[None]:
        """Wait until one more call is allowed, and count it.

        Raises `Throttled` with scope `day` when the day's allowance is used up, or `reserve` when the rest of it is
        kept for people, and `Unavailable` when stopped while waiting: nothing was sent.
        """
        with self._slots:
            item = self._admitted()
            try:
                yield
            finally:
                self._answered(item)

    def heard(self, headers: Mapping[str, str]) -> None:
        """Correct the log by what an answer says is left of the minute and of the day."""
        minute, day = (_number(headers, name) for name in (self._limits.minute_header, self._limits.day_header))
        with self._lock:
            if day is not None:
                self._usage.heard(day)
            if minute is not None and self._limits.minute:
                now = self._now()
                since = now - self._window(MINUTE)
                known = sum(item.timestamp > since for item in self._log.items)
                others = self._limits.minute - minute - known
                self._log.items.extend([RateItem("others", now)] * others)

    def refused(self, headers: Mapping[str, str], said: str = "") -> Throttled:
        """What a 429 means: which limit, and until when; no call is made before that."""
        scope = headers.get(self._limits.problem_header, "").lower() if self._limits.problem_header else ""
        scope = next((known for known in ("day", "concurrent") if known in scope), "minute")
        throttled = self._throttled(scope, retry_after(headers, self._clock.now()), said)
        with self._lock:
            self._closed = throttled
        return throttled

    def _admitted(self) -> RateItem:
        while True:
            if self._stop.is_set():
                raise Unavailable(
                    f"the call to {self._name} was stopped before it was sent", fix="Run the command again to go on."
                )
            with self._lock:
                seconds = self._closed_for()
                item = RateItem("", self._now())
                if seconds <= 0:
                    self._within_the_day()
                    if self._log.put(item):
                        self._usage.count()
                        return item
                    seconds = self._next(item)
            self._clock.wait(seconds, self._stop)

    def _closed_for(self) -> float:
        if self._closed is None:
            return 0.0
        seconds = (self._closed.until - self._clock.now()).total_seconds()
        if seconds <= 0:
            self._closed = None
        elif self._closed.lasting:
            raise self._throttled(self._closed.scope, self._closed.until, "")
        return seconds

    def _within_the_day(self) -> None:
        if (until := self._usage.full_until(0)) is not None:
            raise self._throttled("day", until, "")
        if self._reserve and (until := self._usage.full_until(self._reserve)) is not None:
            raise self._throttled("reserve", until, "")

    def _next(self, item: RateItem) -> float:
        milliseconds = int(self._log.waiting(item))  # type: ignore[arg-type]
        return (milliseconds + 1) / 1000

    def _answered(self, item: RateItem) -> None:
        with self._lock:
            now = self._now()
            self._log.items[:] = [other for other in self._log.items if other is not item]
            self._log.items.append(RateItem("", now))
            self._log.leak(now)

    def _throttled(self, scope: str, until: datetime | None, said: str) -> Throttled:
        until = until or self._clock.now() + _UNTOLD[scope] / self._limits.speed
        if scope == "reserve":
            return Throttled(
                f"{self._name} has no more calls for the schedule today",
                until=until,
                scope=scope,
                why=f"{self._reserve:,} of its {self._limits.day:,} calls a day are kept for what a person starts.",
                fix=f"It goes on by itself after {until:%Y-%m-%d %H:%M:%S} UTC; a person may sync at any time.",
            )
        return Throttled(
            f"{self._name} allows no more calls this {scope}" if scope != "concurrent" else f"{self._name} is busy",
            until=until,
            scope=scope,
            why="The system's own limit is used up; nothing was changed.",
            fix=f"Tieout goes on by itself after {until:%Y-%m-%d %H:%M:%S} UTC.",
            said=said,
        )

    def _now(self) -> int:
        return int(self._clock.monotonic() * 1000)

    def _window(self, milliseconds: int) -> int:
        return _window(milliseconds, self._limits.speed)


def _window(milliseconds: int, speed: int) -> int:
    return milliseconds // speed + _MARGIN


def _rates(limits: Limits) -> list[Rate]:
    """The windows that can bind: one that another implies is left out."""
    rates: list[Rate] = []
    for limit, milliseconds in ((limits.second, SECOND), (limits.minute, MINUTE)):
        if limit is None:
            continue
        rate = Rate(limit, _window(milliseconds, limits.speed))
        while rates and limit <= rates[-1].limit:
            rates.pop()
        if not rates or limit * rates[-1].interval <= rates[-1].limit * rate.interval:
            rates.append(rate)
    return rates


def _number(headers: Mapping[str, str], name: str) -> int | None:
    value = headers.get(name, "") if name else ""
    return int(value) if value.strip().isdigit() else None


def retry_after(headers: Mapping[str, str], now: datetime) -> datetime | None:
    """The time named by a Retry-After header, in seconds or as a date; None when there is none that can be read."""
    value = headers.get("Retry-After", "").strip()
    if value.isdigit():
        return now + timedelta(seconds=int(value))
    try:
        found = parsedate_to_datetime(value)
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
