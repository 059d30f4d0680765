"""What people decide about single records: asked with all values, carried out once, remembered for those values."""

from datetime import date
from decimal import Decimal
from types import SimpleNamespace

import pytest
from sqlalchemy import select
from tieout.api.errors import Refused
from tieout.desk.decisions import Decisions
from tieout.desk.held import Wanted
from tieout.engine import planner
from tieout.engine.reconcile import tie_out
from tieout.ledger.tables import AuditRow
from tieout.rules.questions import Ownership
from world import Office, once


@pytest.fixture
def office(tmp_path):
    office = Office(tmp_path)
    for one in range(1, 4):
        office.person(f"p{one}")
        office.bill(f"b{one}", party=f"p{one}", total=Decimal(one))
    return office


def synced(office):
    return office.sync()


def desk(office, who="ana"):
    engine = office.engine()
    connections = {"here": SimpleNamespace(plugin="shop"), "there": SimpleNamespace(plugin="book")}
    config = SimpleNamespace(pairs={"main": office.pair}, connections=connections)
    return Decisions(office.ledger, office.clock, who, config, engine)


def causes(report, kind="hold"):
    return {group.problem.cause for group in report.holds if group.kind == kind}


def added_up(report):
    for counts in report.counts.values():
        assert counts.problem() == ""
    return report


def change_there(office, number, **values):
    (doc,) = office.docs(number)
    office.book.write("docs", "update", values, doc["id"])


def conflict(office):
    """One bill whose due date was changed on both sides."""
    office.sync()
    change_there(office, "B-b1", due="2026-12-01")
    office.bill("b1", party="p1", total=Decimal(1), due="2026-11-30")
    return added_up(office.sync())


def test_a_conflict_is_asked_with_all_three_values(office):
    once(office, conflict)
    (asked,) = desk(office).questions("main")
    (field,) = asked.question.fields
    assert (asked.entity, asked.label, asked.amount) == ("bills", "B-b1", Decimal(1))
    assert asked.question.kind == "conflict"
    assert {"keep-source", "keep-target"} <= set(asked.question.options)
    assert (field.name, field.source, field.target, field.last) == ("due", "2026-11-30", "2026-12-01", None)


def test_keep_source_is_sent_and_is_no_question_any_more(office):
    once(office, conflict)
    desk(office).answer("main", "bills", "B-b1", "keep-source")
    report = added_up(office.sync())
    assert report.counts["bills"].updated == 1 and report.holds == ()
    assert office.docs("B-b1")[0]["due"] == "2026-11-30"
    assert desk(office).questions("main") == ()


def test_keep_target_sends_nothing_and_holds_for_these_values_only(office):
    once(office, conflict)
    calls = len(office.book.calls)
    desk(office).answer("main", "bills", "B-b1", "keep-target")
    report = added_up(office.sync())
    assert report.counts["bills"].kept == 1 and report.holds == ()
    assert len(office.book.calls) == calls and office.docs("B-b1")[0]["due"] == "2026-12-01"
    office.bill("b1", party="p1", total=Decimal(1), due="2027-01-31")
    assert causes(added_up(office.sync())) == {"changed-on-both-sides"}
    change_there(office, "B-b1", due="2027-01-31")
    assert office.sync().holds == ()


def test_a_single_field_is_answered_alone(office):
    once(office, synced)
    change_there(office, "B-b1", due="2026-12-01", date="2026-08-05")
    office.bill("b1", party="p1", total=Decimal(1), due="2026-11-30", date="2026-08-09")
    office.sync()
    decisions = desk(office)
    decisions.answer("main", "bills", "B-b1", None, {"due": "source"})
    assert causes(added_up(office.sync())) == {"changed-on-both-sides"}
    (asked,) = desk(office).questions("main")
    assert [field.name for field in asked.question.fields] == ["date"]
    decisions.answer("main", "bills", "B-b1", "keep-target")
    assert added_up(office.sync()).counts["bills"].updated == 1
    (doc,) = office.docs("B-b1")
    assert (doc["due"], doc["date"]) == ("2026-11-30", "2026-08-05")


@pytest.mark.parametrize(
    ("owns", "due"),
    [
        (Ownership({"due": "source"}), "2026-11-30"),
        (Ownership({"due": "target"}), "2026-12-01"),
        (Ownership(otherwise="source"), "2026-11-30"),
        (Ownership(otherwise="target"), "2026-12-01"),
    ],
)
def test_the_configuration_answers_where_it_says_who_owns_a_field(office, owns, due):
    office.pair.owns["bills"] = owns
    report = conflict(office)
    assert report.holds == () and office.docs("B-b1")[0]["due"] == due


def test_what_the_target_owns_is_not_overwritten_by_a_change_of_the_source_alone(office):
    office.pair.owns["bills"] = Ownership({"due": "target"})
    office.sync()
    office.bill("b1", party="p1", total=Decimal(7), due="2026-11-30")
    assert added_up(office.sync()).counts["bills"].updated == 1
    (doc,) = office.docs("B-b1")
    assert (doc["due"], doc["total"]) == (None, Decimal(7))


def test_an_answer_that_is_not_asked_for_is_refused(office):
    once(office, conflict)
    decisions = desk(office)
    for refused in (
        lambda: decisions.answer("main", "bills", "B-b2", "keep-source"),
        lambda: decisions.answer("main", "bills", "B-b1", "create"),
        lambda: decisions.answer("main", "bills", "B-b1", None, {"total": "source"}),
        lambda: decisions.answer("main", "bills", "B-b1", None, {"due": "left"}),
        lambda: decisions.answer("main", "bills", "B-99", "keep-source"),
        lambda: decisions.answer("main", "cats", "B-b1", "keep-source"),
    ):
        with pytest.raises(Refused):
            refused()
    assert decisions.made("main") == ()


def test_a_skip_is_listed_with_its_reason_its_children_wait_and_it_is_taken_back(office):
    decisions = desk(office)
    office.bill("b9", party=None)
    office.person("p9")
    office.engine().plan(office.pair)
    decisions.skip("main", "people", "p9", "A test record.")
    office.bill("b8", party="p9", total=Decimal(8))
    report = added_up(office.sync())
    assert causes(report, "skip") == {"skipped-by-person"} and "parent-skipped" in causes(report)
    told = [group.problem.what for group in report.holds if group.problem.cause == "skipped-by-person"]
    assert told == ["A test record."]
    assert [(one.what, one.value, one.by) for one in decisions.made("main")] == [("skip", "A test record.", "ana")]
    assert tie_out(office.engine(), "main").ties
    assert added_up(office.sync()).counts["people"].created == 0
    decisions.unskip("main", "people", "p9")
    back = added_up(office.sync())
    assert back.counts["people"].created == 1 and back.counts["bills"].created == 1
    assert decisions.made("main") == ()


def test_a_linked_record_that_is_skipped_is_no_longer_written(office):
    once(office, synced)
    desk(office).skip("main", "bills", "B-b1", "Done by hand.")
    office.bill("b1", party="p1", total=Decimal(50))
    assert added_up(office.sync()).counts["bills"].skipped == 1
    assert office.docs("B-b1")[0]["total"] == Decimal(1)


def test_a_skip_needs_a_reason_and_only_a_persons_skip_is_taken_back(office):
    office.bill("b9", standing="draft")
    office.sync()
    with pytest.raises(Refused):
        desk(office).skip("main", "bills", "B-b1", "  ")
    with pytest.raises(Refused):
        desk(office).unskip("main", "bills", "B-b9")


def test_every_decision_is_audited_with_who_and_when(office):
    once(office, conflict)
    office.clock.wait(60)
    desk(office, "bo").answer("main", "bills", "B-b1", "keep-source")
    desk(office, "cy").skip("main", "people", "p1", "Why not.")
    with office.ledger.reading() as sql:
        rows = [(row.who, row.what, row.at) for row in sql.execute(select(AuditRow))]
    assert rows == [("bo", "keep", office.clock.now()), ("cy", "skip", office.clock.now())]


def test_a_record_is_linked_by_a_person_and_from_then_on_changed(office):
    there, _ = office.book.write("parties", "create", {"name": "Somebody Else", "external": None})
    office.engine().plan(office.pair)
    assert desk(office).link("main", "people", "Person p1", "Somebody Else") == there["id"]
    report = added_up(office.sync())
    assert report.counts["people"].linked == 1 and report.counts["people"].created == 2
    assert office.book.parties[there["id"]]["name"] == "Somebody Else"
    assert office.docs("B-b1")[0]["party"] == there["id"]
    assert added_up(office.sync()).counts["people"].planned == 0
    office.person("p1", name="Person One")
    assert added_up(office.sync()).counts["people"].updated == 1
    assert office.book.parties[there["id"]]["name"] == "Person One"


def test_what_was_there_before_and_only_matched_is_never_changed_until_a_person_links_it(office):
    office.book.write("docs", "create", {"number": "B-b1", "date": "2026-08-01", "total": Decimal(1), "party": None})
    office.sync()
    office.bill("b1", party="p1", total=Decimal(4))
    assert causes(office.sync()) == {"not-ours"}
    desk(office).answer("main", "bills", "B-b1", "keep-target")
    assert office.sync().holds == ()
    assert office.docs("B-b1")[0]["total"] == Decimal(1)


@pytest.mark.parametrize("target", ["Nobody", "Person p2", "Gone"])
def test_a_link_to_what_is_not_there_is_taken_or_is_void_is_refused(office, target):
    once(office, synced)
    office.book.write("parties", "create", {"name": "Gone", "external": None, "standing": "archived"})
    office.person("p7", name="Seven")
    office.engine().plan(office.pair)
    with pytest.raises(Refused):
        desk(office).link("main", "people", "Seven", target)
    assert desk(office).made("main") == ()


def test_a_taken_number_is_sent_under_another_one_until_the_record_has_a_new_one(office):
    office.book.write("docs", "create", {"number": "B-b1", "date": "2026-08-01", "total": Decimal("777")})
    assert causes(office.sync()) == {"number-taken"}
    (asked,) = desk(office).questions("main")
    assert asked.question.kind == "number-taken" and asked.question.called == "B-b1"
    assert asked.question.suggestions[0].label == "B-b1"
    desk(office).answer("main", "bills", "B-b1", "create", called="B-b1/A")
    assert added_up(office.sync()).counts["bills"].created == 1
    assert office.docs("B-b1/A")[0]["total"] == Decimal(1)
    assert len(office.docs("B-b1")) == 1
    office.bill("b1", party="p1", total=Decimal(2))
    assert added_up(office.sync()).counts["bills"].updated == 1
    assert office.docs("B-b1/A")[0]["total"] == Decimal(2)
    office.bill("b1", party="p1", total=Decimal(2), number="B-100")
    office.sync()
    assert len(office.docs("B-100")) == 1 and office.docs("B-b1/A") == []


def test_twins_are_told_apart_by_the_name_that_a_person_gives_one(office):
    office.person("p8", name="Twin")
    office.person("p9", name="TWIN ")
    assert causes(office.sync()) == {"same-key"}
    assert {asked.question.kind for asked in desk(office).questions("main")} == {"twin"}
    desk(office).answer("main", "people", "p9", "create", called="Twin (Perth)")
    report = added_up(office.sync())
    assert report.counts["people"].created == 2 and report.holds == ()
    assert {"Twin", "Twin (Perth)"} <= {party["name"] for party in office.book.parties.values()}


@pytest.mark.parametrize("page", [2, 200])
def test_every_namesake_is_offered_a_name_of_its_own_that_is_free(office, monkeypatch, page):
    monkeypatch.setattr(planner, "PAGE", page)  # namesakes meet on one page, or on several
    office.book.write("parties", "create", {"name": "Twin (2)"})
    for one in ("p5", "p6", "p7", "p8"):
        office.person(one, name="Twin")
    office.sync()
    asked = desk(office).questions("main")
    offered = {one.source_id: one.question.proposal for one in asked}
    assert sorted(offered) == ["p5", "p6", "p7", "p8"]
    assert sorted(offered.values()) == ["Twin (3)", "Twin (4)", "Twin (5)", "Twin (6)"]
    assert {one.question.reason for one in asked} == {"It is the first number that is free."}
    office.sync()
    again = {one.source_id: one.question.proposal for one in desk(office).questions("main")}
    assert sorted(again.values()) == sorted(offered.values())
    for one in again:
        desk(office).answer("main", "people", one, "create")
    assert added_up(office.sync()).holds == ()
    assert set(again.values()) <= {party["name"] for party in office.book.parties.values()}


@pytest.fixture
def refusing(office, monkeypatch):
    """A book that refuses a bill of 13, until it is told otherwise."""
    book, write = office.book, office.book.write
    office.refuses = True

    def fussy(kind, op, body, one=None):
        if office.refuses and body.get("total") == Decimal(13):
            return None, "Not thirteen."
        return write(kind, op, body, one)

    monkeypatch.setattr(book, "write", fussy)
    office.bill("b13", party="p1", total=Decimal(13))
    added_up(office.sync())
    return office


def test_what_was_refused_is_not_sent_again_until_something_changed(refusing):
    calls = len(refusing.book.calls)
    for _ in range(3):
        report = added_up(refusing.sync())
        assert report.counts["bills"].held == 1 and causes(report) == {"refused"}
    assert len(refusing.book.calls) == calls
    (record,) = desk(refusing).held("main").records
    assert (record.label, record.tries, record.next_try) == ("B-b13", 1, "change")
    assert record.problems[0].what == "Not thirteen."
    refusing.bill("b13", party="p1", total=Decimal(13), due="2026-12-01")
    assert refusing.sync().counts["bills"].rejected == 1
    assert desk(refusing).held("main").records[0].tries == 2


def test_a_person_may_have_it_tried_again(refusing):
    refusing.refuses = False
    assert refusing.sync().counts["bills"].created == 0
    desk(refusing).retry("main", "bills", "B-b13")
    assert added_up(refusing.sync()).counts["bills"].created == 1


def test_a_whole_cause_is_tried_again(refusing):
    refusing.bill("b14", party="p1", total=Decimal(13))
    refusing.sync()
    refusing.refuses = False
    assert desk(refusing).retry_cause("main", "refused") == 2
    assert added_up(refusing.sync()).counts["bills"].created == 2
    with pytest.raises(Refused):
        desk(refusing).retry_cause("main", "refused")


def test_what_the_refused_record_names_changing_in_the_target_tries_it_again(refusing):
    refusing.refuses = False
    (party,) = [one for one in refusing.book.parties.values() if one["name"] == "Person p1"]
    refusing.book.write("parties", "update", {"note": "restored"}, party["id"])
    assert added_up(refusing.sync()).counts["bills"].created == 1


def test_the_order_is_asked_for_then_fresh_then_held(tmp_path):
    office = Office(tmp_path, batch=1)
    office.person("p1")
    office.person("p8", name="Twin")
    office.person("p9", name="Twin")
    for one in ("a1", "a2"):
        office.bill(one, party="p8")
    office.sync()
    office.person("p9", name="Other")
    office.bill("z1", party="p1")
    desk(office).retry("main", "bills", "B-a2")
    assert added_up(office.sync()).counts["bills"].created == 3
    assert [doc["number"] for doc in office.book.docs.values()] == ["B-a2", "B-z1", "B-a1"]


def test_held_records_come_in_pages_by_cause_and_app(office):
    for one in range(60):
        office.bill(f"x{one:02}", party=None, total=Decimal(1))
    office.sync()
    decisions = desk(office)
    first, second = (decisions.held("main", Wanted(cause="party-missing"), number) for number in (1, 2))
    assert (first.total, first.pages, len(first.records), len(second.records)) == (60, 2, 50, 10)
    assert not {one.label for one in first.records} & {one.label for one in second.records}
    assert first.records[0].since.date() == date(2026, 11, 1) and first.records[0].next_try == "next-run"
    assert decisions.held("main", Wanted(entity="people")).total == 0


def test_since_when_something_is_held_stays(office):
    office.bill("b9", party=None)
    office.sync()
    began = desk(office).held("main").records[0].since
    office.clock.wait(86_400)
    office.sync()
    assert desk(office).held("main").records[0].since == began


@pytest.mark.parametrize("moment", range(1, 19))
def test_a_skip_taken_back_while_a_run_is_under_way_is_not_forgotten(office, monkeypatch, moment):
    office.bill("b9")
    office.engine().plan(office.pair)
    desk(office).skip("main", "bills", "B-b9", "Wait a little.")
    office.sync()
    office.bill("b9", total=Decimal(9))
    ticks, tick = iter(range(1, 10_000)), office.tick

    def meanwhile(where):
        tick(where)
        if where == "before write" and next(ticks) == moment:
            desk(office).unskip("main", "bills", "B-b9")

    monkeypatch.setattr(office, "tick", meanwhile)
    office.sync()
    assert next(ticks) > moment
    monkeypatch.setattr(office, "tick", tick)
    office.sync()
    assert [doc["total"] for doc in office.docs("B-b9")] == [Decimal(9)]
