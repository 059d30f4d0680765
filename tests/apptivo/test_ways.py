"""The doctor finds out how changes can be read, and takes the first way that works."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import pytest
import tieout_apptivo
from tieout.api import codec
from tieout.api.contract import Connection
from tieout_apptivo import APPTIVO
from tieout_apptivo.reading import reading

Connect = Callable[..., Connection]
CUSTOMERS = APPTIVO.resource("customers")
VIEW = {"viewSettings": [{"viewCode": "v7", "viewName": "Updated in the last 2 days"}]}


def day(written: str) -> date:
    return datetime.strptime(written[:10], "%m/%d/%Y").date()  # noqa: DTZ007 - a date is all that it is


@pytest.fixture
def firm(apptivo: Any) -> Any:
    """Thirty customers, one changed on each day of May; their list cannot be sorted by change."""
    apptivo.config = {"dateFormat": "MM/dd/yyyy"}
    apptivo.unsorted = frozenset(("lastUpdateDate",))
    apptivo.rows["customers"] = [
        {
            "id": str(number),
            "customerId": number,
            "customerName": f"Acme {number}",
            "creationDate": "04/20/2024 10:00:00",
            "lastUpdateDate": f"05/{number * 7 % 30 + 1:02d}/2024 10:00:00",
        }
        for number in range(1, 31)
    ]
    return apptivo


def searched(firm: Any, *, exact: bool) -> Callable[..., Any]:
    """An advanced search by a range of days, or by one day exactly, whatever the upper end says."""

    def answer(app: str, form: dict[str, str]) -> Any:
        wanted = codec.loads(form["searchData"])
        if "lastUpdateDate" not in wanted:
            return firm._page([], form)
        low, high = day(wanted["lastUpdateDate"]), day(wanted["lastUpdateDateTo"])
        rows = firm.rows[app]
        shown = [row for row in rows if low <= day(row["lastUpdateDate"]) <= (low if exact else high)]
        return firm._page(shown, form)

    return answer


def viewed(firm: Any, *, right: bool) -> Callable[..., Any]:
    """A view of the newest changes, or one that only is called so."""

    def answer(app: str, form: dict[str, str]) -> Any:
        assert form["viewCode"] == "v7"
        rows = [row for row in firm.rows["customers"] if not right or day(row["lastUpdateDate"]) > date(2024, 5, 28)]
        return firm._page(rows[:10], form)

    return answer


def probed(connect: Connect) -> Connection:
    before = connect()
    connection = Connection(
        name="crm",
        plugin="apptivo",
        settings=before.settings,
        http=before.http,
        clock=before.clock,
        memory=before.memory,
        resources=frozenset(("customers",)),
    )
    assert tieout_apptivo.probe(connection, None).good
    return connection


def chosen(connection: Connection) -> str:
    told = connection.memory["capabilities"]["apps"]["customers"]
    ways = {"sorted": told["sort"]["works"], "search": told["search"], "range": told["range"], "view": told["views"]}
    return next((name for name, works in ways.items() if works), "sweep")


@pytest.mark.parametrize(
    ("sorts", "searches", "ranges", "views", "way"),
    [
        (True, True, True, True, "sorted"),
        (False, True, True, True, "search"),
        (False, False, True, True, "range"),
        (False, False, False, True, "view"),
        (False, False, False, False, "sweep"),
    ],
)
def test_the_first_way_that_works_is_taken(
    firm: Any, connect: Connect, sorts: bool, searches: bool, ranges: bool, views: bool, way: str
) -> None:
    by_text = firm.getAllBySearchText
    firm.unsorted = frozenset() if sorts else firm.unsorted
    if searches and not sorts:

        def ordered(app: str, form: dict[str, str]) -> Any:
            rows = sorted(firm.rows[app], key=lambda row: row["lastUpdateDate"], reverse=True)
            return firm._page(rows, form)

        firm.getAllBySearchText = ordered
    else:
        firm.getAllBySearchText = by_text
    firm.getAllByAdvancedSearch = searched(firm, exact=not ranges)
    firm.config |= VIEW
    firm.getAllByCustomView = viewed(firm, right=views)
    assert chosen(probed(connect)) == way


def test_a_change_is_read_by_the_range_that_was_found(firm: Any, connect: Connect) -> None:
    firm.getAllByAdvancedSearch = searched(firm, exact=False)
    connection = probed(connect)
    cursor: Any = None
    while True:
        page = reading.fetch(connection, CUSTOMERS, cursor)
        cursor = page.next or page.resume
        if page.next is None:
            break
    firm.rows["customers"][3] |= {"customerName": "Renamed", "lastUpdateDate": "06/01/2024 17:29:00"}
    firm.calls.clear()
    page = reading.fetch(connection, CUSTOMERS, cursor)
    assert [wire["customerName"] for wire in page.wires if wire["id"] == "4"] == ["Renamed"]
    assert {call["a"] for call in firm.calls} == {"getAllByAdvancedSearch"}
