"""Payments: made on what can take them, found again by their reference, deleted one by one, and never changed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from tieout.api.contract import Binding, Connection, Terms
from tieout.api.errors import OutcomeUnknown
from tieout.api.model import Account, Lock, Payment, Permission, Ref
from tieout.api.work import Batch, Lowering, Reject, Step, Work
from tieout_xero import push, transform
from tieout_xero.settings import Pair

from .conftest import Xero, guid, ticks
from .made import PAYMENTS, found, pushed

BILL: dict[str, Any] = {"InvoiceID": guid(1), "InvoiceNumber": "7", "Type": "ACCREC", "Status": "AUTHORISED"} | {
    "CurrencyCode": "AUD",
    "Total": Decimal(110),
    "AmountDue": Decimal(110),
}


def payment(amount: str = "110", **changes: Any) -> Payment:
    document: Ref[str] = Ref(entity="invoices", side="target", id=guid(1))
    given = {"external": "firm-P-7/1", "document": document, "date": date(2026, 11, 5), "amount": Decimal(amount)}
    return Payment.model_validate({**given, **changes})


def paid(number: int = 9, **changes: Any) -> dict[str, Any]:
    """A payment as Xero shows it."""
    shown = {"PaymentID": guid(number), "PaymentType": "ACCRECPAYMENT", "Status": "AUTHORISED", "IsReconciled": False}
    shown |= {"Date": "/Date(1793836800000+0000)/", "Amount": Decimal("110.00"), "Reference": "firm-P-7/1"}
    shown |= {"Invoice": {"InvoiceID": guid(1), "Type": "ACCREC"}, "Account": {"AccountID": "a-bank"}}
    return {**shown, **changes}


def turned(terms: Terms, *items: Lowering) -> list[Any]:
    binding = Binding(entity="payments", connector="xero", resource="Payments")
    work = Work(way="lower", items=items, binding=binding, resource=PAYMENTS, terms=terms)
    return transform(None, work) or []  # type: ignore[arg-type]


def made(terms: Terms, record: Payment, document: Mapping[str, Any] | None = BILL) -> Any:
    around = {} if document is None else {guid(1): dict(document)}
    (answer,) = turned(terms, Lowering(record, around=around))
    return answer


def body(terms: Terms, record: Payment, document: Mapping[str, Any] | None = BILL) -> dict[str, Any]:
    answer = made(terms, record, document)
    assert not isinstance(answer, Reject), answer
    (step,) = answer
    assert (step.op, step.id) == ("create", None)
    return dict(step.body)


def causes(answer: Any) -> list[str]:
    assert isinstance(answer, Reject), answer
    assert all(problem.what and problem.fix for problem in answer.problems)
    return [problem.cause for problem in answer.problems]


def test_a_payment_as_xero_takes_it(orders: Terms) -> None:
    assert body(orders, payment(reference="cheque 9")) == {
        "Invoice": {"InvoiceID": guid(1)},
        "Account": {"AccountID": "a-bank"},
        "Date": "2026-11-05",
        "Amount": Decimal(110),
        "Reference": "firm-P-7/1",
    }
    assert body(orders, payment(external=None, reference=" cheque  9 "))["Reference"] == "cheque 9"


def test_a_reference_to_a_document_of_the_same_plan_is_copied_letter_by_letter(orders: Terms) -> None:
    marker = "⟨invoices/ 7⟩ "
    ahead = payment(document=Ref[str](entity="invoices", side="target", id=marker))
    sent = {"Type": "ACCREC", "Status": "AUTHORISED", "LineAmountTypes": "Exclusive"}
    sent |= {"LineItems": [{"Quantity": 1, "UnitAmount": Decimal(100), "TaxType": "OUTPUT"}]}
    (answer,) = turned(orders, Lowering(ahead, around={marker: sent}))
    assert answer[0].body["Invoice"] == {"InvoiceID": marker}
    over = ahead.model_copy(update={"amount": Decimal("110.01")})
    (answer,) = turned(orders, Lowering(over, around={marker: sent}))
    assert causes(answer) == ["payment-too-large"]
    (answer,) = turned(orders, Lowering(ahead, around={marker: sent | {"Status": "DRAFT"}}))
    assert causes(answer) == ["document-not-approved"]


@pytest.mark.parametrize("status", ["DRAFT", "SUBMITTED"])
def test_a_document_that_is_not_approved_holds_its_payment(orders: Terms, status: str) -> None:
    answer = made(orders, payment(), {**BILL, "Status": status})
    assert causes(answer) == ["document-not-approved"]
    assert status.lower() in answer.problems[0].what
    assert "authorised" in answer.problems[0].fix


@pytest.mark.parametrize("status", ["VOIDED", "DELETED"])
def test_a_document_that_was_taken_back_takes_no_payment(orders: Terms, status: str) -> None:
    assert causes(made(orders, payment(), {**BILL, "Status": status, "AmountDue": 0})) == ["document-void"]


@pytest.mark.parametrize(("due", "status"), [("109.99", "AUTHORISED"), ("0", "PAID")])
def test_no_more_is_paid_than_is_due(orders: Terms, due: str, status: str) -> None:
    document = {**BILL, "Status": status, "AmountDue": Decimal(due)}
    answer = made(orders, payment(), document)
    assert causes(answer) == ["payment-too-large"]
    assert due in answer.problems[0].what


def test_payments_of_one_page_share_what_is_due(orders: Terms) -> None:
    around = {guid(1): BILL}
    parts = [payment("60"), payment("51"), payment("50")]
    first, second, third = turned(orders, *(Lowering(one, around=around) for one in parts))
    assert (first[0].body["Amount"], third[0].body["Amount"]) == (60, 50)
    assert causes(second) == ["payment-too-large"]


def test_a_document_that_is_not_known_is_left_to_xero(orders: Terms) -> None:
    assert body(orders, payment("999"), None)["Amount"] == 999
    assert body(orders, payment("999"), {"Type": "ACCREC", "DueDate": "2026-12-24"})["Amount"] == 999


@pytest.mark.parametrize("amount", ["0", "-5", "1.005"])
def test_an_amount_that_xero_cannot_hold_is_told(orders: Terms, amount: str) -> None:
    assert causes(made(orders, payment(amount))) == ["payment-amount-unfit"]


def test_a_locked_period_and_a_plan_that_refuses_are_told_together(
    terms: Callable[..., Terms], reference: dict[str, Any]
) -> None:
    known = reference | {"locks": (Lock(id="year", name="Year", until=date(2026, 11, 5)),)}
    known |= {"permissions": (Permission(id="CreateInvoicePayment", name="CreateInvoicePayment", allowed=False),)}
    answer = made(terms(reference=known), payment(), {**BILL, "Status": "DRAFT"})
    assert causes(answer) == ["period-locked", "plan-does-not-allow", "document-not-approved"]


EUROS = Account(id="a-eur", name="Roubles", type="BANK", category="ASSET", currency="RUB", roles=frozenset({"payment"}))
TILL = Account(id="a-till", code="880", name="Till", type="CURRENT", category="ASSET", roles=frozenset({"payment"}))


@pytest.mark.parametrize(
    ("chosen", "cause"),
    [
        (None, "account-not-chosen"),
        ("999", "account-unknown"),
        ("299", "account-archived"),
        ("200", "account-not-legal"),
        ({"id": "a-eur"}, "payment-currency-differs"),
    ],
)
def test_a_payment_account_that_cannot_be_used_is_told(
    terms: Callable[..., Terms], reference: dict[str, Any], chosen: Any, cause: str
) -> None:
    known = reference | {"accounts": (*reference["accounts"], EUROS)}
    pair = Pair.model_validate({"accounts": {"payment": chosen}})
    assert causes(made(terms(pair=pair, reference=known), payment())) == [cause]


def test_an_account_open_to_payments_serves_as_well(terms: Callable[..., Terms], reference: dict[str, Any]) -> None:
    known = reference | {"accounts": (*reference["accounts"], TILL)}
    pair = Pair.model_validate({"accounts": {"payment": "880"}})
    assert body(terms(pair=pair, reference=known), payment())["Account"] == {"AccountID": "a-till"}
    assert body(terms(reference=known), payment(account="880"))["Account"] == {"AccountID": "a-till"}


def test_a_payment_is_never_changed(orders: Terms) -> None:
    for changed in (payment("60"), payment(date=date(2026, 11, 6))):
        (answer,) = turned(orders, Lowering(changed, paid(), guid(9)))
        assert causes(answer) == ["payment-changed"]
    (same,) = turned(orders, Lowering(payment(reference="cheque 9"), paid(), guid(9)))
    assert same == ()


def test_a_payment_taken_back_is_deleted(orders: Terms) -> None:
    gone = payment(standing="void")
    (answer,) = turned(orders, Lowering(gone, paid(), guid(9)))
    assert answer == (Step(op="void", id=guid(9), body={"Status": "DELETED"}),)
    (answer,) = turned(orders, Lowering(gone))
    assert [problem.cause for problem in answer.problems] == ["gone"]


@pytest.mark.parametrize(
    ("changes", "cause"),
    [
        ({"IsReconciled": True}, "payment-reconciled"),
        ({"IsReconciled": "true"}, "payment-reconciled"),
        ({"BatchPaymentID": guid(3)}, "payment-in-batch"),
    ],
)
def test_a_payment_that_is_bound_stays(orders: Terms, changes: dict[str, Any], cause: str) -> None:
    (answer,) = turned(orders, Lowering(payment(standing="void"), paid(**changes), guid(9)))
    assert causes(answer) == [cause]
    assert getattr(PAYMENTS.lift(paid(**changes), orders), "standing", "") == "settled"


def test_a_payment_in_a_locked_period_stays(orders: Terms) -> None:
    shown = paid(Date="/Date(1782777600000+0000)/")
    (answer,) = turned(orders, Lowering(payment(standing="void"), shown, guid(9)))
    assert [problem.cause for problem in answer.problems] == ["period-locked"]


@pytest.mark.parametrize(("kind", "entity"), [("ACCRECPAYMENT", "invoices"), ("ACCPAYPAYMENT", "supplier-invoices")])
def test_a_payment_is_read_with_its_document(orders: Terms, kind: str, entity: str) -> None:
    document: Ref[str] = Ref(entity=entity, side="target", id=guid(1))
    assert PAYMENTS.lift(paid(PaymentType=kind, Account={"Code": "090"}), orders) == payment(
        "110.00", document=document, account="090", reference="firm-P-7/1"
    )
    assert getattr(PAYMENTS.lift(paid(Status="DELETED"), orders), "standing", "") == "void"


def test_what_is_sent_reads_back_as_the_same_payment(orders: Terms) -> None:
    again = PAYMENTS.lift(body(orders, payment()), orders)
    assert isinstance(again, Payment)
    assert (again.external, again.date, again.amount) == ("firm-P-7/1", date(2026, 11, 5), Decimal(110))
    assert again.document.id == guid(1)


@pytest.mark.parametrize(
    "changes",
    [
        {"PaymentType": "ARCREDITPAYMENT", "Invoice": {"InvoiceID": guid(1), "Type": "ACCRECCREDIT"}},
        {"PaymentType": "AROVERPAYMENTPAYMENT"},
        {"PaymentType": "SOMETHING-NEW"},
        {"PaymentType": None, "Invoice": {"InvoiceID": guid(1), "Type": "ACCRECCREDIT"}},
        {"Invoice": None, "CreditNote": {"CreditNoteID": guid(1)}},
    ],
)
def test_money_on_anything_else_is_none_of_these_payments(orders: Terms, changes: dict[str, Any]) -> None:
    assert PAYMENTS.lift(paid(**changes), orders) is None


def test_a_payment_is_created_in_a_batch_and_told_by_its_reference(xero: Xero, connection: Connection) -> None:
    bodies = [{"Reference": f"firm-P-{number}", "Amount": number} for number in (1, 2)]
    said = "Payment amount exceeds the amount outstanding on this document"
    refused = bodies[0] | {"PaymentID": guid(5), "HasValidationErrors": True, "ValidationErrors": [{"Message": said}]}
    xero.answer(200, {"Payments": [bodies[1] | {"PaymentID": guid(9), "StatusAttributeString": "OK"}, refused]})
    bad, good = pushed(connection, PAYMENTS, *bodies)
    assert (good.outcome, good.id) == ("created", guid(9))
    assert (bad.outcome, [problem.cause for problem in bad.problems]) == ("rejected", ["payment-too-large"])
    (call,) = xero.calls
    assert (call.method, call.path, call.params) == ("PUT", "Payments", {"summarizeErrors": "false"})
    assert call.body == {"Payments": bodies}


def test_payments_are_deleted_one_by_one_each_under_its_own_key(xero: Xero, connection: Connection) -> None:
    xero.answer(200, {"Payments": [paid(1, Status="DELETED")]})
    said = "The document with the supplied id was not found for this endpoint."
    xero.answer(400, {"Type": "ValidationException", "Elements": [{"ValidationErrors": [{"Message": said}]}]})
    gone = {"Status": "DELETED"}
    receipts = pushed(connection, PAYMENTS, gone, gone, op="void")
    assert [(one.key, one.outcome, one.id) for one in receipts] == [("1", "updated", guid(1)), ("2", "rejected", None)]
    assert [problem.cause for problem in receipts[1].problems] == ["gone"]
    assert [(call.method, call.path, call.params, call.body) for call in xero.calls] == [
        ("POST", f"Payments/{guid(number)}", {}, gone) for number in (1, 2)
    ]
    keys = [call.headers["Idempotency-Key"] for call in xero.calls]
    assert len(set(keys)) == 2
    assert all(key.startswith("idem-1-") and len(key) <= 128 for key in keys)


def test_a_step_keeps_its_key_when_a_part_of_its_batch_goes_again(xero: Xero, connection: Connection) -> None:
    steps = tuple(Step(op="void", body={"Status": "DELETED"}, id=guid(n), key=f"{n}.0") for n in (1, 2))
    whole = Batch(PAYMENTS, "void", steps, "idem-1")
    for batch in (whole, replace(whole, steps=steps[1:])):
        for step in batch.steps:
            xero.answer(200, {"Payments": [paid(int(step.key[0]), Status="DELETED")]})
        push(connection, batch)
    keys = [call.headers["Idempotency-Key"] for call in xero.calls]
    assert keys[1] == keys[2] != keys[0]


def test_a_deletion_whose_answer_cannot_be_read_is_looked_up(xero: Xero, connection: Connection) -> None:
    xero.answer(200, b"OK")
    with pytest.raises(OutcomeUnknown):
        pushed(connection, PAYMENTS, {"Status": "DELETED"}, op="void")


def test_a_payment_whose_answer_was_lost_is_found_by_its_reference(xero: Xero, connection: Connection) -> None:
    xero.lists["Payments"] = [
        paid(one, Reference=reference, UpdatedDateUTC=ticks(xero.now))
        for one, reference in enumerate(["firm-P-7/1", "firm-P-7/10", 'by "hand"', ""], 1)
    ]
    assert [wire["PaymentID"] for wire in found(connection, PAYMENTS, "external", "firm-P-7/1")] == [guid(1)]
    assert [wire["PaymentID"] for wire in found(connection, PAYMENTS, "external", 'by "hand"')] == [guid(3)]
    assert found(connection, PAYMENTS, "external", "firm-P-9/1") == []
    assert [wire["PaymentID"] for wire in found(connection, PAYMENTS, "id", guid(2))] == [guid(2)]
    assert not any("searchTerm" in call.params for call in xero.calls)
