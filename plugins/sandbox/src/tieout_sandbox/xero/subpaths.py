"""The paths below one record: its notes and files, its allocations, contacts and options.

Source: docs/facts/xero.md, "Attachments", "History", "Create and update".
"""

from tieout_sandbox.exchange import Response
from tieout_sandbox.xero import besides
from tieout_sandbox.xero.calls import Call
from tieout_sandbox.xero.endpoint import Endpoint, Way
from tieout_sandbox.xero.groups import ContactGroups
from tieout_sandbox.xero.pdf import pdf
from tieout_sandbox.xero.problems import NotFound
from tieout_sandbox.xero.table import Record
from tieout_sandbox.xero.tracking import TrackingCategories
from tieout_sandbox.xero.writing import write_all, write_each

_PRINTED = ("Invoices", "CreditNotes", "PurchaseOrders")


def answer(call: Call, endpoint: Endpoint, record: Record) -> Response:
    """Answer a call below a record. Raises `NotFound` or `Problem`."""
    invoices = call.passed.resources.invoices
    match call.method, [call.parts[2].capitalize(), *call.parts[3:]]:
        case (("GET" | "PUT"), ["History"]):
            return _history(call, record[endpoint.id_field])
        case "GET", ["Attachments"]:
            return call.envelope("Attachments", call.passed.resources.besides.files(record[endpoint.id_field]))
        case "GET", ["Attachments", key]:
            content, media_type = call.passed.resources.besides.file(record[endpoint.id_field], key)
            return Response(content, 200, media_type)
        case (("PUT" | "POST"), ["Attachments", name]):
            return _attach(call, endpoint, record, name)
        case "POST", ["Email"] if endpoint is invoices:
            invoices.save(besides.email(record))
            return Response(status=204)
        case "GET", ["Onlineinvoice"] if endpoint is invoices:
            return call.envelope("OnlineInvoices", [besides.online(record, call.request.base_url)])
        case "GET", ["Pdf"]:
            return printed(call, endpoint, record)
        case method, ["Allocations", *rest] if endpoint.plural in call.passed.resources.allocations:
            return _allocations(call, endpoint, record, method, rest)
        case method, ["Contacts", *rest] if isinstance(endpoint, ContactGroups):
            return _members(call, endpoint, record, method, rest)
        case method, ["Options", *rest] if isinstance(endpoint, TrackingCategories):
            return _options(call, endpoint, record, method, rest)
    raise NotFound


def printed(call: Call, endpoint: Endpoint, record: Record) -> Response:
    """A document as PDF. Raises `NotFound` for what is no document with a page of its own."""
    if endpoint.plural not in _PRINTED:
        raise NotFound
    name = str(call.passed.resources.books.organisation["Name"])
    return Response(pdf(endpoint.single(record, call.places), name), media_type="application/pdf")


def _allocations(call: Call, endpoint: Endpoint, credit: Record, method: str, rest: list[str]) -> Response:
    held = call.passed.resources.allocations[endpoint.plural]
    match method, rest:
        case "PUT", []:
            way = Way("PUT", call.places, call.passed.access.client, credit[endpoint.id_field])
            write = write_each if call.each else write_all
            elements = call.elements(held.plural)
            call.request.notes.elements = len(elements)
            return call.envelope(held.plural, write(held, elements, way))
        case "DELETE", [identity]:
            return call.bare("Allocation", held.remove(credit, identity))
    raise NotFound


def _members(call: Call, groups: ContactGroups, group: Record, method: str, rest: list[str]) -> Response:
    match method, rest:
        case "PUT", []:
            elements = call.elements("Contacts")
            call.request.notes.elements = len(elements)
            return call.envelope("Contacts", groups.add(group, elements))
        case "DELETE", []:
            groups.leave(group, [each["ContactID"] for each in group["Contacts"]])
            return Response(status=204)
        case "DELETE", [identity]:
            groups.leave(group, [identity])
            return Response(status=204)
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


def _attach(call: Call, endpoint: Endpoint, record: Record, name: str) -> Response:
    identity = record[endpoint.id_field]
    added = call.passed.resources.besides.attach(call.request, endpoint.plural, identity, name, call.body)
    endpoint.table.amend({**record, "HasAttachments": True})
    call.request.notes.elements = 1
    return call.envelope("Attachments", [added])
