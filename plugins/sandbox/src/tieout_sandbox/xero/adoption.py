"""Records taken over as they are, from an organisation file or from the state of an earlier run."""

from collections.abc import Callable
from decimal import Decimal
from functools import partial
from typing import Any

from tieout_sandbox.xero import contacts, fields, orders, payments, settlement, stamps
from tieout_sandbox.xero.advances import Advances, Overpayments, Prepayments
from tieout_sandbox.xero.allocations import Credits, listed
from tieout_sandbox.xero.arithmetic import rounded
from tieout_sandbox.xero.books import Books, name_key
from tieout_sandbox.xero.chart import CLASS_OF, steady_id
from tieout_sandbox.xero.contacts import Contacts
from tieout_sandbox.xero.credit_notes import CreditNotes
from tieout_sandbox.xero.findings import Findings
from tieout_sandbox.xero.groups import ContactGroups
from tieout_sandbox.xero.invoices import Invoices
from tieout_sandbox.xero.orders import PurchaseOrders
from tieout_sandbox.xero.payments import Payments
from tieout_sandbox.xero.table import Record

_MONEY = (
    "SubTotal",
    "TotalTax",
    "Total",
    "TotalDiscount",
    "AppliedAmount",
    "RemainingCredit",
    "AmountDue",
    "AmountPaid",
    "AmountCredited",
)
_LINE_PLACES = {"Quantity": 4, "UnitAmount": 4, "LineAmount": 2, "TaxAmount": 2, "DiscountRate": 4, "DiscountAmount": 2}
_START = stamps.stamp(1_767_225_600_000)


class Adoption:
    """Puts given records into the books without judging whether Xero would accept them now.

    What Xero derives is filled in where it is missing. Raises `ValueError` (and `Problem` for a value of the wrong
    kind) when a record makes no sense.
    """

    def __init__(self, books: Books) -> None:
        directory = Contacts(books)
        self._books = books
        self._invoices = Invoices(books, directory)
        self._notes = CreditNotes(books, directory)
        self._advances = Prepayments(books, directory), Overpayments(books, directory)
        self._payments = Payments(books, {each.kind: each for each in (self._invoices, self._notes, *self._advances)})
        self._groups = ContactGroups(books)
        self._orders = PurchaseOrders(books, directory)

    def adopt(self, collection: str, given: Record) -> None:
        """Put one record of a collection into the books."""
        adopters: dict[str, Callable[[Record], None]] = {
            "Accounts": self._account,
            "TaxRates": self._tax_rate,
            "Currencies": lambda each: self._books.currencies.put({"Description": each["Code"], **each}),
            "TrackingCategories": self._tracking,
            "BrandingThemes": self._theme,
            "Contacts": self._contact,
            "ContactGroups": self._group,
            "Items": self._item,
            "Invoices": self._invoice,
            "CreditNotes": self._credit_note,
            **{each.plural: partial(self._advance, each) for each in self._advances},
            "PurchaseOrders": self._order,
            "Payments": self._payment,
        }
        adopters[collection](given)

    def _steady(self, given: Record, field: str, name: str) -> str:
        return fields.guid(given, field) or steady_id(f"{self._books.tenant}/{field}/{name}")

    def _account(self, given: Record) -> None:
        if given["Type"] not in CLASS_OF:
            raise ValueError(f"Type {given['Type']!r} is no type of account")
        defaults = {"Status": "ACTIVE", "Class": CLASS_OF[given["Type"]], "EnablePaymentsToAccount": False}
        account = {**defaults, "UpdatedDateUTC": _START, **given}
        account["AccountID"] = self._steady(given, "AccountID", given["Name"])
        self._books.accounts.put(account)

    def _tax_rate(self, given: Record) -> None:
        components = [{**each, "Rate": exact(each["Rate"])} for each in given.get("TaxComponents", [])]
        effective = given.get("EffectiveRate", sum((each["Rate"] for each in components), Decimal(0)))
        sides = {f"CanApplyTo{name}": True for name in ("Assets", "Equity", "Expenses", "Liabilities", "Revenue")}
        rate = {"Status": "ACTIVE", "DisplayTaxRate": exact(effective), **sides, **given, "TaxComponents": components}
        rate["EffectiveRate"] = exact(effective)
        self._books.tax_rates.put(rate)

    def _tracking(self, given: Record) -> None:
        identity = self._steady(given, "TrackingCategoryID", given["Name"])
        options = [
            {"Status": "ACTIVE", **each, "TrackingOptionID": self._steady(each, "TrackingOptionID", each["Name"])}
            for each in given.get("Options", [])
        ]
        self._books.tracking.put({"Status": "ACTIVE", **given, "TrackingCategoryID": identity, "Options": options})

    def _theme(self, given: Record) -> None:
        identity = self._steady(given, "BrandingThemeID", given["Name"])
        self._books.branding.put({"SortOrder": len(self._books.branding), **given, "BrandingThemeID": identity})

    def _contact(self, given: Record) -> None:
        identity = self._steady(given, "ContactID", given["Name"])
        contact = contacts.blank(identity)
        for field, kind in (("Addresses", "AddressType"), ("Phones", "PhoneType")):
            known = {each[kind]: each for each in contact[field]}
            known.update({each[kind]: {**known.get(each[kind], {}), **each} for each in fields.parts(given, field)})
            contact[field] = list(known.values())
        rest = {name: value for name, value in given.items() if name not in ("ContactID", "Addresses", "Phones")}
        self._books.contacts.put({"UpdatedDateUTC": _START, **contact, **rest})

    def _group(self, given: Record) -> None:
        identity = self._steady(given, "ContactGroupID", given["Name"])
        group: Record = {"ContactGroupID": identity, "Name": given["Name"], "Status": given.get("Status", "ACTIVE")}
        members = [{"ContactID": self._known({"Contact": each})["ContactID"]} for each in given.get("Contacts", [])]
        self._books.groups.put({**group, "Contacts": []})
        self._groups.add({**group, "Contacts": []}, members)

    def _item(self, given: Record) -> None:
        item: Record = {"UpdatedDateUTC": _START, "IsTrackedAsInventory": False, "IsSold": True, "IsPurchased": True}
        item |= {**given, "ItemID": self._steady(given, "ItemID", given["Code"])}
        for name in ("SalesDetails", "PurchaseDetails"):
            details = dict(fields.part(given, name))
            if details.get("UnitPrice") is not None:
                details["UnitPrice"] = rounded(exact(details["UnitPrice"]), 4)
            item[name] = details
        self._books.items.put(item)

    def _invoice(self, given: Record) -> None:
        _demand_type(given, self._invoices)
        contact = self._known(given)
        complete = _complete(given)
        invoice = {**self._invoices.blank(given["Type"]), **complete} if complete else None
        if invoice is None:
            findings = Findings()
            invoice = self._invoices.composed(given, None, contact, 4, findings)
            _demand(findings)
            invoice |= {name: given[name] for name in ("Payments", "FullyPaidOnDate") if name in given}
            invoice |= {name: exact(given[name]) for name in ("AmountPaid", "AmountCredited") if name in given}
            settlement.derive(invoice)
        invoice["InvoiceID"] = fields.guid(given, "InvoiceID") or self._books.new_id()
        self._finish(invoice, given, contact)
        invoice.setdefault("UpdatedDateUTCString", stamps.text_of(stamps.stamp_ms(invoice["UpdatedDateUTC"])))
        if not invoice["InvoiceNumber"] and invoice["Type"] == "ACCREC":
            invoice["InvoiceNumber"] = self._books.next_number(self._books.invoices, "INV-")
        self._books.invoices.put(invoice)

    def _credit_note(self, given: Record) -> None:
        _demand_type(given, self._notes)
        contact = self._known(given)
        complete = _complete(given)
        if complete:
            note = {**self._notes.blank(given["Type"]), **complete}
        else:
            findings = Findings()
            note = self._notes.composed(given, None, contact, 4, findings)
            _demand(findings)
        note["CreditNoteID"] = note["ID"] = fields.guid(given, "CreditNoteID") or self._books.new_id()
        self._finish(note, given, contact)
        note.setdefault("UpdatedDateUTCString", stamps.text_of(stamps.stamp_ms(note["UpdatedDateUTC"])))
        if not note["CreditNoteNumber"] and note["Type"] == "ACCRECCREDIT":
            note["CreditNoteNumber"] = self._books.next_number(self._books.credit_notes, "CN-")
        self._allocate(note, given, self._notes)

    def _advance(self, endpoint: Advances, given: Record) -> None:
        _demand_type(given, endpoint)
        contact, complete = self._known(given), _complete(given)
        if complete is None:
            raise ValueError("its amounts are not whole: lines, SubTotal, TotalTax, Total, Date and Status are needed")
        advance = {**endpoint.blank(given["Type"], contact), **complete}
        advance[endpoint.id_field] = advance["ID"] = fields.guid(given, endpoint.id_field) or self._books.new_id()
        self._finish(advance, given, contact)
        self._allocate(advance, given, endpoint)

    def _allocate(self, credit: Record, given: Record, kind: Credits) -> None:
        """Put credit into the books, and let its invoices show what it gives them."""
        credit["Allocations"] = [self._allocation(each) for each in fields.parts(given, "Allocations")]
        credit["Payments"] = [{**each, "Amount": exact(each["Amount"])} for each in fields.parts(given, "Payments")]
        settlement.derive(credit)
        kind.table.put(credit)
        for each in credit["Allocations"]:
            invoice = self._books.invoices.get(each["Invoice"]["InvoiceID"])
            if invoice and all(other[kind.id_field] != credit[kind.id_field] for other in invoice[kind.plural]):
                self._credit(invoice, credit, kind)

    def _allocation(self, given: Record) -> Record:
        named = fields.part(given, "Invoice")
        invoice = self._books.invoices.get(fields.guid(named, "InvoiceID") or "")
        if invoice is None:
            raise ValueError("the invoice that it is allocated to is not among Invoices")
        return {
            "AllocationID": fields.guid(given, "AllocationID") or self._books.new_id(),
            "Amount": rounded(exact(given["Amount"])),
            "Date": stamps.day_stamp(stamps.day(str(given["Date"]))),
            "Invoice": {name: invoice[name] for name in ("InvoiceID", "InvoiceNumber", "Type")},
        }

    def _credit(self, invoice: Record, credit: Record, kind: Credits) -> None:
        """Let an invoice of the file show what credit of the file gives it."""
        mine = [each for each in credit["Allocations"] if each["Invoice"]["InvoiceID"] == invoice["InvoiceID"]]
        for each in mine:
            invoice = settlement.credited(invoice, each["Amount"], each)
        settlement.derive(invoice)
        self._books.invoices.put(listed(invoice, credit, kind))

    def _order(self, given: Record) -> None:
        contact = self._known(given)
        complete = _complete(given)
        order = {**orders.blank(self._books.new_id()), **complete} if complete else None
        if order is None:
            findings = Findings()
            order = self._orders.composed(given, None, contact, findings)
            _demand(findings)
        order["PurchaseOrderID"] = fields.guid(given, "PurchaseOrderID") or self._books.new_id()
        self._finish(order, given, contact)
        if not order["PurchaseOrderNumber"]:
            order["PurchaseOrderNumber"] = self._books.next_number(self._books.orders, "PO-")
        self._books.orders.put(order)

    def _finish(self, document: Record, given: Record, contact: Record) -> None:
        document["Contact"] = {"ContactID": contact["ContactID"]}
        document["UpdatedDateUTC"] = given.get("UpdatedDateUTC", _START)
        for name in ("Date", "DueDate", "DeliveryDate", "ExpectedArrivalDate"):
            if given.get(name):
                fields.set_day(document, name, fields.day(given, name))

    def _payment(self, given: Record) -> None:
        name, document = self._payments.named(given)
        if document is None:
            raise ValueError(f"the document that it pays is not among {self._payments.payable[name].plural}")
        key = self._payments.payable[name].id_field
        payment = {"UpdatedDateUTC": _START, "Status": "AUTHORISED", "Reference": "", "HasAccount": True, **given}
        payment["PaymentID"] = fields.guid(given, "PaymentID") or self._books.new_id()
        payment["Amount"] = rounded(exact(given["Amount"]))
        payment["CurrencyRate"] = exact(given.get("CurrencyRate", document["CurrencyRate"]))
        payment["Date"] = stamps.day_stamp(stamps.day(str(given["Date"])))
        payment["PaymentType"] = payments.TYPES[document["Type"]]
        payment[name] = {key: document[key]}
        self._books.payments.put(payment)
        listed = any(each.get("PaymentID") == payment["PaymentID"] for each in document["Payments"])
        if payment["Status"] == "AUTHORISED" and not listed:
            after = settlement.paid(document, payment)
            settlement.derive(after)
            self._payments.payable[name].table.put(after)

    def _known(self, given: Record) -> Record:
        named = fields.part(given, "Contact")
        found = self._books.contacts.get(fields.guid(named, "ContactID") or "")
        for name, key in (("number", named.get("ContactNumber")), ("name", name_key(str(named.get("Name") or "")))):
            if found is None and key:
                found = next(iter(self._books.contacts.having(name, str(key))), None)
        if found is None:
            raise ValueError("its contact is not among Contacts")
        return found


def _demand_type(given: Record, endpoint: Invoices | Credits) -> None:
    if given.get("Type") not in endpoint.sides:
        raise ValueError(f"Type {given.get('Type')!r} is neither {' nor '.join(endpoint.sides)}")


def exact(value: Any) -> Decimal:
    """A number of a file as a `Decimal`."""
    return value if isinstance(value, Decimal) else Decimal(str(value))


def _complete(given: Record) -> Record | None:
    """The document with its numbers made exact, when it carries all that Xero would derive; else None."""
    lines = fields.parts(given, "LineItems")
    derived = ("SubTotal", "TotalTax", "Total", "CurrencyCode", "LineAmountTypes", "Date", "Status")
    if not lines or any(name not in given for name in derived):
        return None
    if any("LineAmount" not in line or "TaxAmount" not in line or "LineItemID" not in line for line in lines):
        return None
    exacted = {**given, "CurrencyRate": rounded(exact(given.get("CurrencyRate", 1)), 6)}
    exacted |= {name: rounded(exact(given[name])) for name in _MONEY if name in given}
    exacted["LineItems"] = [
        {"Tracking": [], **line, **{n: rounded(exact(line[n]), p) for n, p in _LINE_PLACES.items() if n in line}}
        for line in lines
    ]
    return exacted


def _demand(findings: Findings) -> None:
    if findings.errors or findings.warnings:
        raise ValueError("; ".join([*findings.errors, *findings.warnings]))
