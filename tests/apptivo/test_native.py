"""Apptivo's own Xero connection beside ours: noticed before anything is sent."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import tieout_apptivo
from tieout.api import codec
from tieout.api.contract import Connection

LABELS = {"c1": "Xero Sync Status", "c2": "Xero Last Synced"}


@pytest.fixture
def firm(apptivo: Any) -> Any:
    attributes = [
        {"attributeId": id, "type": "Custom", "attributeTag": "input", "label": {"modifiedLabel": label}}
        for id, label in LABELS.items()
    ]
    layout = codec.dumps({"sections": [{"id": "s", "attributes": attributes}]}).decode()
    apptivo.config = {"firmId": 1, "dateFormat": "MM/dd/yyyy", "webLayout": layout}
    return apptivo


def notes(connect: Callable[..., Connection], *apps: str) -> tuple[str, ...]:
    return tieout_apptivo.check(replace(connect(), resources=frozenset(apps))).notes


def invoice(number: int, **told: str) -> dict[str, Any]:
    custom = [{"customAttributeId": id, "customAttributeValue": told[id]} for id in told]
    return {"id": str(number), "lastUpdateDate": f"05/{number:02d}/2024 10:00:00", "customAttributes": custom}


def test_recent_traces_on_the_records_are_told(connect: Any, firm: Any) -> None:
    firm.rows["invoice"] = [invoice(1), invoice(2, c1="Synced", c2="05/30/2024"), invoice(3, c1="Failed")]
    [note] = notes(connect, "invoices", "customers")
    assert "2 of the 3 invoices" in note
    assert "Switch it off" in note


@pytest.mark.parametrize(
    "rows", [[], [invoice(1)], [invoice(1, c1="", c2="")], [invoice(1, c1="Synced", c2="05/30/2023")]]
)
def test_no_traces_or_old_ones_are_no_matter(connect: Any, firm: Any, rows: list[Any]) -> None:
    firm.rows["invoice"] = rows
    assert notes(connect, "invoices") == ()


def test_an_app_that_is_off_is_not_looked_at(connect: Any, firm: Any) -> None:
    firm.rows["invoice"] = [invoice(1, c1="Synced", c2="05/30/2024")]
    assert notes(connect, "customers") == ()
    assert {url.rpartition("/")[2] for _, url in firm.urls} == {"customers"}


def test_an_app_that_does_not_answer_hinders_no_check(connect: Any, firm: Any) -> None:
    firm.present = frozenset(("customers",))
    assert notes(connect, "supplier-invoices") == ()
