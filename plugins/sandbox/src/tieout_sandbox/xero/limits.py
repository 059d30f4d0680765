"""Call limits of an application, in one organisation and in all: sliding windows on the clock.

Source: docs/facts/xero.md, "Rate limits".
"""

from collections import deque
from math import ceil

from tieout_sandbox.clock import Clock
from tieout_sandbox.exchange import Response
from tieout_sandbox.fake import Limits

_MINUTE, _DAY = 60, 86_400
_APP_MINUTE = 10_000


class Throttled(Exception):
    """A call over a limit. `retry_after` is in seconds of real time; None for too many calls at once."""

    def __init__(self, problem: str, retry_after: int | None) -> None:
        super().__init__(problem)
        self.problem = problem
        self.retry_after = retry_after

    def answer(self) -> Response:
        """The answer: an empty body without a content type."""
        headers = {"X-Rate-Limit-Problem": self.problem}
        if self.retry_after is not None:
            headers["Retry-After"] = str(self.retry_after)
        return Response(status=429, headers=headers)


class Window:
    """At most so many calls in any stretch of `seconds` on the clock."""

    def __init__(self, most: int, seconds: float) -> None:
        self.most = most
        self.seconds = seconds
        self._calls: deque[float] = deque()

    def remaining(self, now: float) -> int:
        """How many calls are left now."""
        while self._calls and self._calls[0] <= now - self.seconds:
            self._calls.popleft()
        return self.most - len(self._calls)

    def take(self, now: float) -> None:
        """Count one call."""
        self._calls.append(now)

    def wait(self, now: float) -> int:
        """Whole seconds until a call is free again."""
        return max(1, ceil(self._calls[0] + self.seconds - now)) if self._calls else 1


class Quota:
    """What is left of every limit: by application and organisation, and by application."""

    def __init__(self, limits: Limits, clock: Clock) -> None:
        self._limits = limits
        self._clock = clock
        self._pairs: dict[tuple[str, str], tuple[Window, Window]] = {}
        self._apps: dict[str, Window] = {}

    @property
    def records(self) -> int:
        """The records of an endpoint above which only what is optimised is read."""
        return self._limits.records

    def admit(self, tenant: str, client: str, in_flight: int) -> None:
        """Count a call. Raises `Throttled`, and counts nothing, when it is over a limit."""
        now = self._clock.now().timestamp()
        minute, day = self._windows(tenant, client)
        app = self._app(client)
        if in_flight > self._limits.concurrent:
            raise Throttled("concurrent", None)
        for problem, window in (("day", day), ("minute", minute), ("appminute", app)):
            if window.remaining(now) < 1:
                raise Throttled(problem, window.wait(now))
        for window in (day, minute, app):
            window.take(now)

    def used_up(self, problem: str) -> Throttled:
        """A refusal as if the minute or the day had just been used up."""
        return Throttled(problem, max(1, ceil(self._clock.window(_MINUTE if problem == "minute" else _DAY))))

    def headers(self, tenant: str, client: str) -> dict[str, str]:
        """The headers that tell what is left."""
        now = self._clock.now().timestamp()
        minute, day = self._windows(tenant, client)
        return {
            "X-MinLimit-Remaining": str(minute.remaining(now)),
            "X-DayLimit-Remaining": str(day.remaining(now)),
            "X-AppMinLimit-Remaining": str(self._app(client).remaining(now)),
        }

    def reset(self) -> None:
        """Start counting anew."""
        self._pairs.clear()
        self._apps.clear()

    def _windows(self, tenant: str, client: str) -> tuple[Window, Window]:
        if (tenant, client) not in self._pairs:
            minute = Window(self._limits.minute, self._clock.window(_MINUTE))
            self._pairs[tenant, client] = minute, Window(self._limits.day, self._clock.window(_DAY))
        return self._pairs[tenant, client]

    def _app(self, client: str) -> Window:
        if client not in self._apps:
            self._apps[client] = Window(_APP_MINUTE, self._clock.window(_MINUTE))
        return self._apps[client]
