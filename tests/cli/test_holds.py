"""The commands about holds and decisions: what they ask of the desk, what they show, and how they end."""

import json
from contextlib import contextmanager
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from tieout.api.errors import Problem, Refused
from tieout.desk.held import Wanted
from tieout.rules.questions import Asked, FieldChange, Question, Suggestion
from tieout.rules.report import Decision, HeldPage, HeldRecord
from tieout_app.cli import main

NOW = datetime(2026, 7, 2, 10, 15, tzinfo=UTC)
REFUSED = HeldRecord(
    entity="invoices",
    source_id="4711",
    label="INV-1007",
    kind="hold",
    problems=(Problem(cause="refused", what="Xero refused it.", why="It says so.", fix="Correct it.", said="No."),),
    amount=Decimal("1240.50"),
    currency="AUD",
    since=NOW,
    tries=2,
    next_try="change",
)
CONFLICT = Asked(
    entity="invoices",
    source_id="4711",
    label="INV-1007",
    question=Question(
        kind="conflict",
        options=("keep-source", "keep-target", "skip"),
        fields=(FieldChange(name="due", source=date(2026, 8, 1), target=date(2026, 9, 1), last=date(2026, 7, 1)),),
    ),
    amount=Decimal("1240.50"),
    currency="AUD",
    since=NOW,
)
LIKELY = Asked(
    entity="customers",
    source_id="9",
    label="Harbour Cafe",
    question=Question(
        kind="match",
        options=("link", "create", "skip"),
        suggestions=(
            Suggestion(target_id="guid", label="Harbour Café", score=92, reasons=("same e-mail address",), mark="m"),
        ),
        proposal="Harbour Cafe (Perth)",
    ),
    amount=None,
    currency="",
    since=NOW,
)


class Decisions:
    """Answers with fixed views, and keeps what it was asked."""

    def __init__(self):
        self.asked = []

    def held(self, *given):
        self.asked.append(("held", *given))
        return HeldPage((REFUSED,), 1, 1, 1)

    def questions(self, pair):
        return (CONFLICT, LIKELY)

    def made(self, pair):
        return (
            Decision(
                entity="items", source_id="1", label="BOLT", what="skip", value="A test record.", by="ana", at=NOW
            ),
        )

    def retry_cause(self, *given):
        self.asked.append(("retry_cause", *given))
        return 37

    def link(self, *given):
        self.asked.append(("link", *given))
        if given[-1] == "Nobody":
            raise Refused("Xero has no Nobody", fix="Give the number, name or id that it has there.")
        return "guid"

    def __getattr__(self, name):
        return lambda *given: self.asked.append((name, *given))


@pytest.fixture
def run(monkeypatch, tmp_path, capsys, pair_view):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")
    (tmp_path / "plugins.toml").write_text("api = 1\n", encoding="utf-8")

    class Desk:
        decisions = Decisions()

        @contextmanager
        def open(self, config, **given):
            yield self

        def pair(self, name):
            return "main"

        def status(self, pair):
            return pair_view

    def running(*arguments):
        desk = Desk()
        desk.decisions.asked.clear()
        monkeypatch.setattr("tieout.desk.Desk", desk)
        code = main(arguments)
        seen = capsys.readouterr()
        return code, seen.out, seen.err, desk.decisions.asked

    return running


def test_holds_are_grouped_by_cause_with_counts_and_money(run):
    code, out, err, asked = run("holds")
    assert code == 0 and asked == []
    for words in ("37", "AUD 88,412.10", "LCT 33% is not mapped", 'Add "LCT 33%"', "tax-unmapped"):
        assert words in out
    assert "tieout holds --cause CODE" in err


def test_the_records_of_a_cause_are_told_with_what_why_fix_and_next_try(run):
    code, out, _, asked = run("holds", "--cause", "refused", "--entity", "invoices", "--page", "2")
    assert code == 0 and asked == [("held", "main", Wanted(cause="refused", entity="invoices"), 2)]
    for words in ("INV-1007", "4711", "AUD 1,240.50", "2026-07-02", "Xero refused it.", "Correct it.", '"No."'):
        assert words in out
    assert "Refused 2 times; it goes again once the record" in out


def test_holds_for_programs(run):
    groups = json.loads(run("holds", "--json")[1])["groups"]
    assert [(group["problem"]["cause"], group["count"]) for group in groups] == [("tax-unmapped", 37)]
    page = json.loads(run("holds", "--cause", "refused", "--json")[1])
    assert page["records"][0]["tries"] == 2 and page["total"] == 1


@pytest.mark.parametrize(
    ("line", "asked"),
    [
        (("retry", "invoices", "INV-1"), ("retry", "main", "invoices", "INV-1")),
        (("retry", "--cause", "period-locked"), ("retry_cause", "main", "period-locked", None)),
        (("skip", "invoices", "INV-1", "--reason", "By hand."), ("skip", "main", "invoices", "INV-1", "By hand.")),
        (("unskip", "invoices", "INV-1"), ("unskip", "main", "invoices", "INV-1")),
        (("link", "invoices", "INV-1", "INV-9"), ("link", "main", "invoices", "INV-1", "INV-9")),
        (
            ("answer", "invoices", "INV-1", "keep-source"),
            ("answer", "main", "invoices", "INV-1", "keep-source", {}, None),
        ),
        (
            ("answer", "invoices", "INV-1", "keep-target", "--field", "due=source"),
            ("answer", "main", "invoices", "INV-1", "keep-target", {"due": "source"}, None),
        ),
        (
            ("answer", "customers", "Acme", "create", "--as", "Acme (Perth)"),
            ("answer", "main", "customers", "Acme", "create", {}, "Acme (Perth)"),
        ),
    ],
)
def test_a_command_asks_the_desk_for_what_was_written(run, line, asked):
    code, _, _, told = run(*line)
    assert code == 0 and told == [asked]
    code, out, _, told = run(*line, "--json")
    assert code == 0 and told == [asked] and json.loads(out)


@pytest.mark.parametrize(
    "line",
    [
        ("retry",),
        ("retry", "invoices"),
        ("skip", "invoices", "INV-1"),
        ("answer", "invoices", "INV-1"),
        ("answer", "invoices", "INV-1", "--field", "due"),
        ("holds", "--page", "0"),
    ],
)
def test_what_is_not_complete_is_refused_before_the_desk_is_asked(run, line):
    code, _, _, asked = run(*line)
    assert code == 2 and asked == []


def test_what_the_desk_refuses_ends_with_its_words_and_code(run):
    code, _, err, _ = run("link", "invoices", "INV-1", "Nobody")
    assert code == 2 and "Xero has no Nobody" in err and "code: refused" in err


def test_questions_show_values_scores_reasons_and_answers(run):
    code, out, err, _ = run("questions")
    assert code == 0
    for words in ("2026-08-01 here, 2026-09-01 there, last sent 2026-07-01", "keep-target", "Harbour Café (92 %)"):
        assert words in out
    assert "same e-mail address" in out and "Proposal: Harbour Cafe (Perth)" in out and "guid" in out
    assert "tieout answer APP NUMBER ANSWER" in err


def test_decisions_are_listed_with_who_and_when(run):
    _, out, _, _ = run("decisions")
    for words in ("BOLT", "skip", "A test record.", "ana", "2026-07-02"):
        assert words in out
