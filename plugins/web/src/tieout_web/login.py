"""The way in and out: a one-time link or a name and a password, and signing out."""

from __future__ import annotations

import math
from urllib.parse import quote

from anyio import to_thread
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from tieout_web.access import SESSION_SECONDS, Person
from tieout_web.shield import COOKIE, MOST
from tieout_web.site import Site


def routes(site: Site) -> list[Route]:
    """The only pages that are there for somebody who is not signed in."""

    async def show(request: Request) -> Response:
        key = request.query_params.get("key", "")
        if not key:
            return _page(site, request)
        person = site.access.redeem(key)
        if person is None:
            return _page(site, request, 403, "This link was used already, or is older than a quarter of an hour.")
        return _welcome(site, request, person)

    async def enter(request: Request) -> Response:
        if foreign(request):
            return _page(site, request, 403, "This form was sent from another page.")
        form = await request.form()
        name, password = str(form.get("name", "")).strip(), str(form.get("password", ""))
        who = f"{request.client.host if request.client else ''}"
        if (seconds := max(site.attempts.wait(who), site.attempts.wait(f"name {name}"))) > 0:
            told = f"Too many attempts. Try again in {math.ceil(seconds / 60)} min."
            return _page(site, request, 429, told, {"Retry-After": str(math.ceil(seconds))})
        person = await to_thread.run_sync(site.access.known, name, password)
        if person is None:
            for each in (who, f"name {name}"):
                site.attempts.failed(each)
            return _page(site, request, 403, "This name and password do not belong together.", name=name)
        site.attempts.forget(who)
        site.attempts.forget(f"name {name}")
        return _welcome(site, request, person)

    async def leave(request: Request) -> Response:
        session = site.access.session(request.cookies.get(COOKIE, ""))
        form = await request.form()
        if session is not None and form.get("csrf") == session.csrf:
            site.access.end(session)
        answer = RedirectResponse("/login", 303)
        answer.delete_cookie(COOKIE, path="/")
        return answer

    return [
        Route("/login", show, methods=["GET"]),
        Route("/login", enter, methods=["POST"], max_body_size=MOST),
        Route("/logout", leave, methods=["POST"], max_body_size=MOST),
    ]


def foreign(request: Request) -> bool:
    """Whether the browser says that another site sent this form."""
    return request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none")


def needed(request: Request) -> Response:
    """The way to the sign-in, and back to the page that was asked for; a part of a page is not swapped for it."""
    if "hx-request" in request.headers:
        return Response(status_code=401, headers={"HX-Redirect": "/login"})
    back = f"?next={quote(request.url.path)}" if request.method == "GET" and request.url.path != "/" else ""
    return RedirectResponse(f"/login{back}", 303)


def _welcome(site: Site, request: Request, person: Person) -> Response:
    session = site.access.begin(person)
    answer = RedirectResponse(_inside(request.query_params.get("next", "")), 303)
    answer.set_cookie(
        COOKIE, session.id, SESSION_SECONDS, path="/", secure=site.address.encrypted, httponly=True, samesite="lax"
    )
    return answer


def _inside(path: str) -> str:
    """A path of this site; whatever could lead elsewhere is the start page."""
    plain = path.startswith("/") and not path.startswith(("//", "/\\")) and path.isprintable() and "\\" not in path
    return path if plain else "/"


def _page(
    site: Site,
    request: Request,
    status: int = 200,
    problem: str = "",
    headers: dict[str, str] | None = None,
    name: str = "",
) -> Response:
    passwords, inside = bool(site.access.people()), _inside(request.query_params.get("next", ""))
    values = {"problem": problem, "name": name, "next": inside, "passwords": passwords}
    return HTMLResponse(site.render(None, "login.html", values), status, headers)
