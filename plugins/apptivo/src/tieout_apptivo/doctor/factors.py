"""Which numbers of the lines are the quantity and the price: those that come to the amount when multiplied.

The product alone does not tell which is which; a word for one of them does, or a layout that shows one as money.
Source: docs/facts/apptivo.md, "Check of sums".
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from itertools import product

from tieout import Wire

from tieout_apptivo.doctor.fitting import Fit, Rows
from tieout_apptivo.shape import scalars
from tieout_apptivo.shape.fields import at
from tieout_apptivo.shape.scalars import Unreadable

_NAMES = ("quantity", "price", "amount")
_CENT = Decimal("0.01")


def factors(fits: dict[str, Fit], rows: Rows, money: frozenset[str]) -> dict[str, Fit]:
    """What words did not tell of the quantity, the price and the amount, and the numbers do; empty for no proof."""
    known = {name: fits[name].paths for name in _NAMES if fits[name].how != "none"}
    if len(known) == len(_NAMES):
        return {}
    taken = {path for one in fits.values() if one.how != "none" for path in one.paths}
    free = [(key,) for key in rows.places() if key not in taken and _numbers(rows.wires, key)]
    one, other, amount = ([known[name]] if name in known else free for name in _NAMES)
    proved = {
        (min(a, b), max(a, b), c) if one is other else (a, b, c)
        for a, b, c in product(one, other, amount)
        if len({a, b, c}) == len(_NAMES) and _multiply(rows, a, b, c)
    }
    if len(proved) != 1:
        return {}
    quantity, price, amount_ = proved.pop()
    if one is other:
        shown = [two for two in (quantity, price) if set(two) & money]
        if len(shown) != 1:
            return {}
        quantity, price = (price, quantity) if shown == [quantity] else (quantity, price)
    found = dict(zip(_NAMES, (quantity, price, amount_), strict=True))
    return {name: _fit(name, paths[0], rows) for name, paths in found.items() if name not in known}


def _fit(name: str, key: str, rows: Rows) -> Fit:
    return Fit(name=name, paths=(key,), how="sums", sample=rows.values(key)[0])


def _multiply(rows: Rows, one: tuple[str, ...], other: tuple[str, ...], amount: tuple[str, ...]) -> bool:
    """Whether most lines come to their amount so; those with a discount do not, and a factor of 1 says nothing."""
    told = [(_first(wire, one), _first(wire, other), _first(wire, amount)) for wire in rows.wires]
    full = [(a, b, sum_) for a, b, sum_ in told if a is not None and b is not None and sum_ is not None]
    right = [(a, b) for a, b, sum_ in full if abs(a * b - sum_) <= _CENT]
    telling = {two for two in right if Decimal(1) not in two and all(two)}
    return len(telling) > 1 and len(right) * 3 >= len(full) * 2


def _first(wire: Wire, paths: tuple[str, ...]) -> Decimal | None:
    return next(_all(wire, paths), None)


def _all(wire: Wire, paths: tuple[str, ...]) -> Iterator[Decimal]:
    for path in paths:
        try:
            found = scalars.number(at(wire, path))
        except Unreadable:
            continue
        if found is not None:
            yield found


def _numbers(wires: tuple[Wire, ...], key: str) -> bool:
    filled = [wire for wire in wires if scalars.filled(at(wire, key))]
    return bool(filled) and all(_first(wire, (key,)) is not None for wire in filled)
