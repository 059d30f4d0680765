"""Connecting, checking, and how connections are shown."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console
from tieout.api.contract import Answer, Consent, Tenant
from tieout.api.errors import ReauthNeeded, Refused
from tieout.rules.report import ConnectionView, PairView
from tieout_app.cli import consent, main, screens

BOOKS = Tenant("t-1", "Demo Company (AU)")
SECOND = Tenant("t-2", "Second Ltd")


class Desk:
    """One connection `books`, whose check and consent answer as a test wants."""

    def __init__(self, view: ConnectionView) -> None:
        self.view = view
        self.refused: ReauthNeeded | None = None
        self.opened = [BOOKS]
        self.asked: list[str] = []

    @contextmanager
    def open(self, config: Path, **given: Any) -> Iterator[Desk]:
        yield self

    def connections(self) -> tuple[ConnectionView, ...]:
        return (self.view,)

    def connect(self, name: str) -> Tenant:
        self.asked.append("connect")
        return self._reached()

    def check(self, name: str) -> ConnectionView:
        self.asked.append(f"check {name}")
        self._reached()
        return self.view

    def _reached(self) -> Tenant:
        if self.refused is not None:
            self.view = replace(self.view, state="reconnect needed", needs_consent=True)
            raise self.refused
        return BOOKS

    def authorise(self, name: str, redirect: str) -> Consent:
        self.asked.append("authorise")
        return Consent("http://localhost:1/authorise", "state", "verifier", redirect)

    def complete(self, name: str, answer: Answer) -> list[Tenant]:
        self.asked.append("complete")
        self.view = replace(self.view, state="connected", needs_consent=False)
        return self.opened

    def pin(self, name: str, tenant: Tenant) -> None:
        self.asked.append(f"pin {tenant.id}")


@pytest.fixture
def desk(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, pair_view: PairView) -> Desk:
    stub = Desk(replace(pair_view.target, state="connected", paused_until=None, why=""))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "160")
    (tmp_path / "plugins.toml").write_text("api = 1\n", encoding="utf-8")
    monkeypatch.setattr("tieout.desk.Desk", stub)

    def given(desk: Desk, name: str, port: int, visit: object) -> list[Tenant]:
        consented = desk.authorise(name, "http://localhost:1/callback")
        parameters: Mapping[str, str] = {"state": "state", "code": "code"}
        return desk.complete(name, Answer(consented, parameters))

    monkeypatch.setattr(consent, "give", given)
    return stub


def test_a_connection_that_holds_is_checked_and_nobody_is_asked(desk: Desk) -> None:
    assert main(["connect", "books"]) == 0
    assert desk.asked == ["connect"]


def test_where_the_check_finds_the_consent_over_the_person_is_asked_at_once(desk: Desk) -> None:
    desk.refused = ReauthNeeded("the consent of books has ended", fix="tieout connect books")
    assert main(["connect", "books"]) == 0
    assert desk.asked == ["connect", "authorise", "complete", "pin t-1"]


def test_of_several_organisations_one_is_named(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    desk.view = replace(desk.view, needs_consent=True)
    desk.opened = [BOOKS, SECOND]
    assert main(["connect", "books"]) == 2
    assert "Second Ltd (t-2)" in capsys.readouterr().err
    desk.view = replace(desk.view, needs_consent=True)
    assert main(["connect", "books", "--tenant", "t-2"]) == 0
    assert desk.asked[-1] == "pin t-2"


def test_a_check_tells_how_every_connection_stands(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "--json"]) == 0
    (found,) = json.loads(capsys.readouterr().out)
    assert (found["name"], found["state"]) == ("books", "connected")
    desk.refused = ReauthNeeded("Demo Company (AU) is not connected to this app any more", fix="tieout connect books")
    assert main(["check", "books"]) == 4
    assert "tieout connect books" in capsys.readouterr().err
    assert desk.asked == ["check books", "check books"]


def test_what_cannot_be_connected_by_a_person_is_told_as_it_is(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refused(name: str) -> Tenant:
        raise ReauthNeeded("Apptivo does not know these keys", fix="Compare them")

    monkeypatch.setattr(desk, "connect", refused)
    assert main(["connect", "books"]) == 4
    assert "does not know these keys" in capsys.readouterr().err
    assert desk.asked == []


def test_another_organisation_is_refused_with_words(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refused(name: str, tenant: Tenant) -> None:
        raise Refused(
            "books is connected to First Ltd, and Demo Company (AU) was chosen", fix="tieout disconnect books"
        )

    desk.view = replace(desk.view, needs_consent=True)
    monkeypatch.setattr(desk, "pin", refused)
    assert main(["connect", "books"]) == 2
    assert "tieout disconnect books" in capsys.readouterr().err


# how it looks


def _shown(view: ConnectionView, now: datetime) -> str:
    console = Console(width=160, no_color=True)
    with console.capture() as capture:
        console.print(screens.connections([view], now))
    return " ".join(capture.get().split())


@pytest.mark.parametrize(
    ("used", "allowed", "minutes", "words"),
    [
        (0, 5000, None, "–"),
        (412, 5000, 1, "412 of 5,000"),
        (1200, None, 1, "1,200"),
        (990, 1000, 90, "990 of 1,000"),
    ],
)
def test_calls_are_shown_of_those_allowed(
    pair_view: PairView, now: datetime, *, used: int, allowed: int | None, minutes: int | None, words: str
) -> None:
    known = None if minutes is None else now - timedelta(minutes=minutes)
    view = replace(pair_view.source, calls_used=used, calls_allowed=allowed, calls_known_at=known)
    shown = _shown(view, now)
    assert words in shown
    assert ("known 2026-07-02 08:45 UTC" in shown) == (minutes == 90)


def test_what_a_person_has_to_do_stands_with_the_state(pair_view: PairView, now: datetime) -> None:
    view = replace(pair_view.source, state="reconnect needed", why="the consent of books has ended")
    assert "reconnect needed" in _shown(view, now)
    assert "the consent of books has ended" in _shown(view, now)
    ending = replace(pair_view.source, grant_ends=now + timedelta(days=10))
    assert "the consent ends 2026-07-12 10:15 UTC (in 10 days) if it is not used" in _shown(ending, now)
