"""Prepayments and overpayments: money that came or went before its invoice.

Source: docs/facts/xero.md, "Prepayments and overpayments".

They are entered by people, as bank transactions; an application reads them, sets them against invoices, refunds them.
"""

from collections.abc import Mapping
from typing import ClassVar, Literal

from tieout_sandbox.xero import documents, fields, settlement, stamps
from tieout_sandbox.xero.arithmetic import ZERO
from tieout_sandbox.xero.books import Books
from tieout_sandbox.xero.contacts import Contacts
from tieout_sandbox.xero.endpoint import Endpoint, Query, Way, places
from tieout_sandbox.xero.findings import Findings
from tieout_sandbox.xero.ledger import Side
from tieout_sandbox.xero.lines import Ruling, require_complete
from tieout_sandbox.xero.table import Record, Table


class Advances(Endpoint):
    """One of the two kinds; `sides` gives the side of each `Type`."""

    paged: ClassVar[Literal["asked"]] = "asked"
    sides: ClassVar[Mapping[str, Side]]

    def __init__(self, books: Books, table: Table, directory: Contacts) -> None:
        super().__init__(books, table)
        self._directory = directory

    def single(self, record: Record, places: int) -> Record:
        """All there is."""
        return documents.rendered(record, self.books.contacts.get(record["Contact"]["ContactID"]), places)

    def shown(self, record: Record, query: Query) -> Record:
        """All there is."""
        return self.single(record, places(query))

    def unpaged(self, record: Record, query: Query) -> Record:
        """Without lines."""
        return {**self.shown(record, query), "LineItems": []}

    def write(self, element: Record, way: Way, findings: Findings) -> Record | None:
        """Enter one as a person does: approved at once."""
        contact = documents.known_contact(self._directory, fields.part(element, "Contact"), findings)
        kind = fields.text(element, "Type")
        if kind not in self.sides:
            findings.refuse(f"The Type '{kind or ''}' is not valid")
        if findings.errors or contact is None or kind is None:
            return None
        advance = self.blank(kind, contact)
        advance["Reference"] = fields.text(element, "Reference") or ""
        documents.set_header(self.books, advance, element, contact, findings)
        types = advance["LineAmountTypes"]
        ruling = Ruling(self.books, self.sides[kind], types, True, way.places, frozenset(), findings)
        documents.set_lines(advance, element, ruling)
        require_complete(advance["LineItems"], findings)
        self.books.check_lock(stamps.day(advance["Date"]), findings)
        return None if findings.errors else self.save(advance)

    def save(self, advance: Record) -> Record:
        """Store one as of now, with what is left of it."""
        settlement.derive(advance)
        documents.touch(self.books, advance)
        advance["UpdatedDateUTCString"] = stamps.text_of(stamps.stamp_ms(advance["UpdatedDateUTC"]))
        self.table.put(advance)
        return advance

    def blank(self, kind: str, contact: Record) -> Record:
        """One of this type that says nothing yet but of whom it is."""
        identity = self.books.new_id()
        empty: Record = {"Payments": [], "Allocations": [], "AppliedAmount": ZERO, "RemainingCredit": ZERO}
        named = {self.id_field: identity, "ID": identity, "Type": kind, "Contact": {"ContactID": contact["ContactID"]}}
        return {**named, "Status": "AUTHORISED", **empty, "HasAttachments": False, "HasErrors": False}


_NAMES = frozenset(
    {"Type", "Contact", "Date", "Status", "LineAmountTypes", "SubTotal", "TotalTax", "Total", "UpdatedDateUTC"}
    | {"CurrencyCode", "CurrencyRate", "RemainingCredit", "AppliedAmount", "HasAttachments", "Reference"}
)


class Prepayments(Advances):
    """The prepayments of one organisation."""

    plural, kind = "Prepayments", "Prepayment"
    sides: ClassVar[Mapping[str, Side]] = {"RECEIVE-PREPAYMENT": "sales", "SPEND-PREPAYMENT": "purchases"}
    names = _NAMES | {"PrepaymentID"}

    def __init__(self, books: Books, directory: Contacts) -> None:
        super().__init__(books, books.prepayments, directory)


class Overpayments(Advances):
    """The overpayments of one organisation."""

    plural, kind = "Overpayments", "Overpayment"
    sides: ClassVar[Mapping[str, Side]] = {"RECEIVE-OVERPAYMENT": "sales", "SPEND-OVERPAYMENT": "purchases"}
    names = _NAMES | {"OverpaymentID"}

    def __init__(self, books: Books, directory: Contacts) -> None:
        super().__init__(books, books.overpayments, directory)
