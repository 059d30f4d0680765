"""The statuses of invoices, bills and credit notes, and what may change once settled.

Source: docs/facts/xero.md, "Document statuses", "Edits of settled documents", "Credit notes".
"""

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
    if document["Contact"] != existing["Contact"] and existing.get("AmountCredited", True):
        findings.refuse(NO_EDIT)
    before = {line["LineItemID"]: line for line in existing["LineItems"]}
    same = len(document["LineItems"]) == len(before) and all(
        line["LineItemID"] in before
        and all(line.get(name) == before[line["LineItemID"]].get(name) for name in _FIXED_IN_LINES)
        for line in document["LineItems"]
    )
    if not same or any(document.get(name) != existing.get(name) for name in _FIXED):
        findings.refuse(NO_EDIT)
