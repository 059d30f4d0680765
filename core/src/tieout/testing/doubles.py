"""Stand-ins for the time and for the way out, so that a plugin is tested without waiting and without a network."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from tieout.api import codec
from tieout.api.clock import Clock
from tieout.api.errors import OutcomeUnknown, ReauthNeeded, Throttled, Unavailable
from tieout.api.http import Calls, Http, Reply

_START = datetime(2026, 7, 1, 9, 0, tzinfo=UTC)


class FakeClock(Clock):
    """A clock that stands still until it is told to move; waiting moves it and takes no time."""

    def __init__(self, start: datetime = _START) -> None:
        self._now = start
        self._began = start

    def now(self) -> datetime:
        """The time that it shows."""
        return self._now

    def monotonic(self) -> float:
        """Seconds since it was made."""
        return (self._now - self._began).total_seconds()

    def wait(self, seconds: float, stop: threading.Event | None = None) -> None:
        """Move on by `seconds` at once."""
        self.advance(seconds)

    def advance(self, seconds: float) -> None:
        """Move on by `seconds`."""
        self._now += timedelta(seconds=seconds)


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One call that a plugin made, as it made it."""

    way: Literal["read", "write"]
    method: str
    url: str
    params: Mapping[str, Any] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    form: Mapping[str, Any] = field(default_factory=dict)
    body: Any = None


Answer = Callable[[Call], Reply]
"""What a system answers to a call; it may raise what `tieout.host.http` raises."""


def reply(status: int, body: Any = None, *, content: bytes = b"", headers: Mapping[str, str] | None = None) -> Reply:
    """An answer of a system: `body` as JSON, or `content` as it is."""
    lower = {name.lower(): value for name, value in (headers or {}).items()}
    return Reply(status, lower, content if body is None else codec.dumps(body))


class FakeHttp(Http):
    """A way out that leads nowhere: answers come from a function or from a list, in order, and calls are kept.

    A status means what it means to the real client: a 401 is `ReauthNeeded`, a 429 `Throttled`, a 5xx `Unavailable` or,
    to a write, `OutcomeUnknown`. Without an answer every call fails the test.
    """

    def __init__(self, *answers: Answer | Reply) -> None:
        self._answers = list(answers)
        self._kept: list[Call] = []

    @property
    def asked(self) -> tuple[Call, ...]:
        """The calls made, in order."""
        return tuple(self._kept)

    @property
    def written(self) -> tuple[Call, ...]:
        """The calls that could change something."""
        return tuple(call for call in self._kept if call.way == "write")

    @property
    def calls(self) -> Calls:
        """How many calls were made."""
        return Calls(reads=len(self._kept) - len(self.written), writes=len(self.written))

    def read(self, method: str, url: str, **parts: Any) -> Reply:
        """Ask, and be answered as prepared."""
        return self._answer(Call(way="read", method=method, url=url, **_filled(parts)))

    def write(self, method: str, url: str, **parts: Any) -> Reply:
        """Change, and be answered as prepared."""
        return self._answer(Call(way="write", method=method, url=url, **_filled(parts)))

    def bare(self, url: str, *, headers: Mapping[str, str], form: str) -> Reply:
        """Ask for tokens, and be answered as prepared."""
        return self._answer(Call(way="write", method="POST", url=url, headers=headers))

    def close(self) -> None:
        """Nothing is open."""

    def _answer(self, call: Call) -> Reply:
        self._kept.append(call)
        assert self._answers, f"no call was expected, and {call.method} {call.url} was made"
        answer = self._answers[0]
        if isinstance(answer, Reply):
            del self._answers[0]
            return _judged(call, answer)
        return _judged(call, answer(call))


def forward(http: Http) -> Answer:
    """Answers that another client fetches."""

    def answer(call: Call) -> Reply:
        parts = {"params": call.params, "headers": call.headers, "form": call.form, "body": call.body}
        return getattr(http, call.way)(call.method, call.url, **_filled(parts))  # type: ignore[no-any-return]

    return answer


def reordered(http: Http) -> Answer:
    """Answers that another client fetches, with the lists in the answers to writes in another order."""

    def answer(call: Call) -> Reply:
        found = forward(http)(call)
        if call.way == "read":
            return found
        return replace(found, content=codec.dumps(_reversed(found.json())))

    return answer


def _reversed(value: Any) -> Any:
    """The value with its outermost lists of objects reversed."""
    if isinstance(value, dict):
        return {name: _reversed(inner) for name, inner in value.items()}
    if isinstance(value, list) and all(isinstance(inner, dict) for inner in value):
        return value[::-1]
    return value


def _filled(parts: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in parts.items() if value not in (None, {})}


def _judged(call: Call, answer: Reply) -> Reply:
    what, lost = f"{call.method} {call.url}", Unavailable if call.way == "read" else OutcomeUnknown
    if answer.status in (401, 403):
        raise ReauthNeeded(f"not allowed to {what}", said=answer.text[:200])
    if answer.status == 429:
        raise Throttled(f"too many calls for {what}", until=_START + timedelta(minutes=1), scope="minute")
    if answer.status >= 500:
        raise lost(f"{what} failed with status {answer.status}")
    return replace(answer, unreadable=lost)
