"""Both examples at work, run by pytest in the environment that they are installed in.

The fake systems are functions in this process, and the command line is called; or else, where the environment says
`ARRIVING=processes`, all of them are programs of that environment.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

import httpx
import pytest
import tomlkit
from ledgerly_server import CLIENT_ID, CLIENT_SECRET, Ledgerly
from tieout.api import codec
from tieout.api.runtime import Runtime
from tieout.testing import FakeClock
from tieout_sandbox.clock import Clock
from tieout_sandbox.inprocess import ORIGINS, InProcess, Transport
from tieout_sandbox.writeconfig import write_config

PROCESSES = os.environ.get("ARRIVING") == "processes"
PROGRAM = Path(sys.executable).with_name("tieout")

AUDIT = {
    "objectStatus": "0",
    "isActive": "Y",
    "customAttributes": [],
    "creationDate": "15/07/2026 09:00:00",
    "lastUpdateDate": "15/07/2026 09:05:00",
}


def customer(number: int, name: str) -> dict[str, Any]:
    lists: dict[str, Any] = {"addresses": [], "phoneNumbers": [], "emailAddresses": []}
    about = {"id": str(number), "customerId": number, "customerName": name, "currencyCode": "AUD"}
    return {**AUDIT, **lists, **about, "statusId": 10000, "statusName": "Active"}


def item(number: int, code: str, price: str) -> dict[str, Any]:
    return {**AUDIT, "id": str(number), "itemId": number, "itemCode": code, "itemName": code, "itemPrice": price}


def order(number: int, status: str) -> dict[str, Any]:
    line = {"itemName": "Bolt", "note": "Box of 100", "quantity": 2, "unitPrice": "11.50", "amount": "23.00"}
    about = {"id": str(number), "orderId": number, "orderNumber": f"SO-{number}", "statusName": status}
    whom = {"customerId": 1000231, "customerName": "Acme Pty Ltd", "currencyCode": "AUD", "orderDate": "15/07/2026"}
    return {**AUDIT, **about, **whom, "lines": [line], "subTotal": "23.00", "taxAmount": "0.00", "total": "23.00"}


FIRM = {
    "customers": [customer(1000231, "Acme Pty Ltd"), customer(1000232, "Müller & Söhne")],
    "items": [item(4000011, "BOLT-M8", "11.5000001"), item(4000012, "NUT-M8", "0.35")],
    "orders": [order(1200001, "Sent"), order(1200002, "Draft")],
}


@dataclass
class Systems:
    """A sandbox with a little firm, which `plugins.toml` in the test's folder reaches.

    `books` gives what is in its Xero, and `run` calls the command line.
    """

    books: Callable[[], dict[str, Any]]
    run: Callable[[list[str]], int]


@contextmanager
def here(firm: Path, config: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Systems]:
    """All in this process."""
    clock = FakeClock(datetime(2026, 11, 2, 9, 0, tzinfo=UTC))
    with InProcess(firm=firm, clock=Clock(source=clock.now), seed=1) as made, httpx.HTTPTransport() as wire:

        def carry(request: httpx.Request) -> httpx.Response:
            ours = any(str(request.url).startswith(origin) for origin in ORIGINS.values())
            return made.answer(request, clock.wait) if ours else wire.handle_request(request)

        write_config(made, config)
        runtime = Runtime(clock=clock, transport=lambda: Transport(carry))
        monkeypatch.setattr("tieout.desk.desk.Runtime", lambda: runtime)
        (program,) = entry_points(group="console_scripts", name="tieout")
        yield Systems(lambda: made.state("xero"), program.load())


@contextmanager
def beside(firm: Path, config: Path) -> Iterator[Systems]:
    """All of them processes."""
    given = ("--firm", str(firm), "--speed", "1000", "--write-config", str(config))
    with served(str(PROGRAM), "sandbox", *given) as addresses:
        origin = addresses["xero"]["api-url"].removesuffix("/api.xro/2.0")
        state = f"{origin}/_sandbox/state"
        yield Systems(lambda: read(state), lambda line: subprocess.run([PROGRAM, *line], check=False).returncode)


@contextmanager
def served(*command: str) -> Iterator[dict[str, Any]]:
    """A program that says where it listens in one line of JSON, and serves until the block ends."""
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield json.loads(process.stdout.readline())
        finally:
            process.terminate()


def read(url: str) -> Any:
    with urllib.request.urlopen(url) as answer:
        return codec.loads(answer.read())


@pytest.fixture
def systems(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Systems]:
    firm, config = tmp_path / "firm", tmp_path / "plugins.toml"
    firm.mkdir()
    for name, records in FIRM.items():
        (firm / f"{name}.json").write_text(json.dumps(records), encoding="utf-8")
    with beside(firm, config) if PROCESSES else here(firm, config, monkeypatch) as made:
        yield made


@contextmanager
def ledgerly() -> Iterator[str]:
    """The address of a running Ledgerly."""
    if PROCESSES:
        server = Path(sys.modules[Ledgerly.__module__].__file__ or "")
        with served(sys.executable, str(server)) as told:
            yield told["url"]
    else:
        with Ledgerly() as running:
            yield running.url


def switch_on(folder: Path, *names: str, books: dict[str, Any] | None = None, flows: dict[str, Any]) -> None:
    """Let exactly these plugins be on, and `books` be the target if it is given."""
    path = folder / "plugins.toml"
    config = tomlkit.parse(path.read_text(encoding="utf-8")).unwrap()
    config["plugins"] = dict.fromkeys(names, True)
    pair = config["pairs"]["main"]
    pair["flows"] = flows
    if books is not None:
        config["connections"]["books"] = books
        del pair["accounts"], pair["taxes"]
    path.write_text(tomlkit.dumps(config), encoding="utf-8")


def sync(systems: Systems, folder: Path) -> None:
    assert systems.run(["--config", str(folder / "plugins.toml"), "sync", "--yes"]) == 0


def test_sales_orders_arrive_as_draft_invoices(systems: Systems, tmp_path: Path) -> None:
    names = ("apptivo", "xero", "customers", "sales-orders")
    switch_on(tmp_path, *names, flows={"sales-orders": {"number-prefix": "ORDER-", "status": "draft"}})
    sync(systems, tmp_path)
    sync(systems, tmp_path)
    state = systems.books()
    (acme,) = [contact for contact in state["Contacts"] if contact["Name"] == "Acme Pty Ltd"]
    (invoice,) = state["Invoices"]
    assert (invoice["Type"], invoice["InvoiceNumber"], invoice["Status"]) == ("ACCREC", "ORDER-SO-1200001", "DRAFT")
    assert invoice["Contact"]["ContactID"] == acme["ContactID"]
    assert Decimal(str(invoice["Total"])) == Decimal("23.00")


def test_customers_and_items_arrive_in_ledgerly(
    systems: Systems, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LEDGERLY_SECRET", CLIENT_SECRET)
    with ledgerly() as url:
        secret = {"env": "LEDGERLY_SECRET"}
        books = {"plugin": "ledgerly", "url": url, "client-id": CLIENT_ID, "client-secret": secret}
        switch_on(tmp_path, "apptivo", "ledgerly", "customers", "items", books=books, flows={})
        sync(systems, tmp_path)
        written = writes(url)
        sync(systems, tmp_path)
        state = read(f"{url}/_state")["lists"]
        assert sorted(row["name"] for row in state["clients"].values()) == ["Acme Pty Ltd", "Müller & Söhne"]
        prices = {row["sku"]: row["price"] for row in state["products"].values()}
        assert prices == {"BOLT-M8": Decimal("11.5000001"), "NUT-M8": Decimal("0.35")}
        assert writes(url) == written == 2


def writes(url: str) -> int:
    lists = ("/v1/clients", "/v1/products")
    return sum(method == "POST" and path in lists for method, path, _ in read(f"{url}/_state")["calls"])
