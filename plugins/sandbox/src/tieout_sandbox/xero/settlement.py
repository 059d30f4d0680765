"""How documents are settled: by payments and credit, and credit by allocations and refunds.

Source: docs/facts/xero.md, "Payments", "Credit notes".

An invoice or bill has `AmountDue`; whatever gives credit (credit notes, prepayments, overpayments) has
`RemainingCredit`.
"""

from decimal import Decimal

from tieout_sandbox.xero.arithmetic import ZERO
from tieout_sandbox.xero.lifecycle import FINAL
from tieout_sandbox.xero.table import Record

_IN_DOCUMENT = ("PaymentID", "Date", "Amount", "Reference", "CurrencyRate")


def left(document: Record) -> Decimal:
    """What can still be paid of a document, or given from a credit, in its own currency."""
    amount: Decimal = document["AmountDue"] if "AmountDue" in document else document["RemainingCredit"]
    return amount


def settled(document: Record) -> bool:
    """Whether anything is paid, credited, allocated or refunded."""
    if "AmountDue" in document:
        return bool(document["AmountPaid"] or document["AmountCredited"])
    return bool(document["Allocations"] or document["Payments"])


def derive(document: Record) -> None:
    """Write what is left of a document into it."""
    ended = document["Status"] in FINAL
    if "AmountDue" in document:
        document["AmountDue"] = ZERO if ended else _open(document)
        return
    document["AppliedAmount"] = _sum(document["Allocations"])
    document["RemainingCredit"] = ZERO if ended else _open(document)


def paid(document: Record, payment: Record) -> Record:
    """The document with a payment of it, or a refund from it."""
    entry = {**{name: payment[name] for name in _IN_DOCUMENT}, "HasAccount": True, "HasValidationErrors": False}
    return _paid(document, [*document["Payments"], entry], payment["Amount"], payment)


def unpaid(document: Record, payment: Record) -> Record:
    """The document without one of its payments."""
    others = [each for each in document["Payments"] if each["PaymentID"] != payment["PaymentID"]]
    return _paid(document, others, -payment["Amount"], payment)


def allocated(credit: Record, allocations: list[Record], day: Record) -> Record:
    """The credit with these allocations, as of the date held by `day`."""
    return _closed({**credit, "Allocations": allocations}, day)


def credited(invoice: Record, amount: Decimal, day: Record) -> Record:
    """The invoice after a credit of `amount` (negative when one is taken back) on the date held by `day`."""
    return _closed({**invoice, "AmountCredited": invoice["AmountCredited"] + amount}, day)


def _paid(document: Record, payments: list[Record], amount: Decimal, day: Record) -> Record:
    after = {**document, "Payments": payments}
    if "AmountDue" in document:
        after["AmountPaid"] = document["AmountPaid"] + amount
    return _closed(after, day)


def _closed(document: Record, day: Record) -> Record:
    if _open(document) <= 0:
        document["Status"] = "PAID"
        document["FullyPaidOnDate"] = day["Date"]
    else:
        document["Status"] = "AUTHORISED"
        document.pop("FullyPaidOnDate", None)
    return document


def _open(document: Record) -> Decimal:
    total: Decimal = document["Total"]
    if "AmountDue" in document:
        settled: Decimal = document["AmountPaid"] + document["AmountCredited"]
        return total - settled
    return total - _sum(document["Allocations"]) - _sum(document["Payments"])


def _sum(entries: list[Record]) -> Decimal:
    return sum((each["Amount"] for each in entries), ZERO)
