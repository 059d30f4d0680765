"""The accounting API: which resource a path means, and the envelope around its records (facts/xero.md 4.1, 6.1)."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, cast
from urllib.parse import unquote
from uuid import UUID

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from tieout_sandbox import codec
from tieout_sandbox.clock import Clock
from tieout_sandbox.xero import reference, stamps
from tieout_sandbox.xero.books import new_id
from tieout_sandbox.xero.gate import Gate, Pass
from tieout_sandbox.xero.idempotency import fingerprint
from tieout_sandbox.xero.limits import Throttled
from tieout_sandbox.xero.listing import Query, listing
from tieout_sandbox.xero.problems import NotFound, Problem, bad_request, unreadable
from tieout_sandbox.xero.resources import Writable
from tieout_sandbox.xero.table import Record
from tieout_sandbox.xero.world import XeroWorld, elements_of
from tieout_sandbox.xero.writing import Way, write_all, write_each

_LARGEST_BODY = 3_500_000
_NO_AGENT = "<html><head><title>403 Forbidden</title></head><body><h1>403 Forbidden</h1></body></html>"


@dataclass(frozen=True, slots=True)
class Call:
    """One call that passed the gate. `parts` is its path after the version, decoded."""

    method: str
    parts: list[str]
    query: Query
    since: str | None
    body: bytes
    passed: Pass
    request: Request


class AccountingApi:
    """Every path under `/api.xro/2.0/`."""

    def __init__(self, world: XeroWorld, gate: Gate, clock: Clock) -> None:
        self._world = world
        self._gate = gate
        self._clock = clock

    async def endpoint(self, request: Request) -> Response:
        """Answer one call."""
        if not request.headers.get("user-agent"):
            return HTMLResponse(_NO_AGENT, 403)
        body = await request.body()
        try:
            passed = self._gate.open(request)
        except (Problem, Throttled) as refused:
            return self._with_headers(refused.answer(), request)
        return self._with_headers(self._once(request, body, passed), request)

    def _once(self, request: Request, body: bytes, passed: Pass) -> Response:
        """Answer a call, or give the answer again that its idempotency key had before."""
        key = request.headers.get("idempotency-key")
        if not key or request.method not in ("PUT", "POST", "PATCH"):
            return self._answer(request, body, passed)
        call = fingerprint(request.method, str(request.url), body)
        try:
            known = self._world.idempotency.recall(passed.access.client, key, call)
        except Problem as problem:
            return problem.answer()
        if known is not None:
            return known
        answer = self._answer(request, body, passed)
        if answer.status_code not in (401, 403, 429):
            self._world.idempotency.keep(passed.access.client, key, call, answer)
        return answer

    def _answer(self, request: Request, body: bytes, passed: Pass) -> Response:
        path = request.scope["raw_path"].decode("latin-1").partition("/api.xro/2.0/")[2]
        parts = [unquote(part) for part in path.split("?")[0].split("/") if part]
        query = {name.lower(): value for name, value in request.query_params.items()}
        since = request.headers.get("if-modified-since")
        call = Call(request.method, parts, query, since, body, passed, request)
        try:
            if not parts:
                raise NotFound
            self._gate.check_scope(passed.access, parts[0], request.method)
            return self._routed(call)
        except (Problem, NotFound) as refused:
            return refused.answer()

    def _routed(self, call: Call) -> Response:
        plural, *rest = call.parts
        if plural in ("Organisation", "Organisations") and call.method == "GET":
            if not rest:
                return self._envelope("Organisations", [call.passed.resources.books.organisation])
            if rest == ["Actions"]:
                return self._envelope("Actions", reference.actions())
        resources = call.passed.resources
        if call.method == "GET" and plural in resources.readable:
            return self._list(call) if not rest else self._read(call, rest)
        if plural in resources.writable:
            resource = resources.writable[plural]
            if call.method == "DELETE" and resource is resources.items and len(rest) == 1:
                return self._delete_item(call, rest[0])
            if call.method in ("PUT", "POST") and len(rest) <= (call.method == "POST"):
                return self._write(call, resource, rest)
        raise NotFound

    def _list(self, call: Call) -> Response:
        resource = call.passed.resources.readable[call.parts[0]]
        found = listing(resource, call.query, call.since, call.passed.access.client)
        call.request.scope["tieout.elements"] = len(call.query.get("ids", "").split(",")) if "ids" in call.query else 0
        return self._envelope(resource.plural, found.records, found.pagination)

    def _read(self, call: Call, rest: list[str]) -> Response:
        resource = call.passed.resources.readable[call.parts[0]]
        if len(rest) > 1:
            raise NotFound
        record = resource.table.get(_as_id(rest[0])) or resource.find(rest[0])
        if record is None:
            raise NotFound
        return self._envelope(resource.plural, [resource.single(record, _places(call.query))])

    def _write(self, call: Call, resource: Writable, rest: list[str]) -> Response:
        elements = _elements(call, resource.plural)
        call.request.scope["tieout.elements"] = len(elements)
        verb = cast(Literal["PUT", "POST"], call.method)
        way = Way(verb, _places(call.query), call.passed.access.client)
        if rest:
            record = resource.table.get(_as_id(rest[0])) or resource.find(rest[0])
            if record is None:
                raise NotFound
            way = Way(verb, way.places, way.client, record[resource.id_field])
            elements = elements[:1]
        each = call.query.get("summarizeerrors", "").lower() == "false" and not rest
        write: Callable[..., list[Record]] = write_each if each else write_all
        answer = write(resource, elements, way)
        if call.request.scope.get("tieout.reorder"):
            answer.reverse()
        return self._envelope(resource.plural, answer)

    def _delete_item(self, call: Call, key: str) -> Response:
        items = call.passed.resources.items
        item = items.table.get(_as_id(key)) or items.find(key)
        if item is None:
            raise NotFound
        items.delete(item)
        return Response(None, 204)

    def _envelope(self, plural: str, records: list[Record], pagination: Record | None = None) -> Response:
        moment = stamps.milliseconds(self._clock.now())
        answer: dict[str, Any] = {
            "Id": new_id(),
            "Status": "OK",
            "ProviderName": "Tieout sandbox",
            "DateTimeUTC": f"/Date({moment})/",
        }
        if pagination is not None:
            answer["pagination"] = pagination
        answer[plural] = records
        return Response(codec.dumps(answer), media_type="application/json; charset=utf-8")

    def _with_headers(self, answer: Response, request: Request) -> Response:
        try:
            client = self._gate.bearer(request).client
        except Problem:
            client = ""
        tenant = request.headers.get("xero-tenant-id") or self._world.main.books.tenant
        answer.headers.update(self._world.quota.headers(tenant, client))
        answer.headers["xero-correlation-id"] = new_id()
        return answer


def _elements(call: Call, plural: str) -> list[Record]:
    if len(call.body) > _LARGEST_BODY:
        raise bad_request(f"The request body is larger than {_LARGEST_BODY} bytes.")
    try:
        elements = elements_of(codec.loads(call.body), plural)
    except ValueError as error:
        raise unreadable(f"JSON for post data was invalid, {error}") from error
    if not elements:
        raise unreadable(f"No {plural} were found in the post data")
    return elements


def _as_id(text: str) -> str:
    try:
        return str(UUID(text))
    except ValueError:
        return text


def _places(query: Query) -> int:
    return 4 if query.get("unitdp") == "4" else 2
