"""Credit notes of both sides, and how much of each is left to give (docs/facts/xero.md, "Credit notes", "Matching")."""

from collections.abc import Mapping
from typing import ClassVar

from tieout_sandbox.xero.arithmetic import ZERO
from tieout_sandbox.xero.books import Books
from tieout_sandbox.xero.contacts import Contacts
from tieout_sandbox.xero.ledger import LedgerDocuments, Side
from tieout_sandbox.xero.table import Record


class CreditNotes(LedgerDocuments):
    """The credit notes to customers (ACCRECCREDIT) and from suppliers (ACCPAYCREDIT) of one organisation."""

    plural, kind, label = "CreditNotes", "CreditNote", "Credit note"
    sides: ClassVar[Mapping[str, Side]] = {"ACCRECCREDIT": "sales", "ACCPAYCREDIT": "purchases"}
    number_field, prefix = "CreditNoteNumber", "CN-"
    taken = "Credit Note # must be unique."
    unknown = "An existing Credit Note with the specified CreditNoteID could not be found"
    optimised = frozenset(
        {"Status", "Contact.ContactID", "Contact.Name", "Contact.ContactNumber", "Reference", "CreditNoteNumber"}
        | {"CreditNoteID", "Date", "Type"}
    )
    sortable = frozenset({"CreditNoteID", "UpdatedDateUTC", "Date"})
    names = frozenset(
        {"Type", "CreditNoteID", "CreditNoteNumber", "Reference", "Contact", "Date", "DueDate", "DateString", "Status"}
        | {"LineAmountTypes", "SubTotal", "TotalTax", "Total", "RemainingCredit", "AppliedAmount", "UpdatedDateUTC"}
        | {"CurrencyCode", "CurrencyRate", "FullyPaidOnDate", "BrandingThemeID", "HasAttachments", "SentToContact"}
        | {"UpdatedDateUTCString", "Allocations", "LineItems", "Payments"}
    )

    def __init__(self, books: Books, directory: Contacts) -> None:
        super().__init__(books, books.credit_notes, directory)

    def blank(self, kind: str) -> Record:
        """A credit note that says nothing yet."""
        identity = self.books.new_id()
        note: Record = {"Type": kind, "CreditNoteID": identity, "ID": identity, "CreditNoteNumber": ""}
        if kind == "ACCRECCREDIT":
            note["Reference"] = ""
        empty: Record = {"Payments": [], "Allocations": [], "AppliedAmount": ZERO, "RemainingCredit": ZERO}
        flags = {"SentToContact": False, "HasErrors": False, "IsDiscounted": False, "HasAttachments": False}
        return {**note, "Status": "DRAFT", **empty, **flags}
