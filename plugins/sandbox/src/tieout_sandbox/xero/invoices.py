"""Sales invoices and bills (docs/facts/xero.md, "Invoices and bills", "Matching")."""

from collections.abc import Iterable, Mapping
from typing import ClassVar

from tieout_sandbox.xero import documents, fields
from tieout_sandbox.xero.arithmetic import ZERO
from tieout_sandbox.xero.books import Books
from tieout_sandbox.xero.contacts import Contacts
from tieout_sandbox.xero.endpoint import Query, Test
from tieout_sandbox.xero.findings import Findings
from tieout_sandbox.xero.ledger import LedgerDocuments, Side
from tieout_sandbox.xero.listing import among, containing
from tieout_sandbox.xero.table import Record

_SUMMARY_DROPS = frozenset({"LineItems", "Payments", "HasAttachments", "CISDeduction"})


class Invoices(LedgerDocuments):
    """The sales invoices (ACCREC) and bills (ACCPAY) of one organisation."""

    plural, kind, label = "Invoices", "Invoice", "Invoice"
    sides: ClassVar[Mapping[str, Side]] = {"ACCREC": "sales", "ACCPAY": "purchases"}
    number_field, prefix = "InvoiceNumber", "INV-"
    discounts = frozenset({"DiscountRate", "DiscountAmount"})
    taken, unknown = "Invoice # must be unique.", documents.NOT_FOUND
    optimised = frozenset(
        {"Status", "Contact.ContactID", "Contact.Name", "Contact.ContactNumber", "Reference", "InvoiceNumber"}
        | {"InvoiceID", "Date", "Type", "AmountDue", "AmountPaid", "DueDate"}
    )
    sortable = frozenset({"InvoiceID", "UpdatedDateUTC", "Date"})
    names = frozenset(
        {"Type", "InvoiceID", "InvoiceNumber", "Reference", "Contact", "Date", "DueDate", "DateString", "DueDateString"}
        | {"Status", "LineAmountTypes", "LineItems", "SubTotal", "TotalTax", "Total", "TotalDiscount", "UpdatedDateUTC"}
        | {"CurrencyCode", "CurrencyRate", "AmountDue", "AmountPaid", "AmountCredited", "FullyPaidOnDate", "Url"}
        | {"SentToContact", "ExpectedPaymentDate", "PlannedPaymentDate", "BrandingThemeID", "HasAttachments"}
        | {"Payments", "CreditNotes", "Prepayments", "Overpayments", "IsDiscounted", "UpdatedDateUTCString"}
    )

    def __init__(self, books: Books, directory: Contacts) -> None:
        super().__init__(books, books.invoices, directory)

    def filters(self, query: Query, client: str) -> Iterable[Test]:
        """IDs, InvoiceNumbers, ContactIDs, Statuses, searchTerm and createdByMyApp."""
        tests = (
            among(query, "ids", "InvoiceID"),
            among(query, "invoicenumbers", "InvoiceNumber"),
            among(query, "statuses", "Status"),
            containing(query, ("InvoiceNumber", "Reference")),
        )
        yield from (test for test in tests if test)
        by_contact = among(query, "contactids", "ContactID")
        if by_contact:
            yield lambda record: by_contact(record["Contact"])
        if query.get("createdbymyapp", "").lower() == "true":
            yield lambda record: self.books.authors.get(record["InvoiceID"]) == client

    def summary(self, record: Record, query: Query) -> Record:
        """The least."""
        return self.briefly({name: value for name, value in record.items() if name not in _SUMMARY_DROPS})

    def blank(self, kind: str) -> Record:
        """An invoice or bill that says nothing yet."""
        empty: Record = {"Payments": [], "CreditNotes": [], "Prepayments": [], "Overpayments": []}
        amounts = {"AmountDue": ZERO, "AmountPaid": ZERO, "AmountCredited": ZERO}
        named: Record = {"Type": kind, "InvoiceID": self.books.new_id(), "InvoiceNumber": ""}
        invoice = {**named, **empty, **amounts, "SentToContact": False}
        if kind == "ACCREC":
            invoice["Reference"] = ""
        return {**invoice, "HasErrors": False, "IsDiscounted": False, "HasAttachments": False, "Status": "DRAFT"}

    def save(self, document: Record) -> Record:
        """Store it as every document, and mark its contact as a customer or a supplier."""
        saved = super().save(document)
        flag = "IsCustomer" if saved["Type"] == "ACCREC" else "IsSupplier"
        documents.flag_contact(self.books, saved["Contact"]["ContactID"], flag)
        return saved

    def _detail(self, document: Record, element: Record, findings: Findings) -> None:
        sale = document["Type"] == "ACCREC"
        url = fields.text(element, "Url")
        if url is not None:
            document["Url"] = url
        expected = "ExpectedPaymentDate" if sale else "PlannedPaymentDate"
        if expected in element:
            fields.set_day(document, expected, fields.day(element, expected))
        sent = fields.truth(element, "SentToContact")
        if sent is not None and sale and sent != bool(document["SentToContact"]):
            if document["Status"] in ("AUTHORISED", "PAID"):
                document["SentToContact"] = sent
            else:
                findings.warn("Only AUTHORISED invoices may have SentToContact updated.")

    def _judge_detail(self, document: Record, element: Record, findings: Findings) -> None:
        if not all(" " <= character <= "~" for character in document["InvoiceNumber"] or ""):
            findings.refuse("Invoice # must contain printable ASCII characters only")
        url = document.get("Url")
        if url and (not url.startswith(("http://", "https://")) or "xero" in url.lower()):
            findings.refuse("Url must be an absolute URL that does not contain the word xero")
        if document["Status"] != "DRAFT" and "DueDate" not in document:
            findings.refuse("The document DueDate field must be specified")
        total = fields.number(element, "Total")
        if total is not None and element.get("LineItems") is not None and total != document["Total"]:
            findings.refuse("The invoice total does not equal the sum of the lines.")
