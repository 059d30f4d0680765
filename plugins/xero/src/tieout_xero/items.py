"""Items: what is bought and sold, always sent as untracked (docs/facts/xero.md, "Items")."""

from __future__ import annotations

from decimal import Decimal

from tieout import Item, Problem, Rejected, Resource, Terms, Wire

from tieout_xero import wire as xero
from tieout_xero.accounts import choose
from tieout_xero.books import Books


def lift(wire: Wire, terms: Terms) -> Item:
    """An item as the shared type; of the descriptions the one for sales counts first."""
    return Item(
        code=wire.get("Code") or "",
        name=wire.get("Name") or "",
        description=wire.get("Description") or wire.get("PurchaseDescription") or "",
        price=xero.amount((wire.get("SalesDetails") or {}).get("UnitPrice")),
        cost=xero.amount((wire.get("PurchaseDetails") or {}).get("UnitPrice")),
        sold=wire.get("IsSold", True),
        purchased=wire.get("IsPurchased", True),
        stock=wire.get("IsTrackedAsInventory", False),
    )


def lower(item: Item, terms: Terms, now: Wire | None) -> Wire:
    """An item as Xero takes it, its code cut to 30 characters. Raises `Rejected` for accounts that cannot be used.

    The purchase side of an item that Xero tracks as stock is left alone, because its accounts and cost are Xero's.
    """
    books, accounts = Books.of(terms), terms.pair.accounts
    problems: list[Problem] = []
    code = xero.line(item.code, 30)
    if not code:
        problems.append(
            Problem(cause="code-missing", what="The item has no code.", fix="Give it a code at the source.")
        )
    tracked = bool(now and now.get("IsTrackedAsInventory"))
    description = xero.text(item.description, 4000)
    body = xero.filled({"Code": code, "Name": xero.line(item.name, 50)})
    body |= {"IsSold": item.sold, "IsPurchased": item.purchased or tracked}
    if item.sold:
        account = choose(accounts.sales, "sales", books, problems) if accounts.sales else {}
        body |= xero.filled({"Description": description, "SalesDetails": _details(item.price, account)})
    if item.purchased and not tracked:
        account = choose(accounts.purchase, "purchase", books, problems) if accounts.purchase else {}
        body |= xero.filled({"PurchaseDescription": description, "PurchaseDetails": _details(item.cost, account)})
    if problems:
        raise Rejected(*dict.fromkeys(problems))
    return body


ITEMS = Resource(
    name="Items",
    type=Item,
    lift=lift,
    lower=lower,
    id=("ItemID",),
    number=("Code",),
    version=("UpdatedDateUTC",),
    find=("code",),
    unique=("code",),
    batch=50,
    bytes=3_500_000,
    key_seconds=300,
    lossy=frozenset({"external", "standing", "tax", "stock"}),
)


def _details(price: Decimal | None, account: Wire) -> Wire:
    fields = {"UnitPrice": None if price is None else xero.plain(xero.rounded(price, 4))}
    fields |= {"AccountCode": account.get("AccountCode")}
    return xero.filled(fields)
