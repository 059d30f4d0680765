"""Items: one per code, priced to two or four decimals (docs/facts/xero.md, "Items")."""

from decimal import Decimal

from tieout_sandbox.xero import fields, stamps
from tieout_sandbox.xero.arithmetic import ZERO, rounded
from tieout_sandbox.xero.books import Books
from tieout_sandbox.xero.endpoint import Endpoint, Query, Way, places
from tieout_sandbox.xero.findings import Findings, messages
from tieout_sandbox.xero.problems import invalid
from tieout_sandbox.xero.stock import Stock
from tieout_sandbox.xero.table import Record

_LENGTHS = {"Code": 30, "Name": 50, "Description": 4000, "PurchaseDescription": 4000}
_SIDES = (
    ("IsSold", "Description", "SalesDetails"),
    ("IsPurchased", "PurchaseDescription", "PurchaseDetails"),
)


class Items(Endpoint):
    """The items of one organisation."""

    plural, kind = "Items", "Item"
    batches = True
    most = 500
    ways = frozenset({"PUT", "POST", "POST by id"})
    names = frozenset(
        {"ItemID", "IsSold", "IsPurchased", "SalesDetails", "PurchaseDetails", "IsTrackedAsInventory", "UpdatedDateUTC"}
        | {"InventoryAssetAccountCode", "QuantityOnHand", "TotalCostPool", *_LENGTHS}
    )

    def __init__(self, books: Books) -> None:
        super().__init__(books, books.items)

    def find(self, key: str) -> Record | None:
        """The item of this code."""
        return self.books.item(key)

    def single(self, record: Record, places: int) -> Record:
        """All there is, prices with so many decimals."""
        if places == 4:
            return record
        shown = dict(record)
        for _, _, details in _SIDES:
            if "UnitPrice" in record[details]:
                shown[details] = {**record[details], "UnitPrice": rounded(record[details]["UnitPrice"], places)}
        return shown

    def shown(self, record: Record, query: Query) -> Record:
        """As a single read."""
        return self.single(record, places(query))

    def write(self, element: Record, way: Way, findings: Findings) -> Record | None:
        """Create or update an item."""
        code = fields.text(element, "Code")
        existing = self._match(element, code, way, findings)
        if findings.errors:
            return None
        item = dict(existing) if existing else _blank(self.books.new_id())
        for name in _LENGTHS:
            value = fields.text(element, name)
            if value is not None:
                item[name] = value.strip() if name == "Code" else value
        findings.limit(item, _LENGTHS)
        clash = self.books.item(item["Code"])
        if clash is not None and clash["ItemID"] != item["ItemID"]:
            findings.refuse(f"Price List Item with Code '{item['Code']}' already exists")
        asset = fields.text(element, "InventoryAssetAccountCode")
        if asset:
            item["InventoryAssetAccountCode"] = asset
        for flag, description, details in _SIDES:
            wanted = fields.truth(element, flag)
            if wanted is not None:
                item[flag] = wanted
            if element.get(details) is not None:
                item[details] = self._details(fields.part(element, details), item[details], way.places, findings)
            if not item[flag]:
                item[details] = {}
                item.pop(description, None)
        self._track(item, findings)
        if findings.errors:
            return None
        item["UpdatedDateUTC"] = stamps.stamp(self.books.touch())
        self.table.put(item)
        return item

    def remove(self, item: Record) -> None:
        """Remove an item for good; it leaves no trace in later reads. Raises `Problem` (400) for stock that moved."""
        if item["IsTrackedAsInventory"] and Stock(self.books).moved(item["Code"]):
            message = "The item cannot be deleted because it is tracked and has transactions"
            raise invalid([{**item, "ValidationErrors": messages([message])}])
        self.table.drop(item["ItemID"])

    def _match(self, element: Record, code: str | None, way: Way, findings: Findings) -> Record | None:
        identity = way.identity or fields.guid(element, "ItemID")
        found = None
        if identity:
            found = self.table.get(identity)
            if found is None:
                findings.refuse("The document with the supplied id was not found for this endpoint.")
        elif not code or not code.strip():
            findings.refuse("Price List Item Code must be supplied")
        elif way.verb == "POST":
            found = self.books.item(code.strip())
        if found is not None:
            findings.identity = found["ItemID"]
        return found

    def _details(self, given: Record, before: Record, places: int, findings: Findings) -> Record:
        details = dict(before)
        price = fields.number(given, "UnitPrice")
        if price is not None:
            details["UnitPrice"] = rounded(rounded(price, places), 4)
        account = None
        for name in ("AccountCode", "COGSAccountCode"):
            code = fields.text(given, name)
            if code:
                details[name] = code
            if details.get(name):
                account = self.books.account(details[name])
                if account is None or account["Status"] != "ACTIVE":
                    findings.refuse(f"Account code '{details[name]}' is not a valid code for this document.")
        tax_type = fields.text(given, "TaxType") or details.get("TaxType") or (account or {}).get("TaxType")
        if tax_type:
            details["TaxType"] = tax_type
            rate = self.books.tax_rates.get(tax_type)
            if tax_type != "NONE" and (rate is None or rate["Status"] != "ACTIVE"):
                findings.refuse(
                    f"The TaxType code {tax_type} does not exist or cannot be used for this type of transaction"
                )
        return details

    def _track(self, item: Record, findings: Findings) -> None:
        cost = item["PurchaseDetails"].get("COGSAccountCode")
        asset = item.get("InventoryAssetAccountCode")
        if cost and not asset:
            findings.refuse("Cost Of Goods Sold Account must be used with an Inventory Asset Account")
        if asset:
            account = self.books.account(asset)
            if account is None or account["Type"] != "INVENTORY":
                findings.refuse(f"Account code '{asset}' is not a valid inventory asset account")
            elif cost:
                item["IsTrackedAsInventory"] = True
                item.setdefault("QuantityOnHand", Decimal("0.0000"))
                item.setdefault("TotalCostPool", ZERO)


def _blank(identity: str) -> Record:
    return {
        "ItemID": identity,
        "SalesDetails": {},
        "PurchaseDetails": {},
        "IsTrackedAsInventory": False,
        "IsSold": True,
        "IsPurchased": True,
    }
