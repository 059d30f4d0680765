"""What hangs on a record: notes, attachments, e-mail, the page for its customer (facts/xero.md 5.3, 5.10)."""

from dataclasses import dataclass, field

from starlette.requests import Request

from tieout_sandbox.xero import fields, stamps
from tieout_sandbox.xero.books import Books, new_id
from tieout_sandbox.xero.findings import messages
from tieout_sandbox.xero.problems import NotFound, bad_request, invalid
from tieout_sandbox.xero.table import Record

_FORBIDDEN = frozenset('<>:"/\\|?*+\0')
_MOST, _LARGEST, _LONGEST_NOTE = 10, 10_000_000, 2500


@dataclass(slots=True)
class Attachment:
    """One attached file."""

    record: Record
    content: bytes
    media_type: str


@dataclass(slots=True)
class Besides:
    """Notes and attachments of one organisation, by the id of the record that they hang on."""

    books: Books
    _notes: dict[str, list[Record]] = field(default_factory=dict)
    _files: dict[str, dict[str, Attachment]] = field(default_factory=dict)

    def notes(self, identity: str) -> list[Record]:
        """The history of a record, the latest first."""
        return list(reversed(self._notes.get(identity, [])))

    def add_notes(self, identity: str, elements: list[Record]) -> list[Record]:
        """Add notes. Raises `Problem` (400) when one is empty or too long."""
        added = []
        for element in elements:
            text = fields.text(element, "Details") or ""
            if not text or len(text) > _LONGEST_NOTE:
                message = f"Details must have between 1 and {_LONGEST_NOTE} characters"
                raise invalid([{**element, "ValidationErrors": messages([message])}])
            ms = self.books.touch()
            note = {"Changes": "Note", "DateUTC": stamps.stamp(ms), "DateUTCString": stamps.text_of(ms).rstrip("Z")}
            added.append({**note, "User": "System Generated", "Details": text})
        self._notes.setdefault(identity, []).extend(added)
        return added

    def files(self, identity: str) -> list[Record]:
        """The attachments of a record."""
        return [each.record for each in self._files.get(identity, {}).values()]

    def file(self, identity: str, key: str) -> Attachment:
        """One attachment, by name or id. Raises `NotFound`."""
        for name, each in self._files.get(identity, {}).items():
            if key in (name, each.record["AttachmentID"]):
                return each
        raise NotFound

    def attach(self, request: Request, plural: str, identity: str, name: str, content: bytes) -> Record:
        """Attach a file; one of the same name is replaced. Raises `Problem` (400)."""
        known = self._files.setdefault(identity, {})
        if _FORBIDDEN & set(name):
            raise bad_request(f"The file name {name} has characters that are not allowed.")
        if not content or len(content) > _LARGEST:
            raise bad_request(f"An attachment has between 1 and {_LARGEST} bytes.")
        if name not in known and len(known) >= _MOST:
            raise bad_request(f"A record has at most {_MOST} attachments.")
        media_type = request.headers.get("content-type", "application/octet-stream")
        record = {
            "AttachmentID": known[name].record["AttachmentID"] if name in known else new_id(),
            "FileName": name,
            "Url": f"{request.base_url}api.xro/2.0/{plural}/{identity}/Attachments/{name}",
            "MimeType": media_type,
            "ContentLength": len(content),
            "IncludeOnline": request.query_params.get("IncludeOnline", "").lower() == "true",
        }
        known[name] = Attachment(record, content, media_type)
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
