"""Items, and the names of taxes on items and lines.

Sources: docs/facts/apptivo.md, "Items", "Discounts and taxes".
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal

from tieout import Item, Terms, Wire

from tieout_apptivo.shape.fields import Values, counterpart, in_use, labels_key, standing, values
from tieout_apptivo.shape.profile import ItemApp

_PERCENT = re.compile(r"(?:^|[\s(])(\d+(?:\.\d+)?)\s*%\)?$")


@dataclass(frozen=True, slots=True)
class Tax:
    """A tax by its label (`GST 10%`) and its rate in percent, None where the record tells no rate."""

    label: str
    rate: Decimal | None


def lift(name: str, wire: Wire, terms: Terms) -> Item:
    """A record of the app called `name` as an item. Raises `Rejected` for prices and flags that cannot be read."""
    app: ItemApp = terms.connection.profile.app(name)
    record = values(wire, name, app.fields, terms)
    tax = taxed(record)
    meaning = standing(record, app) or "live"
    item = Item(
        counterpart=counterpart(record, app, terms.memory.get(labels_key(name), {})),
        standing=meaning if in_use(record) else "archived",
        code=record.text("code"),
        name=record.text("name"),
        description=record.plain("description"),
        price=record.number("price"),
        cost=record.number("cost"),
        tax=tax.label if tax else None,
        sold=record.flag("sold", True),
        purchased=record.flag("purchased", True),
        stock=record.flag("stock", False),
    )
    record.settle()
    return item


def taxed(record: Values) -> Tax | None:
    """The tax of an item or a line; None for an untaxed one.

    The parts of a tax made of several are joined (`GST 5% + PST 7%`), and their rates add up.
    """
    several = [record.within(entry, record.fields, record.place) for entry in record.rows("taxes")] or [record]
    parts = [tax_of(entry.text("tax_name"), entry.number("tax_rate")) for entry in several]
    known = [part for part in parts if part]
    if not known:
        return None
    rates = [part.rate for part in known if part.rate is not None]
    return Tax(" + ".join(part.label for part in known), sum(rates, Decimal(0)) if len(rates) == len(known) else None)


def tax_of(name: str, rate: Decimal | None) -> Tax | None:
    """A tax by its name and rate in percent; None where there is neither a name nor a rate.

    The rate stands at the end of the label, without needless zeros, unless the name ends with it already.
    """
    if not name:
        return Tax(f"{_percent(rate)}%", rate) if rate else None
    written = _PERCENT.search(name)
    if rate is None:
        return Tax(name, Decimal(written[1]) if written else None)
    if written and Decimal(written[1]) == rate:
        return Tax(name, rate)
    return Tax(f"{name} {_percent(rate)}%", rate)


def _percent(rate: Decimal) -> str:
    return format(rate.normalize(), "f")
