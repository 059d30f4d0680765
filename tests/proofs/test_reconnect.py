"""What becomes of a connection that Xero refuses, or that a person leads elsewhere: by the command line.

Source: docs/facts/xero.md, "Connections".
"""

import json
import re
from functools import partial
from html import unescape
from http.cookiejar import CookieJar
from urllib.parse import urlencode, urljoin
from urllib.request import HTTPCookieProcessor

import pytest
from tieout.testing import FakeClock
from tieout_app.cli import consent, main


@pytest.fixture
def systems(with_consent, below, monkeypatch):
    """A small firm, reached by the command line."""
    with with_consent(4, FakeClock()) as made:
        below(made.runtime)
        monkeypatch.setattr("webbrowser.open", consent.by_program)
        yield made


@pytest.fixture
def run(systems, capsys):
    """One command line: its exit code, its JSON answer, and what was told beside it."""

    def running(*arguments):
        code = main(["-c", str(systems.config), *arguments])
        seen = capsys.readouterr()
        return code, json.loads(seen.out) if "--json" in arguments and seen.out else seen.out, seen.err

    return running


def _books(run):
    code, found, _ = run("status", "--json")
    assert code == 0
    return next(one for one in found["connections"] if one["name"] == "books")


def _connect(run):
    return run("connect", "books", "--port", "0")


def _connections(systems):
    return systems.state("xero")["Connections"]


def _to_the_other_organisation(systems, url):
    """Go through the pages and choose the last organisation."""
    browser = systems.browser(HTTPCookieProcessor(CookieJar()))
    with browser.open(url, timeout=10) as answer:
        page, address = answer.read().decode(), answer.url
    while form := re.search(r"<form.*?</form>", page, re.S):
        action = re.search(r'<form[^>]*action="([^"]*)"', form[0])
        fields = {}
        for name, value in re.findall(r'<input[^>]*name="([^"]+)"(?:[^>]*value="([^"]*)")?', form[0]):
            fields.setdefault(name, unescape(value) or "alex@example.com")
        if organisations := re.findall(r'value="([0-9a-f-]{36})"', form[0]):
            fields |= {"tenant": organisations[-1], "decision": "allow"}
        target = urljoin(address, action[1] if action else "")
        with browser.open(target, urlencode(fields).encode(), timeout=10) as answer:
            page, address = answer.read().decode(), answer.url


def test_an_organisation_that_its_user_disconnected_waits_for_a_person(systems, run):
    assert _connect(run)[0] == 0
    assert run("sync", "--yes")[0] == 0
    before = _books(run)
    assert (before["state"], before["needs_consent"]) == ("connected", False)
    for one in _connections(systems):
        systems.edit(systems.xero, collection="Connections", id=one["id"], delete=True)
    code, _, told = run("sync")
    assert code == 4
    assert "tieout connect books" in told
    seen = _books(run)
    assert (seen["state"], seen["needs_consent"]) == ("reconnect needed", True)
    assert "not connected" in seen["why"]
    asked = len(systems.calls(systems.xero))
    assert run("run", "--once")[0] == 4
    assert len(systems.calls(systems.xero)) == asked  # the schedule does not try what was refused
    assert _connect(run)[0] == 0
    assert _books(run)["state"] == "connected"
    assert run("run", "--once")[0] == 0
    assert systems.doubled() == []


def test_a_refusal_that_was_put_right_in_xero_needs_no_new_consent(systems, run):
    assert _connect(run)[0] == 0
    systems.fault(systems.xero, "status:403", path="/api.xro/2.0/Accounts")
    assert run("reference")[0] == 4
    assert _books(run)["state"] == "reconnect needed"
    code, found, _ = run("check", "books", "--json")
    assert (code, found[0]["state"]) == (0, "connected")
    assert len(systems.calls(systems.xero, "/connect/token")) == 1


def test_another_organisation_than_before_is_refused_and_may_be_chosen_after_disconnecting(systems, run, monkeypatch):
    assert _connect(run)[0] == 0
    assert run("sync", "--yes")[0] == 0
    first = _books(run)["tenant"]
    sent = systems.state("xero")
    for one in _connections(systems):
        systems.edit(systems.xero, collection="Connections", id=one["id"], delete=True)
    assert run("check", "books")[0] == 4
    monkeypatch.setattr("webbrowser.open", partial(_to_the_other_organisation, systems))
    code, _, told = _connect(run)
    assert code == 2, told
    assert first["name"] in told and "links of one never serve the other" in " ".join(told.split())
    assert _books(run)["tenant"] == first
    assert run("disconnect", "books")[0] == 0
    assert _connect(run)[0] == 0
    assert _books(run)["tenant"]["id"] != first["id"]
    code, plan, _ = run("plan", "--json")
    assert code == 0
    assert not any(by.get("update") or by.get("link") for by in plan["operations"].values())  # no link was reused
    assert systems.state("xero")["Invoices"] == sent["Invoices"]


def test_status_tells_the_calls_of_the_day_over_processes(systems, run):
    assert _books(run)["calls_known_at"] is None
    assert _connect(run)[0] == 0
    assert run("reference")[0] == 0
    made = [call for call in systems.calls(systems.xero) if call["path"].startswith("/api.xro/2.0/")]
    seen = _books(run)
    assert (seen["calls_used"], seen["calls_allowed"]) == (len(made), 5000)
    assert f"{len(made)} of 5,000" in " ".join(run("status")[1].split())
