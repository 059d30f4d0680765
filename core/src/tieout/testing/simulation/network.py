"""The network of a simulation: it carries requests to functions, takes its time, and fails as networks do.

What happens to each request is decided by `Weather`, from the seed. Every exchange is written down, so that two runs
can be compared by one digest and a checker knows what each side saw.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256

import httpx

from tieout.testing.simulation.life import Life
from tieout.testing.simulation.schedule import Scheduler

Answer = Callable[[httpx.Request], httpx.Response]
"""A remote system: a synchronous function of a request; it may raise what `httpx` raises."""

FAULTS = (
    "refused",
    "lost before the effect",
    "lost after the effect",
    "late",
    "busy",
    "500 after the effect",
    "503 before the effect",
    "503 after the effect",
    "HTML",
    "half a body",
)
"""All that may happen to a request besides its answer."""

AWAY = ".away"
"""How the signal of a request ends that has left its caller and has not arrived: `get.away`, `put.away`."""
TIMEOUT = 60.0
"""Seconds after which a caller gives up."""
LATEST = 90.0
"""Seconds within which a request arrives that is late."""


@dataclass(frozen=True, slots=True)
class Weather:
    """How often each request meets a fault, from 0 to 1, and which ones there are."""

    share: float = 0.0
    faults: tuple[str, ...] = FAULTS


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request and what became of it: `arrived` is the status that the system gave, `seen` that of the caller.

    `at` is in simulated seconds. A status is None where there was no answer.
    """

    at: float
    life: str
    method: str
    path: str
    body: str
    fault: str
    arrived: int | None
    seen: int | None

    def line(self) -> str:
        """The exchange on one line."""
        fault = f" [{self.fault}]" if self.fault else ""
        return (
            f"{self.at:10.1f} {self.life:8} {self.method:4} {self.path} {self.body} {self.arrived} {self.seen}{fault}"
        )


class Network:
    """Carries the requests of all lives to the systems that have joined it."""

    def __init__(self, scheduler: Scheduler, seed: int) -> None:
        self.weather = Weather()
        self.exchanges: list[Exchange] = []
        self.signal: Callable[[Life, str], None] = lambda life, name: None
        self._scheduler = scheduler
        self._systems: dict[str, Answer] = {}
        self._random = random.Random(f"network/{seed}")  # noqa: S311 repeatable, not secret
        self._wire = Life("network", 0)

    def join(self, address: str, answer: Answer) -> None:
        """Let a system answer at an address, `host:port`."""
        self._systems[address] = answer

    def close(self) -> None:
        """Drop the requests that are still on their way."""
        self._wire.dead = True

    def transport(self, life: Life) -> httpx.BaseTransport:
        """Return what carries the requests of one life."""
        return _Transport(self, life)

    def digest(self) -> str:
        """Return the digest of all exchanges so far."""
        lines = "\n".join(exchange.line() for exchange in self.exchanges)
        return sha256(lines.encode()).hexdigest()

    def carry(self, life: Life, request: httpx.Request) -> httpx.Response:
        """Carry one request there and its answer back. Raises `httpx.TransportError` as the fault wills."""
        fault = self._fault()
        there, back = self._random.uniform(0.01, 0.2), self._random.uniform(0.01, 0.3)
        notes: dict[str, int | None] = {"arrived": None, "seen": None}
        try:
            return self._carried(life, request, fault, there, back, notes)
        finally:
            self._write_down(life, request, fault, notes)

    def _carried(
        self,
        life: Life,
        request: httpx.Request,
        fault: str,
        there: float,
        back: float,
        notes: dict[str, int | None],
    ) -> httpx.Response:
        if fault == "refused":
            raise httpx.ConnectError("the connection was refused", request=request)
        if fault == "lost before the effect":
            self._scheduler.wait(TIMEOUT)
            raise httpx.ReadTimeout("timed out", request=request)
        if fault == "late":
            self._arrive_late(request, self._random.uniform(TIMEOUT / 2, LATEST))
            self._scheduler.wait(TIMEOUT)
            raise httpx.ReadTimeout("timed out", request=request)
        try:
            self._scheduler.wait(there)
            self.signal(life, request.method.lower() + AWAY)
        finally:
            if life.dead and self._random.random() < 0.5:
                # the caller died while its request was on the way: nobody calls it back
                self._arrive_late(request, self._random.uniform(0.0, LATEST))
        if fault in _INSTEAD:
            response = _INSTEAD[fault](request)
        else:
            response = self._answer(request)
            notes["arrived"] = response.status_code
        self._scheduler.wait(back)
        if fault == "lost after the effect":
            raise httpx.RemoteProtocolError("the connection was closed without an answer", request=request)
        if fault == "half a body":
            response = httpx.Response(response.status_code, content=response.content[: len(response.content) // 2])
        elif fault in _AFTER:
            response = _AFTER[fault](request)
        notes["seen"] = response.status_code
        return response

    def _answer(self, request: httpx.Request) -> httpx.Response:
        address = f"{request.url.host}:{request.url.port}"
        if address not in self._systems:
            raise httpx.ConnectError(f"nobody listens on {address}", request=request)
        response = self._systems[address](request)
        response.read()
        return response

    def _fault(self) -> str:
        if self._random.random() >= self.weather.share:
            return ""
        return self._random.choice(self.weather.faults)

    def _arrive_late(self, request: httpx.Request, seconds: float) -> None:
        def arrive() -> None:
            self._scheduler.wait(seconds)
            arrived: int | None = None
            try:
                arrived = self._answer(request).status_code
            except httpx.TransportError:
                arrived = None
            self._write_down(self._wire, request, "late", {"arrived": arrived, "seen": None})

        self._scheduler.linger(self._wire, "late", arrive)

    def _write_down(self, life: Life, request: httpx.Request, fault: str, notes: dict[str, int | None]) -> None:
        body = sha256(request.content).hexdigest()[:12] if request.content else "-"
        at = (self._scheduler.now - self._scheduler.start).total_seconds()
        path = request.url.raw_path.decode("ascii")
        self.exchanges.append(Exchange(at, life.name, request.method, path, body, fault, **notes))


class _Transport(httpx.BaseTransport):
    def __init__(self, network: Network, life: Life) -> None:
        self._network = network
        self._life = life

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self._life.check()
        request.read()
        return self._network.carry(self._life, request)


def _busy(request: httpx.Request) -> httpx.Response:
    return httpx.Response(429, headers={"Retry-After": "5"}, request=request)


def _failed(status: int) -> Callable[[httpx.Request], httpx.Response]:
    return lambda request: httpx.Response(status, text="Something went wrong.", request=request)


def _page(request: httpx.Request) -> httpx.Response:
    return httpx.Response(200, html="<html><body><h1>Please try again later</h1></body></html>", request=request)


_INSTEAD = {"busy": _busy, "503 before the effect": _failed(503), "HTML": _page}
_AFTER = {"500 after the effect": _failed(500), "503 after the effect": _failed(503)}
