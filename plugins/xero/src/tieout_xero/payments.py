"""Payments on invoices and bills: made whole or deleted, never changed (docs/facts/xero.md, "Payments").

A payment has no number that Xero would hold unique: the external number stands in its reference, which nobody can edit
afterwards, so that one whose answer was lost is found for certain.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from typing import Any

from tieout import Account, Lowering, Payment, Problem, Ref, Reject, Rejected, Resource, Step, Terms, Wire, Work

from tieout_xero import accounts, preflight
from tieout_xero import wire as xero
from tieout_xero.arithmetic import sums
from tieout_xero.books import Books

ENTITIES = {"ACCREC": "invoices", "ACCPAY": "supplier-invoices"}
"""What a document's type is called where a payment refers to it."""

_TYPES = {"ACCRECPAYMENT": "ACCREC", "ACCPAYPAYMENT": "ACCPAY"}
_ACTION = "CreateInvoicePayment"


def lift(wire: Wire, terms: Terms) -> Payment | None:
    """A payment as the shared type, in its document's currency; None for one on a credit note, pre- or overpayment.

    One that is reconciled, or part of a batch payment, is settled: it cannot be deleted by itself.
    """
    document = wire.get("Invoice") or {}
    stated = wire.get("PaymentType")
    kind = _TYPES.get(stated, stated) if stated else document.get("Type")
    entity = ENTITIES.get(kind) if kind else "documents"  # what is on its way to Xero names no kind
    if entity is None or not document.get("InvoiceID"):
        return None
    return _payment(wire, Ref(entity=entity, side="target", id=document["InvoiceID"]))


def within(document: Wire) -> tuple[Payment, ...]:
    """The payments that stand in an invoice or bill, each under its own id as its reference."""
    ref: Ref[str] = Ref(entity=ENTITIES[document["Type"]], side="target", id=document["InvoiceID"])
    return tuple(
        _payment(wire, ref).model_copy(update={"reference": str(wire.get("PaymentID") or "")})
        for wire in document.get("Payments") or ()
        if wire.get("Status") != "DELETED"
    )


def _payment(wire: Wire, document: Ref[str]) -> Payment:
    when, amount = xero.day(wire, "Date"), xero.amount(wire.get("Amount"))
    if when is None or amount is None:
        raise Rejected(
            Problem(
                cause="payment-unreadable",
                what="The payment has no date or no amount.",
                fix="Look at the payment in Xero.",
            )
        )
    account = wire.get("Account") or {}
    return Payment(
        external=wire.get("Reference") or None,
        standing="void" if wire.get("Status") == "DELETED" else "settled" if _bound(wire) else "live",
        document=document,
        date=when,
        amount=amount,
        account=account.get("Code") or account.get("AccountID") or None,
        reference=wire.get("Reference") or "",
    )


def lower(payment: Payment, terms: Terms, now: Wire | None) -> Wire:
    """A payment as Xero takes it. Raises `Rejected` with all that can be known without its document.

    It goes to the account that it names itself, else to the pair's Payment account, by the account's id: bank accounts
    may have no code.
    """
    books = Books.of(terms)
    problems = list(preflight.locked("payment", (payment.date,), books))
    account = accounts.usable(payment.account or terms.pair.accounts.payment, "payment", books, problems)
    if payment.amount <= 0 or xero.places(payment.amount) > 2:
        problems.append(
            Problem(
                cause="payment-amount-unfit",
                what=f"Xero cannot hold a payment of {payment.amount}.",
                why="It takes amounts above zero in whole cents; money that went back is not a payment.",
                fix="Correct the amount at the source, or enter what happened in Xero.",
            )
        )
    if _ACTION in books.refused:
        problems.append(preflight.not_allowed(_ACTION, "Enter payments in Xero, or change the plan there."))
    if account is None or problems:
        raise Rejected(*problems)
    return xero.filled(
        {
            "Invoice": {"InvoiceID": payment.document.id} if payment.document else None,
            "Account": {"AccountID": account.id},
            "Date": payment.date.isoformat(),
            "Amount": xero.plain(payment.amount),
            "Reference": payment.external or xero.line(payment.reference, 255),
        }
    )


PAYMENTS = Resource(
    name="Payments",
    type=Payment,
    lift=lift,
    lower=lower,
    id=("PaymentID",),
    version=("UpdatedDateUTC",),
    find=("external",),
    batch=50,
    bytes=3_500_000,
    key_seconds=300,
    lossy=frozenset({"standing", "account", "reference"}),
    free=frozenset({"account", "reference"}),
    around=frozenset({"document"}),
)


def post(work: Work) -> list[Any]:
    """The steps, or the `Reject`, for each payment of a page: one is made or deleted, and nothing else."""
    books = Books.of(work.terms)
    left: dict[str, Decimal | None] = {}
    fresh = tuple(item for item in work.items if item.id is None and item.record.standing != "void")
    made = iter(replace(work, items=fresh).each())
    answers: list[Any] = []
    for item in work.items:
        if item.record.standing == "void":
            answers.append(_deleted(item, books))
        elif item.id is not None:
            answers.append(_unchanged(item))
        else:
            answers.append(_made(item, next(made), books, left))
    return answers


def _made(item: Lowering, answer: Any, books: Books, left: dict[str, Decimal | None]) -> Any:
    """The step that makes a payment; `left` is what the payments before it leave due of each document."""
    payment: Payment = item.record  # type: ignore[assignment]
    found = list(answer.problems) if isinstance(answer, Reject) else []
    document = item.around.get(payment.document.id) if payment.document else None
    if payment.document and document is not None:
        due = left.setdefault(payment.document.id, _due(document, books))
        chosen = None if isinstance(answer, Reject) else books.accounts.get(answer[0].body["Account"]["AccountID"])
        found += _hindrances(payment, document, due, chosen, books)
        if not found and due is not None:
            left[payment.document.id] = due - payment.amount
    return Reject(tuple(dict.fromkeys(found))) if found else answer


def _due(document: Wire, books: Books) -> Decimal | None:
    """What is still due: as Xero states it, or as it will come to for a body on its way; None when neither tells."""
    stated = xero.amount(document.get("AmountDue"))
    return sums(document, books.rate).total if stated is None and document.get("LineItems") else stated


def _hindrances(
    payment: Payment, document: Wire, due: Decimal | None, account: Account | None, books: Books
) -> Iterator[Problem]:
    """Why a document cannot take a payment, by its wire as last read or as the same plan sends it."""
    number, status = document.get("InvoiceNumber") or "without a number", document.get("Status")
    if status in ("DRAFT", "SUBMITTED"):
        yield Problem(
            cause="document-not-approved",
            what=f"The document {number} has the status {status.lower()} in Xero, and takes no payment yet.",
            why="Xero takes payments on approved documents alone.",
            fix="Approve it in Xero, or let documents arrive there with the status authorised; "
            "the payment then goes by itself.",
        )
    if status in ("VOIDED", "DELETED"):
        yield Problem(
            cause="document-void",
            what=f"The document {number} is {status.lower()} in Xero.",
            why="What was taken back there takes no payment.",
            fix="Look at the document on both sides, and remove the payment where it is wrong.",
        )
    elif due is not None and payment.amount > due:
        yield Problem(
            cause="payment-too-large",
            what=f"The payment is {payment.amount}, and of the document {number} {due} is due.",
            why="Xero takes no payment that is larger than what is still due.",
            fix="Compare the payments and credits of the document on both sides.",
        )
    currency = document.get("CurrencyCode") or books.base
    if account and account.type == "BANK" and account.currency and currency and account.currency != currency:
        yield Problem(
            cause="payment-currency-differs",
            what=f"The document {number} is in {currency}, and the account {accounts.label(account)} in "
            f"{account.currency}.",
            why="A bank account takes payments in its own currency.",
            fix=f"Choose a Payment account in {currency}, or enter the payment in Xero.",
            about=currency,
        )


def _unchanged(item: Lowering) -> tuple[Step, ...] | Reject:
    """Nothing, where Xero shows the payment as it is; a payment that differs is never changed."""
    payment, now = item.record, item.now or {}
    if not isinstance(payment, Payment):
        return ()
    there = ((now.get("Invoice") or {}).get("InvoiceID"), xero.day(now, "Date"), xero.amount(now.get("Amount")))
    if there == (payment.document and payment.document.id, payment.date, payment.amount):
        return ()
    return Reject(
        (
            Problem(
                cause="payment-changed",
                what=f"The payment is {payment.amount} of {payment.date} at the source, and {there[2]} of {there[1]} "
                "in Xero.",
                why="A payment in Xero can be deleted, but never changed.",
                fix="Remove it at the source and enter it there anew: it is then deleted in Xero and made anew.",
            ),
        )
    )


def _deleted(item: Lowering, books: Books) -> tuple[Step, ...] | Reject:
    if item.id is None or item.now is None:
        return Reject((preflight.GONE,))
    now = item.now
    problems = [*preflight.locked("payment", (xero.day(now, "Date"),), books)]
    if bound := _bound(now):
        problems.append(bound)
    return Reject(tuple(problems)) if problems else (Step(op="void", id=item.id, body={"Status": "DELETED"}),)


def _bound(wire: Wire) -> Problem | None:
    """Why a payment cannot be deleted by itself."""
    if str(wire.get("IsReconciled")).casefold() == "true":
        return Problem(
            cause="payment-reconciled",
            what="The payment is reconciled in Xero.",
            why="A line of a bank statement stands behind it.",
            fix="Undo the reconciliation in Xero if the payment is wrong, then sync again.",
        )
    if wire.get("BatchPaymentID") or wire.get("BatchPayment"):
        return Problem(
            cause="payment-in-batch",
            what="The payment is part of a batch payment in Xero.",
            why="Xero deletes a batch payment only as a whole.",
            fix="Delete the batch payment in Xero if the payment is wrong.",
        )
    return None
