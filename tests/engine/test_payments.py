"""Payments: records inside their documents, sent once, taken back when they are gone, and never doubled."""

from decimal import Decimal

import pytest
from world import AtOnce, Office, deaths

WITH_PAYMENTS = ("people", "bills", "payments")


def paid(amount="4.00", day="2026-08-05"):
    return {"date": day, "amount": Decimal(amount)}


@pytest.fixture
def office(tmp_path):
    made = Office(tmp_path, entities=WITH_PAYMENTS)
    made.person("p1")
    return made


def receipts(office, standing="live"):
    return sorted((one["doc"], one["amount"]) for one in office.book.receipts.values() if one["standing"] == standing)


def test_a_payment_goes_with_the_document_that_the_same_plan_creates(office):
    office.bill("b1", paid={"1": paid()})
    report = office.sync()
    (doc,) = office.docs("B-b1")
    assert receipts(office) == [(doc["id"], Decimal("4.00"))]
    assert report.counts["payments"].created == 1
    assert not report.counts["payments"].problem()


def test_nothing_is_paid_twice_by_syncing_again(office):
    office.bill("b1", paid={"1": paid(), "2": paid("2.00")})
    office.sync()
    office.bill("b1", paid={"1": paid(), "2": paid("2.00")}, due="2026-09-01")
    report = office.sync()
    assert len(receipts(office)) == 2
    assert report.counts["payments"].planned == 0


def test_two_equal_payments_of_one_day_are_two(office):
    office.bill("b1", paid={"1": paid(), "2": paid()})
    office.sync()
    assert [amount for _, amount in receipts(office)] == [Decimal("4.00")] * 2


def test_a_payment_that_stands_in_the_target_is_linked_once(office):
    office.bill("b1")
    office.sync()
    (doc,) = office.docs("B-b1")
    office.book.write("receipts", "create", {"doc": doc["id"], "standing": "live", **paid()})
    office.bill("b1", paid={"1": paid(), "2": paid()})
    report = office.sync()
    assert report.counts["payments"].linked == 1
    assert report.counts["payments"].created == 1
    assert len(receipts(office)) == 2


def test_a_payment_removed_in_the_source_is_taken_back_in_the_target(office):
    office.bill("b1", paid={"1": paid(), "2": paid("2.00")})
    office.sync()
    office.bill("b1", paid={"2": paid("2.00")})
    report = office.sync()
    assert report.counts["payments"].gone == 1
    assert report.counts["payments"].voided == 1
    assert not report.counts["payments"].problem()
    assert [amount for _, amount in receipts(office)] == [Decimal("2.00")]
    assert office.sync().counts["payments"].planned == 0


def test_a_payment_that_was_there_before_us_is_never_taken_back(office):
    office.bill("b1")
    office.sync()
    (doc,) = office.docs("B-b1")
    office.book.write("receipts", "create", {"doc": doc["id"], "standing": "live", **paid()})
    office.bill("b1", paid={"1": paid()})
    office.sync()
    office.bill("b1", paid={})
    report = office.sync()
    assert receipts(office) == [(doc["id"], Decimal("4.00"))]
    assert [group.problem.cause for group in report.holds] == ["not-ours"]


def test_the_document_as_it_stands_decides_what_may_be_paid(office):
    office.bill("b1", paid={"1": paid("11.00")})
    report = office.sync()
    assert receipts(office) == []
    assert [group.problem.cause for group in report.holds] == ["too-much"]


def test_a_payment_waits_for_a_document_that_does_not_go(office):
    office.bill("b1", party=None, paid={"1": paid()})
    report = office.sync()
    assert receipts(office) == []
    assert {group.problem.cause for group in report.holds} == {"party-missing", "waiting"}
    office.bill("b1", paid={"1": paid()})
    office.sync()
    assert len(receipts(office)) == 1


def test_payments_switched_on_later_find_what_was_read_before(office):
    office.bill("b1", paid={"1": paid()})
    office.pair.entities = ("people", "bills")
    office.sync()
    office.pair.entities = WITH_PAYMENTS
    office.sync()
    assert len(receipts(office)) == 1


def test_a_payment_goes_with_the_document_that_the_same_plan_only_links(office):
    there = {"number": "B-b1", "date": "2026-08-01", "total": Decimal("10.00"), "standing": "live"}
    doc, _ = office.book.write("docs", "create", there)
    office.bill("b1", paid={"1": paid(), "2": paid("11.00")})
    report = office.sync()
    assert receipts(office) == [(doc["id"], Decimal("4.00"))]
    assert [group.problem.cause for group in report.holds if group.entity == "payments"] == ["too-much"]


def test_payments_off_for_a_while_catch_up_with_what_was_entered_and_removed_meanwhile(office):
    office.bill("b1", paid={"1": paid(), "2": paid("2.00")})
    office.sync()
    office.pair.entities = ("people", "bills")
    office.bill("b1", paid={"2": paid("2.00"), "3": paid("1.00")})
    office.sync()
    office.pair.entities = WITH_PAYMENTS
    office.sync()
    assert [amount for _, amount in receipts(office)] == [Decimal("1.00"), Decimal("2.00")]


@pytest.mark.parametrize("fault", ["drop-after", "late", "fail", "drop-before", "partial", "reorder"])
def test_a_fault_on_the_wire_never_pays_twice(office, fault):
    for one in range(7):
        office.bill(f"b{one}", paid={"1": paid(), "2": paid()})
    office.sync_and_die_at(10_000)
    office.bill("b9", paid={"1": paid(), "2": paid()})
    office.book.faults = ["none", fault]
    office.sync_and_die_at(10_000)
    office.sync()
    assert len(receipts(office)) == 16


def test_a_crash_at_any_moment_never_pays_twice(tmp_path):
    def begun(folder):
        office = Office(folder, entities=WITH_PAYMENTS, threads=AtOnce())
        office.person("p1")
        office.bill("b1", paid={"1": paid(), "2": paid()})
        office.bill("b2", paid={"1": paid()})
        return office

    for moment, office in enumerate(deaths(begun, tmp_path)):
        office.bill("b2", paid={})
        office.sync()
        office.sync()
        assert len(receipts(office)) == 2, moment
    assert moment > 20
