"""Sales invoices and bills: numbers, statuses, and what may still be changed (facts/xero.md 5.3, 7.2)."""

from collections.abc import Callable, Iterable
from typing import Literal

from tieout_sandbox.xero import contacts, documents, fields, stamps
from tieout_sandbox.xero.arithmetic import ZERO
from tieout_sandbox.xero.books import Books, new_id
from tieout_sandbox.xero.contacts import Contacts
from tieout_sandbox.xero.findings import Findings
from tieout_sandbox.xero.lifecycle import CREATED, FINAL, NEXT, NO_EDIT, judge_settled
from tieout_sandbox.xero.lines import Ruling, require_complete
from tieout_sandbox.xero.listing import Query, among, containing
from tieout_sandbox.xero.table import Record, Table
from tieout_sandbox.xero.writing import Way

_NO_MODIFICATION = "Invoice not of valid status for modification"
_DISCOUNTS = frozenset({"DiscountRate", "DiscountAmount"})
_SUMMARY_DROPS = frozenset({"LineItems", "Payments", "HasAttachments", "CISDeduction"})


class Invoices:
    """The sales invoices (ACCREC) and bills (ACCPAY) of one organisation."""

    plural, kind, id_field, error_flag = "Invoices", "Invoice", "InvoiceID", "HasErrors"
    paged: Literal["asked"] = "asked"
    filterable = True
    batches = True
    ways = frozenset({"PUT", "POST", "POST by id"})
    names = frozenset(
        {"Type", "InvoiceID", "InvoiceNumber", "Reference", "Contact", "Date", "DueDate", "DateString", "DueDateString"}
        | {"Status", "LineAmountTypes", "LineItems", "SubTotal", "TotalTax", "Total", "TotalDiscount", "UpdatedDateUTC"}
        | {"CurrencyCode", "CurrencyRate", "AmountDue", "AmountPaid", "AmountCredited", "FullyPaidOnDate", "Url"}
        | {"SentToContact", "ExpectedPaymentDate", "PlannedPaymentDate", "BrandingThemeID", "HasAttachments"}
        | {"Payments", "CreditNotes", "Prepayments", "Overpayments", "IsDiscounted", "UpdatedDateUTCString"}
    )

    def __init__(self, books: Books, directory: Contacts) -> None:
        self.books = books
        self._directory = directory

    @property
    def table(self) -> Table:
        """The records."""
        return self.books.invoices

    def find(self, key: str) -> Record | None:
        """The invoice of this number; what is not deleted comes first."""
        return min(self.table.having("number", key), key=lambda each: each["Status"] == "DELETED", default=None)

    def filters(self, query: Query, client: str) -> Iterable[Callable[[Record], bool]]:
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

    def single(self, record: Record, places: int) -> Record:
        """All there is."""
        return documents.rendered(record, self.books.contacts.get(record["Contact"]["ContactID"]), places)

    def shown(self, record: Record, query: Query) -> Record:
        """With lines, and little of the contact."""
        shown = documents.rendered(record, None, 4 if query.get("unitdp") == "4" else 2)
        return self._with_contact(shown)

    def unpaged(self, record: Record, query: Query) -> Record:
        """Without lines."""
        return self._with_contact({**record, "LineItems": []})

    def summary(self, record: Record, query: Query) -> Record:
        """The least."""
        return self._with_contact({name: value for name, value in record.items() if name not in _SUMMARY_DROPS})

    def _with_contact(self, shown: Record) -> Record:
        contact = self.books.contacts.get(shown["Contact"]["ContactID"])
        shown["Contact"] = contacts.in_list(contact) if contact else shown["Contact"]
        return shown

    def write(self, element: Record, way: Way, findings: Findings) -> Record | None:
        """Create or update an invoice or a bill."""
        existing = self._match(element, way, findings)
        if findings.errors:
            return None
        contact = self._contact(element, existing, way, findings)
        if existing is not None and element.get("Status") in FINAL and element["Status"] != existing["Status"]:
            invoice = self._ended(existing, element["Status"], findings)
        else:
            invoice = self.composed(element, existing, contact, way.places, findings)
            self._judge(invoice, existing, element, findings)
        if findings.errors:
            return None
        if contact is not None and contact is not self.books.contacts.get(contact["ContactID"]):
            self._directory.save(contact)
        if existing is None:
            self.books.authors[invoice["InvoiceID"]] = way.client
        return self.save(invoice)

    def composed(
        self, element: Record, existing: Record | None, contact: Record | None, places: int, findings: Findings
    ) -> Record:
        """The invoice with what the element says, whether or not its status allows that."""
        invoice = dict(existing) if existing else blank(element["Type"])
        if contact is not None:
            invoice["Contact"] = {"ContactID": contact["ContactID"]}
        sale = invoice["Type"] == "ACCREC"
        status = fields.text(element, "Status")
        if status:
            invoice["Status"] = status
        for name in ("InvoiceNumber", "Url", "Reference") if sale else ("InvoiceNumber", "Url"):
            value = fields.text(element, name)
            if value is not None and (value or name != "InvoiceNumber"):
                invoice[name] = value
        findings.limit(invoice, {"InvoiceNumber": 255, "Reference": 255})
        documents.set_header(self.books, invoice, element, contact, findings)
        for name in ("DueDate", "ExpectedPaymentDate" if sale else "PlannedPaymentDate"):
            if name in element:
                fields.set_day(invoice, name, fields.day(element, name))
        approving = invoice["Status"] not in ("DRAFT", "DELETED")
        side, discounts = ("sales", _DISCOUNTS) if sale else ("purchases", frozenset[str]())
        ruling = Ruling(self.books, side, invoice["LineAmountTypes"], approving, places, discounts, findings)
        documents.set_lines(invoice, element, ruling)
        sent = fields.truth(element, "SentToContact")
        if sent is not None and sale and sent != bool(invoice["SentToContact"]):
            if invoice["Status"] in ("AUTHORISED", "PAID"):
                invoice["SentToContact"] = sent
            else:
                findings.warn("Only AUTHORISED invoices may have SentToContact updated.")
        return invoice

    def save(self, invoice: Record) -> Record:
        """Store an invoice as of now and keep what follows from it: what is due, the mark on its contact."""
        if not invoice.get("InvoiceNumber") and invoice["Type"] == "ACCREC":
            invoice["InvoiceNumber"] = self.books.next_number(self.table, "INV-")
        ended = invoice["Status"] in FINAL
        invoice["AmountDue"] = ZERO if ended else invoice["Total"] - invoice["AmountPaid"] - invoice["AmountCredited"]
        documents.touch(self.books, invoice)
        invoice["UpdatedDateUTCString"] = stamps.text_of(stamps.stamp_ms(invoice["UpdatedDateUTC"]))
        self.table.put(invoice)
        flag = "IsCustomer" if invoice["Type"] == "ACCREC" else "IsSupplier"
        documents.flag_contact(self.books, invoice["Contact"]["ContactID"], flag)
        return invoice

    def _match(self, element: Record, way: Way, findings: Findings) -> Record | None:
        identity, number = way.identity or fields.guid(element, "InvoiceID"), fields.text(element, "InvoiceNumber")
        kind = fields.text(element, "Type")
        if identity:
            found = self.table.get(identity)
            if found is None:
                findings.refuse(documents.NOT_FOUND)
                return None
            findings.identity = identity
            if found["Status"] in FINAL:
                findings.refuse(_NO_MODIFICATION)
            return found
        same = [each for each in self.table.having("number", number or "") if each["Type"] == "ACCREC"]
        found = min(same, key=lambda each: each["Status"] == "DELETED", default=None)
        if kind not in ("ACCREC", "ACCPAY") and not (kind is None and found is not None and way.verb == "POST"):
            findings.refuse(f"Invoice type '{kind or ''}' is not valid, it must be ACCREC or ACCPAY")
            return None
        if found is None or kind == "ACCPAY":
            return None
        if way.verb == "PUT":
            if found["Status"] != "DELETED":
                findings.refuse("Invoice # must be unique.")
            return None
        findings.identity = found["InvoiceID"]
        if found["Status"] in FINAL:
            findings.refuse(_NO_MODIFICATION)
        return found

    def _contact(self, element: Record, existing: Record | None, way: Way, findings: Findings) -> Record | None:
        given = fields.part(element, "Contact")
        if not given:
            if existing is None:
                findings.refuse(documents.NO_CONTACT)
                return None
            return self.books.contacts.get(existing["Contact"]["ContactID"])
        return documents.embedded_contact(self._directory, given, way, findings)

    def _ended(self, existing: Record, status: str, findings: Findings) -> Record:
        """The invoice deleted or voided."""
        if status not in NEXT[existing["Status"]]:
            findings.refuse(NO_EDIT if existing["AmountPaid"] or existing["AmountCredited"] else _NO_MODIFICATION)
        elif existing["AmountPaid"] or existing["AmountCredited"]:
            findings.refuse(NO_EDIT)
        self.books.check_lock(stamps.day(existing["Date"]), findings)
        return {**existing, "Status": status}

    def _judge(self, invoice: Record, existing: Record | None, element: Record, findings: Findings) -> None:
        status = invoice["Status"]
        if existing is None and status not in CREATED:
            findings.refuse("Invoice not of valid status for creation")
        elif existing is not None and status not in NEXT[existing["Status"]]:
            findings.refuse(_NO_MODIFICATION)
        self._judge_texts(invoice, findings)
        if status != "DRAFT":
            if "DueDate" not in invoice:
                findings.refuse("The document DueDate field must be specified")
            require_complete(invoice["LineItems"], findings)
        total = fields.number(element, "Total")
        if total is not None and element.get("LineItems") is not None and total != invoice["Total"]:
            findings.refuse("The invoice total does not equal the sum of the lines.")
        if invoice["Total"] < 0:
            findings.refuse("The total of an invoice cannot be negative")
        if existing is not None:
            self.books.check_lock(stamps.day(existing["Date"]), findings)
            if existing["AmountPaid"] or existing["AmountCredited"]:
                judge_settled(invoice, existing, findings)
        self.books.check_lock(stamps.day(invoice["Date"]), findings)

    def _judge_texts(self, invoice: Record, findings: Findings) -> None:
        number = invoice.get("InvoiceNumber") or ""
        if not all(" " <= character <= "~" for character in number):
            findings.refuse("Invoice # must contain printable ASCII characters only")
        if invoice["Type"] == "ACCREC":
            for other in self.table.having("number", number):
                if (
                    other["InvoiceID"] != invoice["InvoiceID"]
                    and other["Type"] == "ACCREC"
                    and other["Status"] != "DELETED"
                ):
                    findings.refuse("Invoice # must be unique.")
        url = invoice.get("Url")
        if url and (not url.startswith(("http://", "https://")) or "xero" in url.lower()):
            findings.refuse("Url must be an absolute URL that does not contain the word xero")


def blank(kind: str) -> Record:
    """An invoice or bill that says nothing yet."""
    empty: Record = {"Payments": [], "CreditNotes": [], "Prepayments": [], "Overpayments": []}
    amounts = {"AmountDue": ZERO, "AmountPaid": ZERO, "AmountCredited": ZERO}
    invoice = {"Type": kind, "InvoiceID": new_id(), "InvoiceNumber": "", **empty, **amounts, "SentToContact": False}
    if kind == "ACCREC":
        invoice["Reference"] = ""
    return {**invoice, "HasErrors": False, "IsDiscounted": False, "HasAttachments": False, "Status": "DRAFT"}
