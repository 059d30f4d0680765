"""The documents that a careful sync must get right or hold: each says in one line what is odd about it."""

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from random import Random

from tieout_sandbox.apptivo.arithmetic import number, total_up
from tieout_sandbox.apptivo.config import custom_attribute
from tieout_sandbox.apptivo.layoutfile import usual
from tieout_sandbox.firm.documents import GST, Firm, bought, invoice, line, purchase, service
from tieout_sandbox.firm.goods import UNDESCRIBED
from tieout_sandbox.firm.parties import BOTH, KNOWN_IN_XERO, TWINS
from tieout_sandbox.firm.records import Record, day

LUXURY = {"taxName": "LCT", "taxRate": 33}
LOCKED = (date(2026, 1, 19), date(2026, 2, 12), date(2026, 2, 27), date(2026, 3, 9), date(2026, 3, 31))
"""Days in a period that is locked in the books (the sandbox's Xero locks up to 2026-03-31)."""

_FIRST, _STEP = date(2026, 5, 4), 3
_PLAIN = 60
"""The first of the customers with an ordinary name, from which awkward documents take theirs."""

Change = Callable[[Record, Firm], None]


def invoices(rng: Random, firm: Firm, first: int) -> list[Record]:
    """One invoice for each oddity, then those in the locked period; `first` is the place of the first one."""
    made = [_FIRST + timedelta(days=_STEP * step) for step in range(len(INVOICES))]
    changes: list[Change] = [*INVOICES, *([_nothing] * len(LOCKED))]
    return [_invoice(first + step, when, changes[step], rng, firm) for step, when in enumerate([*made, *LOCKED])]


def supplier_invoices(rng: Random, firm: Firm, first: int) -> list[Record]:
    """One bill for each oddity."""
    return [_bill(first + step, step, change, rng, firm) for step, change in enumerate(BILLS)]


def _invoice(index: int, made: date, change: Change, rng: Random, firm: Firm) -> Record:
    place = _PLAIN + 10 + index % 150
    record = invoice(index, made, firm.customers[place], firm.contacts[place], rng)
    record["lines"] = [line(firm.items[index % 90], 4, GST), line(firm.items[index % 90 + 7], 2, GST)]
    return _applied(record, change, firm, "invoices")


def _bill(index: int, step: int, change: Change, rng: Random, firm: Firm) -> Record:
    made = _FIRST + timedelta(days=_STEP * step)
    record = purchase("supplier-invoices", index, made, firm.suppliers[10 + step], rng)
    record |= {"statusId": 22001, "statusName": "Created"}
    record["lines"] = [bought(firm.items[step], 10, GST), bought(firm.items[step + 20], 5, GST)]
    return _applied(record, change, firm, "supplier-invoices")


def _applied(record: Record, change: Change, firm: Firm, collection: str) -> Record:
    change(record, firm)
    total_up(record, usual().app(collection))
    if change is _commas:
        record |= {field: f"{number(record[field]):,}" for field in ("subTotal", "taxAmount", "total")}
    return record


def _for(name: str, position: int = 0) -> Change:
    """A document of one customer, found by name."""

    def change(record: Record, firm: Firm) -> None:
        found = [place for place, each in enumerate(firm.customers) if each["customerName"] == name]
        customer, contact = firm.customers[found[position]], firm.contacts[found[position]]
        record |= {
            "customerId": customer["customerId"],
            "customerName": name,
            "contactId": contact["contactId"],
            "contactName": contact["fullName"],
            "currencyCode": customer["currencyCode"],
        }
        if customer["currencyCode"] != "AUD":
            for each in record["lines"]:
                del each["taxName"], each["taxRate"]

    return change


def _head(**values: object) -> Change:
    """Fields of the document itself."""
    return lambda record, firm: record.update(values)


def _first(**values: object) -> Change:
    """Fields of the first line."""
    return lambda record, firm: record["lines"][0].update(values)


def _prices(*prices: str, quantity: int = 1, inclusive: str = "N") -> Change:
    """Lines of these prices, whose tax rounds in its own way on the line and on the document."""

    def change(record: Record, firm: Firm) -> None:
        record["isTaxInclusive"] = inclusive
        record["lines"] = [
            line(firm.items[place], quantity, GST) | {"unitPrice": price} for place, price in enumerate(prices)
        ]

    return change


def _bare(record: Record, firm: Firm) -> None:
    """A line without any text, of an item that has none either."""
    item = next(each for each in firm.items if each["itemName"] == UNDESCRIBED)
    record["lines"][0] = line(item, 1, GST) | {"note": "", "unitPrice": "8.00"}


def _textless(record: Record, firm: Firm) -> None:
    """A line with a price and nothing else."""
    record["lines"].append({"quantity": 1, "unitPrice": "45.00", **GST, "amount": ""})


def _services(record: Record, firm: Firm) -> None:
    """Services only, no goods."""
    record["lines"] = []
    record["serviceLines"] = [service(0, Decimal("2.25"), GST), service(2, Decimal("0.75"), GST)]


def _yen(record: Record, firm: Firm) -> None:
    """A currency that the books do not have."""
    record["currencyCode"] = "JPY"
    for each in record["lines"]:
        each["unitPrice"] = "12400"
        del each["taxName"], each["taxRate"]


def _wine(record: Record, firm: Firm) -> None:
    """A tax made of two."""
    del record["lines"][0]["taxName"], record["lines"][0]["taxRate"]
    record["lines"][0]["taxes"] = [GST, {"taxName": "WET", "taxRate": 29}]


def _mixed(record: Record, firm: Firm) -> None:
    """Taxed at 10, taxed at 15 and untaxed on one document."""
    record["lines"].append(line(firm.items[5], 1, {"taxName": "GST", "taxRate": 15}))
    record["lines"].append(line(firm.items[6], 3, {}))


def _commas(record: Record, firm: Firm) -> None:
    """Amounts written with thousands' commas."""
    record["lines"][0] |= {"quantity": "1,200", "unitPrice": "1,034.50"}


def _sync_to(party: str) -> Change:
    """The record says itself who becomes the contact in the books."""

    def change(record: Record, firm: Firm) -> None:
        record["customAttributes"] = [custom_attribute(usual().app("invoices").custom["Sync To Xero"], party)]

    return change


def _own_supplier(record: Record, firm: Firm) -> None:
    """A bill of a supplier that is also a customer."""
    supplier = next(each for each in firm.suppliers if each["supplierName"] == BOTH)
    record |= {"supplierId": supplier["id"], "supplierName": BOTH}


def _nothing(record: Record, firm: Firm) -> None:
    """An ordinary document; only its date is odd."""


INVOICES: tuple[Change, ...] = (
    *(_for(name) for name in KNOWN_IN_XERO),
    _for(TWINS),
    _for(TWINS, 1),
    _for(BOTH),
    _for("Trailing Blanks Trading  "),
    _for("Happy Hammer 🔨 Hire"),
    _head(customerId=None, customerName=""),
    _head(contactId="", contactName=""),
    _head(customerId="", customerName="null", contactId=None, contactName=None),
    _head(lines=[], shippingAmount="20.00"),
    _first(note="", description=""),
    _bare,
    _textless,
    _services,
    _yen,
    _wine,
    _mixed,
    _commas,
    _first(**LUXURY),
    _first(accountCode="299"),
    _first(accountCode="200"),
    _first(quantity=1000, unitPrice="0.0375"),
    _first(quantity=250, unitPrice="1.23456"),
    _first(quantity=5000, unitPrice="0.012345"),
    _first(quantity=3000, unitPrice="0.1234567"),
    _first(unitPrice=""),
    _first(quantity="2.5", unitPrice=Decimal("19.99")),
    _prices("10.05", "10.05", "10.05"),
    _prices("0.44", "0.44", "0.44", "0.44", "0.44"),
    _prices("33.35", "66.65", "12.15", inclusive="Y"),
    _prices("7.77", "7.77", "7.77", "7.77", quantity=3, inclusive="Y"),
    _head(discountPercent=Decimal("7.5")),
    _head(discountAmount="3.33"),
    _head(discountPercent="10", isTaxInclusive="Y", shippingAmount="12.00"),
    _first(discountPercent="33.33"),
    _first(discountAmount="0.77"),
    _first(note="<div><p>Cut to 1.2&nbsp;m &lt;each&gt;</p><script>alert(1)</script><p>&ldquo;Urgent&rdquo;</p></div>"),
    _first(note="Größe 40 – „extra“ 🔩 & more"),
    _first(note="x" * 4200),
    _head(poNumber="null", notes="<p>null</p>", dueDate="", paymentTerm="", paymentTermId=None),
    _sync_to("Contact"),
    _sync_to("Contact"),
    _sync_to("Customer"),
)

BILLS: tuple[Change, ...] = (
    _own_supplier,
    _head(supplierId="", supplierName=""),
    _head(supplierReferenceNumber=""),
    _first(accountCode="299"),
    _first(note="", description=""),
    _first(discountPercent=10),
    _head(discountAmount=Decimal("5.55")),
    _first(unitPrice=Decimal("0.0375"), quantity=1000),
    _first(**LUXURY),
    _head(invoiceDate=day(LOCKED[2]), dueDate=day(LOCKED[4])),
)
