"""Lines of a document: to and from the shared type, and folded into what Xero can hold.

Source: docs/facts/xero.md, "Lines", "Line ids".
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from tieout import Line, Problem, Ref, Wire

from tieout_xero import accounts, preflight, taxes
from tieout_xero import wire as xero
from tieout_xero.arithmetic import extended
from tieout_xero.books import Books
from tieout_xero.settings import Chosen, Pair

ROUNDING = "Rounding"
"""The description of the line that closes the gap to the source's total."""

_DECIMALS = 4
_DESCRIPTION = 4000
_DISCOUNTS = {
    "invoice": frozenset({"DiscountRate", "DiscountAmount"}),
    "bill": frozenset[str](),
    "order": frozenset({"DiscountRate"}),
}
_TITLES = {"shipping": "Shipping", "discount": "Discount", "rounding": ROUNDING, "goods": ""}
_ROLES = {title: role for role, title in _TITLES.items()}


def lift(wire: Wire, books: Books) -> Line:
    """A line as the shared type; a tax rate is the one that the organisation has for the line's tax type.

    An amount that is not stated, as in a body on its way to Xero, is the one that Xero will come to.
    """
    tax_type = wire.get("TaxType") or None
    rate = xero.amount(wire.get("DiscountRate")) or None
    account = books.accounts.get(wire.get("AccountID") or wire.get("AccountCode") or "")
    quantity, price = xero.amount(wire.get("Quantity")), xero.amount(wire.get("UnitAmount"))
    stated = xero.amount(wire.get("LineAmount"))
    amount = xero.rounded(extended(wire)) if stated is None and price is not None else stated
    return Line(
        description=wire.get("Description") or "",
        quantity=Decimal(1) if quantity is None else quantity,
        price=(stated or Decimal(0)) if price is None else price,
        discount_rate=rate,
        discount=None if rate else xero.amount(wire.get("DiscountAmount")) or None,
        amount=amount,
        tax=None if tax_type == taxes.NO_TAX else tax_type,
        tax_rate=books.rate(tax_type) if tax_type and tax_type != taxes.NO_TAX else None,
        account=wire.get("AccountCode") or wire.get("AccountID") or None,
        item=_lift_item(wire),
        role="rounding" if account and account == books.rounding and wire.get("Description") == ROUNDING else "goods",
    )


def _lift_item(wire: Wire) -> Ref[str] | None:
    """The item by its code alone: that stands in every answer, the item's id only in some."""
    code = wire.get("ItemCode")
    return Ref(entity="items", side="target", id=code, key=code) if code else None


@dataclass(frozen=True, slots=True)
class Lowering:
    """What a document's lines have in common: `kind` is `invoice`, `bill` or `order`, `mode` its LineAmountTypes."""

    kind: str
    mode: str
    pair: Pair
    books: Books

    def line(self, line: Line, now: Wire | None, problems: list[Problem]) -> Wire:
        """A line as Xero's, with prices and discounts as they are; `now` is the line that it replaces.

        What stands in the way is added to `problems`.
        """
        tax_type = taxes.choose(
            line,
            mode=self.mode,
            side=preflight.side(self.kind),
            chosen=self.pair.taxes,
            books=self.books,
            problems=problems,
        )
        account = self._account(line, now, problems)
        row = self.books.accounts.get(account.get("AccountCode") or account.get("AccountID") or "")
        if tax_type and row and not taxes.legal(tax_type, row, self.books):
            problems.append(
                Problem(
                    cause="tax-not-for-account",
                    what=f"The tax {tax_type} may not be used with the account {accounts.label(row)}.",
                    why=f"Xero allows it for other kinds of account than {row.category.lower()}.",
                    fix="Choose another tax or another account for such lines.",
                    about=f"{tax_type} {row.code or row.name}",
                )
            )
        return xero.filled(
            {
                "Description": _described(line),
                "Quantity": xero.plain(line.quantity),
                "UnitAmount": xero.plain(line.price),
                "DiscountRate": xero.plain(line.discount_rate) if line.discount_rate else None,
                "DiscountAmount": xero.plain(line.discount) if line.discount else None,
                "ItemCode": line.item.key if line.item else None,
                **account,
                "TaxType": tax_type,
            }
        )

    def _account(self, line: Line, now: Wire | None, problems: list[Problem]) -> Wire:
        """The source's own account, else the one that the line has in Xero (a bookkeeper's choice), else the pair's."""
        role = "sales" if self.kind == "invoice" else "inventory" if line.stock else "purchase"
        there = self.books.accounts.get((now or {}).get("AccountID") or (now or {}).get("AccountCode") or "")
        kept = there if there and there.active else None
        if kept and line.account in (kept.code, kept.id):
            return accounts.fields(kept)
        if line.account:
            return accounts.choose(line.account, role, self.books, problems)
        if kept and now and self._still(line, now):
            return accounts.fields(kept)
        chosen = self._apart(line.role) or getattr(self.pair.accounts, role)
        return accounts.choose(chosen, role, self.books, problems)

    def _still(self, line: Line, now: Wire) -> bool:
        """Whether a line is of the same item, or stands for the same figure, as the one whose place it takes.

        Only where figures have accounts of their own does it matter which of them the line there stands for.
        """
        if xero.fold(now.get("ItemCode")) != xero.fold(line.item.key if line.item else None):
            return False
        there = now.get("Description") or ""
        return there == _described(line) or self._apart(_ROLES.get(there, "goods")) == self._apart(line.role)

    def _apart(self, role: str) -> Chosen:
        """The account that a header's figure has for itself; on sales alone (docs/facts/xero.md, "Accounts")."""
        chosen = {"discount": self.pair.accounts.discount, "shipping": self.pair.accounts.shipping}
        return chosen.get(role) if self.kind == "invoice" else None


def _described(line: Line) -> str:
    return xero.text(line.description, _DESCRIPTION) or _TITLES[line.role]


def fold(line: Wire, kind: str) -> Wire:
    """The line as Xero can hold it to the cent: prices of at most 4 decimals, discounts only where they are allowed.

    A discount that the kind of document does not have, or that is larger than its line, goes into the price. What does
    not fit into 4 decimals becomes quantity 1 with the exact amount of the line, and the original is told in the
    description.
    """
    price = xero.amount(line.get("UnitAmount"))
    if price is None:
        return line
    quantity = Decimal(1) if (stated := xero.amount(line.get("Quantity"))) is None else stated
    discounts = {name for name in ("DiscountRate", "DiscountAmount") if line.get(name)}
    fits = max(xero.places(price), xero.places(quantity)) <= _DECIMALS
    net = extended(line)
    beyond = net * price * quantity < 0  # a discount larger than its line turns the sign, and Xero refuses it
    if fits and discounts <= _DISCOUNTS[kind] and not beyond:
        return line
    rest = {name: value for name, value in line.items() if name not in ("DiscountRate", "DiscountAmount")}
    each = net / quantity if quantity else Decimal(0)
    if fits and xero.places(each) <= _DECIMALS and each * quantity == net:
        return {**rest, "UnitAmount": xero.plain(each)}
    original = f" ({_told(quantity)} x {_told(price)}{_discount(line)})"
    description = f"{(line.get('Description') or '')[: _DESCRIPTION - len(original)]}{original}".strip()
    return {**rest, "Description": description, "Quantity": Decimal(1), "UnitAmount": xero.plain(xero.rounded(net))}


def _told(value: Decimal) -> str:
    return f"{xero.plain(value):f}"


def _discount(line: Wire) -> str:
    if rate := xero.amount(line.get("DiscountRate")):
        return f" less {_told(rate)}%"
    if off := xero.amount(line.get("DiscountAmount")):
        return f" less {_told(off)}"
    return ""
