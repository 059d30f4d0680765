"""The records of a fake Apptivo and what happens to them."""

from collections import defaultdict
from datetime import datetime, timedelta
from typing import Any, Literal
from urllib.parse import parse_qsl

from starlette.responses import HTMLResponse, JSONResponse, Response

from tieout_sandbox import codec
from tieout_sandbox.apptivo.apps import BY_COLLECTION, BY_URL, USUAL, App, named
from tieout_sandbox.apptivo.arithmetic import TOUCHES, total_up
from tieout_sandbox.apptivo.folder import Firm, Records
from tieout_sandbox.apptivo.stamps import stamp
from tieout_sandbox.clock import Clock
from tieout_sandbox.edits import assign

Record = dict[str, Any]
FIRM_ID = 90001
PERSON = "Priya Natarajan"
"""Who is said to have made an edit of the control surface."""


class ApptivoWorld:
    """Every app's records by id, as `getById` sees them, and a little later as the lists' index sees them."""

    def __init__(self, firm: Firm, clock: Clock) -> None:
        self.firm = firm
        self.clock = clock
        self._seed: Records = firm.records
        self._delay = timedelta(seconds=float(firm.behaviour.index_delay))
        self.reset()

    def reset(self) -> None:
        """Go back to the records of the start."""
        self._records: dict[str, dict[str, Record]] = {
            collection: {str(int(record["id"])): codec.copied(record) for record in self._seed.get(collection, [])}
            for collection in BY_COLLECTION
        }
        self._unindexed: dict[str, dict[str, tuple[datetime, Record | None]]] = defaultdict(dict)

    def state(self) -> dict[str, Any]:
        """All records by collection; an app that is no part of a usual firm is shown only when it has records."""
        return {
            collection: list(records.values())
            for collection, records in self._records.items()
            if records or collection in USUAL
        }

    def get(self, app: App, record_id: str) -> Record | None:
        """The record as it is now; ids are compared as numbers."""
        return self._records[app.collection].get(_plain(record_id))

    def listed(self, app: App) -> list[Record]:
        """The records as the lists show them: without writes that are younger than the index delay."""
        now = self.clock.now()
        pending = self._unindexed[app.collection]
        for record_id in [record_id for record_id, (seen_from, _) in pending.items() if seen_from <= now]:
            del pending[record_id]
        current = self._records[app.collection]
        rows = [pending[key][1] if key in pending else record for key, record in current.items()]
        gone = [before for key, (_, before) in pending.items() if key not in current]
        return [row for row in [*rows, *gone] if row is not None]

    def create(self, app: App, given: Record, author: str) -> Record:
        """Store a new record: the id, the number where none is given, the audit fields and the usual empty lists."""
        number = 1 + max((int(key) for key in self._records[app.collection]), default=app.object_id * 100_000)
        record: Record = {"objectStatus": "0", "isActive": "Y", "addresses": [], "customAttributes": [], **given}
        record |= {"id": str(number), app.id_field: number, "objectId": app.object_id, "firmId": FIRM_ID, "version": 0}
        if app.prefix and record.get(app.number) in (None, "", "Auto generated number"):
            record[app.number] = f"{app.prefix}{number}"
        record |= {"creationDate": stamp(self.clock.now()), "createdByName": author}
        self._remember(app, str(number), None)
        self._records[app.collection][str(number)] = record
        self._touch(record, author)
        return record

    def change(self, app: App, record: Record, values: Record, author: str) -> None:
        """Store the given top-level fields of a record and stamp it."""
        self._remember(app, _plain(record["id"]), codec.copied(record))
        record.update(codec.copied(values))
        self._touch(record, author)

    def delete(self, app: App, record: Record) -> None:
        """Remove a record; it leaves the lists when the index has followed."""
        record_id = _plain(record["id"])
        self._remember(app, record_id, record)
        del self._records[app.collection][record_id]

    def edit(self, change: dict[str, Any]) -> dict[str, Any]:
        """Create, change or delete one record as a person there would; sums follow what they depend on."""
        app = named(change["collection"])
        if "create" in change:
            record = self.create(app, codec.copied(change["create"]), PERSON)
            _follow(record, list(change["create"]))
            return record
        record = self._found(app, change)
        if change.get("delete"):
            self.delete(app, record)
            return record
        paths = change.get("set")
        if not isinstance(paths, dict) or not paths:
            raise ValueError('an edit says what to do: {"set": {path: value}}, {"create": {...}} or {"delete": true}')
        changed = codec.copied(record)
        for path, value in paths.items():
            assign(changed, path, value)
        _follow(changed, list(paths))
        self.change(app, record, changed, PERSON)
        return record

    def elements(self, method: str, path: str, body: bytes) -> int:
        """1 for a call that writes one record; what a read gives is known only to the application."""
        app = BY_URL.get(path.rsplit("/", 1)[-1])
        fields = dict(parse_qsl(body.decode("utf-8", "replace")))
        return int(app is not None and any(field in fields for field in (app.data_parameter, app.id_field)))

    def throttled(self, scope: Literal["minute", "day"]) -> Response:
        """No answer of its own is known for this; a status and a page are what clients have to live with."""
        return HTMLResponse(f"<html><body>Too many requests this {scope}</body></html>", 429)

    def token_expired(self) -> Response:
        """Wrong keys are answered with status 200 (facts/apptivo.md 1.7)."""
        return wrong_keys()

    def _found(self, app: App, change: dict[str, Any]) -> Record:
        if "id" in change:
            record = self.get(app, str(change["id"]))
        else:
            wanted = str(change.get("number"))
            rows = self._records[app.collection].values()
            record = next((row for row in rows if wanted in (row.get(app.number), row.get(app.name))), None)
        if record is None:
            raise LookupError(f"no record {change.get('id', change.get('number'))!r} in {app.collection}")
        return record

    def _remember(self, app: App, record_id: str, before: Record | None) -> None:
        if not self._delay:
            return
        pending = self._unindexed[app.collection]
        shown = pending[record_id][1] if record_id in pending else before
        pending[record_id] = (self.clock.now() + self._delay, shown)

    def _touch(self, record: Record, author: str) -> None:
        record["version"] = int(record.get("version") or 0) + 1
        record["lastUpdateDate"] = stamp(self.clock.now())
        record["lastUpdatedByName"] = author


def wrong_keys() -> Response:
    """The answer to missing or invalid keys."""
    return JSONResponse({"status": "FAILURE", "reason": "Invalid API Key or Access Key"})


def _plain(record_id: object) -> str:
    text = str(record_id).strip()
    return str(int(text)) if text.isdigit() else text


def _follow(record: Record, paths: list[str]) -> None:
    """Recompute a document's sums after an edit of what they depend on, unless the edit states a sum itself."""
    touched = {path.split(".")[0] for path in paths}
    if touched.intersection(TOUCHES) and not touched.intersection(("subTotal", "taxAmount", "total")):
        total_up(record)
