"""The frame: what every page has in common, the desk behind it, and runs, of which there is one at a time."""

import re
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient
from tieout.api.runtime import Runtime
from tieout.desk import Event, Refused
from tieout_web import words as written
from tieout_web.access import Role
from tieout_web.desks import Desks
from tieout_web.runs import Runs
from tieout_web.schedule import Schedule, due_at
from tieout_web.site import Site

from .conftest import START, Browser, words


def test_a_page_names_its_language_has_a_way_past_the_navigation_and_one_heading(ana: Browser) -> None:
    page = ana.get("/settings").text
    assert '<html lang="en">' in page
    assert page.index('href="#content"') < page.index("<nav")
    assert page.count("<h1") == 1
    assert 'aria-current="page"' in page


def test_what_people_wrote_is_shown_as_text(sign_in: Callable[[str, Role], Browser]) -> None:
    evil = sign_in('<img src=x onerror="alert(1)">', "viewer")
    page = evil.get("/settings").text
    assert "<img src=x" not in page
    assert "&lt;img src=x" in page


def test_an_address_that_is_no_page_is_told_kindly(ana: Browser) -> None:
    answer = ana.get("/nowhere")
    assert answer.status_code == 404
    assert "There is no such page." in words(answer)
    assert answer.text.count("<h1") == 1 and 'href="/settings"' in answer.text  # the navigation is still there


def test_a_stranger_at_an_address_that_is_no_page_is_shown_nothing_else(client: TestClient) -> None:
    answer = client.get("/nowhere")
    assert answer.status_code == 404
    assert "There is no such page." in words(answer) and 'href="/settings"' not in answer.text


def test_a_fault_of_ours_is_told_on_a_page_that_needs_nothing(ana: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Desks, "at", lambda *given: 1 / 0)
    browser = Browser(ana.app, base_url=ana.base_url, cookies=ana.cookies, raise_server_exceptions=False)
    answer = browser.get("/settings")
    assert answer.status_code == 500
    assert "The page failed." in words(answer) and "ZeroDivision" not in answer.text


def test_before_anything_is_set_up_every_page_leads_to_the_start(
    ana: Browser, vic: Browser, config: Path, site: Site
) -> None:
    config.unlink()
    for path in ("/", "/attention", "/sync", "/settings"):
        assert "Connect your own firm" in words(ana.get(path))
        told = vic.get(path)
        assert told.status_code == 409
        assert "Nothing is set up yet." in words(told) and str(config.parent) not in told.text


def test_a_message_is_shown_once(ana: Browser) -> None:
    assert "Items: off." in words(ana.fill("/settings/apps/items", title="Items"))
    assert "Items: off." not in words(ana.get("/settings"))


def test_everything_that_a_page_needs_is_part_of_the_package(ana: Browser) -> None:
    for path in ("vendor/htmx.min.js", "vendor/hx-sse.min.js", "vendor/pico.min.css", "tieout.css", "tieout.js"):
        assert ana.get(f"/static/{path}").status_code == 200
    for name in ("htmx", "pico"):
        assert ana.get(f"/static/vendor/{name}.LICENSE.txt").status_code == 200


def test_a_desk_stays_open_until_the_file_changes(config: Path, runtime: Runtime) -> None:
    desks = Desks(config, runtime)
    with desks.at("ana") as first, desks.at("bob") as second:
        assert first._plugins is second._plugins
        text = config.read_text(encoding="utf-8").replace("items = true", "items = false")
        config.write_text(text, encoding="utf-8")
        with desks.at("ana") as third:
            assert "items" not in [app.name for app in third.settings.apps("main") if app.on]
        assert first.status("main").source.tenant is not None  # the one from before serves to its end
    desks.close()


def test_a_second_start_finds_the_run_that_is_going(config: Path, runtime: Runtime) -> None:
    runs, going, go_on = Runs(config, runtime), threading.Event(), threading.Event()

    def act(desk: Any) -> str:
        going.set()
        go_on.wait(20)
        return "done"

    first = runs.start("main", "sync", "ana", act)
    assert going.wait(20)
    second = runs.start("main", "sync", "bob", act)
    assert second is first
    assert (first.who, first.going) == ("ana", True)
    go_on.set()
    assert first.wait(20)
    assert (first.result, first.problem, first.going) == ("done", None, False)
    third = runs.start("main", "plan", "bob", lambda desk: desk.plan("main"))
    assert third is not first
    assert third.wait(60)
    assert {event.name for event in third.events} >= {"run.started", "page.read"}
    assert all(isinstance(event, Event) for event in third.events)
    assert runs.last("main", "sync") is first


def test_what_stops_a_run_is_kept_with_it(config: Path, runtime: Runtime) -> None:
    def refuse(desk: Any) -> None:
        raise Refused("not like that", fix="Otherwise.")

    def break_down(desk: Any) -> None:
        raise ZeroDivisionError("by nought")

    runs = Runs(config, runtime)
    for act, what in ((refuse, "not like that"), (break_down, "the run failed: ZeroDivisionError")):
        run = runs.start("main", "sync", "ana", act)
        assert run.wait(20)
        assert run.problem is not None
        assert run.problem.what == what


def test_a_run_is_stopped_when_the_page_ends(config: Path, runtime: Runtime) -> None:
    runs = Runs(config, runtime)

    def until_stopped(desk: Any) -> None:
        assert desk._stop.wait(20)

    run = runs.start("main", "sync", "ana", until_stopped)
    runs.close()
    assert not run.going
    assert run.problem is None


@pytest.fixture
def scheduled(config: Path) -> Path:
    text = config.read_text(encoding="utf-8").replace("since = ", 'every = "15m"\nsince = ')
    config.write_text(text, encoding="utf-8")
    return config


def test_what_is_due_is_started_by_the_schedule_once(scheduled: Path, runtime: Runtime) -> None:
    desks, runs = Desks(scheduled, runtime), Runs(scheduled, runtime)
    schedule = Schedule(desks, runs, runtime)
    schedule.look()
    run = runs.of("main")
    assert run is not None
    assert (run.who, run.what) == ("runner", "sync")
    assert run.wait(60)
    schedule.look()
    assert runs.of("main") is run
    with desks.at("ana") as desk:
        due, last = due_at(desk, "main", START), desk.status("main").last_run
        assert last is not None
        assert due == last + timedelta(minutes=15)
        assert desk.status("main").live is False  # planned, and never sent
    desks.close()


def test_a_pair_without_a_schedule_or_a_connection_is_never_due(config: Path, runtime: Runtime) -> None:
    desks = Desks(config, runtime)
    with desks.at("ana") as desk:
        assert due_at(desk, "main", START) is None
    desks.close()


def test_numbers_money_and_times_are_written_as_people_read_them() -> None:
    from decimal import Decimal

    now = datetime(2026, 7, 2, 10, 0, tzinfo=UTC)
    assert written.money(Decimal("88412.1"), "AUD") == "A$ 88,412.10"
    assert written.money(Decimal("-3"), "JPY") == "JPY -3"
    assert written.count(1, "record") == "1 record"
    assert written.count(1234, "record") == "1,234 records"
    assert ">3 min ago<" in written.ago(now - timedelta(minutes=3), now)
    assert ">in 12 min<" in written.ago(now + timedelta(minutes=12), now)
    assert "2 Jul 2026 10:00:00 UTC" in written.ago(now, now)
    assert written.ago(None, now) == "never"


@pytest.mark.parametrize(
    ("fix", "told"),
    [
        ("Choose one for it under taxes.sales of the pair.", "Choose one for it under Settings."),
        (
            "Choose its contact, or set contact-required = false.",
            "Choose its contact, or switch “Contact required” off in the app's options.",
        ),
        ("Set it right in Apptivo", "Set it right in Apptivo."),
        ("", ""),
    ],
)
def test_advice_is_given_in_the_words_of_the_page(fix: str, told: str) -> None:
    assert written.onpage(fix) == told


@pytest.mark.parametrize(("path", "marked"), [("/", "Home"), ("/settings/apps/items", "Settings"), ("/records", "")])
def test_the_navigation_marks_where_one_is_and_nothing_else(ana: Browser, path: str, marked: str) -> None:
    page = ana.get(path).text
    found = re.findall(r'<a href="[^"]*" aria-current="page">([^<]+)<', page)
    assert "".join(found) == marked


def test_the_page_answers_while_a_system_is_down(ana: Browser, site: Site, config: Path) -> None:
    text = config.read_text(encoding="utf-8")
    config.write_text(text.replace("http://localhost:", "http://localhost:1"), encoding="utf-8")
    assert ana.get("/settings").status_code == 200
    told = ana.fill("/connections/books/test")
    assert told.status_code == 503
    assert "cannot be reached" in words(told)
    assert ana.get("/settings").status_code == 200


def test_nobody_sees_the_navigation(client: TestClient) -> None:
    assert "<nav" not in client.get("/login").text
