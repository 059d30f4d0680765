"""Payments, picked out of the documents that hold them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from tieout.api.contract import Wire
from tieout_apptivo import APPTIVO
from tieout_apptivo.shape.settings import Firm

Lift = Callable[..., Any]
PAYMENTS = APPTIVO.resource("payments")


def payment(**changed: Any) -> Wire:
    wire = {
        "paymentId": 700123,
        "paymentDate": "03/14/2024",
        "amount": "25.30",
        "paymentType": "Bank Transfer",
        "referenceNumber": "TT 991",
        "voided": "N",
    }
    return {name: value for name, value in (wire | changed).items() if value is not ...}


@pytest.fixture
def picked(make_settings: Callable[..., Firm]) -> Callable[..., list[Wire]]:
    def turn(wire: Wire, app: str = "invoices", **given: Any) -> list[Wire]:
        return list(PAYMENTS.inside[app](wire, make_settings(**given)))

    return turn


@pytest.mark.parametrize("app", ["invoices", "supplier-invoices"])
def test_a_payment_is_read_with_the_document_that_holds_it(app: str, invoice: Any, picked: Any, lift: Lift) -> None:
    number = {"invoices": "invoiceNumber", "supplier-invoices": "supplierInvoiceNumber"}[app]
    wire = invoice(**{"invoiceNumber": ...}, payments=[payment()], amountPaid="25.30") | {number: "N-1007"}
    [element] = picked(wire, app)
    found = lift("payments", element)
    assert PAYMENTS.identify(element) == "5000100/700123"
    assert (found.document.entity, found.document.id, found.document.name) == (app, "5000100", "N-1007")
    assert (found.date, found.amount, found.reference, found.standing) == (
        date(2024, 3, 14),
        Decimal("25.30"),
        "TT 991",
        "live",
    )


def test_two_equal_payments_of_one_day_are_two(invoice: Any, picked: Any) -> None:
    elements = picked(invoice(payments=[payment(amount="12.65"), payment(amount="12.65", paymentId=700124)]))
    assert [one["id"] for one in elements] == ["5000100/700123", "5000100/700124"]
    nameless = payment(amount="12.65", paymentId=...)
    assert len({one["id"] for one in picked(invoice(payments=[nameless, nameless]))}) == 2


def test_a_voided_payment_stands_void(invoice: Any, picked: Any, lift: Lift) -> None:
    [element] = picked(invoice(payments=[payment(voided="Y")], amountPaid="0.00"))
    assert lift("payments", element).standing == "void"


def test_a_payment_that_came_from_the_books_is_not_the_firm_s_own(invoice: Any, picked: Any) -> None:
    assert picked(invoice(payments=[payment(paymentType="Xero")], amountPaid="25.30")) == []


@pytest.mark.parametrize(
    "paid",
    [
        {"statusId": 20005, "statusName": "Paid"},
        {"statusId": 20004, "statusName": "Partially Paid", "amountPaid": "10.00"},
        {"balanceDue": "5.30"},
        {"amountPaid": "25.30", "payments": [payment(amount="20.00")]},
        {"amountPaid": "25.30", "payments": [payment(voided="Y")]},
    ],
)
def test_what_is_paid_without_its_payments_is_held_and_never_made_up(
    paid: Wire, invoice: Any, picked: Any, refused: Any
) -> None:
    *told, element = picked(invoice(**paid))
    assert len(told) == len(paid.get("payments", []))
    assert element["id"] == "5000100/untold"
    problem = refused("payments", element)["payment-detail-missing"]
    assert "INV-1007" in problem.what
    assert problem.fix


@pytest.mark.parametrize(
    "wire", [{}, {"amountPaid": "0.00"}, {"statusId": 20006, "statusName": "Void", "amountPaid": "25.30"}]
)
def test_an_unpaid_or_voided_document_has_no_payments(wire: Wire, invoice: Any, picked: Any) -> None:
    assert picked(invoice(**wire)) == []


def test_a_purchase_order_has_no_payments() -> None:
    assert set(PAYMENTS.inside) == {"invoices", "supplier-invoices"}


@pytest.mark.parametrize(
    ("changed", "cause"),
    [
        ({"paymentDate": ...}, "date-missing"),
        ({"amount": ""}, "amount-missing"),
        ({"amount": "1,5"}, "number-unreadable"),
        ({"paymentDate": "14/03/24 or so"}, "date-unreadable"),
        ({"voided": "perhaps"}, "flag-unreadable"),
    ],
)
def test_what_cannot_be_read_in_one_way_is_held(
    changed: Wire, cause: str, invoice: Any, picked: Any, refused: Any
) -> None:
    element = picked(invoice(payments=[payment(**changed)]))[0]
    assert cause in refused("payments", element)


def test_a_firm_s_own_names_are_overridden_by_the_profile(invoice: Any, picked: Any, lift: Lift) -> None:
    names = {"id": ["no"], "date": ["on"], "amount": ["sum"], "reference": ["text"], "type": ["how"]}
    profile = {"invoices": {"payments": {"path": ["receipts"], "fields": names}}}
    row = {"no": "R1", "on": "03/14/2024", "sum": "25.30", "text": "TT", "how": "Cash"}
    [element] = picked(invoice(receipts=[row], amountPaid="25.30"), profile=profile)
    assert lift("payments", element, profile=profile).amount == Decimal("25.30")
