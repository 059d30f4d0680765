"""The currencies that an organisation has subscribed to; adding one cannot be taken back.

Source: docs/facts/xero.md, "Currencies".
"""

import re

from tieout_sandbox.xero import fields
from tieout_sandbox.xero.books import Books
from tieout_sandbox.xero.endpoint import Endpoint, Way
from tieout_sandbox.xero.findings import Findings
from tieout_sandbox.xero.plan import Plan
from tieout_sandbox.xero.table import Record

_CODE = re.compile(r"[A-Z]{3}")


class Currencies(Endpoint):
    """The currencies of one organisation."""

    plural, kind = "Currencies", "Currency"
    ways = frozenset({"PUT"})
    names = frozenset({"Code", "Description"})

    def __init__(self, books: Books) -> None:
        super().__init__(books, books.currencies)

    def write(self, element: Record, way: Way, findings: Findings) -> Record | None:
        """Subscribe to a currency."""
        code = fields.text(element, "Code") or ""
        if not _CODE.fullmatch(code):
            findings.refuse(f"The currency code '{code}' is not valid")
        elif self.table.get(code) is not None:
            findings.refuse(f"Organisation is already subscribed to currency {code}")
        Plan(self.books).judge_currency(findings)
        if findings.errors:
            return None
        currency = {"Code": code, "Description": fields.text(element, "Description") or code}
        self.table.put(currency)
        return currency
