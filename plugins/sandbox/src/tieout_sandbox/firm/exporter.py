"""A firm that sells to four countries in their own money, with taxes that are made of several."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from random import Random

from tieout_sandbox.apptivo.folder import Records
from tieout_sandbox.firm import documents, goods, parties
from tieout_sandbox.firm.documents import bought, days, finish, invoice, line, purchase
from tieout_sandbox.firm.records import Record

_CUSTOMERS, _CONTACTS, _SUPPLIERS, _ITEMS = 50, 55, 20, 45
_ABROAD = {"NZD": 10, "USD": 12, "EUR": 8, "GBP": 6}
_COUNTS = {"invoices": 100, "supplier-invoices": 30, "purchase-orders": 20}
_RATES = {"NZD": Decimal("0.9215"), "USD": Decimal("1.5380"), "EUR": Decimal("1.6725"), "GBP": Decimal("1.9640")}
"""What one unit of a currency costs in the firm's own before the day's change."""

_TAXES: dict[str, tuple[tuple[tuple[str, str], ...], ...]] = {
    "AUD": ((("GST", "10"),), (("GST", "10"),), (("State Levy", "4"), ("City Levy", "6")), ()),
    "NZD": ((("GST", "15"),),),
    "USD": ((("State Tax", "6.25"), ("City Tax", "2")), (("Sales Tax", "8.25"),)),
    "EUR": ((("MwSt", "19"),),),
    "GBP": ((("VAT", "20"),), ()),
}
"""The taxes that a line may bear in a currency; each is one tax or several that are charged together."""


def records(rng: Random, counts: Mapping[str, int]) -> Records:
    """Its records by collection in the usual shape; `counts` says how many documents of a collection."""
    customers = parties.customers(rng, _CUSTOMERS, odd=(), abroad=_ABROAD)
    contacts = parties.contacts(rng, customers, _CONTACTS)
    firm = documents.Firm(customers, contacts, parties.suppliers(rng, _SUPPLIERS), goods.items(rng)[:_ITEMS])
    wanted = {**_COUNTS, **counts}
    return {
        "customers": customers,
        "contacts": contacts,
        "suppliers": firm.suppliers,
        "items": firm.items,
        "invoices": [_invoice(index, made, firm, rng) for index, made in enumerate(days(wanted["invoices"]))],
        **{
            collection: [
                _bought(collection, index, made, firm, rng) for index, made in enumerate(days(wanted[collection]))
            ]
            for collection in ("supplier-invoices", "purchase-orders")
        },
    }


def _invoice(index: int, made: date, firm: documents.Firm, rng: Random) -> Record:
    place = rng.randrange(len(firm.customers))
    record = invoice(index, made, firm.customers[place], firm.contacts[place], rng)
    items = rng.sample(firm.items, rng.choice((1, 2, 3, 4)))
    record["lines"] = [line(item, rng.choice((1, 2, 5, 12)), _tax(record, rng)) for item in items]
    if rng.random() < 0.1:
        record["shippingAmount"] = rng.choice(("18.00", "42.50"))
    if rng.random() < 0.1:
        record["discountAmount"] = "4.40"
    return _priced(record, "invoices", rng)


def _bought(collection: str, index: int, made: date, firm: documents.Firm, rng: Random) -> Record:
    record = purchase(collection, index, made, rng.choice(firm.suppliers), rng)
    items = rng.sample(firm.items, rng.choice((1, 2, 3)))
    record["lines"] = [bought(item, rng.choice((10, 25, 60)), _tax(record, rng)) for item in items]
    return _priced(record, collection, rng)


def _priced(record: Record, collection: str, rng: Random) -> Record:
    """The document with the day's exchange rate, its status and its sums."""
    if rate := _RATES.get(record["currencyCode"]):
        record["exchangeRate"] = str(rate + Decimal(rng.randrange(-150, 150)) / 10_000)
    finish(record, collection, rng)
    return record


def _tax(record: Record, rng: Random) -> Record:
    taxes = [{"taxName": name, "taxRate": rate} for name, rate in rng.choice(_TAXES[record["currencyCode"]])]
    return {"taxes": taxes} if taxes else {}
