"""What Xero's messages mean: for each known one a stable cause, plain words and what to do.

Source: docs/facts/xero.md, "Messages".

Wordings may change in Xero, so nothing but the hint depends on them: an unknown message is passed on in Xero's words.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from tieout import Problem, Wire


@dataclass(frozen=True, slots=True)
class Known:
    """A message known by a part of it; `about` finds what it concerns in the message."""

    fragment: str
    cause: str
    what: str
    fix: str
    about: str = ""


_QUOTED = r"'([^']*)'"

KNOWN = (
    Known(
        "is already assigned to another contact",
        "contact-name-taken",
        "Another active contact in Xero has this name.",
        "Link the record to that contact, or give one of the two another name.",
    ),
    Known(
        "must contain at least 1 of the following elements to identify the contact",
        "contact-missing",
        "Xero cannot tell which contact is meant.",
        "Give the record a name, or sync its customer or supplier first.",
    ),
    Known(
        "matched an archived contact",
        "archived-in-target",
        "The contact is archived in Xero and cannot be changed.",
        "Restore it in Xero, or link the record to another contact.",
    ),
    Known(
        "contact with the specified contact details has been archived",
        "archived-in-target",
        "The contact is archived in Xero and cannot be used.",
        "Restore it in Xero, or link the record to another contact.",
    ),
    Known(
        "the account number already exists",
        "contact-number-taken",
        "Another contact in Xero has this account number.",
        "Change the account number of one of the two contacts.",
    ),
    Known(
        "additional people cannot be added when the primary person has no email",
        "contact-email-missing",
        "The contact has further people but no e-mail address of its own.",
        "Give the contact an e-mail address in Xero.",
    ),
    Known(
        "email address must be valid",
        "email-invalid",
        "Xero does not accept the e-mail address.",
        "Correct the address at its source.",
    ),
    Known(
        "invoice # must be unique",
        "number-taken",
        "Another invoice in Xero has this number.",
        "Link the record to that invoice, or give it another number.",
    ),
    Known(
        "invoice not of valid status for",
        "status-refused",
        "The document's status in Xero does not allow this.",
        "Look at the document in Xero: it was paid, voided or deleted there.",
    ),
    Known(
        "one or more line items must be specified",
        "lines-missing",
        "The document has no lines.",
        "Add a line at its source.",
    ),
    Known(
        "a contact must be specified",
        "contact-missing",
        "The document has no contact.",
        "Choose its customer or supplier at the source.",
    ),
    Known(
        "duedate field must be specified",
        "due-date-missing",
        "Xero approves no document without a due date.",
        "Give it a due date, or send it as a draft.",
    ),
    Known(
        "account code must be specified",
        "account-not-chosen",
        "A line has no account.",
        "Choose the account that such lines go to.",
    ),
    Known(
        "the taxtype field is mandatory",
        "tax-unmapped",
        "A line has no tax type.",
        "Choose which Xero tax stands for the line's tax.",
    ),
    Known(
        "has been archived, or has been deleted",
        "account-archived",
        "An account of this document is archived or deleted in Xero.",
        "Restore the account in Xero, or choose another one.",
        _QUOTED,
    ),
    Known(
        "is not a valid code for this document",
        "account-not-legal",
        "Xero does not allow an account on this kind of document.",
        "Choose another account, then import the accounts again.",
        _QUOTED,
    ),
    Known(
        "has been removed as it does not match a recognised account",
        "account-unknown",
        "Xero left out an account that it does not know.",
        "Import the accounts again and choose an existing one.",
        _QUOTED,
    ),
    Known(
        "cannot be used with account code",
        "tax-not-for-account",
        "A tax type may not be used with its account.",
        "Choose another tax or another account for such lines.",
        _QUOTED,
    ),
    Known(
        "does not exist or cannot be used for this type of transaction",
        "tax-unknown",
        "Xero does not know a tax type, or does not allow it on this kind of document.",
        "Import the tax rates again and choose an existing one.",
        r"TaxType code '?([^\s']+)",
    ),
    Known(
        "invoice total does not equal the sum of the lines",
        "total-differs",
        "The total and the sum of the lines differ.",
        "Look at the lines at the source.",
    ),
    Known(
        "discount must not be greater than the line total",
        "discount-too-large",
        "A discount is larger than its line.",
        "Correct the discount at the source.",
    ),
    Known(
        "lock date",
        "period-locked",
        "The document's date lies in a period that is locked in Xero.",
        "Move the lock date in Xero, or change the date at the source.",
        r"currently set at (.+?)\.?$",
    ),
    Known(
        "date cannot be changed on an invoice that has payment",
        "settled-in-target",
        "The document has a payment or credit, so its date is fixed.",
        "Remove the payment in Xero first, or leave the document as it is.",
    ),
    Known(
        "cannot be edited as it has a payment or credit note allocated",
        "settled-in-target",
        "The document has a payment or credit, so it is fixed.",
        "Remove the payment in Xero first, or leave the document as it is.",
    ),
    Known(
        "order number must be unique",
        "number-taken",
        "Another purchase order in Xero has this number.",
        "Link the record to that order, or give it another number.",
    ),
    Known(
        "purchaseorder status change is invalid",
        "status-refused",
        "The order's status in Xero does not allow this.",
        "Look at the order in Xero: it was billed or deleted there.",
    ),
    Known(
        "deleted purchaseorders cannot be updated",
        "number-taken",
        "A deleted purchase order in Xero still owns this number.",
        "Give the order another number.",
    ),
    Known(
        "may have senttocontact updated",
        "sent-mark-ignored",
        "Xero did not mark the document as sent.",
        "Approve the document in Xero first.",
    ),
    Known(
        "price list item with code",
        "code-taken",
        "Another item in Xero has this code.",
        "Link the record to that item, or give it another code.",
        _QUOTED,
    ),
    Known(
        "cost of goods sold account must be used with an inventory asset account",
        "item-tracked",
        "The item is kept as tracked stock in Xero and needs both of its accounts.",
        "Correct the item's accounts in Xero.",
    ),
    Known(
        "payment amount exceeds the amount outstanding",
        "payment-too-large",
        "The payment is larger than what is still due.",
        "Compare the payments of the document on both sides.",
    ),
    Known(
        "with the supplied id was not found",
        "gone",
        "Xero does not find the record that this one is linked to.",
        "Check that the connection leads to the right organisation, then link the record anew.",
    ),
    Known(
        "please enter a unique name",
        "account-name-taken",
        "Another account in Xero has this name.",
        "Give the account another name.",
    ),
    Known(
        "is not subscribed to currency",
        "currency-not-enabled",
        "The organisation does not use this currency.",
        "Add the currency in Xero, if its plan allows several.",
        r"currency '?([A-Za-z]{3})",
    ),
    Known(
        "limit of invoices you can approve",
        "plan-does-not-allow",
        "The organisation's Xero plan approves no more documents this month.",
        "Send documents as drafts, or change the plan in Xero.",
    ),
    Known(
        "is used with a different request",
        "repeat-refused",
        "Xero remembers another request under the same key.",
        "Sync again: the record is looked up and sent under a new key.",
    ),
)


def problem(said: str) -> Problem:
    """What one message of Xero's means."""
    lower = said.casefold()
    for known in KNOWN:
        if known.fragment in lower:
            about = re.search(known.about, said) if known.about else None
            return Problem(
                cause=known.cause, what=known.what, fix=known.fix, about=about[1] if about else "", said=said
            )
    return Problem(
        cause="refused",
        what="Xero refused this record.",
        fix="Correct what Xero names, at the source or in Xero, and sync again.",
        about=said,
        said=said,
    )


def errors(element: Wire) -> tuple[Problem, ...]:
    """All problems of a refused element, those of its lines, contact and addresses too, each once."""
    return tuple(problem(said) for said in dict.fromkeys(_messages(element, "ValidationErrors")))


def warnings(element: Wire) -> tuple[str, ...]:
    """What Xero left out or ignored although it saved the element, in its own words."""
    return tuple(dict.fromkeys(_messages(element, "Warnings")))


def _messages(value: Any, kind: str) -> Iterator[str]:
    if isinstance(value, list):
        for entry in value:
            yield from _messages(entry, kind)
    elif isinstance(value, dict):
        for key, inner in value.items():
            if key == kind and isinstance(inner, list):
                yield from (
                    str(entry["Message"]) for entry in inner if isinstance(entry, dict) and entry.get("Message")
                )
            else:
                yield from _messages(inner, kind)
