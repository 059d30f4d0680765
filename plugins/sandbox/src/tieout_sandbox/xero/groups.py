"""Contact groups: at most a hundred, each with its contacts (docs/facts/xero.md, "Contacts", "Create and update")."""

from collections.abc import Iterable

from tieout_sandbox.xero import documents, fields
from tieout_sandbox.xero.books import Books
from tieout_sandbox.xero.endpoint import Endpoint, Query, Test, Way
from tieout_sandbox.xero.findings import NO_ID, Findings
from tieout_sandbox.xero.problems import NotFound, invalid
from tieout_sandbox.xero.table import Record

_MOST = 100


class ContactGroups(Endpoint):
    """The contact groups of one organisation; a contact carries its groups, a group only the ids of its contacts."""

    plural, kind = "ContactGroups", "ContactGroup"
    ways = frozenset({"PUT", "POST by id"})
    names = frozenset({"ContactGroupID", "Name", "Status"})

    def __init__(self, books: Books) -> None:
        super().__init__(books, books.groups)

    def filters(self, query: Query, client: str) -> Iterable[Test]:
        """Deleted groups are not seen."""
        yield lambda record: record["Status"] == "ACTIVE"

    def single(self, record: Record, places: int) -> Record:
        """With the names of its contacts."""
        known = (self.books.contacts.get(each["ContactID"]) for each in record["Contacts"])
        named = [{"ContactID": each["ContactID"], "Name": each["Name"]} for each in known if each]
        return {**record, "Contacts": named, "HasValidationErrors": False}

    def shown(self, record: Record, query: Query) -> Record:
        """Without its contacts."""
        return {**record, "Contacts": [], "HasValidationErrors": False}

    def write(self, element: Record, way: Way, findings: Findings) -> Record | None:
        """Create a group, or rename or delete the one named in the path."""
        existing = self.table.get(way.identity or "")
        group: Record = {"ContactGroupID": self.books.new_id(), "Name": "", "Status": "ACTIVE", "Contacts": []}
        if existing is not None:
            group = dict(existing)
            findings.identity = existing["ContactGroupID"]
        group["Name"] = (fields.text(element, "Name") or group["Name"]).strip()
        group["Status"] = fields.text(element, "Status") or group["Status"]
        findings.limit(group, {"Name": 255})
        others = [each for each in self.table if each["ContactGroupID"] != group["ContactGroupID"]]
        active = [each for each in others if each["Status"] == "ACTIVE"]
        if not group["Name"]:
            findings.refuse("Please enter a Name.")
        if any(each["Name"].casefold() == group["Name"].casefold() for each in active):
            findings.refuse("Please enter a unique Name.")
        if existing is None and len(active) >= _MOST:
            findings.refuse(f"You’ve reached the limit of {_MOST} contact groups.")
        if group["Status"] not in ("ACTIVE", "DELETED") or (existing and existing["Status"] == "DELETED"):
            findings.refuse(f"The Status '{group['Status']}' is not valid")
        if findings.errors:
            return None
        if group["Status"] == "DELETED":
            self.leave(group, [each["ContactID"] for each in group["Contacts"]])
            group["Contacts"] = []
        self.table.put(group)
        for each in group["Contacts"]:
            self._mark(each["ContactID"], group)
        return group

    def add(self, group: Record, elements: list[Record]) -> list[Record]:
        """Put contacts into a group and return them. Raises `Problem` (400), and adds none, when one is unknown."""
        ids = [fields.guid(each, "ContactID") or NO_ID for each in elements]
        unknown = [identity for identity in ids if self.books.contacts.get(identity) is None]
        if unknown:
            refused = [{"Message": documents.NOT_FOUND}]
            raise invalid([{"ContactID": identity, "ValidationErrors": refused} for identity in unknown])
        held = {each["ContactID"] for each in group["Contacts"]}
        new = [{"ContactID": identity} for identity in dict.fromkeys(ids) if identity not in held]
        self.table.put({**group, "Contacts": [*group["Contacts"], *new]})
        for identity in ids:
            self._mark(identity, group)
        return [found for identity in ids if (found := self.books.contacts.get(identity))]

    def leave(self, group: Record, identities: list[str]) -> None:
        """Take contacts out of a group. Raises `NotFound`, and removes none, when one is not in it."""
        held = {each["ContactID"] for each in group["Contacts"]}
        if not held.issuperset(identities):
            raise NotFound
        left = [each for each in group["Contacts"] if each["ContactID"] not in identities]
        self.table.put({**group, "Contacts": left})
        for identity in identities:
            self._mark(identity, {**group, "Status": "DELETED"})

    def _mark(self, identity: str, group: Record) -> None:
        """Let a contact show a group as it is now, or no longer; this does not count as a change of the contact."""
        contact = self.books.contacts.get(identity)
        if contact is None:
            return
        shown = [each for each in contact["ContactGroups"] if each["ContactGroupID"] != group["ContactGroupID"]]
        if group["Status"] == "ACTIVE":
            brief = {name: group[name] for name in ("ContactGroupID", "Name", "Status")}
            shown.append({**brief, "Contacts": [], "HasValidationErrors": False})
        self.books.contacts.amend({**contact, "ContactGroups": shown})
