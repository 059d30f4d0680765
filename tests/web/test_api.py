"""The JSON API: the same questions and commands, the same permissions, and a description that is kept."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from starlette.testclient import TestClient
from tieout_web.access import Person, Role
from tieout_web.api import operations
from tieout_web.operation import Operation
from tieout_web.site import Site

from .conftest import Browser, Opened, ending, unchanged

ALL = operations.all
CHANGING = [one for one in ALL if one.method != "GET"]


def name(one: Operation) -> str:
    return f"{one.method} {one.path}"


def filled(one: Operation) -> str:
    return "/api" + one.path.replace("{pair}", "main").replace("{name}", "books").replace("{section}", "pairs.main")


Ask = Callable[..., Any]


def asking(client: TestClient, site: Site) -> Ask:
    """Asks as a program with a token of a role."""

    def ask(role: Role, method: str, path: str, **more: Any) -> Any:
        token = site.access.token(Person("reports", role))
        return client.request(method, f"/api{path}", **{**more, "headers": {"authorization": f"Bearer {token}"}})

    return ask


@pytest.fixture
def bearer(client: TestClient, site: Site) -> Ask:
    return asking(client, site)


@pytest.fixture(scope="module")
def reader(still: Opened) -> Ask:
    """Asks the site on which nothing changes."""
    return asking(still.client(), still.site)


@pytest.mark.parametrize("one", ALL, ids=name)
def test_nobody_is_answered(still: Opened, one: Operation) -> None:
    client = still.client()
    for headers in ({}, {"authorization": "Bearer tieout_guess"}, {"authorization": "Basic eDp5"}):
        answer = client.request(one.method, filled(one), headers=headers, json={})
        assert answer.status_code == 401
        assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("one", CHANGING, ids=name)
def test_a_viewer_changes_nothing(reader: Ask, one: Operation) -> None:
    answer = reader("viewer", one.method, filled(one).removeprefix("/api"), json={})
    assert answer.status_code == 403
    assert answer.json()["cause"] == "role-needed"


@pytest.mark.parametrize("one", CHANGING, ids=name)
def test_a_page_needs_the_token_of_its_session(resident: Browser, one: Operation) -> None:
    answer = resident.request(one.method, filled(one), json={})
    assert answer.status_code == 403
    assert answer.json()["cause"] == "form-expired"


def test_what_is_asked_is_answered_as_it_is_described(still: Opened, reader: Ask) -> None:
    described = still.client().get("/api/openapi.json").json()
    assert described["openapi"].startswith("3.1")
    pair = reader("viewer", "GET", "/pairs/main").json()
    assert pair["target"]["tenant"]["name"] == "Demo Company (AU)"
    assert set(pair) == set(described["components"]["schemas"]["PairView"]["properties"])
    for path, ways in described["paths"].items():
        for method, way in ways.items():
            assert way["summary"]
            assert {one["name"] for one in way["parameters"] if one["in"] == "path"} == set(
                re.findall(r"{(\w+)}", path)
            )
            assert "401" in way["responses"], (method, path)


def test_an_app_is_switched_and_a_section_is_saved(bearer: Ask) -> None:
    assert bearer("administrator", "PATCH", "/pairs/main/apps/items", json={"on": False}).status_code == 204
    apps = {one["name"]: one["on"] for one in bearer("viewer", "GET", "/pairs/main/apps").json()}
    assert (apps["items"], apps["invoices"]) == (False, True)
    form = bearer("viewer", "GET", "/settings/pairs.main.flows.invoices").json()
    values = {"digest": form["digest"], "values": {"number-prefix": "AP-"}}
    saved = bearer("administrator", "PATCH", "/settings/pairs.main.flows.invoices", json=values)
    kept = {".".join(one["key"]): one["value"] for one in saved.json()["fields"]}
    assert kept["number-prefix"] == "AP-"
    late = bearer("administrator", "PATCH", "/settings/pairs.main.flows.invoices", json=values)
    assert late.status_code == 409
    assert late.json()["cause"] == "changed-meanwhile"


def test_no_secret_is_told(reader: Ask) -> None:
    told = reader("administrator", "GET", "/settings/connections.crm").text
    assert "sandbox-api-key" not in told


@pytest.mark.parametrize(
    ("method", "path", "more", "status"),
    [
        ("GET", "/pairs/nowhere", {}, 400),
        ("GET", "/settings/ledger", {}, 400),
        ("GET", "/nowhere", {}, 404),
        ("GET", "/pairs/main/holds?page=0", {}, 400),
        ("GET", "/pairs/main/holds?page=99999999999999999999", {}, 400),
        ("PATCH", "/pairs/main/apps/items", {"json": {"on": "perhaps"}}, 422),
        ("PATCH", "/pairs/main/apps/items", {"json": {"on": True, "more": 1}}, 422),
        ("PATCH", "/pairs/main/apps/items", {"content": b"{", "headers": {}}, 400),
        ("POST", "/pairs/main/run", {"json": {"what": "apply"}}, 400),
        ("POST", "/pairs/main/holds/retry", {"json": {"entity": "invoices", "number": "none"}}, 400),
        ("DELETE", "/pairs", {}, 405),
    ],
)
def test_what_is_wrong_is_told_as_a_problem(
    still: Opened, reader: Ask, method: str, path: str, more: dict[str, Any], status: int
) -> None:
    with unchanged(still.config):
        answer = reader("administrator", method, path, **more)
    assert answer.status_code == status
    assert answer.json()["what"]


def test_a_plan_is_made_and_told(bearer: Ask, site: Site) -> None:
    begun = bearer("resolver", "POST", "/pairs/main/run", json={"what": "plan"})
    assert begun.status_code == 202
    assert begun.json()["who"] == "reports"
    ending(site)
    ended = bearer("viewer", "GET", "/pairs/main/run").json()
    assert ended["ended"]
    assert ended["problem"] is None
    assert bearer("viewer", "GET", "/pairs/main").json()["open_plan"]
