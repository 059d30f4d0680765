"""The paths that belong to no app: session login, bulk reading, saved views, notes, documents and e-mail.

Sources: docs/facts/apptivo.md, "Keys", "Actions", "Bulk reading", "Notes", "Stored files".
"""

from typing import Any

from tieout_sandbox.apptivo import attached, reading, writing
from tieout_sandbox.apptivo.calls import Calls
from tieout_sandbox.apptivo.config import FIRM_ID
from tieout_sandbox.apptivo.layout import App
from tieout_sandbox.apptivo.world import Record
from tieout_sandbox.apptivo.writing import Refused
from tieout_sandbox.entropy import Entropy

EMAIL = "sandbox@firm.example"
PASSWORD = "sandbox-password"
ATTACHED_PATHS = ("note", "document", "emails")
PATHS = ("appsettings", "datamanagement", *ATTACHED_PATHS)
_BULK_ROWS = 5000


class Platform:
    """The operations besides those of the apps; `origin` is where documents are downloaded from."""

    def __init__(self, calls: Calls, origin: str, entropy: Entropy) -> None:
        self._calls = calls
        self._origin = origin
        self._entropy = entropy
        self._sessions: set[str] = set()

    def login(self, params: dict[str, str]) -> Record:
        """A session key for e-mail address, password and firm. Raises `Refused` when they are wrong."""
        asked = tuple(params.get(name) for name in ("a", "generateSessionkey", "emailId", "password", "firmId"))
        if asked != ("login", "true", EMAIL, PASSWORD, str(FIRM_ID)):
            raise Refused("Invalid email, password or firm")
        key = self._entropy.hex(16)
        self._sessions.add(key)
        return {"responseObject": {"authenticationKey": key, "firmId": FIRM_ID}, "status": "SUCCESS"}

    def knows(self, session: str | None) -> bool:
        """Whether this is the key of a session."""
        return session in self._sessions

    def answer(self, path: str, params: dict[str, str]) -> Any:
        """The JSON answer to one call with valid keys. Raises `Refused` for what Apptivo answers with FAILURE."""
        match path, params.get("a", ""):
            case "appsettings", "getAllByCustomView":
                return self._calls.listed(self._app(params), "getAllByCustomView", params)
            case "datamanagement", "getAll":
                return self._bulk(params)
            case "note", "createNote":
                return {"responseObject": self._note(_object(params, "noteDetails"))}
            case "note", "save":
                given = _object(params, "noteData")
                place = {"objectId": params.get("objectId"), "objectRefId": params.get("objRefId")}
                return {"noteId": self._note({**given, **place})["noteId"]}
            case "note", "getNotes":
                return self._held("notes", params, "selectedObjectId", "selectedObjectRefId")
            case "document", "getAllDocumentsByObjectIdObjectRefId":
                return self._held("documents", params, "objectId", "objRefId")
            case "document", "getDocumentDownloadUrl":
                return {"responseObject": {"downloadUrl": self._download(params.get("id", ""))}}
            case "document", "uploadDoc":
                return {"responseObject": self._upload(params)}
            case "emails", "send":
                mail = self._attached().add_mail(_object(params, "emailData") | self._place(params))
                return {"emailId": mail["emailId"]}
        raise Refused(f"Invalid method: {params.get('a', '')}")

    def content(self, document_id: str, secret: str) -> bytes | None:
        """The bytes behind a download address, None when there is no such address."""
        document = self._attached().document(document_id)
        known = document is not None and attached.secret(document) == secret
        return attached.content(document) if document is not None and known else None

    def _attached(self) -> attached.Attached:
        return self._calls.world.attached

    def _app(self, params: dict[str, str]) -> App:
        object_id = params.get("objectId", "")
        found = self._calls.world.layout.numbered(object_id)
        if found is None:
            raise Refused(f"objectId {object_id!r} is not known")
        return found

    def _place(self, params: dict[str, str]) -> Record:
        """The record that something is attached to. Raises `Refused` when there is none."""
        app, reference = self._app(params), params.get("objectRefId", "")
        if self._calls.world.get(app, reference) is None:
            raise Refused(f"No {app.single} was found for objectRefId {reference!r}")
        return {"objectId": app.object_id, "objectRefId": int(reference)}

    def _note(self, given: Record) -> Record:
        place = {key: str(given.get(key) or "") for key in ("objectId", "objectRefId")}
        if not str(given.get("noteText") or "").strip():
            raise Refused("noteText is required")
        return self._attached().add_note(given | self._place(place))

    def _held(self, kind: str, params: dict[str, str], object_id: str, reference: str) -> Record:
        rows = self._attached().of(kind, params.get(object_id, ""), params.get(reference, ""))
        start = writing.number_parameter(params, ("startIndex",), 0)
        size = writing.number_parameter(params, ("numRecords",), 50)
        return reading.page([attached.shown(row) for row in rows], start, size, self._calls.world.firm.behaviour)

    def _upload(self, params: dict[str, str]) -> Record:
        missing = [
            name for name in ("docName", "docTitle", "docType", "docSize", "encodedDocStr") if not params.get(name)
        ]
        if missing:
            raise Refused(f"{missing[0]} is required")
        given = {name: params[name] for name in ("docName", "docTitle", "docType", "docSize", "encodedDocStr")}
        try:
            return attached.shown(self._attached().add_document(given | self._place(params)))
        except ValueError as error:
            raise Refused(str(error)) from error

    def _download(self, document_id: str) -> str:
        document = self._attached().document(document_id)
        if document is None:
            raise Refused(f"No document was found for id {document_id!r}")
        return f"{self._origin}/documents/{document['id']}/{attached.secret(document)}"

    def _bulk(self, params: dict[str, str]) -> Record:
        """Up to 5,000 rows at once, for a session; `countOfRecords` is the size of the batch."""
        if not self.knows(params.get("sessionKey")):
            raise Refused("Invalid session")
        world = self._calls.world
        rows = reading.with_status(world.listed(self._app(params)), params.get("objectStatus", ""))
        rows = reading.ordered(rows, params.get("sortColumn", ""), params.get("sortDir", "asc"), world.stamps)
        start = writing.number_parameter(params, ("startIndex",), 0)
        size = min(writing.number_parameter(params, ("numRecords",), _BULK_ROWS), _BULK_ROWS)
        data = rows[start : start + size]
        return {"data": data, "countOfRecords": len(data)}


def _object(params: dict[str, str], name: str) -> Record:
    given = writing.json_parameter(params, name)
    if not isinstance(given, dict):
        raise Refused(f"{name} is required")
    return given
