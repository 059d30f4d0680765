"""The sums of a document: line amounts, discount, tax per rate, shipping, total.

Amounts are in the document's currency. Tax is computed on the document, per rate on the sum of its discounted lines,
rounded half up once per rate; that is why it can differ by cents from tax that is rounded line by line.
"""

from collections import defaultdict
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any

HUNDRED = Decimal(100)
TOUCHES = ("lines", "serviceLines", "discountPercent", "discountAmount", "shippingAmount", "isTaxInclusive")
"""The fields whose change moves the sums."""


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


def total_up(document: dict[str, Any]) -> None:
    """Set `amount` of every line and `subTotal`, `taxAmount`, `total` of the document.

    A sum keeps the form, number or text, of the one that it replaces; a new one is a number.
    """
    currency = document.get("currencyCode") or "AUD"
    inclusive = document.get("isTaxInclusive") == "Y"
    lines = [*document.get("lines", []), *document.get("serviceLines", [])]
    for line in lines:
        _put(line, "amount", _line_amount(line, currency))
    sub_total = sum((number(line["amount"]) for line in lines), Decimal(0))
    discount = rounded(_discount(document, sub_total), currency)
    kept = (sub_total - discount) / sub_total if sub_total else Decimal(1)
    bases: dict[tuple[str, Decimal, Decimal], Decimal] = defaultdict(Decimal)
    for line in lines:
        rates = _rates(line)
        divisor = HUNDRED + (sum((rate for _, rate in rates), Decimal(0)) if inclusive else 0)
        for name, rate in rates:
            bases[name, rate, divisor] += number(line["amount"]) * kept
    tax = sum((rounded(base * rate / divisor, currency) for (_, rate, divisor), base in bases.items()), Decimal(0))
    _put(document, "subTotal", sub_total)
    _put(document, "taxAmount", tax)
    _put(
        document,
        "total",
        sub_total - discount + (Decimal(0) if inclusive else tax) + number(document.get("shippingAmount")),
    )


def _line_amount(line: dict[str, Any], currency: str) -> Decimal:
    quantity = number(line.get("quantity", line.get("hours")))
    gross = quantity * number(line.get("unitPrice", line.get("rate")))
    return rounded(gross - _discount(line, gross), currency)


def _discount(holder: dict[str, Any], of: Decimal) -> Decimal:
    if number(holder.get("discountPercent")):
        return of * number(holder["discountPercent"]) / HUNDRED
    return number(holder.get("discountAmount"))


def _rates(line: dict[str, Any]) -> list[tuple[str, Decimal]]:
    taxes = line.get("taxes") or [line]
    return [(tax["taxName"], number(tax.get("taxRate"))) for tax in taxes if tax.get("taxName")]


def _put(holder: dict[str, Any], field: str, value: Decimal) -> None:
    holder[field] = str(value) if isinstance(holder.get(field), str) else value
