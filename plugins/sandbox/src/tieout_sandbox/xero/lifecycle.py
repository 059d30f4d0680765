"""The statuses of invoices, bills and credit notes, and what may change once settled (facts/xero.md 5.3, 5.9)."""

from decimal import Decimal

from tieout_sandbox.xero.findings import Findings
from tieout_sandbox.xero.table import Record

NEXT = {
    "DRAFT": ("DRAFT", "SUBMITTED", "AUTHORISED", "DELETED"),
    "SUBMITTED": ("SUBMITTED", "AUTHORISED", "DRAFT", "DELETED"),
    "AUTHORISED": ("AUTHORISED", "VOIDED"),
    "PAID": ("PAID",),
}
"""The statuses that a write may give to a document of a status."""

CREATED = ("DRAFT", "SUBMITTED", "AUTHORISED")
FINAL = ("DELETED", "VOIDED")
NO_EDIT = "This document cannot be edited as it has a payment or credit note allocated to it"
_NO_DATE = "Date cannot be changed on an invoice that has payment or credit notes allocated to it"
_FIXED = ("SubTotal", "TotalTax", "Total", "LineAmountTypes", "CurrencyCode", "CurrencyRate")
_FIXED_IN_LINES = ("Quantity", "UnitAmount", "LineAmount", "TaxType", "TaxAmount", "ItemCode")


def judge_settled(document: Record, existing: Record, findings: Findings) -> None:
    """Refuse what may not change once something is paid, credited or allocated."""
    if document["Date"] != existing["Date"]:
        findings.refuse(_NO_DATE)
    before = {line["LineItemID"]: line for line in existing["LineItems"]}
    same = len(document["LineItems"]) == len(before) and all(
        line["LineItemID"] in before
        and all(line.get(name) == before[line["LineItemID"]].get(name) for name in _FIXED_IN_LINES)
        for line in document["LineItems"]
    )
    if not same or any(document.get(name) != existing.get(name) for name in _FIXED):
        findings.refuse(NO_EDIT)


def paid(invoice: Record, amount: Decimal, day: Record) -> Record:
    """The invoice after a payment of `amount` (negative when one is taken back) on the date held by `day`."""
    return _settled({**invoice, "AmountPaid": invoice["AmountPaid"] + amount}, day)


def credited(invoice: Record, amount: Decimal, day: Record) -> Record:
    """The invoice after a credit of `amount` (negative when one is taken back) on the date held by `day`."""
    return _settled({**invoice, "AmountCredited": invoice["AmountCredited"] + amount}, day)


def _settled(invoice: Record, day: Record) -> Record:
    if invoice["AmountPaid"] + invoice["AmountCredited"] >= invoice["Total"]:
        invoice["Status"] = "PAID"
        invoice["FullyPaidOnDate"] = day["Date"]
    else:
        invoice["Status"] = "AUTHORISED"
        invoice.pop("FullyPaidOnDate", None)
    return invoice
