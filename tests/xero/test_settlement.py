"""Settlement: how far a document is paid, in Xero's own figures."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from tieout.api.contract import Terms
from tieout.api.model import Payment, Ref, Settlement

from .conftest import guid
from .made import INVOICES

LIFT = INVOICES.also_lift[Settlement]
FIRST, LAST = "/Date(1793664000000+0000)/", "/Date(1793836800000+0000)/"


def document(**changes: Any) -> dict[str, Any]:
    shown = {"InvoiceID": guid(1), "Type": "ACCREC", "Status": "AUTHORISED", "Total": Decimal(110)}
    shown |= {"AmountDue": Decimal(110), "AmountPaid": 0, "AmountCredited": 0, "Payments": []}
    return {**shown, **changes}


def paid(number: int, amount: str, when: str = FIRST, **changes: Any) -> dict[str, Any]:
    return {"PaymentID": guid(number), "Amount": Decimal(amount), "Date": when, "Reference": f"r{number}", **changes}


def settled(terms: Terms, **changes: Any) -> Settlement:
    record = LIFT(document(**changes), terms)
    assert isinstance(record, Settlement)
    return record


@pytest.mark.parametrize("status", ["DRAFT", "SUBMITTED", "AUTHORISED"])
def test_nothing_is_paid_yet(orders: Terms, status: str) -> None:
    assert settled(orders, Status=status) == Settlement(state="open", due=Decimal(110))


@pytest.mark.parametrize(("kind", "entity"), [("ACCREC", "invoices"), ("ACCPAY", "supplier-invoices")])
def test_a_part_is_paid(orders: Terms, kind: str, entity: str) -> None:
    payments = [paid(1, "40", LAST), paid(2, "20", FIRST), paid(3, "5", LAST, Status="DELETED")]
    told = settled(orders, Type=kind, AmountDue=Decimal(50), AmountPaid=Decimal(60), Payments=payments)
    ref: Ref[str] = Ref(entity=entity, side="target", id=guid(1))
    assert told == Settlement(
        standing="settled",
        state="part-paid",
        paid=Decimal(60),
        due=Decimal(50),
        settled_on=date(2026, 11, 5),
        payments=(
            Payment(external="r1", document=ref, date=date(2026, 11, 5), amount=Decimal(40), reference=guid(1)),
            Payment(external="r2", document=ref, date=date(2026, 11, 3), amount=Decimal(20), reference=guid(2)),
        ),
    )


def test_all_is_paid_on_the_day_that_xero_names(orders: Terms) -> None:
    told = settled(orders, Status="PAID", AmountDue=0, AmountPaid=Decimal(110), FullyPaidOnDate=LAST)
    assert (told.state, told.paid, told.due, told.settled_on) == ("paid", 110, 0, date(2026, 11, 5))


@pytest.mark.parametrize("applied", ["CreditNotes", "Prepayments", "Overpayments"])
def test_credits_count_as_paid(orders: Terms, applied: str) -> None:
    credited = {"AmountCredited": Decimal(30), applied: [{"Date": LAST, "AppliedAmount": Decimal(30)}]}
    part = settled(orders, AmountDue=Decimal(80), **credited)
    assert (part.state, part.paid, part.settled_on, part.payments) == ("part-paid", 30, date(2026, 11, 5), ())
    whole = settled(orders, AmountDue=0, AmountPaid=Decimal(80), Payments=[paid(1, "80")], **credited)
    assert (whole.state, whole.paid, whole.settled_on) == ("paid", 110, date(2026, 11, 5))


def test_a_payment_that_was_removed_opens_the_document_again(orders: Terms) -> None:
    assert settled(orders, Payments=[paid(1, "110", Status="DELETED")]).state == "open"


@pytest.mark.parametrize("status", ["VOIDED", "DELETED"])
def test_what_was_taken_back_is_void(orders: Terms, status: str) -> None:
    assert settled(orders, Status=status, AmountDue=0) == Settlement(standing="void", state="void")


@pytest.mark.parametrize("changes", [{"Type": "ACCRECCREDIT"}, {"Type": None}, {"InvoiceID": None}])
def test_other_wires_tell_of_no_settlement(orders: Terms, changes: dict[str, Any]) -> None:
    assert LIFT(document(**changes), orders) is None
