"""What is attached to records: notes, documents, and the mails that they make Apptivo send.

Source: docs/facts/apptivo.md, "Notes", "Stored files".
"""

import base64
import binascii
import hashlib
from collections.abc import Mapping
from typing import Any

from tieout_sandbox import codec
from tieout_sandbox.apptivo.stamps import Stamps
from tieout_sandbox.clock import Clock

Record = dict[str, Any]

_FIRST = 800_001
_MAILS = {
    "isSendEmail": "the record's contacts",
    "isNotifyCustomer": "the customer",
    "isNotifyAssignee": "the assignee",
}
"""Whom each flag of a note sends an e-mail to, unless it says N."""


class Attached:
    """The notes, documents and mails of all records, each with the objectId and objectRefId that it belongs to."""

    def __init__(self, seed: Mapping[str, list[Record]], clock: Clock, stamps: Stamps) -> None:
        self._clock = clock
        self._stamps = stamps
        self.notes: list[Record] = codec.copied(seed.get("notes", []))
        self.documents: list[Record] = codec.copied(seed.get("documents", []))
        self.mails: list[Record] = codec.copied(seed.get("mails", []))

    def state(self) -> dict[str, list[Record]]:
        """All of it, by kind."""
        return {"notes": self.notes, "documents": self.documents, "mails": self.mails}

    def add_note(self, given: Record) -> Record:
        """Keep a note; each flag that does not say N sends an e-mail, which is kept under `mails`."""
        note = {**given, **self._stamped(self.notes, "noteId")}
        self.notes.append(note)
        for flag, who in _MAILS.items():
            if given.get(flag, "Y") != "N":
                self.add_mail({"noteId": note["noteId"], "because": flag, "to": who, "text": given.get("noteText", "")})
        return note

    def add_mail(self, given: Record) -> Record:
        """Keep an e-mail that would have been sent."""
        mail = {**given, **self._stamped(self.mails, "emailId")}
        self.mails.append(mail)
        return mail

    def add_document(self, given: Record) -> Record:
        """Keep a document. Raises `ValueError` when its content is no base64 or has another size than it says."""
        try:
            content = base64.b64decode(given["encodedDocStr"], validate=True)
        except binascii.Error as error:
            raise ValueError("encodedDocStr is not valid base64") from error
        if str(given.get("docSize") or len(content)) != str(len(content)):
            raise ValueError(f"docSize is {given['docSize']}, the document has {len(content)} bytes")
        document = {**given, **self._stamped(self.documents, "documentId"), "docSize": len(content)}
        self.documents.append(document)
        return document

    def of(self, kind: str, object_id: str, object_ref_id: str) -> list[Record]:
        """The `notes` or `documents` of one record."""
        wanted = (object_id, object_ref_id)
        return [
            each for each in self.state()[kind] if (str(each.get("objectId")), str(each.get("objectRefId"))) == wanted
        ]

    def document(self, document_id: str) -> Record | None:
        """One document by its id."""
        return next((each for each in self.documents if str(each["id"]) == document_id), None)

    def _stamped(self, held: list[Record], id_field: str) -> Record:
        number = 1 + max((int(each["id"]) for each in held), default=_FIRST - 1)
        return {"id": str(number), id_field: number, "creationDate": self._stamps.written(self._clock.now())}


def shown(document: Record) -> Record:
    """A document as a list shows it: without its content."""
    return {key: value for key, value in document.items() if key != "encodedDocStr"}


def secret(document: Record) -> str:
    """The part of a download address that nobody guesses."""
    return hashlib.sha256(f"{document['id']}/{document.get('encodedDocStr', '')}".encode()).hexdigest()[:32]


def content(document: Record) -> bytes:
    """The bytes of a document."""
    return base64.b64decode(document.get("encodedDocStr", ""))
