"""The judge of a simulation: it reads what both systems hold and what passed between them, and imports nothing of core.

A record of Apptivo has to be in Xero exactly once, with the same money, unless the program says that it is held or left
out. What is in Xero and comes from nowhere is unexpected. A write that took effect although its caller never heard of
it counts as recovered.
"""

from collections import Counter
from dataclasses import dataclass, field
from decimal import Decimal

DEAD = ("VOIDED", "DELETED")
WRITES = ("PUT", "POST")
APPS = ("invoices", "supplier-invoices", "purchase-orders", "customers", "suppliers", "contacts", "items")


@dataclass
class Verdict:
    """What a simulation came to, in the words of people who test databases."""

    lost: list = field(default_factory=list)
    duplicated: list = field(default_factory=list)
    unexpected: list = field(default_factory=list)
    wrong: list = field(default_factory=list)
    recovered: int = 0

    @property
    def right(self):
        return not (self.lost or self.duplicated or self.unexpected or self.wrong)

    def line(self):
        counts = (f"{len(getattr(self, name))} {name}" for name in ("lost", "duplicated", "unexpected", "wrong"))
        return ", ".join((*counts, f"{self.recovered} recovered"))

    def details(self):
        for name in ("lost", "duplicated", "unexpected", "wrong"):
            yield from (f"{name}: {one}" for one in getattr(self, name))


def money(value):
    """An amount of either system: a number, or a text, perhaps with commas between thousands."""
    return Decimal(str(value or 0).replace(",", ""))


def number_of(app, record):
    """What a record of Apptivo is called in Xero."""
    match app:
        case "invoices":
            return record["invoiceNumber"]
        case "supplier-invoices":
            return record.get("supplierReferenceNumber") or record["supplierInvoiceNumber"]
        case "purchase-orders":
            return record["purchaseOrderNumber"]
        case "customers":
            return record["customerName"].strip()
        case "suppliers":
            return record["supplierName"].strip()
        case "contacts":
            return " ".join(filter(None, (record.get("firstName"), record.get("lastName")))).strip()
        case "items":
            return record.get("itemCode") or record["itemName"]


def written(name):
    """A name as Xero compares it: in any case, and with round brackets for pointed ones."""
    return name.casefold().replace("<", "(").replace(">", ")")


def standing(books):
    """What stands in Xero, as (app, number, who, total), one for each live document."""
    for one in books["Invoices"]:
        app = "invoices" if one["Type"] == "ACCREC" else "supplier-invoices"
        if one["Status"] not in DEAD:
            yield app, one["InvoiceNumber"], one["Contact"]["Name"], money(one["Total"])
    for one in books["PurchaseOrders"]:
        if one["Status"] not in DEAD:
            yield "purchase-orders", one["PurchaseOrderNumber"], one["Contact"]["Name"], money(one["Total"])


def duplicated(books):
    """What stands in Xero more than once; nothing may at any moment, whatever is still to be done."""
    documents = Counter((app, number, who) for app, number, who, _ in standing(books))
    contacts = Counter(("contact", one["Name"].casefold()) for one in books["Contacts"])
    items = Counter(("item", one["Code"]) for one in books["Items"])
    # a payment carries the mark of the one record that it came from
    paid = Counter(("payment", one["Reference"]) for one in books["Payments"] if one["Status"] != "DELETED")
    return [one for many in (documents, contacts, items, paid) for one, count in many.items() if count > 1]


def judge(source, books, exchanges, excused, entered=()):
    """Give the verdict.

    `excused` are the (app, id) that the program says are held or left out; `entered` the (app, number) that a person
    entered in Xero by hand; `exchanges` what passed over the network.
    """
    verdict = Verdict(duplicated=duplicated(books))
    there = {}
    for app, number, _, total in standing(books):
        there.setdefault((app, number), []).append(total)
    expected = set(entered)
    for app in ("invoices", "supplier-invoices", "purchase-orders"):
        for record in source.get(app, ()):
            key = (app, number_of(app, record))
            expected.add(key)
            if (app, str(record["id"])) in excused:
                continue
            if record["statusName"] in ("Void", "Cancelled"):
                verdict.wrong += [(*key, "void in Apptivo, live in Xero")] if key in there else []
            elif key not in there:
                verdict.lost.append(key)
            elif money(record["total"]) not in there[key]:
                verdict.wrong.append((*key, money(record["total"]), there[key]))
    names = {written(one["Name"]) for one in books["Contacts"]}
    codes = {written(one["Code"]) for one in books["Items"]}
    for app in ("customers", "suppliers", "contacts", "items"):
        for record in source.get(app, ()):
            number = number_of(app, record)
            known = codes if app == "items" else names
            if (app, str(record["id"])) not in excused and written(number) not in known:
                verdict.lost.append((app, number))
    verdict.unexpected = [key for key in there if key not in expected]
    verdict.recovered = sum(
        1 for one in exchanges if one.method in WRITES and one.arrived is not None and one.arrived != one.seen
    )
    return verdict
