"""The JSON API: what the pages show and do, for programs; its description is made of the same types.

A program sends a token (`Authorization: Bearer ...`), a page its session and the session's CSRF token in the header
`X-CSRF-Token`. Amounts are texts, times are UTC. What goes wrong is answered as a problem, with the same words and the
same code as everywhere else.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, Literal

from anyio import to_thread
from pydantic import Field, ValidationError
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route
from tieout.desk import (
    App,
    Asked,
    Changed,
    ConfigError,
    ConnectionView,
    Decision,
    Form,
    HeldPage,
    PairView,
    Problem,
    ReauthNeeded,
    Refused,
    RunReport,
    TieoutError,
    Wanted,
)

from tieout_web import openapi
from tieout_web.access import Person, Session
from tieout_web.operation import Body, Operation, Operations, adapter
from tieout_web.page import Visit
from tieout_web.runs import Run, What
from tieout_web.shield import COOKIE, MOST
from tieout_web.site import Site

_LARGEST = 1_000_000
"""The largest number of a page or a plan."""


class Switch(Body):
    """On or off."""

    on: bool


class Start(Body):
    """What to start: a plan (nothing is sent), a sync, or the plan of a number exactly as it was shown."""

    what: Literal["plan", "sync", "apply"]
    plan: int | None = None


class Named(Body):
    """A record by its app, and its number, name, code or id."""

    entity: str
    number: str


class Skipped(Named):
    """A record to be left out, and why."""

    reason: str = Field(min_length=1)


class Linked(Named):
    """A record, and the record of the target that it is, by number, name or id."""

    target: str


class Answered(Named):
    """The answer to a question about a record; `called` is the name under which it is created."""

    option: str | None = None
    fields: dict[str, Literal["source", "target"]] = Field(default_factory=dict)
    called: str | None = None


class Values(Body):
    """New values of a section, by key, with the digest of the section as it was read."""

    digest: str
    values: dict[str, str | dict[str, str]]


@dataclass(frozen=True, slots=True)
class RunView:
    """A run of this process: its last event by name, and its report once it ended."""

    pair: str
    what: What
    who: str
    started: datetime
    ended: datetime | None
    events: int
    last: str
    report: RunReport | None
    problem: Problem | None


operations = Operations()


@operations.get("/pairs", list[PairView])
def pairs(visit: Visit, body: None) -> Any:
    """How every pair stands: connections, apps, holds, and the last run."""
    return [visit.desk.status(name) for name in visit.desk.pairs]


@operations.get("/pairs/{pair}", PairView)
def pair(visit: Visit, body: None) -> Any:
    """How one pair stands."""
    return visit.desk.status(visit.step("pair"))


@operations.get("/connections", list[ConnectionView])
def connections(visit: Visit, body: None) -> Any:
    """Every connection with its organisation, its state and the calls of its day."""
    return list(visit.desk.connections())


@operations.change("POST", "/connections/{name}/test", "resolver", ConnectionView)
def test(visit: Visit, body: None) -> Any:
    """Prove that a connection still reaches its organisation."""
    return visit.desk.check(visit.step("name"))


@operations.get("/pairs/{pair}/apps", list[App])
def apps(visit: Visit, body: None) -> Any:
    """Every app that is installed, and whether it is on."""
    return list(visit.desk.settings.apps(visit.desk.pair(visit.step("pair"))))


@operations.change("PATCH", "/pairs/{pair}/apps/{name}", "administrator", body=Switch)
def switch(visit: Visit, body: Switch) -> Any:
    """Switch an app on or off; its settings and links are kept."""
    visit.desk.settings.switch(visit.desk.pair(visit.step("pair")), visit.step("name"), body.on)


@operations.get("/settings/{section}", Form)
def settings(visit: Visit, body: None) -> Any:
    """A section of the configuration as a form, such as pairs.main.flows.invoices; secrets are left out."""
    return visit.desk.settings.form(visit.step("section"))


@operations.change("PATCH", "/settings/{section}", "administrator", Form, Values)
def save(visit: Visit, body: Values) -> Any:
    """Put new values into a section; refused when somebody else changed it since it was read."""
    section = visit.step("section")
    visit.desk.settings.save(section, body.digest, body.values)
    with visit.site.desks.at(visit.person.name) as fresh:
        return fresh.settings.form(section)


@operations.change("POST", "/pairs/{pair}/reference", "administrator", dict[str, int])
def reference(visit: Visit, body: None) -> Any:
    """Read the target's accounts, tax rates and the like afresh; answers how many there are of each kind."""
    return {kind: len(rows) for kind, rows in visit.desk.reference(visit.desk.pair(visit.step("pair"))).items()}


@operations.get("/pairs/{pair}/holds", HeldPage, ("kind", "entity", "cause", "text", "page"))
def holds(visit: Visit, body: None) -> Any:
    """One page of what is held, skipped or noted."""
    kind, entity, cause, text = (visit.query(name) for name in ("kind", "entity", "cause", "text"))
    number = visit.query("page") or "1"
    if not number.isdecimal() or not 1 <= int(number) <= _LARGEST:
        raise Refused("a page is a whole number from 1 on")
    return visit.desk.decisions.held(
        visit.desk.pair(visit.step("pair")), Wanted(kind=kind, entity=entity, cause=cause, text=text), int(number)
    )


@operations.change("POST", "/pairs/{pair}/holds/retry", "resolver", body=Named)
def retry(visit: Visit, body: Named) -> Any:
    """Try a held record again in the next run."""
    visit.desk.decisions.retry(visit.desk.pair(visit.step("pair")), body.entity, body.number)


@operations.change("POST", "/pairs/{pair}/holds/skip", "resolver", body=Skipped)
def skip(visit: Visit, body: Skipped) -> Any:
    """Leave a record out, for a reason, until somebody takes that back."""
    visit.desk.decisions.skip(visit.desk.pair(visit.step("pair")), body.entity, body.number, body.reason)


@operations.change("POST", "/pairs/{pair}/holds/unskip", "resolver", body=Named)
def unskip(visit: Visit, body: Named) -> Any:
    """Take a skip back; the record is decided anew in the next run."""
    visit.desk.decisions.unskip(visit.desk.pair(visit.step("pair")), body.entity, body.number)


@operations.change("POST", "/pairs/{pair}/holds/link", "resolver", str, Linked)
def link(visit: Visit, body: Linked) -> Any:
    """Say which record of the target a record is; answers its id there."""
    return visit.desk.decisions.link(visit.desk.pair(visit.step("pair")), body.entity, body.number, body.target)


@operations.get("/pairs/{pair}/questions", list[Asked])
def questions(visit: Visit, body: None) -> Any:
    """What waits for a person's answer, the largest amounts first."""
    return list(visit.desk.decisions.questions(visit.desk.pair(visit.step("pair"))))


@operations.change("POST", "/pairs/{pair}/questions/answer", "resolver", body=Answered)
def answer(visit: Visit, body: Answered) -> Any:
    """Answer the question about a record."""
    given = (body.entity, body.number, body.option, body.fields, body.called)
    visit.desk.decisions.answer(visit.desk.pair(visit.step("pair")), *given)


@operations.get("/pairs/{pair}/decisions", list[Decision])
def decisions(visit: Visit, body: None) -> Any:
    """What people decided and did not take back, the newest first."""
    return list(visit.desk.decisions.made(visit.desk.pair(visit.step("pair"))))


@operations.get("/pairs/{pair}/run", RunView)
def run(visit: Visit, body: None) -> Any:
    """The run that the pair is in, or the last one that this process made."""
    found = visit.site.runs.of(visit.desk.pair(visit.step("pair")))
    if found is None:
        raise Refused("there was no run since the page was started", fix="Start one.")
    return _shown(found)


@operations.change("POST", "/pairs/{pair}/run", "resolver", RunView, Start, 202)
def start(visit: Visit, body: Start) -> Any:
    """Start a run, or tell of the one that the pair is in; a plan that was not approved is never sent by a sync."""
    name = visit.desk.pair(visit.step("pair"))
    if body.what == "apply":
        if body.plan is None or not visit.person.may("administrator") or abs(body.plan) > _LARGEST:
            raise Refused("a plan is applied by its number, by an administrator")
        number = body.plan
        apply = lambda desk: desk.apply(name, number)  # noqa: E731
        return _shown(visit.site.runs.start(name, "apply", visit.person.name, apply, plan=number))
    if body.what == "plan":
        return _shown(visit.site.runs.start(name, "plan", visit.person.name, lambda desk: desk.plan(name)))
    act = lambda desk: desk.sync(name, lambda view: False)  # noqa: E731
    return _shown(visit.site.runs.start(name, "sync", visit.person.name, act))


@operations.change("DELETE", "/pairs/{pair}/run", "resolver")
def stop(visit: Visit, body: None) -> Any:
    """Let the run end after the batch at hand."""
    visit.site.runs.stop(visit.desk.pair(visit.step("pair")))


def _shown(found: Run) -> RunView:
    report = found.result if isinstance(found.result, RunReport) else None
    last = found.events[-1].name if found.events else ""
    parts = (found.pair, found.what, found.who, found.started, found.ended, len(found.events), last)
    return RunView(*parts, report, found.problem)


def routes(site: Site) -> list[BaseRoute]:
    """The operations and their description, below /api."""

    @cache
    def described() -> bytes:
        return json.dumps(openapi.document(operations.all, site.address.url)).encode()

    async def description(request: Request) -> Response:
        # made when it is first asked for, so that the page comes up without waiting for it
        return Response(await to_thread.run_sync(described), media_type="application/json")

    by_path: dict[str, list[Operation]] = {}
    for each in operations.all:
        by_path.setdefault(each.path, []).append(each)
    paths = [
        Route(f"/api{path}", _endpoint(site, ways), methods=[one.method for one in ways], max_body_size=MOST)
        for path, ways in by_path.items()
    ]
    return [Route("/api/openapi.json", description, methods=["GET"]), *paths]


def _endpoint(site: Site, ways: list[Operation]) -> Callable[[Request], Any]:
    async def endpoint(request: Request) -> Response:
        method = "GET" if request.method == "HEAD" else request.method
        operation = next(one for one in ways if one.method == method)
        body = await request.body() if operation.body is not None else b""
        return await to_thread.run_sync(_answer, site, operation, request, body)

    return endpoint


def _answer(site: Site, operation: Operation, request: Request, body: bytes) -> Response:
    session = _session(site, request)
    if session is None:
        return problem(
            401, Problem(cause="sign-in", what="Nobody is signed in.", fix="Send a token: tieout serve --token NAME")
        )
    if operation.method != "GET" and session.id and request.headers.get("x-csrf-token") != session.csrf:
        return problem(403, Problem(cause="form-expired", what="The token of the session is missing."))
    if not session.person.may(operation.role):
        what = f"Your role is {session.person.role}, and this needs {operation.role}."
        return problem(403, Problem(cause="role-needed", what=what))
    try:
        given = _given(operation, request, body)
        with ExitStack() as closing:
            visit = Visit(site, request, session, FormData(), closing)
            answered = operation.handler(visit, given)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(map(str, first["loc"]))
        return problem(422, Problem(cause="body", what=f"{where}: {first['msg']}" if where else str(first["msg"])))
    except TieoutError as error:
        status = {Changed: 409, ConfigError: 409, ReauthNeeded: 409, Refused: 400}.get(type(error), 503)
        return problem(status, error.problem)
    if operation.answers is None:
        return Response(status_code=204)
    return Response(adapter(operation.answers).dump_json(answered), operation.status, media_type="application/json")


def _given(operation: Operation, request: Request, body: bytes) -> Body | None:
    if operation.body is None:
        return None
    if request.headers.get("content-type", "").partition(";")[0] != "application/json":
        raise Refused("the body is JSON", fix="Send it with the content type application/json.")
    return operation.body.model_validate_json(body)


def _session(site: Site, request: Request) -> Session | None:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        person: Person | None = site.access.bearer(token.strip())
        return Session("", person, "") if person is not None else None
    return site.access.session(request.cookies.get(COOKIE, ""))


def problem(status: int, told: Problem) -> Response:
    """A problem as a program is answered."""
    return Response(adapter(Problem).dump_json(told), status, media_type="application/problem+json")
