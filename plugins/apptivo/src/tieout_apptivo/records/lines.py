"""The lines of a document: its rows of products and services, and the lines that stand for figures of its header.

Sources: docs/facts/apptivo.md, "Line tables", "Discounts and taxes".
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_FLOOR, ROUND_HALF_UP, Decimal

from tieout import Line

from tieout_apptivo.records.items import taxed
from tieout_apptivo.shape.fields import Values, at, objects
from tieout_apptivo.shape.profile import DocumentApp, Table
from tieout_apptivo.shape.scalars import filled

CENT = Decimal("0.01")
_HUNDRED = Decimal(100)


def cents(amount: Decimal) -> Decimal:
    """The amount rounded half up to the cent."""
    return amount.quantize(CENT, ROUND_HALF_UP)


def rows(record: Values, app: DocumentApp) -> tuple[Line, ...]:
    """The lines of all tables of a document, in the order of the profile; rows without any content are left out."""
    found: list[Line] = []
    for name, table in app.tables.items():
        place = f"{record.place}.tables.{name}"
        list_ = next((value for path in table.path if filled(value := at(record.wire, path))), None)
        for wire in objects(list_):
            line = _line(record.within(wire, table.fields, place), table)
            if line is not None:
                found.append(line)
    return tuple(found)


def net(line: Line) -> Decimal:
    """What a line comes to, net of its discount: as stated, else quantity x price less the discount, to the cent."""
    if line.amount is not None:
        return line.amount
    gross = line.quantity * line.price
    return cents(gross - (line.discount or Decimal(0)) - gross * (line.discount_rate or Decimal(0)) / _HUNDRED)


def discounts(lines: Sequence[Line], discount: Decimal) -> tuple[Line, ...]:
    """A discount on the whole document as lines of negative price, one for each tax.

    It is spread over the taxes in proportion to what their lines come to, and the cents add up to it exactly. Raises
    `ValueError` when the lines come to nothing, so that there is nothing to spread it over.
    """
    taxes: dict[str | None, Line] = {}
    weights: dict[str | None, Decimal] = {}
    for line in lines:
        taxes.setdefault(line.tax, line)
        weights[line.tax] = weights.get(line.tax, Decimal(0)) + net(line)
    shares = spread(cents(discount), list(weights.values()))
    return tuple(
        Line(
            description="Discount",
            price=-share,
            amount=-share,
            tax=tax,
            tax_rate=taxes[tax].tax_rate,
            role="discount",
        )
        for tax, share in zip(weights, shares, strict=True)
        if share
    )


def spread(amount: Decimal, weights: Sequence[Decimal]) -> list[Decimal]:
    """The amount in shares proportional to the weights, each in whole cents, that add up to it exactly.

    The cents left over go to the largest remainders. Raises `ValueError` when the weights add up to nothing.
    """
    whole = sum(weights, Decimal(0))
    if not whole:
        raise ValueError("the weights add up to nothing")
    exact = [amount * weight / whole for weight in weights]
    shares = [share.quantize(CENT, ROUND_FLOOR) for share in exact]
    left = int((amount - sum(shares, Decimal(0))) / CENT)
    by_remainder = sorted(range(len(shares)), key=lambda place: shares[place] - exact[place])
    for place in by_remainder[:left]:
        shares[place] += CENT
    return shares


def shipping(amount: Decimal) -> Line:
    """The shipping of a document as an untaxed line."""
    return Line(description="Shipping", price=amount, amount=amount, role="shipping")


def _line(row: Values, table: Table) -> Line | None:
    quantity, price, amount = row.number("quantity"), row.number("price"), row.number("amount")
    item, description = row.ref("items", "item"), row.plain("description")
    if item is None and not description and not any((quantity, price, amount)):
        return None
    if price is None and amount and quantity not in (None, Decimal(1)):
        row.missing("price")
    rate, discount = _discount(row, (quantity or Decimal(0)) * (price or Decimal(0)), amount)
    tax = taxed(row)
    return Line(
        description=description,
        quantity=Decimal(1) if quantity is None else quantity,
        price=(amount or Decimal(0)) if price is None else price,
        discount_rate=rate,
        discount=discount,
        amount=amount,
        tax=tax.label if tax else None,
        tax_rate=tax.rate if tax else None,
        account=row.text("account") or None,
        item=item,
        stock=row.flag("stock", False) if table.kind == "products" else False,
    )


def _discount(row: Values, gross: Decimal, amount: Decimal | None) -> tuple[Decimal | None, Decimal | None]:
    """The row's discount as a percentage or as an amount; where it states both, the one that its amount agrees with."""
    rate, discount = row.number("discount_rate") or None, row.number("discount") or None
    if rate is None or discount is None:
        return rate, discount
    off = gross * rate / _HUNDRED
    if abs(off - discount) <= CENT or (amount is not None and abs(gross - off - amount) <= CENT):
        return rate, None
    if amount is None or abs(gross - discount - amount) > CENT:
        row.problem(
            "discount-contradictory",
            f"A line has a discount of {rate:f} % and one of {discount:f}, which are not the same.",
            field="discount",
            why=f"{rate:f} % of {gross:f} is {cents(off)}, and the line's amount agrees with neither.",
        )
    return None, discount
