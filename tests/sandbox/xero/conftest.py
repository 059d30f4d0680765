"""A fake Xero in this process, with a client that has consented to everything."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import httpx
import pytest
from tieout_sandbox import codec
from tieout_sandbox.clock import Clock
from tieout_sandbox.fake import Fake, Limits, Options
from tieout_sandbox.xero.app import create
from tieout_sandbox.xero.tokens import shipped_key

ORIGIN = "http://localhost:1"
Record = dict[str, Any]


class Xero:
    """The fake Xero, and calls to it as an application with every scope."""

    def __init__(self, client_of: Callable[[Fake], httpx.Client], **options: Any) -> None:
        self.clock = Clock()
        usual: Record = {"limits": Limits(100_000, 1_000_000, 5), "signing_key": shipped_key()}
        self.fake = create(Options(origin=ORIGIN, **{**usual, **options}), self.clock)
        self.credentials = self.fake.credentials
        self.http = client_of(self.fake)
        self.headers = {
            "Authorization": f"Bearer {self.credentials['authorised']['access-token']}",
            "Xero-Tenant-Id": self.credentials["tenant-id"],
            "Accept": "application/json",
        }

    def call(
        self, method: str, path: str, body: Any = None, headers: Record | None = None, **query: Any
    ) -> httpx.Response:
        """One call of the accounting API."""
        content = None if body is None else codec.dumps(body)
        named = self.headers | (headers or {})
        return self.http.request(method, f"/api.xro/2.0/{path}", params=query, content=content, headers=named)

    def get(self, path: str, **query: Any) -> list[Record]:
        """The records of a read that succeeds."""
        return self.read(path, **query)[1]

    def read(self, path: str, headers: Record | None = None, **query: Any) -> tuple[Record, list[Record]]:
        """The whole answer of a read that succeeds, and its records."""
        answer = self.call("GET", path, headers=headers, **query)
        assert answer.status_code == 200, answer.text
        body = codec.loads(answer.content)
        return body, next(value for value in body.values() if isinstance(value, list))

    def write(self, method: str, path: str, *elements: Record, **query: Any) -> list[Record]:
        """Each element's own result."""
        plural = path.partition("/")[0]
        answer = self.call(method, path, {plural: list(elements)}, summarizeErrors="false", **query)
        assert answer.status_code == 200, answer.text
        records: list[Record] = codec.loads(answer.content)[plural]
        return records

    def put(self, path: str, element: Record, **query: Any) -> Record:
        """The result of creating one record."""
        return self.write("PUT", path, element, **query)[0]

    def post(self, path: str, element: Record, **query: Any) -> Record:
        """The result of creating or updating one record."""
        return self.write("POST", path, element, **query)[0]

    def contact(self, name: str = "Acme Pumps", **more: Any) -> str:
        """The id of a new contact."""
        made = self.put("Contacts", {"Name": name, **more})
        assert made["StatusAttributeString"] == "OK", made
        return str(made["ContactID"])

    def invoice(self, **more: Any) -> Record:
        """A sales invoice as it is sent: one line of 2 x 50.00 plus 10 % tax."""
        element: Record = {"Type": "ACCREC", "Date": "2026-11-03", "DueDate": "2026-12-03", "LineItems": [line()]}
        if "Contact" not in more:
            known = self.get("Contacts", where='Name=="Acme Pumps"')
            element["Contact"] = {"ContactID": known[0]["ContactID"] if known else self.contact()}
        return element | more

    def saved(self, **more: Any) -> Record:
        """A sales invoice that has been saved."""
        made = self.put("Invoices", self.invoice(**more), unitdp=4)
        assert made["StatusAttributeString"] == "OK", made
        return made

    def edit(self, **change: Any) -> httpx.Response:
        """A change by a person inside Xero."""
        return self.http.post("/_sandbox/edit", content=codec.dumps(change))


def line(**more: Any) -> Record:
    """A line as it is sent; None takes a field away."""
    element: Record = {"Description": "Pump", "Quantity": 2, "UnitAmount": Decimal("50.00"), "AccountCode": "200"}
    return {name: value for name, value in (element | {"TaxType": "OUTPUT"} | more).items() if value is not None}


def errors(element: Record) -> list[str]:
    """What a refused element says."""
    assert element["StatusAttributeString"] == "ERROR", element
    return [each["Message"] for each in element["ValidationErrors"]]


@pytest.fixture
def make(client_of: Callable[[Fake], httpx.Client]) -> Callable[..., Xero]:
    """Starts a fake Xero with options of its own."""
    return lambda **options: Xero(client_of, **options)


@pytest.fixture
def xero(make: Callable[..., Xero]) -> Xero:
    """A fake Xero with the seed organisation."""
    return make()


@pytest.fixture(name="line")
def line_fixture() -> Callable[..., Record]:
    """Makes lines."""
    return line


@pytest.fixture(name="errors")
def errors_fixture() -> Callable[[Record], list[str]]:
    """Reads errors."""
    return errors
