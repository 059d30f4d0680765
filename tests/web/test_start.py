"""The first run: from nothing to a working pair, and consent in a browser."""

import re
import tomllib
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit

import httpx
import pytest

from .conftest import ADDRESS, Browser, Opened, words


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[Opened]:
    """A site over an empty folder."""
    made = Opened(tmp_path / "plugins.toml")
    yield made
    made.site.close()


@pytest.fixture(scope="module")
def trial(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Opened, Browser]]:
    """A site with the sample firm, both sides not connected yet."""
    opened = Opened(tmp_path_factory.mktemp("trial") / "plugins.toml")
    with opened.client():
        browser = opened.sign_in("ana")
        answer = browser.fill("/start/sample")
        assert answer.status_code == 200, answer.text
        yield opened, browser


def visit(page: Any, decision: str) -> str:
    """Go to the other system as a person would, decide there, and tell the path that one is sent back to."""
    leading = re.search(r'class="button" href="([^"]+)"', page.text)
    assert leading, page.text
    url = unescape(leading[1])
    with httpx.Client(follow_redirects=True) as person:
        ticket = re.search(r'name="request" value="([^"]+)"', person.get(url).text)
        assert ticket
        form = {"request": ticket[1], "email": "ana@example.com", "password": "x"}
        asked = person.post(urljoin(url, "/identity/login"), data=form)
        tenant = re.search(r'value="([0-9a-f-]{36})"', asked.text)
        given = {"request": ticket[1], "decision": decision, "tenant": tenant[1] if tenant else ""}
        answer = person.post(urljoin(url, "/identity/consent"), data=given, follow_redirects=False)
    back = urlsplit(answer.headers["location"])
    assert f"{back.scheme}://{back.netloc}" == ADDRESS.url
    return f"{back.path}?{back.query}"


def test_without_a_configuration_one_chooses_how_to_begin(fresh: Opened) -> None:
    ana = fresh.sign_in("ana")
    said = words(ana.get("/start"))
    assert "Connect your own firm" in said
    assert "Try it with a sample firm" in said


def test_ones_own_firm_begins_with_a_commented_file_and_the_steps(fresh: Opened) -> None:
    ana = fresh.sign_in("ana")
    said = words(ana.fill("/start/own"))
    assert fresh.config.read_text(encoding="utf-8").startswith("# The configuration of Tieout.")
    assert "Connect Apptivo" in said
    assert "Connect Xero" in said
    assert "Choose the accounts" in said


def test_a_configuration_that_is_there_is_never_overwritten(fresh: Opened) -> None:
    ana = fresh.sign_in("ana")
    fresh.config.write_text("# mine\n", encoding="utf-8")
    for path in ("/start/own", "/start/sample"):
        assert ana.fill(path).status_code == 400
    assert fresh.config.read_text(encoding="utf-8") == "# mine\n"


def test_keys_typed_in_the_guided_start_reach_their_file(fresh: Opened) -> None:
    ana = fresh.sign_in("ana")
    ana.fill("/start/own")
    page = ana.get("/settings/connections/books")
    digest = re.search(r'name="digest" value="([^"]+)"', page.text)
    assert digest
    typed = {"client-id": "my-app", "client-secret": "a-secret-of-mine", "digest": digest[1]}
    assert ana.fill("/settings/form/connections.books", **typed).status_code == 200
    books = tomllib.loads(fresh.config.read_text(encoding="utf-8"))["connections"]["books"]
    assert books["client-id"] == "my-app"
    assert "a-secret-of-mine" in (fresh.config.parent / books["client-secret"]["file"]).read_text(encoding="utf-8")


def test_a_cancelled_consent_is_said_and_can_be_begun_again(trial: tuple[Opened, Browser]) -> None:
    _, ana = trial
    back = ana.get(visit(ana.fill("/connections/books/connect"), "cancel"))
    assert back.status_code == 409
    assert "Access was not allowed." in words(back)
    assert "Connect again" in words(back)


def test_a_consent_serves_the_session_that_began_it_once(trial: tuple[Opened, Browser]) -> None:
    opened, ana = trial
    path = visit(ana.fill("/connections/books/connect"), "allow")
    bob = opened.sign_in("bob")
    assert bob.get(path).status_code == 400
    connected = ana.get(path)
    assert "Connected to Demo Company (AU)." in words(connected)
    assert ana.get(path).status_code == 400
    assert "by ana" in words(ana.get("/settings"))


def test_an_answer_that_nobody_asked_for_is_refused(trial: tuple[Opened, Browser]) -> None:
    _, ana = trial
    answer = ana.get("/callback?code=x&state=y")
    assert answer.status_code == 400
    assert "belongs to no consent" in words(answer)


def test_the_sample_firm_is_connected_read_and_ready_step_by_step(trial: tuple[Opened, Browser]) -> None:
    opened, ana = trial
    ana.fill("/connections/crm/connect")
    if "Connect to Xero" in words(ana.get("/settings")):
        ana.get(visit(ana.fill("/connections/books/connect"), "allow"))
    ana.fill("/settings/reference")
    said = words(ana.get("/start"))
    for step in (
        "Connect Apptivo (done)",
        "Connect Xero (done)",
        "Sync from Xero (done)",
        "Choose the accounts (done)",
    ):
        assert step in said
    assert "Look at what would be sent (done)" not in said
    assert opened.site.trial.chosen
