"""Scopes: the granular ones that a new application may ask for, and which one an endpoint needs.

Source: docs/facts/xero.md, "Scopes".
"""

from collections.abc import Iterable

_BASE = ("openid", "profile", "email", "offline_access")
_DATA = (
    "accounting.invoices",
    "accounting.payments",
    "accounting.banktransactions",
    "accounting.manualjournals",
    "accounting.settings",
    "accounting.contacts",
    "accounting.attachments",
)
_READ_ONLY = (
    *(f"accounting.reports.{name}.read" for name in ("agedpayables", "agedreceivables", "aged", "balancesheet")),
    *(f"accounting.reports.{name}.read" for name in ("banksummary", "budgetsummary", "executivesummary")),
    *(f"accounting.reports.{name}.read" for name in ("profitandloss", "trialbalance", "taxreports")),
    "accounting.budgets.read",
    "accounting.journals.read",
)
_NEEDS = {
    "Invoices": ("accounting.invoices",),
    "CreditNotes": ("accounting.invoices",),
    "PurchaseOrders": ("accounting.invoices",),
    "Items": ("accounting.settings", "accounting.invoices"),
    "Quotes": ("accounting.invoices",),
    "RepeatingInvoices": ("accounting.invoices",),
    "LinkedTransactions": ("accounting.invoices",),
    "Payments": ("accounting.payments",),
    "BatchPayments": ("accounting.payments",),
    "Prepayments": ("accounting.payments",),
    "Overpayments": ("accounting.payments",),
    "BankTransactions": ("accounting.banktransactions",),
    "BankTransfers": ("accounting.banktransactions",),
    "ManualJournals": ("accounting.manualjournals",),
    "Journals": ("accounting.journals.read",),
    "Budgets": ("accounting.budgets.read",),
    "ContactGroups": ("accounting.contacts",),
    "Contacts": ("accounting.contacts",),
    "Attachments": ("accounting.attachments",),
}

KNOWN = frozenset((*_BASE, *_DATA, *(f"{name}.read" for name in _DATA), *_READ_ONLY))
"""Every scope that may be asked for; the broad ones of older applications are not among them."""

FULL = (*_BASE, *_DATA, "accounting.budgets.read", "accounting.journals.read")
"""A set that allows everything the sandbox can do."""


def unknown(wanted: Iterable[str]) -> list[str]:
    """Those that may not be asked for."""
    return [scope for scope in wanted if scope not in KNOWN]


def allowed(held: frozenset[str], plural: str, method: str) -> bool:
    """Whether a token with these scopes may call an endpoint; what is not named needs the settings scope."""
    enough = _NEEDS.get(plural, ("accounting.settings",))
    return any(name in held or (method == "GET" and f"{name}.read" in held) for name in enough)
