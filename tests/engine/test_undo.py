"""Undoing a run: only what it created and nobody touched is taken back, and never sent again by itself."""

from decimal import Decimal
from types import SimpleNamespace

import pytest
from tieout.api.errors import Refused
from tieout.desk.undo import Undo
from tieout.rules.guard import Guard
from world import Office


@pytest.fixture
def office(tmp_path):
    office = Office(tmp_path, entities=("people", "bills", "payments"), guard=Guard(percent=100))
    for one in range(1, 4):
        office.person(f"p{one}")
        office.bill(f"b{one}", party=f"p{one}", total=Decimal(one))
    return office


def undo(office, run):
    config = SimpleNamespace(pairs={"main": office.pair})
    return Undo(office.ledger, config, office.engine()).plan("main", run)


def left(undoing):
    return {(group.entity, group.problem.cause): (group.count, group.examples) for group in undoing.left}


def standing(office):
    return {doc["number"]: doc["standing"] for doc in office.book.docs.values()}


def test_what_a_run_created_is_planned_to_be_taken_back_and_nothing_is_sent_yet(office):
    run = office.sync().run
    calls = len(office.book.calls)
    undoing = undo(office, run)
    assert undoing.plan.operations["bills"] == {"void": 3} and undoing.plan.undoes == run
    assert left(undoing) == {("people", "stays"): (3, ("Person p1", "Person p2", "Person p3"))}
    assert len(office.book.calls) == calls and set(standing(office).values()) == {"live"}
    assert undoing.plan.question() == "Take back 3 bills in Book?"


def test_it_is_carried_out_like_any_plan_and_stays_undone(office):
    undoing = undo(office, office.sync().run)
    report = office.engine().apply(office.pair, undoing.plan.id)
    assert report.state == "done" and report.counts["bills"].voided == 3
    assert set(standing(office).values()) == {"void"} and len(office.book.parties) == 3
    for _ in range(2):
        again = office.sync()
        assert again.counts["bills"].planned == 0 and again.counts["bills"].problem() == ""
    assert len(office.book.docs) == 3


def test_what_was_undone_and_is_edited_later_is_held_and_never_created_again(office):
    office.engine().apply(office.pair, undo(office, office.sync().run).plan.id)
    office.bill("b1", party="p1", total=Decimal("8"))
    report = office.sync()
    assert {group.problem.cause for group in report.holds} == {"void-in-target"} and len(office.docs("B-b1")) == 1


def test_only_that_runs_records_are_taken_back(office):
    first = office.sync().run
    office.bill("b4", total=Decimal(4))
    second = office.sync().run
    assert undo(office, second).plan.operations["bills"] == {"void": 1}
    assert undo(office, first).plan.operations["bills"] == {"void": 3}


def test_what_was_changed_in_the_target_is_listed_and_left(office):
    run = office.sync().run
    (doc,) = office.docs("B-b2")
    office.book.write("docs", "update", {"due": "2026-12-24"}, doc["id"])
    undoing = undo(office, run)
    assert left(undoing)["bills", "touched-in-target"] == (1, ("B-b2",))
    office.engine().apply(office.pair, undoing.plan.id)
    assert standing(office) == {"B-b1": "void", "B-b2": "live", "B-b3": "void"}


def test_what_is_paid_in_the_target_is_listed_and_left(office):
    run = office.sync().run
    (doc,) = office.docs("B-b3")
    office.book.write("docs", "update", {"standing": "settled"}, doc["id"])
    assert left(undo(office, run))["bills", "settled-in-target"] == (1, ("B-b3",))


def test_what_is_void_there_already_is_listed_and_left(office):
    run = office.sync().run
    (doc,) = office.docs("B-b3")
    office.book.write("docs", "update", {"standing": "void"}, doc["id"])
    assert left(undo(office, run))["bills", "gone-there"] == (1, ("B-b3",))


def test_what_a_later_run_changed_is_listed_and_left(office):
    run = office.sync().run
    office.bill("b1", party="p1", total=Decimal("8"))
    office.sync()
    assert left(undo(office, run))["bills", "sent-again"] == (1, ("B-b1",))


def test_what_was_there_before_is_not_taken_back(office):
    office.book.write("docs", "create", {"number": "B-b1", "date": "2026-08-01", "total": Decimal(1)})
    undoing = undo(office, office.sync().run)
    assert undoing.plan.operations["bills"] == {"void": 2}


def test_payments_are_taken_back(office):
    office.bill("b1", party="p1", total=Decimal(9), paid={"1": {"date": "2026-08-02", "amount": Decimal("4.00")}})
    undoing = undo(office, office.sync().run)
    assert undoing.plan.operations["payments"] == {"void": 1}
    office.engine().apply(office.pair, undoing.plan.id)
    assert [one["standing"] for one in office.book.receipts.values()] == ["void"]


def test_what_moves_before_the_undo_goes_is_left_alone(office):
    undoing = undo(office, office.sync().run)
    (doc,) = office.docs("B-b2")
    office.book.write("docs", "update", {"due": "2026-12-24"}, doc["id"])
    report = office.engine().apply(office.pair, undoing.plan.id)
    assert (report.counts["bills"].voided, report.counts["bills"].stale) == (2, 1)
    assert standing(office)["B-b2"] == "live"


def test_the_guard_objects_to_taking_back_much(office):
    office.pair.guard = Guard(records=2)
    assert "3 bills" in undo(office, office.sync().run).plan.objections[0]


def test_a_run_with_nothing_left_to_take_back_makes_no_plan(office):
    run = office.sync().run
    office.engine().apply(office.pair, undo(office, run).plan.id)
    undoing = undo(office, run)
    assert undoing.plan is None and left(undoing)["bills", "gone-there"][0] == 3


@pytest.mark.parametrize("run", [77, "planned"])
def test_a_run_that_sent_nothing_cannot_be_undone(office, run):
    number = office.engine().plan(office.pair).run if run == "planned" else run
    with pytest.raises(Refused, match="sent nothing"):
        undo(office, number)
    assert office.sync().counts["bills"].created == 3
