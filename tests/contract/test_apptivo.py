"""The kit, run over the Apptivo connector against the sandbox."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

import pytest
import tieout_apptivo
from tieout.api.contract import Connection, Limits
from tieout.testing import ConnectorSuite, Sample, connect, terms
from tieout_entities import contacts, customers, invoices, items, purchase_orders, supplier_invoices, suppliers
from tieout_sandbox.inprocess import InProcess

FAST = Limits(concurrent=1)
MODULES = (customers, contacts, suppliers, items, invoices, supplier_invoices, purchase_orders)


class TestApptivo(ConnectorSuite):
    plugin = tieout_apptivo
    settings: ClassVar[dict[str, Any]] = {"api-key": {"env": "APPTIVO_API_KEY"}, "access-key": {"env": "APPTIVO_KEY"}}

    @pytest.fixture
    def connection(self, sandbox: InProcess, monkeypatch: pytest.MonkeyPatch) -> Iterator[Connection]:
        monkeypatch.setenv("APPTIVO_API_KEY", sandbox.apptivo["api-key"])
        monkeypatch.setenv("APPTIVO_KEY", sandbox.apptivo["access-key"])
        with connect(tieout_apptivo, {**self.settings, "base-url": sandbox.apptivo["base-url"]}, limits=FAST) as open_:
            yield open_

    @pytest.fixture
    def held(self, sandbox: InProcess) -> dict[str, set[str]]:
        state = sandbox.state("apptivo")
        names = {
            binding.resource for module in MODULES for binding in module.bindings() if binding.connector == "apptivo"
        }
        return {name: {str(row["id"]) for row in state[name]} for name in names}

    @pytest.fixture
    def samples(self, connection: Connection, sandbox: InProcess) -> tuple[Sample, ...]:
        state = sandbox.state("apptivo")
        found = []
        for module in MODULES:
            (binding,) = [one for one in module.bindings() if one.connector == "apptivo"]
            about = terms(binding, connection=connection.settings, tenant=connection.tenant, memory=connection.memory)
            found.append(Sample(binding=binding, terms=about, wires=tuple(state[binding.resource][:3])))
        return tuple(found)
