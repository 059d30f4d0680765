"""Third parties: an entity and a connector, each its own distribution, built, installed beside ours, and run.

Nothing of ours is changed for them: all distributions are built as wheels and installed into an empty environment, to
which the environment of the tests only lends the libraries of others.
"""

from __future__ import annotations

import ast
import json
import subprocess
import sys
import sysconfig
import tomllib
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import tomlkit

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
ENTITY, CONNECTOR = HERE / "third_party_entity", HERE / "third_party_connector"
OURS = (ROOT / "core", *sorted((ROOT / "plugins").iterdir()))
MODULES = {ENTITY: ("tieout_sales_orders.py", 30), CONNECTOR: ("tieout_ledgerly.py", 100)}
each_example = pytest.mark.parametrize("example", MODULES, ids=lambda path: path.name)


def project(folder: Path) -> dict[str, Any]:
    with (folder / "pyproject.toml").open("rb") as file:
        return tomllib.load(file)["project"]


@each_example
def test_it_is_short_as_the_formatter_leaves_it(example: Path) -> None:
    name, most = MODULES[example]
    written = (example / "src" / name).read_text(encoding="utf-8")
    command = [sys.executable, "-m", "ruff", "format", "--stdin-filename", str(example / "src" / name), "-"]
    formatted = subprocess.run(command, input=written, capture_output=True, text=True, check=True).stdout
    assert formatted == written
    assert len(formatted.splitlines()) <= most


@each_example
def test_it_depends_on_tieout_alone(example: Path) -> None:
    tree = ast.parse((example / "src" / MODULES[example][0]).read_text(encoding="utf-8"))
    imported = {
        node.module.partition(".")[0] for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module
    }
    imported |= {
        alias.name.partition(".")[0] for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names
    }
    assert imported - set(sys.stdlib_module_names) == {"tieout"}
    assert project(example)["dependencies"] == ["tieout>=0.1,<0.2"]
    assert list(project(example)["entry-points"]) == ["tieout"]


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The programs of an environment that holds our distributions and both examples, from wheels alone."""
    wheels, home = tmp_path_factory.mktemp("wheels"), tmp_path_factory.mktemp("environment")
    for folder in (*OURS, ENTITY, CONNECTOR):
        run(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(wheels), cwd=folder)
    run(sys.executable, "-m", "venv", "--without-pip", str(home))
    python = home / "bin" / "python"
    built = sorted(str(wheel) for wheel in wheels.glob("*.whl"))
    assert len(built) == len(OURS) + 2
    run(sys.executable, "-m", "pip", "--python", str(python), "install", "--quiet", "--no-index", "--no-deps", *built)
    (installed,) = (home / "lib").glob("python*/site-packages")
    (installed / "libraries.pth").write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")
    found = run(str(python), "-c", "import tieout, tieout_ledgerly; print(tieout.__file__, tieout_ledgerly.__file__)")
    assert [Path(path).is_relative_to(home) for path in found.split()] == [True, True]
    return home / "bin"


def run(*command: str, cwd: Path | None = None) -> str:
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{' '.join(command)}\n{done.stdout}\n{done.stderr}"
    return done.stdout


@each_example
def test_it_passes_the_kit(environment: Path, example: Path) -> None:
    options = ("-c", "pyproject.toml", "-p", "no:cacheprovider", "-q")
    run(str(environment / "python"), "-m", "pytest", *options, "conformance.py", cwd=example)


@contextmanager
def served(*command: str, cwd: Path) -> Iterator[dict[str, Any]]:
    """A program that says where it listens in one line of JSON, and serves until the block ends."""
    with subprocess.Popen(command, cwd=cwd, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield json.loads(process.stdout.readline())
        finally:
            process.terminate()


def read(url: str) -> Any:
    with urllib.request.urlopen(url) as answer:
        return json.loads(answer.read(), parse_float=Decimal)


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


@pytest.fixture
def sandbox(environment: Path, tmp_path: Path) -> Iterator[dict[str, Any]]:
    """A sandbox with a little firm, and `plugins.toml` in the test's folder, which reaches it."""
    firm = tmp_path / "firm"
    firm.mkdir()
    for name, records in FIRM.items():
        (firm / f"{name}.json").write_text(json.dumps(records), encoding="utf-8")
    given = ("--firm", str(firm), "--speed", "1000", "--write-config", str(tmp_path / "plugins.toml"))
    with served(str(environment / "tieout"), "sandbox", *given, cwd=tmp_path) as addresses:
        yield addresses


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


def sync(environment: Path, folder: Path) -> None:
    run(str(environment / "tieout"), "--config", str(folder / "plugins.toml"), "sync", "--yes", cwd=folder)


def test_sales_orders_arrive_as_draft_invoices(environment: Path, sandbox: dict[str, Any], tmp_path: Path) -> None:
    names = ("apptivo", "xero", "customers", "sales-orders")
    switch_on(tmp_path, *names, flows={"sales-orders": {"number-prefix": "ORDER-", "status": "draft"}})
    sync(environment, tmp_path)
    sync(environment, tmp_path)
    origin = sandbox["xero"]["api-url"].removesuffix("/api.xro/2.0")
    state = read(f"{origin}/_sandbox/state")
    (acme,) = [contact for contact in state["Contacts"] if contact["Name"] == "Acme Pty Ltd"]
    (invoice,) = state["Invoices"]
    assert (invoice["Type"], invoice["InvoiceNumber"], invoice["Status"]) == ("ACCREC", "ORDER-SO-1200001", "DRAFT")
    assert invoice["Contact"]["ContactID"] == acme["ContactID"]
    assert Decimal(str(invoice["Total"])) == Decimal("23.00")


def test_customers_and_items_arrive_in_ledgerly(
    environment: Path, sandbox: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LEDGERLY_SECRET", "ledgerly-word")
    server = (str(environment / "python"), str(CONNECTOR / "ledgerly_server.py"))
    with served(*server, cwd=tmp_path) as ledgerly:
        secret = {"env": "LEDGERLY_SECRET"}
        books = {"plugin": "ledgerly", "url": ledgerly["url"], "client-id": "ledgerly-client", "client-secret": secret}
        switch_on(tmp_path, "apptivo", "ledgerly", "customers", "items", books=books, flows={})
        sync(environment, tmp_path)
        written = writes(ledgerly["url"])
        sync(environment, tmp_path)
        state = read(f"{ledgerly['url']}/_state")["lists"]
        assert sorted(row["name"] for row in state["clients"].values()) == ["Acme Pty Ltd", "Müller & Söhne"]
        prices = {row["sku"]: row["price"] for row in state["products"].values()}
        assert prices == {"BOLT-M8": Decimal("11.5000001"), "NUT-M8": Decimal("0.35")}
        assert writes(ledgerly["url"]) == written == 2


def writes(url: str) -> int:
    lists = ("/v1/clients", "/v1/products")
    return sum(method == "POST" and path in lists for method, path, _ in read(f"{url}/_state")["calls"])
