"""What a person does inside Xero: changes that no rule of the API stands in the way of."""

from typing import Any

from tieout_sandbox import codec, edits
from tieout_sandbox.xero import stamps
from tieout_sandbox.xero.arithmetic import ZERO
from tieout_sandbox.xero.endpoint import Way
from tieout_sandbox.xero.findings import Findings
from tieout_sandbox.xero.resources import Resources
from tieout_sandbox.xero.table import Record

_COMPUTED = ("SubTotal", "TotalTax", "Total")
_NUMBERS = {
    "Contacts": "Name",
    "Items": "Code",
    "Invoices": "InvoiceNumber",
    "CreditNotes": "CreditNoteNumber",
    "ContactGroups": "Name",
    "PurchaseOrders": "PurchaseOrderNumber",
    "Payments": "Reference",
    "Accounts": "Code",
    "TaxRates": "TaxType",
    "Currencies": "Code",
}
_LOCKS = ("PeriodLockDate", "EndOfYearLockDate")


class Person:
    """Somebody at work in one organisation."""

    def __init__(self, resources: Resources) -> None:
        self._resources = resources
        self._books = resources.books

    def edit(self, change: dict[str, Any]) -> Record:
        """Carry out an edit of the control surface and return the record as it is then.

        Raises `LookupError` when there is no such record and `ValueError` when the change makes no sense.
        """
        collection = change["collection"]
        if collection == "Organisation":
            return self._settle(change)
        if collection not in self._resources.kept:
            known = ", ".join(sorted([*self._resources.kept, "Organisation", "Connections"]))
            raise ValueError(f"unknown collection {collection!r}; known are {known}")
        self._books.begin()
        if "create" in change:
            return self._create(collection, change["create"])
        record = self._find(collection, change)
        if change.get("delete"):
            return self._delete(collection, record)
        wanted = change.get("set")
        if not isinstance(wanted, dict) or not wanted:
            raise ValueError("an edit needs set (an object of paths and values), create or delete")
        return self._resources.held(collection, self._change(collection, record, wanted))

    def _find(self, collection: str, change: dict[str, Any]) -> Record:
        table = self._resources.tables[collection]
        found = table.get(str(change.get("id") or ""))
        number = change.get("number")
        if found is None and number is not None:
            field = _NUMBERS.get(collection, table.id_field)
            found = next((each for each in table if each.get(field) == number), None)
        if found is None:
            raise LookupError(f"{collection} has no record {change.get('id') or number!r}")
        return found

    def _create(self, collection: str, element: Record) -> Record:
        return self._write(collection, element, None)

    def _write(self, collection: str, element: Record, identity: str | None) -> Record:
        resource = self._resources.kept[collection]
        findings = Findings()
        stored = resource.write(element, Way("POST" if identity else "PUT", identity=identity), findings)
        if stored is None:
            raise ValueError("; ".join(findings.errors))
        return resource.single(stored, 4)

    def _delete(self, collection: str, record: Record) -> Record:
        if collection in ("Invoices", "PurchaseOrders"):
            status = (
                "VOIDED" if record.get("Status") in ("AUTHORISED", "PAID") and collection == "Invoices" else "DELETED"
            )
            return self._resources.held(collection, self._change(collection, record, {"Status": status}))
        if collection == "CreditNotes":
            status = "VOIDED" if record["Status"] == "AUTHORISED" else "DELETED"
            self._write("CreditNotes", {"Status": status}, record["CreditNoteID"])
        elif collection == "ContactGroups":
            self._write("ContactGroups", {"Status": "DELETED"}, record["ContactGroupID"])
        elif collection == "Payments":
            self._write("Payments", {"Status": "DELETED"}, record["PaymentID"])
        else:
            table = self._resources.tables[collection]
            table.drop(record[table.id_field])
        return {"deleted": True}

    def _change(self, collection: str, record: Record, wanted: dict[str, Any]) -> Record:
        if collection == "Payments":
            return self._change_payment(record, wanted)
        if collection == "Contacts" and wanted.get("MergedToContactID"):
            self._merge(record, str(wanted["MergedToContactID"]))
            wanted = {**wanted, "ContactStatus": "ARCHIVED"}
        if collection in ("Invoices", "PurchaseOrders"):
            return self._change_document(collection, record, wanted)
        changed: Record = codec.copied(record)
        for path, value in wanted.items():
            edits.assign(changed, path, value)
        table = self._resources.tables[collection]
        if changed[table.id_field] != record[table.id_field]:
            raise ValueError(f"{table.id_field} cannot be changed")
        if "UpdatedDateUTC" in record:
            changed["UpdatedDateUTC"] = stamps.stamp(self._books.touch())
        table.put(changed)
        return changed

    def _change_document(self, collection: str, record: Record, wanted: dict[str, Any]) -> Record:
        element = _element(record, wanted)
        named: Record = element.get("Contact") or record["Contact"]
        contact = self._books.contacts.get(str(named.get("ContactID")))
        if contact is None:
            raise ValueError("there is no such contact")
        findings = Findings()
        if collection == "PurchaseOrders":
            order = self._resources.orders.composed(element, record, contact, findings)
            _demand(findings)
            return self._resources.orders.save(order)
        invoice = self._resources.invoices.composed(element, record, contact, 4, findings)
        _demand(findings)
        for name in (*_COMPUTED, "AmountPaid", "AmountCredited"):
            if name in wanted:
                invoice[name] = wanted[name]
        if wanted.get("Status") == "PAID":
            invoice["AmountPaid"] = invoice["Total"] - invoice["AmountCredited"]
            invoice["FullyPaidOnDate"] = stamps.day_stamp(self._books.today())
        elif wanted.get("Status") in ("VOIDED", "DELETED"):
            invoice["AmountPaid"] = ZERO
        return self._resources.invoices.save(invoice)

    def _change_payment(self, payment: Record, wanted: dict[str, Any]) -> Record:
        if wanted.get("Status") == "DELETED":
            self._write("Payments", {"Status": "DELETED"}, payment["PaymentID"])
            return self._books.payments.get(payment["PaymentID"]) or payment
        findings = Findings()
        restated = self._resources.payments.restate(payment, wanted, findings)
        _demand(findings)
        return restated

    def _merge(self, loser: Record, winner: str) -> None:
        """Let the documents of a contact be those of another; that does not count as a change of them."""
        into = self._books.contacts.get(winner)
        if into is None or into["ContactStatus"] != "ACTIVE" or winner == loser["ContactID"]:
            raise ValueError("a contact is merged into another one that is active")
        for each in self._resources.documents:
            for record in list(each.table):
                if record["Contact"]["ContactID"] == loser["ContactID"]:
                    each.table.amend({**record, "Contact": {"ContactID": winner}})
        flags = {name: loser[name] or into[name] for name in ("IsCustomer", "IsSupplier")}
        self._books.contacts.amend({**into, **flags})

    def _settle(self, change: dict[str, Any]) -> Record:
        changed = codec.copied(self._books.organisation)
        for path, value in change.get("set", {}).items():
            edits.assign(changed, path, stamps.day_stamp(stamps.day(value)) if path in _LOCKS and value else value)
        if changed["OrganisationID"] != self._books.tenant:
            raise ValueError("OrganisationID cannot be changed")
        self._books.organisation = changed
        shown: Record = changed
        return shown


def _element(record: Record, wanted: dict[str, Any]) -> Record:
    """The change as a record that is sent: whole fields, and of the lines only what moved."""
    changed = codec.copied(record)
    lines: dict[int, dict[str, None]] = {}
    for path, value in wanted.items():
        edits.assign(changed, path, value)
        name, _, rest = path.partition(".")
        if name == "LineItems":
            index, _, field = rest.partition(".")
            lines.setdefault(int(index) if index else -1, {})[field.partition(".")[0]] = None
    element: Record = {path.partition(".")[0]: changed[path.partition(".")[0]] for path in wanted}
    if lines and -1 not in lines:
        before = record["LineItems"]
        element["LineItems"] = [
            {"LineItemID": line["LineItemID"], **{name: line[name] for name in lines.get(index, ())}}
            if index < len(before)
            else line
            for index, line in enumerate(changed["LineItems"])
        ]
    return element


def _demand(findings: Findings) -> None:
    if findings.errors:
        raise ValueError("; ".join(findings.errors))
