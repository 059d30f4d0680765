"""What hangs on a record: notes, attachments, e-mail, the page for its customer.

Source: docs/facts/xero.md, "E-mail and online pages", "Attachments", "History".
"""

from base64 import b64decode, b64encode
from dataclasses import asdict

from tieout_sandbox.exchange import Request
from tieout_sandbox.xero import fields, stamps
from tieout_sandbox.xero.books import Books, File
from tieout_sandbox.xero.findings import messages
from tieout_sandbox.xero.problems import NotFound, bad_request, invalid
from tieout_sandbox.xero.table import Record

_FORBIDDEN = frozenset('<>:"/\\|?*+\0')
_MOST, _LARGEST, _LONGEST_NOTE = 10, 10_000_000, 2500


class Besides:
    """Notes and attachments of one organisation, by the id of the record that they hang on."""

    def __init__(self, books: Books) -> None:
        self._books = books

    def notes(self, identity: str) -> list[Record]:
        """The history of a record, the latest first."""
        return list(reversed(self._books.notes.get(identity, [])))

    def add_notes(self, identity: str, elements: list[Record]) -> list[Record]:
        """Add notes. Raises `Problem` (400) when one is empty or too long."""
        added = []
        for element in elements:
            text = fields.text(element, "Details") or ""
            if not text or len(text) > _LONGEST_NOTE:
                message = f"Details must have between 1 and {_LONGEST_NOTE} characters"
                raise invalid([{**element, "ValidationErrors": messages([message])}])
            ms = self._books.touch()
            note = {"Changes": "Note", "DateUTC": stamps.stamp(ms), "DateUTCString": stamps.text_of(ms).rstrip("Z")}
            added.append({**note, "User": "System Generated", "Details": text})
        self._books.notes.setdefault(identity, []).extend(added)
        return added

    def files(self, identity: str) -> list[Record]:
        """The attachments of a record."""
        return [each.record for each in self._books.files.get(identity, {}).values()]

    def file(self, identity: str, key: str) -> tuple[bytes, str]:
        """The content of one attachment, by name or id, and its media type. Raises `NotFound`."""
        for name, each in self._books.files.get(identity, {}).items():
            if key in (name, each.record["AttachmentID"]):
                return b64decode(each.content), each.record["MimeType"]
        raise NotFound

    def attach(self, request: Request, plural: str, identity: str, name: str, content: bytes) -> Record:
        """Attach a file; one of the same name is replaced. Raises `Problem` (400)."""
        known = self._books.files.setdefault(identity, {})
        if _FORBIDDEN & set(name):
            raise bad_request(f"The file name {name} has characters that are not allowed.")
        if not content or len(content) > _LARGEST:
            raise bad_request(f"An attachment has between 1 and {_LARGEST} bytes.")
        if name not in known and len(known) >= _MOST:
            raise bad_request(f"A record has at most {_MOST} attachments.")
        media_type = request.headers.get("content-type", "application/octet-stream")
        record = {
            "AttachmentID": known[name].record["AttachmentID"] if name in known else self._books.new_id(),
            "FileName": name,
            "Url": f"{request.base_url}api.xro/2.0/{plural}/{identity}/Attachments/{name}",
            "MimeType": media_type,
            "ContentLength": len(content),
            "IncludeOnline": request.query.get("IncludeOnline", "").lower() == "true",
        }
        known[name] = File(record, b64encode(content).decode())
        return record


def email(invoice: Record) -> Record:
    """The invoice after it was sent to its customer. Raises `Problem` (400) for a bill or a draft."""
    if invoice["Type"] != "ACCREC" or invoice["Status"] not in ("SUBMITTED", "AUTHORISED", "PAID"):
        message = "Only sales invoices that are SUBMITTED, AUTHORISED or PAID can be e-mailed"
        raise invalid([{"InvoiceID": invoice["InvoiceID"], "ValidationErrors": messages([message])}])
    return {**invoice, "SentToContact": True}


def online(invoice: Record, origin: str) -> Record:
    """Where a customer sees the invoice; `origin` ends in a slash. Raises `NotFound` for a bill or a draft."""
    if invoice["Type"] != "ACCREC" or invoice["Status"] not in ("AUTHORISED", "PAID"):
        raise NotFound
    return {"OnlineInvoiceUrl": f"{origin}online/{invoice['InvoiceID']}"}


def state(books: Books) -> Record:
    """What hangs on the records, and who made them, in JSON."""
    files = {identity: [asdict(each) for each in known.values()] for identity, known in books.files.items()}
    notes = {identity: list(known) for identity, known in books.notes.items()}
    return {"Authors": dict(books.authors), "Notes": notes, "Files": files}


def restore(books: Books, state: Record) -> None:
    """Put back what `state` gave."""
    books.authors.update(state["Authors"])
    books.notes.update({identity: list(known) for identity, known in state["Notes"].items()})
    for identity, files in state["Files"].items():
        books.files[identity] = {each["record"]["FileName"]: File(**each) for each in files}
