"""The firm that ships with the sandbox: a distributor in Australia, realistic and awkward, the same at every start."""

from random import Random

from tieout_sandbox.apptivo.folder import Records
from tieout_sandbox.firm import awkward, documents, goods, parties

_SEED = 20260401


def generate() -> Records:
    """All records of the firm, by collection, in Apptivo's wire shape; nothing in them depends on the day."""
    rng = Random(_SEED)
    customers = parties.customers(rng)
    contacts = parties.contacts(rng, customers)
    firm = documents.Firm(customers, contacts, parties.suppliers(rng), goods.items(rng))
    odd = len(awkward.INVOICES) + len(awkward.LOCKED)
    invoices = documents.invoices(rng, firm, documents.INVOICES - odd)
    bills = documents.supplier_invoices(rng, firm, documents.SUPPLIER_INVOICES - len(awkward.BILLS))
    return {
        "customers": firm.customers,
        "contacts": firm.contacts,
        "suppliers": firm.suppliers,
        "items": firm.items,
        "invoices": [*invoices, *awkward.invoices(rng, firm, len(invoices))],
        "supplier-invoices": [*bills, *awkward.supplier_invoices(rng, firm, len(bills))],
        "purchase-orders": documents.purchase_orders(rng, firm, documents.PURCHASE_ORDERS),
    }
