"""Tracked stock: quantity and cost of items move with approved documents, at average cost.

Source: docs/facts/xero.md, "Tracked stock".
"""

from dataclasses import dataclass, replace
from decimal import Decimal

from tieout_sandbox.xero.arithmetic import ZERO, rounded
from tieout_sandbox.xero.books import Books
from tieout_sandbox.xero.findings import Findings
from tieout_sandbox.xero.table import Record

_MOVING = ("AUTHORISED", "PAID")
_INWARD = {"ACCPAY": 1, "ACCPAYCREDIT": -1}
_OUTWARD = {"ACCREC": -1, "ACCRECCREDIT": 1}
_NOTHING = Decimal("0.0000")


@dataclass(frozen=True, slots=True)
class _Move:
    """What a document does to one item: `quantity` in all, of it `bought` at `cost` in the currency of the books."""

    quantity: Decimal = _NOTHING
    bought: Decimal = _NOTHING
    cost: Decimal = ZERO


class Stock:
    """The tracked items of one organisation."""

    def __init__(self, books: Books) -> None:
        self._books = books

    def judge(self, before: Record | None, after: Record, findings: Findings) -> None:
        """Refuse a change of a document that would leave less than nothing of an item on hand."""
        for code, move in self._changes(before, after).items():
            item = self._books.item(code)
            if item and move.quantity < 0 and item["QuantityOnHand"] + move.quantity < 0:
                findings.refuse(
                    f"Item '{code}' has only {item['QuantityOnHand']} on hand; tracked stock cannot fall below zero."
                )

    def move(self, before: Record | None, after: Record) -> None:
        """Let a saved change of a document move the stock; this does not count as a change of the items."""
        for code, move in self._changes(before, after).items():
            item = self._books.item(code)
            if item is None:
                continue
            held, pool = item["QuantityOnHand"], item["TotalCostPool"]
            average = pool / held if held else ZERO
            quantity = held + move.quantity
            pool += move.cost + (move.quantity - move.bought) * average
            moved = {"QuantityOnHand": quantity, "TotalCostPool": rounded(pool) if quantity else ZERO}
            self._books.items.amend({**item, **moved})

    def moved(self, code: str) -> bool:
        """Whether any document names an item."""
        tables = (self._books.invoices, self._books.credit_notes, self._books.orders)
        return any(line.get("ItemCode") == code for table in tables for each in table for line in each["LineItems"])

    def _changes(self, before: Record | None, after: Record) -> dict[str, _Move]:
        new, old = self._moves(after), self._moves(before)
        if not new and not old:
            return {}
        none = _Move()
        return {
            code: _Move(one.quantity - other.quantity, one.bought - other.bought, one.cost - other.cost)
            for code in {**new, **old}
            for one, other in [(new.get(code, none), old.get(code, none))]
        }

    def _moves(self, document: Record | None) -> dict[str, _Move]:
        found: dict[str, _Move] = {}
        if document is None or document["Status"] not in _MOVING:
            return found
        kind = document["Type"]
        for line in document["LineItems"]:
            code = line.get("ItemCode")
            item = self._books.item(code) if code else None
            if item is None or not item["IsTrackedAsInventory"]:
                continue
            move = found.get(code, _Move())
            if kind in _OUTWARD:
                found[code] = replace(move, quantity=move.quantity + _OUTWARD[kind] * line["Quantity"])
                continue
            quantity = _INWARD[kind] * line["Quantity"]
            net = line["LineAmount"] - (line["TaxAmount"] if document["LineAmountTypes"] == "Inclusive" else ZERO)
            cost = move.cost + _INWARD[kind] * net / document["CurrencyRate"]
            found[code] = _Move(move.quantity + quantity, move.bought + quantity, cost)
        return found
