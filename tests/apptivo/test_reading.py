"""Reading lists page by page, and looking records up."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from tieout.api.contract import Connection
from tieout.api.errors import Unavailable
from tieout.api.work import Key, Page
from tieout_apptivo import APPTIVO
from tieout_apptivo.reading import lookup, reading, strategies

from . import made

Connect = Callable[..., Connection]
CUSTOMERS, ITEMS, INVOICES = (APPTIVO.resource(name) for name in ("customers", "items", "invoices"))
START = datetime(2024, 1, 1)  # noqa: DTZ001 - as Apptivo writes stamps, without a zone


def stamp(hours: float) -> str:
    return (START + timedelta(hours=hours)).strftime("%Y-%m-%d %H:%M:%S")


def rows(count: int, **more: Any) -> list[dict[str, Any]]:
    return [
        {"id": str(number), "creationDate": stamp(number), "lastUpdateDate": stamp(number), **more}
        for number in range(1, count + 1)
    ]


def read(connection: Connection, cursor: Any = None, resource: Any = CUSTOMERS) -> tuple[list[str], Any, list[Page]]:
    """Reads one pass to its end: the ids in order, where the next starts, and the pages."""
    pages: list[Page] = []
    while True:
        pages.append(reading.fetch(connection, resource, cursor))
        assert len(pages) < 200
        if pages[-1].next is None:
            return [wire["id"] for page in pages for wire in page.wires], pages[-1].resume, pages
        cursor = pages[-1].next


@pytest.mark.parametrize("count", [0, 1, 9, 10, 11, 20, 25])
@pytest.mark.parametrize("counting", [True, False])
def test_a_full_pass_reads_everything_once(connect: Connect, apptivo: Any, count: int, counting: bool) -> None:
    apptivo.rows["customers"], apptivo.counting = rows(count), counting
    ids, _, pages = read(connect(page_size=10))
    assert sorted(ids, key=int) == [str(number) for number in range(1, count + 1)]
    assert all(page.deletions == () for page in pages)


def test_a_sweep_begins_with_the_newest_changes_and_goes_on_with_the_oldest_records(
    connect: Connect, apptivo: Any
) -> None:
    apptivo.rows["customers"] = rows(25)
    read(connect(page_size=10))
    orders = [(call["sortColumn"], call["sortDir"]) for call in apptivo.lists()]
    change, creation = ("lastUpdateDate", "desc"), ("creationDate", "asc")
    assert orders == [change, creation, creation, creation, change]
    first = apptivo.lists()[0]
    assert (first["objectId"], first["numRecords"], first["objectStatus"]) == ("3", "10", "0")


def test_an_app_that_fits_into_one_page_is_one_list_call(connect: Connect, apptivo: Any) -> None:
    apptivo.rows["customers"] = rows(9)
    read(connect(page_size=10))
    assert len(apptivo.lists()) == 1


def test_one_call_is_one_page(connect: Connect, apptivo: Any) -> None:
    apptivo.rows["customers"] = rows(25)
    connection = connect(page_size=10)
    page = reading.fetch(connection, CUSTOMERS, None)
    assert len(page.wires) == 10
    assert page.resume is None
    assert len(apptivo.lists()) == 1


def test_the_offset_goes_on_by_the_rows_received(connect: Connect, apptivo: Any) -> None:
    apptivo.rows["customers"], apptivo.most = rows(25), 4
    ids, _, _ = read(connect(page_size=10))
    assert sorted(ids, key=int) == [str(number) for number in range(1, 26)]
    by_creation = [call["startIndex"] for call in apptivo.lists() if call["sortColumn"] == "creationDate"]
    assert by_creation == [
        "0",
        "3",
        "6",
        "9",
        "12",
        "15",
        "18",
        "21",
    ]  # each begins with the last row of the one before


def test_no_row_is_lost_when_one_before_it_disappears_between_two_pages(connect: Connect, apptivo: Any) -> None:
    apptivo.rows["customers"] = rows(25)
    connection = connect(page_size=10)
    top = reading.fetch(connection, CUSTOMERS, None)
    first = reading.fetch(connection, CUSTOMERS, top.next)
    del apptivo.rows["customers"][3:6]
    ids, _, _ = read(connection, first.next)
    assert {wire["id"] for page in (top, first) for wire in page.wires} | set(ids) == {
        str(number) for number in range(1, 26)
    }


def test_no_change_is_lost_when_a_record_disappears_while_changes_are_read(connect: Connect, apptivo: Any) -> None:
    apptivo.rows["customers"] = rows(25)
    connection = connect(page_size=10)
    _, cursor, _ = read(connection)
    for row in apptivo.rows["customers"][:20]:
        row["lastUpdateDate"] = stamp(100 + int(row["id"]))
    first = reading.fetch(connection, CUSTOMERS, cursor)
    del apptivo.rows["customers"][13:18]
    ids, _, _ = read(connection, first.next)
    assert {wire["id"] for wire in first.wires} | set(ids) >= {str(number) for number in range(1, 21)}


def test_a_list_that_repeats_its_page_is_not_read_for_ever(connect: Connect, apptivo: Any) -> None:
    page = {"data": rows(10)}
    apptivo.said = [page] * 20
    ids, _, pages = read(connect(page_size=10))
    assert (len(set(ids)), len(pages)) == (10, 5)


def test_a_list_that_repeats_its_page_and_claims_more_is_not_complete(connect: Connect, apptivo: Any) -> None:
    page = {"data": rows(10), "countOfRecords": 30}
    apptivo.said = [page] * 20
    with pytest.raises(Unavailable, match="same page"):
        read(connect(page_size=10))


def test_the_second_pass_begins_with_the_newest_change_and_is_one_call(connect: Connect, apptivo: Any) -> None:
    apptivo.rows["customers"] = rows(200)
    connection = connect(page_size=100)
    _, cursor, _ = read(connection)
    apptivo.calls.clear()
    _, cursor, _ = read(connection, cursor)
    [call] = apptivo.calls
    assert (call["sortColumn"], call["sortDir"]) == ("lastUpdateDate", "desc")


def test_a_change_is_read_once_it_is_made(connect: Connect, apptivo: Any) -> None:
    apptivo.rows["customers"] = rows(200)
    connection = connect(page_size=100)
    _, cursor, _ = read(connection)
    _, cursor, _ = read(connection, cursor)
    apptivo.rows["customers"][4] |= {"lastUpdateDate": stamp(300), "customerName": "changed"}
    apptivo.calls.clear()
    ids, cursor, _ = read(connection, cursor)
    assert (ids, len(apptivo.calls)) == (["5"], 1)
    apptivo.rows["customers"].append({"id": "201", "creationDate": stamp(301), "lastUpdateDate": stamp(301)})
    apptivo.calls.clear()
    ids, _, _ = read(connection, cursor)
    assert (ids, len(apptivo.calls)) == (["201"], 1)


def test_nothing_new_is_one_call_however_much_lies_within_the_overlap(connect: Connect, apptivo: Any) -> None:
    apptivo.rows["customers"] = [row | {"lastUpdateDate": stamp(1)} for row in rows(50)]
    connection = connect(page_size=10)
    _, cursor, _ = read(connection)
    apptivo.calls.clear()
    ids, again, _ = read(connection, cursor)
    assert (ids, again, len(apptivo.calls)) == ([], cursor, 1)


@pytest.mark.parametrize(("overlap", "pages"), [(0, 1), (10, 2), (48, 6)])
def test_where_the_count_does_not_come_out_reading_goes_on_beyond_the_newest_change(
    connect: Connect, apptivo: Any, overlap: int, pages: int
) -> None:
    apptivo.rows["customers"] = rows(100)
    connection = connect(page_size=10, overlap_hours=overlap)
    _, cursor, _ = read(connection)
    apptivo.rows["customers"][0]["lastUpdateDate"] = stamp(101)
    del apptivo.rows["customers"][20]
    _, _, read_back = read(connection, cursor)
    assert len(read_back) == pages


def test_a_late_record_within_the_overlap_is_seen_by_the_count(connect: Connect, apptivo: Any) -> None:
    apptivo.rows["customers"] = rows(100)
    connection = connect(page_size=10, overlap_hours=48)
    _, cursor, _ = read(connection)
    apptivo.rows["customers"].append({"id": "late", "creationDate": stamp(80), "lastUpdateDate": stamp(80)})
    assert "late" in read(connection, cursor)[0]


def test_a_list_that_is_not_sorted_by_change_is_read_completely(connect: Connect, apptivo: Any) -> None:
    apptivo.rows["customers"], apptivo.unsorted = rows(30), frozenset({"lastUpdateDate"})
    connection = connect(page_size=10)
    _, cursor, _ = read(connection)
    ids, _, _ = read(connection, cursor)
    assert {str(number) for number in range(1, 31)} == set(ids)


@pytest.mark.parametrize("unreadable", ["yesterday", "", None, "03/04/2024 10:00:00"])
def test_stamps_that_cannot_be_read_mean_a_full_pass(connect: Connect, apptivo: Any, unreadable: Any) -> None:
    apptivo.rows["customers"] = rows(30)
    connection = connect(page_size=10)
    _, cursor, _ = read(connection)
    apptivo.rows["customers"][29]["lastUpdateDate"] = unreadable
    apptivo.unsorted = frozenset({"lastUpdateDate"})
    apptivo.rows["customers"].reverse()
    apptivo.rows["customers"][0], apptivo.rows["customers"][9] = (
        apptivo.rows["customers"][9],
        apptivo.rows["customers"][0],
    )
    ids, _, _ = read(connection, cursor)
    assert {str(number) for number in range(1, 31)} == set(ids)


def american(row: dict[str, Any]) -> dict[str, Any]:
    """The row with its stamps as they are written in America."""
    names = ("creationDate", "lastUpdateDate")
    return row | {name: datetime.fromisoformat(row[name]).strftime("%m/%d/%Y %H:%M:%S") for name in names}


def test_stamps_may_be_written_otherwise_than_the_firm_writes_dates(connect: Connect, apptivo: Any) -> None:
    apptivo.rows["customers"] = [american(row) for row in rows(500)]
    apptivo.config = {"dateFormat": "dd/MM/yyyy"}
    connection = connect(page_size=100)
    _, cursor, _ = read(connection)
    assert connection.memory["stamp-format"] == "MM/dd/yyyy"
    assert cursor["since"] == "2024-01-21T14:30:00+00:00"
    apptivo.calls.clear()
    ids, cursor, _ = read(connection, cursor)
    assert (len(apptivo.calls), ids) == (1, [])
    assert connection.memory["date-format"] == "dd/MM/yyyy"


def test_stamps_that_can_be_read_in_two_ways_overlook_nothing(connect: Connect, apptivo: Any) -> None:
    apptivo.rows["customers"] = [american(row) for row in rows(60)]
    connection = connect(page_size=10)
    _, cursor, _ = read(connection)
    assert "stamp-format" not in connection.memory
    assert datetime.fromisoformat(cursor["since"]) < datetime.fromisoformat("2024-01-03T12:00:00+00:00")
    apptivo.rows["customers"][7]["lastUpdateDate"] = "01/03/2024 13:00:00"
    assert "8" in read(connection, cursor)[0]


def test_the_profile_may_tell_the_format_of_stamps(connect: Connect, apptivo: Any) -> None:
    apptivo.rows["customers"] = [american(row) for row in rows(60)]
    connection = connect(profile={"stamp-format": "MM/dd/yyyy"})
    assert read(connection)[1]["since"] == "2024-01-03T06:30:00+00:00"


def test_a_remembered_format_that_does_not_fit_any_more_is_found_out_anew(connect: Connect, apptivo: Any) -> None:
    apptivo.rows["customers"] = [american(row) for row in rows(500)]
    connection = connect()
    connection.memory["stamp-format"] = "dd/MM/yyyy"
    read(connection)
    assert connection.memory["stamp-format"] == "MM/dd/yyyy"


def test_records_without_stamps_are_read_completely_each_time(connect: Connect, apptivo: Any) -> None:
    apptivo.rows["items"] = [{"id": str(number)} for number in range(1, 26)]
    connection = connect(page_size=10)
    ids, cursor, _ = read(connection, None, ITEMS)
    assert sorted(ids, key=int) == [str(number) for number in range(1, 26)]
    assert set(read(connection, cursor, ITEMS)[0]) == set(ids)


def test_a_stamp_ahead_of_the_clock_hides_nothing(connect: Connect, apptivo: Any) -> None:
    apptivo.rows["customers"] = rows(3)
    apptivo.rows["customers"][0]["lastUpdateDate"] = "2099-01-01 00:00:00"
    connection = connect()
    _, cursor, _ = read(connection)
    assert read(connection, cursor)[1]["since"] <= connection.clock.now().isoformat()
    apptivo.rows["customers"][1]["lastUpdateDate"] = stamp(100)
    assert read(connection, cursor)[0] == ["2"]


def test_the_cursor_counts_the_servers_clock(connect: Connect, apptivo: Any) -> None:
    apptivo.rows["customers"] = rows(1)
    _, cursor, _ = read(connect())
    assert cursor["since"] == "2023-12-31T19:30:00+00:00"
    _, cursor, _ = read(connect(server_utc_offset="+00:00"))
    assert cursor["since"] == "2024-01-01T01:00:00+00:00"


def test_a_cursor_survives_json(connect: Connect, apptivo: Any) -> None:
    from tieout.api import codec  # the codec is what core keeps cursors with

    apptivo.rows["customers"] = rows(25)
    connection = connect(page_size=10)
    _, cursor, pages = read(connection)
    for one in (cursor, pages[0].next):
        assert codec.loads(codec.dumps(one)) == one


def test_an_app_that_never_had_records_may_be_empty(connect: Connect, apptivo: Any) -> None:
    connection = connect()
    ids, cursor, _ = read(connection)
    assert ids == read(connection)[0] == []
    apptivo.calls.clear()
    ids, cursor, _ = read(connection, cursor)
    assert (ids, len(apptivo.calls)) == ([], 1)
    apptivo.rows["customers"] = rows(3)
    assert sorted(read(connection, cursor)[0]) == ["1", "2", "3"]


def test_the_memory_does_not_change_with_every_record(connect: Connect, apptivo: Any) -> None:
    apptivo.rows["customers"], apptivo.config = rows(3), {"dateFormat": "MM/dd/yyyy"}
    connection = connect()
    read(connection)
    before = dict(connection.memory)
    apptivo.rows["customers"] = rows(7)
    read(connection)
    assert connection.memory == before


def test_the_layout_is_read_after_a_full_pass_and_where_it_is_not_known(connect: Connect, apptivo: Any) -> None:
    apptivo.rows["customers"] = rows(3)
    connection = connect()
    _, cursor, pages = read(connection)
    assert [call["a"] for call in apptivo.calls] == ["getAll", "getConfigData"]
    assert [len(page.wires) for page in pages] == [3, 0]
    connection.memory.clear()
    apptivo.calls.clear()
    _, cursor, _ = read(connection, cursor)
    assert [call["a"] for call in apptivo.calls] == ["getAll", "getConfigData"]
    apptivo.calls.clear()
    assert read(connection, cursor)[1] == cursor
    assert [call["a"] for call in apptivo.calls] == ["getAll"]


@pytest.fixture
def small_window(monkeypatch: pytest.MonkeyPatch, apptivo: Any) -> int:
    monkeypatch.setattr(strategies, "WINDOW", 50)
    apptivo.window = 50
    return 50


@pytest.mark.parametrize("count", [49, 50, 51, 75, 99, 100])
@pytest.mark.parametrize("size", [10, 7])
def test_past_the_window_a_list_is_read_from_both_ends(
    connect: Connect, apptivo: Any, small_window: int, count: int, size: int
) -> None:
    records = rows(count)

    def page(app: str, form: dict[str, str]) -> Any:
        shown = sorted(records, key=lambda row: row[form["sortColumn"]], reverse=form["sortDir"] == "desc")
        start = int(form["startIndex"])
        return {"data": shown[:small_window][start : start + int(form["numRecords"])], "countOfRecords": count}

    apptivo.getAll = page
    ids, cursor, _ = read(connect(page_size=size))
    assert set(ids) == {str(number) for number in range(1, count + 1)}
    assert cursor["since"] == (START + timedelta(hours=count) - timedelta(hours=5.5)).isoformat() + "+00:00"


def test_records_made_at_one_moment_are_not_lost_at_the_edge(connect: Connect, apptivo: Any, small_window: int) -> None:
    records = rows(70)
    for row in records[45:56]:
        row["creationDate"] = stamp(46)

    def page(app: str, form: dict[str, str]) -> Any:
        shown = sorted(records, key=lambda row: row[form["sortColumn"]], reverse=form["sortDir"] == "desc")
        start = int(form["startIndex"])
        return {"data": shown[:small_window][start : start + int(form["numRecords"])], "countOfRecords": 70}

    apptivo.getAll = page
    assert set(read(connect(page_size=10))[0]) == {str(number) for number in range(1, 71)}


def test_a_window_full_of_records_made_at_one_moment_is_not_taken_for_all(
    connect: Connect, apptivo: Any, small_window: int
) -> None:
    apptivo.rows["customers"] = [row | {"creationDate": stamp(1)} for row in rows(90)]
    with pytest.raises(Unavailable, match="more records than can be read"):
        read(connect(page_size=10))


def test_more_than_both_ends_reach_is_said_where_no_day_can_be_asked_for(
    connect: Connect, apptivo: Any, small_window: int
) -> None:
    apptivo.rows["customers"] = rows(101)
    apptivo.refuses = frozenset({"getAllByAdvancedSearch"})
    with pytest.raises(Unavailable, match=r"refused: Not available.*Archive"):
        read(connect(page_size=10))


def test_more_than_both_ends_reach_is_found_without_a_count(connect: Connect, apptivo: Any, small_window: int) -> None:
    apptivo.rows["customers"], apptivo.counting = rows(130), False
    apptivo.refuses = frozenset({"getAllByAdvancedSearch"})
    with pytest.raises(Unavailable, match="more records than can be read"):
        read(connect(page_size=10))


def test_a_long_list_that_is_not_sorted_cannot_be_read_from_both_ends(
    connect: Connect, apptivo: Any, small_window: int
) -> None:
    apptivo.rows["customers"], apptivo.unsorted = rows(80), frozenset({"creationDate"})
    with pytest.raises(Unavailable, match="not sorted by date of creation"):
        read(connect(page_size=10))


def test_a_long_list_without_dates_of_creation_cannot_be_read_from_both_ends(
    connect: Connect, apptivo: Any, small_window: int
) -> None:
    apptivo.rows["customers"] = [{"id": str(number)} for number in range(80)]
    with pytest.raises(Unavailable, match=r"profile\.stamp-format"):
        read(connect(page_size=10))


def test_looking_up_by_id_is_one_call_for_each(connect: Connect, apptivo: Any) -> None:
    apptivo.rows["customers"] = rows(3)
    keys = [Key("id", "2"), Key("id", "9")]
    found = lookup.find(connect(), CUSTOMERS, keys)
    assert [[wire["id"] for wire in found[key]] for key in keys] == [["2"], []]
    assert [call["a"] for call in apptivo.calls] == ["getById", "getById"]


def test_looking_up_by_text_counts_exact_matches_alone(connect: Connect, apptivo: Any) -> None:
    apptivo.rows["customers"] = [
        {"id": "1", "customerName": "Acme Pty Ltd"},
        {"id": "2", "customerName": "ACME PTY LTD"},
        {"id": "3", "customerName": "Acme Pty Ltd West"},
        {"id": "4", "customerName": " Acme Pty Ltd "},
    ]
    key = Key("name", "Acme Pty Ltd")
    found = lookup.find(connect(), CUSTOMERS, [key])[key]
    assert [wire["id"] for wire in found] == ["1", "4"]
    [call] = apptivo.calls
    assert (call["a"], call["searchText"], call["objectId"]) == ("getAllBySearchText", "acme pty ltd", "3")
    assert "objectStatus" not in call


def test_a_match_on_a_later_page_is_found(connect: Connect, apptivo: Any) -> None:
    apptivo.rows["invoice"] = [{"id": str(number), "invoiceNumber": f"INV-{number}"} for number in range(1, 130)]
    apptivo.most = 7
    key = Key("number", "INV-12")
    assert [wire["id"] for wire in lookup.find(connect(page_size=10), INVOICES, [key])[key]] == ["12"]


def test_items_are_looked_up_by_code(connect: Connect, apptivo: Any) -> None:
    apptivo.rows["items"] = [{"id": "1", "itemCode": "BOLT"}, {"id": "2", "itemCode": "BOLT-M8"}]
    key = Key("code", "BOLT")
    assert [wire["id"] for wire in lookup.find(connect(), ITEMS, [key])[key]] == ["1"]


def test_reading_from_both_ends_brings_nothing_twice(connect: Connect, apptivo: Any) -> None:
    apptivo.rows["customers"], apptivo.window = made.rows(90), 50
    connection = connect(page_size=20)
    connection.memory["capabilities"] = {"apps": {"customers": {"sort": {"works": True}, "window": 50}}}
    assert sorted(made.ids(made.passed(connection)[0]), key=int) == [str(number) for number in range(1, 91)]


def test_the_first_page_is_read_once(connect: Connect, apptivo: Any) -> None:
    apptivo.rows["customers"] = made.rows(5)
    made.passed(connect(page_size=20))
    assert [call["startIndex"] for call in apptivo.lists()] == ["0"]


def test_offsets_go_on_by_the_rows_received_where_fewer_come_than_were_asked_for(
    connect: Connect, apptivo: Any
) -> None:
    apptivo.rows["customers"], apptivo.most = made.rows(102), 51
    assert sorted(made.ids(made.passed(connect(page_size=60))[0]), key=int) == [str(number) for number in range(1, 103)]


def test_a_wrong_count_neither_ends_nor_prolongs_a_pass(connect: Connect, apptivo: Any) -> None:
    apptivo.rows["customers"] = made.rows(45)
    page = apptivo._page
    for count, notes in ((3, []), (45, []), (46, ["list-incomplete"]), (10**6, ["list-incomplete"])):
        apptivo._page = lambda found, form, count=count: page(found, form) | {"countOfRecords": count}
        pages, _ = made.passed(connect(page_size=20))
        assert sorted(made.ids(pages), key=int) == [str(number) for number in range(1, 46)]
        assert [note.cause for one in pages for note in one.notes] == notes


def test_a_list_without_an_end_is_cut_off_and_told(connect: Connect, apptivo: Any) -> None:
    more = itertools.count(1_000)
    apptivo.rows["customers"] = made.rows(40)
    apptivo._page = lambda found, form: {"data": made.rows(200, next(more))}
    pages, _ = made.passed(connect(page_size=200))
    assert [note.cause for one in pages for note in one.notes] == ["list-endless"]


def test_rows_that_move_between_pages_are_not_lost(connect: Connect, apptivo: Any) -> None:
    apptivo.rows["customers"] = made.rows(100)
    connection = connect(page_size=20)
    first = reading.fetch(connection, made.CUSTOMERS, None)
    second = reading.fetch(connection, made.CUSTOMERS, first.next)
    moved = apptivo.rows["customers"].pop(3) | {"lastUpdateDate": "2024-05-31 00:00:00", "name": "edited"}
    apptivo.rows["customers"].append(moved)
    fresh = {"id": "new", "creationDate": "2024-05-31 00:00:01", "lastUpdateDate": "2024-05-31 00:00:01"}
    apptivo.rows["customers"].append(fresh)
    pages, _ = made.passed(connection, second.next)
    read = {wire["id"]: wire for page in (first, second, *pages) for wire in page.wires}
    assert read == {row["id"]: row for row in apptivo.rows["customers"]}


def test_an_empty_feed_is_not_everything_deleted(connect: Connect, apptivo: Any) -> None:
    apptivo.rows["customers"] = made.rows(5)
    connection = connect()
    _, cursor = made.passed(connection)
    apptivo.rows["customers"] = []
    for start in (None, cursor):
        with pytest.raises(Unavailable, match="suspicious"):
            made.passed(connection, start)


def test_stamps_stand_on_a_clock_of_their_own_and_reading_overlaps(connect: Connect, apptivo: Any) -> None:
    apptivo.rows["customers"] = made.rows(30)
    _, cursor = made.passed(connect())
    assert cursor["since"] == "2024-04-30T19:00:00+00:00"
    _, cursor = made.passed(connect(server_utc_offset="-07:00"))
    assert cursor["since"] == "2024-05-01T07:30:00+00:00"
    assert connect().settings.overlap_hours == 48
