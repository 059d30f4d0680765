"""The lines of a document: defaults from item and account, legal accounts and taxes, amounts.

Source: docs/facts/xero.md, "Lines".
"""

from dataclasses import dataclass
from decimal import Decimal

from tieout_sandbox.xero import fields
from tieout_sandbox.xero.arithmetic import ZERO, Price, price, rounded, tax_of
from tieout_sandbox.xero.books import Books
from tieout_sandbox.xero.findings import Findings, Refused
from tieout_sandbox.xero.table import Record

_AMOUNTS = ("Quantity", "UnitAmount", "LineAmount", "DiscountRate", "DiscountAmount")
_OWN_ACCOUNTS = frozenset(
    {"DEBTORS", "CREDITORS", "GST", "HISTORICAL", "RETAINEDEARNINGS", "TRACKINGTRANSFERS", "UNPAIDEXPCLM"}
    | {"BANKCURRENCYGAIN", "REALISEDCURRENCYGAIN", "UNREALISEDCURRENCYGAIN", "WAGEPAYABLES"}
)


@dataclass(frozen=True, slots=True)
class Ruling:
    """What the lines of one document must obey.

    `side` is `sales` or `purchases`; `discounts` names the discount fields that this kind of document knows;
    `approving` says that the document is no mere draft; `places` are the decimals of a unit amount.
    """

    books: Books
    side: str
    line_amount_types: str
    approving: bool
    places: int
    discounts: frozenset[str]
    findings: Findings

    def lines(self, given: list[Record], before: list[Record]) -> list[Record]:
        """The lines as saved: those with the id of a line of before change it, the others are new and come first."""
        known = {line["LineItemID"]: line for line in before}
        kept: list[Record] = []
        added: list[Record] = []
        for each in given:
            identity = fields.guid(each, "LineItemID")
            if identity in known:
                kept.append(self._changed(each, known[identity]))
            elif identity and before:
                self.findings.refuse(f"The line item with LineItemID {identity} does not belong to this document.")
            else:
                added.append(self._line(each, self.books.new_id()))
        return added + kept

    def again(self, before: list[Record]) -> list[Record]:
        """The lines as they are, their tax computed for the kind of amounts that the document has now."""
        return [self._taxed(dict(line)) if "Quantity" in line else line for line in before]

    def _changed(self, given: Record, before: Record) -> Record:
        kept = dict(before)
        repriced = "Quantity" not in before or any(name in given for name in _AMOUNTS)
        if repriced or "TaxType" in given:
            kept.pop("TaxAmount", None)
        if "AccountCode" in given or "AccountID" in given:
            kept.pop("AccountCode", None)
            kept.pop("AccountID", None)
        if repriced:
            kept.pop("LineAmount")
        if not repriced or ("LineAmount" in given and "UnitAmount" not in given):
            kept.pop("UnitAmount", None)
        if "DiscountRate" in given or "DiscountAmount" in given:
            kept.pop("DiscountRate", None)
            kept.pop("DiscountAmount", None)
        line = self._line({**kept, **given}, before["LineItemID"])
        if not repriced and "UnitAmount" in before:
            line["UnitAmount"] = before["UnitAmount"]
        return line

    def _line(self, given: Record, identity: str) -> Record:
        line: Record = {"LineItemID": identity, "Tracking": self._tracking(given)}
        description = fields.text(given, "Description")
        amounts = any(given.get(name) not in (None, "") for name in _AMOUNTS[:3])
        if description and not amounts:
            return {**line, "Description": description, "TaxAmount": ZERO, "LineAmount": ZERO}
        item = self._item(given)
        defaults = self._defaults(item)
        if item:
            line["ItemCode"] = item["Code"]
            line["Item"] = {"ItemID": item["ItemID"], "Name": item.get("Name"), "Code": item["Code"]}
            if not description:
                description = item.get("Description" if self.side == "sales" else "PurchaseDescription")
        if description:
            line["Description"] = description
            self.findings.limit(line, {"Description": 4000})
        account = self._account(given, defaults)
        if account:
            line["AccountID"] = account["AccountID"]
            if account.get("Code"):
                line["AccountCode"] = account["Code"]
        self._price(given, defaults, line)
        tax_type = fields.text(given, "TaxType")
        if not tax_type and account:
            own = given.get("AccountCode") or given.get("AccountID")
            tax_type = account.get("TaxType") if own else defaults.get("TaxType") or account.get("TaxType")
        if tax_type:
            line["TaxType"] = tax_type
        return self._taxed(line, fields.number(given, "TaxAmount"))

    def _defaults(self, item: Record | None) -> Record:
        """Price, account and tax that an item brings; what is bought for stock is booked to the asset account."""
        if item is None:
            return {}
        if self.side == "sales":
            return dict(item.get("SalesDetails") or {})
        details = dict(item.get("PurchaseDetails") or {})
        asset = item.get("InventoryAssetAccountCode")
        return {**details, "AccountCode": asset} if item["IsTrackedAsInventory"] and asset else details

    def _price(self, given: Record, defaults: Record, line: Record) -> None:
        unit, amount = fields.number(given, "UnitAmount"), fields.number(given, "LineAmount")
        if unit is None and amount is None:
            unit = defaults.get("UnitPrice")
        rate, discount = fields.number(given, "DiscountRate"), fields.number(given, "DiscountAmount")
        if rate and discount:
            self.findings.refuse("Only one of DiscountRate and DiscountAmount may be specified")
        if (rate and "DiscountRate" not in self.discounts) or (discount and "DiscountAmount" not in self.discounts):
            self.findings.refuse("Discounts are not supported for this type of document")
        quantity = fields.number(given, "Quantity")
        try:
            found = price(Price(quantity, unit, amount, rate, discount), self.places)
        except Refused as error:
            self.findings.refuse(str(error))
            line["LineAmount"] = ZERO
            return
        line["Quantity"] = found.quantity
        if unit is not None or amount is not None:
            line["UnitAmount"] = found.unit
        line["LineAmount"] = found.amount
        if rate:
            line["DiscountRate"] = rounded(rate, 4)
        if discount:
            line["DiscountAmount"] = rounded(discount)

    def _taxed(self, line: Record, override: Decimal | None = None) -> Record:
        """Check the line's tax against account and document, and compute its amount."""
        if self.line_amount_types == "NoTax":
            line["TaxType"], line["TaxAmount"] = "NONE", ZERO
            return line
        tax_type = line.get("TaxType")
        if not tax_type or tax_type == "NONE":
            line["TaxAmount"] = ZERO
            return line
        rate = self.books.tax_rates.get(tax_type)
        account = self.books.accounts.get(line["AccountID"]) if "AccountID" in line else None
        if rate is None or rate["Status"] != "ACTIVE" or not self._fits(rate, account):
            self.findings.refuse(
                f"The TaxType code {tax_type} does not exist or cannot be used for this type of transaction"
            )
            line["TaxAmount"] = ZERO
            return line
        if account and not rate[f"CanApplyTo{_CLASSES[account['Class']]}"]:
            code = account.get("Code") or account["Name"]
            self.findings.refuse(f"The TaxType code '{tax_type}' cannot be used with account code '{code}'")
        computed = tax_of(line["LineAmount"], rate["EffectiveRate"], self.line_amount_types)
        line["TaxAmount"] = computed if override is None else rounded(override)
        return line

    def _fits(self, rate: Record, account: Record | None) -> bool:
        if account is not None:
            return True
        return bool(rate["CanApplyToRevenue"] if self.side == "sales" else rate["CanApplyToExpenses"])

    def _item(self, given: Record) -> Record | None:
        code = fields.text(given, "ItemCode")
        if not code:
            return None
        item = self.books.item(code)
        if item is None:
            self.findings.refuse(f"Item code '{code}' is not valid")
        return item

    def _account(self, given: Record, defaults: Record) -> Record | None:
        identity, code = fields.guid(given, "AccountID"), fields.text(given, "AccountCode")
        if not identity and not code:
            code = defaults.get("AccountCode")
            if not code:
                return None
        account = self.books.account(code) if code else self.books.accounts.get(identity or "")
        name = code or identity
        if account is None or account["Status"] != "ACTIVE":
            if not self.approving:
                self.findings.warn(f"Account code '{name}' has been removed as it does not match a recognised account.")
            elif account is None:
                self.findings.refuse(f"Account code '{name}' is not a valid code for this document.")
            else:
                self.findings.refuse(f"Account code '{name}' has been archived, or has been deleted.")
            return None
        if account["Type"] == "BANK" or account.get("SystemAccount") in _OWN_ACCOUNTS:
            self.findings.refuse(f"Account code '{name}' is not a valid code for this document.")
        return account

    def _tracking(self, given: Record) -> list[Record]:
        chosen = fields.parts(given, "Tracking")
        if len(chosen) > 2:
            self.findings.refuse("A line item cannot have more than 2 tracking categories")
        return [found for each in chosen if (found := self._option(each))]

    def _option(self, each: Record) -> Record | None:
        identity, name = str(each.get("TrackingCategoryID") or ""), str(each.get("Name") or "")
        found = self.books.tracking.get(identity) if identity else None
        categories = [found] if found else self.books.tracking.having("name", name.casefold())
        wanted = each.get("TrackingOptionID"), str(each.get("Option") or "").casefold()
        for category in categories:
            for option in category["Options"] if category["Status"] == "ACTIVE" else ():
                if wanted[0] == option["TrackingOptionID"] or wanted[1] == option["Name"].casefold():
                    return {
                        "Name": category["Name"],
                        "Option": option["Name"],
                        "TrackingCategoryID": category["TrackingCategoryID"],
                        "TrackingOptionID": option["TrackingOptionID"],
                    }
        self.findings.warn(
            f"Tracking category '{name or identity}' has been removed as it does not match a recognised option."
        )
        return None


_CLASSES = {
    "ASSET": "Assets",
    "EQUITY": "Equity",
    "EXPENSE": "Expenses",
    "LIABILITY": "Liabilities",
    "REVENUE": "Revenue",
}


def require_complete(lines: list[Record], findings: Findings) -> None:
    """Refuse lines that are too bare for approval; a line of text alone passes (docs/facts/xero.md, "Lines")."""
    for line in lines:
        if "Quantity" not in line:
            continue
        if not line.get("Description"):
            findings.refuse("Description must be specified")
        if "UnitAmount" not in line:
            findings.refuse("UnitAmount must be specified")
        if "AccountID" not in line:
            findings.refuse("Account code must be specified")
        if not line.get("TaxType"):
            findings.refuse("The TaxType field is mandatory")
