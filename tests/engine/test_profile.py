"""A firm's profile is corrected: what was read long ago is understood anew, and nothing has to be read again."""

from decimal import Decimal

import pytest
from world import Office, Shape


@pytest.fixture
def office(tmp_path):
    office = Office(tmp_path, entities=("people", "bills", "payments"))
    office.person("p1")
    office.bill("b1", settle_by="2026-09-01", paid={}, receipts={"1": {"date": "2026-08-05", "amount": Decimal(4)}})
    office.bill("b2")
    office.sync()
    return office


def test_a_field_that_lies_elsewhere_is_sent_as_one_update(office):
    office.shape = Shape(due="settle_by")
    report = office.sync()
    assert (report.counts["bills"].planned, report.counts["bills"].updated) == (1, 1)
    assert [doc["due"] for doc in office.docs("B-b1")] == ["2026-09-01"]
    report = office.sync()
    assert (report.counts["bills"].carried, report.counts["bills"].planned) == (0, 0)


def test_what_lies_inside_is_found_where_it_is_now(office):
    assert not office.book.receipts
    office.shape = Shape(paid="receipts")
    assert office.sync().counts["payments"].created == 1
    assert [one["amount"] for one in office.book.receipts.values()] == [Decimal(4)]
    assert office.sync().counts["payments"].planned == 0
