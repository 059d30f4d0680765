"""The tie-out sees what stands in both systems, whatever the ledger believes: each fault is named as what it is."""

from collections import Counter
from decimal import Decimal

import pytest
from sqlalchemy import delete, update
from tieout.api.errors import Refused
from tieout.engine.reconcile import tie_out
from tieout.ledger.tables import HeldRow, LinkRow, TieRow
from tieout.rules.proof import EVER, Months
from world import Office, once

JULY = Months("2026-07", "2026-07")


@pytest.fixture
def office(tmp_path):
    made = Office(tmp_path, entities=("people", "bills", "payments"))
    once(made, begins)
    return made


def begins(office):
    for one in range(1, 5):
        office.person(f"p{one}")
        office.bill(f"b{one}", party=f"p{one}", total=Decimal(one) + Decimal("0.05"))
    office.sync()


def tied(office, months=EVER, trace=None):
    return tie_out(office.engine(), "main", months, trace)


def named(proof):
    """What does not tie or is explained, by state and by what people call it."""
    return {(one.state, one.label) for one in proof.differences}


def variances(proof, entity="bills"):
    found = [(line.period, line.count_variance, line.variance) for line in proof.lines if line.entity == entity]
    return [one for one in found if one[1:] != (0, 0)]


def unlinked(office):
    """The ledger forgets every link, as after a restore from an old backup."""
    with office.ledger.writing() as sql:
        sql.execute(delete(LinkRow))


def doc(office, number):
    (found,) = office.docs(number)
    return found


def edited(office, label, **values):
    office.book.write("docs", "update", values, doc(office, label)["id"])


def copied(office, label, **values):
    body = {name: value for name, value in doc(office, label).items() if name not in ("id", "at")}
    return office.book.write("docs", "create", {**body, **values})[0]


def test_what_was_synced_ties_and_every_record_is_counted(office):
    proof = tied(office)
    assert proof.ties
    assert proof.differences == ()
    assert proof.counts == {"people": {"matched": 4}, "bills": {"matched": 4}}
    (line,) = [line for line in proof.lines if line.entity == "bills"]
    assert (line.period, line.source_count, line.target_count) == ("2026-08", 4, 4)
    assert line.source_total == line.target_total == Decimal("10.20")


def test_the_proof_tells_who_asked_and_what_was_compared(office):
    proof = tied(office)
    assert (proof.by, proof.at, proof.pair) == ("tester", office.clock.now(), "main")
    assert (proof.source.name, proof.source_title, proof.target_title) == ("Shop", "Shop", "Book")
    assert proof.titles == {"people": "People", "bills": "Bills", "payments": "Payments"}
    assert proof.since == office.pair.since


def test_without_any_link_the_numbers_and_names_join(office):
    unlinked(office)
    proof = tied(office)
    assert proof.ties
    assert proof.counts == {"people": {"matched": 4}, "bills": {"matched": 4}}


@pytest.mark.parametrize("linked", [True, False])
def test_a_record_that_the_target_lost_is_missing_there_whatever_the_ledger_says(office, linked):
    del office.book.docs[doc(office, "B-b2")["id"]]
    if not linked:
        unlinked(office)
    proof = tied(office)
    assert named(proof) == {("missing-there", "B-b2")}
    assert variances(proof) == [("2026-08", 1, Decimal("2.05"))]
    (lost,) = proof.differences
    assert lost.problem.cause == "missing-there"
    assert ("not in Book any more" in lost.problem.what) is linked


def test_a_hold_does_not_hide_that_what_was_sent_is_gone(office):
    edited(office, "B-b2", due="2026-12-01")
    office.bill("b2", party="p2", total=Decimal("2.05"), due="2026-11-30")
    assert office.sync().counts["bills"].held == 1
    del office.book.docs[doc(office, "B-b2")["id"]]
    assert named(tied(office)) == {("missing-there", "B-b2")}


def test_a_record_that_the_source_lost_is_missing_here(office):
    del office.shop.bills["b3"]
    proof = tied(office)
    assert named(proof) == {("missing-here", "B-b3")}
    assert variances(proof) == [("2026-08", -1, Decimal("-3.05"))]


def test_a_person_that_the_source_lost_is_known_by_its_external_number_alone(office):
    unlinked(office)
    del office.shop.people["p4"], office.shop.bills["b4"]
    proof = tied(office)
    assert ("missing-here", "Person p4") in named(proof)
    assert ("foreign", "B-b4") in named(proof)


@pytest.mark.parametrize("linked", [True, False])
def test_a_doubled_document_shows_with_and_without_links(office, linked):
    copied(office, "B-b2")
    if not linked:
        unlinked(office)
    proof = tied(office)
    assert named(proof) == {("doubled", "B-b2")}
    assert not proof.ties
    assert variances(proof) == [("2026-08", -1, Decimal("-2.05"))]


def test_a_copy_with_another_amount_is_the_one_that_is_too_many(office):
    copied(office, "B-b2", total=Decimal("9.00"))
    unlinked(office)
    proof = tied(office)
    assert [(one.state, one.target_total) for one in proof.differences] == [("doubled", Decimal("9.00"))]


def test_of_two_under_one_number_the_one_that_agrees_is_the_right_one(office):
    copied(office, "B-b2")
    office.book.write("docs", "update", {"total": Decimal("9.00")}, office.docs("B-b2")[0]["id"])
    unlinked(office)
    proof = tied(office)
    assert [(one.state, one.target_total) for one in proof.differences] == [("doubled", Decimal("9.00"))]


def test_of_two_under_one_number_a_link_goes_before_the_amount(office):
    made = doc(office, "B-b2")["id"]
    copied(office, "B-b2")
    office.book.write("docs", "update", {"total": Decimal("9.00")}, made)
    proof = tied(office)
    found = {one.state: one.target_id for one in proof.differences}
    assert found.keys() == {"amount-differs", "doubled"}
    assert found["amount-differs"] == made


def test_one_renumbered_there_and_entered_again_under_its_number_is_doubled(office):
    copied(office, "B-b2", number="B-b2x")
    made = doc(office, "B-b2")["id"]
    copy = doc(office, "B-b2x")["id"]
    office.book.write("docs", "update", {"number": "OTHER-1"}, made)
    office.book.write("docs", "update", {"number": "B-b2"}, copy)
    proof = tied(office)
    assert named(proof) == {("doubled", "OTHER-1")}
    assert variances(proof) == [("2026-08", -1, Decimal("-2.05"))]


@pytest.mark.parametrize("side", ["source", "target"])
@pytest.mark.parametrize("linked", [True, False])
def test_a_cent_on_either_side_shows(office, side, linked):
    if side == "source":
        office.shop.write("bills", "b1", total=Decimal("1.06"))
    else:
        edited(office, "B-b1", total=Decimal("1.06"))
    if not linked:
        unlinked(office)
    proof = tied(office)
    (one,) = proof.differences
    assert (one.state, one.label) == ("amount-differs", "B-b1")
    cent = Decimal("0.01") if side == "source" else Decimal("-0.01")
    assert one.source_total - one.target_total == cent
    assert variances(proof) == [("2026-08", 0, cent)]


def test_a_difference_that_is_held_tells_the_cause_and_hides_no_money(office):
    edited(office, "B-b1", total=Decimal("1.50"))
    office.bill("b1", party="p1", total=Decimal("1.70"))
    office.sync()
    proof = tied(office)
    (one,) = proof.differences
    assert one.state == "amount-differs"
    assert "changed on both sides" in one.problem.why
    assert variances(proof) == [("2026-08", 0, Decimal("0.20"))]


def test_a_void_in_the_source_that_did_not_arrive_is_a_status_that_differs(office):
    office.shop.write("bills", "b2", standing="void")
    proof = tied(office)
    assert named(proof) == {("status-differs", "B-b2")}
    assert variances(proof) == [("2026-08", -1, Decimal("-2.05"))]
    office.sync()
    both = tied(office)
    assert both.ties
    assert both.counts["bills"] == {"matched": 4}
    assert sum(line.source_count for line in both.lines if line.entity == "bills") == 3


@pytest.mark.parametrize("linked", [True, False])
def test_what_was_voided_there_alone_is_told(office, linked):
    edited(office, "B-b2", standing="void")
    if not linked:
        unlinked(office)
    proof = tied(office)
    assert named(proof) == {("voided-there", "B-b2")}
    assert variances(proof) == [("2026-08", 1, Decimal("2.05"))]


def test_one_voided_there_and_entered_again_by_hand_ties(office):
    body = doc(office, "B-b2")
    edited(office, "B-b2", standing="void")
    office.book.write("docs", "create", {**body, "id": None, "standing": "live"})
    proof = tied(office)
    assert proof.ties
    assert proof.counts["bills"] == {"matched": 5}


def test_a_date_in_another_month_is_told_for_both_months(office):
    edited(office, "B-b1", date="2026-09-01")
    proof = tied(office)
    assert named(proof) == {("period-differs", "B-b1")}
    assert variances(proof) == [("2026-08", 1, Decimal("1.05")), ("2026-09", -1, Decimal("-1.05"))]


def test_a_number_that_was_changed_there_is_joined_by_its_link(office):
    edited(office, "B-b1", number="OTHER-1")
    assert tied(office).ties
    unlinked(office)
    assert named(tied(office)) == {("missing-there", "B-b1"), ("foreign", "OTHER-1")}


def test_one_sent_under_another_number_is_not_taken_for_the_stranger_under_its_own(office):
    edited(office, "B-b1", number="B-b1-2")
    office.book.write("docs", "create", {"number": "B-b1", "date": "2026-08-01", "total": Decimal("0.01")})
    proof = tied(office)
    assert proof.ties and named(proof) == {("foreign", "B-b1")}


def test_what_nobody_made_is_listed_apart_and_counts_nowhere(office):
    office.book.write("docs", "create", {"number": "X-1", "date": "2026-08-01", "total": Decimal("3")})
    proof = tied(office)
    assert proof.ties
    assert named(proof) == {("foreign", "X-1")}
    assert sum(line.target_total for line in proof.lines) == Decimal("10.20")


def test_held_and_skipped_explain_with_their_reasons_and_their_money(office):
    office.bill("b8", party=None, total=Decimal("8"))
    office.bill("b9", standing="draft", total=Decimal("9"))
    office.bill("b10", date="2025-12-31", total=Decimal("10"))
    office.sync()
    proof = tied(office)
    assert proof.ties
    assert named(proof) == {("held", "B-b8"), ("skipped", "B-b9"), ("skipped", "B-b10")}
    causes = {one.label: one.problem.cause for one in proof.differences}
    assert causes["B-b8"] == "party-missing"
    assert causes["B-b10"] == "before-start-date"
    (august,) = [line for line in proof.lines if (line.entity, line.period) == ("bills", "2026-08")]
    assert (august.held_total, august.skipped_total) == (Decimal("8"), Decimal("9"))


def test_scope_is_found_out_from_the_record_where_the_ledger_knows_nothing(office):
    office.bill("b9", standing="draft", total=Decimal("9"))
    office.bill("b10", date="2025-12-31", total=Decimal("10"))
    office.sync()
    with office.ledger.writing() as sql:
        sql.execute(delete(HeldRow))
    proof = tied(office)
    assert named(proof) == {("skipped", "B-b9"), ("skipped", "B-b10")}
    assert proof.ties


def test_what_was_void_before_it_was_ever_sent_is_skipped_and_counts_nowhere(office):
    office.bill("b9", standing="void", total=Decimal("9"))
    proof = tied(office)
    assert proof.ties
    assert named(proof) == {("skipped", "B-b9")}
    assert sum(line.source_total for line in proof.lines) == Decimal("10.20")


def test_what_is_not_sent_yet_is_missing_there(office):
    office.bill("b9", total=Decimal("9"))
    proof = tied(office)
    assert named(proof) == {("missing-there", "B-b9")}
    assert "sync" in proof.differences[0].problem.fix


def test_a_held_number_that_somebody_else_used_stays_held_and_foreign(office):
    office.book.write("docs", "create", {"number": "B-b9", "date": "2026-08-01", "total": Decimal("3")})
    office.bill("b9", total=Decimal("9"))
    office.sync()
    proof = tied(office)
    assert named(proof) == {("held", "B-b9"), ("foreign", "B-b9")}
    assert proof.ties


def test_people_tie_by_count(office):
    office.person("p9")
    proof = tied(office)
    (line,) = [line for line in proof.lines if line.entity == "people"]
    assert (line.currency, line.period, line.count_variance, line.variance) == ("", "", 1, 0)
    assert named(proof) == {("missing-there", "Person p9")}


def test_payments_tie_by_link_and_then_by_external_number(office):
    office.bill("b1", party="p1", total=Decimal("1.05"), paid={"1": {"date": "2026-09-02", "amount": Decimal("1.00")}})
    office.sync()
    proof = tied(office)
    assert proof.ties
    assert proof.counts["payments"] == {"matched": 1}
    (line,) = [line for line in proof.lines if line.entity == "payments"]
    assert (line.period, line.source_total, line.target_total) == ("2026-09", Decimal("1.00"), Decimal("1.00"))
    unlinked(office)
    assert tied(office).ties
    (receipt,) = office.book.receipts.values()
    office.book.write("receipts", "update", {"amount": Decimal("0.99")}, receipt["id"])
    wrong = tied(office)
    assert [(one.state, one.entity) for one in wrong.differences] == [("amount-differs", "payments")]
    assert variances(wrong, "payments") == [("2026-09", 0, Decimal("0.01"))]


def test_a_payment_of_which_the_target_knows_nothing_is_missing_and_one_entered_there_is_foreign(office):
    office.bill("b1", party="p1", total=Decimal("1.05"), paid={"1": {"date": "2026-09-02", "amount": Decimal("1.00")}})
    office.sync()
    (receipt,) = office.book.receipts.values()
    body = {name: value for name, value in receipt.items() if name not in ("id", "at", "external")}
    office.book.receipts.clear()
    office.book.write("receipts", "create", body)
    proof = tied(office)
    assert Counter(one.state for one in proof.differences) == {"missing-there": 1, "foreign": 1}


def test_a_month_compares_what_is_dated_in_it(office):
    office.bill("b7", date="2026-07-15", total=Decimal("7"))
    office.person("p9")
    proof = tied(office, JULY)
    assert named(proof) == {("missing-there", "B-b7")}
    assert {line.entity for line in proof.lines} == {"bills"}
    assert {line.period for line in proof.lines} == {"2026-07"}
    assert tied(office, Months("2026-08", None)).ties


def test_a_month_shows_what_moved_out_of_it(office):
    edited(office, "B-b1", date="2026-09-01")
    for month, variance in (("2026-08", Decimal("1.05")), ("2026-09", Decimal("-1.05"))):
        proof = tied(office, Months(month, month))
        assert named(proof) == {("period-differs", "B-b1")}
        assert [line.variance for line in proof.lines] == [variance]


@pytest.mark.parametrize("months", [("2026-13", None), ("July", None), ("2026-08", "2026-07"), (None, "2026-7")])
def test_what_is_no_month_is_refused(months):
    with pytest.raises(Refused):
        Months(*months)


def test_every_record_of_both_sides_is_traced_with_its_state(office):
    copied(office, "B-b2")
    office.bill("b8", party=None)
    told = []
    proof = tied(office, trace=told.append)
    assert len(told) == sum(count for states in proof.counts.values() for count in states.values())
    bills = [one for one in told if one.entity == "bills"]
    assert sorted(one.source_id for one in bills if one.source_id) == sorted(office.shop.bills)
    assert sorted(one.target_id for one in bills if one.target_id) == sorted(office.book.docs)
    assert Counter(one.state for one in bills) == {"matched": 4, "doubled": 1, "missing-there": 1}


def test_nothing_is_changed_on_either_side_or_left_in_the_ledger(office):
    calls, links = list(office.book.calls), _count(office, LinkRow)
    tied(office)
    assert office.book.calls == calls
    assert _count(office, LinkRow) == links
    assert _count(office, TieRow) == 0


def _count(office, table):
    with office.ledger.reading() as sql:
        return len(list(sql.execute(table.__table__.select())))


def test_a_link_to_the_wrong_record_hides_nothing(office):
    with office.ledger.writing() as sql:
        wrong = doc(office, "B-b1")["id"]
        sql.execute(update(LinkRow).where(LinkRow.c.source_id == "b2").values(target_id=wrong))
    assert tied(office).ties
    del office.book.docs[doc(office, "B-b2")["id"]]
    assert named(tied(office)) == {("missing-there", "B-b2")}
