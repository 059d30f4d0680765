"""The documents that are stored on a record, and notes to its history.

Source: docs/facts/apptivo.md, "Notes", "Stored files". A note can e-mail people, so every flag that would is set to N.
"""

from __future__ import annotations

import mimetypes
from functools import partial
from urllib.parse import urlsplit

from tieout import Connection, File, Problem, Rejected, Resource, Unavailable, Wire, dumps

from tieout_apptivo.calls import ask, change, listing
from tieout_apptivo.shape.profile import App
from tieout_apptivo.shape.scalars import Unreadable, filled, ident, number, text
from tieout_apptivo.shape.settings import hosts

_DOCUMENTS = "dao/document"
_NOTES = "dao/note"
_SILENT = ("isRemindMeEnabled", "isDisplayToCustomer", "isSendEmail", "isNotifyAssignee", "isNotifyCustomer")


def files(connection: Connection, resource: Resource, id: str) -> list[File]:
    """The documents stored on a record; each is downloaded when its content is asked for."""
    app: App = connection.settings.profile.app(resource.name)
    wanted = {"objectId": app.object_id, "objRefId": ident(id)}
    rows, _ = ask(connection, app, "getAllDocumentsByObjectIdObjectRefId", wanted, listing("documents"), _DOCUMENTS)
    return [_file(connection, app, row) for row in rows]


def annotate(connection: Connection, resource: Resource, id: str, text: str) -> bool:
    """Add a note to a record, of which nobody is told by e-mail."""
    app: App = connection.settings.profile.app(resource.name)
    about = {"objectId": app.object_id, "objectRefId": int(id) if id.isdigit() else id}
    note = {"noteText": text, **about, "labels": [], "associations": [about], **dict.fromkeys(_SILENT, "N")}
    change(connection, app, "createNote", {"noteDetails": dumps(note).decode()}, _NOTES)
    return True


def _file(connection: Connection, app: App, row: Wire) -> File:
    name = _told(row, "documentName", "docName", "name", "docTitle")
    media = mimetypes.guess_type(name)[0] or "application/octet-stream"
    try:
        size = int(number(_told(row, "docSize", "documentSize", "size")) or 0)
    except Unreadable:
        size = 0
    document = _told(row, "documentId", "id")
    return File(name=name or document, media=media, size=size, content=partial(_content, connection, app, document))


def _content(connection: Connection, app: App, document: str) -> bytes:
    """The bytes of a document, from the address that Apptivo tells; no key goes there.

    Raises `Rejected` for an address at a host that this connection may not call.
    """
    address = ask(connection, app, "getDocumentDownloadUrl", {"id": document}, _address, _DOCUMENTS)
    parts = urlsplit(address)
    if parts.scheme not in ("https", "http") or parts.hostname not in hosts(connection.settings):
        raise Rejected(
            Problem(
                cause="host-not-allowed",
                what=f"The document {document} lies at {parts.hostname or 'an address without a host'}.",
                why="Only the hosts that the connection declares are called, so that no file leads elsewhere.",
                fix="Attach the file by hand, if you know that place.",
                about=parts.hostname or "",
            )
        )
    reply = connection.http.read("GET", address)
    if reply.status >= 400:
        raise Unavailable(f"The document {document} cannot be downloaded (status {reply.status}).", fix="Try again.")
    return reply.content


def _address(body: Wire) -> str | None:
    inner = body.get("data")
    found = inner if isinstance(inner, dict) else body
    told = _told(found, "url", "downloadUrl", "documentDownloadUrl", "responseObject")
    return told or (text(inner) if isinstance(inner, str) else None) or None


def _told(row: Wire, *names: str) -> str:
    return next((text(row[name]) for name in names if filled(row.get(name))), "")
