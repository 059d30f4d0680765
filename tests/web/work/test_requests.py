"""Whatever a program or a browser sends, it is answered: no request makes the page fail.

Programs' requests are made by schemathesis from our own description, and every answer is held against it; what browsers
send is made of the routes of the pages. Half of what they name is really there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tieout_web import openapi
from tieout_web.api import operations
from tieout_web.operation import Operation
from tieout_web.page import Way
from tieout_web.pages import PAGES

from ..conftest import ADDRESS, Browser, Opened, Stages, ending  # noqa: TID252 - the parent is no package of its own

WAYS = [way for page in PAGES for way in page.ways]
HARD = settings(
    max_examples=50, derandomize=True, database=None, deadline=None, suppress_health_check=list(HealthCheck)
)
ASKING = ("/reference", "/test", "/connect")
"""How the paths end whose requests ask the systems themselves; a few are enough."""

pytestmark = pytest.mark.matrix

RECORDS = ("INV-10001", "INV-NOBODY", "INV-LCT", "C-TWIN", "0")
KNOWN: dict[str, tuple[str, ...]] = {
    "pair": ("main",),
    "name": ("books", "crm", "items", "invoices"),
    "section": ("pairs.main", "pairs.main.flows.invoices", "connections.crm", "connections.books"),
    "number": RECORDS,
    "id": RECORDS,
    "to": RECORDS,
    "target": RECORDS,
    "entity": ("invoices", "customers", "items", "settlements"),
    "option": ("create", "keep-source", "keep-target", "link:0", "skip"),
    "kind": ("hold", "skip", "note"),
    "tab": ("waiting", "skipped", "history"),
    "cause": ("tax-unmapped", "customer-missing", "same-key"),
    "page": ("0", "1", "2", "-1", "1e3", "²", "99999999999999999999"),
    "plan": ("1", "2", "0", "-1", "99999999999999999999"),
    "first": ("2026-01", "2026-13", "0000-00"),
    "last": ("2026-12",),
    "tenant": ("0",),
    "confirm": ("Demo",),
    "on": ("true",),
}
"""What is there, by the names under which requests speak of it."""
FREE = ("about", "text", "reason", "called", "state", "label", "title", "field.reference", "since", "accounts.sales")
"""Further fields of the pages' forms, whatever is in them."""
ANY = st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=12)


class Tried:
    """A site whose pair has gone live, and an administrator's browser."""

    def __init__(self, opened: Opened, browser: Browser) -> None:
        self.site = opened.site
        self.browser = browser
        self._config = opened.config
        self._text = opened.config.read_bytes()

    def digest(self, section: str) -> str:
        """The digest with which a section may be saved."""
        with self.site.desks.at("ana") as desk:
            return desk.settings.form(section).digest

    def restore(self) -> None:
        """Undo what a request wrote into the configuration, so that the next one is not about that."""
        if self._config.read_bytes() != self._text:
            self._config.write_bytes(self._text)


@pytest.fixture(scope="module")
def tried(stages: Stages, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tried]:
    world = stages.live.copied(tmp_path_factory.mktemp("tried"))
    opened = Opened(world.config, world.runtime)
    with opened.client():
        browser = opened.sign_in("ana", raise_server_exceptions=False)
        opened.site.runs.start("main", "plan", "ana", lambda desk: desk.plan("main"))
        ending(opened.site)
        yield Tried(opened, browser)
        # requests move the clock as well, and whoever is signed in no longer is refused everything
        assert opened.site.access.session(browser.cookies["tieout-session"]) is not None


class Described:
    """Our own description as schemathesis reads it, which takes seconds to load and is not needed to collect tests."""

    def __init__(self) -> None:
        import schemathesis
        from schemathesis.specs.openapi import checks

        self.schema = schemathesis.openapi.from_dict(openapi.document(operations.all, ADDRESS.url))
        modes = schemathesis.GenerationMode
        self.modes = (modes.POSITIVE, modes.NEGATIVE)
        self.checks = [
            schemathesis.checks.not_a_server_error,
            checks.status_code_conformance,
            checks.content_type_conformance,
            checks.response_schema_conformance,
        ]


@pytest.fixture(scope="module")
def described() -> Described:
    return Described()


def named(one: Operation | Way) -> str:
    return f"{one.method} {one.path}"


def tries(path: str) -> settings:
    """How many requests a path gets."""
    return settings(HARD, max_examples=8) if path.endswith(ASKING) else HARD


def known(names: tuple[str, ...]) -> st.SearchStrategy[dict[str, str]]:
    """For all of the names, or for some of them, a value that is there."""
    there = {name: st.sampled_from(KNOWN[name]) for name in names if name in KNOWN}
    return st.one_of(st.fixed_dictionaries(there), st.fixed_dictionaries({}, optional=there))


@pytest.mark.parametrize("one", operations.all, ids=named)
def test_every_request_of_a_program_is_answered_as_it_is_described(
    tried: Tried, described: Described, one: Operation
) -> None:
    asked_for = described.schema[f"/api{one.path}"][one.method]
    steps = tuple(re.findall(r"{(\w+)}", one.path))
    body = tuple(one.body.model_fields) if one.body is not None else ()

    @tries(one.path)
    @given(
        st.one_of([asked_for.as_strategy(generation_mode=mode) for mode in described.modes]), known(steps), known(body)
    )
    def asked(case: Any, path: dict[str, str], keys: dict[str, str]) -> None:
        case.path_parameters = {**case.path_parameters, **path}
        if isinstance(case.body, dict):
            case.body = {**case.body, **keys}
            if "digest" in case.body and path.get("section"):
                case.body["digest"] = tried.digest(path["section"])
        case.headers.pop("Authorization", None)
        case.cookies.clear()
        sent = case.as_transport_kwargs(base_url=ADDRESS.url, headers={"X-CSRF-Token": tried.browser.csrf})
        answer = tried.browser.request(
            **{name: value for name, value in sent.items() if name not in ("cookies", "data")},
            content=sent.get("data"),
        )
        tried.restore()
        case.validate_response(answer, checks=described.checks)

    asked()


@pytest.mark.parametrize("way", WAYS, ids=named)
def test_every_request_of_a_browser_is_answered(tried: Tried, way: Way) -> None:
    steps = re.findall(r"{(\w+)(:int)?}", way.path)
    names = tuple(name for name, number in steps if not number)
    numbers = tuple(name for name, number in steps if number)
    fields = st.builds(dict.__or__, st.dictionaries(st.sampled_from([*FREE, *KNOWN]), ANY), known(tuple(KNOWN)))

    @tries(way.path)
    @given(
        st.fixed_dictionaries(dict.fromkeys(names, ANY)),
        known(names),
        st.fixed_dictionaries(dict.fromkeys(numbers, st.integers(0, 10**20).map(str))),
        fields,
        st.booleans(),
    )
    def asked(free: dict[str, str], there: dict[str, str], number: dict[str, str], sent: Any, swaps: Any) -> None:
        path = re.sub(r"{(\w+)(:int)?}", lambda found: quote({**free, **there, **number}[found[1]], safe=""), way.path)
        given = {"params": sent} if way.method == "GET" else {"data": {"csrf": tried.browser.csrf, **sent}}
        headers = {"hx-request": "true"} if swaps else {}
        answer = tried.browser.request(way.method, path, headers=headers, follow_redirects=False, **given)
        tried.restore()
        assert answer.status_code < 500, (path, sent)

    asked()
