"""Progress of long work."""

from datetime import UTC, datetime
from io import StringIO

import pytest
from rich.console import Console
from tieout.api.clock import Clock
from tieout.api.contract import Event
from tieout_app.cli.progress import Told
from tieout_app.cli.terminal import Terminal

AT = datetime(2026, 7, 2, tzinfo=UTC)


class Ticking(Clock):
    """A clock that a test moves."""

    seconds = 0.0

    def monotonic(self) -> float:
        return self.seconds


@pytest.fixture
def clock() -> Ticking:
    return Ticking()


@pytest.fixture
def piped(clock: Ticking) -> Terminal:
    return Terminal(clock=clock, err=Console(file=StringIO(), width=100))


@pytest.fixture
def person(clock: Ticking) -> Terminal:
    return Terminal(clock=clock, err=Console(file=StringIO(), width=100, force_terminal=True, color_system=None))


def said(terminal: Terminal) -> str:
    assert isinstance(terminal.err.file, StringIO)
    return terminal.err.file.getvalue()


def decided(done: int) -> Event:
    return Event("entity.decided", AT, {"entity": "invoices", "done": done, "of": 1200})


def test_where_there_is_no_terminal_a_line_is_told_now_and_then(piped: Terminal, clock: Ticking) -> None:
    with Told(piped) as told:
        for second in range(10):
            clock.seconds = second
            told.observe(decided(100 * second))
    assert said(piped).splitlines() == [f"Deciding invoices: {done} of 1,200" for done in (0, 300, 600, 900)]


def test_reading_counts_over_all_lists_of_both_sides(piped: Terminal, clock: Ticking) -> None:
    with Told(piped) as told:
        for second, connection in ((0, "crm"), (4, "books")):
            clock.seconds = second
            page = {"connection": connection, "resource": "items", "records": 100, "total": 240}
            told.observe(Event("page.read", AT, page))
    assert said(piped).splitlines() == ["Reading crm items: 240 records", "Reading books items: 480 records"]


def test_waiting_is_explained(piped: Terminal) -> None:
    with Told(piped) as told:
        told.observe(Event("run.waiting", AT, {"seconds": 12.4, "why": "Xero's minute is used up."}))
    assert said(piped) == "Waiting 12 s: Xero's minute is used up.\n"


def test_a_terminal_shows_moving_rows(person: Terminal) -> None:
    with Told(person) as told:
        told.observe(decided(400))
        told.observe(
            Event("batch.answered", AT, {"resource": "Invoices", "op": "create", "records": 50, "done": 50, "of": 743})
        )
    assert "Deciding invoices" in said(person)
    assert "50/743" in said(person)


def test_it_holds_still_while_a_person_is_asked(person: Terminal) -> None:
    with Told(person) as told:
        told.observe(decided(400))
        with told.quiet():
            before = said(person)
            told.observe(decided(500))
            assert said(person) == before
    assert "500/1200" in said(person)


def test_events_without_anything_to_see_are_passed_over(piped: Terminal) -> None:
    with Told(piped) as told:
        told.observe(Event("something.new", AT, {}))
    assert said(piped) == ""
