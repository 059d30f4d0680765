"""The conformance kit, run over Ledgerly: its connector, its fake system, and records in both shapes."""

from decimal import Decimal
from typing import ClassVar

import pytest
from tieout import Item, Party
from tieout.testing import ConnectorSuite, Sample, TargetSuite, connect, terms

import tieout_ledgerly
from ledgerly_server import CLIENT_ID, CLIENT_SECRET, Ledgerly

CUSTOMERS, _, ITEMS = tieout_ledgerly.bindings()
BEHIND = {"client-id": CLIENT_ID, "client-secret": {"env": "LEDGERLY_SECRET"}}


class Fixtures:
    """A fresh Ledgerly for each test, and what is written to it."""

    plugin = tieout_ledgerly
    settings: ClassVar = BEHIND

    @pytest.fixture
    def ledgerly(self):
        with Ledgerly(clients=45) as running:
            yield running

    @pytest.fixture
    def connection(self, ledgerly, monkeypatch):
        monkeypatch.setenv("LEDGERLY_SECRET", CLIENT_SECRET)
        with connect(tieout_ledgerly, {**BEHIND, "url": ledgerly.url}) as connection:
            yield connection

    @pytest.fixture
    def held(self, ledgerly):
        return {name: set(rows) for name, rows in ledgerly.books.lists.items()}

    @pytest.fixture
    def samples(self):
        parties = [
            Party(external=f"F-C-{n}", name=f"Acme {n}", email="a@acme.example", phone="02 5550 0100") for n in "123"
        ]
        items = [Item(code=f"BOLT-{n}", name="Bolt", description="Box", price=Decimal("1.2345678")) for n in "123"]
        return (
            Sample(
                binding=CUSTOMERS,
                terms=terms(CUSTOMERS),
                wires=({"id": "c1", "seq": 4, "state": "archived", "name": "Acme", "code": "F-C-1"},),
                records=tuple(parties),
                refused=Party(name=""),
            ),
            Sample(
                binding=ITEMS,
                terms=terms(ITEMS),
                wires=({"id": "p1", "seq": 5, "state": "live", "sku": "BOLT", "price": Decimal("1.5")},),
                records=tuple(items),
                refused=Item(code="SKU-1"),
            ),
        )


class TestLedgerly(Fixtures, ConnectorSuite):
    pass


class TestWritingToLedgerly(Fixtures, TargetSuite):
    pass
