"""Webhooks: what changed, told to one receiver with a signature, and told again until it answers.

Source: docs/facts/xero.md, "Webhooks".

The receiver is set through the control surface and must be on this machine. A delivery that fails is repeated at once,
and then with the first write after 15 minutes have passed on the sandbox's clock.
"""

import hmac
from base64 import b64encode
from collections.abc import Iterator
from concurrent.futures import Executor, Future
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any
from urllib.parse import urlsplit

from tieout_sandbox import codec
from tieout_sandbox.clock import Clock
from tieout_sandbox.control import PREFIX, endpoint
from tieout_sandbox.entropy import Entropy
from tieout_sandbox.exchange import Request, Route
from tieout_sandbox.fake import Post
from tieout_sandbox.xero import stamps
from tieout_sandbox.xero.books import Books
from tieout_sandbox.xero.table import Record, Table
from tieout_sandbox.xero.world import API, XeroWorld

PATH = f"{PREFIX}webhooks"
_HERE = ("localhost", "127.0.0.1", "::1")
_AGAIN, _LONGEST = timedelta(minutes=15), timedelta(hours=24)


@dataclass(slots=True)
class Receiver:
    """Who is told, and how that goes. `status` is `active`, `refused` (intent to receive failed) or `disabled`."""

    url: str
    key: str
    status: str = "refused"
    sequence: int = 0
    failing_since: datetime | None = None
    again: datetime | None = None


@dataclass(slots=True)
class _Seen:
    """What of one organisation has been noticed so far: the latest change in milliseconds, and every id."""

    books: Books
    latest: int = 0
    known: set[str] = field(default_factory=set)


class Webhooks:
    """The webhooks of the application: at most one receiver, for every organisation of the sandbox.

    Deliveries are `errands`, one after the other, and go out by `post`. Neither they nor `subscribe` and `told`, which
    wait for them, may be called while the `lock` of the records is held.
    """

    def __init__(
        self,
        world: XeroWorld,
        clock: Clock,
        entropy: Entropy,
        origin: str,
        lock: AbstractContextManager[Any],
        errands: Executor,
        post: Post,
    ) -> None:
        self._world = world
        self._clock = clock
        self._entropy = entropy
        self._origin = origin
        self._lock = lock
        self._errands = errands
        self._post = post
        self._receiver: Receiver | None = None
        self._seen: dict[str, _Seen] = {}
        self._pending: list[Record] = []

    def route(self) -> Route:
        """`/_sandbox/webhooks`: POST sets the receiver (`{"url", "key"}`), GET tells its state after all deliveries."""
        answers = {"GET": lambda _: self.told(), "POST": self.subscribe}
        return Route(PATH, endpoint(answers), answers)

    def subscribe(self, given: Any) -> dict[str, Any]:
        """Set the receiver and check its intent to receive; return what `told` returns.

        Raises `ValueError` when `given` is no object with the url, on this machine, and the signing key.
        """
        url, key = (given.get("url"), given.get("key")) if isinstance(given, dict) else (None, None)
        parts = urlsplit(url) if isinstance(url, str) else None
        if not parts or parts.scheme != "http" or parts.hostname not in _HERE or not isinstance(key, str) or not key:
            raise ValueError('webhooks need {"url": "http://localhost:PORT/PATH", "key": KEY}')
        with self._lock:
            before = self._receiver
            receiver = Receiver(str(url), key, sequence=before.sequence if before else 0)
            if before is None:
                self._notice_all()
                self._pending.clear()
        if self._intends(receiver):
            receiver.status = "active"
        with self._lock:
            self._receiver = receiver
        return self.told()

    def told(self) -> dict[str, Any]:
        """Bring the deliveries that are due to an end; then the receiver's state and how many events wait."""
        self.notice().result()
        with self._lock:
            receiver = self._receiver
            if receiver is None:
                return {"url": None, "status": "none", "pending": 0, "lastEventSequence": 0}
            state = {"url": receiver.url, "status": receiver.status}
            return {**state, "pending": len(self._pending), "lastEventSequence": receiver.sequence}

    def notice(self) -> Future[None]:
        """Collect what has changed and let it be sent, after what was collected before."""
        with self._lock:
            if self._receiver is not None:
                self._notice_all()
        return self._errands.submit(self._deliver)

    def after(self, request: Request) -> None:
        """Tell what a call may have changed, once it is answered."""
        if request.method != "GET" and self._receiver is not None:
            self.notice()

    def _deliver(self) -> None:
        now = self._clock.now()
        with self._lock:
            receiver, events = self._receiver, list(self._pending)
        if receiver is None or receiver.status != "active" or not events or (receiver.again and now < receiver.again):
            return
        body = self._body(events, receiver.sequence + 1)
        signature = _signature(receiver.key, body)
        told = any(self._sent(receiver, body, signature) == 200 for _ in range(2))
        with self._lock:
            if told:
                del self._pending[: len(events)]
                receiver.sequence += len(events)
                receiver.failing_since = receiver.again = None
                return
            receiver.failing_since = receiver.failing_since or now
            receiver.again = now + _AGAIN
            if now - receiver.failing_since >= _LONGEST:
                receiver.status = "disabled"

    def _intends(self, receiver: Receiver) -> bool:
        """Whether it tells right signatures from wrong ones: 200 for the former, 401 for the latter."""
        body, key = self._body([], 0), receiver.key
        checks = [(key, 200), (f"{key}x", 401), (key, 200), ("", 401)]
        return all(self._sent(receiver, body, _signature(each, body)) == wanted for each, wanted in checks)

    def _sent(self, receiver: Receiver, body: bytes, signature: str) -> int | None:
        headers = {"Content-Type": "application/json", "x-xero-signature": signature, "User-Agent": "tieout-sandbox"}
        return self._post(receiver.url, body, headers)

    def _body(self, events: list[Record], first: int) -> bytes:
        """The body of a delivery; its blanks are irregular, so that only the raw bytes have the signature."""
        last = first + len(events) - 1 if events else 0
        numbers = f'"firstEventSequence": {first},"lastEventSequence": {last}'
        entropy = self._entropy.hex(10).upper()
        return f'{{"events":{codec.dumps(events)},{numbers}, "entropy": "{entropy}"}}'.encode()

    def _notice_all(self) -> None:
        for tenant, resources in self._world.organisations.items():
            seen = self._seen.get(tenant)
            fresh = seen is None or seen.books is not resources.books
            if seen is None or fresh:
                seen = self._seen[tenant] = _Seen(resources.books)
            events = sorted(self._changes(tenant, seen), key=lambda each: str(each["eventDateUtc"]))
            if not fresh:
                self._pending += events

    def _changes(self, tenant: str, seen: _Seen) -> Iterator[Record]:
        latest = seen.latest
        for plural, category, table in _told(seen.books):
            for record in reversed(table):
                ms = stamps.stamp_ms(record["UpdatedDateUTC"])
                if ms <= seen.latest:
                    break
                latest = max(latest, ms)
                identity = record[table.id_field]
                event: Record = {
                    "resourceUrl": f"{self._origin}{API}{plural}/{identity}",
                    "resourceId": identity,
                    "tenantId": tenant,
                    "tenantType": "ORGANISATION",
                    "eventCategory": category,
                    "eventType": "UPDATE" if identity in seen.known else "CREATE",
                    "eventDateUtc": f"{stamps.text_of(ms).rstrip('Z')}.{ms % 1000:03}",
                }
                if category == "CREDITNOTE":
                    event["data"] = {"Type": record["Type"], "Status": record["Status"]}
                seen.known.add(identity)
                yield event
        seen.latest = latest


def _told(books: Books) -> tuple[tuple[str, str, Table], ...]:
    return (
        ("Contacts", "CONTACT", books.contacts),
        ("Invoices", "INVOICE", books.invoices),
        ("CreditNotes", "CREDITNOTE", books.credit_notes),
        ("Prepayments", "PREPAYMENT", books.prepayments),
        ("Overpayments", "OVERPAYMENT", books.overpayments),
    )


def _signature(key: str, body: bytes) -> str:
    return b64encode(hmac.new(key.encode(), body, sha256).digest()).decode()
