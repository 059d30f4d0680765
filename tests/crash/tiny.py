"""A firm of a handful of records of each kind, paid and unpaid."""

from tieout_sandbox.firm import generate

PARTIES = {"customers": "customerId", "contacts": "contactId", "suppliers": "supplierId", "items": "itemId"}


def _first(documents, *wanted):
    """The shortest document for each test of what is wanted."""
    short = sorted(documents, key=lambda one: len(one["lines"]))
    return [next(one for one in short if fits(one)) for fits in wanted]


def firm():
    """Documents with two payments, with one and with none, and everything that they name."""
    whole = generate()
    sent = lambda one: one["statusName"] in ("Sent", "Viewed") and one["lines"] and one["currencyCode"] == "AUD"  # noqa: E731
    paid = lambda many: lambda one: len(one.get("payments", ())) == many and one["currencyCode"] == "AUD"  # noqa: E731
    picked = {
        "invoices": _first(whole["invoices"], sent, paid(2), paid(1)),
        "supplier-invoices": _first(whole["supplier-invoices"], sent, paid(1)),
        "purchase-orders": _first(whole["purchase-orders"], sent),
    }
    documents = [one for many in picked.values() for one in many]
    for app, key in PARTIES.items():
        named = {one.get(key) for one in documents} | {line.get(key) for one in documents for line in one["lines"]}
        texts = {str(one) for one in named}
        picked[app] = [one for one in whole[app] if str(one[key]) in texts or str(one["id"]) in texts]
    return picked
