"""The HTTP face of the fake Apptivo: one path per app and generation, the operation in the parameter `a`."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from tieout_sandbox.apptivo import folder
from tieout_sandbox.apptivo.calls import Calls
from tieout_sandbox.apptivo.folder import Firm
from tieout_sandbox.apptivo.platform import ATTACHED_PATHS, PATHS, Platform
from tieout_sandbox.apptivo.throttle import Throttle
from tieout_sandbox.apptivo.world import ApptivoWorld, wrong_keys
from tieout_sandbox.apptivo.writing import Refused
from tieout_sandbox.clock import Clock
from tieout_sandbox.control import PREFIX, Control, endpoint
from tieout_sandbox.entropy import Entropy
from tieout_sandbox.exchange import Handler, Request, Response, Route, json_answer, text_answer
from tieout_sandbox.fake import Fake, Options
from tieout_sandbox.firm import SHIPPED, generate

API_KEY = "sandbox-api-key"
ACCESS_KEY = "sandbox-access-key"


def create(options: Options, clock: Clock) -> Fake:
    """A fake Apptivo with the records of the firm's folder, or of the firm that ships, or those that it is given.

    Raises `MalformedFile` when the folder cannot be used.
    """
    world = ApptivoWorld(_firm(options), clock)
    control = Control(clock, world, options.latency_ms)
    apptivo = Apptivo(world, options.origin, options.entropy("apptivo"))
    meanwhile = {"GET": lambda _: world.meanwhile.left(), "POST": world.meanwhile.plan}
    routes = [
        Route(f"{PREFIX}meanwhile", endpoint(meanwhile), meanwhile),
        Route("/app/login", apptivo.guarded(apptivo.login), ("GET", "POST")),
        Route("/documents/{document}/{secret}", apptivo.download),
        *(
            Route(f"/app/dao{generation}/{{url}}", apptivo.guarded(apptivo.operation), ("GET", "POST"))
            for generation in ("/v6", "/v5", "")
        ),
    ]
    credentials = {"base-url": f"{options.origin}/app", "api-key": API_KEY, "access-key": ACCESS_KEY}
    return Fake(control, routes, credentials)


def _firm(options: Options) -> Firm:
    """The firm that is asked for, with the records of the last end where a state is given."""
    place = options.firm or SHIPPED["default"]
    if options.state is not None:
        firm = folder.read(place, options.records)
        return replace(firm, records=options.state, behaviour=replace(firm.behaviour, native_integration=0))
    return _complete(place) if options.records is None else folder.read(place, options.records)


_COMPLETE: dict[bytes, Firm] = {}
"""The firms that were read last, by the content of their folders; what belongs to them is never changed."""
_MOST_COMPLETE = 4


def _complete(place: Path) -> Firm:
    """The firm of a folder, with the records that are to be made up."""
    content = folder.fingerprint(place)
    if content not in _COMPLETE:
        firm = folder.read(place)
        made = generate(firm.making, firm.layout) if firm.making else {}
        while len(_COMPLETE) >= _MOST_COMPLETE:
            del _COMPLETE[next(iter(_COMPLETE))]
        _COMPLETE[content] = replace(firm, records=made | firm.records)
    return _COMPLETE[content]


class Apptivo:
    """What answers the calls to one firm's Apptivo."""

    def __init__(self, world: ApptivoWorld, origin: str, entropy: Entropy) -> None:
        self._world = world
        self._calls = Calls(world)
        self._platform = Platform(self._calls, origin, entropy)
        self._throttle = Throttle(world.firm.behaviour, world.clock)

    def guarded(self, answer: Handler) -> Handler:
        """An answer that is given only when the call is admitted."""
        return lambda request: self._throttle.refusal() or answer(request)

    def login(self, request: Request) -> Response:
        """A session for a person's e-mail address and password."""
        return _json(_told(self._platform.login, _params(request)))

    def operation(self, request: Request) -> Response:
        """One operation of an app or of the platform, with keys or a session."""
        params = _params(request)
        url = request.path_params["url"]
        request.notes.action = params.get("a", "")
        request.notes.elements = 0
        if not self._allowed(params):
            return wrong_keys()
        app = self._world.layout.at(url)
        if url in PATHS:
            answer = _told(lambda given: self._platform.answer(url, given), params)
        elif app:
            answer = _told(lambda given: self._calls.answer(app, given), params)
        else:
            return text_answer("<html><body><h1>HTTP Status 404</h1></body></html>", 404)
        request.notes.elements = _elements(answer)
        response = _json(answer)
        if "countOfRecords" in answer and url not in ATTACHED_PATHS:
            self._world.meanwhile.listed(app or self._world.layout.numbered(params.get("objectId", "")))
        return response

    def _allowed(self, params: dict[str, str]) -> bool:
        """Whether the keys are right; a session stands for keys that are not given."""
        keys = (params.get("apiKey"), params.get("accessKey"))
        if keys == (None, None):
            return self._platform.knows(params.get("sessionKey"))
        return keys == (API_KEY, ACCESS_KEY)

    def download(self, request: Request) -> Response:
        """A document behind its address; it is refused to whoever shows the keys here.

        Source: docs/facts/apptivo.md, "Stored files".
        """
        if {"apiKey", "accessKey", "sessionKey"} & request.query.keys():
            return text_answer("<html><body>No keys are wanted here</body></html>", 403)
        found = self._platform.content(request.path_params["document"], request.path_params["secret"])
        if found is None:
            return text_answer("<html><body><h1>HTTP Status 404</h1></body></html>", 404)
        return Response(found, 200, "application/octet-stream")


def _told(operation: Callable[[dict[str, str]], Any], params: dict[str, str]) -> Any:
    """The answer of an operation, or its refusal in Apptivo's words: FAILURE, with status 200."""
    try:
        return operation(params)
    except Refused as refused:
        return {"status": "FAILURE", "reason": str(refused)}


def _params(request: Request) -> dict[str, str]:
    """The parameters of a call; where one is in the query and in the form, the form counts."""
    return request.query | request.form


def _json(answer: Any) -> Response:
    return json_answer(answer, media_type="application/json;charset=UTF-8")


def _elements(answer: dict[str, Any]) -> int:
    """How many records an answer holds."""
    if answer.get("status") == "FAILURE":
        return 0
    if "countOfRecords" in answer:
        return sum(len(value) for value in answer.values() if isinstance(value, list))
    return int("webLayout" not in answer)
