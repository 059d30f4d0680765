"""Consent: a person's way through the login and consent pages, or a program's in the sandbox."""

from __future__ import annotations

import webbrowser
from collections.abc import Callable
from html.parser import HTMLParser
from http.cookiejar import CookieJar
from typing import TYPE_CHECKING
from urllib.parse import urlencode, urljoin, urlsplit
from urllib.request import HTTPCookieProcessor, OpenerDirector, build_opener

from tieout.api.errors import ReauthNeeded, Refused

if TYPE_CHECKING:
    from tieout.desk import Desk, Tenant

    from tieout_app.cli.terminal import Terminal

PORT = 8713
"""The port of the redirect address, fixed because Xero wants it registered (docs/facts/xero.md, "Consent")."""

_PATIENCE = 300
"""Seconds for which a person's way through the pages is waited for."""
_PAGES = 6
"""Pages after which a program gives up: login, choice of the organisation, consent, and some to spare."""


def give(desk: Desk, name: str, port: int, visit: Callable[[str], None]) -> list[Tenant]:
    """Begin a consent, `visit` its address, wait for the answer and keep what it opened.

    Raises `ReauthNeeded` when no answer came or access was not allowed.
    """
    from tieout import desk as desks

    with desks.receive(port) as receiver:
        consent = desk.authorise(name, receiver.redirect)
        visit(consent.url)
        parameters = receiver.wait(_PATIENCE)
    return list(desk.complete(name, desks.answer(consent, parameters)))


def by_hand(terminal: Terminal) -> Callable[[str], None]:
    """Tell a person the address, to be opened wherever they like."""

    def visit(url: str) -> None:
        terminal.say("Open this address, log in and press [bold]Allow access[/]; then come back here:")
        terminal.err.print(url, soft_wrap=True, markup=False)

    return visit


def in_browser(terminal: Terminal) -> Callable[[str], None]:
    """Open the address in the browser of this machine, and tell it as well."""

    def visit(url: str) -> None:
        by_hand(terminal)(url)
        webbrowser.open(url)

    return visit


def by_program(url: str) -> None:
    """Go through the pages of a sandbox as a browser would: fill in, press the first button, follow.

    Raises `ReauthNeeded` when the pages do not lead back, and `Refused` for any other machine than this one: what a
    real firm allows is for a person to say.
    """
    if urlsplit(url).scheme != "http" or urlsplit(url).hostname not in ("localhost", "127.0.0.1"):
        raise Refused("only the consent of a sandbox on this machine is given by the program", fix="Use --browser.")
    browser = build_opener(HTTPCookieProcessor(CookieJar()))
    page, address = _open(browser, url, None)
    for _ in range(_PAGES):
        form = _Form()
        form.feed(page)
        if not form.found:
            return
        page, address = _open(browser, urljoin(address, form.action), form.filled())
    raise ReauthNeeded("the consent pages of the sandbox do not lead back", fix="Run `tieout demo --browser`.")


def _open(browser: OpenerDirector, url: str, fields: list[tuple[str, str]] | None) -> tuple[str, str]:
    data = None if fields is None else urlencode(fields).encode()
    with browser.open(url, data, timeout=30) as answer:
        return answer.read().decode("utf-8", "replace"), str(answer.url)


class _Form(HTMLParser):
    """The first form of a page, with its first button pressed; a page without one is where the way ends."""

    def __init__(self) -> None:
        super().__init__()
        self.action = ""
        self.found = False
        self._over = False
        self._pressed = False
        self._fields: list[tuple[str, str]] = []
        self._select = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form" and not self.found:
            self.found, self.action = True, given.get("action", "")
        elif self.found and not self._over:
            self._take(tag, given)

    def handle_endtag(self, tag: str) -> None:
        self._over = self._over or (tag == "form" and self.found)

    def filled(self) -> list[tuple[str, str]]:
        """What a browser would send."""
        return self._fields

    def _take(self, tag: str, given: dict[str, str]) -> None:
        name, kind = given.get("name", ""), given.get("type", "submit" if tag == "button" else "text")
        if tag == "select":
            self._select = name
        elif tag == "option" and self._select:
            self._fields.append((self._select, given.get("value", "")))
            self._select = ""
        elif kind == "submit" and not self._pressed:
            self._pressed = True
            self._fields += [(name, given.get("value", ""))] if name else []
        elif tag == "input" and name and (kind not in ("submit", "radio", "checkbox") or "checked" in given):
            self._fields.append((name, given.get("value", "") or "demo@example.com"))
