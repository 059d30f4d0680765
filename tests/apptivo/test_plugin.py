"""The connector as core sees it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pluggy
import pytest
import tieout_apptivo
from tieout.api.contract import Connection, Terms
from tieout.api.errors import Rejected
from tieout.api.hooks import Tieout
from tieout.api.model import Document, Item, Party, Payment
from tieout_apptivo import APPTIVO


def test_the_plugin_is_admitted_with_one_connector() -> None:
    manager = pluggy.PluginManager("tieout")
    manager.add_hookspecs(Tieout)
    manager.register(tieout_apptivo)
    manager.check_pending()
    assert [one.name for many in manager.hook.connectors() for one in many] == ["apptivo"]


def test_each_resource_has_its_shared_type() -> None:
    assert {one.name: one.type for one in APPTIVO.resources} == {
        "customers": Party,
        "contacts": Party,
        "suppliers": Party,
        "leads": Party,
        "items": Item,
        "invoices": Document,
        "supplier-invoices": Document,
        "purchase-orders": Document,
        "orders": Document,
        "estimates": Document,
        "payments": Payment,
    }


def test_one_call_a_second_and_one_at_a_time_is_the_limit() -> None:
    assert (APPTIVO.limits.second, APPTIVO.limits.concurrent) == (1, 1)


def test_a_record_is_identified_by_either_of_its_ids() -> None:
    assert APPTIVO.resource("invoices").identify({"id": "5000100", "invoiceId": 5000100}) == "5000100"
    assert APPTIVO.resource("invoices").identify({"invoiceId": 5000100}) == "5000100"


@pytest.mark.parametrize("name", [one.name for one in APPTIVO.resources])
def test_nothing_is_written_to_apptivo(name: str) -> None:
    terms: Any = Terms
    with pytest.raises(Rejected) as error:
        APPTIVO.resource(name).lower(Party(name="A"), terms, None)
    assert [problem.cause for problem in error.value.problems] == ["read-only"]


def test_the_hooks_answer(connect: Callable[..., Connection], apptivo: Any) -> None:
    apptivo.config, apptivo.rows = {"firmId": 90001}, {"customers": [{"id": "1"}]}
    connection = connect()
    assert tieout_apptivo.check(connection).tenant.id == "90001"
    assert len(tieout_apptivo.fetch(connection, APPTIVO.resource("customers"), None).wires) == 1
    assert tieout_apptivo.find(connection, APPTIVO.resource("customers"), []) == {}
