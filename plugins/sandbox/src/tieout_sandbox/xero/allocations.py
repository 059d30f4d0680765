"""Credit set against invoices, and taken back again (facts/xero.md 5.9)."""

from tieout_sandbox.xero import documents, fields, stamps
from tieout_sandbox.xero.arithmetic import ZERO, rounded
from tieout_sandbox.xero.books import Books, new_id
from tieout_sandbox.xero.credit_notes import CreditNotes
from tieout_sandbox.xero.findings import Findings, messages
from tieout_sandbox.xero.invoices import Invoices
from tieout_sandbox.xero.lifecycle import credited
from tieout_sandbox.xero.problems import NotFound, invalid
from tieout_sandbox.xero.table import Record
from tieout_sandbox.xero.writing import Way

_SIDES = {"ACCRECCREDIT": "ACCREC", "ACCPAYCREDIT": "ACCPAY"}


class Allocations:
    """The allocations of one organisation; they are written below the credit note that `Way.identity` names."""

    plural, id_field, error_flag = "Allocations", "AllocationID", None

    def __init__(self, books: Books, notes: CreditNotes, invoices: Invoices) -> None:
        self.books = books
        self._notes = notes
        self._invoices = invoices

    def single(self, record: Record, places: int) -> Record:
        """All there is."""
        return record

    def write(self, element: Record, way: Way, findings: Findings) -> Record | None:
        """Set a part of a credit note against an invoice."""
        note = self._notes.table.get(way.identity or "")
        if note is None:
            raise NotFound
        invoice = self._invoice(fields.part(element, "Invoice"), note, findings)
        date = fields.day(element, "Date") or self.books.today()
        self.books.check_lock(date, findings)
        amount = rounded(fields.number(element, "Amount") or ZERO)
        if note["Status"] != "AUTHORISED":
            findings.refuse("Credit can only be allocated from Authorised credit notes")
        if amount <= 0:
            findings.refuse("The allocation amount must be greater than zero")
        elif amount > note["RemainingCredit"]:
            findings.refuse("The allocation amount exceeds the credit that remains on this document")
        elif invoice is not None and amount > invoice["AmountDue"]:
            findings.refuse("The allocation amount exceeds the amount outstanding on this document")
        if findings.errors or invoice is None:
            return None
        brief = {name: invoice[name] for name in ("InvoiceID", "InvoiceNumber", "Type")}
        made: Record = {"AllocationID": new_id(), "Amount": amount, "Date": stamps.day_stamp(date), "Invoice": brief}
        after = {**note, "Allocations": [*note["Allocations"], made]}
        if amount == note["RemainingCredit"]:
            after |= {"Status": "PAID", "FullyPaidOnDate": made["Date"]}
        self._notes.save(after)
        self._invoices.save(listed(credited(invoice, amount, made), after))
        return {**made, "CreditNote": {name: note[name] for name in ("CreditNoteID", "ID", "CreditNoteNumber")}}

    def remove(self, note: Record, identity: str) -> Record:
        """Take an allocation back and return it. Raises `NotFound`, or `Problem` (400) for one in a locked period."""
        gone = next((each for each in note["Allocations"] if each["AllocationID"] == identity), None)
        if gone is None:
            raise NotFound
        findings = Findings()
        self.books.check_lock(stamps.day(gone["Date"]), findings)
        if findings.errors:
            raise invalid([{**gone, "ValidationErrors": messages(findings.errors)}])
        after = {**note, "Status": "AUTHORISED", "Allocations": [each for each in note["Allocations"] if each != gone]}
        after.pop("FullyPaidOnDate", None)
        self._notes.save(after)
        invoice = self.books.invoices.get(gone["Invoice"]["InvoiceID"])
        if invoice is not None:
            self._invoices.save(listed(credited(invoice, -gone["Amount"], gone), after))
        return {**gone, "IsDeleted": True}

    def _invoice(self, given: Record, note: Record, findings: Findings) -> Record | None:
        identity, number = fields.guid(given, "InvoiceID"), fields.text(given, "InvoiceNumber")
        found = self.books.invoices.get(identity) if identity else self._invoices.find(number or "")
        if found is None or found["Type"] != _SIDES[note["Type"]]:
            findings.refuse(documents.NOT_FOUND)
            return None
        if found["Status"] != "AUTHORISED":
            findings.refuse("Credit can only be allocated to Authorised documents")
        if found["Contact"]["ContactID"] != note["Contact"]["ContactID"]:
            findings.refuse("Credit can only be allocated to documents of the same contact")
        if found["CurrencyCode"] != note["CurrencyCode"]:
            findings.refuse("Credit can only be allocated to documents of the same currency")
        return found


def listed(invoice: Record, note: Record) -> Record:
    """The invoice with its list of credit notes saying what a credit note gives it now."""
    others = [each for each in invoice["CreditNotes"] if each["CreditNoteID"] != note["CreditNoteID"]]
    mine = [each for each in note["Allocations"] if each["Invoice"]["InvoiceID"] == invoice["InvoiceID"]]
    if not mine:
        return {**invoice, "CreditNotes": others}
    entry = {name: note[name] for name in ("CreditNoteID", "CreditNoteNumber", "ID", "DateString", "Date", "Total")}
    applied = sum((each["Amount"] for each in mine), ZERO)
    return {**invoice, "CreditNotes": [*others, {**entry, "HasErrors": False, "AppliedAmount": applied}]}
