"""Complete reads: when they are due, what an absence means, and how changes are read where lists are not sorted."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from tieout.api import codec
from tieout.api.contract import Connection
from tieout.api.work import Page
from tieout_apptivo import APPTIVO
from tieout_apptivo.reading import reading

Connect = Callable[..., Connection]
CUSTOMERS = APPTIVO.resource("customers")


def rows(count: int) -> list[dict[str, Any]]:
    start = datetime(2024, 5, 1)  # noqa: DTZ001 - as Apptivo writes stamps, without a zone
    stamps = [f"{start + timedelta(hours=number):%Y-%m-%d %H:%M:%S}" for number in range(count + 1)]
    return [
        {"id": str(number), "creationDate": stamps[number], "lastUpdateDate": stamps[number], "objectStatus": "0"}
        for number in range(1, count + 1)
    ]


def read(connection: Connection, cursor: Any = None) -> tuple[list[Page], Any]:
    """One pass to its end, and where the next one starts."""
    pages: list[Page] = []
    while True:
        pages.append(reading.fetch(connection, CUSTOMERS, cursor))
        assert len(pages) < 300
        cursor = pages[-1].next or pages[-1].resume
        if pages[-1].next is None:
            return pages, cursor


def deleted(pages: list[Page]) -> list[str]:
    return [id for page in pages for id in page.deletions]


def causes(pages: list[Page]) -> list[str]:
    return [note.cause for page in pages for note in page.notes]


def a_day_later(connection: Connection) -> None:
    connection.clock.wait(86_400)


@pytest.fixture
def swept(connect: Connect, apptivo: Any) -> tuple[Connection, Any]:
    """A firm of sixty customers that was read once."""
    apptivo.rows["customers"] = rows(60)
    connection = connect(page_size=20)
    return connection, read(connection)[1]


def test_a_sweep_is_made_again_after_a_day(swept: tuple[Connection, Any], apptivo: Any) -> None:
    connection, cursor = swept
    for hours, calls in ((23, 1), (2, 7)):
        connection.clock.wait(hours * 3_600)
        apptivo.calls.clear()
        pages, cursor = read(connection, cursor)
        assert len(apptivo.calls) == calls, f"after {hours} hours more"
    assert {wire["id"] for page in pages for wire in page.wires} == {row["id"] for row in apptivo.rows["customers"]}


def test_a_deletion_needs_two_sweeps_and_a_look_up(swept: tuple[Connection, Any], apptivo: Any) -> None:
    connection, cursor = swept
    del apptivo.rows["customers"][10]
    pages, cursor = read(connection, cursor)
    assert deleted(pages) == []
    a_day_later(connection)
    pages, cursor = read(connection, cursor)
    assert deleted(pages) == []
    assert not [call for call in apptivo.calls if call["a"] == "getById"]
    a_day_later(connection)
    pages, cursor = read(connection, cursor)
    assert deleted(pages) == ["11"]
    assert [call["customerId"] for call in apptivo.calls if call["a"] == "getById"] == ["11"]
    a_day_later(connection)
    assert deleted(read(connection, cursor)[0]) == []


def test_a_record_out_of_use_is_told_as_it_is_and_not_as_deleted(swept: tuple[Connection, Any], apptivo: Any) -> None:
    connection, cursor = swept
    archived = apptivo.rows["customers"].pop(10) | {"objectStatus": "1", "isActive": "N"}
    apptivo.getById = lambda app, form: archived
    for _ in range(2):
        a_day_later(connection)
        pages, cursor = read(connection, cursor)
    assert deleted(pages) == []
    assert archived in [wire for page in pages for wire in page.wires]


def test_a_record_that_is_back_in_the_second_sweep_was_never_gone(swept: tuple[Connection, Any], apptivo: Any) -> None:
    connection, cursor = swept
    row = apptivo.rows["customers"].pop(10)
    a_day_later(connection)
    _, cursor = read(connection, cursor)
    apptivo.rows["customers"].append(row)
    a_day_later(connection)
    _, cursor = read(connection, cursor)
    del apptivo.rows["customers"][-1]
    a_day_later(connection)
    pages, _ = read(connection, cursor)
    assert deleted(pages) == []
    assert not [call for call in apptivo.calls if call["a"] == "getById"]


def test_a_list_that_shrank_too_much_is_told_and_nothing_is_taken_for_deleted(
    swept: tuple[Connection, Any], apptivo: Any
) -> None:
    connection, cursor = swept
    kept, apptivo.rows["customers"] = apptivo.rows["customers"], apptivo.rows["customers"][:40]
    for _ in range(3):
        a_day_later(connection)
        pages, cursor = read(connection, cursor)
        assert (deleted(pages), causes(pages)) == ([], ["list-shrunken"])
    apptivo.rows["customers"] = kept
    a_day_later(connection)
    assert causes(read(connection, cursor)[0]) == []


def test_a_count_that_is_never_reached_is_told_after_a_second_reading(connect: Connect, apptivo: Any) -> None:
    apptivo.rows["customers"] = rows(50)
    page = apptivo._page
    apptivo._page = lambda found, form: page(found, form) | {"countOfRecords": 53}
    pages, cursor = read(connect(page_size=20))
    assert {wire["id"] for page in pages for wire in page.wires} == {str(number) for number in range(1, 51)}
    assert causes(pages) == ["list-incomplete"]
    assert cursor is not None


def measured(connection: Connection, **found: Any) -> None:
    connection.memory["capabilities"] = {"apps": {"customers": {"sort": {"works": False}, **found}}}


def test_the_measured_page_size_goes_before_a_larger_setting(connect: Connect, apptivo: Any) -> None:
    apptivo.rows["customers"] = rows(30)
    connection = connect(page_size=20)
    measured(connection, page_size=7, sort={"works": True})
    read(connection)
    assert {call["numRecords"] for call in apptivo.lists()} == {"7"}


def test_a_measured_window_is_never_asked_beyond(connect: Connect, apptivo: Any) -> None:
    apptivo.rows["customers"], apptivo.window = rows(70), 40
    connection = connect(page_size=15)
    measured(connection, window=40, sort={"works": True})
    pages, _ = read(connection)
    assert {wire["id"] for page in pages for wire in page.wires} == {str(number) for number in range(1, 71)}
    assert all(int(call["startIndex"]) + int(call["numRecords"]) <= 40 for call in apptivo.lists())


def test_strategy_1_reads_a_search_for_nothing_where_lists_are_not_sorted(connect: Connect, apptivo: Any) -> None:
    apptivo.rows["customers"] = rows(60)
    apptivo.getAllBySearchText = apptivo.getAll
    connection = connect(page_size=20)
    measured(connection, search=True)
    _, cursor = read(connection)
    apptivo.rows["customers"][4]["lastUpdateDate"] = "2024-05-31 00:00:00"
    apptivo.calls.clear()
    pages, _ = read(connection, cursor)
    [call] = apptivo.calls
    assert (call["a"], call["searchText"], call["sortColumn"]) == ("getAllBySearchText", "", "lastUpdateDate")
    assert [wire["id"] for page in pages for wire in page.wires] == ["5"]


def test_strategy_2_asks_for_a_range_of_days(connect: Connect, apptivo: Any) -> None:
    apptivo.rows["customers"] = rows(60)
    connection = connect(page_size=20, overlap_hours=24)
    measured(connection, range={"from": "lastUpdateDate", "to": "lastUpdateDateTo"})
    _, cursor = read(connection)
    changed = rows(60)[4] | {"lastUpdateDate": "2024-06-01 10:00:00"}
    asked = []

    def search(app: str, form: dict[str, str]) -> Any:
        asked.append(codec.loads(form["searchData"]))
        return {"data": [changed], "countOfRecords": 1}

    apptivo.getAllByAdvancedSearch = search
    pages, cursor = read(connection, cursor)
    assert [wire for page in pages for wire in page.wires] == [changed]
    assert asked == [{"lastUpdateDate": "05/31/2024", "lastUpdateDateTo": "06/02/2024"}]
    assert [page.wires for page in read(connection, cursor)[0]] == [()]


def test_strategy_3_asks_for_the_view_that_the_admin_has_made(connect: Connect, apptivo: Any) -> None:
    apptivo.rows["customers"] = rows(60)
    connection = connect(page_size=20)
    measured(connection, views="view_7")
    _, cursor = read(connection)
    apptivo.calls.clear()
    apptivo.said = [{"data": rows(3), "countOfRecords": 3}]
    pages, _ = read(connection, cursor)
    [call] = apptivo.calls
    assert (call["a"], call["viewCode"], call["objectId"], call["status"]) == ("getAllByCustomView", "view_7", "3", "0")
    assert apptivo.urls[-1][1].endswith("/dao/v5/appsettings")
    assert len(pages[0].wires) == 3


def test_strategy_4_reads_everything_each_time(connect: Connect, apptivo: Any) -> None:
    apptivo.rows["customers"] = rows(60)
    connection = connect(page_size=20)
    measured(connection)
    _, cursor = read(connection)
    apptivo.calls.clear()
    pages, _ = read(connection, cursor)
    assert sorted(wire["id"] for page in pages for wire in page.wires) == sorted(str(id) for id in range(1, 61))
    assert {call["sortColumn"] for call in apptivo.lists()} == {"creationDate"}


def test_a_list_that_is_in_order_by_chance_is_found_out(connect: Connect, apptivo: Any) -> None:
    apptivo.rows["customers"], apptivo.unsorted = list(reversed(rows(60))), frozenset({"lastUpdateDate"})
    connection = connect(page_size=20)
    _, cursor = read(connection)
    apptivo.rows["customers"][55]["lastUpdateDate"] = "2024-05-31 00:00:00"
    a_day_later(connection)
    _, cursor = read(connection, cursor)
    apptivo.rows["customers"][50]["lastUpdateDate"] = "2024-05-31 01:00:00"
    changed = apptivo.rows["customers"][50]
    pages, _ = read(connection, cursor)
    assert changed in [wire for page in pages for wire in page.wires]


def test_a_short_list_without_stamps_is_one_call_while_nothing_changes(connect: Connect, apptivo: Any) -> None:
    apptivo.rows["customers"] = [{"id": str(number)} for number in range(1, 10)]
    connection = connect(page_size=20)
    _, cursor = read(connection)
    apptivo.calls.clear()
    assert [page.wires for page in read(connection, cursor)[0]] == [()]
    assert len(apptivo.calls) == 1
