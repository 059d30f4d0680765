"""What can be known before a document is sent: lock dates, currency, plan and status.

Source: docs/facts/xero.md, "Plans", "Lock dates", "Document statuses", "Purchase orders".
"""

from __future__ import annotations

from datetime import date

from tieout import Problem, Standing, Wire

from tieout_xero import wire as xero
from tieout_xero.books import Books

GONE = Problem(
    cause="gone",
    what="The record was taken back at its source, and Xero does not have it.",
    fix="Look at the record on both sides; if both agree there is nothing to do.",
)
"""Why nothing can be taken back in Xero that is not there."""

_ACTIONS = {"invoice": "Invoice", "bill": "Bill", "order": "PurchaseOrder"}
_NUMBER = 255
_SALES_TAX = ("TaxBreakdown", "SalesTaxCodeId", "Taxability")
_SEVERAL = "UseMulticurrency"


def kind(wire: Wire) -> str:
    """Which kind of document a wire or body is: `invoice`, `bill` or `order`."""
    return {"ACCREC": "invoice", "ACCPAY": "bill"}.get(wire.get("Type", ""), "order")


def side(kind: str) -> str:
    """Under which taxes a kind of document falls: `sales` or `purchases`."""
    return "sales" if kind == "invoice" else "purchases"


def standing(wire: Wire) -> Standing:
    """What may still be done with a document in Xero."""
    status = wire.get("Status")
    if status in ("VOIDED", "DELETED"):
        return "void"
    paid = any(xero.amount(wire.get(name)) for name in ("AmountPaid", "AmountCredited"))
    return "settled" if paid or status in ("PAID", "BILLED") else "live"


def finality(now: Wire) -> tuple[Problem, ...]:
    """Why nothing of a document in Xero may be changed any more; empty while something may.

    Of what is paid some fields may still be edited (`tieout_xero.settled`).
    """
    if standing(now) == "void":
        return (
            Problem(
                cause="void-in-target",
                what=f"The document is {now.get('Status', '').lower()} in Xero.",
                why="What was taken back there is never made anew.",
                fix="Leave it, or send the record again under a new number.",
            ),
        )
    if now.get("Status") == "BILLED":
        return (
            Problem(
                cause="settled-in-target",
                what="The document is billed in Xero.",
                why="Its content is fixed from then on.",
                fix="Change it in Xero.",
            ),
        )
    if any(line.get(name) for line in now.get("LineItems") or () for name in _SALES_TAX):
        return (
            Problem(
                cause="automatic-sales-tax",
                what="Xero computes the sales tax of this document by itself.",
                why="Such documents cannot be edited from outside.",
                fix="Change it in Xero.",
            ),
        )
    return ()


def paid(now: Wire) -> tuple[Problem, ...]:
    """Why a document in Xero may not be taken back: it is paid, part-paid or credited; empty while it may."""
    if standing(now) != "settled":
        return ()
    return (
        Problem(
            cause="settled-in-target",
            what="The document is paid in Xero.",
            why="What is paid can be neither voided nor deleted.",
            fix="Remove the payment in Xero first, or issue a credit note.",
        ),
    )


def locked(kind: str, dates: tuple[date | None, ...], books: Books) -> tuple[Problem, ...]:
    """Whether one of a record's dates lies in a locked period; an order has no ledger effect and is never locked."""
    inside = [given for given in dates if given and books.lock and given <= books.lock]
    if kind == "order" or not inside:
        return ()
    return (
        Problem(
            cause="period-locked",
            what=f"The books are locked until {books.lock}, and the record is dated {min(inside)}.",
            fix="Move the lock date in Xero, or change the date at the source; it then goes by itself.",
            about=str(books.lock),
        ),
    )


def not_allowed(action: str, fix: str) -> Problem:
    """That the organisation's plan, or its limit of a month, does not allow an action (docs/facts/xero.md, "Plans")."""
    return Problem(
        cause="plan-does-not-allow",
        what=f"The organisation's Xero plan does not allow this now ({action}).",
        why="Small plans approve a few documents a month, and some leave features out.",
        fix=fix,
        about=action,
    )


def problems(body: Wire, now: Wire | None, books: Books) -> list[Problem]:
    """All that stands in the way of a document's header; `now` is the document that it replaces."""
    found: list[Problem] = []
    form = kind(body)
    found += locked(form, (xero.day(body, "Date"), xero.day(now or {}, "Date")), books)
    currency = body.get("CurrencyCode")
    if currency and not books.takes(currency):
        found.append(
            Problem(
                cause="currency-not-enabled",
                what=f"The organisation does not use {currency}.",
                why="Its Xero plan has one currency only." if _SEVERAL in books.refused else "",
                fix="Change the plan in Xero, or the currency at the source."
                if _SEVERAL in books.refused
                else "Add the currency in Xero, if its plan allows several, and import again.",
                about=currency,
            )
        )
    status = body.get("Status", "DRAFT")
    if status != "DRAFT" and form != "order" and not body.get("DueDate"):
        found.append(
            Problem(
                cause="due-date-missing",
                what="The document has no due date.",
                why=f"Xero needs one for the status {status.lower()}.",
                fix="Give it a due date at the source, or send it as a draft.",
            )
        )
    action = f"Create{'Approved' if status == 'AUTHORISED' else 'Draft'}{_ACTIONS[form]}"
    if now is None and action in books.refused:
        found.append(not_allowed(action, "Send documents as drafts, or change the plan in Xero."))
    number = body.get("InvoiceNumber") or body.get("PurchaseOrderNumber") or ""
    if len(number) > _NUMBER or not (number.isascii() and number.isprintable()):
        found.append(
            Problem(
                cause="number-unfit",
                what=f"Xero cannot hold the number {number!r}.",
                why=f"It takes at most {_NUMBER} signs of plain ASCII, and a number is never changed on the way.",
                fix="Give the document another number at the source.",
            )
        )
    return found
