"""The kit, run over our own entities."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any, ClassVar

from tieout.api.model import Document, Item, Line, Party, Payment, Record, Ref
from tieout.testing import EntitySuite
from tieout_entities import (
    contacts,
    customers,
    invoices,
    items,
    payments,
    purchase_orders,
    supplier_invoices,
    suppliers,
)

LINE = Line(description="Bolts", price=Decimal("23.00"), amount=Decimal("23.00"), tax="GST 10%", tax_rate=Decimal(10))
UNDESCRIBED = LINE.model_copy(update={"description": " "})
CUSTOMER: Ref[str] = Ref(entity="customers", id="1", name="Acme")
CONTACT: Ref[str] = Ref(entity="contacts", id="2", name="Ana Reyes")
SUPPLIER: Ref[str] = Ref(entity="suppliers", id="3", name="Bolt Supplies")


def party(**fields: Any) -> Party:
    return Party(**{"name": "Acme Pty Ltd", "email": "accounts@acme.example", **fields})


def sale(**fields: Any) -> Document:
    return document(**{"customer": CUSTOMER, "contact": CONTACT, **fields})


def purchase(**fields: Any) -> Document:
    return document(**{"party": SUPPLIER, **fields})


def document(**fields: Any) -> Document:
    figures = {"total": Decimal("25.30"), "tax": Decimal("2.30"), "lines": (LINE,), "currency": "AUD"}
    return Document(**{"number": "1007", "date": date(2026, 7, 1), **figures, **fields})


def payment(**fields: Any) -> Payment:
    invoice: Ref[str] = Ref(entity="invoices", id="4", name="1007")
    return Payment(**{"document": invoice, "date": date(2026, 7, 2), "amount": Decimal("25.30"), **fields})


class TestCustomers(EntitySuite):
    plugin = customers
    good = (party(), party(name=" Müller & Söhne "))
    held: ClassVar[dict[str, Record]] = {"name-missing": party(name="")}
    skipped = (party(standing="archived"), party(standing="void"))


class TestContacts(EntitySuite):
    plugin = contacts
    good = (party(name="", first_name="Ana", last_name="Reyes", person=True),)
    held: ClassVar[dict[str, Record]] = {"name-missing": party(name="")}
    skipped = (party(standing="archived"),)


class TestSuppliers(EntitySuite):
    plugin = suppliers
    good = (party(),)
    held: ClassVar[dict[str, Record]] = {"name-missing": party(name="")}
    skipped = (party(standing="archived"),)


class TestItems(EntitySuite):
    plugin = items
    good = (Item(code="BOLT-M8", price=Decimal("11.5000001")),)
    held: ClassVar[dict[str, Record]] = {"code-missing": Item(code="", name="Bolt")}
    skipped = (Item(code="X", standing="archived"),)


class TestInvoices(EntitySuite):
    plugin = invoices
    settings: ClassVar[dict[str, Any]] = {"number-prefix": "AP-", "party": "customer", "contact-required": True}
    good = (sale(), sale(bill_to="contact", standing="settled"))
    held: ClassVar[dict[str, Record]] = {
        "customer-missing": sale(customer=None),
        "contact-missing": sale(contact=None),
        "number-missing": sale(number=None),
        "lines-missing": sale(lines=()),
        "line-description-missing": sale(lines=(LINE, UNDESCRIBED)),
    }
    skipped = (sale(standing="draft"), sale(standing="void"), sale(standing="archived"))


class TestSupplierInvoices(EntitySuite):
    plugin = supplier_invoices
    settings: ClassVar[dict[str, Any]] = {"number": "supplier"}
    good = (purchase(), purchase(reference="4711"))
    held: ClassVar[dict[str, Record]] = {
        "supplier-missing": purchase(party=None),
        "number-missing": purchase(number=None),
        "lines-missing": purchase(lines=()),
        "line-description-missing": purchase(lines=(UNDESCRIBED,)),
    }
    skipped = (purchase(standing="void"),)


class TestPurchaseOrders(EntitySuite):
    plugin = purchase_orders
    settings: ClassVar[dict[str, Any]] = {"drafts": True}
    good = (purchase(), purchase(standing="draft"))
    held: ClassVar[dict[str, Record]] = {
        "supplier-missing": purchase(party=None),
        "number-missing": purchase(number=None),
        "lines-missing": purchase(lines=()),
        "line-description-missing": purchase(lines=(UNDESCRIBED,)),
    }
    skipped = (purchase(standing="void"),)


class TestPayments(EntitySuite):
    plugin = payments
    good = (payment(), payment(standing="settled"))
    skipped = (payment(standing="void"),)
