"""The application: routes, and what every request goes through before a page sees it."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import ExitStack, asynccontextmanager
from importlib.resources import files

from anyio import to_thread
from starlette.applications import Starlette
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles
from tieout.desk import ConfigError, Problem, ReauthNeeded, Refused, TieoutError

from tieout_web import api, feed, login
from tieout_web.access import Session
from tieout_web.page import Visit, Way
from tieout_web.shield import COOKIE, MOST, Shield
from tieout_web.site import Site


def app(site: Site) -> Starlette:
    """The site as an ASGI application; it is closed with the server that runs it."""

    @asynccontextmanager
    async def lifespan(application: Starlette) -> AsyncIterator[None]:
        await to_thread.run_sync(site.open)
        try:
            yield
        finally:
            await to_thread.run_sync(site.close)

    static = StaticFiles(directory=str(files("tieout_web") / "static"))
    routes: list[BaseRoute] = [
        *(_route(site, way) for page in site.pages for way in page.ways),
        *login.routes(site),
        *feed.routes(site),
        *api.routes(site),
        Mount("/static", static),
    ]
    return Starlette(routes=routes, middleware=[Shield.of(site)], lifespan=lifespan, exception_handlers=_failures(site))


def _route(site: Site, way: Way) -> Route:
    async def endpoint(request: Request) -> Response:
        form = await request.form() if way.method == "POST" else FormData()
        return await to_thread.run_sync(_answer, site, way, request, form)

    return Route(way.path, endpoint, methods=[way.method], name=f"{way.method} {way.path}", max_body_size=MOST)


def _answer(site: Site, way: Way, request: Request, form: FormData) -> Response:
    session = site.access.session(request.cookies.get(COOKIE, ""))
    if session is None:
        return login.needed(request)
    if not session.person.may(way.role):
        return _shown(site, request, session, 403, _role_needed(session, way))
    if way.method == "POST" and not _genuine(request, form, session):
        return _shown(site, request, session, 403, _EXPIRED)
    with ExitStack() as closing:
        visit = Visit(site, request, session, form, closing)
        try:
            return way.handler(visit)
        except TieoutError as error:
            return _told(visit, error)


def _genuine(request: Request, form: FormData, session: Session) -> bool:
    """Whether a form comes from one of our own pages of this very session."""
    given = request.headers.get("x-csrf-token") or form.get("csrf")
    return not login.foreign(request) and isinstance(given, str) and secrets.compare_digest(given, session.csrf)


_OURS = 500
"""From this status on the fault is ours: the page is made of as little as possible, so that it does not fail again."""
_EXPIRED = Problem(
    cause="form-expired",
    what="This form cannot be used any more.",
    why="It belongs to a sign-in that has ended, or it comes from another page.",
    fix="Go back, reload the page and send it again.",
)


def _role_needed(session: Session, way: Way) -> Problem:
    return Problem(
        cause="role-needed",
        what=f"Your role is {session.person.role}, and this needs {way.role}.",
        why="Who may do what was set when you were let in.",
        fix="Ask an administrator of this page.",
    )


def _told(visit: Visit, error: TieoutError) -> Response:
    """An error as a page. A form that was refused is answered by its own page wherever it knows how."""
    if isinstance(error, ConfigError) and not visit.site.config.exists():
        return _begun(visit)
    status = {ConfigError: 409, Refused: 400, ReauthNeeded: 409}.get(type(error), 503)
    return _shown(visit.site, visit.request, visit.session, status, error.problem)


_EMPTY = Problem(
    cause="not-set-up",
    what="Nothing is set up yet.",
    why="There is no configuration, so that nothing is read and nothing is sent.",
    fix="Ask an administrator of this page to begin.",
)


def _begun(visit: Visit) -> Response:
    """Before there is a configuration every page leads to the guided start, for those who may begin."""
    if visit.person.may("administrator") and not visit.swaps:
        return visit.go("/start")
    return _shown(visit.site, visit.request, visit.session, 409, _EMPTY)


def _shown(site: Site, request: Request, session: Session, status: int, problem: Problem) -> Response:
    with ExitStack() as closing:
        visit = Visit(site, request, session, FormData(), closing)
        template = "problem_part.html" if visit.swaps else "problem.html"
        return visit.page(template, status, problem=problem)


def _failures(site: Site) -> dict[int | type[Exception], Callable[[Request, Exception], Response]]:
    def page(status: int, what: str, fix: str) -> Callable[[Request, Exception], Response]:
        def handler(request: Request, error: Exception) -> Response:
            if request.url.path.startswith("/static"):
                return PlainTextResponse(what, status)
            problem = Problem(cause=f"http-{status}", what=what, fix=fix)
            if request.url.path.startswith("/api/"):
                return api.problem(status, problem)
            session = site.access.session(request.cookies.get(COOKIE, "")) if status < _OURS else None
            if session is not None:
                return _shown(site, request, session, status, problem)
            return HTMLResponse(site.render(None, "problem.html", {"problem": problem}), status)

        return handler

    return {
        404: page(404, "There is no such page.", "Look at the spelling of its address, or go on from the start page."),
        405: page(405, "This page cannot be called like that.", "Go on from the start page."),
        500: page(500, "The page failed.", "Try again; when it happens again, report it with the log of the server."),
    }
