"""A distributor of building materials in Australia, with every oddity that a careful sync must get right or hold."""

from collections.abc import Mapping
from random import Random

from tieout_sandbox.apptivo.folder import Records
from tieout_sandbox.firm import awkward, documents, goods, parties


def records(rng: Random, counts: Mapping[str, int]) -> Records:
    """Its records by collection in the usual shape; `counts` says how many documents of a collection."""
    customers = parties.customers(rng)
    contacts = parties.contacts(rng, customers)
    firm = documents.Firm(customers, contacts, parties.suppliers(rng), goods.items(rng))
    odd = len(awkward.INVOICES) + len(awkward.LOCKED)
    invoices = documents.invoices(rng, firm, counts.get("invoices", documents.INVOICES) - odd)
    wanted = counts.get("supplier-invoices", documents.SUPPLIER_INVOICES)
    bills = documents.supplier_invoices(rng, firm, wanted - len(awkward.BILLS))
    return {
        "customers": firm.customers,
        "contacts": firm.contacts,
        "suppliers": firm.suppliers,
        "items": firm.items,
        "invoices": [*invoices, *awkward.invoices(rng, firm, len(invoices))],
        "supplier-invoices": [*bills, *awkward.supplier_invoices(rng, firm, len(bills))],
        "purchase-orders": documents.purchase_orders(
            rng, firm, counts.get("purchase-orders", documents.PURCHASE_ORDERS)
        ),
    }
