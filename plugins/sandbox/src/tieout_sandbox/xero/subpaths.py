"""The paths below one record: History, Attachments, Email, OnlineInvoice (facts/xero.md 5.3, 5.10)."""

from starlette.responses import Response

from tieout_sandbox.xero import besides
from tieout_sandbox.xero.calls import Call
from tieout_sandbox.xero.problems import NotFound
from tieout_sandbox.xero.resources import Writable
from tieout_sandbox.xero.table import Record


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
