"""The accounting API: what stands around a call, and which resource its path means.

Source: docs/facts/xero.md, "Envelope", "Formats".
"""

from collections.abc import Callable
from typing import Literal, cast
from urllib.parse import unquote

from tieout_sandbox.clock import Clock
from tieout_sandbox.exchange import Request, Response, text_answer
from tieout_sandbox.xero import subpaths
from tieout_sandbox.xero.calls import Call, found
from tieout_sandbox.xero.endpoint import Endpoint, Way
from tieout_sandbox.xero.gate import Gate, Pass
from tieout_sandbox.xero.idempotency import fingerprint
from tieout_sandbox.xero.limits import Throttled
from tieout_sandbox.xero.listing import listing
from tieout_sandbox.xero.problems import NotFound, Problem, bad_request
from tieout_sandbox.xero.table import Record
from tieout_sandbox.xero.world import API, XeroWorld
from tieout_sandbox.xero.writing import write_all, write_each

_NO_AGENT = "<html><head><title>403 Forbidden</title></head><body><h1>403 Forbidden</h1></body></html>"


class AccountingApi:
    """Every path under `/api.xro/2.0/`."""

    def __init__(self, world: XeroWorld, gate: Gate, clock: Clock) -> None:
        self._world = world
        self._gate = gate
        self._clock = clock

    def endpoint(self, request: Request) -> Response:
        """Answer one call."""
        if not request.headers.get("user-agent"):
            return text_answer(_NO_AGENT, 403)
        try:
            answer = self._once(request, self._gate.open(request))
        except Problem as problem:
            answer = problem.answer(self._world.entropy)
        except Throttled as throttled:
            answer = throttled.answer()
        return self._with_headers(answer, request)

    def _once(self, request: Request, passed: Pass) -> Response:
        """Answer a call, or give the answer again that its idempotency key had before.

        Raises `Problem` (400) for a key that cannot be used.
        """
        key = request.headers.get("idempotency-key")
        if not key or request.method not in ("PUT", "POST", "PATCH"):
            return self._answer(request, passed)
        call = fingerprint(request.method, f"{request.base_url}{request.path}?{request.query_string}", request.body)
        known = self._world.idempotency.recall(passed.access.client, key, call)
        if known is not None:
            return known
        answer = self._answer(request, passed)
        if answer.status not in (401, 403, 429):
            self._world.idempotency.keep(passed.access.client, key, call, answer)
        return answer

    def _answer(self, request: Request, passed: Pass) -> Response:
        parts = [unquote(part) for part in request.raw_path.partition(API)[2].split("/") if part]
        query = {name.lower(): value for name, value in request.query.items()}
        since = request.headers.get("if-modified-since")
        call = Call(request.method, parts, query, since, passed, request, self._clock.now())
        try:
            if not parts:
                raise NotFound
            plural = "Attachments" if len(parts) > 2 and parts[2].lower() == "attachments" else parts[0]
            self._gate.check_scope(passed.access, plural, request.method)
            return self._routed(call)
        except Problem as problem:
            return problem.answer(self._world.entropy, call.accept)
        except NotFound as refused:
            return refused.answer()

    def _routed(self, call: Call) -> Response:
        plural, *rest = call.parts
        resources = call.passed.resources
        match call.method, plural, rest:
            case "GET", ("Organisation" | "Organisations"), []:
                return call.envelope("Organisations", [resources.books.organisation])
            case "GET", ("Organisation" | "Organisations"), ["Actions"]:
                return call.envelope("Actions", resources.plan.actions())
            case "GET", "InvoiceReminders", ["Settings"]:
                return call.envelope("InvoiceReminders", [{"Enabled": False}])
        endpoint = resources.endpoints.get(plural)
        if endpoint is None:
            raise NotFound
        if len(rest) > 1:
            return subpaths.answer(call, endpoint, found(endpoint, rest[0]))
        if call.method == "GET":
            return self._read(call, endpoint, rest[0]) if rest else self._list(call, endpoint)
        if call.method == "DELETE" and rest:
            return _removed(call, endpoint, found(endpoint, rest[0]))
        if (f"{call.method} by id" if rest else call.method) in endpoint.ways:
            return self._write(call, endpoint, rest)
        raise NotFound

    def _list(self, call: Call, endpoint: Endpoint) -> Response:
        read = listing(endpoint, call.query, call.since, call.passed.access.client, self._world.quota.records)
        call.request.notes.elements = len(call.query.get("ids", "").split(",")) if "ids" in call.query else 0
        return call.envelope(endpoint.plural, read.records, read.pagination)

    def _read(self, call: Call, endpoint: Endpoint, key: str) -> Response:
        record = found(endpoint, key)
        if call.accept == "application/pdf":
            return subpaths.printed(call, endpoint, record)
        return call.envelope(endpoint.plural, [endpoint.single(record, call.places)])

    def _write(self, call: Call, endpoint: Endpoint, rest: list[str]) -> Response:
        if endpoint.batches:
            elements = call.elements(endpoint.plural)[: 1 if rest else None]
        else:
            elements = [call.element(endpoint.plural)]
        if endpoint.most is not None and len(elements) > endpoint.most:
            raise bad_request(f"At most {endpoint.most} of {endpoint.plural} can be written per request.")
        call.request.notes.elements = len(elements)
        verb = cast(Literal["PUT", "POST"], call.method)
        identity = found(endpoint, rest[0])[endpoint.id_field] if rest else None
        backorders = call.query.get("allowbackorders", "").lower() == "true"
        way = Way(verb, call.places, call.passed.access.client, identity, backorders)
        each = endpoint.batches and not rest and call.each
        write: Callable[..., list[Record]] = write_each if each else write_all
        answer = write(endpoint, elements, way)
        if call.request.notes.reorder:
            answer.reverse()
        return call.envelope(endpoint.plural, answer)

    def _with_headers(self, answer: Response, request: Request) -> Response:
        try:
            client = self._gate.bearer(request).client
        except Problem:
            client = ""
        tenant = request.headers.get("xero-tenant-id")
        if tenant not in self._world.organisations:
            tenant = self._world.main.books.tenant
        answer.headers.update(self._world.quota.headers(tenant, client))
        answer.headers["xero-correlation-id"] = self._world.entropy.id()
        return answer


def _removed(call: Call, endpoint: Endpoint, record: Record) -> Response:
    told = endpoint.remove(record)
    return Response(status=204) if told is None else call.envelope(endpoint.plural, [told])
