"""The records of a fake Apptivo and what happens to them."""

from collections import defaultdict
from datetime import datetime, timedelta
from typing import Any, Literal
from urllib.parse import parse_qsl

from tieout_sandbox import codec
from tieout_sandbox.apptivo import native
from tieout_sandbox.apptivo.arithmetic import follow
from tieout_sandbox.apptivo.attached import Attached
from tieout_sandbox.apptivo.config import FIRM_ID
from tieout_sandbox.apptivo.folder import Firm, Records
from tieout_sandbox.apptivo.layout import USUAL_APPS, App
from tieout_sandbox.apptivo.meanwhile import Meanwhile
from tieout_sandbox.apptivo.stamps import Stamps
from tieout_sandbox.clock import Clock
from tieout_sandbox.edits import assign
from tieout_sandbox.exchange import Response, json_answer, text_answer

Record = dict[str, Any]
PERSON = "Priya Natarajan"
"""Who is said to have made an edit of the control surface."""
_FIRST_PAYMENT = 900_001


class ApptivoWorld:
    """Every app's records by id, as `getById` sees them, and a little later as the lists' index sees them."""

    def __init__(self, firm: Firm, clock: Clock) -> None:
        self.firm = firm
        self.layout = firm.layout
        self.clock = clock
        self.stamps = Stamps(firm.layout.stamp_form, firm.layout.offset)
        self._seed = self._start(firm.records)
        self._delay = timedelta(seconds=firm.behaviour.index_delay)
        self.meanwhile = Meanwhile(firm.layout, self.edit)
        self.reset()

    def reset(self) -> None:
        """Go back to the records of the start."""
        self._records: dict[str, dict[str, Record]] = {
            collection: {str(int(record["id"])): codec.copied(record) for record in self._seed.get(collection, [])}
            for collection in self.layout.apps
        }
        self.attached = Attached(self._seed, self.clock, self.stamps)
        self._unindexed: dict[str, dict[str, tuple[datetime, Record | None]]] = defaultdict(dict)
        self._next_payment = _FIRST_PAYMENT
        self.meanwhile.clear()

    def state(self) -> dict[str, Any]:
        """All records by collection, with notes, documents and mails.

        What is no part of a usual firm is shown only when there is something of it.
        """
        records = {collection: list(held.values()) for collection, held in self._records.items()}
        return {
            collection: held
            for collection, held in (records | self.attached.state()).items()
            if held or collection in USUAL_APPS
        }

    def get(self, app: App, record_id: str) -> Record | None:
        """The record as it is now; ids are compared as numbers."""
        return self._records[app.collection].get(_plain(record_id))

    def listed(self, app: App) -> list[Record]:
        """The records as the lists show them: without writes that are younger than the index delay."""
        current = self._records[app.collection]
        pending = self._unindexed[app.collection]
        if not pending:
            return list(current.values())
        now = self.clock.now()
        for record_id in [record_id for record_id, (seen_from, _) in pending.items() if seen_from <= now]:
            del pending[record_id]
        rows = [pending[key][1] if key in pending else record for key, record in current.items()]
        gone = [before for key, (_, before) in pending.items() if key not in current]
        return [row for row in [*rows, *gone] if row is not None]

    def create(self, app: App, given: Record, author: str) -> Record:
        """Store a new record: the id, the number where none is given, the audit fields and the usual empty lists."""
        number = 1 + max((int(key) for key in self._records[app.collection]), default=app.object_id * 100_000)
        record: Record = {"objectStatus": "0", "isActive": "Y", "addresses": [], "customAttributes": [], **given}
        record |= {"id": str(number), app.id_field: number, "objectId": app.object_id, "firmId": FIRM_ID, "version": 0}
        number_field = app.key(app.number)
        if app.number_prefix and record.get(number_field) in (None, "", "Auto generated number"):
            record[number_field] = f"{app.number_prefix}{number}"
        record |= {"creationDate": self.stamps.written(self.clock.now()), "createdByName": author}
        self._number_payments(app, record)
        self._remember(app, str(number), None)
        self._records[app.collection][str(number)] = record
        self._touch(record, author)
        return record

    def change(self, app: App, record: Record, values: Record, author: str) -> None:
        """Store the given top-level fields of a record and stamp it."""
        self._remember(app, _plain(record["id"]), codec.copied(record))
        record.update(codec.copied(values))
        self._number_payments(app, record)
        self._touch(record, author)

    def delete(self, app: App, record: Record) -> None:
        """Remove a record; it leaves the lists when the index has followed."""
        record_id = _plain(record["id"])
        self._remember(app, record_id, record)
        del self._records[app.collection][record_id]

    def edit(self, change: dict[str, Any]) -> dict[str, Any]:
        """Create, change or delete one record as a person there would; sums follow what they depend on."""
        app = self.layout.app(change["collection"])
        if "create" in change:
            record = self.create(app, codec.copied(change["create"]), PERSON)
            follow(record, app, set(change["create"]))
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
        follow(changed, app, {path.split(".")[0] for path in paths})
        self.change(app, record, changed, PERSON)
        return record

    def elements(self, method: str, path: str, body: bytes) -> int:
        """1 for a call that writes one record; what a read gives is known only to the application."""
        app = self.layout.at(path.rsplit("/", 1)[-1])
        given = dict(parse_qsl(body.decode("utf-8", "replace")))
        return int(app is not None and any(each in given for each in (app.data_parameter, app.id_field)))

    def throttled(self, scope: Literal["minute", "day"]) -> Response:
        """No answer of its own is known for this; a status and a page are what clients have to live with."""
        return text_answer(f"<html><body>Too many requests this {scope}</body></html>", 429)

    def token_expired(self) -> Response:
        """Wrong keys are answered with status 200 (docs/facts/apptivo.md, "Failures")."""
        return wrong_keys()

    def _found(self, app: App, change: dict[str, Any]) -> Record:
        if "id" in change:
            record = self.get(app, str(change["id"]))
        else:
            wanted = str(change.get("number"))
            rows = self._records[app.collection].values()
            names = (app.key(app.number), app.key(app.name))
            record = next((row for row in rows if wanted in map(row.get, names)), None)
        if record is None:
            raise LookupError(f"no record {change.get('id', change.get('number'))!r} in {app.collection}")
        return record

    def _start(self, records: Records) -> Records:
        """The records of the start: the first of every app may look as if Apptivo's own integration had sent them."""
        count = self.firm.behaviour.native_integration
        if not count:
            return records
        started = dict(records)
        for app in [self.layout.apps[name] for name in USUAL_APPS if name in self.layout.apps]:
            held = records.get(app.collection, [])
            sent = [native.marked(record, app, self.layout, self.clock.now()) for record in held[:count]]
            started[app.collection] = [*sent, *held[count:]]
        return started

    def _number_payments(self, app: App, record: Record) -> None:
        """Give an id to each payment that was entered without one."""
        table = app.tables.get("payments")
        if table is None or not isinstance(record.get(table.key), list):
            return
        key = table.name("paymentId")
        for payment in record[table.key]:
            if isinstance(payment, dict) and not payment.get(key):
                payment[key] = self._next_payment
                self._next_payment += 1

    def _remember(self, app: App, record_id: str, before: Record | None) -> None:
        if not self._delay:
            return
        pending = self._unindexed[app.collection]
        shown = pending[record_id][1] if record_id in pending else before
        pending[record_id] = (self.clock.now() + self._delay, shown)

    def _touch(self, record: Record, author: str) -> None:
        record["version"] = int(record.get("version") or 0) + 1
        record["lastUpdateDate"] = self.stamps.written(self.clock.now())
        record["lastUpdatedByName"] = author


def wrong_keys() -> Response:
    """The answer to missing or invalid keys."""
    return json_answer({"status": "FAILURE", "reason": "Invalid API Key or Access Key"})


def _plain(record_id: object) -> str:
    text = str(record_id).strip()
    return str(int(text)) if text.isdigit() else text
