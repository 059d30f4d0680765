"""The commands about one record's story and about what lies behind: what they ask, what they show, how they end."""

import json
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from tieout.api.errors import Problem, Refused
from tieout.desk.backfill import Backfill, BackfillCount
from tieout.desk.diff import FieldDiff
from tieout.desk.forecast import Forecast
from tieout.desk.story import Mapped, Moment, Story
from tieout.desk.undo import Undoing
from tieout.rules.report import HoldGroup
from tieout_app.cli import main

NOW = datetime(2026, 7, 2, 10, 15, tzinfo=UTC)
STORY = Story(
    entity="invoices",
    source_id="4711",
    label="INV-1007",
    source_title="Apptivo",
    target_title="Xero",
    standing="linked",
    target_id="guid",
    origin="created",
    mapping=(Mapped("tax", "GST 10%", "OUTPUT"),),
    moments=(
        Moment(at=NOW, what="read", side="source", words="Read in Apptivo.", facts={"run": 3}),
        Moment(
            at=NOW.replace(hour=11),
            what="edited",
            side="source",
            words="Edited in Apptivo.",
            fields=tuple(FieldDiff(f"field_{one}", one, one + 1) for one in range(15)),
        ),
        Moment(
            at=NOW.replace(hour=12),
            what="answered",
            words="Xero answered: rejected.",
            problems=(Problem(cause="refused", what="It was refused.", fix="Correct it.", said="No."),),
            facts={"batch": "b1", "idempotency_key": "tieout-1"},
        ),
    ),
)
LEFT = HoldGroup(
    "customers", "left", Problem(cause="stays", what="It stays in Xero.", why="Others may name it."), 31, {}, ("Acme",)
)
FIRST, LAST = date(2026, 1, 1), date(2026, 6, 30)


class Facets:
    """Answers with fixed views, and keeps what it was asked."""

    def __init__(self, undoing, found):
        self.undoing, self.found, self.asked_for = undoing, found, []

    def explain(self, pair, entity, number):
        if number != "INV-1007":
            raise Refused(f"there is no {number} among {entity}")
        return STORY

    def plan(self, pair, run):
        return self.undoing

    def count(self, *given):
        return self.found

    def begin(self, *given):
        self.asked_for.append(given)

    def asked(self, pair):
        return (Backfill(entity="invoices", first=FIRST, last=LAST, by="ana", at=NOW, left=77, done=False),)


@pytest.fixture
def undoing(plan_view):
    view = replace(plan_view, operations={"invoices": {"void": 214}}, amounts={}, live=True, undoes=41, warnings=())
    return Undoing(41, view, (LEFT,))


@pytest.fixture
def found():
    forecast = Forecast(connection="books", calls=60, allowed=50, left=10)
    return BackfillCount(FIRST, LAST, {"invoices": 2960}, {"AUD": Decimal("1204412.10")}, forecast)


@pytest.fixture
def run(monkeypatch, tmp_path, capsys, report, undoing, found):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")
    (tmp_path / "plugins.toml").write_text("api = 1\n", encoding="utf-8")

    class Desk:
        def __init__(self, undoing, found):
            self.records = self.undo = self.backfills = Facets(undoing, found)
            self.applied = []

        @contextmanager
        def open(self, config, **given):
            yield self

        def pair(self, name):
            return "main"

        def apply(self, pair, plan):
            self.applied.append(plan)
            return report

    def running(*arguments, undoing=undoing, found=found):
        desk = Desk(undoing, found)
        monkeypatch.setattr("tieout.desk.Desk", desk)
        code = main(arguments)
        seen = capsys.readouterr()
        return code, seen.out, seen.err, desk

    return running


def test_a_story_is_told_in_its_order_with_what_changed_and_why(run):
    code, out, _, _ = run("explain", "invoices", "INV-1007")
    assert code == 0
    told = [
        "INV-1007 of invoices: linked",
        "4711 in Apptivo",
        "guid in Xero",
        "GST 10%",
        "OUTPUT",
        "2026-07-02 10:15 UTC",
    ]
    told += ["Read in Apptivo.", "Edited in Apptivo.", "field 3: 3 → 4", "and 3 more", "Xero answered: rejected."]
    told += ["It was refused. Correct it.", '"No."', "idempotency key tieout-1"]
    places = [out.find(words) for words in told]
    assert -1 not in places and places == sorted(places)
    assert "field 14" not in out


def test_a_story_for_programs_is_whole(run):
    told = json.loads(run("explain", "invoices", "INV-1007", "--json")[1])
    assert len(told["moments"][1]["fields"]) == 15 and told["mapping"][0]["target"] == "OUTPUT"


def test_a_record_that_nobody_knows_ends_with_two(run):
    code, _, err, _ = run("explain", "invoices", "INV-9")
    assert code == 2 and "there is no INV-9 among invoices" in err


def test_undo_without_a_person_stores_its_plan_and_lists_what_is_left(run):
    code, out, err, desk = run("undo", "41")
    assert code == 3 and desk.applied == []
    for words in ("214", "31", "It stays in Xero.", "Acme"):
        assert words in out
    assert "Nothing was sent. To carry it out: tieout apply 7" in err


@pytest.mark.parametrize(("answer", "code", "applied"), [(True, 0, [7]), (False, 3, [])])
def test_undo_asks_with_numbers(run, person, answer, code, applied):
    asked = person(answer)
    ended, _, err, desk = run("undo", "41")
    assert (ended, desk.applied) == (code, applied)
    assert asked == ["Take back 214 invoices in Demo Company (AU)?"] and "It stays in Xero." in err


def test_undo_with_yes_goes_without_being_asked(run, person):
    asked = person(False)
    code, out, _, desk = run("undo", "41", "--yes")
    assert code == 0 and asked == [] and desk.applied == [7] and "Run 3 of main: done" in out


def test_undo_of_a_run_that_left_nothing_says_so(run, undoing):
    code, out, _, desk = run("undo", "41", "--yes", undoing=replace(undoing, plan=None))
    assert code == 0 and desk.applied == [] and "Nothing of run 41 can be taken back." in out


def test_a_backfill_is_counted_first(run):
    code, out, err, desk = run("backfill", "--from", "2026-01-01", "--to", "2026-06-30")
    assert code == 3 and desk.backfills.asked_for == []
    for words in ("2,960 documents of 2026-01-01 to 2026-06-30, AUD 1,204,412.10", "60 write calls", "over 2 days"):
        assert words in out
    assert "Nothing is sent. To begin: add --yes" in err


@pytest.mark.parametrize("answer", [True, False])
def test_a_backfill_asks_with_numbers_and_money(run, person, answer):
    asked = person(answer)
    line = ("backfill", "--from", "2026-01-01", "--to", "2026-06-30", "--entity", "invoices")
    code, _, _, desk = run(*line)
    assert code == (0 if answer else 3)
    assert desk.backfills.asked_for == ([("main", FIRST, LAST, "invoices")] if answer else [])
    assert asked == ["Send 2,960 invoices (AUD 1,204,412.10) of 2026-01-01 to 2026-06-30 as well?"]


def test_a_backfill_of_nothing_asks_nothing(run, person, found):
    asked = person(True)
    empty = replace(found, counts={"invoices": 0}, amounts={})
    code, _, _, desk = run("backfill", "--from", "2026-01-01", "--to", "2026-06-30", found=empty)
    assert code == 0 and asked == [] and desk.backfills.asked_for == []


def test_backfills_are_listed_with_what_is_left(run):
    _, out, _, _ = run("backfill")
    for words in ("invoices", "2026-01-01", "77", "ana"):
        assert words in out
    assert json.loads(run("backfill", "--json")[1])[0]["left"] == 77


@pytest.mark.parametrize(
    "line",
    [("backfill", "--from", "2026-01-01"), ("backfill", "--from", "soon", "--to", "late"), ("undo",), ("undo", "x")],
)
def test_what_is_not_complete_is_refused_before_the_desk_is_asked(run, line):
    code, _, _, desk = run(*line)
    assert code == 2 and desk.backfills.asked_for == [] and desk.applied == []
