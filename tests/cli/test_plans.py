"""The commands about plans: what they ask of the desk, what they show, and how they end."""

import json
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from tieout.api.errors import Problem, Refused
from tieout.desk.diff import FieldDiff
from tieout.desk.forecast import Forecast
from tieout.desk.plans import ChangePage, PlannedChange
from tieout_app.cli import main

NOW = datetime.now(UTC)
EDIT = PlannedChange(
    seq=4,
    entity="invoices",
    source_id="4711",
    label="INV-1007",
    op="update",
    state="stale",
    amount=Decimal("1240.50"),
    currency="AUD",
    target_id="guid",
    calls=1,
    fields=(FieldDiff("due", "2026-07-01", "2026-08-01"), FieldDiff("lines.2.tax_rate", Decimal(10), None)),
    problems=(Problem(cause="moved", what="The record changed after the plan was made."),),
)
FRESH = replace(
    EDIT, label="INV-1008", op="create", state="planned", fields=(FieldDiff("due", None, "2026-09-01"),), problems=()
)


class Plans:
    def __init__(self, view, forecast):
        self.view = view
        self.told = forecast

    def plan(self, pair, number):
        if number != self.view.id:
            raise Refused(f"there is no plan {number} of {pair}", fix="The plans are listed by: tieout plans")
        return self.view

    def newest(self, pair):
        return (self.view, replace(self.view, id=6, state="superseded"))

    def changes(self, pair, number, entity, page):
        self.asked = (number, entity, page)
        return ChangePage((EDIT, FRESH), page, 9, 402)

    def forecast(self, pair, calls):
        return replace(self.told, calls=calls)


@pytest.fixture
def view(plan_view):
    return replace(plan_view, created=NOW, expires=NOW + timedelta(hours=24), live=True, warnings=())


@pytest.fixture
def run(monkeypatch, tmp_path, capsys, report, view):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")
    (tmp_path / "plugins.toml").write_text("api = 1\n", encoding="utf-8")

    class Desk:
        def __init__(self, shown, forecast):
            self.plans = Plans(shown, forecast)
            self.applied = []

        @contextmanager
        def open(self, config, **given):
            yield self

        def pair(self, name):
            return "main"

        def plan(self, pair):
            return self.plans.view

        def apply(self, pair, plan):
            self.applied.append((pair, plan))
            return report

    def running(*arguments, shown=view, left=4000):
        desk = Desk(shown, Forecast(connection="books", calls=0, allowed=5000, left=left))
        monkeypatch.setattr("tieout.desk.Desk", desk)
        code = main(arguments)
        seen = capsys.readouterr()
        return code, seen.out, seen.err, desk

    return running


def test_a_plan_tells_what_it_needs_until_when_and_how_to_go_on(run):
    code, out, err, _ = run("plan")
    assert code == 0
    for words in ("31 write calls", "4,000 of the 5,000 calls of the day are left: that is enough.", "It expires"):
        assert words in out
    assert "tieout plan --show 7" in err and "tieout apply 7" in err


def test_a_plan_that_needs_more_than_the_day_says_how_many_days(run):
    _, out, _, _ = run("plan", left=20)
    assert "20 of the 5,000 calls of the day are left: it goes on over 2 days" in out


def test_a_stored_plan_is_read_field_by_field(run):
    code, out, _, desk = run("plan", "--show", "7", "--entity", "invoices", "--page", "2")
    assert code == 0 and desk.plans.asked == (7, "invoices", 2)
    for words in ("INV-1007", "4711", "AUD 1,240.50", "due: 2026-07-01 → 2026-08-01", "lines 2 tax rate: 10 → nothing"):
        assert words in out
    for words in ("due: 2026-09-01", "The record changed after the plan was made.", "402 changes; page 2 of 9."):
        assert words in out


def test_a_stored_plan_for_programs(run):
    told = json.loads(run("plan", "--show", "7", "--json")[1])
    assert told["id"] == 7 and told["operations"]["invoices"] == {"create": 1163}
    assert told["forecast"] == {
        "connection": "books",
        "calls": 31,
        "allowed": 5000,
        "left": 4000,
        "fits": True,
        "days": 1,
    }
    assert told["changes"]["changes"][0]["fields"][0] == {"path": "due", "old": "2026-07-01", "new": "2026-08-01"}


def test_plans_are_listed_with_state_and_approval(run, view):
    code, out, err, _ = run("plans", shown=replace(view, state="applied", approved_by="ana", approved_at=NOW))
    assert code == 0
    for words in ("applied", "replaced", "ana", "AUD 1,204,412.10", "1,453"):
        assert words in out
    assert "tieout plan --show NUMBER" in err
    assert [one["id"] for one in json.loads(run("plans", "--json")[1])] == [7, 6]


def test_an_expired_plan_says_so(run, view):
    old = replace(view, created=NOW - timedelta(hours=30), expires=NOW - timedelta(hours=6))
    assert "It has expired" in run("plan", "--show", "7", shown=old)[1]
    assert "expired" in run("plans", shown=old)[1]


def test_the_first_plan_is_confirmed_by_a_sentence_with_numbers_and_money(run, view, person):
    asked = person(True)
    code, _, _, desk = run("apply", "7", shown=replace(view, live=False))
    assert code == 0 and desk.applied == [("main", 7)]
    assert asked == ["Send 290 customers, 1,163 invoices (AUD 1,204,412.10, NZD 88.00) to Demo Company (AU)?"]


def test_a_person_who_says_no_sends_nothing(run, view, person):
    person(False)
    code, _, err, desk = run("apply", "7", shown=replace(view, live=False))
    assert code == 3 and desk.applied == [] and "Nothing was sent." in err


def test_what_takes_back_much_is_asked_even_when_live(run, view, person):
    asked = person(True)
    risky = replace(view, objections=("It takes back 40 invoices.",))
    _, _, err, desk = run("apply", "7", shown=risky)
    assert len(asked) == 1 and "It takes back 40 invoices." in err and desk.applied == [("main", 7)]


@pytest.mark.parametrize(("line", "live"), [(("apply", "7"), True), (("apply", "7", "--yes"), False)])
def test_a_live_plan_or_yes_is_not_asked_about(run, view, person, line, live):
    asked = person(False)
    code, _, _, desk = run(*line, shown=replace(view, live=live))
    assert code == 0 and asked == [] and desk.applied == [("main", 7)]


def test_a_plan_that_is_not_there_is_refused(run):
    for line in (("plan", "--show", "9"), ("apply", "9")):
        code, _, err, desk = run(*line)
        assert code == 2 and "there is no plan 9" in err and desk.applied == []
