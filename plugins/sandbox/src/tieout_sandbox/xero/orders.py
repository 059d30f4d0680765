"""Purchase orders: no ledger effect, no lock, and a number that is never free again.

Source: docs/facts/xero.md, "Purchase orders".
"""

from collections.abc import Iterable
from typing import ClassVar, Literal

from tieout_sandbox.xero import contacts, documents, fields, stamps
from tieout_sandbox.xero.books import Books
from tieout_sandbox.xero.contacts import Contacts
from tieout_sandbox.xero.endpoint import Endpoint, Query, Test, Way
from tieout_sandbox.xero.findings import Findings
from tieout_sandbox.xero.lines import Ruling, require_complete
from tieout_sandbox.xero.listing import among
from tieout_sandbox.xero.table import Record

_TEXTS = {
    "PurchaseOrderNumber": 255,
    "Reference": 4000,
    "DeliveryAddress": 4000,
    "AttentionTo": 255,
    "Telephone": 255,
    "DeliveryInstructions": 500,
}
_STATUSES = ("DRAFT", "SUBMITTED", "AUTHORISED", "BILLED", "DELETED")
_APPROVED = ("SUBMITTED", "AUTHORISED", "BILLED")
_DISCOUNTS = frozenset({"DiscountRate"})
_PLACES = 4


class PurchaseOrders(Endpoint):
    """The purchase orders of one organisation."""

    plural, kind, error_flag = "PurchaseOrders", "PurchaseOrder", "HasErrors"
    paged: ClassVar[Literal["always"]] = "always"
    optimised = frozenset[str]()
    sortable = frozenset({"PurchaseOrderID", "UpdatedDateUTC", "Date"})
    filterable = False
    batches = True
    ways = frozenset({"PUT", "POST", "POST by id"})
    names = frozenset(
        {"PurchaseOrderID", "Date", "DeliveryDate", "ExpectedArrivalDate", "Status", "Contact", "CurrencyCode"}
        | {"UpdatedDateUTC", "SubTotal", "TotalTax", "Total", "DateString", *_TEXTS}
    )

    def __init__(self, books: Books, directory: Contacts) -> None:
        super().__init__(books, books.orders)
        self._directory = directory

    def find(self, key: str) -> Record | None:
        """The order of this number."""
        return next(iter(self.table.having("number", key)), None)

    def filters(self, query: Query, client: str) -> Iterable[Test]:
        """Status, DateFrom and DateTo."""
        by_status = among(query, "status", "Status")
        if by_status:
            yield by_status
        if query.get("datefrom"):
            first = fields.day(dict(query), "datefrom")
            yield lambda record: first is None or stamps.day(record["Date"]) >= first
        if query.get("dateto"):
            last = fields.day(dict(query), "dateto")
            yield lambda record: last is None or stamps.day(record["Date"]) <= last

    def single(self, record: Record, places: int) -> Record:
        """All there is; unit amounts always have four decimals."""
        return documents.rendered(record, self.books.contacts.get(record["Contact"]["ContactID"]), _PLACES)

    def shown(self, record: Record, query: Query) -> Record:
        """With lines, and little of the contact."""
        contact = self.books.contacts.get(record["Contact"]["ContactID"])
        return {**record, "Contact": contacts.in_list(contact)} if contact else record

    def write(self, element: Record, way: Way, findings: Findings) -> Record | None:
        """Create or update an order."""
        existing = self._match(element, way, findings)
        if findings.errors:
            return None
        given = fields.part(element, "Contact")
        if given or existing is None:
            contact = documents.known_contact(self._directory, given, findings)
        else:
            contact = self.books.contacts.get(existing["Contact"]["ContactID"])
        order = self.composed(element, existing, contact, findings)
        if order["Status"] not in _STATUSES or (existing is None and order["Status"] == "DELETED"):
            findings.refuse("PurchaseOrder status change is invalid")
        findings.limit(order, _TEXTS)
        if order["Status"] in _APPROVED:
            require_complete(order["LineItems"], findings)
            if existing is None or existing["Status"] not in _APPROVED:
                documents.require_current(self.books, order, findings)
        if any("Quantity" in line and "UnitAmount" not in line for line in order["LineItems"]):
            findings.refuse("UnitAmount must be specified")
        self._judge_number(order, findings)
        return None if findings.errors else self.save(order)

    def composed(self, element: Record, existing: Record | None, contact: Record | None, findings: Findings) -> Record:
        """The order with what the element says, whether or not its status allows that."""
        order = dict(existing) if existing else blank(self.books.new_id())
        if contact is not None:
            order["Contact"] = {"ContactID": contact["ContactID"]}
        for name in ("Status", *_TEXTS):
            value = fields.text(element, name)
            if value is not None and (value or name not in ("Status", "PurchaseOrderNumber")):
                order[name] = value
        documents.set_header(self.books, order, element, contact, findings)
        for name in ("DeliveryDate", "ExpectedArrivalDate"):
            if name in element:
                fields.set_day(order, name, fields.day(element, name))
        types, approving = order["LineAmountTypes"], order["Status"] in _APPROVED
        ruling = Ruling(self.books, "purchases", types, approving, _PLACES, _DISCOUNTS, findings)
        documents.set_lines(order, element, ruling)
        sent = fields.truth(element, "SentToContact")
        if sent is not None and sent != order["SentToContact"]:
            if order["Status"] in ("AUTHORISED", "BILLED"):
                order["SentToContact"] = sent
            else:
                findings.warn("Only AUTHORISED and BILLED purchase orders may have SentToContact updated.")
        return order

    def save(self, order: Record) -> Record:
        """Store an order as of now."""
        if not order["PurchaseOrderNumber"]:
            order["PurchaseOrderNumber"] = self.books.next_number(self.table, "PO-")
        documents.touch(self.books, order)
        self.table.put(order)
        return order

    def _match(self, element: Record, way: Way, findings: Findings) -> Record | None:
        identity = way.identity or fields.guid(element, "PurchaseOrderID")
        if identity:
            found = self.table.get(identity)
            if found is None:
                findings.refuse(documents.NOT_FOUND)
                return None
            findings.identity = identity
            if found["Status"] == "DELETED":
                findings.refuse("Deleted PurchaseOrders cannot be updated")
            return found
        found = self.find(fields.text(element, "PurchaseOrderNumber") or "")
        if found is None:
            return None
        if way.verb == "PUT":
            findings.refuse("Order number must be unique")
            return None
        if found["Status"] == "DELETED":
            findings.refuse("PurchaseOrder status change is invalid")
            findings.refuse("Deleted PurchaseOrders cannot be updated")
            return None
        findings.identity = found["PurchaseOrderID"]
        return found

    def _judge_number(self, order: Record, findings: Findings) -> None:
        same = self.table.having("number", order["PurchaseOrderNumber"])
        if any(other["PurchaseOrderID"] != order["PurchaseOrderID"] for other in same):
            findings.refuse("Order number must be unique")


def blank(identity: str) -> Record:
    """An order that says nothing yet."""
    order: Record = {"PurchaseOrderID": identity, "PurchaseOrderNumber": "", "Type": "PURCHASEORDER", "Status": "DRAFT"}
    return {**order, "SentToContact": False, "HasErrors": False, "IsDiscounted": False, "HasAttachments": False}
