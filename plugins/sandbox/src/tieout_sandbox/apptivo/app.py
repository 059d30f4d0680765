"""The HTTP face of the fake Apptivo: one path per app and generation, the operation in the parameter `a`."""

import re
from collections.abc import Awaitable, Callable
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from tieout_sandbox import codec
from tieout_sandbox.apptivo import folder, reading, writing
from tieout_sandbox.apptivo.apps import BY_URL, App, named
from tieout_sandbox.apptivo.config import config_data
from tieout_sandbox.apptivo.folder import Firm
from tieout_sandbox.apptivo.throttle import Throttle
from tieout_sandbox.apptivo.world import ApptivoWorld, Record, wrong_keys
from tieout_sandbox.clock import Clock
from tieout_sandbox.control import Control, ControlMiddleware
from tieout_sandbox.fake import Fake, Options
from tieout_sandbox.firm import generate

API_KEY = "sandbox-api-key"
ACCESS_KEY = "sandbox-access-key"
DEFAULT_ROWS = 50

_OLD_VERB = re.compile(r"(?P<verb>getAll|create|update|delete|get)(?P<object>[A-Z]\w*?)(?P<rest>By\w+)?")
_LISTS = ("getAll", "getAllBySearchText", "getAllByAdvancedSearch")


def create(options: Options, clock: Clock) -> Fake:
    """A fake Apptivo with the records of the firm's folder, or of the firm that ships.

    Raises `MalformedFile` when the folder cannot be used.
    """
    firm = folder.read(options.firm) if options.firm else Firm(generate(), {}, {}, folder.Behaviour())
    if options.state is not None:
        firm = Firm(options.state, firm.config, firm.app_configs, firm.behaviour)
    world = ApptivoWorld(firm, clock)
    control = Control(clock, world, options.latency_ms)
    endpoint = _endpoint(Calls(world), Throttle(firm.behaviour, clock))
    routes = [
        Route(f"/app/dao{generation}/{{url}}", endpoint, methods=["GET", "POST"]) for generation in ("/v6", "/v5", "")
    ]
    app = ControlMiddleware(Starlette(routes=[*control.routes(), *routes]), control)
    return Fake(app, {"base-url": f"{options.origin}/app", "api-key": API_KEY, "access-key": ACCESS_KEY})


class Calls:
    """The operations of the API over one world."""

    def __init__(self, world: ApptivoWorld) -> None:
        self.world = world

    def answer(self, app: App, params: dict[str, str]) -> Any:
        """The JSON answer to one call with valid keys.

        Raises `Refused` for what Apptivo answers with FAILURE.
        """
        action, old = _modern(app, params.get("a", ""))
        if action == "getConfigData":
            return config_data(self.world.firm, app)
        if action in _LISTS:
            listed = self._list(app, action, params)
            return _old_list(app, listed) if old else listed
        if action == "getCustomerContacts":
            return self._contacts(params)
        if action == "getById":
            return _single(app, writing.found(self.world, app, params))
        if action == "save":
            return _single(app, writing.save(self.world, app, params))
        if action == "update":
            record = writing.update(self.world, app, params)
            return {"id": record["id"]} if app.answers_update_with_id else _single(app, record)
        if action == "delete":
            self.world.delete(app, writing.found(self.world, app, params))
            return {"status": "SUCCESS"}
        raise writing.Refused(f"Invalid method: {params.get('a', '')}")

    def _list(self, app: App, action: str, params: dict[str, str]) -> Record:
        rows = reading.with_status(self.world.listed(app), params.get("objectStatus", ""))
        if action == "getAllBySearchText":
            rows = reading.with_text(rows, params.get("searchText", ""))
        if action == "getAllByAdvancedSearch":
            wanted = writing.json_parameter(params, "searchData") or {}
            rows = reading.with_values(rows, wanted, writing.json_parameter(params, "multiSelectData") or {})
        return self._page(rows, params)

    def _contacts(self, params: dict[str, str]) -> Record:
        rows = self.world.listed(named("contacts"))
        return self._page([row for row in rows if str(row.get("accountId")) == params.get("customerId")], params)

    def _page(self, rows: list[Record], params: dict[str, str]) -> Record:
        direction = params.get("sortDir") or params.get("sSortDir_0") or "asc"
        rows = reading.ordered(rows, params.get("sortColumn", ""), direction)
        start = _whole(params, ("startIndex", "iDisplayStart"), 0)
        size = _whole(params, ("numRecords", "iDisplayLength"), DEFAULT_ROWS)
        return reading.page(rows, start, size, self.world.firm.behaviour)


def _endpoint(calls: Calls, throttle: Throttle) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        return await _answered(calls, request) if throttle.admits() else throttle.answer()

    return endpoint


async def _answered(calls: Calls, request: Request) -> Response:
    form = await request.form()
    params = dict(request.query_params) | {key: str(value) for key, value in form.items()}
    request.scope["tieout.action"] = params.get("a", "")
    request.scope["tieout.elements"] = 0
    if (params.get("apiKey"), params.get("accessKey")) != (API_KEY, ACCESS_KEY):
        return wrong_keys()
    app = BY_URL.get(request.path_params["url"])
    if app is None:
        return HTMLResponse("<html><body><h1>HTTP Status 404</h1></body></html>", 404)
    try:
        answer = calls.answer(app, params)
    except writing.Refused as refused:
        answer = {"status": "FAILURE", "reason": str(refused)}
    else:
        request.scope["tieout.elements"] = _elements(answer)
    return Response(codec.dumps(answer), media_type="application/json;charset=UTF-8")


def _modern(app: App, action: str) -> tuple[str, bool]:
    """The v6 name of an operation, and whether it was asked for by its older, per-object name."""
    old = _OLD_VERB.fullmatch(action)
    if old is None or old["object"].casefold() not in (app.single.casefold(), app.url.casefold()):
        return action, False
    verb = "save" if old["verb"] == "create" else old["verb"]
    return verb + (old["rest"] or ""), True


def _single(app: App, record: Record) -> Record:
    match app.envelope:
        case "top":
            return record
        case "named":
            return {"csCase" if app.single == "case" else app.single: record}
        case _:
            return {app.envelope: record}


def _old_list(app: App, listed: Record) -> Record:
    """The older generations put the rows under the name of the app (facts/apptivo.md 2.4)."""
    return {app.url if key == "data" else key: value for key, value in listed.items()}


def _elements(answer: Record) -> int:
    """How many records an answer holds."""
    if "countOfRecords" in answer:
        return sum(len(value) for value in answer.values() if isinstance(value, list))
    return int("webLayout" not in answer)


def _whole(params: dict[str, str], names: tuple[str, ...], default: int) -> int:
    text = next((params[name] for name in names if params.get(name)), str(default))
    if not text.isdigit():
        raise writing.Refused(f"{names[0]} is not a number")
    return int(text)
