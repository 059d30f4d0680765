"""The paths below one record: its notes and files, its allocations, contacts and options (facts/xero.md 5, 7.1)."""

from starlette.responses import Response

from tieout_sandbox.xero import besides
from tieout_sandbox.xero.calls import Call
from tieout_sandbox.xero.credit_notes import CreditNotes
from tieout_sandbox.xero.groups import ContactGroups
from tieout_sandbox.xero.problems import NotFound
from tieout_sandbox.xero.resources import Writable
from tieout_sandbox.xero.table import Record
from tieout_sandbox.xero.tracking import TrackingCategories
from tieout_sandbox.xero.writing import Way, write_all, write_each


def answer(call: Call, resource: Writable, record: Record) -> Response:
    """Answer a call below a record. Raises `NotFound` or `Problem`."""
    invoices = call.passed.resources.invoices
    match call.method, call.parts[2:]:
        case (("GET" | "PUT"), ["History"]):
            return _history(call, record[resource.id_field])
        case "GET", ["Attachments"]:
            return call.envelope("Attachments", call.passed.resources.besides.files(record[resource.id_field]))
        case "GET", ["Attachments", key]:
            file = call.passed.resources.besides.file(record[resource.id_field], key)
            return Response(file.content, media_type=file.media_type)
        case (("PUT" | "POST"), ["Attachments", name]):
            return _attach(call, resource, record, name)
        case "POST", ["Email"] if resource is invoices:
            invoices.save(besides.email(record))
            return Response(None, 204)
        case "GET", ["OnlineInvoice"] if resource is invoices:
            return call.envelope("OnlineInvoices", [besides.online(record, str(call.request.base_url))])
        case method, ["Allocations", *rest] if isinstance(resource, CreditNotes):
            return _allocations(call, record, method, rest)
        case method, ["Contacts", *rest] if isinstance(resource, ContactGroups):
            return _members(call, resource, record, method, rest)
        case method, ["Options", *rest] if isinstance(resource, TrackingCategories):
            return _options(call, resource, record, method, rest)
    raise NotFound


def _allocations(call: Call, note: Record, method: str, rest: list[str]) -> Response:
    held = call.passed.resources.allocations
    match method, rest:
        case "PUT", []:
            way = Way("PUT", call.places, call.passed.access.client, note["CreditNoteID"])
            write = write_each if call.each else write_all
            elements = call.elements(held.plural)
            call.request.scope["tieout.elements"] = len(elements)
            return call.envelope(held.plural, write(held, elements, way))
        case "DELETE", [identity]:
            return call.bare(held.remove(note, identity))
    raise NotFound


def _members(call: Call, groups: ContactGroups, group: Record, method: str, rest: list[str]) -> Response:
    match method, rest:
        case "PUT", []:
            elements = call.elements("Contacts")
            call.request.scope["tieout.elements"] = len(elements)
            return call.envelope("Contacts", groups.add(group, elements))
        case "DELETE", []:
            groups.remove(group, [each["ContactID"] for each in group["Contacts"]])
            return Response(None, 204)
        case "DELETE", [identity]:
            groups.remove(group, [identity])
            return Response(None, 204)
    raise NotFound


def _options(call: Call, categories: TrackingCategories, category: Record, method: str, rest: list[str]) -> Response:
    match method, rest:
        case "PUT", []:
            return call.envelope("Options", [categories.write_option(category, call.element("Options"), None)])
        case "POST", [identity]:
            return call.envelope("Options", [categories.write_option(category, call.element("Options"), identity)])
        case "DELETE", [identity]:
            return call.envelope("Options", [categories.delete_option(category, identity)])
    raise NotFound


def _history(call: Call, identity: str) -> Response:
    held = call.passed.resources.besides
    if call.method == "GET":
        return call.envelope("HistoryRecords", held.notes(identity))
    return call.envelope("HistoryRecords", held.add_notes(identity, call.elements("HistoryRecords")))


def _attach(call: Call, resource: Writable, record: Record, name: str) -> Response:
    identity = record[resource.id_field]
    added = call.passed.resources.besides.attach(call.request, resource.plural, identity, name, call.body)
    resource.table.amend({**record, "HasAttachments": True})
    call.request.scope["tieout.elements"] = 1
    return call.envelope("Attachments", [added])
