"""Customers with stamps, passes over them, and writes, for the tests of the connector."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
import tieout_apptivo
from tieout.api.contract import Connection
from tieout.api.work import Batch, Page, Receipt, Step
from tieout_apptivo import APPTIVO
from tieout_apptivo.reading import reading

CUSTOMERS, ITEMS, INVOICES = (APPTIVO.resource(name) for name in ("customers", "items", "invoices"))


def rows(count: int, first: int = 1) -> list[dict[str, Any]]:
    start = datetime(2024, 5, 1)  # noqa: DTZ001 - as Apptivo writes stamps, without a zone
    return [
        {
            "id": str(number),
            "creationDate": f"{start + timedelta(minutes=number):%Y-%m-%d %H:%M:%S}",
            "lastUpdateDate": f"{start + timedelta(minutes=number):%Y-%m-%d %H:%M:%S}",
        }
        for number in range(first, first + count)
    ]


def passed(connection: Connection, cursor: Any = None) -> tuple[list[Page], Any]:
    """One pass over the customers, and where the next one starts."""
    pages: list[Page] = []
    for _ in range(1_000):
        pages.append(reading.fetch(connection, CUSTOMERS, cursor))
        cursor = pages[-1].next or pages[-1].resume
        if pages[-1].next is None:
            return pages, cursor
    pytest.fail("the pass never ends")


def ids(pages: list[Page]) -> list[str]:
    return [wire["id"] for page in pages for wire in page.wires]


def written(connection: Connection, body: dict[str, Any], resource: Any = INVOICES, op: Any = "update") -> Receipt:
    [receipt] = tieout_apptivo.push(connection, Batch(resource, op, (Step(op=op, body=body, id="1", key="1"),), "k"))
    return receipt
