"""Credit set against invoices, and taken back again (docs/facts/xero.md, "Credit notes")."""

from typing import TypeAlias

from tieout_sandbox.xero import documents, fields, stamps
from tieout_sandbox.xero.advances import Advances
from tieout_sandbox.xero.arithmetic import ZERO, rounded
from tieout_sandbox.xero.books import Books
from tieout_sandbox.xero.credit_notes import CreditNotes
from tieout_sandbox.xero.endpoint import Way
from tieout_sandbox.xero.findings import Findings, messages
from tieout_sandbox.xero.invoices import Invoices
from tieout_sandbox.xero.problems import NotFound, invalid
from tieout_sandbox.xero.settlement import allocated, credited, left
from tieout_sandbox.xero.table import Record

Credits: TypeAlias = CreditNotes | Advances
"""What gives credit."""

_IN_INVOICE = ("ID", "DateString", "Date", "Total")


class Allocations:
    """The allocations of one kind of credit; they are written below the record that `Way.identity` names."""

    plural, id_field, error_flag = "Allocations", "AllocationID", None

    def __init__(self, books: Books, credits: Credits, invoices: Invoices) -> None:
        self.books = books
        self._credits = credits
        self._invoices = invoices

    def single(self, record: Record, places: int) -> Record:
        """All there is."""
        return record

    def write(self, element: Record, way: Way, findings: Findings) -> Record | None:
        """Set a part of a credit against an invoice."""
        credit = self._credits.table.get(way.identity or "")
        if credit is None:
            raise NotFound
        invoice = self._invoice(fields.part(element, "Invoice"), credit, findings)
        date = fields.day(element, "Date") or self.books.today()
        self.books.check_lock(date, findings)
        amount = rounded(fields.number(element, "Amount") or fields.number(element, "AppliedAmount") or ZERO)
        if credit["Status"] != "AUTHORISED":
            findings.refuse("Credit can only be allocated from Authorised credit notes")
        if amount <= 0:
            findings.refuse("The allocation amount must be greater than zero")
        elif amount > left(credit):
            findings.refuse("The allocation amount exceeds the credit that remains on this document")
        elif invoice is not None and amount > left(invoice):
            findings.refuse("The allocation amount exceeds the amount outstanding on this document")
        if findings.errors or invoice is None:
            return None
        brief = {name: invoice[name] for name in ("InvoiceID", "InvoiceNumber", "Type")}
        made: Record = {
            "AllocationID": self.books.new_id(),
            "Amount": amount,
            "Date": stamps.day_stamp(date),
            "Invoice": brief,
        }
        after = allocated(credit, [*credit["Allocations"], made], made)
        self._credits.save(after)
        self._invoices.save(listed(credited(invoice, amount, made), after, self._credits))
        return {**made, self._credits.kind: _named(credit, self._credits)}

    def remove(self, credit: Record, identity: str) -> Record:
        """Take an allocation back and return it. Raises `NotFound`, or `Problem` (400) for one in a locked period."""
        gone = next((each for each in credit["Allocations"] if each["AllocationID"] == identity), None)
        if gone is None:
            raise NotFound
        findings = Findings()
        self.books.check_lock(stamps.day(gone["Date"]), findings)
        if findings.errors:
            raise invalid([{**gone, "ValidationErrors": messages(findings.errors)}])
        after = allocated(credit, [each for each in credit["Allocations"] if each is not gone], gone)
        self._credits.save(after)
        invoice = self.books.invoices.get(gone["Invoice"]["InvoiceID"])
        if invoice is not None:
            self._invoices.save(listed(credited(invoice, -gone["Amount"], gone), after, self._credits))
        return {**gone, "IsDeleted": True}

    def _invoice(self, given: Record, credit: Record, findings: Findings) -> Record | None:
        identity, number = fields.guid(given, "InvoiceID"), fields.text(given, "InvoiceNumber")
        found = self.books.invoices.get(identity) if identity else self._invoices.find(number or "")
        if found is None or self._invoices.sides[found["Type"]] != self._credits.sides[credit["Type"]]:
            findings.refuse(documents.NOT_FOUND)
            return None
        if found["Status"] != "AUTHORISED":
            findings.refuse("Credit can only be allocated to Authorised documents")
        if found["Contact"]["ContactID"] != credit["Contact"]["ContactID"]:
            findings.refuse("Credit can only be allocated to documents of the same contact")
        if found["CurrencyCode"] != credit["CurrencyCode"]:
            findings.refuse("Credit can only be allocated to documents of the same currency")
        return found


def listed(invoice: Record, credit: Record, kind: Credits) -> Record:
    """The invoice with its list of this kind of credit saying what a credit gives it now."""
    others = [each for each in invoice[kind.plural] if each[kind.id_field] != credit[kind.id_field]]
    mine = [each for each in credit["Allocations"] if each["Invoice"]["InvoiceID"] == invoice["InvoiceID"]]
    if not mine:
        return {**invoice, kind.plural: others}
    entry = {**_named(credit, kind), **{name: credit[name] for name in _IN_INVOICE if name in credit}}
    applied = sum((each["Amount"] for each in mine), ZERO)
    return {**invoice, kind.plural: [*others, {**entry, "HasErrors": False, "AppliedAmount": applied}]}


def _named(credit: Record, kind: Credits) -> Record:
    return {name: credit[name] for name in (kind.id_field, "ID", "CreditNoteNumber") if name in credit}
