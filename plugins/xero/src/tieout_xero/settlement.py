"""Settlement: how far an invoice or bill is paid in Xero, for the business system to know.

Source: docs/facts/xero.md, "Invoices and bills", "Payments".
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from tieout import Settlement, Terms, Wire

from tieout_xero import payments, preflight
from tieout_xero import wire as xero

_APPLIED = ("Payments", "CreditNotes", "Prepayments", "Overpayments")


def lift(wire: Wire, terms: Terms) -> Settlement | None:
    """What is paid and due of an invoice or bill, in its currency; None for any other wire.

    Credit notes, prepayments and overpayments that are set against it count as paid: Xero sums them up as credited.
    """
    if wire.get("Type") not in payments.ENTITIES or not wire.get("InvoiceID"):
        return None
    paid = _amount(wire, "AmountPaid") + _amount(wire, "AmountCredited")
    stated = xero.amount(wire.get("AmountDue"))
    due = _amount(wire, "Total") - paid if stated is None else stated
    standing = preflight.standing(wire)
    if standing == "void":
        return Settlement(standing=standing, state="void")
    return Settlement(
        standing=standing,
        state="paid" if wire.get("Status") == "PAID" or (paid and not due) else "part-paid" if paid else "open",
        paid=paid,
        due=due,
        settled_on=xero.day(wire, "FullyPaidOnDate") or _last(wire),
        payments=payments.within(wire),
    )


def _amount(wire: Wire, name: str) -> Decimal:
    return xero.amount(wire.get(name)) or Decimal(0)


def _last(wire: Wire) -> date | None:
    """The date of the last thing that was set against a document."""
    applied = (xero.day(one, "Date") for name in _APPLIED for one in wire.get(name) or ())
    return max((when for when in applied if when), default=None)
