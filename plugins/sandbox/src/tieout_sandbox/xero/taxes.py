"""Tax rates as they are written: one at a time, and only those that are no rates of Xero's own.

Source: docs/facts/xero.md, "Tax rates".
"""

from decimal import Decimal

from tieout_sandbox.xero import fields
from tieout_sandbox.xero.arithmetic import rounded
from tieout_sandbox.xero.books import Books
from tieout_sandbox.xero.endpoint import Endpoint, Way
from tieout_sandbox.xero.findings import Findings
from tieout_sandbox.xero.table import Record

_SIDES = ("Assets", "Equity", "Expenses", "Liabilities", "Revenue")
_NAMES = frozenset(
    {"Name", "TaxType", "Status", "ReportTaxType", "EffectiveRate", "DisplayTaxRate"}
    | {f"CanApplyTo{side}" for side in _SIDES}
)
_REPORTED = ("AU", "NZ", "UK")
_STATUSES = ("ACTIVE", "DELETED", "ARCHIVED", "PENDING")
_OWN = "TAX"


class TaxRates(Endpoint):
    """The tax rates of one organisation; those that it made itself have codes such as TAX001."""

    plural, kind = "TaxRates", "TaxRate"
    ways = frozenset({"PUT", "POST"})
    names = _NAMES

    def __init__(self, books: Books) -> None:
        super().__init__(books, books.tax_rates)

    def write(self, element: Record, way: Way, findings: Findings) -> Record | None:
        """Create a tax rate, or update the one of its TaxType or Name."""
        code, name = fields.text(element, "TaxType"), fields.text(element, "Name") or ""
        named = next((each for each in self.table if each["Name"] == name and each["Status"] != "DELETED"), None)
        existing = (self.table.get(code) if code else named) if way.verb == "POST" else None
        if way.verb == "POST" and existing is None:
            findings.refuse(f"The TaxType code {code or name} does not exist")
        if existing is not None and not existing["TaxType"].startswith(_OWN):
            findings.refuse("System tax rates cannot be changed")
        if named is not None and named is not existing:
            findings.refuse("Please enter a unique Name.")
        rate = dict(existing) if existing else self._blank()
        rate["Name"] = name or rate["Name"]
        for field in ("ReportTaxType", "Status"):
            rate[field] = fields.text(element, field) or rate[field]
        if element.get("TaxComponents") is not None:
            rate["TaxComponents"] = [_component(each, findings) for each in fields.parts(element, "TaxComponents")]
        if not rate["Name"]:
            findings.refuse("Please enter a Name.")
        if not rate["TaxComponents"]:
            findings.refuse("A tax rate must have at least one tax component")
        if not rate["ReportTaxType"] and self.books.organisation.get("Version") in _REPORTED:
            findings.refuse("The ReportTaxType field is mandatory")
        if rate["Status"] not in _STATUSES:
            findings.refuse(f"The Status '{rate['Status']}' is not valid")
        if findings.errors:
            return None
        rate["EffectiveRate"] = rate["DisplayTaxRate"] = effective(rate["TaxComponents"])
        self.table.put(rate)
        return rate

    def _blank(self) -> Record:
        number = 1
        while self.table.get(f"{_OWN}{number:03}"):
            number += 1
        rate: Record = {"Name": "", "TaxType": f"{_OWN}{number:03}", "ReportTaxType": "", "TaxComponents": []}
        return {**rate, "Status": "ACTIVE", **{f"CanApplyTo{side}": True for side in _SIDES}}


def effective(components: list[Record]) -> Decimal:
    """The whole rate in percent: the components added up, a compound one on top of the others."""
    plain = sum((each["Rate"] for each in components if not each["IsCompound"]), Decimal(0))
    compound = sum((each["Rate"] for each in components if each["IsCompound"]), Decimal(0))
    return rounded(plain + compound + plain * compound / 100, 4)


def _component(given: Record, findings: Findings) -> Record:
    rate = fields.number(given, "Rate")
    if rate is None or not 0 <= rate <= 100:
        findings.refuse("The Rate of a tax component must be between 0 and 100")
    return {
        "Name": fields.text(given, "Name") or "",
        "Rate": rounded(rate or Decimal(0), 4),
        "IsCompound": bool(fields.truth(given, "IsCompound")),
        "IsNonRecoverable": bool(fields.truth(given, "IsNonRecoverable")),
    }
