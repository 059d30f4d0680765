"""The control surface of a fake system: what it holds, what was asked of it, and what shall go wrong next."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tieout_sandbox import codec
from tieout_sandbox.clock import Clock

PREFIX = "/_sandbox/"
_KINDS = re.compile(
    r"status:[1-5]\d\d|slow:\d+|drop-before|drop-after-commit|html|empty|429-minute|429-day|token-expired|reorder"
)
_SECRETS = re.compile(
    r"(?i)\b(apiKey|accessKey|sessionKey|password|code|state|client_secret|token|access_token|refresh_token|code_verifier)"
    r"=[^&]*"
)


class World(Protocol):
    """The records of one fake system, as far as the control surface needs to know them."""

    def state(self) -> dict[str, Any]:
        """All records held, by collection, in wire shape."""

    def reset(self) -> None:
        """Go back to the records of the start."""

    def edit(self, change: dict[str, Any]) -> dict[str, Any]:
        """Change one record as a person there would and return it.

        Raises `LookupError` when there is no such record and `ValueError` when the change makes no sense.
        """

    def elements(self, method: str, path: str, body: bytes) -> int:
        """How many records a call writes or asks for by name."""

    def throttled(self, scope: Literal["minute", "day"]) -> Response:
        """The answer of this system when a limit is used up."""

    def token_expired(self) -> Response:
        """The answer of this system to a token or key that is no longer valid."""


@dataclass(slots=True)
class Fault:
    """Something that goes wrong for the next `times` calls of a method (`*` for any) under a path."""

    method: str
    path: str
    fault: str
    times: int

    @classmethod
    def of(cls, given: Any) -> "Fault":
        """Read a fault as it is posted. Raises `ValueError` with the reason when it makes no sense."""
        if not isinstance(given, dict):
            raise ValueError("a fault is an object with method, path, fault and times")
        unknown = given.keys() - {"method", "path", "fault", "times"}
        if unknown:
            raise ValueError(f"unknown key {min(unknown)!r}; known are method, path, fault and times")
        fault, times = str(given.get("fault", "")), given.get("times", 1)
        if not _KINDS.fullmatch(fault):
            raise ValueError(f"unknown fault {fault!r}")
        if not isinstance(times, int) or times < 1:
            raise ValueError(f"times is a whole number of at least 1, not {times!r}")
        return cls(str(given.get("method", "*")).upper(), str(given.get("path", "/")), fault, times)

    def hits(self, method: str, path: str) -> bool:
        """Whether a call is meant by this fault."""
        return self.method in ("*", method) and path.startswith(self.path)

    def as_json(self) -> dict[str, Any]:
        """The fault as it is posted and listed."""
        return {"method": self.method, "path": self.path, "fault": self.fault, "times": self.times}


class Control:
    """The state behind `/_sandbox/...` of one fake system: its calls so far and the faults that are armed."""

    def __init__(self, clock: Clock, world: World, latency_ms: int = 0) -> None:
        self.clock = clock
        self.world = world
        self.latency_ms = latency_ms
        self.calls: list[dict[str, Any]] = []
        self.faults: list[Fault] = []

    def take(self, method: str, path: str) -> str | None:
        """The fault that the next call shall meet, used up by one; None when all is well."""
        armed = next((fault for fault in self.faults if fault.hits(method, path)), None)
        if armed is None:
            return None
        armed.times -= 1
        if armed.times == 0:
            self.faults.remove(armed)
        return armed.fault

    def record(self, scope: Scope, body: bytes, status: int | None) -> None:
        """Remember one call. `status` None means that the connection was closed without an answer.

        An application that knows better sets `scope["tieout.elements"]`; one whose operation is not in the path sets
        `scope["tieout.action"]`.
        """
        path, query = scope["path"], scope["query_string"].decode("latin-1")
        elements = scope.get("tieout.elements")
        call = {
            "time": self.clock.now().isoformat(timespec="milliseconds"),
            "method": scope["method"],
            "path": path + (query and "?" + _SECRETS.sub(r"\1=***", query)),
            "status": status,
            "elements": self.world.elements(scope["method"], path, body) if elements is None else elements,
        }
        if "tieout.action" in scope:
            call["action"] = scope["tieout.action"]
        self.calls.append(call)

    def routes(self) -> list[Route]:
        """The routes under `/_sandbox/`, to be put before those of the system itself."""

        def route(name: str, **answers: Callable[[Any], Any]) -> Route:
            return Route(PREFIX + name, endpoint(answers), methods=list(answers))

        return [
            route("state", GET=lambda _: self.world.state()),
            route("reset", POST=self._reset),
            route("calls", GET=lambda _: self.calls),
            route("faults", GET=lambda _: [fault.as_json() for fault in self.faults], POST=self._arm),
            route("edit", POST=self._edit),
            route("clock", GET=lambda _: self._time(), POST=self._advance),
        ]

    def _reset(self, _: Any) -> dict[str, Any]:
        self.world.reset()
        self.clock.reset()
        self.calls.clear()
        self.faults.clear()
        return {"reset": True}

    def _arm(self, given: Any) -> dict[str, Any]:
        fault = Fault.of(given)
        self.faults.append(fault)
        return fault.as_json()

    def _edit(self, given: Any) -> dict[str, Any]:
        if not isinstance(given, dict) or not isinstance(given.get("collection"), str):
            raise ValueError("an edit is an object with collection, id or number, and set, create or delete")
        return self.world.edit(given)

    def _advance(self, given: Any) -> dict[str, Any]:
        seconds = given.get("advance") if isinstance(given, dict) else None
        if isinstance(seconds, bool | str) or seconds is None:
            raise ValueError('the clock is moved by {"advance": SECONDS}')
        self.clock.advance(float(seconds))
        return self._time()

    def _time(self) -> dict[str, Any]:
        return {"now": self.clock.now().isoformat()}


class ControlMiddleware:
    """Records every call to the system inside it and lets the armed faults happen; it must be the outermost one."""

    def __init__(self, app: ASGIApp, control: Control) -> None:
        self.app = app
        self.control = control

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].startswith(PREFIX):
            await self.app(scope, receive, send)
            return
        body = await _body(receive)
        if body is None:
            return
        fault = self.control.take(scope["method"], scope["path"]) or ""
        delay = self.control.latency_ms + (int(fault.removeprefix("slow:")) if fault.startswith("slow:") else 0)
        if delay:
            await asyncio.sleep(delay / 1000)
        if fault == "drop-before":
            self.control.record(scope, body, None)
            await _hang_up(receive, send)
            return
        if fault == "reorder":
            scope["tieout.reorder"] = True
        answer = _Answer()
        await (self._stand_in(fault) or self.app)(scope, _replay(body, receive), answer.take)
        if fault == "drop-after-commit":
            self.control.record(scope, body, None)
            await _hang_up(receive, send)
            return
        self.control.record(scope, body, answer.status)
        for message in answer.messages:
            await send(message)

    def _stand_in(self, fault: str) -> ASGIApp | None:
        """What answers in the place of the system, which then does nothing."""
        if fault.startswith("status:"):
            return Response(f"The sandbox was told to answer {fault}.", int(fault[7:]), media_type="text/plain")
        match fault:
            case "html":
                return HTMLResponse("<!DOCTYPE html><html><body><h1>Please try again later</h1></body></html>")
            case "empty":
                return Response(b"")
            case "429-minute":
                return self.control.world.throttled("minute")
            case "429-day":
                return self.control.world.throttled("day")
            case "token-expired":
                return self.control.world.token_expired()
        return None


class _Answer:
    """An answer held back until it is known whether it shall be sent."""

    def __init__(self) -> None:
        self.messages: list[Message] = []
        self.status = 500

    async def take(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
        self.messages.append(message)


def endpoint(answers: dict[str, Callable[[Any], Any]]) -> Callable[[Request], Awaitable[Response]]:
    """A route of the control surface: for each method what is done with the JSON of its body, errors told as JSON."""

    async def answered(request: Request) -> Response:
        try:
            body = await request.body()
            return _json(answers[request.method](codec.loads(body) if body.strip() else {}))
        except LookupError as error:
            return _json({"error": str(error.args[0] if error.args else error)}, 404)
        except ValueError as error:
            return _json({"error": str(error)}, 400)

    return answered


def _json(value: Any, status: int = 200) -> Response:
    return Response(codec.dumps(value), status, media_type="application/json")


async def _body(receive: Receive) -> bytes | None:
    """The whole body; None for a request that its sender left half-sent, of which no system does anything."""
    parts = []
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        parts.append(message.get("body", b""))
        if not message.get("more_body", False):
            return b"".join(parts)


def _replay(body: bytes, receive: Receive) -> Receive:
    messages: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def replayed() -> Message:
        return messages.pop() if messages else await receive()

    return replayed


async def _hang_up(receive: Receive, send: Send) -> None:
    """Close the connection without an answer.

    uvicorn's `send` belongs to the object that holds the transport; ASGI itself has no word for this.
    """
    transport = getattr(getattr(send, "__self__", None), "transport", None)
    if transport is None:
        raise ConnectionAbortedError("this server gives no access to its connection")
    transport.close()
    while (await receive())["type"] != "http.disconnect":
        pass
