"""A tiny Apptivo in memory, and connections and terms for the connector's tests."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from tieout.api import codec
from tieout.api.clock import Clock
from tieout.api.contract import Connection, Settings, Tenant, Terms
from tieout.api.errors import Rejected, Unavailable
from tieout_apptivo import APPTIVO
from tieout_apptivo.shape.settings import Firm

BASE = "https://app.apptivo.com/app/dao/v6/"


@dataclass
class Answer:
    """What a call came back with, as `tieout.host.http` hands it over."""

    status: int
    text: str
    headers: Mapping[str, str] = field(default_factory=dict)

    def json(self) -> Any:
        try:
            return codec.loads(self.text)
        except ValueError as error:
            raise Unavailable("answered something that is not JSON") from error


class Apptivo:
    """A firm that answers reads, and stores of an update what is named in its list of attributes.

    `rows` are the records by the name of the app in URLs, `said` answers to give first (an exception is raised).
    `config` is every app's configuration, `configs` what an app has besides. `present` are the only names in URLs at
    which there are apps (None: any). `window` is how many rows of a list it shows, `most` the most in one call,
    `unsorted` the sort columns that it ignores; it counts the records of a list unless `counting` is off.
    """

    def __init__(self) -> None:
        self.rows: dict[str, list[dict[str, Any]]] = {}
        self.config: dict[str, Any] = {"isMultiCurrency": "N"}
        self.configs: dict[str, dict[str, Any]] = {}
        self.said: list[Any] = []
        self.calls: list[dict[str, str]] = []
        self.urls: list[tuple[str, str]] = []
        self.window = self.most = 1_000_000
        self.unsorted: frozenset[str] = frozenset()
        self.present: frozenset[str] | None = None
        self.counting = True
        self.refuses: frozenset[str] = frozenset()
        self.names = "attributeNames"
        self.updates: list[dict[str, Any]] = []

    def read(self, method: str, url: str, *, form: dict[str, str]) -> Answer:
        self.calls.append(form)
        self.urls.append((method, url))
        if self.said:
            said = self.said.pop(0)
            if isinstance(said, Exception):
                raise said
            return said if isinstance(said, Answer) else Answer(200, said if isinstance(said, str) else _json(said))
        if form["a"] in self.refuses:
            return Answer(200, _json({"status": "FAILURE", "reason": "Not available"}))
        if not url.startswith(BASE.removesuffix("dao/v6/")):
            raise Unavailable("there is nobody at this address")
        if self.present is not None and url.removeprefix(BASE) not in self.present:
            return Answer(404, "<html>not here</html>")
        action = getattr(self, form["a"], None)
        if action is None:
            return Answer(200, _json({"status": "FAILURE", "reason": f"Invalid method: {form['a']}"}))
        return Answer(200, _json(action(url.removeprefix(BASE), form)))

    def write(self, method: str, url: str, *, form: dict[str, str]) -> Answer:
        return self.read(method, url, form=form)

    def update(self, app: str, form: dict[str, str]) -> Any:
        [id] = [value for name, value in form.items() if name.endswith("Id") and name != "objectId"]
        [data] = [codec.loads(value) for name, value in form.items() if name.endswith("Data")]
        names = codec.loads(form.get(self.names, "[]"))
        self.updates.append({"names": names, "data": data, "ids": codec.loads(form["attributeIds"])})
        custom = form["isCustomAttributesUpdate"] == "true"
        self.rows[app] = [
            row | {name: data[name] for name in names if name in data and custom == (name == "customAttributes")}
            if row["id"] == id
            else row
            for row in self.rows[app]
        ]
        return {"id": id}

    def getConfigData(self, app: str, form: dict[str, str]) -> Any:
        return self.config | self.configs.get(app, {})

    def getById(self, app: str, form: dict[str, str]) -> Any:
        [id] = [value for name, value in form.items() if name.endswith("Id")]
        found = [row for row in self.rows.get(app, []) if row["id"] == id]
        return found[0] if found else {"data": {}}

    def getAll(self, app: str, form: dict[str, str]) -> Any:
        rows = list(self.rows.get(app, []))
        column = form.get("sortColumn")
        if column and column not in self.unsorted:
            rows.sort(key=lambda row: str(row.get(column, "")), reverse=form["sortDir"] == "desc")
        return self._page(rows, form)

    def getAllBySearchText(self, app: str, form: dict[str, str]) -> Any:
        assert form["searchText"] == form["searchText"].lower()
        rows = [row for row in self.rows.get(app, []) if form["searchText"] in _json(row).lower()]
        return self._page(rows, form)

    def _page(self, rows: list[dict[str, Any]], form: dict[str, str]) -> Any:
        start, size = int(form["startIndex"]), min(int(form["numRecords"]), self.most)
        page: dict[str, Any] = {"countOfRecords": len(rows)} if self.counting else {}
        if shown := rows[: self.window][start : start + size]:
            page["data"] = shown
        return page

    def lists(self) -> list[dict[str, str]]:
        """The calls for lists."""
        return [call for call in self.calls if call["a"] == "getAll"]


class StoppedClock(Clock):
    """A clock that stands; waiting moves it on."""

    def __init__(self) -> None:
        self.time = datetime(2024, 6, 1, 12, tzinfo=UTC)
        self.waited: list[float] = []

    def now(self) -> datetime:
        return self.time

    def wait(self, seconds: float, stop: threading.Event | None = None) -> None:
        self.waited.append(seconds)
        self.time += timedelta(seconds=seconds)


Connect = Callable[..., Connection]


@pytest.fixture
def apptivo() -> Apptivo:
    return Apptivo()


@pytest.fixture
def make_settings(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Firm]:
    monkeypatch.setenv("APPTIVO_API_KEY", "api-key-of-the-tests")
    monkeypatch.setenv("APPTIVO_ACCESS_KEY", "access-key-of-the-tests")

    def make(**given: Any) -> Firm:
        keys = {"api-key": {"env": "APPTIVO_API_KEY"}, "access-key": {"env": "APPTIVO_ACCESS_KEY"}}
        return Firm.model_validate(keys | {name.replace("_", "-"): value for name, value in given.items()})

    return make


@pytest.fixture
def connect(apptivo: Apptivo, make_settings: Callable[..., Firm]) -> Connect:
    def make(**given: Any) -> Connection:
        http: Any = apptivo
        return Connection(
            name="crm", plugin="apptivo", settings=make_settings(**given), http=http, clock=StoppedClock(), memory={}
        )

    return make


@pytest.fixture
def lift(make_settings: Callable[..., Firm]) -> Callable[..., Any]:
    """Lifts a wire of an app: `lift("invoices", wire, memory={...}, profile={...})`."""

    def turn(app: str, wire: dict[str, Any], memory: Mapping[str, Any] | None = None, **given: Any) -> Any:
        settings = make_settings(**given)
        terms = Terms(
            entity=app,
            constants={},
            settings=Settings(),
            pair=Settings(),
            connection=settings,
            tenant=Tenant("90001", "A firm"),
            reference={},
            memory={"date-format": "MM/dd/yyyy"} if memory is None else memory,
        )
        return APPTIVO.resource(app).lift(wire, terms)

    return turn


@pytest.fixture
def refused(lift: Callable[..., Any]) -> Callable[..., dict[str, Any]]:
    """The problems for which a wire is refused, by cause."""

    def turn(app: str, wire: dict[str, Any], **given: Any) -> dict[str, Any]:
        with pytest.raises(Rejected) as error:
            lift(app, wire, **given)
        return {problem.cause: problem for problem in error.value.problems}

    return turn


@pytest.fixture
def invoice() -> Callable[..., dict[str, Any]]:
    """An invoice in Apptivo's shape: 2 x 11.50 with 10 % GST, 25.30 in all."""

    def make(**changed: Any) -> dict[str, Any]:
        wire = {
            "id": "5000100",
            "invoiceNumber": "INV-1007",
            "customerId": 1000231,
            "customerName": "Acme Pty Ltd",
            "contactId": "2000077",
            "contactName": "Ana Reyes",
            "statusId": 20002,
            "statusName": "Sent",
            "invoiceDate": "03/04/2024",
            "dueDate": "04/03/2024",
            "currencyCode": "AUD",
            "lines": [line()],
            "subTotal": "23.00",
            "taxAmount": "2.30",
            "total": "25.30",
            "objectStatus": "0",
        }
        return {name: value for name, value in (wire | changed).items() if value is not ...}

    return make


def line(**changed: Any) -> dict[str, Any]:
    row = {
        "itemId": 4000011,
        "itemName": "Steel bolt M8",
        "note": "Box of 100",
        "quantity": 2,
        "unitPrice": "11.50",
        "taxName": "GST",
        "taxRate": "10",
        "amount": Decimal("23.00"),
    }
    return {name: value for name, value in (row | changed).items() if value is not ...}


@pytest.fixture(name="line")
def _line() -> Callable[..., dict[str, Any]]:
    return line


def _json(value: Any) -> str:
    return codec.dumps(value).decode()


@pytest.fixture
def not_found() -> Answer:
    return Answer(404, "<html>not here</html>")
