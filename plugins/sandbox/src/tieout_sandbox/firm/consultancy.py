"""A consultancy: it sells and buys hours at a rate, and its documents have service lines alone."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from random import Random

from tieout_sandbox.apptivo.folder import Records
from tieout_sandbox.firm import documents, goods, parties, words
from tieout_sandbox.firm.documents import GST, days, finish, invoice, purchase
from tieout_sandbox.firm.records import Record

_CUSTOMERS, _CONTACTS, _SUPPLIERS, _ITEMS = 40, 50, 15, 10
_COUNTS = {"invoices": 120, "supplier-invoices": 45, "purchase-orders": 25}
_HOURS = tuple(map(Decimal, ("0.25", "0.50", "1.50", "2.75", "4.00", "7.50", "16.25")))


def records(rng: Random, counts: Mapping[str, int]) -> Records:
    """Its records by collection in the usual shape; `counts` says how many documents of a collection."""
    customers = parties.customers(rng, _CUSTOMERS, odd=(), abroad={})
    contacts = parties.contacts(rng, customers, _CONTACTS)
    suppliers = [each for each in parties.suppliers(rng) if each["currencyCode"] == "AUD"][:_SUPPLIERS]
    items = [{**each, "isInventoryItem": "N"} for each in goods.items(rng)[:_ITEMS]]
    firm = documents.Firm(customers, contacts, suppliers, items)
    wanted = {**_COUNTS, **counts}
    return {
        "customers": customers,
        "contacts": contacts,
        "suppliers": suppliers,
        "items": items,
        "invoices": [_invoice(index, made, firm, rng) for index, made in enumerate(days(wanted["invoices"]))],
        **{
            collection: [
                _lined(purchase(collection, index, made, rng.choice(suppliers), rng), collection, rng)
                for index, made in enumerate(days(wanted[collection]))
            ]
            for collection in ("supplier-invoices", "purchase-orders")
        },
    }


def _invoice(index: int, made: date, firm: documents.Firm, rng: Random) -> Record:
    place = rng.randrange(len(firm.customers))
    record = invoice(index, made, firm.customers[place], firm.contacts[place], rng)
    if rng.random() < 0.1:
        record["discountPercent"] = rng.choice(("5", "12.5"))
    return _lined(record, "invoices", rng)


def _lined(record: Record, collection: str, rng: Random) -> Record:
    """The document with its service lines, its status and its sums."""
    record["lines"] = []
    record["serviceLines"] = [_line(rng) for _ in range(rng.choice((1, 1, 2, 3, 5)))]
    if rng.random() < 0.15:
        record["isTaxInclusive"] = "Y"
    finish(record, collection, rng)
    return record


def _line(rng: Random) -> Record:
    task, note, rate = rng.choice(words.CONSULTING)
    tax = GST if rng.random() < 0.9 else {}
    line = {"taskName": task, "note": note, "hours": rng.choice(_HOURS), "rate": rate, **tax, "amount": ""}
    if rng.random() < 0.08:
        line["discountAmount"] = "15.00"
    return line
