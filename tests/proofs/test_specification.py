"""Every request of a whole run is checked against Xero's own OpenAPI file (xero/SOURCE.md)."""

import json
import re
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal
from functools import cache
from pathlib import Path
from urllib.parse import parse_qsl, unquote

import pytest
import yaml
from sandboxed import Functions
from tieout.testing import FakeClock
from tieout_sandbox import codec
from tieout_sandbox.clock import Clock
from tieout_sandbox.firm import generate
from tieout_sandbox.inprocess import InProcess, Transport
from tieout_sandbox.writeconfig import write_config

BASE = "/api.xro/2.0"
WRITTEN = ("Contacts", "Items", "Invoices", "PurchaseOrders")
FILE = Path(__file__).parent / "xero" / "xero_accounting.yaml"

TRANSPORT = {
    "accept",
    "accept-encoding",
    "authorization",
    "connection",
    "content-length",
    "content-type",
    "host",
    "user-agent",
}
"""Headers that every HTTP client sends and that no operation lists by itself."""

_FORMATS = {
    "uuid": re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"),
    "date": re.compile(r"\d{4}-\d\d-\d\d"),
    "date-time": re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z?"),
}
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d(T\d\d:\d\d:\d\d)?|/Date\(-?\d+([+-]\d{4})?\)/")
_TEXTS = {"integer": re.compile(r"-?\d+"), "number": re.compile(r"-?\d+(\.\d+)?"), "boolean": re.compile("true|false")}
_TYPES = {
    "string": str,
    "boolean": bool,
    "integer": int,
    "number": (int, float, Decimal),
    "array": list,
    "object": dict,
}


@dataclass(frozen=True, slots=True)
class Call:
    """One request as it came in; `headers` by their names in small letters."""

    method: str
    path: str
    query: tuple[tuple[str, str], ...]
    headers: dict[str, str]
    body: bytes

    @property
    def name(self) -> str:
        return f"{self.method} {self.path.removeprefix(BASE)}"


class Recorder(Functions):
    """Both systems in this process, and every request that went to Xero's API."""

    def __init__(self, sandbox, config, clock):
        super().__init__(sandbox, config, clock)
        self.sent = []
        through = self.runtime.transport
        self.runtime = replace(self.runtime, transport=lambda: Transport(self._recorded(through())))

    def _recorded(self, transport):
        def carry(request):
            if request.url.path.startswith(BASE):
                headers = {name.lower(): value for name, value in request.headers.items()}
                query = tuple(parse_qsl(request.url.query.decode(), keep_blank_values=True))
                self.sent.append(Call(request.method, request.url.path, query, headers, request.read()))
            return transport.handle_request(request)

        return carry


class Specification:
    """Xero's OpenAPI file, asked about one request at a time."""

    def __init__(self, path: Path) -> None:
        with path.open("rb") as file:
            self._file = yaml.load(file, Loader=yaml.CSafeLoader)

    def violations(self, call: Call) -> list[str]:
        """Everything about a request that the file does not document; several operations may share a path's form."""
        said = [
            [*self._parameters(call, parameters, values), *self._body(call, operation)]
            for operation, parameters, values in self._operations(call)
        ]
        return [f"{call.name}: {one}" for one in min(said, key=len, default=["there is no such operation"])]

    def _operations(self, call: Call):
        asked = call.path.removeprefix(BASE).split("/")
        for template, item in self._file["paths"].items():
            parts = template.split("/")
            names = {place: part[1:-1] for place, part in enumerate(parts) if part.startswith("{")}
            fixed = (part == asked[place] for place, part in enumerate(parts) if place not in names)
            if len(parts) == len(asked) and all(fixed) and call.method.lower() in item:
                operation = item[call.method.lower()]
                listed = [
                    self._resolved(one) for one in (*item.get("parameters", ()), *operation.get("parameters", ()))
                ]
                values = {name: unquote(asked[place]) for place, name in names.items()}
                yield operation, {(one["in"], one["name"].lower()): one for one in listed}, values

    def _parameters(self, call: Call, parameters, values):
        given = [
            *(("query", name, value) for name, value in call.query),
            *(("header", name, value) for name, value in call.headers.items() if name not in TRANSPORT),
            *(("path", name, value) for name, value in values.items()),
        ]
        for place, name, value in given:
            declared = parameters.get((place, name.lower()))
            if declared is None:
                yield f"{place} {name} is not documented"
            elif place == "query" and declared["name"] != name:
                yield f"query {name} is spelt {declared['name']}"
            else:
                yield from self._text(value, declared["schema"], f"{place} {name}")
        named = {(place, name.lower()) for place, name, _ in given}
        for key, declared in parameters.items():
            if declared.get("required") and key not in named:
                yield f"{key[0]} {declared['name']} is missing"

    def _text(self, value: str, schema, where: str):
        """What is wrong with a parameter, which is always text."""
        schema = self._resolved(schema)
        if schema["type"] == "array":
            for one in value.split(","):
                yield from self._text(one, schema["items"], where)
        elif (form := _TEXTS.get(schema["type"])) and not form.fullmatch(value):
            yield f"{where} is no {schema['type']}: {value}"
        elif schema["type"] == "string":
            yield from self._string(value, schema, where)

    def _body(self, call: Call, operation):
        declared = operation.get("requestBody")
        if declared is None or not call.body:
            if bool(declared) != bool(call.body):
                yield "a body is documented" if declared else "no body is documented"
            return
        content = self._resolved(declared)["content"]
        kind = call.headers.get("content-type", "").partition(";")[0]
        if kind not in content:
            yield f"{kind} is no documented kind of body"
            return
        yield from self._value(codec.loads(call.body), content[kind]["schema"], "body")

    def _value(self, value, schema, where: str):
        """What is wrong with a JSON value."""
        schema = self._resolved(schema)
        kind = schema.get("type", "object")
        if (isinstance(value, bool) and kind != "boolean") or not isinstance(value, _TYPES[kind]):
            yield f"{where} is no {kind}: {value!r}"
        elif kind == "array":
            for one in value:
                yield from self._value(one, schema["items"], f"{where}[]")
        elif kind == "object":
            yield from self._properties(value, schema, where)
        elif kind == "string":
            yield from self._string(value, schema, where)

    def _properties(self, value, schema, where: str):
        for key, one in value.items():
            declared = schema.get("properties", {}).get(key)
            if declared is None:
                yield f"{where}.{key} is not documented"
            elif declared.get("readOnly"):
                yield f"{where}.{key} can only be read"
            else:
                yield from self._value(one, declared, f"{where}.{key}")
        for key in schema.get("required", ()):
            if key not in value:
                yield f"{where}.{key} is missing"

    def _string(self, value: str, schema, where: str):
        form = _MOMENT if schema.get("x-is-msdate") else _FORMATS.get(schema.get("format", ""))
        if "enum" in schema and value not in schema["enum"]:
            yield f"{where} is none of the documented values: {value}"
        if len(value) > schema.get("maxLength", len(value)):
            yield f"{where} is longer than {schema['maxLength']}"
        if form and not form.fullmatch(value):
            yield f"{where} has another form: {value}"

    def _resolved(self, node):
        while "$ref" in node:
            found = self._file
            for part in node["$ref"].removeprefix("#/").split("/"):
                found = found[part]
            node = found
        return node


@cache
def specification() -> Specification:
    return Specification(FILE)


@contextmanager
def recorded(folder, records=None):
    """A firm whose documents go out as approved: the one that the sandbox ships, or other records."""
    clock = FakeClock(datetime(2026, 11, 2, 9, 0, tzinfo=UTC))
    with InProcess(records=records, clock=Clock(source=clock.now), seed=1) as sandbox:
        config = folder / "plugins.toml"
        write_config(sandbox, config)
        text = config.read_text(encoding="utf-8")
        config.write_text(text.replace('status = "draft"', 'status = "authorised"'), encoding="utf-8")
        yield Recorder(sandbox, config, clock)


def _odd():
    """The firm that ships with little of what is ordinary: its odd documents are the last, its odd people the first."""
    firm = generate()
    last = {"invoices": 60, "supplier-invoices": 12, "purchase-orders": 2}
    firm |= {app: firm[app][:20] + firm[app][-count:] for app, count in last.items()}
    made = [one for app in last for one in firm[app]]
    made += [line for one in made for line in one["lines"]]
    named = {str(one[key]) for one in made for key in ("customerId", "contactId", "itemId") if one.get(key)}
    for app in ("customers", "contacts", "items"):
        firm[app] = [one for place, one in enumerate(firm[app]) if place <= 80 or str(one["id"]) in named]
    return firm


_SINGULAR = {
    "customers": "customer",
    "items": "item",
    "invoices": "invoice",
    "purchase-orders": "purchaseOrder",
    "supplier-invoices": "supplierInvoice",
}


def _edited(systems):
    """A person's day at the source: something of every kind is changed, added and taken back."""
    source = systems.state("apptivo")
    sent, withdrawn = [one for one in source["invoices"] if one["statusName"] == "Sent"][:2]
    unpaid, bill = [one for one in source["supplier-invoices"] if one["statusName"] == "Sent"][:2]
    order, cancelled = [one for one in source["purchase-orders"] if one["statusName"] == "Sent"][:2]
    customer, item = source["customers"][80], source["items"][3]
    changes = {
        ("invoices", sent["id"]): {"poNumber": "PO 4711", "lines.0.quantity": 7},
        ("invoices", withdrawn["id"]): {"statusId": 20006, "statusName": "Void"},
        ("supplier-invoices", unpaid["id"]): {"statusId": 22005, "statusName": "Void"},
        ("purchase-orders", order["id"]): {"lines.0.quantity": 3},
        ("purchase-orders", cancelled["id"]): {"statusId": 21004, "statusName": "Cancelled"},
        ("customers", customer["id"]): {"customerName": "Renamed & Sons"},
        ("items", item["id"]): {"itemPrice": "4.3210"},
    }
    for (collection, identity), change in changes.items():
        systems.edit(systems.apptivo, collection=collection, id=identity, set=change)
    new = {
        "customers": {**customer, "customerName": "Brand New Doors", "customerNumber": "CUS-9999"},
        "items": {**item, "itemName": "Brand new door", "itemCode": "NEW-DOOR"},
        "invoices": {**sent, "invoiceNumber": "INV-99999"},
        "purchase-orders": {**order, "purchaseOrderNumber": "PO-99999"},
        "supplier-invoices": {**bill, "invoiceNumber": "BILL-99999"},
    }
    for collection, record in new.items():
        plain = {name: value for name, value in record.items() if name not in ("id", f"{_SINGULAR[collection]}Id")}
        systems.edit(systems.apptivo, collection=collection, create=json.loads(codec.dumps(plain)))


def _is_documented(systems):
    systems.sync()
    _edited(systems)
    for name in WRITTEN:  # what became of a lost answer is looked up
        systems.fault(systems.xero, "drop-after-commit", path=f"{BASE}/{name}", method="PUT")
    systems.sync()
    with systems.desk() as desk:
        desk.reconcile("main")
    systems.sync()
    assert {said for call in systems.sent for said in specification().violations(call)} == set()
    assert {call.name for call in systems.sent} >= {f"{way} /{name}" for way in ("PUT", "POST") for name in WRITTEN}
    bodies = [codec.loads(call.body) for call in systems.sent if call.body]
    statuses = {one.get("Status") for body in bodies for many in body.values() for one in many}
    assert statuses >= {"DRAFT", "AUTHORISED", "VOIDED", "DELETED"}
    assert any("where" in dict(call.query) for call in systems.sent)
    assert any("if-modified-since" in call.headers for call in systems.sent)


def test_every_request_of_a_whole_run_is_one_that_xero_documents(tmp_path):
    with recorded(tmp_path, _odd()) as systems:
        _is_documented(systems)


@pytest.mark.matrix
def test_every_request_for_the_whole_firm_is_one_that_xero_documents(tmp_path):
    with recorded(tmp_path) as systems:
        _is_documented(systems)


GOOD = Call(
    method="PUT",
    path=f"{BASE}/Invoices",
    query=(("summarizeErrors", "false"), ("unitdp", "4")),
    headers={
        "content-type": "application/json",
        "xero-tenant-id": "2b5a4f6e-7d0c-4c55-9e53-5f2f5d1a6c11",
        "idempotency-key": "tieout-1",
    },
    body=codec.dumps(
        {
            "Invoices": [
                {
                    "Type": "ACCREC",
                    "Contact": {"ContactID": "430fa14a-f945-44d3-9f97-5df5e28441b8"},
                    "Date": "2026-11-03",
                    "InvoiceNumber": "INV-1",
                    "LineItems": [{"Description": "Pump", "Quantity": 2, "UnitAmount": Decimal("50.125")}],
                }
            ]
        }
    ).encode(),
)


def _with(**changes):
    body = codec.loads(GOOD.body)
    body["Invoices"][0] |= changes
    return replace(GOOD, body=codec.dumps(body).encode())


def test_the_request_that_the_others_are_made_from_is_documented():
    assert specification().violations(GOOD) == []


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (replace(GOOD, path=f"{BASE}/Bills"), "no such operation"),
        (replace(GOOD, method="PATCH"), "no such operation"),
        (replace(GOOD, query=(("pageSize", "10"),)), "query pageSize is not documented"),
        (replace(GOOD, query=(("unitdp", "four"),)), "query unitdp is no integer"),
        (replace(GOOD, query=(("UnitDP", "4"),)), "query UnitDP is spelt unitdp"),
        (replace(GOOD, headers=GOOD.headers | {"if-match": "x"}), "header if-match is not documented"),
        (replace(GOOD, headers={"content-type": "application/json"}), "header xero-tenant-id is missing"),
        (replace(GOOD, headers=GOOD.headers | {"content-type": "text/xml"}), "no documented kind of body"),
        (replace(GOOD, body=b""), "a body is documented"),
        (replace(GOOD, method="GET", query=()), "no body is documented"),
        (replace(GOOD, body=b"[]"), "body is no object"),
        (_with(Number="INV-1"), "Number is not documented"),
        (_with(Type="INVOICE"), "Type is none of the documented values"),
        (_with(InvoiceNumber=17), "InvoiceNumber is no string"),
        (_with(InvoiceNumber="x" * 256), "InvoiceNumber is longer than 255"),
        (_with(InvoiceID="INV-1"), "InvoiceID has another form"),
        (_with(Date="3/11/2026"), "Date has another form"),
        (_with(CurrencyRate="1.5"), "CurrencyRate is no number"),
        (_with(SentToContact="true"), "SentToContact is no boolean"),
        (_with(Total=Decimal("100.25")), "Total can only be read"),
        (_with(LineItems=[{"UnitAmount": True}]), "UnitAmount is no number"),
        (_with(LineItems={"Description": "Pump"}), "LineItems is no array"),
    ],
)
def test_a_request_that_xero_does_not_document_is_told(call, says):
    assert any(says.casefold() in one.casefold() for one in specification().violations(call))
