"""A small firm of its own for each seed: a handful of documents of every kind, and all that they name."""

import copy
from functools import cache

from tieout_sandbox.firm import generate

PARTIES = {"customers": "customerId", "contacts": "contactId", "suppliers": "supplierId", "items": "itemId"}
SPECIAL = {
    "invoices": (
        lambda one: len(one.get("payments", ())) > 1,
        lambda one: len(one.get("payments", ())) == 1,
        lambda one: one["statusName"] == "Draft",
        lambda one: one["currencyCode"] != "AUD",
    ),
    "supplier-invoices": (lambda one: len(one.get("payments", ())) == 1,),
    "purchase-orders": (),
}
"""What a firm of a seed has with some luck, by app."""


@cache
def whole():
    """The firm that ships."""
    return generate()


def firm(chance):
    """Draw some documents from the firm that ships, a few of them special, and take along what they name."""
    picked = {
        "invoices": _drawn(chance, "invoices", chance.randint(2, 5)),
        "supplier-invoices": _drawn(chance, "supplier-invoices", chance.randint(1, 3)),
        "purchase-orders": _drawn(chance, "purchase-orders", chance.randint(1, 2)),
    }
    documents = [one for many in picked.values() for one in many]
    if chance.random() < 0.3:
        # taken back in the source before anybody synced it, with what was paid on it
        paid = [one for one in picked["invoices"] if one.get("payments")]
        for one in paid[:1]:
            one["statusName"], one["statusId"] = "Void", 20006
    for app, key in PARTIES.items():
        named = {str(one.get(key)) for one in documents}
        named |= {str(line.get(key)) for one in documents for line in one.get("lines", ())}
        picked[app] = [copy.deepcopy(one) for one in whole()[app] if {str(one.get(key)), str(one["id"])} & named]
    return picked


def _drawn(chance, app, count):
    plain = [one for one in whole()[app] if 0 < len(one.get("lines", ())) < 4]
    special = [[one for one in plain if fits(one)] for fits in SPECIAL[app]]
    drawn = {
        one["id"]: one for fitting in special if fitting and chance.random() < 0.6 for one in [chance.choice(fitting)]
    }
    while len(drawn) < count:
        one = chance.choice(plain)
        drawn[one["id"]] = one
    return [copy.deepcopy(one) for one in drawn.values()]
