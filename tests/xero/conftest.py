"""A tiny Xero in memory, reference data and terms for the connector's tests."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote

import pytest
from tieout.api import codec
from tieout.api.clock import Clock
from tieout.api.contract import Connection, Tenant, Terms
from tieout.api.errors import Unavailable
from tieout.api.model import Account, Currency, Lock, Organisation, Permission, TaxRate
from tieout.host.consent import Bearer
from tieout.host.http import HttpClient
from tieout.host.quota import Quota
from tieout.testing import FakeClock, FakeVault
from tieout_xero import XERO, consent
from tieout_xero.settings import Arrival, ConnectionSettings, Pair

API = "https://api.xero.com/api.xro/2.0/"
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def guid(number: int) -> str:
    return f"{number:08x}-0000-4000-8000-000000000000"


def ticks(moment: datetime) -> str:
    return f"/Date({int((moment - EPOCH).total_seconds() * 1000)}+0000)/"


@dataclass
class Answer:
    """What a call came back with, as `tieout.host.http` hands it over."""

    status: int
    content: bytes
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def text(self) -> str:
        return self.content.decode()

    def json(self) -> Any:
        try:
            return codec.loads(self.content)
        except ValueError as error:
            raise Unavailable("answered something that is not JSON") from error


@dataclass
class Call:
    method: str
    path: str
    params: dict[str, str]
    headers: dict[str, str]
    body: Any = None


@dataclass
class Xero:
    """Lists in memory; `answers` are given first, `before` runs before each read.

    `after_only` takes If-Modified-Since for "after", otherwise it is "at or after": nothing says which one Xero means.
    """

    lists: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    calls: list[Call] = field(default_factory=list)
    answers: list[Answer] = field(default_factory=list)
    before: Callable[[Xero], None] = lambda xero: None
    page_size: int | None = None
    after_only: bool = False
    now: datetime = datetime(2026, 11, 3, 12, tzinfo=UTC)

    ids = {  # noqa: RUF012 - the same for every Xero
        "Contacts": ("ContactID", "ContactNumber"),
        "Items": ("ItemID", "Code"),
        "Invoices": ("InvoiceID", "InvoiceNumber"),
        "PurchaseOrders": ("PurchaseOrderID", "PurchaseOrderNumber"),
        "Payments": ("PaymentID", "Reference"),
    }

    def answer(self, status: int, body: Any) -> None:
        self.answers.append(Answer(status, body if isinstance(body, bytes) else codec.dumps(body)))

    def write(self, method: str, url: str, **told: Any) -> Answer:
        return self._call(method, url, told)

    def read(self, method: str, url: str, **told: Any) -> Answer:
        self.before(self)
        return self._call(method, url, told)

    def _call(self, method: str, url: str, told: dict[str, Any]) -> Answer:
        path = url.removeprefix(API)
        call = Call(method, path, dict(told.get("params") or {}), dict(told.get("headers") or {}), told.get("body"))
        self.calls.append(call)
        return self.answers.pop(0) if self.answers else self._list(call)

    def _list(self, call: Call) -> Answer:
        name, _, key = call.path.partition("/")
        rows = self.lists.get(name, [])
        if key:
            found = [row for row in rows if unquote(key) in (row[self.ids[name][0]], row.get(self.ids[name][1]))]
            return self._envelope(name, found, None) if found else Answer(404, b"<html>not found</html>")
        rows = [row for row in rows if self._asked(name, row, call)]
        order = call.params.get("order", "UpdatedDateUTC ASC").split()[0]
        rows.sort(key=lambda row: (row.get(order), row[self.ids[name][0]]))
        if "page" not in call.params:
            return self._envelope(name, rows, None)
        page, size = int(call.params["page"]), self.page_size or int(call.params["pageSize"])
        pagination = {"page": page, "pageSize": size, "pageCount": -(-len(rows) // size), "itemCount": len(rows)}
        return self._envelope(name, rows[(page - 1) * size : page * size], pagination)

    def _asked(self, name: str, row: dict[str, Any], call: Call) -> bool:
        identity, number = self.ids[name]
        asked = call.params
        since = call.headers.get("If-Modified-Since")
        if since:
            told = ticks(datetime.fromisoformat(since).replace(tzinfo=UTC))
            if row["UpdatedDateUTC"] < told or (self.after_only and row["UpdatedDateUTC"] == told):
                return False
        if "IDs" in asked and row[identity] not in asked["IDs"].split(","):
            return False
        if "InvoiceNumbers" in asked and row.get(number) not in asked["InvoiceNumbers"].split(","):
            return False
        if "searchTerm" in asked and asked["searchTerm"].casefold() not in codec.dumps(row).decode().casefold():
            return False
        if "where" in asked:
            named = [one.split("==") for one in asked["where"].split(" OR ")]
            assert all(value.count('"') == 2 for _, value in named), "a quotation mark inside a value is a parse error"
            return any(str(row.get(wanted)).casefold() == value.strip('"').casefold() for wanted, value in named)
        return True

    def _envelope(self, name: str, rows: list[dict[str, Any]], pagination: Any) -> Answer:
        envelope = {"Status": "OK", "DateTimeUTC": ticks(self.now), name: rows}
        return Answer(200, codec.dumps(envelope | ({"pagination": pagination} if pagination else {})))


@pytest.fixture
def xero() -> Xero:
    return Xero()


@pytest.fixture
def connection(xero: Xero) -> Connection:
    return Connection(
        name="books",
        plugin="xero",
        settings=ConnectionSettings.model_validate({"client-id": "app"}),
        http=xero,  # type: ignore[arg-type]
        clock=Clock(),
        memory={},
        tenant=Tenant("org-1", "Acme Books"),
    )


ACCOUNTS = (
    Account(id="a-200", code="200", name="Sales", type="REVENUE", category="REVENUE", roles=frozenset({"sales"})),
    Account(id="a-210", code="210", name="Services", type="REVENUE", category="REVENUE", roles=frozenset({"sales"})),
    Account(
        id="a-300", code="300", name="Purchases", type="EXPENSE", category="EXPENSE", roles=frozenset({"purchase"})
    ),
    Account(
        id="a-630",
        code="630",
        name="Inventory",
        type="INVENTORY",
        category="ASSET",
        roles=frozenset({"purchase", "inventory"}),
    ),
    Account(
        id="a-299",
        code="299",
        name="Old sales",
        type="REVENUE",
        category="REVENUE",
        roles=frozenset({"sales"}),
        active=False,
    ),
    Account(id="a-bank", name="Cheque", type="BANK", category="ASSET", roles=frozenset({"payment"})),
    Account(id="a-860", code="860", name="Rounding", type="CURRLIAB", category="LIABILITY", system="ROUNDING"),
)
ALL = frozenset({"ASSET", "EQUITY", "EXPENSE", "LIABILITY", "REVENUE"})
TAXES = (
    TaxRate(id="OUTPUT", code="OUTPUT", name="GST on Income", rate=Decimal(10), categories=frozenset({"REVENUE"})),
    TaxRate(
        id="INPUT", code="INPUT", name="GST on Expenses", rate=Decimal(10), categories=frozenset({"EXPENSE", "ASSET"})
    ),
    TaxRate(id="TAX001", code="TAX001", name="GST 15", rate=Decimal(15), categories=ALL),
    TaxRate(id="EXEMPTOUTPUT", code="EXEMPTOUTPUT", name="Exempt income", categories=frozenset({"REVENUE"})),
    TaxRate(id="NONE", code="NONE", name="Tax Exempt", categories=ALL),
)


@pytest.fixture
def reference() -> dict[str, tuple[Any, ...]]:
    return {
        "accounts": ACCOUNTS,
        "taxes": TAXES,
        "currencies": (Currency(id="AUD", code="AUD", name="Dollar"), Currency(id="USD", code="USD", name="US Dollar")),
        "organisation": (Organisation(id="o", name="Acme Books", currency="AUD"),),
        "locks": (Lock(id="period", name="Period", until=date(2026, 6, 30)), Lock(id="year", name="Year")),
        "permissions": (Permission(id="CreateApprovedBill", name="CreateApprovedBill", allowed=False),),
    }


@pytest.fixture
def pair() -> Pair:
    return Pair.model_validate(
        {
            "accounts": {"payment": {"id": "a-bank"}, "inventory": "630", "sales": "200", "purchase": "300"},
            "taxes": {
                "sales": {"GST 10%": "OUTPUT", "GST 15%": "TAX001", "none": "EXEMPTOUTPUT"},
                "purchases": {"GST 10%": "INPUT", "GST 15%": "TAX001", "none": "NONE"},
            },
        }
    )


@pytest.fixture
def terms(reference: dict[str, Any], pair: Pair) -> Callable[..., Terms]:
    def make(constants: Mapping[str, Any] | None = None, **changes: Any) -> Terms:
        made = Terms(
            entity="documents",
            constants=constants or {},
            settings=Arrival(),
            pair=pair,
            connection=None,
            tenant=Tenant("org-1", "Acme Books"),
            reference=reference,
            memory={},
        )
        return replace(made, **changes)

    return make


@pytest.fixture
def sales(terms: Callable[..., Terms]) -> Terms:
    return terms({"Type": "ACCREC"})


@pytest.fixture
def bills(terms: Callable[..., Terms]) -> Terms:
    return terms({"Type": "ACCPAY"})


@pytest.fixture
def orders(terms: Callable[..., Terms]) -> Terms:
    return terms()


@pytest.fixture
def invoices_of() -> Callable[..., list[dict[str, Any]]]:
    def make(count: int, *, first: int = 1, start: datetime | None = None, every: float = 1.0) -> list[dict[str, Any]]:
        begin = start or datetime(2026, 11, 1, tzinfo=UTC)
        return [
            {
                "InvoiceID": guid(number),
                "InvoiceNumber": f"INV-{number}",
                "Type": "ACCREC",
                "UpdatedDateUTC": ticks(begin + timedelta(seconds=every * (number - first))),
            }
            for number in range(first, first + count)
        ]

    return make


@dataclass
class Told:
    """What the stand-in answers with; `cut` promises more than it sends."""

    status: int = 200
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    cut: bool = False

    @property
    def content(self) -> bytes:
        return self.body if isinstance(self.body, bytes) else b"" if self.body is None else codec.dumps(self.body)


@dataclass
class Served:
    """Loopback in place of Xero: answers by path, in order, the last one again and again; and what was asked."""

    url: str
    answers: dict[str, list[Told]] = field(default_factory=dict)
    asked: list[tuple[str, str, Mapping[str, str]]] = field(default_factory=list)

    def paths(self) -> list[str]:
        return [path.partition("?")[0] for _, path, _ in self.asked]

    def told(self, path: str) -> Told:
        left = self.answers.get(path.partition("?")[0]) or [Told(404)]
        return left.pop(0) if len(left) > 1 else left[0]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # headers and body go apart, and nobody waits for the second
    served: Served

    def _answer(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.served.asked.append((self.command, self.path, self.headers))
        told = self.served.told(self.path)
        self.send_response(told.status)
        for name, value in told.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(told.content) + (100 if told.cut else 0)))
        self.end_headers()
        self.wfile.write(told.content)
        self.close_connection = told.cut

    do_GET = do_POST = do_PUT = _answer

    def log_message(self, format: str, *arguments: Any) -> None:
        """Say nothing."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        if not isinstance(sys.exc_info()[1], ConnectionError):  # a client may hang up
            super().handle_error(request, client_address)


@pytest.fixture
def served() -> Iterator[Served]:
    server = _Server(("127.0.0.1", 0), _Handler)
    found = Served(f"http://127.0.0.1:{server.server_port}")
    server.RequestHandlerClass = type("Handler", (_Handler,), {"served": found})
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield found
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def books(served: Served) -> Iterator[Connection]:
    """A connection through core's own client, consent given, to the stand-in on loopback."""
    settings = ConnectionSettings.model_validate(
        {"client-id": "app", "api-url": f"{served.url}/api", "identity-url": served.url}
    )
    clock, vault = FakeClock(), FakeVault()
    vault.store("books", {"access_token": "t-1", "refresh_token": "r-1"})
    http = HttpClient(
        "books",
        hosts=XERO.hosts(settings),
        quota=Quota("books", XERO.limits, clock),
        clock=clock,
        authenticate=lambda: Bearer(consent.oauth(settings, frozenset({"Invoices"})), made, vault),
    )
    made = Connection("books", "xero", settings, http, clock, {}, Tenant("org-1", "Acme Books"))
    with http:
        yield made
