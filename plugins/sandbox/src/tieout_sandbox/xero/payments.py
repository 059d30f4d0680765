"""Payments of invoices and bills: never matched, never changed, only deleted (facts/xero.md 5.8)."""

from collections.abc import Callable, Iterable
from typing import Literal

from tieout_sandbox.xero import contacts, documents, fields, stamps
from tieout_sandbox.xero.arithmetic import rounded
from tieout_sandbox.xero.books import Books, new_id
from tieout_sandbox.xero.findings import Findings
from tieout_sandbox.xero.invoices import Invoices
from tieout_sandbox.xero.lifecycle import paid
from tieout_sandbox.xero.listing import Query
from tieout_sandbox.xero.table import Record, Table
from tieout_sandbox.xero.writing import Way

_TARGETS = ("Invoice", "CreditNote", "Prepayment", "Overpayment")


class Payments:
    """The payments of one organisation."""

    plural, kind, id_field, error_flag = "Payments", "Payment", "PaymentID", "HasValidationErrors"
    paged: Literal["asked"] = "asked"
    filterable = True
    batches = True
    ways = frozenset({"PUT", "POST", "POST by id"})
    names = frozenset(
        {"PaymentID", "Date", "Amount", "BankAmount", "Reference", "CurrencyRate", "PaymentType", "Status", "Account"}
        | {"UpdatedDateUTC", "UpdatedDateUTCString", "HasAccount", "IsReconciled", "Invoice"}
    )

    def __init__(self, books: Books, invoices: Invoices) -> None:
        self.books = books
        self._invoices = invoices

    @property
    def table(self) -> Table:
        """The records."""
        return self.books.payments

    def find(self, key: str) -> Record | None:
        """Payments have no natural key."""
        return None

    def filters(self, query: Query, client: str) -> Iterable[Callable[[Record], bool]]:
        """Payments have no parameters of their own."""
        return ()

    def single(self, record: Record, places: int) -> Record:
        """With the document that it pays."""
        invoice = self.books.invoices.get(record["Invoice"]["InvoiceID"])
        return {**record, "Invoice": self._invoices.single(invoice, places)} if invoice else record

    def shown(self, record: Record, query: Query) -> Record:
        """With little of the document that it pays."""
        invoice = self.books.invoices.get(record["Invoice"]["InvoiceID"])
        if invoice is None:
            return record
        contact = self.books.contacts.get(invoice["Contact"]["ContactID"])
        brief = {
            "Type": invoice["Type"],
            "InvoiceID": invoice["InvoiceID"],
            "InvoiceNumber": invoice["InvoiceNumber"],
            "Contact": contacts.in_list(contact) if contact else invoice["Contact"],
            "CurrencyCode": invoice["CurrencyCode"],
            "LineItems": [],
            "HasErrors": False,
            "IsDiscounted": False,
        }
        return {**record, "Invoice": brief}

    unpaged = summary = shown

    def write(self, element: Record, way: Way, findings: Findings) -> Record | None:
        """Create a payment, or delete the one named in the path."""
        if way.identity:
            return self._deleted(way.identity, element, findings)
        if sum(bool(element.get(name)) for name in _TARGETS) != 1:
            findings.refuse("Exactly one of Invoice, CreditNote, Prepayment and Overpayment must be specified")
            return None
        invoice = self._invoice(fields.part(element, "Invoice"), findings)
        account = self._account(fields.part(element, "Account"), findings)
        date = fields.day(element, "Date") or self.books.today()
        self.books.check_lock(date, findings)
        amount = fields.number(element, "Amount")
        if amount is None or rounded(amount) <= 0:
            findings.refuse("Payment amount must be greater than zero")
        elif invoice is not None and rounded(amount) > invoice["AmountDue"]:
            findings.refuse("Payment amount exceeds the amount outstanding on this document")
        if findings.errors or invoice is None or account is None or amount is None:
            return None
        amount = rounded(amount)
        rate = fields.number(element, "CurrencyRate") or invoice["CurrencyRate"]
        payment: Record = {"PaymentID": new_id()}
        fields.set_day(payment, "Date", date)
        del payment["DateString"]
        payment |= {
            "Amount": amount,
            "BankAmount": rounded(fields.number(element, "BankAmount") or amount / rate),
            "Reference": fields.text(element, "Reference") or "",
            "CurrencyRate": rounded(rate, 6),
            "PaymentType": f"{invoice['Type']}PAYMENT",
            "Status": "AUTHORISED",
            "HasAccount": True,
            "IsReconciled": bool(fields.truth(element, "IsReconciled")),
            "Account": {name: account[name] for name in ("AccountID", "Code", "Name") if name in account},
            "Invoice": {"InvoiceID": invoice["InvoiceID"]},
            "HasValidationErrors": False,
        }
        after = paid(invoice, amount, payment)
        after["Payments"] = [*invoice["Payments"], _in_invoice(payment)]
        self._invoices.save(after)
        return self._save(payment)

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
        invoice = self.books.invoices.get(payment["Invoice"]["InvoiceID"])
        if invoice is not None:
            after = paid(invoice, -payment["Amount"], payment)
            after["Payments"] = [each for each in invoice["Payments"] if each["PaymentID"] != identity]
            self._invoices.save(after)
        return self._save({**payment, "Status": "DELETED"})

    def _save(self, payment: Record) -> Record:
        documents.touch(self.books, payment)
        payment["UpdatedDateUTCString"] = stamps.text_of(stamps.stamp_ms(payment["UpdatedDateUTC"]))
        self.table.put(payment)
        return payment

    def _invoice(self, given: Record, findings: Findings) -> Record | None:
        identity, number = fields.guid(given, "InvoiceID"), fields.text(given, "InvoiceNumber")
        found = self.books.invoices.get(identity) if identity else self._invoices.find(number or "")
        if found is None:
            findings.refuse(documents.NOT_FOUND)
        elif found["Status"] == "PAID":
            findings.refuse("Payment amount exceeds the amount outstanding on this document")
        elif found["Status"] != "AUTHORISED":
            findings.refuse("Payments can only be made against Authorised documents")
        return found

    def _account(self, given: Record, findings: Findings) -> Record | None:
        identity, code = fields.guid(given, "AccountID"), fields.text(given, "Code")
        found = self.books.accounts.get(identity) if identity else self.books.account(code or "")
        if found is None or found["Status"] != "ACTIVE":
            findings.refuse("Account could not be found")
        elif found["Type"] != "BANK" and not found.get("EnablePaymentsToAccount"):
            findings.refuse(f"Account code '{code or identity}' is not a valid code for this document.")
        return found


def _in_invoice(payment: Record) -> Record:
    names = ("PaymentID", "Date", "Amount", "Reference", "CurrencyRate")
    return {**{name: payment[name] for name in names}, "HasAccount": True, "HasValidationErrors": False}
