"""Accounts of the chart: what each may be used for, and whether a chosen one can be used.

Source: docs/facts/xero.md, "Accounts".
"""

from __future__ import annotations

from tieout import Account, Problem, Wire

from tieout_xero import wire as xero
from tieout_xero.books import Books
from tieout_xero.settings import Choice

_TITLES = {"sales": "Sales", "purchase": "Purchase", "inventory": "Inventory", "payment": "Payment"}
_KINDS = {
    "BANK": "Bank",
    "CURRENT": "Current Asset",
    "CURRLIAB": "Current Liability",
    "DEPRECIATN": "Depreciation",
    "DIRECTCOSTS": "Direct Costs",
    "EQUITY": "Equity",
    "EXPENSE": "Expense",
    "FIXED": "Fixed Asset",
    "INVENTORY": "Inventory",
    "LIABILITY": "Liability",
    "NONCURRENT": "Non-current Asset",
    "OTHERINCOME": "Other Income",
    "OVERHEADS": "Overhead",
    "PAYG": "PAYG Liability",
    "PREPAYMENT": "Prepayment",
    "REVENUE": "Revenue",
    "SALES": "Sales",
    "TERMLIAB": "Non-current Liability",
}
"""Xero's types of account, as its own chart of accounts calls them."""
_LEGAL = {
    "sales": frozenset({"sales"}),
    "purchase": frozenset({"purchase", "inventory"}),
    "inventory": frozenset({"purchase", "inventory"}),
    "payment": frozenset({"payment"}),
}


def lift(wire: Wire) -> Account:
    """An account with the roles it may be chosen for."""
    return Account(
        id=wire["AccountID"],
        name=wire.get("Name") or "",
        code=wire.get("Code") or None,
        active=wire.get("Status", "ACTIVE") == "ACTIVE",
        type=wire.get("Type") or "",
        kind=_KINDS.get(wire.get("Type") or "", ""),
        category=wire.get("Class") or "",
        system=wire.get("SystemAccount") or "",
        currency=wire.get("CurrencyCode") or None,
        roles=roles(wire),
    )


def roles(wire: Wire) -> frozenset[str]:
    """The uses that an account is legal for; a system account (debtors, creditors, tax ...) has none."""
    if wire.get("SystemAccount"):
        return frozenset()
    kind, category = wire.get("Type"), wire.get("Class")
    found = {
        "payment": kind == "BANK" or wire.get("EnablePaymentsToAccount") is True,
        "sales": category == "REVENUE",
        "purchase": category == "EXPENSE" or (category == "ASSET" and kind != "BANK"),
        "inventory": kind == "INVENTORY",
    }
    return frozenset(role for role, legal in found.items() if legal)


def choose(chosen: str | Choice | None, role: str, books: Books, problems: list[Problem]) -> Wire:
    """The fields that put a line on the chosen account; empty when it cannot be used, with the reason in `problems`."""
    account = usable(chosen, role, books, problems)
    return fields(account) if account else {}


def usable(chosen: str | Choice | None, role: str, books: Books, problems: list[Problem]) -> Account | None:
    """The chosen account; None when it cannot be used in this role, with the reason in `problems`."""
    if chosen is None:
        problems.append(
            Problem(
                cause="account-not-chosen",
                what=f"No {_TITLES[role]} account is chosen.",
                why="This record needs it.",
                fix=f"Choose the {_TITLES[role]} account of the pair.",
                about=role,
            )
        )
        return None
    account = books.account(chosen)
    if account is None:
        problems.append(
            Problem(
                cause="account-unknown",
                what=f"Xero has no account {chosen}.",
                fix="Import the accounts again and choose an existing one.",
                about=str(chosen),
            )
        )
        return None
    if not account.active:
        problems.append(
            Problem(
                cause="account-archived",
                what=f"The account {label(account)} is archived in Xero.",
                fix="Restore it in Xero, or choose another one.",
                about=account.code or account.id,
            )
        )
        return None
    if not account.roles & _LEGAL[role]:
        problems.append(
            Problem(
                cause="account-not-legal",
                what=f"The account {label(account)} may not be used here.",
                why=f"It is of type {account.kind or account.type}; a {_TITLES[role]} account is needed.",
                fix="Choose another account.",
                about=account.code or account.id,
            )
        )
        return None
    return account


def fields(account: Account) -> Wire:
    """How a line names an account: by its code, or by its id where it has no code."""
    return xero.filled({"AccountCode": account.code}) or {"AccountID": account.id}


def label(account: Account) -> str:
    """What people call an account: code and name."""
    return f"{account.code} {account.name}".strip() if account.code else account.name
