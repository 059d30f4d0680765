"""What contestants send to Xero, and how it is compared with the firm.

Amounts are decoded as `Decimal` from the digits that were sent, so that no difference is lost in a float.
"""

from __future__ import annotations

from decimal import Decimal

import firm
import reference
from msgspec import Struct, field


class Address(Struct, rename="pascal"):
    """An address of a contact."""

    address_line1: str = field(name="AddressLine1", default="")
    city: str = ""
    region: str = ""
    postal_code: str = ""
    country: str = ""


class Contact(Struct, rename="pascal"):
    """A contact; inside an invoice it has nothing but its id."""

    id: str = field(name="ContactID", default="")
    name: str = ""
    contact_number: str = ""
    email_address: str = ""
    default_currency: str = ""
    addresses: list[Address] = []


class Line(Struct, rename="pascal"):
    """A line of an invoice."""

    description: str = ""
    quantity: Decimal = Decimal(0)
    unit_amount: Decimal = Decimal(0)
    account_code: str = ""
    tax_type: str = ""


class Invoice(Struct, rename="pascal"):
    """An invoice."""

    id: str = field(name="InvoiceID", default="")
    type: str = ""
    contact: Contact = field(default_factory=Contact)
    invoice_number: str = ""
    reference: str = ""
    date: str = ""
    due_date: str = ""
    line_amount_types: str = ""
    currency_code: str = ""
    status: str = ""
    url: str = ""
    line_items: list[Line] = []


class Contacts(Struct, rename="pascal"):
    """The body of a write of contacts."""

    contacts: list[Contact]


class Invoices(Struct, rename="pascal"):
    """The body of a write of invoices."""

    invoices: list[Invoice]


def unlike_customer(sent: Contact, customer: firm.Customer) -> list[str]:
    """Return the differences between a contact and its customer."""
    address = Address(customer.street, "Sydney", "New South Wales", "2000", "AU")
    return _unlike(
        Name=(sent.name, customer.name),
        ContactNumber=(sent.contact_number[-len(str(customer.id)) :], str(customer.id)),
        EmailAddress=(sent.email_address, customer.email),
        DefaultCurrency=(sent.default_currency, firm.CURRENCY),
        Addresses=(sent.addresses, [address]),
    )


def unlike_invoice(sent: Invoice, invoice: firm.Invoice, contact: str, url: str) -> list[str]:
    """Return the differences from an invoice with this contact id and link."""
    found = _unlike(
        Type=(sent.type, "ACCREC"),
        ContactID=(sent.contact.id, contact),
        Reference=(sent.reference, invoice.order),
        Date=(sent.date, invoice.day.isoformat()),
        DueDate=(sent.due_date, invoice.due.isoformat()),
        LineAmountTypes=(sent.line_amount_types, "Exclusive"),
        CurrencyCode=(sent.currency_code, firm.CURRENCY),
        Status=(sent.status, "DRAFT"),
        Url=(sent.url, url),
        LineItems=(len(sent.line_items), len(invoice.lines)),
    )
    for line, wanted in zip(sent.line_items, invoice.lines, strict=False):
        found += _unlike(
            Description=(line.description, wanted.text),
            Quantity=(line.quantity, wanted.quantity),
            UnitAmount=(line.unit_amount * 100, wanted.price),
            AccountCode=(line.account_code, reference.SALES),
            TaxType=(line.tax_type, reference.TAXED),
        )
    return found


def _unlike(**fields: tuple[object, object]) -> list[str]:
    return [f"{name} is {sent}, not {wanted}" for name, (sent, wanted) in fields.items() if sent != wanted]
