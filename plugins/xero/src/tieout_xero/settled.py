"""What may still be edited on an invoice or bill that is paid, part-paid or credited.

Source: docs/facts/xero.md, "Edits of settled documents".

Number, reference, due date, links and the contact may change, and of each line its description, account and tracking;
everything that moves an amount is fixed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

from tieout import Problem, Wire

from tieout_xero import wire as xero
from tieout_xero.arithmetic import extended

_FREE = frozenset({"Reference", "DueDate", "InvoiceNumber", "BrandingThemeID", "Url", "PlannedPaymentDate"})
_DATES = frozenset({"Date", "DueDate", "PlannedPaymentDate", "ExpectedPaymentDate"})
# the tax amount too: one that was set by hand in Xero would else be computed anew, and the total with it
_KEPT = ("LineItemID", "Description", "Quantity", "UnitAmount", "ItemCode", "TaxType", "TaxAmount", "Tracking")
_TITLES = {
    "Contact": "contact",
    "CurrencyCode": "currency",
    "CurrencyRate": "exchange rate",
    "Date": "date",
    "LineAmountTypes": "way in which prices contain tax",
    "Status": "status",
}


def edits(body: Wire, now: Wire) -> tuple[Wire, list[Problem]]:
    """What of a whole body may still be sent, fields that change alone, and a problem for each change that may not.

    Lines go as they are in Xero, with the new descriptions, accounts and tracking, and only when one of those changed.
    """
    changed = {name: value for name, value in body.items() if name != "LineItems" and not _same(name, value, now)}
    free = _FREE if xero.amount(now.get("AmountCredited")) else _FREE | {"Contact"}
    problems = [
        _fixed(_TITLES.get(name, name), _shown(now.get(name)), _shown(value))
        for name, value in changed.items()
        if name not in free
    ]
    new, old = body.get("LineItems"), now.get("LineItems") or []
    kept = {name: value for name, value in body.items() if name == "Type"} | changed
    if new is None:
        return kept, problems
    if len(new) != len(old):
        return kept, [*problems, _fixed("number of lines", str(len(old)), str(len(new)))]
    withheld = bool(xero.amount(now.get("CISDeduction")))
    for place, (line, was) in enumerate(zip(new, old, strict=True), start=1):
        problems += _moved(place, line, was)
        if withheld and not _same_account(line, was):
            problems.append(_fixed(f"account of line {place}", _account(was), _account(line)))
    if any(_edited(line, was) for line, was in zip(new, old, strict=True)):
        kept["LineItems"] = [_line(line, was) for line, was in zip(new, old, strict=True)]
    return kept, problems


def _moved(place: int, line: Wire, was: Wire) -> Iterator[Problem]:
    """The fixed parts of a line that differ; what the new line does not state stays as it is."""
    for title, part in _PARTS.items():
        before, after = part(was), part(line)
        if after is not None and before != after:
            yield _fixed(f"{title} of line {place}", _shown(before), _shown(after))


def _quantity(line: Wire) -> Decimal:
    quantity = xero.amount(line.get("Quantity"))
    return Decimal(1) if quantity is None else quantity


def _net(line: Wire) -> Decimal:
    stated = xero.amount(line.get("LineAmount"))
    return xero.rounded(extended(line) if stated is None else stated)


_PARTS: dict[str, Callable[[Wire], Any]] = {
    "quantity": _quantity,
    "price": lambda line: xero.amount(line.get("UnitAmount")) or Decimal(0),
    "amount": _net,
    "item": lambda line: xero.fold(line.get("ItemCode")) or None,
    "tax": lambda line: line.get("TaxType") or None,
}


def _edited(line: Wire, was: Wire) -> bool:
    told = line.get("Description") or was.get("Description")
    tracking = line.get("Tracking") or was.get("Tracking")
    return (told, tracking) != (was.get("Description"), was.get("Tracking")) or not _same_account(line, was)


def _line(line: Wire, was: Wire) -> Wire:
    discount = next((name for name in ("DiscountRate", "DiscountAmount") if xero.amount(was.get(name))), "")
    here = {name: line.get(name) for name in ("Description", "Tracking") if line.get(name)}
    there = {name: was.get(name) for name in (*_KEPT, discount) if name}
    named = line if _account(line) else was
    field = "AccountCode" if named.get("AccountCode") else "AccountID"
    return xero.filled({**there, **here, field: named.get(field)})


def _account(line: Wire) -> str:
    return str(line.get("AccountCode") or line.get("AccountID") or "")


def _same_account(line: Wire, was: Wire) -> bool:
    """A line that names no account keeps the one that it has."""
    return not _account(line) or _account(line) in (was.get("AccountCode"), was.get("AccountID"))


def _same(name: str, value: Any, now: Wire) -> bool:
    if name == "Contact":
        return bool((value or {}).get("ContactID") == (now.get(name) or {}).get("ContactID"))
    if name in _DATES:
        return xero.day({name: value}, name) == xero.day(now, name)
    if isinstance(value, Decimal | int) and not isinstance(value, bool):
        return xero.amount(now.get(name)) == value
    return bool(value == now.get(name))


def _shown(value: Any) -> str:
    if isinstance(value, dict):
        return str(value.get("Name") or value.get("ContactID") or "")
    if isinstance(value, Decimal):
        return f"{xero.plain(value):f}"
    moment = xero.stamp(value) if isinstance(value, str) and value.startswith("/Date(") else None
    return str(moment.date()) if moment else "nothing" if value in (None, "") else str(value)


def _fixed(part: str, there: str, here: str) -> Problem:
    return Problem(
        cause="settled-in-target",
        what=f"The {part} is {there} in Xero and {here} at the source, and the document is paid there.",
        why="A payment or credit fixes everything that moves an amount.",
        fix="Change it in Xero, or remove the payment there first.",
        about=part,
    )
