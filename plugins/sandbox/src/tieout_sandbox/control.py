"""The control surface of a fake system: what it holds, what was asked of it, and what shall go wrong next."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from tieout_sandbox import codec
from tieout_sandbox.clock import Clock
from tieout_sandbox.exchange import Handler, Request, Response, Route, json_answer, text_answer

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

    def take(self, method: str, path: str) -> str:
        """The fault that the next call shall meet, used up by one; empty when all is well."""
        armed = next((fault for fault in self.faults if fault.hits(method, path)), None)
        if armed is None:
            return ""
        armed.times -= 1
        if armed.times == 0:
            self.faults.remove(armed)
        return armed.fault

    def delay(self, fault: str) -> float:
        """How many seconds a call with this fault takes."""
        slower = int(fault.removeprefix("slow:")) if fault.startswith("slow:") else 0
        return (self.latency_ms + slower) / 1000

    def answer(self, request: Request, fault: str, system: Handler) -> Response | None:
        """Answer a call and remember it; None when its connection is to be closed.

        The system does nothing of a call that is dropped before, or that is answered in its place.
        """
        if fault == "drop-before":
            self._record(request, None)
            return None
        request.notes.reorder = fault == "reorder"
        answer = self._stand_in(fault) or system(request)
        if fault == "drop-after-commit":
            self._record(request, None)
            return None
        self._record(request, answer.status)
        return answer

    def _stand_in(self, fault: str) -> Response | None:
        """What answers in the place of the system."""
        if fault.startswith("status:"):
            return text_answer(f"The sandbox was told to answer {fault}.", int(fault[7:]), "text/plain")
        match fault:
            case "html":
                return text_answer("<!DOCTYPE html><html><body><h1>Please try again later</h1></body></html>")
            case "empty":
                return Response()
            case "429-minute":
                return self.world.throttled("minute")
            case "429-day":
                return self.world.throttled("day")
            case "token-expired":
                return self.world.token_expired()
        return None

    def _record(self, request: Request, status: int | None) -> None:
        """Remember one call. `status` None means that the connection was closed without an answer."""
        path, query, notes = request.path, request.query_string, request.notes
        elements = notes.elements
        call = {
            "time": self.clock.now().isoformat(timespec="milliseconds"),
            "method": request.method,
            "path": path + (query and "?" + _SECRETS.sub(r"\1=***", query)),
            "status": status,
            "elements": self.world.elements(request.method, path, request.body) if elements is None else elements,
        }
        if notes.action is not None:
            call["action"] = notes.action
        self.calls.append(call)

    def routes(self) -> list[Route]:
        """The routes under `/_sandbox/`, to be put before those of the system itself."""

        def route(name: str, **answers: Callable[[Any], Any]) -> Route:
            return Route(PREFIX + name, endpoint(answers), answers)

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


def endpoint(answers: dict[str, Callable[[Any], Any]]) -> Handler:
    """A route of the control surface: for each method what is done with the JSON of its body, errors told as JSON."""

    def answered(request: Request) -> Response:
        try:
            return json_answer(answers[request.method](codec.loads(request.body) if request.body.strip() else {}))
        except LookupError as error:
            return json_answer({"error": str(error.args[0] if error.args else error)}, 404)
        except ValueError as error:
            return json_answer({"error": str(error)}, 400)

    return answered
