"""What the launcher hands to a fake system and what it gets back: a synchronous function of a request."""

from collections import Counter
from collections.abc import Callable, Hashable, Mapping
from concurrent.futures import Executor
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from threading import RLock
from typing import Any

from tieout_sandbox import codec
from tieout_sandbox.clock import Clock
from tieout_sandbox.control import PREFIX, Control
from tieout_sandbox.entropy import Entropy
from tieout_sandbox.exchange import Request, Response, Route, Router

Records = Mapping[str, list[dict[str, Any]]]
"""Records in the wire shape of their system, by collection."""

Post = Callable[[str, bytes, Mapping[str, str]], int | None]
"""Sends a body with headers to an address; returns the status of the answer, None when there is none in time."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How many calls Xero allows: per minute, per day (of one organisation), and at once; and its high volume.

    `records` of one endpoint are the most of which every list can be read, paged and optimised or not.
    """

    minute: int = 60
    day: int = 5000
    concurrent: int = 5
    records: int = 100_000


@dataclass(frozen=True, slots=True)
class Options:
    """All that a fake system may depend on besides its clock and the requests that it is sent.

    `origin` is where it is reached (`http://localhost:PORT`, no slash at the end). `firm` is a folder with one JSON
    array per Apptivo app (None is the one that ships); `records` take the place of what is in it. `organisation` is a
    JSON file in Xero's wire shape, or what would be in it; None means the one that ships. `state` is what
    `World.state()` gave at the end of an earlier run; when there is one it takes the place of all these.

    With a `seed` the ids and tokens of two runs are the same. Tokens are signed with `signing_key`, a private JWK; None
    is one made at the start, or with a seed the one that ships.

    `errands` does what takes time and no answer waits for; None does it at once. `post` is how it reaches others, by
    HTTP unless it says otherwise.
    """

    origin: str
    firm: Path | None = None
    records: Records | None = None
    organisation: Path | Mapping[str, Any] | None = None
    limits: Limits = Limits()
    latency_ms: int = 0
    state: dict[str, Any] | None = None
    seed: int | str | None = None
    signing_key: Mapping[str, Any] | None = None
    errands: Executor | None = None
    post: Post | None = None

    def entropy(self, system: str) -> Entropy:
        """The source of chance of a system; a run that goes on from a state makes no id of the run before again."""
        if self.seed is None:
            return Entropy()
        before = "" if self.state is None else sha256(codec.encoded(self.state)).hexdigest()
        return Entropy(f"{self.seed}/{system}/{before}")


class Fake:
    """A fake system: requests arrive, and are answered one at a time. It may be used by several threads.

    `credentials` is its part of the line that the launcher prints: what `{"apptivo": ...}` or `{"xero": ...}` of that
    line holds, addresses included. `lane` says among which others a request counts as under way (None: it does not
    count); `after` is called when a request has been answered. The `patient` paths of the control surface wait for
    others, and take the `lock` themselves for as long as they touch the records.
    """

    def __init__(
        self,
        control: Control,
        routes: list[Route],
        credentials: dict[str, Any],
        *,
        lock: AbstractContextManager[Any] | None = None,
        lane: Callable[[Request], Hashable | None] = lambda request: None,
        after: Callable[[Request], None] = lambda request: None,
        patient: tuple[str, ...] = (),
    ) -> None:
        self.credentials = credentials
        self._control = control
        self._router = Router([*control.routes(), *routes])
        self._lock: AbstractContextManager[Any] = lock or RLock()
        self._lane = lane
        self._after = after
        self._patient = patient
        self._under_way: Counter[Hashable] = Counter()

    def arrive(self, request: Request) -> "Arrival":
        """Take in a request: from now on it is under way, and the fault that it meets is decided."""
        if request.path.startswith(PREFIX):
            return Arrival(self, request, waits=request.path in self._patient)
        with self._lock:
            lane = self._lane(request)
            if lane is not None:
                self._under_way[lane] += 1
                request.notes.in_flight = self._under_way[lane]
            fault = self._control.take(request.method, request.path)
            return Arrival(self, request, fault, self._control.delay(fault), lane)

    def answer(self, request: Request) -> Response | None:
        """Answer a request at once, whatever its delay; None where the connection is to be closed instead."""
        return self.arrive(request).answer()

    def _answered(self, arrival: "Arrival") -> Response | None:
        with nullcontext() if arrival.waits else self._lock:
            if arrival.request.path.startswith(PREFIX):
                answer: Response | None = self._router.answer(arrival.request)
            else:
                answer = self._control.answer(arrival.request, arrival.fault, self._router.answer)
        self._after(arrival.request)
        return answer

    def _left(self, lane: Hashable) -> None:
        with self._lock:
            self._under_way[lane] -= 1
            if not self._under_way[lane]:
                del self._under_way[lane]


class Arrival:
    """A request that has arrived and is under way until it is answered or abandoned.

    `delay` is how many seconds its answer takes. `waits` says that answering waits for somebody else, so that a server
    had better do it beside its other work.
    """

    def __init__(
        self,
        fake: Fake,
        request: Request,
        fault: str = "",
        delay: float = 0.0,
        lane: Hashable | None = None,
        *,
        waits: bool = False,
    ) -> None:
        self.request = request
        self.fault = fault
        self.delay = delay
        self.waits = waits
        self._fake = fake
        self._lane = lane

    def answer(self) -> Response | None:
        """Do what is asked and answer it; None where the connection is to be closed without an answer."""
        try:
            return self._fake._answered(self)
        finally:
            self.abandon()

    def abandon(self) -> None:
        """Let it no longer be under way. Safe to repeat."""
        lane, self._lane = self._lane, None
        if lane is not None:
            self._fake._left(lane)


Create = Callable[[Options, Clock], Fake]
"""The signature of `tieout_sandbox.apptivo.app.create` and `tieout_sandbox.xero.app.create`.

Raises `MalformedFile` when the firm or the organisation cannot be used.
"""
