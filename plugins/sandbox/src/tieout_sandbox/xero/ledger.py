"""Documents with an effect on the ledger: how they match, what their status allows.

Source: docs/facts/xero.md, "Document statuses", "Credit notes", "Matching".
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import ClassVar, Literal

from tieout_sandbox.xero import contacts, documents, fields, settlement, stamps
from tieout_sandbox.xero.arithmetic import ZERO
from tieout_sandbox.xero.books import Books
from tieout_sandbox.xero.contacts import Contacts
from tieout_sandbox.xero.endpoint import Endpoint, Query, Way, places
from tieout_sandbox.xero.findings import Findings
from tieout_sandbox.xero.lifecycle import CREATED, FINAL, NEXT, NO_EDIT, judge_settled
from tieout_sandbox.xero.lines import Ruling, require_complete
from tieout_sandbox.xero.plan import Plan
from tieout_sandbox.xero.stock import Stock
from tieout_sandbox.xero.table import Record, Table

Side = Literal["sales", "purchases"]


class LedgerDocuments(Endpoint, ABC):
    """Invoices and bills, or credit notes of both sides.

    `sides` gives the side of each `Type`; numbers (`number_field`, made with `prefix`) are unique on the sales side.
    `label` and the three messages are Xero's words for them.
    """

    error_flag = "HasErrors"
    paged: ClassVar[Literal["asked"]] = "asked"
    batches = True
    ways = frozenset({"PUT", "POST", "POST by id"})
    sides: ClassVar[Mapping[str, Side]]
    number_field: ClassVar[str]
    prefix: ClassVar[str]
    discounts: ClassVar[frozenset[str]] = frozenset()
    label: ClassVar[str]
    taken: ClassVar[str]
    unknown: ClassVar[str]

    def __init__(self, books: Books, table: Table, directory: Contacts) -> None:
        super().__init__(books, table)
        self._directory = directory
        self._stock = Stock(books)

    def find(self, key: str) -> Record | None:
        """The document of this number; what is not deleted comes first."""
        return min(self.table.having("number", key), key=lambda each: each["Status"] == "DELETED", default=None)

    def single(self, record: Record, places: int) -> Record:
        """All there is."""
        return documents.rendered(record, self.books.contacts.get(record["Contact"]["ContactID"]), places)

    def shown(self, record: Record, query: Query) -> Record:
        """With lines, and little of the contact."""
        return self.briefly(documents.rendered(record, None, places(query)))

    def unpaged(self, record: Record, query: Query) -> Record:
        """Without lines."""
        return self.briefly({**record, "LineItems": []})

    def briefly(self, shown: Record) -> Record:
        """The document with little of its contact."""
        contact = self.books.contacts.get(shown["Contact"]["ContactID"])
        shown["Contact"] = contacts.in_list(contact) if contact else shown["Contact"]
        return shown

    @abstractmethod
    def blank(self, kind: str) -> Record:
        """A document of this type that says nothing yet."""

    def write(self, element: Record, way: Way, findings: Findings) -> Record | None:
        """Create or update a document."""
        existing = self._match(element, way, findings)
        if findings.errors:
            return None
        contact = self._contact(element, existing, way, findings)
        if existing is not None and element.get("Status") in FINAL:
            document = self._ended(existing, element["Status"], findings)
        else:
            document = self.composed(element, existing, contact, way.places, findings)
            self._judge(document, existing, element, findings)
        if not way.backorders:
            self._stock.judge(existing, document, findings)
        if findings.errors:
            return None
        if contact is not None and contact is not self.books.contacts.get(contact["ContactID"]):
            self._directory.save(contact)
        if existing is None:
            self.books.authors[document[self.id_field]] = way.client
        return self.save(document)

    def composed(
        self, element: Record, existing: Record | None, contact: Record | None, places: int, findings: Findings
    ) -> Record:
        """The document with what the element says, whether or not its status allows that."""
        document = dict(existing) if existing else self.blank(element["Type"])
        if contact is not None:
            document["Contact"] = {"ContactID": contact["ContactID"]}
        side = self.sides[document["Type"]]
        for name in ("Status", self.number_field):
            document[name] = fields.text(element, name) or document[name]
        reference = fields.text(element, "Reference")
        if side == "sales" and reference is not None:
            document["Reference"] = reference
        findings.limit(document, {self.number_field: 255, "Reference": 255})
        documents.set_header(self.books, document, element, contact, findings)
        if "DueDate" in element:
            fields.set_day(document, "DueDate", fields.day(element, "DueDate"))
        approving = document["Status"] not in ("DRAFT", "DELETED")
        discounts = self.discounts if side == "sales" else frozenset[str]()
        ruling = Ruling(self.books, side, document["LineAmountTypes"], approving, places, discounts, findings)
        documents.set_lines(document, element, ruling)
        self._detail(document, element, findings)
        return document

    def save(self, document: Record) -> Record:
        """Store a document as of now and keep what follows from it: what is left of it, the stock."""
        before = self.table.get(document[self.id_field])
        if not document[self.number_field] and self.sides[document["Type"]] == "sales":
            document[self.number_field] = self.books.next_number(self.table, self.prefix)
        settlement.derive(document)
        documents.touch(self.books, document)
        document["UpdatedDateUTCString"] = stamps.text_of(stamps.stamp_ms(document["UpdatedDateUTC"]))
        self.table.put(document)
        self._stock.move(before, document)
        return document

    def _detail(self, document: Record, element: Record, findings: Findings) -> None:
        """Write the fields that these documents alone have."""

    def _judge_detail(self, document: Record, element: Record, findings: Findings) -> None:
        """Judge the fields that these documents alone have."""

    def _match(self, element: Record, way: Way, findings: Findings) -> Record | None:
        """The document that an element means; None for a new one."""
        identity = way.identity or fields.guid(element, self.id_field)
        if identity:
            found = self.table.get(identity)
            if found is None:
                findings.refuse(self.unknown)
                return None
        else:
            found = self._numbered(fields.text(element, self.number_field) or "")
            kind = fields.text(element, "Type")
            if kind not in self.sides and not (kind is None and found is not None and way.verb == "POST"):
                known = " or ".join(self.sides)
                findings.refuse(f"{self.label} type '{kind or ''}' is not valid, it must be {known}")
                return None
            if found is None or self.sides.get(str(kind)) == "purchases":
                return None
            if way.verb == "PUT":
                if found["Status"] != "DELETED":
                    findings.refuse(self.taken)
                return None
        findings.identity = found[self.id_field]
        if found["Status"] in FINAL:
            findings.refuse(f"{self.label} not of valid status for modification")
        return found

    def _numbered(self, number: str) -> Record | None:
        """The sales document of this number; what is not deleted comes first."""
        same = [each for each in self.table.having("number", number) if self.sides[each["Type"]] == "sales"]
        return min(same, key=lambda each: each["Status"] == "DELETED", default=None)

    def _contact(self, element: Record, existing: Record | None, way: Way, findings: Findings) -> Record | None:
        given = fields.part(element, "Contact")
        if given:
            return documents.embedded_contact(self._directory, given, way, findings)
        if existing is None:
            findings.refuse(documents.NO_CONTACT)
            return None
        return self.books.contacts.get(existing["Contact"]["ContactID"])

    def _ended(self, existing: Record, status: str, findings: Findings) -> Record:
        """The document deleted or voided."""
        if settlement.settled(existing):
            findings.refuse(NO_EDIT)
        elif status not in NEXT[existing["Status"]]:
            findings.refuse(f"{self.label} not of valid status for modification")
        self.books.check_lock(stamps.day(existing["Date"]), findings)
        return {**existing, "Status": status}

    def _judge(self, document: Record, existing: Record | None, element: Record, findings: Findings) -> None:
        status = document["Status"]
        before = None if existing is None else existing["Status"]
        if before is None and status not in CREATED:
            findings.refuse(f"{self.label} not of valid status for creation")
        elif before is not None and status not in NEXT[before]:
            findings.refuse(f"{self.label} not of valid status for modification")
        if self.sides[document["Type"]] == "sales":
            same = self._numbered(document[self.number_field])
            if same is not None and same["Status"] != "DELETED" and same[self.id_field] != document[self.id_field]:
                findings.refuse(self.taken)
        self._judge_detail(document, element, findings)
        if status != "DRAFT":
            require_complete(document["LineItems"], findings)
        if status not in ("DRAFT", before):
            documents.require_current(self.books, document, findings)
        if status == "AUTHORISED" and before != status:
            Plan(self.books).judge_approval(document["Type"], findings)
        if document["Total"] < ZERO:
            findings.refuse(f"The total of this {self.label.lower()} cannot be negative")
        if existing is not None:
            self.books.check_lock(stamps.day(existing["Date"]), findings)
            if settlement.settled(existing):
                judge_settled(document, existing, findings)
        self.books.check_lock(stamps.day(document["Date"]), findings)
