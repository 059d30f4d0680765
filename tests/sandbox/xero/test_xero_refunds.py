"""Payments other than of invoices: refunds of credit notes, prepayments, overpayments.

Source: docs/facts/xero.md, "Payments", "Prepayments and overpayments", "Credit notes".
"""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

Errors = Callable[[Any], list[str]]
DAY = "2026-11-05"


def credit(xero: Any, plural: str, line: Any) -> tuple[str, str]:
    """A credit of 110.00: its path and the name of its kind."""
    kind = plural.removesuffix("s")
    given = {"Contact": xero.invoice()["Contact"], "Date": "2026-11-03", "LineItems": [line()]}
    if plural == "CreditNotes":
        made = xero.put(plural, {**given, "Type": "ACCRECCREDIT", "Status": "AUTHORISED"})
    else:
        made = xero.edit(collection=plural, create={**given, "Type": f"RECEIVE-{kind.upper()}"}).json()
    return f"{plural}/{made[f'{kind}ID']}", kind


def pay(xero: Any, kind: str, path: str, amount: Any) -> Any:
    named = {f"{kind}ID": path.partition("/")[2]}
    return xero.put("Payments", {kind: named, "Account": {"Code": "090"}, "Date": DAY, "Amount": amount})


@pytest.mark.parametrize(
    ("plural", "payment_type"),
    [
        ("CreditNotes", "ARCREDITPAYMENT"),
        ("Prepayments", "ARPREPAYMENTPAYMENT"),
        ("Overpayments", "AROVERPAYMENTPAYMENT"),
    ],
)
def test_refund_lowers_what_is_left_until_it_is_taken_back(
    xero: Any, line: Any, errors: Errors, plural: str, payment_type: str
) -> None:
    path, kind = credit(xero, plural, line)
    refund = pay(xero, kind, path, Decimal("40.50"))
    assert (refund["PaymentType"], refund[kind]["RemainingCredit"]) == (payment_type, Decimal("69.5"))
    [left] = xero.get(path)
    assert (left["RemainingCredit"], left["Status"], len(left["Payments"])) == (Decimal("69.5"), "AUTHORISED", 1)
    assert len(errors(pay(xero, kind, path, Decimal("69.51")))) == 1
    assert pay(xero, kind, path, Decimal("69.50"))[kind]["Status"] == "PAID"
    assert xero.call("POST", f"Payments/{refund['PaymentID']}", {"Status": "DELETED"}).status_code == 200
    [again] = xero.get(path)
    assert (again["RemainingCredit"], again["Status"]) == (Decimal("40.5"), "AUTHORISED")


@pytest.mark.parametrize("plural", ["Prepayments", "Overpayments"])
def test_advance_is_allocated_and_taken_back(xero: Any, line: Any, plural: str) -> None:
    invoice = xero.saved(Status="AUTHORISED")
    path, kind = credit(xero, plural, line)
    element = {"Invoice": {"InvoiceID": invoice["InvoiceID"]}, "Amount": 30, "Date": DAY}
    made = xero.call("PUT", f"{path}/Allocations", {"Allocations": [element]}).json()["Allocations"][0]
    assert made[kind][f"{kind}ID"] == path.partition("/")[2]
    [after] = xero.get(f"Invoices/{invoice['InvoiceID']}")
    assert (after["AmountDue"], after["AmountCredited"]) == (80, 30)
    assert [each["AppliedAmount"] for each in after[plural]] == [30]
    gone = xero.call("DELETE", f"{path}/Allocations/{made['AllocationID']}").json()
    [before] = xero.get(f"Invoices/{invoice['InvoiceID']}")
    assert (gone["IsDeleted"], before["AmountDue"], before[plural]) == (True, 110, [])
    assert xero.get(path)[0]["RemainingCredit"] == 110


def test_applications_cannot_enter_advances(xero: Any) -> None:
    assert xero.call("PUT", "Prepayments", {"Prepayments": [{"Type": "RECEIVE-PREPAYMENT"}]}).status_code == 404


def test_refunded_credit_note_cannot_be_voided(xero: Any, line: Any, errors: Errors) -> None:
    path, kind = credit(xero, "CreditNotes", line)
    pay(xero, kind, path, 10)
    refused = xero.post("CreditNotes", {"CreditNoteID": path.partition("/")[2], "Status": "VOIDED"})
    assert errors(refused) == ["This document cannot be edited as it has a payment or credit note allocated to it"]
