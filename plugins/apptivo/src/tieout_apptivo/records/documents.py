"""Invoices, supplier invoices, purchase orders, orders and estimates as documents.

Sources: docs/facts/apptivo.md, "Documents", "Document statuses", "Native Xero connection".
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Literal

from tieout import Document, Line, Rejected, Standing, Terms, Wire

from tieout_apptivo.records.lines import cents, discounts, net, rows, shipping
from tieout_apptivo.shape import scalars
from tieout_apptivo.shape.fields import Values, attribute, counterpart, in_use, labels_key, standing, values
from tieout_apptivo.shape.profile import DocumentApp

_RATE = Decimal("0.0000000001")

TOLERANCE = Decimal("0.05")
"""How far the stated total may be from the sum of its parts: taxes are rounded per line, per rate or per document."""


def lift(name: str, wire: Wire, terms: Terms) -> Document:
    """A record of the app called `name` as a document.

    A discount on the whole document and its shipping become lines of their own, so that the lines (and the tax, where
    prices do not contain it) come to the total. Raises `Rejected` with all that is wrong: a date or a total that is
    missing, a value that cannot be read in one way only, a status that the profile does not know, or a total that the
    parts do not come to.
    """
    app: DocumentApp = terms.connection.profile.app(name)
    record = values(wire, name, app.fields, terms)
    stands = _standing(record, app)
    day, total = record.day("date"), record.number("total")
    for field, value in (("date", day), ("total", total)):
        if value is None and not scalars.filled(record.raw(field)):
            record.missing(field)
    inclusive = record.flag("inclusive", False)
    lines, tax = _lines(record, app), record.number("tax")
    if total is not None and stands != "void":
        _check_sum(record, app, lines, Decimal(0) if inclusive else _charged(lines, tax, total), total)
    known = terms.memory.get(labels_key(name), {})
    bill_to = _bill_to(record, known, app.labels.bill_to)
    due, delivery, rate = _due(record, day), record.day("delivery"), _rate(record, app)
    if day is None or total is None:
        raise Rejected(*record.problems)
    record.settle()
    return Document(
        counterpart=counterpart(record, app, known),
        standing=stands,
        number=record.text("number") or None,
        reference=record.text("reference"),
        party=record.ref("suppliers", "supplier"),
        customer=record.ref("customers", "customer"),
        contact=record.ref("contacts", "contact"),
        bill_to=bill_to,
        date=day,
        due=due,
        delivery=delivery,
        currency=record.text("currency").upper() or None,
        rate=rate,
        tax_mode="inclusive" if inclusive else "exclusive",
        lines=lines,
        tax=tax,
        total=total,
        note=record.plain("note"),
        url=terms.connection.page(name, scalars.ident(record.raw("id"))),
    )


def gap(name: str, wire: Wire, terms: Terms) -> Decimal | None:
    """By how much the total of a record is more than its parts; None where either cannot be read."""
    app: DocumentApp = terms.connection.profile.app(name)
    record = values(wire, name, app.fields, terms)
    total, lines, tax = record.number("total"), _lines(record, app), record.number("tax")
    if total is None or not lines:
        return None
    charged = Decimal(0) if record.flag("inclusive", False) else _charged(lines, tax, total)
    if charged is None or any(problem.cause == "number-unreadable" for problem in record.problems):
        return None
    return total - sum((net(line) for line in lines), charged)


def _standing(record: Values, app: DocumentApp) -> Standing:
    meaning = standing(record, app)
    if meaning is None:
        id, name = scalars.ident(record.raw("status_id")), record.text("status_name")
        if name or id:
            record.problem(
                "status-unknown",
                f'The profile does not know the status "{name or id}".',
                field="status_id",
                why=f"Without its meaning nobody can tell whether the {record.noun} is in force.",
                fix=f'Say it in the connection: profile.{record.place}.statuses."{name or id}" = "live"'
                " (or draft, settled, void).",
                about=name or id,
            )
        else:
            record.missing("status_id")
    return (meaning or "live") if in_use(record) else "archived"


def _lines(record: Values, app: DocumentApp) -> tuple[Line, ...]:
    lines = rows(record, app)
    off, freight = _header_discount(record, lines), record.number("shipping")
    if off:
        try:
            lines += discounts(lines, off)
        except ValueError:
            record.problem(
                "discount-without-lines",
                f"There is a discount of {off:f} and no line that it could be taken from.",
                field="discount",
            )
    return (*lines, shipping(freight)) if freight else lines


def _header_discount(record: Values, lines: Sequence[Line]) -> Decimal:
    amount, rate = record.number("discount"), record.number("discount_rate")
    if amount:
        return amount
    return cents(sum((net(line) for line in lines), Decimal(0)) * (rate or Decimal(0)) / 100)


def _check_sum(
    record: Values, app: DocumentApp, lines: Sequence[Line], charged: Decimal | None, total: Decimal
) -> None:
    """Note a problem unless lines, discount, shipping and the tax charged on top come to the stated total."""
    if any(problem.cause == "number-unreadable" for problem in record.problems):
        return
    if not lines and total:
        tried = ", ".join(path for table in app.tables.values() for path in table.path)
        record.problem(
            "lines-missing",
            f"This {record.noun} comes to {total:f} and has no lines.",
            field="total",
            why=f"Nothing stands at {tried}.",
            fix=f"Name where its lines lie: profile.{record.place}.tables.products.path = [...].",
        )
    elif charged is None:
        record.missing("tax")
    elif abs((parts := sum((net(line) for line in lines), charged)) - total) > TOLERANCE:
        record.problem(
            "sums-differ",
            f"Lines, discount, shipping and tax of this {record.noun} come to {cents(parts)}, its total is {total:f}.",
            field="total",
            why="A document that does not add up here would be booked with another amount.",
            fix=f"Correct the {record.noun} in Apptivo; if it is right there, the profile names a wrong field: check "
            f"profile.{record.place}.fields and profile.{record.place}.tables.",
        )


def _charged(lines: Sequence[Line], tax: Decimal | None, total: Decimal) -> Decimal | None:
    """The tax on top of the lines: as stated, else by their rates, else what is left; None where nothing tells it."""
    return next((known for known in (tax, _computed(lines), _left(lines, total)) if known is not None), None)


def _computed(lines: Sequence[Line]) -> Decimal | None:
    """The tax on prices without tax, by rate and rounded half up; None when a taxed line tells no rate."""
    bases: dict[Decimal, Decimal] = {}
    for line in lines:
        if line.tax is None:
            continue
        if line.tax_rate is None:
            return None
        bases[line.tax_rate] = bases.get(line.tax_rate, Decimal(0)) + net(line)
    return sum((cents(base * rate / 100) for rate, base in bases.items()), Decimal(0))


def _left(lines: Sequence[Line], total: Decimal) -> Decimal | None:
    """The tax as what is left of the total, where no rate is told; None when that can be no tax on the taxed lines.

    Whether it is the right one shows in the target, which computes it from the rate that the tax is mapped to.
    """
    base = sum((net(line) for line in lines if line.tax is not None), Decimal(0))
    left = total - sum((net(line) for line in lines), Decimal(0))
    return left if 0 <= left <= base else None


def _bill_to(record: Values, known: dict[str, str], labels: tuple[str, ...]) -> Literal["customer", "contact"] | None:
    """Whom the record itself chooses to bill, in the custom attribute that the native connection uses too."""
    chosen = attribute(record, known, labels)
    match chosen.casefold():
        case "":
            return None
        case "customer":
            return "customer"
        case "contact":
            return "contact"
    record.problem(
        "bill-to-unknown",
        f'This {record.noun} is to be billed to "{chosen}", which is neither Customer nor Contact.',
        field="attributes",
        fix=f'Choose Customer or Contact under "{labels[0]}" in Apptivo.',
        about=chosen,
    )
    return None


def _due(record: Values, day: date | None) -> date | None:
    """The date when payment is due: as stated, else by the payment term."""
    stated = record.day("due")
    term = scalars.days(record.raw("term"))
    return day + timedelta(days=term) if stated is None and day is not None and term is not None else stated


def _rate(record: Values, app: DocumentApp) -> Decimal | None:
    """Units of the document's currency for one of the firm's own; None where nothing says which way round it is."""
    rate = record.number("rate")
    if not rate or not app.rate_per:
        return None
    return rate if app.rate_per == "own" else (1 / rate).quantize(_RATE)
