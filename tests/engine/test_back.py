"""Back flows: what the books tell, written onto the source's own records, once, and without loops."""

from decimal import Decimal

import pytest
from tieout.api.errors import Problem
from world import AtOnce, Office, deaths


@pytest.fixture
def office(tmp_path):
    made = Office(tmp_path, backs=("settlements", "marks"))
    made.person("p1")
    return made


def settle(office, number, amount):
    (doc,) = office.docs(number)
    office.book.write("docs", "update", {"settled": Decimal(amount)}, doc["id"])


def test_a_payment_seen_in_the_books_shows_in_the_source_once(office):
    office.bill("b1")
    office.sync()
    settle(office, "B-b1", "4.00")
    report = office.sync()
    assert office.shop.bills["b1"]["settled"] == "part-paid"
    assert report.counts["settlements"].done == 1
    assert not report.counts["settlements"].problem()
    before = len(office.written)
    office.sync()
    office.sync()
    assert len(office.written) == before


def test_what_is_taken_away_in_the_books_goes_in_the_source(office):
    office.bill("b1")
    office.sync()
    settle(office, "B-b1", "10.00")
    office.sync()
    settle(office, "B-b1", "0")
    office.sync()
    assert office.shop.bills["b1"]["settled"] == "open"


def test_what_is_not_linked_is_not_touched(office):
    office.bill("b1", standing="draft")
    office.book.write(
        "docs",
        "create",
        {"number": "X", "date": "2026-08-01", "party": None, "total": Decimal(1), "settled": Decimal(1)},
    )
    office.sync()
    assert office.written == []


def test_the_mark_tells_that_a_record_is_in_the_books_and_where(office):
    office.bill("b1")
    office.sync()
    (doc,) = office.docs("B-b1")
    assert office.shop.bills["b1"]["mark"] == "synced"
    assert office.shop.bills["b1"]["there"] == doc["id"]


def test_the_mark_tells_why_a_record_is_not_in_the_books_until_it_is(office):
    office.bill("b1", party=None)
    office.sync()
    assert office.shop.bills["b1"]["mark"] == "held"
    assert "It has no party." in office.shop.bills["b1"]["why"]
    office.bill("b1")
    office.sync()
    assert (office.shop.bills["b1"]["mark"], office.shop.bills["b1"]["why"]) == ("synced", "")


def test_our_own_marks_come_back_as_no_change(office):
    office.bill("b1")
    office.bill("b2", party=None)
    office.sync()
    written, calls = len(office.written), len(office.book.calls)
    report = office.sync()
    assert report.counts["bills"].planned == 0
    office.sync()
    assert (len(office.written), len(office.book.calls)) == (written, calls)


def test_a_crash_at_any_moment_only_writes_the_same_again(tmp_path):
    def begun(folder):
        office = Office(folder, backs=("settlements", "marks"), threads=AtOnce())
        office.person("p1")
        office.bill("b1")
        office.bill("b2", party=None)
        return office

    for moment, office in enumerate(deaths(begun, tmp_path)):
        office.sync()
        assert office.shop.bills["b1"]["mark"] == "synced", moment
        assert office.shop.bills["b2"]["mark"] == "held", moment
        assert len(office.docs("B-b1")) == 1, moment
    assert moment > 20


def test_a_refusal_is_told_and_does_not_keep_the_source_busy(office):
    office.refusal = Problem(cause="attribute-missing", what="There is no attribute.", why="", fix="Add it.")
    for one in range(9):
        office.bill(f"b{one}")
    report = office.sync()
    counts = report.counts["marks"]
    assert (counts.rejected, counts.waiting) == (3, 6)
    assert "attribute-missing" in {group.problem.cause for group in report.holds if group.entity == "marks"}
    office.refusal = None
    report = office.sync()
    assert report.counts["marks"].done == 9
    assert not [group for group in report.holds if group.entity == "marks"]


def test_a_refusal_about_a_record_that_is_no_more_is_let_go(office):
    office.refusal = Problem(cause="attribute-missing", what="There is no attribute.", why="", fix="Add it.")
    office.bill("b1")
    assert "marks" in {group.entity for group in office.sync().holds}
    office.shop.delete("bills", "b1")
    assert "marks" not in {group.entity for group in office.sync().holds}


def test_a_refusal_is_let_go_once_the_record_is_again_as_it_was_told(office):
    office.bill("b1")
    office.sync()
    office.refusal = Problem(cause="attribute-missing", what="There is no attribute.", why="", fix="Add it.")
    office.shop.write("bills", "b1", party=None)
    assert "marks" in {group.entity for group in office.sync().holds}
    office.shop.write("bills", "b1", party="p1")
    assert not office.sync().holds
