"""The pure heart: what becomes of one record in every case of both sides and their past."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tieout.api.contract import Entity
from tieout.api.errors import Problem
from tieout.api.model import Document, Line, Ref
from tieout.rules.plan import Case, Past, decide
from tieout.rules.questions import NOBODY, UNANSWERED, Answers, Ownership

INVOICES = Entity(
    name="invoices",
    title="Invoices",
    model=Document,
    letter="V",
    key=("number",),
    follows=("party",),
    ties=("total", "tax"),
    target_owns={"lines": {"__all__": {"account": True, "tax": True}}},
)
SINCE = date(2026, 7, 1)


def invoice(**given):
    values = {
        "number": "INV-1",
        "date": date(2026, 8, 1),
        "due": date(2026, 9, 1),
        "party": Ref(entity="customers", id="7"),
        "lines": (Line(description="Bolt", quantity=Decimal(2), price=Decimal("11.50")),),
        "total": Decimal("23.00"),
    }
    return Document(**{**values, **given})


def there(**given):
    return invoice(party=Ref(entity="parties", side="target", id="guid"), **given)


def linked(source, target, *, sent=None, came=None, origin="created", is_primary=True, missing=()):
    past = Past(origin, is_primary, sent or invoice(), came or there())
    return decide(Case(entity=INVOICES, since=SINCE, source=source, past=past, target=target, missing=missing))


def fresh(source, **given):
    return decide(Case(entity=INVOICES, since=SINCE, source=source, **given))


def test_a_new_record_is_created():
    assert fresh(invoice()).kind == "create"


def test_what_the_entity_skips_is_skipped_with_its_reason():
    verdict = fresh(invoice(standing="draft"), skip="It is a draft.")
    assert verdict.kind == "skip" and verdict.problems[0].what == "It is a draft."


def test_a_document_before_the_start_date_is_skipped_and_one_on_it_goes():
    assert fresh(invoice(date=date(2026, 6, 30))).problems[0].cause == "before-start-date"
    assert fresh(invoice(date=SINCE)).kind == "create"


def test_what_lacks_something_is_held_with_all_its_problems():
    missing = (Problem(cause="a", what="A"), Problem(cause="b", what="B"))
    verdict = fresh(invoice(), missing=missing)
    assert verdict.kind == "hold" and verdict.problems == missing and verdict.lacking


def test_nothing_changed_is_unchanged():
    assert linked(invoice(), there()).kind == "unchanged"


def test_equal_amounts_written_differently_are_unchanged():
    assert linked(invoice(total=Decimal("23.0")), there(total=Decimal("23"))).kind == "unchanged"


def test_a_change_in_the_source_alone_is_an_update():
    verdict = linked(invoice(due=date(2026, 9, 15)), there())
    assert verdict.kind == "update" and verdict.keep == frozenset()


def test_a_change_in_the_target_alone_is_kept():
    assert linked(invoice(), there(due=date(2026, 10, 1))).kind == "kept"


def test_what_the_target_owns_may_change_without_a_word():
    line = Line(description="Bolt", quantity=Decimal(2), price=Decimal("11.50"), account="260", tax="EXEMPT")
    assert linked(invoice(), there(lines=(line,))).kind == "unchanged"


def test_changes_in_different_fields_are_merged():
    verdict = linked(invoice(due=date(2026, 9, 15)), there(reference="PO 9"))
    assert verdict.kind == "update" and verdict.keep == {"reference"}


def test_changes_of_the_same_field_ask():
    verdict = linked(invoice(due=date(2026, 9, 15)), there(due=date(2026, 9, 20)))
    assert verdict.kind == "hold" and verdict.problems[0].cause == "changed-on-both-sides"
    assert verdict.problems[0].about == "due"


@pytest.mark.parametrize(("standing", "cause"), [("settled", "settled-in-target"), ("archived", "archived-in-target")])
def test_a_locked_counterpart_is_not_changed(standing, cause):
    verdict = linked(invoice(total=Decimal("24")), there(standing=standing))
    assert verdict.kind == "hold" and verdict.problems[0].cause == cause


def test_what_may_still_change_on_a_settled_document_goes_and_nothing_with_it():
    free = frozenset({"due", "reference"})
    paid = Past("created", True, invoice(), there())

    def verdict(source):
        case = Case(entity=INVOICES, since=SINCE, source=source, past=paid, target=there(standing="settled"), free=free)
        return decide(case)

    assert verdict(invoice(due=date(2026, 9, 15))).kind == "update"
    assert verdict(invoice(due=date(2026, 9, 15), total=Decimal("24"))).problems[0].cause == "settled-in-target"


@pytest.mark.parametrize("target", [None, there(standing="void")])
def test_what_was_voided_in_the_target_is_never_brought_back(target):
    assert linked(invoice(), target).kind == "kept"
    assert linked(invoice(total=Decimal("24")), target).problems[0].cause == "void-in-target"


def test_a_void_in_the_source_takes_the_counterpart_back():
    assert linked(invoice(standing="void"), there()).kind == "void"


def test_a_void_of_a_paid_document_asks():
    assert linked(invoice(standing="void"), there(standing="settled")).problems[0].cause == "settled-in-target"


def test_void_on_both_sides_agrees():
    assert linked(invoice(standing="void"), there(standing="void")).kind == "unchanged"


@pytest.mark.parametrize("source", [invoice(total=Decimal("24")), invoice(standing="void")])
def test_what_was_there_before_us_is_never_changed(source):
    assert linked(source, there(), origin="matched").problems[0].cause == "not-ours"


def test_a_second_source_of_one_target_is_never_sent():
    assert linked(invoice(total=Decimal("24")), there(), is_primary=False).kind == "unchanged"


def test_a_deletion_in_the_source_asks():
    assert linked(None, there()).problems[0].cause == "deleted-in-source"


def both_changed(answers=UNANSWERED, owns=NOBODY, ours=None, theirs=None):
    """A document whose due date both sides changed, and whose reference the source changed alone."""
    source = invoice(due=date(2026, 9, 15), reference="PO 1") if ours is None else ours
    past = Past("created", True, invoice(), there())
    target = there(due=date(2026, 9, 20)) if theirs is None else theirs
    return decide(
        Case(entity=INVOICES, since=SINCE, source=source, past=past, target=target, answers=answers, owns=owns)
    )


def test_a_conflict_shows_both_values_and_the_last_one_sent():
    (field,) = both_changed().question.fields
    values = (field.name, field.source, field.target, field.last)
    assert values == ("due", date(2026, 9, 15), date(2026, 9, 20), date(2026, 9, 1))


@pytest.mark.parametrize(("side", "keep"), [("source", frozenset()), ("target", frozenset({"due"}))])
def test_an_answer_decides_the_values_asked_about_and_no_others(side, keep):
    (field,) = both_changed().question.fields
    answers = Answers({("keep", field.mark): side})
    verdict = both_changed(answers)
    assert (verdict.kind, verdict.keep) == ("update", keep)
    moved = both_changed(answers, theirs=there(due=date(2026, 9, 21)))
    assert moved.kind == "hold" and moved.question.fields[0].target == date(2026, 9, 21)


@pytest.mark.parametrize(
    ("owns", "keep"),
    [
        (Ownership({"due": "source"}), frozenset()),
        (Ownership({"due": "target"}), frozenset({"due"})),
        (Ownership(otherwise="source"), frozenset()),
        (Ownership(otherwise="target"), frozenset({"due"})),
    ],
)
def test_an_owner_has_the_last_word(owns, keep):
    verdict = both_changed(owns=owns)
    assert (verdict.kind, verdict.keep) == ("update", keep)


def test_an_owner_that_is_named_goes_before_the_rule_for_all_others():
    assert both_changed(owns=Ownership({"due": "source"}, otherwise="target")).keep == frozenset()


def test_what_the_source_owns_goes_although_the_target_alone_changed_it():
    case = {"ours": invoice(reference="PO 1"), "theirs": there(due=date(2026, 9, 20))}
    assert both_changed(**case).keep == {"due"}
    assert both_changed(**case, owns=Ownership({"due": "source"})).keep == frozenset()


def test_both_sides_changed_to_the_same_is_no_question():
    verdict = both_changed(ours=invoice(due=date(2026, 9, 20)))
    assert verdict.kind == "kept"


def test_a_change_of_the_source_alone_is_not_sent_where_the_target_owns_the_field():
    case = {"ours": invoice(due=date(2026, 9, 15)), "theirs": there(), "owns": Ownership({"due": "target"})}
    assert both_changed(**case).kind == "kept"
    assert both_changed(**{**case, "owns": NOBODY}).kind == "update"


def test_what_is_locked_is_left_once_a_person_says_so_and_asked_anew_after_the_next_change():
    paid = there(standing="settled")
    asked = both_changed(theirs=paid).question
    answers = Answers({("keep", asked.mark): "target"})
    assert asked.kind == "conflict" and "keep-source" not in asked.options
    assert both_changed(answers, theirs=paid).kind == "kept"
    again = both_changed(answers, theirs=paid, ours=invoice(total=Decimal("99")))
    assert again.problems[0].cause == "settled-in-target"


@pytest.mark.parametrize(("side", "kind"), [("target", "kept"), ("source", "void")])
def test_a_deletion_is_carried_out_or_left_as_a_person_says(side, kind):
    past = Past("created", True, invoice(), there())
    case = Case(entity=INVOICES, since=SINCE, source=None, past=past, target=there())
    asked = decide(case).question
    assert asked.kind == "deletion"
    assert decide(replace(case, answers=Answers({("keep", asked.mark): side}))).kind == kind
    changed = replace(case, target=there(reference="PO 9"), answers=Answers({("keep", asked.mark): side}))
    assert decide(changed).kind == "hold"


def test_a_skip_by_a_person_stops_everything_and_a_link_goes_before_matching():
    skipped = Answers({("skip", ""): "Entered by hand."})
    assert fresh(invoice(), answers=skipped).problems[0].what == "Entered by hand."
    assert both_changed(skipped).kind == "skip"
    linked_ = Answers({("link", ""): {"target": "guid"}})
    assert fresh(invoice(lines=()), answers=linked_, missing=(Problem(cause="a", what="A"),)).kind == "link"
    case = Case(entity=INVOICES, since=SINCE, source=invoice(), target=there(), answers=linked_, counterpart="guid")
    assert decide(replace(case, past=Past("person", True, invoice(), there()))).kind == "unchanged"


standings = st.sampled_from(["draft", "live", "settled", "void", "archived"])
records = st.builds(
    invoice,
    due=st.sampled_from([date(2026, 9, 1), date(2026, 9, 15)]),
    reference=st.sampled_from(["", "PO 9"]),
    total=st.sampled_from([Decimal("23.00"), Decimal("24.00")]),
    standing=standings,
)


@given(source=records, target=st.none() | records, sent=records, came=records, primary=st.booleans())
def test_nothing_locked_or_gone_is_ever_written(source, target, sent, came, primary):
    verdict = linked(source, target, sent=sent, came=came, is_primary=primary)
    if target is None or target.standing in ("void", "settled") or not primary:
        assert verdict.kind not in ("create", "update", "void")


@given(source=records, target=records, sent=records, came=records)
def test_every_hold_says_what_happened_why_and_what_to_do(source, target, sent, came):
    verdict = linked(source, target, sent=sent, came=came)
    if verdict.kind == "hold":
        assert all(one.cause and one.what and one.why and one.fix for one in verdict.problems)


@given(source=records, target=records, sent=records, came=records)
def test_an_update_never_takes_a_field_that_both_sides_changed(source, target, sent, came):
    verdict = linked(source, target, sent=sent, came=came)
    if verdict.kind == "update":
        for name in ("due", "reference", "total"):
            here = getattr(source, name) != getattr(sent, name)
            over_there = getattr(target, name) != getattr(came, name)
            assert not (here and over_there) or getattr(source, name) == getattr(target, name)
            assert (name in verdict.keep) == over_there
