"""The sums of a document: line amounts, discount, tax per rate, shipping, total, and what is paid of it.

Amounts are in the document's currency. Tax is computed on the document, per rate on the sum of its discounted lines,
rounded half up once per rate; that is why it can differ by cents from tax that is rounded line by line.
"""

from collections import defaultdict
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any

from tieout_sandbox.apptivo.layout import App, Table

HUNDRED = Decimal(100)
Record = dict[str, Any]

_TOUCHES = ("discountPercent", "discountAmount", "shippingAmount", "isTaxInclusive")
_SUMS = ("subTotal", "taxAmount", "total")
_SETTLED = ("amountPaid", "balanceDue", "statusId", "statusName")


def number(value: Any) -> Decimal:
    """A number as it may be written on a record: number or text, with thousands' commas; what is missing is 0."""
    text = str(value).replace(",", "").strip() if value is not None else ""
    try:
        return Decimal(text) if text and text != "null" else Decimal(0)
    except InvalidOperation as error:
        raise ValueError(f"{value!r} is no number") from error


def rounded(value: Decimal, currency: str = "AUD") -> Decimal:
    """Rounded half up to the smallest coin of the currency."""
    return value.quantize(Decimal(1) if currency == "JPY" else Decimal("0.01"), ROUND_HALF_UP)


def follow(record: Record, app: App, changed: set[str]) -> None:
    """Recompute what depends on the changed top-level fields, unless the change states a result itself."""
    tables = {role: table.key for role, table in app.tables.items()}
    causes = {tables[role] for role in ("lines", "serviceLines") if role in tables} | {
        app.key(each) for each in _TOUCHES
    }
    if tables and changed & causes and not changed & {app.key(each) for each in _SUMS}:
        total_up(record, app)
    if tables.get("payments") in changed and not changed & {app.key(each) for each in _SETTLED}:
        settle(record, app)


def total_up(document: Record, app: App) -> None:
    """Set the amount of every line, and the sub-total, tax and total of the document.

    A sum keeps the form, number or text, of the one that it replaces; a new one is a number.
    """
    currency = document.get(app.key("currencyCode")) or "AUD"
    inclusive = document.get(app.key("isTaxInclusive")) == "Y"
    rows = app.rows(document)
    for table, line in rows:
        _put(line, table.name("amount"), _line_amount(table, line, currency))
    amounts = [number(line[table.name("amount")]) for table, line in rows]
    sub_total = sum(amounts, Decimal(0))
    discount = rounded(
        _discount(document, app.key("discountPercent"), app.key("discountAmount"), sub_total),
        currency,
    )
    kept = (sub_total - discount) / sub_total if sub_total else Decimal(1)
    bases: dict[tuple[str, Decimal, Decimal], Decimal] = defaultdict(Decimal)
    for (table, line), amount in zip(rows, amounts, strict=True):
        rates = tax_rates(table, line)
        divisor = HUNDRED + (sum((rate for _, rate in rates), Decimal(0)) if inclusive else 0)
        for name, rate in rates:
            bases[name, rate, divisor] += amount * kept
    tax = sum((rounded(base * rate / divisor, currency) for (_, rate, divisor), base in bases.items()), Decimal(0))
    total = sub_total - discount + (Decimal(0) if inclusive else tax) + number(document.get(app.key("shippingAmount")))
    for role, value in (("subTotal", sub_total), ("taxAmount", tax), ("total", total)):
        _put(document, app.key(role), value)


def tax_rates(table: Table, line: Record) -> list[tuple[str, Decimal]]:
    """The taxes of a line with their percentages: none, one, or those that a multi-rate tax is made of."""
    name, rate = table.name("taxName"), table.name("taxRate")
    taxes = line.get(table.name("taxes")) or [line]
    return [(tax[name], number(tax.get(rate))) for tax in taxes if tax.get(name)]


def settle(document: Record, app: App) -> None:
    """Set what is paid and due from the payments that are not voided, and the status that follows from it."""
    table = app.tables["payments"]
    amount, voided = table.name("amount"), table.name("voided")
    payments = document.get(table.key) or []
    paid = sum((number(each.get(amount)) for each in payments if each.get(voided) != "Y"), Decimal(0))
    due = number(document.get(app.key("total"))) - paid
    written = isinstance(document.get(app.key("total")), str)
    for role, value in (("amountPaid", paid), ("balanceDue", due)):
        document[app.key(role)] = str(value) if written else value
    settled = {app.statuses[role].number for role in ("part-paid", "paid") if role in app.statuses}
    if paid:
        _put_status(document, app, "paid" if due <= 0 else "part-paid")
    elif document.get(app.key("statusId")) in settled:
        _put_status(document, app, "sent")


def _put_status(document: Record, app: App, role: str) -> None:
    if status := app.statuses.get(role):
        document[app.key("statusId")], document[app.key("statusName")] = status.number, status.name


def _line_amount(table: Table, line: Record, currency: str) -> Decimal:
    quantity = number(line.get(table.name("quantity"), line.get(table.name("hours"))))
    gross = quantity * number(line.get(table.name("unitPrice"), line.get(table.name("rate"))))
    discount = _discount(line, table.name("discountPercent"), table.name("discountAmount"), gross)
    return rounded(gross - discount, currency)


def _discount(holder: Record, percent: str, amount: str, of: Decimal) -> Decimal:
    if number(holder.get(percent)):
        return of * number(holder[percent]) / HUNDRED
    return number(holder.get(amount))


def _put(holder: Record, key: str, value: Decimal) -> None:
    holder[key] = str(value) if isinstance(holder.get(key), str) else value
