"""Runs between a shop and a book: counts that add up, holds that say why, faults and crashes that lose nothing."""

from dataclasses import asdict, replace
from decimal import Decimal

import pytest
from tieout.api.contract import Tenant
from tieout.api.errors import OutcomeUnknown, Refused
from tieout.engine.reconcile import tie_out
from tieout.ledger.lease import held
from world import AtOnce, Office, deaths, once


@pytest.fixture
def office(tmp_path):
    office = Office(tmp_path)
    for one in range(1, 8):
        office.person(f"p{one}")
        office.bill(f"b{one}", party=f"p{one}", total=Decimal(one) + Decimal("0.05"))
    return office


def synced(office):
    return office.sync()


def added_up(report):
    for counts in report.counts.values():
        assert counts.problem() == ""
        told = counts.done + counts.wrong + counts.rejected + counts.unknown + counts.waiting + counts.stale
        assert counts.planned == told, asdict(counts)


def agreed(office):
    added_up(office.sync())
    for wire in office.shop.bills.values():
        docs = office.docs(wire["number"])
        assert len(docs) == 1, wire["number"]
        assert docs[0]["total"] == wire["total"]
    names = [party["name"] for party in office.book.parties.values()]
    assert len(names) == len(set(names)) == len(office.shop.people)


def test_everything_goes_once_and_the_second_run_writes_nothing(office):
    report = once(office, synced)
    added_up(report)
    assert report.state == "done"
    assert report.counts["people"].created == 7 and report.counts["bills"].created == 7
    calls = len(office.book.calls)
    again = office.sync()
    added_up(again)
    assert len(office.book.calls) == calls
    assert again.counts["bills"].planned == 0
    agreed(office)


def test_batches_are_filled(office):
    once(office, synced)
    assert [call for call in office.book.calls if call[0] == "parties"] == [
        ("parties", "create", 5),
        ("parties", "create", 2),
    ]


def test_references_are_filled_from_receipts(office):
    once(office, synced)
    for number in range(1, 8):
        party = office.book.parties[office.docs(f"B-b{number}")[0]["party"]]
        assert party["name"] == f"Person p{number}"


def test_an_edit_goes_as_one_update(office):
    once(office, synced)
    office.bill("b3", party="p3", total=Decimal("99.95"))
    report = office.sync()
    assert report.counts["bills"].updated == 1 and office.book.calls[-1] == ("docs", "update", 1)
    agreed(office)


def test_an_edit_in_the_book_is_kept_and_an_edit_on_both_sides_asks(office):
    once(office, synced)
    (doc,) = office.docs("B-b1")
    office.book.write("docs", "update", {"due": "2026-12-01"}, doc["id"])
    kept = office.sync()
    assert kept.counts["bills"].kept == 1 and kept.counts["bills"].planned == 0
    office.bill("b1", party="p1", total=Decimal("1.05"), due="2026-11-30")
    asked = office.sync()
    added_up(asked)
    assert asked.counts["bills"].held == 1
    assert [group.problem.cause for group in asked.holds] == ["changed-on-both-sides"]
    assert office.docs("B-b1")[0]["due"] == "2026-12-01"


def test_a_void_takes_the_document_back(office):
    once(office, synced)
    office.bill("b2", party="p2", total=Decimal("2.05"), standing="void")
    report = office.sync()
    assert report.counts["bills"].voided == 1
    assert office.docs("B-b2")[0]["standing"] == "void"


def test_what_lacks_something_is_held_and_released_by_itself(office):
    office.bill("b9", party=None)
    held_ = office.sync()
    added_up(held_)
    assert held_.counts["bills"].held == 1 and held_.holds[0].problem.cause == "party-missing"
    office.bill("b9", party="p1")
    released = office.sync()
    assert released.counts["bills"].created == 1 and released.holds == ()


def test_a_child_waits_for_its_held_parent_and_follows_it(office):
    office.person("p8", name="Twin")
    office.person("p9", name="TWIN ")
    office.bill("b8", party="p8")
    report = office.sync()
    added_up(report)
    causes = {group.problem.cause for group in report.holds}
    assert causes == {"same-key", "waiting"}
    assert report.counts["people"].held == 2
    office.person("p9", name="Other")
    agreed_report = office.sync()
    added_up(agreed_report)
    assert agreed_report.counts["people"].created == 2 and agreed_report.counts["bills"].created == 1
    assert agreed_report.counts["people"].released == 1


def test_what_is_there_already_is_adopted_and_not_rewritten(office):
    office.book.write("parties", "create", {"name": "PERSON p1", "external": None})
    report = office.sync()
    assert report.counts["people"].linked == 1 and report.counts["people"].created == 6
    assert [p for p in office.book.parties.values() if p["name"] == "PERSON p1"]
    assert len(office.book.parties) == 7


def test_a_number_taken_by_another_document_asks(office):
    office.book.write("docs", "create", {"number": "B-b1", "date": "2026-08-01", "total": Decimal("777")})
    report = office.sync()
    assert "number-taken" in {group.problem.cause for group in report.holds}
    assert len(office.docs("B-b1")) == 1 and office.docs("B-b1")[0]["total"] == Decimal("777")


def test_a_skip_is_counted_with_its_reason(office):
    office.bill("b9", standing="draft")
    office.bill("b10", date="2025-12-31")
    report = office.sync()
    added_up(report)
    assert report.counts["bills"].skipped == 2
    assert {group.problem.cause for group in report.holds} == {"not-to-be-sent", "before-start-date"}


def test_what_a_connector_leaves_out_is_told_and_stops_nothing(office):
    office.person("p8", name="Loud!")
    report = office.sync()
    added_up(report)
    assert report.counts["people"].created == 8 and report.counts["people"].held == 0
    assert [(group.kind, group.problem.cause, group.examples) for group in report.holds] == [
        ("note", "mark-dropped", ("Loud!",))
    ]
    assert office.sync().holds == report.holds
    office.person("p8", name="Quiet")
    assert office.sync().holds == ()


@pytest.mark.parametrize("fault", ["throttle", "drop-before", "drop-after", "fail", "late", "reorder", "partial"])
def test_a_fault_on_the_wire_doubles_and_loses_nothing(office, fault):
    office.book.faults = [fault, None, fault]
    added_up(office.sync())
    agreed(office)


def test_a_batch_refused_whole_is_halved_until_the_bad_one_stands_alone(office):
    office.book.faults = ["refuse-big"]
    added_up(office.sync())
    office.book.faults = []
    agreed(office)


@pytest.mark.parametrize("tick", range(1, 60, 3))
def test_a_run_killed_while_its_call_is_still_under_way_doubles_nothing(office, tick):
    office.book.faults = ["late"] * 3
    office.sync_and_die_at(tick, pause=1)
    office.book.faults = []
    office.sync()
    office.clock.wait(60)
    agreed(office)


def test_an_outcome_that_stays_unknown_ends_the_run_and_is_settled_by_the_next(office):
    office.book.faults = ["drop-after"] + ["drop-before"] * 20
    with pytest.raises(OutcomeUnknown):
        office.book.faults = ["drop-before"] * 20
        office.sync()
    office.book.faults = []
    office.clock.wait(31)
    agreed(office)


def test_no_run_begins_while_another_holds_the_tenant(office):
    with held(office.ledger, office.clock, "tenant:book:book-1"), pytest.raises(Refused):
        office.sync()


def test_before_go_live_nothing_is_sent(office):
    report = office.engine().run(office.pair, lambda plan: False)
    assert report.state == "planned" and office.book.calls == []
    agreed(office)


def test_a_run_killed_at_any_moment_doubles_and_loses_nothing(tmp_path):
    def begun(folder):
        office = Office(folder, batch=2, threads=AtOnce())
        for one in range(1, 4):
            office.person(f"p{one}")
            office.bill(f"b{one}", party=f"p{one}", total=Decimal(one))
        return office

    moments = 0
    for office in deaths(begun, tmp_path):
        moments += 1
        agreed(office)
    assert moments > 20


def test_the_books_tie_out_and_one_changed_amount_is_named(office):
    office.bill("b9", party=None, total=Decimal("5"))
    office.bill("b10", standing="draft", total=Decimal("7"))
    office.sync()
    tie = tie_out(office.engine(), "main")
    assert tie.ties
    bills = [line for line in tie.lines if line.entity == "bills"]
    assert sum(line.held_count for line in bills) == 1 and sum(line.skipped_count for line in bills) == 1
    assert all(line.variance == 0 for line in tie.lines)
    (doc,) = office.docs("B-b4")
    office.book.write("docs", "update", {"total": Decimal("4.06")}, doc["id"])
    broken = tie_out(office.engine(), "main")
    assert not broken.ties
    assert [(one.state, one.label) for one in broken.unexplained()] == [("amount-differs", "B-b4")]
    assert sum((line.variance for line in broken.lines), Decimal(0)) == Decimal("-0.01")


def test_a_missing_a_doubled_and_a_foreign_document_are_told_apart(office):
    once(office, synced)
    (gone,) = office.docs("B-b1")
    office.book.write("docs", "update", {"standing": "void"}, gone["id"])
    (twice,) = office.docs("B-b2")
    body = {name: value for name, value in twice.items() if name not in ("id", "at")}
    office.book.write("docs", "create", body)
    office.book.write("docs", "create", {"number": "X-1", "date": "2026-08-01", "total": Decimal("3")})
    tie = tie_out(office.engine(), "main")
    found = {(one.state, one.label) for one in tie.differences}
    assert found == {("voided-there", "B-b1"), ("doubled", "B-b2"), ("foreign", "X-1")}
    assert not tie.ties


def planned(office):
    """A stored plan, and the engine that made it."""
    engine = office.engine()
    return engine, engine.plan(office.pair).id


def test_a_stored_plan_is_carried_out_as_it_was_shown(office):
    engine, plan = planned(office)
    assert office.book.calls == []
    report = engine.apply(office.pair, plan)
    added_up(report)
    assert report.counts["bills"].created == 7
    with pytest.raises(Refused, match="is applied"):
        engine.apply(office.pair, plan)
    agreed(office)


def test_what_moved_since_the_plan_is_left_for_the_next_one(office):
    once(office, synced)
    office.bill("b1", party="p1", total=Decimal("50"))
    office.bill("b2", party="p2", total=Decimal("60"))
    engine, plan = planned(office)
    office.bill("b1", party="p1", total=Decimal("51"))
    (doc,) = office.docs("B-b2")
    office.book.write("docs", "update", {"due": "2026-12-01"}, doc["id"])
    report = engine.apply(office.pair, plan)
    added_up(report)
    assert report.counts["bills"].stale == 2 and report.counts["bills"].done == 0
    assert office.docs("B-b1")[0]["total"] == Decimal("1.05")
    assert office.sync().counts["bills"].updated == 2
    assert office.docs("B-b2")[0]["due"] == "2026-12-01"


def test_a_plan_made_under_other_terms_is_refused_whole(office):
    _, plan = planned(office)
    systems = office.ready("there")
    office.ready = lambda name: replace(systems, memory={"moved": 1}) if name == "there" else Office.ready(office, name)
    with pytest.raises(Refused, match="other terms"):
        office.engine().apply(office.pair, plan)
    assert office.book.calls == []


def test_a_plan_for_another_organisation_is_refused_whole(office):
    _, plan = planned(office)
    other = replace(office.ready("there"), tenant=Tenant("book-2", "Another"))
    office.ready = lambda name: other if name == "there" else Office.ready(office, name)
    with pytest.raises(Refused, match="another organisation"):
        office.engine().apply(office.pair, plan)
    assert office.book.calls == []


def test_a_plan_that_was_replaced_is_refused(office):
    engine, first = planned(office)
    engine.plan(office.pair)
    with pytest.raises(Refused, match="superseded"):
        engine.apply(office.pair, first)


def test_a_plan_cut_off_half_way_goes_on(office):
    engine, plan = planned(office)
    office.book.faults = ["drop-before"] * 20
    with pytest.raises(OutcomeUnknown):
        engine.apply(office.pair, plan)
    office.book.faults = []
    office.clock.wait(31)
    added_up(office.engine().apply(office.pair, plan))
    agreed(office)
