"""Webhooks: what changed, told to one receiver with a signature, and told again until it answers (facts/xero.md 8).

The receiver is set through the control surface and must be on this machine. A delivery that fails is repeated at once,
and then with the first write after 15 minutes have passed on the sandbox's clock.
"""

import asyncio
import hmac
from base64 import b64encode
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from http.client import HTTPConnection, HTTPException
from secrets import token_hex
from typing import Any
from urllib.parse import urlsplit

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from tieout_sandbox import codec
from tieout_sandbox.clock import Clock
from tieout_sandbox.control import PREFIX
from tieout_sandbox.xero import stamps
from tieout_sandbox.xero.books import Books
from tieout_sandbox.xero.table import Record, Table
from tieout_sandbox.xero.world import API, XeroWorld

_HERE = ("localhost", "127.0.0.1", "::1")
_SECONDS = 5
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

    def intends(self) -> bool:
        """Whether it tells right signatures from wrong ones: 200 for the former, 401 for the latter."""
        body = _body([], 0)
        checks = [(self.key, 200), (f"{self.key}x", 401), (self.key, 200), ("", 401)]
        return all(self.post(body, _signature(key, body)) == wanted for key, wanted in checks)

    def post(self, body: bytes, signature: str) -> int | None:
        """Send a body; the status of the answer, None when there is none in time."""
        parts = urlsplit(self.url)
        connection = HTTPConnection(parts.hostname or "", parts.port, timeout=_SECONDS)
        headers = {"Content-Type": "application/json", "x-xero-signature": signature, "User-Agent": "tieout-sandbox"}
        try:
            connection.request("POST", parts.path or "/", body, headers)
            return connection.getresponse().status
        except (OSError, HTTPException):
            return None
        finally:
            connection.close()


@dataclass(slots=True)
class _Seen:
    """What of one organisation has been noticed so far: the latest change in milliseconds, and every id."""

    books: Books
    latest: int = 0
    known: set[str] = field(default_factory=set)


class Webhooks:
    """The webhooks of the application: at most one receiver, for every organisation of the sandbox."""

    def __init__(self, world: XeroWorld, clock: Clock, origin: str) -> None:
        self._world = world
        self._clock = clock
        self._origin = origin
        self._receiver: Receiver | None = None
        self._seen: dict[str, _Seen] = {}
        self._pending: list[Record] = []
        self._sender = ThreadPoolExecutor(1)

    async def subscribe(self, given: Any) -> dict[str, Any]:
        """Set the receiver and check its intent to receive; return what `told` returns.

        Raises `ValueError` when `given` is no object with the url, on this machine, and the signing key.
        """
        url, key = (given.get("url"), given.get("key")) if isinstance(given, dict) else (None, None)
        parts = urlsplit(url) if isinstance(url, str) else None
        if not parts or parts.scheme != "http" or parts.hostname not in _HERE or not isinstance(key, str) or not key:
            raise ValueError('webhooks need {"url": "http://localhost:PORT/PATH", "key": KEY}')
        before = self._receiver
        receiver = Receiver(str(url), key, sequence=before.sequence if before else 0)
        if before is None:
            self._notice_all()
            self._pending.clear()
        if await run_in_threadpool(receiver.intends):
            receiver.status = "active"
        self._receiver = receiver
        return await self.told()

    async def told(self) -> dict[str, Any]:
        """Bring the deliveries that are due to an end; then the receiver's state and how many events wait."""
        await asyncio.wrap_future(self.notice())
        receiver = self._receiver
        if receiver is None:
            return {"url": None, "status": "none", "pending": 0, "lastEventSequence": 0}
        state = {"url": receiver.url, "status": receiver.status}
        return {**state, "pending": len(self._pending), "lastEventSequence": receiver.sequence}

    def notice(self) -> Future[None]:
        """Collect what has changed and let it be sent, after what was collected before."""
        if self._receiver is not None:
            self._notice_all()
        return self._sender.submit(self._deliver)

    @property
    def wanted(self) -> bool:
        """Whether anybody is told."""
        return self._receiver is not None

    def _deliver(self) -> None:
        receiver, now = self._receiver, self._clock.now()
        events = list(self._pending)
        if receiver is None or receiver.status != "active" or not events or (receiver.again and now < receiver.again):
            return
        body = _body(events, receiver.sequence + 1)
        signature = _signature(receiver.key, body)
        if receiver.post(body, signature) == 200 or receiver.post(body, signature) == 200:
            del self._pending[: len(events)]
            receiver.sequence += len(events)
            receiver.failing_since = receiver.again = None
            return
        receiver.failing_since = receiver.failing_since or now
        receiver.again = now + _AGAIN
        if now - receiver.failing_since >= _LONGEST:
            receiver.status = "disabled"

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


class Announcing:
    """Tells the webhooks after every call that may have changed something; it wraps everything that changes records."""

    def __init__(self, app: ASGIApp, webhooks: Webhooks) -> None:
        self._app = app
        self._webhooks = webhooks

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._app(scope, receive, send)
        if scope["type"] == "http" and scope["method"] != "GET" and self._webhooks.wanted:
            self._webhooks.notice()


def webhook_route(webhooks: Webhooks) -> Route:
    """`/_sandbox/webhooks`: POST sets the receiver (`{"url", "key"}`), GET tells its state once all is delivered."""

    async def endpoint(request: Request) -> Response:
        try:
            if request.method == "GET":
                answer = await webhooks.told()
            else:
                answer = await webhooks.subscribe(codec.loads(await request.body()))
        except ValueError as error:
            return Response(codec.dumps({"error": str(error)}), 400, media_type="application/json")
        return Response(codec.dumps(answer), media_type="application/json")

    return Route(f"{PREFIX}webhooks", endpoint, methods=["GET", "POST"])


def _told(books: Books) -> tuple[tuple[str, str, Table], ...]:
    return (
        ("Contacts", "CONTACT", books.contacts),
        ("Invoices", "INVOICE", books.invoices),
        ("CreditNotes", "CREDITNOTE", books.credit_notes),
        ("Prepayments", "PREPAYMENT", books.prepayments),
        ("Overpayments", "OVERPAYMENT", books.overpayments),
    )


def _body(events: list[Record], first: int) -> bytes:
    """The body of a delivery; its blanks are irregular, so that only the raw bytes have the signature."""
    last = first + len(events) - 1 if events else 0
    numbers = f'"firstEventSequence": {first},"lastEventSequence": {last}'
    return f'{{"events":{codec.dumps(events)},{numbers}, "entropy": "{token_hex(10).upper()}"}}'.encode()


def _signature(key: str, body: bytes) -> str:
    return b64encode(hmac.new(key.encode(), body, sha256).digest()).decode()
