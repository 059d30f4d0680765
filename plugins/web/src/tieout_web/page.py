"""Pages: what a module of pages says about its routes, and what a visit to one of them is given."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from tieout.desk import Desk, Refused, TieoutError

from tieout_web.access import Person, Role, Session

if TYPE_CHECKING:
    from tieout_web.site import Site

Tone = Literal["good", "bad", "note"]
"""How a message to a person looks."""
_DIGITS = 9
"""Digits that a number in an address has at most."""


class Visit:
    """One request of a person who is signed in: the desk with them at it, and the ways to answer."""

    def __init__(self, site: Site, request: Request, session: Session, form: FormData, closing: ExitStack) -> None:
        self.site = site
        self.request = request
        self.session = session
        self.form = form
        self._closing = closing

    @property
    def person(self) -> Person:
        """Who it is."""
        return self.session.person

    @property
    def now(self) -> datetime:
        """The time, aware and in UTC."""
        return self.site.now

    @cached_property
    def desk(self) -> Desk:
        """The desk, for the length of the visit. Raises `ConfigError` while the configuration is wrong."""
        return self._closing.enter_context(self.site.desks.at(self.person.name))

    @cached_property
    def pair(self) -> str:
        """The pair that the visit is about: the one named in the form or in the address, else the first."""
        given = self.field("pair") or self.query("pair")
        return self.desk.pair(given) if given or not self.desk.pairs else self.desk.pairs[0]

    @property
    def current(self) -> Page | None:
        """The page of the navigation that this visit is on."""
        path = self.request.url.path
        under = [one for one in self.site.pages if one.title and _within(path, one.path)]
        return max(under, key=lambda one: len(one.path), default=None)

    def badge(self, page: Page) -> int:
        """How much waits on a page; nothing while that cannot be told."""
        try:
            return page.count(self) if page.count is not None else 0
        except TieoutError:
            return 0

    @property
    def swaps(self) -> bool:
        """Whether htmx asks for a part of the page."""
        return "hx-request" in self.request.headers

    def query(self, name: str) -> str:
        """A value from the address, or nothing."""
        return self.request.query_params.get(name, "")

    def number(self, name: str) -> int:
        """A number of a list's page from the address; the first page where it is none."""
        text = self.query(name)
        return int(text) if _is_whole(text) else 1

    def field(self, name: str) -> str:
        """A value from the form, or nothing."""
        value = self.form.get(name, "")
        return value if isinstance(value, str) else ""

    def step(self, name: str) -> str:
        """A part of the path, such as `{name}`."""
        return str(self.request.path_params[name])

    def page(self, template: str, status: int = 200, /, **values: Any) -> Response:
        """Answer with a template; a part of a page is a template that does not extend the layout."""
        return HTMLResponse(self.site.render(self, template, values), status)

    def go(self, path: str, told: str = "", tone: Tone = "good") -> Response:
        """Answer by leading to another page of ours, which shows the message."""
        if told:
            self.site.access.tell(self.session, tone, told)
        return RedirectResponse(path, 303)


def _within(path: str, page: str) -> bool:
    return f"{path}/".startswith(f"{page}/") if page else path == "/"


def whole(text: str) -> int:
    """The number that somebody names a plan or a run by. Raises `Refused`."""
    if not _is_whole(text):
        raise Refused(f"{text!r} is no number", fix="Follow a link of the page.")
    return int(text)


def _is_whole(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= _DIGITS


Handler: TypeAlias = Callable[[Visit], Response]


@dataclass(frozen=True, slots=True)
class Way:
    """One route: a method and a path, who may take it, and who answers."""

    method: Literal["GET", "POST"]
    path: str
    role: Role
    handler: Handler


@dataclass(slots=True)
class Page:
    """The routes of one module. One with a `title` stands in the navigation, for those who have its `role`."""

    title: str = ""
    path: str = ""
    role: Role = "viewer"
    count: Callable[[Visit], int] | None = None
    ways: list[Way] = field(default_factory=list)

    def get(self, path: str = "", role: Role | None = None) -> Callable[[Handler], Handler]:
        """Answer GET of a path below the page's own; it must change nothing."""
        return self._way("GET", path, role or self.role)

    def post(self, path: str, role: Role) -> Callable[[Handler], Handler]:
        """Answer POST of a path below the page's own; the form's CSRF token was checked before."""
        return self._way("POST", path, role)

    def _way(self, method: Literal["GET", "POST"], path: str, role: Role) -> Callable[[Handler], Handler]:
        def add(handler: Handler) -> Handler:
            self.ways.append(Way(method, self.path + path or "/", role, handler))
            return handler

        return add
