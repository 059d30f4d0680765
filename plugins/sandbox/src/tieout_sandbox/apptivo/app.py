"""The HTTP face of the fake Apptivo: one path per app and generation, the operation in the parameter `a`."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from tieout_sandbox import codec
from tieout_sandbox.apptivo import folder
from tieout_sandbox.apptivo.calls import Calls
from tieout_sandbox.apptivo.folder import Firm
from tieout_sandbox.apptivo.platform import ATTACHED_PATHS, PATHS, Platform
from tieout_sandbox.apptivo.throttle import Throttle
from tieout_sandbox.apptivo.world import ApptivoWorld, wrong_keys
from tieout_sandbox.apptivo.writing import Refused
from tieout_sandbox.clock import Clock
from tieout_sandbox.control import PREFIX, Control, ControlMiddleware, endpoint
from tieout_sandbox.fake import Fake, Options
from tieout_sandbox.firm import SHIPPED, generate

API_KEY = "sandbox-api-key"
ACCESS_KEY = "sandbox-access-key"


def create(options: Options, clock: Clock) -> Fake:
    """A fake Apptivo with the records of the firm's folder, or of the firm that ships.

    Raises `MalformedFile` when the folder cannot be used.
    """
    world = ApptivoWorld(_firm(options), clock)
    control = Control(clock, world, options.latency_ms)
    apptivo = Apptivo(world, options.origin)
    meanwhile = {"GET": lambda _: world.meanwhile.left(), "POST": world.meanwhile.plan}
    routes = [
        Route(f"{PREFIX}meanwhile", endpoint(meanwhile), methods=["GET", "POST"]),
        *control.routes(),
        Route("/app/login", apptivo.guarded(apptivo.login), methods=["GET", "POST"]),
        Route("/documents/{document}/{secret}", apptivo.download, methods=["GET"]),
        *(
            Route(f"/app/dao{generation}/{{url}}", apptivo.guarded(apptivo.operation), methods=["GET", "POST"])
            for generation in ("/v6", "/v5", "")
        ),
    ]
    app = ControlMiddleware(Starlette(routes=routes), control)
    return Fake(app, {"base-url": f"{options.origin}/app", "api-key": API_KEY, "access-key": ACCESS_KEY})


def _firm(options: Options) -> Firm:
    """The firm that is asked for, with the records of the last end where a state is given."""
    firm = folder.read(options.firm or SHIPPED["default"])
    if options.state is not None:
        return replace(firm, records=options.state, behaviour=replace(firm.behaviour, native_integration=0))
    made = generate(firm.making, firm.layout) if firm.making else {}
    return replace(firm, records=made | firm.records)


Answer = Callable[[Request], Awaitable[Response]]


class Apptivo:
    """What answers the calls to one firm's Apptivo."""

    def __init__(self, world: ApptivoWorld, origin: str) -> None:
        self._world = world
        self._calls = Calls(world)
        self._platform = Platform(self._calls, origin)
        self._throttle = Throttle(world.firm.behaviour, world.clock)

    def guarded(self, answer: Answer) -> Answer:
        """An answer that is given only when the call is admitted."""

        async def guard(request: Request) -> Response:
            return self._throttle.refusal() or await answer(request)

        return guard

    async def login(self, request: Request) -> Response:
        """A session for a person's e-mail address and password."""
        return _json(_told(self._platform.login, await _params(request)))

    async def operation(self, request: Request) -> Response:
        """One operation of an app or of the platform, with keys or a session."""
        params = await _params(request)
        url = request.path_params["url"]
        request.scope["tieout.action"] = params.get("a", "")
        request.scope["tieout.elements"] = 0
        if not self._allowed(params):
            return wrong_keys()
        app = self._world.layout.at(url)
        if url in PATHS:
            answer = _told(lambda given: self._platform.answer(url, given), params)
        elif app:
            answer = _told(lambda given: self._calls.answer(app, given), params)
        else:
            return HTMLResponse("<html><body><h1>HTTP Status 404</h1></body></html>", 404)
        request.scope["tieout.elements"] = _elements(answer)
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

    async def download(self, request: Request) -> Response:
        """A document behind its address; it is refused to whoever shows the keys here (facts/apptivo.md 7)."""
        if {"apiKey", "accessKey", "sessionKey"} & request.query_params.keys():
            return HTMLResponse("<html><body>No keys are wanted here</body></html>", 403)
        found = self._platform.content(request.path_params["document"], request.path_params["secret"])
        if found is None:
            return HTMLResponse("<html><body><h1>HTTP Status 404</h1></body></html>", 404)
        return Response(found, media_type="application/octet-stream")


def _told(operation: Callable[[dict[str, str]], Any], params: dict[str, str]) -> Any:
    """The answer of an operation, or its refusal in Apptivo's words: FAILURE, with status 200."""
    try:
        return operation(params)
    except Refused as refused:
        return {"status": "FAILURE", "reason": str(refused)}


async def _params(request: Request) -> dict[str, str]:
    """The parameters of a call; where one is in the query and in the form, the form counts."""
    form = await request.form()
    return dict(request.query_params) | {key: str(value) for key, value in form.items()}


def _json(answer: Any) -> Response:
    return Response(codec.dumps(answer), media_type="application/json;charset=UTF-8")


def _elements(answer: dict[str, Any]) -> int:
    """How many records an answer holds."""
    if answer.get("status") == "FAILURE":
        return 0
    if "countOfRecords" in answer:
        return sum(len(value) for value in answer.values() if isinstance(value, list))
    return int("webLayout" not in answer)
