"""What Xero will compute from a document's body: line amounts, tax and total.

Xero rounds every line to 2 decimals, computes the tax per line and rounds that too (docs/facts/xero.md, "Arithmetic").
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

from tieout import Wire

from tieout_xero.wire import amount, rounded

_HUNDRED = Decimal(100)


@dataclass(frozen=True, slots=True)
class Sums:
    """The sums of a document in its currency: without tax, the tax, and with it."""

    net: Decimal
    tax: Decimal
    total: Decimal


def extended(line: Wire) -> Decimal:
    """Quantity x price less the line's discount, not rounded."""
    price = amount(line.get("UnitAmount"))
    if price is None:
        return amount(line.get("LineAmount")) or Decimal(0)
    quantity = amount(line.get("Quantity"))
    gross = price * (Decimal(1) if quantity is None else quantity)
    if rate := amount(line.get("DiscountRate")):
        return gross * (_HUNDRED - rate) / _HUNDRED
    return gross - (amount(line.get("DiscountAmount")) or Decimal(0))


def line_tax(net: Decimal, rate: Decimal, mode: str) -> Decimal:
    """The tax on a rounded line amount at `rate` percent; with `Inclusive` it is contained in the amount."""
    if mode == "NoTax":
        return Decimal(0)
    if mode == "Inclusive":
        return rounded(net * rate / (_HUNDRED + rate))
    return rounded(net * rate / _HUNDRED)


def sums(body: Wire, rate: Callable[[str | None], Decimal]) -> Sums:
    """The sums that Xero will come to for a body; `rate` tells the percentage of a tax type."""
    mode = body.get("LineAmountTypes", "Exclusive")
    lines = body.get("LineItems", ())
    amounts = [rounded(extended(line)) for line in lines]
    taxes = [line_tax(net, rate(line.get("TaxType")), mode) for line, net in zip(lines, amounts, strict=True)]
    together, tax = sum(amounts, Decimal(0)), sum(taxes, Decimal(0))
    if mode == "Inclusive":
        return Sums(net=together - tax, tax=tax, total=together)
    return Sums(net=together, tax=tax, total=together + tax)
