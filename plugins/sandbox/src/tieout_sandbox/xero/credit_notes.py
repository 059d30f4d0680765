"""Credit notes of both sides: numbers, statuses, and how much of each is left to allocate (facts/xero.md 5.9, 7.2)."""

from collections.abc import Callable, Iterable
from typing import Literal

from tieout_sandbox.xero import contacts, documents, fields, stamps
from tieout_sandbox.xero.arithmetic import ZERO
from tieout_sandbox.xero.books import Books, new_id
from tieout_sandbox.xero.contacts import Contacts
from tieout_sandbox.xero.findings import Findings
from tieout_sandbox.xero.lifecycle import CREATED, FINAL, NEXT, NO_EDIT, judge_settled
from tieout_sandbox.xero.lines import Ruling, require_complete
from tieout_sandbox.xero.listing import Query
from tieout_sandbox.xero.table import Record, Table
from tieout_sandbox.xero.writing import Way

_KINDS = ("ACCRECCREDIT", "ACCPAYCREDIT")
_NOT_FOUND = "An existing Credit Note with the specified CreditNoteID could not be found"
_NO_MODIFICATION = "Credit note not of valid status for modification"
_UNIQUE = "Credit Note # must be unique."


class CreditNotes:
    """The credit notes to customers (ACCRECCREDIT) and from suppliers (ACCPAYCREDIT) of one organisation."""

    plural, kind, id_field, error_flag = "CreditNotes", "CreditNote", "CreditNoteID", "HasErrors"
    paged: Literal["asked"] = "asked"
    filterable = True
    batches = True
    ways = frozenset({"PUT", "POST", "POST by id"})
    names = frozenset(
        {"Type", "CreditNoteID", "CreditNoteNumber", "Reference", "Contact", "Date", "DueDate", "DateString", "Status"}
        | {"LineAmountTypes", "SubTotal", "TotalTax", "Total", "RemainingCredit", "AppliedAmount", "UpdatedDateUTC"}
        | {"CurrencyCode", "CurrencyRate", "FullyPaidOnDate", "BrandingThemeID", "HasAttachments", "SentToContact"}
        | {"UpdatedDateUTCString", "Allocations", "LineItems"}
    )

    def __init__(self, books: Books, directory: Contacts) -> None:
        self.books = books
        self._directory = directory

    @property
    def table(self) -> Table:
        """The records."""
        return self.books.credit_notes

    def find(self, key: str) -> Record | None:
        """The credit note of this number; what is not deleted comes first."""
        return min(self.table.having("number", key), key=lambda each: each["Status"] == "DELETED", default=None)

    def filters(self, query: Query, client: str) -> Iterable[Callable[[Record], bool]]:
        """Credit notes have no parameters of their own."""
        return ()

    def single(self, record: Record, places: int) -> Record:
        """All there is."""
        return documents.rendered(record, self.books.contacts.get(record["Contact"]["ContactID"]), places)

    def shown(self, record: Record, query: Query) -> Record:
        """With lines, and little of the contact."""
        return self._with_contact(documents.rendered(record, None, 4 if query.get("unitdp") == "4" else 2))

    def unpaged(self, record: Record, query: Query) -> Record:
        """Without lines."""
        return self._with_contact({**record, "LineItems": []})

    summary = unpaged

    def _with_contact(self, shown: Record) -> Record:
        contact = self.books.contacts.get(shown["Contact"]["ContactID"])
        shown["Contact"] = contacts.in_list(contact) if contact else shown["Contact"]
        return shown

    def write(self, element: Record, way: Way, findings: Findings) -> Record | None:
        """Create or update a credit note."""
        existing = self._match(element, way, findings)
        if findings.errors:
            return None
        given = fields.part(element, "Contact")
        contact = None
        if given:
            contact = documents.embedded_contact(self._directory, given, way, findings)
        elif existing is not None:
            contact = self.books.contacts.get(existing["Contact"]["ContactID"])
        else:
            findings.refuse(documents.NO_CONTACT)
        if existing is not None and element.get("Status") in FINAL:
            note = self._ended(existing, element["Status"], findings)
        else:
            note = self.composed(element, existing, contact, way.places, findings)
            self._judge(note, existing, findings)
        if findings.errors:
            return None
        if contact is not None and contact is not self.books.contacts.get(contact["ContactID"]):
            self._directory.save(contact)
        return self.save(note)

    def composed(
        self, element: Record, existing: Record | None, contact: Record | None, places: int, findings: Findings
    ) -> Record:
        """The credit note with what the element says, whether or not its status allows that."""
        note = dict(existing) if existing else blank(element["Type"])
        if contact is not None:
            note["Contact"] = {"ContactID": contact["ContactID"]}
        sale = note["Type"] == "ACCRECCREDIT"
        note["Status"] = fields.text(element, "Status") or note["Status"]
        note["CreditNoteNumber"] = fields.text(element, "CreditNoteNumber") or note["CreditNoteNumber"]
        reference = fields.text(element, "Reference")
        if sale and reference is not None:
            note["Reference"] = reference
        findings.limit(note, {"CreditNoteNumber": 255, "Reference": 255})
        documents.set_header(self.books, note, element, contact, findings)
        if "DueDate" in element:
            fields.set_day(note, "DueDate", fields.day(element, "DueDate"))
        approving = note["Status"] not in ("DRAFT", "DELETED")
        side, types = "sales" if sale else "purchases", note["LineAmountTypes"]
        documents.set_lines(
            note, element, Ruling(self.books, side, types, approving, places, frozenset[str](), findings)
        )
        return note

    def save(self, note: Record) -> Record:
        """Store a credit note as of now, with what is left of it."""
        if not note["CreditNoteNumber"] and note["Type"] == "ACCRECCREDIT":
            note["CreditNoteNumber"] = self.books.next_number(self.table, "CN-")
        note["AppliedAmount"] = sum((each["Amount"] for each in note["Allocations"]), ZERO)
        note["RemainingCredit"] = ZERO if note["Status"] in FINAL else note["Total"] - note["AppliedAmount"]
        documents.touch(self.books, note)
        note["UpdatedDateUTCString"] = stamps.text_of(stamps.stamp_ms(note["UpdatedDateUTC"]))
        self.table.put(note)
        return note

    def _match(self, element: Record, way: Way, findings: Findings) -> Record | None:
        identity, number = (
            way.identity or fields.guid(element, "CreditNoteID"),
            fields.text(element, "CreditNoteNumber"),
        )
        kind = fields.text(element, "Type")
        same = [each for each in self.table.having("number", number or "") if each["Type"] == "ACCRECCREDIT"]
        found = min(same, key=lambda each: each["Status"] == "DELETED", default=None)
        if identity:
            found = self.table.get(identity)
            if found is None:
                findings.refuse(_NOT_FOUND)
                return None
        elif kind not in _KINDS and not (kind is None and found is not None and way.verb == "POST"):
            findings.refuse(f"Credit note type '{kind or ''}' is not valid, it must be ACCRECCREDIT or ACCPAYCREDIT")
            return None
        elif found is None or kind == "ACCPAYCREDIT":
            return None
        elif way.verb == "PUT":
            if found["Status"] != "DELETED":
                findings.refuse(_UNIQUE)
            return None
        findings.identity = found["CreditNoteID"]
        if found["Status"] in FINAL:
            findings.refuse(_NO_MODIFICATION)
        return found

    def _ended(self, existing: Record, status: str, findings: Findings) -> Record:
        """The credit note deleted or voided."""
        if existing["Allocations"]:
            findings.refuse(NO_EDIT)
        elif status not in NEXT[existing["Status"]]:
            findings.refuse(_NO_MODIFICATION)
        self.books.check_lock(stamps.day(existing["Date"]), findings)
        return {**existing, "Status": status}

    def _judge(self, note: Record, existing: Record | None, findings: Findings) -> None:
        status, number = note["Status"], note["CreditNoteNumber"]
        if existing is None and status not in CREATED:
            findings.refuse("Credit note not of valid status for creation")
        elif existing is not None and status not in NEXT[existing["Status"]]:
            findings.refuse(_NO_MODIFICATION)
        for other in self.table.having("number", number) if note["Type"] == "ACCRECCREDIT" else ():
            same = other["CreditNoteID"] == note["CreditNoteID"]
            if not same and other["Type"] == "ACCRECCREDIT" and other["Status"] != "DELETED":
                findings.refuse(_UNIQUE)
        if status != "DRAFT":
            require_complete(note["LineItems"], findings)
        if note["Total"] < 0:
            findings.refuse("The total of a credit note cannot be negative")
        if existing is not None:
            self.books.check_lock(stamps.day(existing["Date"]), findings)
            if existing["Allocations"]:
                judge_settled(note, existing, findings)
                if note["Contact"] != existing["Contact"]:
                    findings.refuse(NO_EDIT)
        self.books.check_lock(stamps.day(note["Date"]), findings)


def blank(kind: str) -> Record:
    """A credit note that says nothing yet."""
    identity = new_id()
    note: Record = {"Type": kind, "CreditNoteID": identity, "ID": identity, "CreditNoteNumber": "", "Status": "DRAFT"}
    if kind == "ACCRECCREDIT":
        note["Reference"] = ""
    empty: Record = {"Payments": [], "Allocations": [], "SentToContact": False}
    return {**note, **empty, "HasErrors": False, "IsDiscounted": False, "HasAttachments": False}
