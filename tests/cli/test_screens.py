"""What people see of plans, runs, holds, proofs and connections."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from io import StringIO

import pytest
from rich.console import Console, RenderableType
from tieout.api.errors import Problem
from tieout.desk import AccountChoice
from tieout.rules.report import Calls, Counts, HoldGroup, PairView, PlanView, RunReport
from tieout_app.cli import screens

Show = Callable[[RenderableType], str]


@pytest.fixture
def show() -> Show:
    def shown(part: RenderableType) -> str:
        console = Console(file=StringIO(), width=160, highlight=False)
        console.print(part)
        text = console.file.getvalue()
        return "\n".join(" ".join(line.split()) for line in text.splitlines())

    return shown


def test_a_plan_says_what_where_and_how_much(show: Show, plan_view: PlanView, now: datetime) -> None:
    text = show(screens.plan(plan_view, now))
    assert "Harbour & Sons → Demo Company (AU)" in text
    assert "1,453 changes in Xero with 31 write calls, documents of AUD 1,204,412.10, NZD 88.00" in text
    assert "! The native integration of Apptivo seems to run beside." in text
    assert "customers 280 10 300 0 10" in text


def test_an_empty_plan_says_so(show: Show, plan_view: PlanView, now: datetime) -> None:
    assert "There is nothing to send." in show(screens.plan(replace(plan_view, operations={}), now))


def test_counts_show_the_five_always_and_the_others_when_there_are_any(show: Show) -> None:
    text = show(screens.counts({"items": Counts(read=5, unchanged=3, kept=1, held=1)}))
    assert "Read Created Updated Unchanged Held Kept" in text
    assert "items 5 0 0 3 1 1" in text
    assert "Voided" not in text


def test_counts_of_several_apps_are_added_up(show: Show, report: RunReport) -> None:
    assert "all 1,500 1,443 0 0 47 10" in show(screens.counts(report.counts))


def test_a_hold_tells_cause_fix_words_and_code(show: Show, hold: HoldGroup) -> None:
    text = show(screens.holds([hold]))
    for words in (
        "37 invoices The tax LCT 33% is not mapped.",
        "AUD 88,412.10",
        'Add "LCT 33%" to taxes.sales.',
        '"TaxType is [mandatory]"',
        "INV-1007, INV-1012 · tax-unmapped",
    ):
        assert words in text


def test_what_is_left_out_on_purpose_stands_apart(show: Show, hold: HoldGroup) -> None:
    reason = Problem(cause="not-to-be-sent", what="It is a draft in the source.")
    text = show(screens.holds([hold, replace(hold, kind="skip", count=100, problem=reason)]))
    assert text.index("Held until the cause is gone") < text.index("tax-unmapped") < text.index("Left out on purpose")
    assert "100 invoices It is a draft in the source." in text
    assert show(screens.holds([])) == ""


def test_a_run_tells_its_calls_and_the_least_possible(show: Show, report: RunReport) -> None:
    text = show(screens.run(report))
    assert "Run 3 of main: done" in text
    assert "Calls: crm 40 reads and 0 writes, books 12 reads and 31 writes; the least possible is 30 writes." in text


def test_status_tells_pauses_holds_and_what_is_wrong(show: Show, pair_view: PairView, now: datetime) -> None:
    text = show(screens.connections([pair_view.source, pair_view.target], now))
    assert "until 2026-07-02 12:15 UTC (in 1 h 45 min)" not in text
    assert "until 2026-07-02 12:15 UTC (in 2 h)" in text
    assert "by ana" in text
    text = show(screens.pair(pair_view, now))
    assert "Last run 2026-07-02 10:05 UTC (10 min ago): done." in text
    assert "Invoices 1,163 37 0 1" in text


def test_a_pair_that_never_ran_and_is_not_live_says_so(show: Show, pair_view: PairView, now: datetime) -> None:
    text = show(screens.pair(replace(pair_view, last_run=None, live=False, open_plan=4), now))
    assert "It has never run. It is not live yet: nothing was sent. Plan 4 is stored" in text


def test_an_account_that_is_not_chosen_says_so_or_what_counts_instead(show: Show) -> None:
    choices = (AccountChoice("sales", None, ()), AccountChoice("shipping", None, (), "The [sales] account"))
    text = show(screens.accounts({one.slot: one for one in choices}))
    assert "Sales not chosen 0" in text
    assert "Shipping The [sales] account 0" in text


def test_words_of_others_are_never_read_as_markup(show: Show, report: RunReport) -> None:
    odd = replace(report, message="[bold]odd[/bold] [/]", calls=(Calls("[red]", 1, 0),))
    text = show(screens.run(odd))
    assert "[bold]odd[/bold] [/]" in text
    assert "[red] 1 read and 0 writes" in text
