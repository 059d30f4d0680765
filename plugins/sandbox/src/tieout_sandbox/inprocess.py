"""Both fake systems as functions in this process: no socket, no other process, and nothing that starts by itself."""

import time
from collections.abc import Callable, Mapping
from decimal import Decimal
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx

from tieout_sandbox import codec
from tieout_sandbox.apptivo.app import create as create_apptivo
from tieout_sandbox.clock import Clock
from tieout_sandbox.exchange import Headers, Request, Response
from tieout_sandbox.fake import Fake, Limits, Options, Post, Records
from tieout_sandbox.launch import LaunchOptions, located
from tieout_sandbox.xero.app import create as create_xero
from tieout_sandbox.xero.tokens import shipped_key

ORIGINS = {"apptivo": "http://localhost:9001", "xero": "http://localhost:9002"}
"""Where the two systems seem to be; nothing listens there."""

_LIMITS = Limits()

Wait = Callable[[float], None]
"""Lets so many seconds pass."""


def at_once(seconds: float) -> None:
    """Let no time pass."""


class InProcess:
    """A sandbox without processes, with the surface of a launched one. It may be used by several threads.

    `systems` are the fake systems themselves, by name.

    `firm` is a folder or the name of a firm that ships; None is the default one. `records` take the place of what is in
    it, and `state` that of everything: what `state` gave for each system at the end of an earlier run. `organisation`
    is a file or what would be in it. Each system has a clock of its own that follows `clock`; without one it is the
    real time, with limits that run at `speed`.

    With a `seed`, the same options, readings of the clock and requests give the same answers, byte for byte. Tokens are
    signed with the key that ships unless another private JWK is given. Webhooks go out by `post`, before the answer to
    what they tell of.

    Raises `MalformedFile` when a file or a record cannot be used, and `LaunchError` for a firm that is nowhere.
    """

    def __init__(
        self,
        *,
        firm: Path | str | None = None,
        records: Records | None = None,
        organisation: Path | Mapping[str, Any] | None = None,
        limits: Limits = _LIMITS,
        speed: Decimal | int = 1,
        latency_ms: int = 0,
        state: Mapping[str, dict[str, Any]] | None = None,
        clock: Clock | None = None,
        seed: int | str | None = None,
        signing_key: Mapping[str, Any] | None = None,
        post: Post | None = None,
    ) -> None:
        clock = clock or Clock(speed)
        self.options = LaunchOptions(firm=firm, limits=limits, speed=clock.speed, latency_ms=latency_ms)
        self.systems: dict[str, Fake] = {}
        for system, create in (("apptivo", create_apptivo), ("xero", create_xero)):
            options = Options(
                origin=ORIGINS[system],
                firm=located(firm),
                records=records,
                organisation=organisation,
                limits=limits,
                latency_ms=latency_ms,
                state=(state or {}).get(system),
                seed=seed,
                signing_key=signing_key or shipped_key(),
                post=post,
            )
            self.systems[system] = create(options, Clock(clock.speed, clock.now))
        self.apptivo = self.systems["apptivo"].credentials
        self.xero = self.systems["xero"].credentials
        self._listening = {origin.removeprefix("http://"): self.systems[name] for name, origin in ORIGINS.items()}

    def line(self) -> str:
        """The one line of JSON that tells a program how to reach both systems."""
        return codec.dumps({"apptivo": self.apptivo, "xero": self.xero})

    def state(self, system: str) -> dict[str, Any]:
        """All records that `apptivo` or `xero` holds now, by collection, in wire shape."""
        answer = self.systems[system].answer(Request("GET", "/_sandbox/state"))
        state: dict[str, Any] = codec.loads(answer.body if answer else b"")
        return state

    def answer(self, request: httpx.Request, wait: Wait = at_once) -> httpx.Response:
        """Answer a request to one of the two systems; `wait` is called with the seconds that it takes, if any.

        Raises `httpx.ConnectError` when nothing is at its address, and `httpx.RemoteProtocolError` when the connection
        is closed without an answer.
        """
        fake = self._listening.get(f"{request.url.host}:{request.url.port}")
        if fake is None:
            raise httpx.ConnectError("[Errno 111] Connection refused", request=request)
        return answered(fake, request, wait)

    def transport(self, wait: Wait = time.sleep) -> httpx.BaseTransport:
        """What carries the requests of an `httpx.Client` to both systems; `wait` is called as by `answer`."""
        return Transport(lambda request: self.answer(request, wait))

    def stop(self) -> None:
        """Let nothing be at either address any more. Safe to repeat."""
        self._listening.clear()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


class Transport(httpx.BaseTransport):
    """Carries requests to a function."""

    def __init__(self, answer: Callable[[httpx.Request], httpx.Response]) -> None:
        self._answer = answer

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Carry one request there and its answer back."""
        return self._answer(request)


def answered(fake: Fake, request: httpx.Request, wait: Wait = at_once) -> httpx.Response:
    """The answer of one fake system to a request, whatever its address.

    Raises `httpx.RemoteProtocolError` when the connection is closed without an answer.
    """
    headers = Headers((name.decode("latin-1"), value.decode("latin-1")) for name, value in request.headers.raw)
    target = request.url.raw_path.decode("ascii")
    arrival = fake.arrive(Request(request.method, target, headers, request.read()))
    try:
        if arrival.delay:
            wait(arrival.delay)
        answer: Response | None = arrival.answer()
    finally:
        arrival.abandon()
    if answer is None:
        raise httpx.RemoteProtocolError("Server disconnected without sending a response.", request=request)
    return httpx.Response(answer.status, headers=answer.lines(), content=answer.body, request=request)
