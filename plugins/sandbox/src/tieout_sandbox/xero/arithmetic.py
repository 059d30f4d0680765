"""How Xero computes a document: every line rounded half up to the cent, tax per line.

Source: docs/facts/xero.md, "Arithmetic".
"""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Context, Decimal

from tieout_sandbox.xero.findings import Refused
from tieout_sandbox.xero.table import Record

ZERO = Decimal("0.00")
_HUNDRED = Decimal(100)
_STEPS = {places: Decimal(1).scaleb(-places) for places in range(7)}
_LARGEST = Decimal("9999999999.99")
_WIDE = Context(prec=100)


def rounded(value: Decimal, places: int = 2) -> Decimal:
    """A number with so many decimals, halves away from zero."""
    return value.quantize(_STEPS[places], ROUND_HALF_UP, _WIDE)


@dataclass(frozen=True, slots=True)
class Price:
    """The numbers of one line; what was not sent is None. `rate` is in percent, the rest in the document's currency."""

    quantity: Decimal | None = None
    unit: Decimal | None = None
    amount: Decimal | None = None
    rate: Decimal | None = None
    discount: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Priced:
    """The numbers of one line as saved; `discount` is what the discount took off."""

    quantity: Decimal
    unit: Decimal
    amount: Decimal
    discount: Decimal


def price(given: Price, places: int) -> Priced:
    """Compute a line from any two of quantity, unit amount and line amount; a unit amount keeps so many decimals.

    Raises `Refused` when the three disagree, when the discount is larger than the line, or when an amount is too large.
    """
    quantity = None if given.quantity is None else rounded(given.quantity, 4)
    unit = None if given.unit is None else rounded(given.unit, places)
    amount = None if given.amount is None else rounded(given.amount)
    if amount is not None and (quantity is None or unit is None):
        gross = _before_discount(amount, given)
        if quantity is None:
            quantity = rounded(gross / unit, 4) if unit else _STEPS[0]
        if unit is None:
            unit = rounded(gross / quantity, places) if quantity else rounded(ZERO, places)
        computed = amount
    else:
        quantity = _STEPS[0] if quantity is None else quantity
        unit = ZERO if unit is None else unit
        computed = _after_discount(quantity * unit, given)
        if amount is not None and amount != computed:
            raise Refused(f"The line total {amount} does not match the expected line total {computed}")
    if abs(computed) > _LARGEST:
        raise Refused(f"The line total must not be greater than {_LARGEST}")
    off = rounded(quantity * unit) - computed if given.rate or given.discount else ZERO
    return Priced(rounded(quantity, 4), rounded(unit, 4), computed, off)


def tax_of(amount: Decimal, rate: Decimal, line_amount_types: str) -> Decimal:
    """The tax of one line at a rate in percent, for `Exclusive`, `Inclusive` or `NoTax` amounts."""
    if line_amount_types == "Exclusive":
        return rounded(amount * rate / _HUNDRED)
    if line_amount_types == "Inclusive":
        return rounded(amount * rate / (_HUNDRED + rate))
    return ZERO


@dataclass(frozen=True, slots=True)
class Totals:
    """The totals of a document in its currency."""

    sub_total: Decimal
    tax: Decimal
    total: Decimal


def totals(lines: Iterable[Record], line_amount_types: str) -> Totals:
    """Add up the lines of a document."""
    amount = tax = ZERO
    for line in lines:
        amount += line["LineAmount"]
        tax += line["TaxAmount"]
    if line_amount_types == "Inclusive":
        return Totals(amount - tax, tax, amount)
    return Totals(amount, tax, amount + tax)


def _after_discount(gross: Decimal, given: Price) -> Decimal:
    line = rounded(gross)
    if given.rate:
        if given.rate > _HUNDRED:
            raise Refused("Discount must not be greater than the line total")
        return rounded(gross * (_HUNDRED - given.rate) / _HUNDRED)
    if given.discount:
        if abs(given.discount) > abs(line):
            raise Refused("Discount must not be greater than the line total")
        return line - rounded(given.discount)
    return line


def _before_discount(amount: Decimal, given: Price) -> Decimal:
    if given.rate and given.rate < _HUNDRED:
        return amount * _HUNDRED / (_HUNDRED - given.rate)
    return amount + (given.discount or ZERO)
