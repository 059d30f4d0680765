"""What the page says at a glance: green when nothing at all is left, and whose turn it is."""

import csv
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from sandboxed import Functions as Systems
from sqlalchemy import insert
from tieout.desk import ConnectionView, PairView
from tieout.ledger import Ledger, lease
from tieout.ledger.runs import RunRow
from tieout_web.pages.home import state

from ..conftest import Browser, words  # noqa: TID252 - the parent folder is no package of its own

SIDE = ConnectionView(name="x", plugin="x", title="X", state="connected")
LIVE = PairView(name="main", source=SIDE, target=SIDE, live=True, flows=(), holds=(), last_state="done")
BEGUN = datetime(2026, 7, 2, 9, 42, tzinfo=UTC)


@pytest.mark.parametrize(
    ("changed", "attention", "waiting", "told", "tone"),
    [
        ({}, 0, 0, "Everything is in sync", "good"),
        ({}, 20, 5, "20 need attention", "warn"),
        ({}, 1, 0, "1 needs attention", "warn"),
        ({}, 0, 3, "3 waiting", "busy"),
        ({"last_state": "died"}, 0, 0, "Cut off", "warn"),
        ({"last_state": "stopped"}, 0, 0, "Stopped", "warn"),
        ({"last_state": "planned"}, 0, 0, "Preview ready", "off"),
        ({"last_state": "paused"}, 20, 0, "Paused", "warn"),
        ({"live": False}, 20, 0, "Not live yet", "off"),
        ({"source": replace(SIDE, state="reconnect needed")}, 20, 0, "Reconnect needed", "bad"),
        ({"at_work": SimpleNamespace()}, 20, 0, "Another process is at it", "busy"),
    ],
)
def test_the_first_word_is_green_only_when_nothing_is_left(
    changed: dict[str, Any], attention: int, waiting: int, told: str, tone: str
) -> None:
    found = state(replace(LIVE, **changed), None, attention, waiting)
    assert (found.words, found.tone) == (told, tone)


def test_home_says_how_many_need_attention_until_none_does(live: Browser) -> None:
    page = live.get("/")
    assert '<span class="pill warn">4 need attention' in page.text
    assert "4 records need your attention." in words(page)
    assert "in sync." not in words(page) and "Up to date" not in page.text
    skip_all(live, "attention")
    assert '<span class="pill busy">1 waiting' in live.get("/").text  # an invoice, for its customer
    skip_all(live, "waiting")
    page = live.get("/")
    assert '<span class="pill good">Everything is in sync' in page.text
    assert "your attention" not in words(page) and "Last checked" in words(page)


def skip_all(browser: Browser, tab: str) -> None:
    """Leave out every record of a tab."""
    rows = csv.DictReader(StringIO(browser.get(f"/attention/records.csv?tab={tab}").text.removeprefix("\ufeff")))
    for row in rows:
        browser.fill("/attention/skip", entity=row["app"], id=row["id"], reason="A test")


@contextmanager
def elsewhere(both: Systems) -> Iterator[None]:
    """Another process holds the turn."""
    with both.desk() as desk:
        status = desk.status("main")
    ends = [f"tenant:{side.plugin}:{side.tenant.id}" for side in (status.source, status.target) if side.tenant]
    ledger = Ledger(ledger_url(both.config), both.runtime)
    with lease.held(ledger, both.clock, *ends):
        yield
    ledger.close()


def ledger_url(config: Path) -> str:
    return f"sqlite:///{config.parent}/.tieout/ledger.db"


def began(config: Path) -> None:
    """A run that stands in the ledger as under way."""
    ledger = Ledger(ledger_url(config))
    with ledger.writing() as sql:
        sql.execute(insert(RunRow).values(pair="main", started=BEGUN, state="running"))
    ledger.close()


def test_a_run_of_another_process_is_told_from_one_that_was_cut_off(ana: Browser, both: Systems) -> None:
    began(both.config)
    with elsewhere(both):
        page = ana.get("/sync")
        assert "Another process is at it (since 2 Jul 2026, 09:42 UTC)." in words(page)
        assert 'aria-label="Sync now" disabled' in page.text and "every 3s" in page.text
        assert "cut off" not in page.text
        home = ana.get("/")
        assert "Another process is at it" in words(home) and "Sync now" not in words(home)
        assert "Running" in words(ana.get("/runs")) and "Running" in words(ana.get("/runs/1"))
    page = ana.get("/sync")
    assert "The last sync was cut off." in words(page) and "Another process" not in page.text
    assert "Last tried" in words(page) and "Last synced" not in words(page)
    assert " disabled" not in page.text and "every 3s" not in page.text
    assert "Cut off" in words(ana.get("/runs")) and "Cut off" in words(ana.get("/runs/1"))


def test_home_tells_of_a_cut_beside_what_needs_attention(live: Browser, config: Path) -> None:
    began(config)
    told = words(live.get("/"))
    assert "4 records need your attention." in told and "The last sync was cut off." in told
    assert "Last tried" in told


def test_the_turn_of_a_proof_or_another_pair_is_told_without_a_time(ana: Browser, both: Systems) -> None:
    with elsewhere(both):
        page = ana.get("/sync")
        assert "Another process is at it." in words(page) and " disabled" in page.text
        with both.desk() as desk:
            found = desk.glance("main").at_work
        assert found is not None and found.pid and found.since is None
