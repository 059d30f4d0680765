"""Payments of invoices and bills, refunds of credit: never matched, never changed, only deleted.

Source: docs/facts/xero.md, "Payments".
"""

from collections.abc import Mapping
from typing import ClassVar, Literal, TypeAlias

from tieout_sandbox.xero import contacts, documents, fields, stamps
from tieout_sandbox.xero.advances import Advances
from tieout_sandbox.xero.arithmetic import rounded
from tieout_sandbox.xero.books import Books
from tieout_sandbox.xero.endpoint import Endpoint, Query, Way
from tieout_sandbox.xero.findings import Findings
from tieout_sandbox.xero.ledger import LedgerDocuments
from tieout_sandbox.xero.settlement import left, paid, unpaid
from tieout_sandbox.xero.table import Record

Payable: TypeAlias = LedgerDocuments | Advances
"""What is paid, or refunded."""

TYPES = {
    "ACCREC": "ACCRECPAYMENT",
    "ACCPAY": "ACCPAYPAYMENT",
    "ACCRECCREDIT": "ARCREDITPAYMENT",
    "ACCPAYCREDIT": "APCREDITPAYMENT",
    "RECEIVE-PREPAYMENT": "ARPREPAYMENTPAYMENT",
    "SPEND-PREPAYMENT": "APPREPAYMENTPAYMENT",
    "RECEIVE-OVERPAYMENT": "AROVERPAYMENTPAYMENT",
    "SPEND-OVERPAYMENT": "APOVERPAYMENTPAYMENT",
}
"""The `PaymentType` by the type of what is paid."""

_BRIEF = ("Type", "InvoiceNumber", "CreditNoteNumber", "ID", "CurrencyCode")
_EXCEEDS = "Payment amount exceeds the amount outstanding on this document"


class Payments(Endpoint):
    """The payments of one organisation; `payable` are the documents that they pay, by the field that names one."""

    plural, kind, error_flag = "Payments", "Payment", "HasValidationErrors"
    paged: ClassVar[Literal["asked"]] = "asked"
    batches = True
    ways = frozenset({"PUT", "POST", "POST by id"})
    optimised = frozenset({"PaymentID", "Date", "Status", "PaymentType", "Invoice.InvoiceID"})
    sortable = frozenset({"PaymentID", "UpdatedDateUTC", "Date"})
    names = frozenset(
        {"PaymentID", "Date", "Amount", "BankAmount", "Reference", "CurrencyRate", "PaymentType", "Status", "Account"}
        | {"UpdatedDateUTC", "UpdatedDateUTCString", "HasAccount", "IsReconciled"}
        | {"Invoice", "CreditNote", "Prepayment", "Overpayment"}
    )

    def __init__(self, books: Books, payable: Mapping[str, Payable]) -> None:
        super().__init__(books, books.payments)
        self.payable = payable

    def single(self, record: Record, places: int) -> Record:
        """With the document that it pays."""
        name, document = self.named(record)
        return {**record, name: self.payable[name].single(document, places)} if document else record

    def shown(self, record: Record, query: Query) -> Record:
        """With little of the document that it pays."""
        name, document = self.named(record)
        if document is None:
            return record
        contact = self.books.contacts.get(document["Contact"]["ContactID"])
        key = self.payable[name].id_field
        brief = {field: document[field] for field in (key, *_BRIEF) if field in document}
        brief["Contact"] = contacts.in_list(contact) if contact else document["Contact"]
        return {**record, name: {**brief, "LineItems": [], "HasErrors": False, "IsDiscounted": False}}

    def write(self, element: Record, way: Way, findings: Findings) -> Record | None:
        """Create a payment, or delete the one named in the path."""
        if way.identity:
            return self._deleted(way.identity, element, findings)
        if sum(bool(element.get(name)) for name in self.payable) != 1:
            findings.refuse("Exactly one of Invoice, CreditNote, Prepayment and Overpayment must be specified")
            return None
        payment = self._composed(element, self.books.new_id(), findings)
        return None if payment is None else self._entered(payment)

    def restate(self, payment: Record, element: Record, findings: Findings) -> Record:
        """Change a payment as a person does who enters it again; what is refused leaves it as it was."""
        self._withdraw(payment)
        restated = self._composed({**payment, **element}, payment["PaymentID"], findings)
        return self._entered(restated or payment)

    def _composed(self, element: Record, identity: str, findings: Findings) -> Record | None:
        """The payment that an element describes; None when the findings have errors."""
        name, document = self.named(element)
        self._judge_document(document, findings)
        account = self._account(fields.part(element, "Account"), findings)
        date = fields.day(element, "Date") or self.books.today()
        self.books.check_lock(date, findings)
        amount = fields.number(element, "Amount")
        if amount is None or rounded(amount) <= 0:
            findings.refuse("Payment amount must be greater than zero")
        elif document is not None and rounded(amount) > left(document):
            findings.refuse(_EXCEEDS)
        if findings.errors or document is None or account is None or amount is None:
            return None
        amount = rounded(amount)
        rate = fields.number(element, "CurrencyRate") or document["CurrencyRate"]
        key = self.payable[name].id_field
        return {
            "PaymentID": identity,
            "Date": stamps.day_stamp(date),
            "Amount": amount,
            "BankAmount": rounded(fields.number(element, "BankAmount") or amount / rate),
            "Reference": fields.text(element, "Reference") or "",
            "CurrencyRate": rounded(rate, 6),
            "PaymentType": TYPES[document["Type"]],
            "Status": "AUTHORISED",
            "HasAccount": True,
            "IsReconciled": bool(fields.truth(element, "IsReconciled")),
            "Account": {field: account[field] for field in ("AccountID", "Code", "Name") if field in account},
            name: {key: document[key]},
            "HasValidationErrors": False,
        }

    def _entered(self, payment: Record) -> Record:
        name, document = self.named(payment)
        if document is not None:
            self.payable[name].save(paid(document, payment))
        return self._save(payment)

    def _withdraw(self, payment: Record) -> None:
        name, document = self.named(payment)
        if document is not None:
            self.payable[name].save(unpaid(document, payment))

    def _deleted(self, identity: str, element: Record, findings: Findings) -> Record | None:
        payment = self.table.get(identity)
        findings.identity = identity
        if payment is None:
            findings.refuse(documents.NOT_FOUND)
        elif element.get("Status") != "DELETED" or payment["Status"] == "DELETED":
            findings.refuse("Payment not of valid status for modification")
        else:
            self.books.check_lock(stamps.day(payment["Date"]), findings)
        if payment is None or findings.errors:
            return None
        self._withdraw(payment)
        return self._save({**payment, "Status": "DELETED"})

    def _save(self, payment: Record) -> Record:
        documents.touch(self.books, payment)
        payment["UpdatedDateUTCString"] = stamps.text_of(stamps.stamp_ms(payment["UpdatedDateUTC"]))
        self.table.put(payment)
        return payment

    def named(self, payment: Record) -> tuple[str, Record | None]:
        """The field by which a payment, stored or as sent, names a document; and that document."""
        name = next((name for name in self.payable if payment.get(name)), "Invoice")
        endpoint, given = self.payable[name], fields.part(payment, name)
        identity, number = fields.guid(given, endpoint.id_field), fields.text(given, f"{name}Number")
        return name, endpoint.table.get(identity) if identity else endpoint.find(number or "")

    def _judge_document(self, found: Record | None, findings: Findings) -> None:
        if found is None:
            findings.refuse(documents.NOT_FOUND)
        elif found["Status"] == "PAID":
            findings.refuse(_EXCEEDS)
        elif found["Status"] != "AUTHORISED":
            findings.refuse("Payments can only be made against Authorised documents")

    def _account(self, given: Record, findings: Findings) -> Record | None:
        identity, code = fields.guid(given, "AccountID"), fields.text(given, "Code")
        found = self.books.accounts.get(identity) if identity else self.books.account(code or "")
        if found is None or found["Status"] != "ACTIVE":
            findings.refuse("Account could not be found")
        elif found["Type"] != "BANK" and not found.get("EnablePaymentsToAccount"):
            findings.refuse(f"Account code '{code or identity}' is not a valid code for this document.")
        return found
