"""Taxes: which Xero tax stands for a line's tax, and whether it may be used there (docs/facts/xero.md, "Tax rates")."""

from __future__ import annotations

from decimal import Decimal

from tieout import Account, Line, Problem, TaxRate, Wire

from tieout_xero import wire as xero
from tieout_xero.books import Books
from tieout_xero.settings import Taxes

UNTAXED = "none"
"""The key under which the settings tell which Xero tax stands for no tax."""

NO_TAX = "NONE"
"""The tax type of documents and lines without tax, in the organisations that have it."""

_NEAR = Decimal("0.01")


def lift(wire: Wire) -> TaxRate:
    """A tax rate; its type is both id and code, because that is what lines carry."""
    categories = {
        category.upper()
        for category, field in (
            ("asset", "CanApplyToAssets"),
            ("equity", "CanApplyToEquity"),
            ("expense", "CanApplyToExpenses"),
            ("liability", "CanApplyToLiabilities"),
            ("revenue", "CanApplyToRevenue"),
        )
        if wire.get(field) is True
    }
    return TaxRate(
        id=wire["TaxType"],
        code=wire["TaxType"],
        name=wire.get("Name") or wire["TaxType"],
        active=wire.get("Status", "ACTIVE") == "ACTIVE",
        rate=xero.amount(wire.get("EffectiveRate")) or Decimal(0),
        categories=frozenset(categories),
    )


def choose(line: Line, *, mode: str, side: str, chosen: Taxes, books: Books, problems: list[Problem]) -> str | None:
    """The tax type for a line of a document; None when there is none to use, with the reason in `problems`.

    `mode` is the document's LineAmountTypes and `side` is `sales` or `purchases`. A tax that is one of Xero's own
    types, as on lines that were read there, stands for itself.
    """
    label = UNTAXED if mode == "NoTax" else line.tax or UNTAXED
    own = NO_TAX if mode == "NoTax" else label
    mapped: str | None = getattr(chosen, side).get(label) or (own if own in books.taxes else None)
    if mapped is None:
        problems.append(
            Problem(
                cause="tax-unmapped",
                what=f'No Xero tax is chosen for "{label}" on {side}.',
                why="A tax is never guessed.",
                fix=f"Choose one for it under taxes.{side} of the pair.",
                about=label,
            )
        )
        return None
    tax = books.taxes.get(mapped)
    if tax is None or not tax.active:
        problems.append(
            Problem(
                cause="tax-unknown",
                what=f'The Xero tax {mapped} that is chosen for "{label}" on {side} is not in use there.',
                fix="Import the tax rates again and choose another one.",
                about=label,
            )
        )
        return None
    stated = line.tax_rate if line.tax else Decimal(0)
    if mode != "NoTax" and stated is not None and abs(stated - tax.rate) >= _NEAR:
        problems.append(
            Problem(
                cause="tax-rate-differs",
                what=f'"{label}" is {xero.plain(stated)}% here and {xero.plain(tax.rate)}% in Xero ({tax.name}).',
                fix="Choose a Xero tax of the same rate, or correct the rate.",
                about=label,
            )
        )
        return None
    return mapped


def legal(tax_type: str | None, account: Account, books: Books) -> bool:
    """Whether a tax type may be used with an account."""
    tax = books.taxes.get(tax_type or "")
    return tax is None or account.category in tax.categories


def without_tax(account: Account, *, side: str, chosen: Taxes, books: Books) -> str | None:
    """A tax type of no percentage that may be used with an account; None when there is none."""
    for tax_type in (NO_TAX, getattr(chosen, side).get(UNTAXED)):
        tax = books.taxes.get(tax_type or "")
        if tax and tax.active and tax.rate == 0 and account.category in tax.categories:
            return tax.id
    return None
