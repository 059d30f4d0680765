"""Tracking categories and their options: written one at a time, few of each.

Source: docs/facts/xero.md, "Tracking categories".
"""

from collections.abc import Iterable

from tieout_sandbox.xero import fields
from tieout_sandbox.xero.books import Books
from tieout_sandbox.xero.endpoint import Endpoint, Query, Test, Way
from tieout_sandbox.xero.findings import Findings
from tieout_sandbox.xero.problems import NotFound, invalid
from tieout_sandbox.xero.table import Record

_MOST_ACTIVE, _MOST, _MOST_OPTIONS, _LONGEST = 2, 4, 100, 100
_STATUSES = ("ACTIVE", "ARCHIVED")
_UNIQUE = "Please enter a unique Name."


class TrackingCategories(Endpoint):
    """The tracking categories of one organisation."""

    plural, kind = "TrackingCategories", "TrackingCategory"
    ways = frozenset({"PUT", "POST by id"})
    names = frozenset({"TrackingCategoryID", "Name", "Status"})

    def __init__(self, books: Books) -> None:
        super().__init__(books, books.tracking)

    def filters(self, query: Query, client: str) -> Iterable[Test]:
        """Archived categories are seen only when asked for."""
        if query.get("includearchived", "").lower() != "true":
            yield lambda record: record["Status"] == "ACTIVE"

    def write(self, element: Record, way: Way, findings: Findings) -> Record | None:
        """Create a category, or update the one named in the path."""
        existing = self.table.get(way.identity or "")
        category: Record = {"TrackingCategoryID": self.books.new_id(), "Name": "", "Status": "ACTIVE", "Options": []}
        if existing is not None:
            category = dict(existing)
            findings.identity = existing["TrackingCategoryID"]
        _rename(category, element, findings)
        others = [each for each in self.table if each["TrackingCategoryID"] != category["TrackingCategoryID"]]
        if any(each["Name"].casefold() == category["Name"].casefold() for each in others):
            findings.refuse(_UNIQUE)
        active = [each for each in others if each["Status"] == "ACTIVE"]
        if len(others) >= _MOST or (category["Status"] == "ACTIVE" and len(active) >= _MOST_ACTIVE):
            findings.refuse(f"An organisation has at most {_MOST_ACTIVE} active tracking categories, {_MOST} in total")
        if existing is None:
            for each in fields.parts(element, "Options"):
                category["Options"] = [*category["Options"], self._option(each, None, category, findings)]
        if findings.errors:
            return None
        self.table.put(category)
        return category

    def remove(self, category: Record) -> Record:
        """Remove a category and return it. Raises `Problem` (400) when a line uses it."""
        self._demand_unused(category, "TrackingCategoryID", category["TrackingCategoryID"])
        self.table.drop(category["TrackingCategoryID"])
        return {**category, "Status": "DELETED"}

    def delete_option(self, category: Record, identity: str) -> Record:
        """Remove an option and return it. Raises `NotFound`, or `Problem` (400) when a line uses it."""
        gone = _known(category, identity)
        self._demand_unused(gone, "TrackingOptionID", identity)
        left = [each for each in category["Options"] if each is not gone]
        self.table.put({**category, "Options": left})
        return {**gone, "Status": "DELETED", "IsDeleted": True, "IsActive": False}

    def write_option(self, category: Record, element: Record, identity: str | None) -> Record:
        """Add an option, or change the one of this id. Raises `NotFound`, or `Problem` (400) with the reasons."""
        before = _known(category, identity) if identity else None
        findings = Findings()
        option = self._option(element, before, category, findings)
        if findings.errors:
            messages = [{"Message": text} for text in findings.errors]
            raise invalid([{**element, "HasValidationErrors": True, "ValidationErrors": messages}])
        if before is None:
            options = [*category["Options"], option]
        else:
            options = [option if each is before else each for each in category["Options"]]
        self.table.put({**category, "Options": options})
        return option

    def _option(self, element: Record, before: Record | None, category: Record, findings: Findings) -> Record:
        option: Record = dict(before or {"TrackingOptionID": self.books.new_id(), "Name": "", "Status": "ACTIVE"})
        _rename(option, element, findings)
        others = [each for each in category["Options"] if each is not before]
        if any(each["Name"].casefold() == option["Name"].casefold() for each in others):
            findings.refuse(_UNIQUE)
        if len(others) >= _MOST_OPTIONS:
            findings.refuse(f"A tracking category has at most {_MOST_OPTIONS} options")
        active = option["Status"] == "ACTIVE"
        flags = {"HasValidationErrors": False, "IsDeleted": False, "IsArchived": not active, "IsActive": active}
        return {**option, **flags}

    def _demand_unused(self, record: Record, field: str, identity: str) -> None:
        documents = (*self.books.invoices, *self.books.credit_notes, *self.books.orders)
        lines = (line for document in documents for line in document["LineItems"])
        if any(chosen.get(field) == identity for line in lines for chosen in line["Tracking"]):
            message = "It cannot be deleted because it is used by transactions; archive it instead"
            raise invalid([{**record, "ValidationErrors": [{"Message": message}]}])


def _known(category: Record, identity: str) -> Record:
    for option in category["Options"]:
        if option["TrackingOptionID"] == identity:
            found: Record = option
            return found
    raise NotFound


def _rename(record: Record, element: Record, findings: Findings) -> None:
    record["Name"] = (fields.text(element, "Name") or record["Name"]).strip()
    record["Status"] = fields.text(element, "Status") or record["Status"]
    findings.limit(record, {"Name": _LONGEST})
    if not record["Name"]:
        findings.refuse("Please enter a Name.")
    if record["Status"] not in _STATUSES:
        findings.refuse(f"The Status '{record['Status']}' is not valid")
