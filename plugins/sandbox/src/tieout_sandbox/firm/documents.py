"""The bulk of the firm's documents: ordinary invoices, supplier invoices and purchase orders."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from random import Random
from typing import Any

from tieout_sandbox.apptivo.arithmetic import total_up
from tieout_sandbox.apptivo.layoutfile import usual
from tieout_sandbox.firm import words
from tieout_sandbox.firm.records import Record, day, started

INVOICES, SUPPLIER_INVOICES, PURCHASE_ORDERS = 1200, 300, 200
OPENED, CLOSED = date(2026, 4, 1), date(2026, 10, 30)
GST = {"taxName": "GST", "taxRate": 10}
_TAX_BY_CURRENCY: dict[str, Record] = {"AUD": GST, "NZD": {"taxName": "GST", "taxRate": 15}}
_STATUS_WEIGHTS = {
    "invoices": (8, 52, 22, 6, 11, 1),
    "purchase-orders": (16, 56, 26, 2),
    "supplier-invoices": (34, 40, 5, 20, 1),
}
_TERM_DAYS = {"Due on receipt": 0, "Net 7": 7, "Net 14": 14, "Net 30": 30, "Net 60": 60}


@dataclass(frozen=True, slots=True)
class Firm:
    """The records that documents refer to."""

    customers: list[Record]
    contacts: list[Record]
    suppliers: list[Record]
    items: list[Record]

    def sold(self) -> list[Record]:
        """The ordinary items: priced, active and with a code of their own."""
        return self.items[:240]


def invoices(rng: Random, firm: Firm, count: int) -> list[Record]:
    """Ordinary sales invoices, one after the other in time."""
    return [_invoice(index, made, rng, firm) for index, made in enumerate(days(count))]


def supplier_invoices(rng: Random, firm: Firm, count: int) -> list[Record]:
    """Ordinary bills, with amounts as numbers."""
    return [
        _purchase(purchase("supplier-invoices", index, made, rng.choice(firm.suppliers), rng), firm, rng)
        for index, made in enumerate(days(count))
    ]


def purchase_orders(rng: Random, firm: Firm, count: int) -> list[Record]:
    """Ordinary orders to suppliers, with amounts as numbers."""
    return [
        _purchase(purchase("purchase-orders", index, made, rng.choice(firm.suppliers), rng), firm, rng)
        for index, made in enumerate(days(count))
    ]


def invoice(index: int, made: date, customer: Record, contact: Record, rng: Random) -> Record:
    """A sales invoice that has everything but its lines."""
    record = started("invoices", index, made, rng)
    record |= {
        "invoiceNumber": f"INV-{10001 + index}",
        "customerId": customer["customerId"],
        "customerName": customer["customerName"],
        "contactId": contact["contactId"],
        "contactName": contact["fullName"],
        "statusId": 20002,
        "statusName": "Sent",
        "invoiceDate": day(made),
        "dueDate": _due(made, customer),
        "currencyCode": customer["currencyCode"],
        "paymentTerm": customer["paymentTerm"],
        "paymentTermId": customer["paymentTermId"],
        "poNumber": "",
        "addresses": customer["addresses"],
        "serviceLines": [],
        "subTotal": "",
        "taxAmount": "",
        "total": "",
    }
    return record


def line(item: Record, quantity: int | Decimal, tax: Record) -> Record:
    """A line of the table Products/Items as invoices have it: price and amount as text."""
    return {
        "itemId": item["itemId"],
        "itemName": item["itemName"],
        "itemCode": item["itemCode"],
        "note": item["itemName"],
        "quantity": quantity,
        "uomId": 1,
        "unitPrice": item["itemPrice"],
        **tax,
        "amount": "",
    }


def bought(item: Record, quantity: int, tax: Record) -> Record:
    """A line as orders and bills have it: the id as text, price and amount as numbers."""
    cost = item.get("itemCost", Decimal("10.00"))
    return line(item, quantity, tax) | {"itemId": item["id"], "unitPrice": cost, "amount": Decimal(0)}


def service(place: int, hours: Decimal, tax: Record) -> Record:
    """A line of the table Services provided."""
    task, note, rate = words.SERVICES[place]
    return {"taskName": task, "note": note, "hours": hours, "rate": rate, **tax, "amount": ""}


def tax_for(currency: str) -> Record:
    """The tax of an ordinary line in a currency; none on exports."""
    return _TAX_BY_CURRENCY.get(currency, {})


def purchase(collection: str, index: int, made: date, supplier: Record, rng: Random) -> Record:
    """An order or a bill that has everything but its lines."""
    record = started(collection, index, made, rng)
    record |= {
        "supplierId": supplier["id"] if index % 2 else supplier["supplierId"],
        "supplierName": supplier["supplierName"],
        "currencyCode": supplier["currencyCode"],
        "paymentTerm": supplier["paymentTerm"],
        "paymentTermId": supplier["paymentTermId"],
        "addresses": supplier["addresses"],
        "serviceLines": [],
    }
    if collection == "purchase-orders":
        dates = {"orderDate": day(made), "deliveryDate": day(made + timedelta(days=10))}
        return record | dates | {"purchaseOrderNumber": f"PO-{2001 + index}", "referenceNumber": ""}
    dates = {"invoiceDate": day(made), "dueDate": _due(made, supplier)}
    numbers = {
        "supplierInvoiceNumber": f"SI-{3001 + index}",
        "supplierReferenceNumber": f"{supplier['supplierNumber'][-4:]}/{70000 + 13 * index}",
    }
    return record | dates | numbers


def _invoice(index: int, made: date, rng: Random, firm: Firm) -> Record:
    place = rng.randrange(len(firm.customers))
    customer = firm.customers[place]
    record = invoice(index, made, customer, firm.contacts[place], rng)
    tax = tax_for(customer["currencyCode"])
    items = rng.sample(firm.sold(), rng.choice((1, 1, 2, 2, 3, 4, 6)))
    record["lines"] = [line(item, rng.choice((1, 2, 3, 5, 10, 12, 25)), tax) for item in items]
    _vary_invoice(record, rng, tax)
    finish(record, "invoices", rng)
    return record


def _vary_invoice(record: Record, rng: Random, tax: Record) -> None:
    """What makes one ordinary invoice differ from the next, each with its own chance."""

    def chance(share: float, change: Callable[[], Any]) -> None:
        if rng.random() < share:
            change()

    lines, first = record["lines"], record["lines"][0]
    chance(0.10, lambda: record["serviceLines"].append(service(rng.randrange(4), Decimal("1.5"), tax)))
    chance(0.05, lambda: first.update(discountPercent=rng.choice((5, 10, Decimal("12.5")))))
    chance(0.02, lambda: first.update(discountAmount="1.00"))
    chance(0.02, lambda: record.update(discountPercent=rng.choice((2, 5))))
    chance(0.08, lambda: record.update(shippingAmount=rng.choice(("15.00", "27.50", "49.00"))))
    chance(0.25, lambda: record.update(poNumber=f"4500{rng.randrange(100000):05}"))
    chance(0.12, lambda: record.update(isTaxInclusive="Y"))
    chance(0.10, lambda: first.update(note=""))
    chance(0.03, lambda: first.update(unitPrice=f"{rng.randrange(10_000, 90_000) / Decimal(10_000)}"))
    chance(0.04, lambda: lines[-1].update(note=f"<b>{lines[-1]['itemName']}</b><br/>picked &amp; packed"))


def _purchase(record: Record, firm: Firm, rng: Random) -> Record:
    tax = tax_for(record["currencyCode"])
    items = rng.sample(firm.sold(), rng.choice((1, 2, 3, 4)))
    record["lines"] = [bought(item, rng.choice((10, 20, 50, 100)), tax) for item in items]
    if rng.random() < 0.1:
        record["shippingAmount"] = Decimal("35.00")
    if rng.random() < 0.08:
        record["isTaxInclusive"] = "Y"
    finish(record, "purchase-orders" if "purchaseOrderNumber" in record else "supplier-invoices", rng)
    return record


def finish(record: Record, collection: str, rng: Random) -> None:
    """Give a document a status, as often as such documents have it, and its sums."""
    app = usual().app(collection)
    status = rng.choices(list(app.statuses.values()), _STATUS_WEIGHTS[collection])[0]
    record["statusId"], record["statusName"] = status.number, status.name
    total_up(record, app)


def days(count: int) -> list[date]:
    """As many days as there are documents, spread evenly over the open part of the year."""
    span = (CLOSED - OPENED).days
    return [OPENED + timedelta(days=index * span // count) for index in range(count)]


def _due(made: date, party: Record) -> str:
    return day(made + timedelta(days=_TERM_DAYS.get(party["paymentTerm"], 0)))
