"""Reading: everything once, nothing lost, however records move meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from tieout.api import codec
from tieout.api.contract import Connection, Cursor, Terms
from tieout.api.errors import ContractError, Unavailable
from tieout.api.model import Account, Document
from tieout.api.work import Key, Page
from tieout_xero import XERO, fetch, find, listing, reference

from . import made
from .conftest import Served, Told, Xero, guid, ticks

INVOICES = XERO.resource("Invoices")
Make = Callable[..., list[dict[str, Any]]]


@pytest.fixture(autouse=True)
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listing, "PAGE", 10)


def read(connection: Connection, cursor: Cursor | None = None, most: int = 100) -> tuple[list[Page], Cursor]:
    """A whole pass, its cursors going through JSON as core stores them."""
    pages: list[Page] = []
    for _ in range(most):
        page = fetch(connection, INVOICES, cursor)
        assert page is not None
        pages.append(page)
        if page.next is None:
            assert page.resume is not None
            return pages, codec.loads(codec.dumps(page.resume))
        cursor = codec.loads(codec.dumps(page.next))
    raise AssertionError("the pass does not end")


def latest(pages: list[Page]) -> dict[str, str]:
    return {wire["InvoiceID"]: wire["UpdatedDateUTC"] for page in pages for wire in page.wires}


def test_a_pass_reads_everything_with_the_parameters_that_bring_it_whole(
    xero: Xero, connection: Connection, invoices_of: Make
) -> None:
    xero.lists["Invoices"] = invoices_of(35)
    pages, _ = read(connection)
    assert len(latest(pages)) == 35
    assert sum(len(page.wires) for page in pages) == 35
    first = xero.calls[0]
    assert first.params == {
        "unitdp": "4",
        "includeArchived": "true",
        "order": "InvoiceID ASC",
        "page": "1",
        "pageSize": "10",
    }
    assert "If-Modified-Since" not in first.headers
    assert first.headers["Xero-Tenant-Id"] == "org-1"


def test_the_next_pass_reads_only_what_changed(xero: Xero, connection: Connection, invoices_of: Make) -> None:
    xero.lists["Invoices"] = invoices_of(25)
    _, resume = read(connection)
    pages, resume = read(connection, resume)
    assert [page.wires for page in pages] == [()]
    changed = {**xero.lists["Invoices"][3], "UpdatedDateUTC": ticks(xero.now)}
    xero.lists["Invoices"][3] = changed
    pages, _ = read(connection, resume)
    assert [wire for page in pages for wire in page.wires] == [changed]


@pytest.mark.parametrize("after_only", [True, False])
def test_a_change_in_the_very_second_of_the_last_one_is_seen(
    xero: Xero, connection: Connection, invoices_of: Make, after_only: bool
) -> None:
    xero.after_only = after_only
    xero.lists["Invoices"] = invoices_of(3, start=xero.now - timedelta(seconds=5))
    _, resume = read(connection)
    late = xero.lists["Invoices"][2]["UpdatedDateUTC"]
    xero.lists["Invoices"].append({"InvoiceID": guid(99), "UpdatedDateUTC": late})
    pages, _ = read(connection, resume)
    assert list(latest(pages)) == [guid(99)]


@pytest.mark.parametrize("every", [10.0, 1.0, 0.1, 0.0])
@pytest.mark.parametrize("after_only", [True, False])
def test_records_that_move_between_pages_are_not_lost(
    xero: Xero, connection: Connection, invoices_of: Make, *, every: float, after_only: bool
) -> None:
    xero.after_only = after_only
    xero.lists["Invoices"] = invoices_of(45, every=every)
    moves = iter([0, 5, 1, 7, 2, 30, 3, 11, 4, 44])

    def move(at: Xero) -> None:
        number = next(moves, None)
        if number is not None and at.calls:
            at.now += timedelta(seconds=1)
            at.lists["Invoices"] = [
                {**row, "UpdatedDateUTC": ticks(at.now)} if row["InvoiceID"] == guid(number + 1) else row
                for row in at.lists["Invoices"]
            ]

    xero.before = move
    pages, resume = read(connection)
    seen = latest(pages)
    assert len(seen) == 45
    later, _ = read(connection, resume)
    seen |= latest(later)
    assert seen == {row["InvoiceID"]: row["UpdatedDateUTC"] for row in xero.lists["Invoices"]}


def test_new_records_among_those_of_one_moment_are_seen_in_this_pass_or_the_next(
    xero: Xero, connection: Connection, invoices_of: Make
) -> None:
    xero.lists["Invoices"] = invoices_of(35, first=100, every=0.0)
    fresh = iter(range(1, 4))

    def add(at: Xero) -> None:
        number = next(fresh, None) if at.calls else None
        if number:
            at.now += timedelta(seconds=1)
            at.lists["Invoices"].append({"InvoiceID": guid(number), "UpdatedDateUTC": ticks(at.now)})

    xero.before = add
    pages, resume = read(connection)
    later, _ = read(connection, resume)
    assert len(latest(pages) | latest(later)) == 38


def test_many_records_of_one_moment_are_read_once(xero: Xero, connection: Connection, invoices_of: Make) -> None:
    xero.lists["Invoices"] = invoices_of(35, every=0.0)
    pages, resume = read(connection)
    assert len(latest(pages)) == 35
    calls = len(xero.calls)
    pages, _ = read(connection, resume)
    assert [page.wires for page in pages] == [()]
    assert len(xero.calls) == calls + 1


def test_a_server_with_smaller_pages_is_believed(xero: Xero, connection: Connection, invoices_of: Make) -> None:
    xero.page_size = 4
    xero.lists["Invoices"] = invoices_of(30, every=5.0)
    assert len(latest(read(connection)[0])) == 30


def test_an_empty_list_is_read_from_its_beginning_again(xero: Xero, connection: Connection, invoices_of: Make) -> None:
    _, resume = read(connection)
    xero.lists["Invoices"] = invoices_of(1, start=datetime(2020, 1, 1, tzinfo=UTC))
    assert len(latest(read(connection, resume)[0])) == 1


def test_items_come_in_one_call_without_pages(xero: Xero, connection: Connection) -> None:
    xero.lists["Items"] = [{"ItemID": guid(n), "Code": str(n), "UpdatedDateUTC": ticks(xero.now)} for n in range(30)]
    page = fetch(connection, XERO.resource("Items"), None)
    assert page is not None
    assert len(page.wires) == 30
    assert page.next is None
    assert xero.calls[0].params == {"unitdp": "4", "order": "ItemID ASC"}


@pytest.mark.parametrize(
    ("resource", "params"),
    [
        ("Contacts", {"includeArchived": "true", "order": "ContactID ASC"}),
        ("PurchaseOrders", {"order": "PurchaseOrderID ASC"}),
    ],
)
def test_each_list_is_asked_with_its_own_parameters(
    xero: Xero, connection: Connection, resource: str, params: dict[str, str]
) -> None:
    fetch(connection, XERO.resource(resource), None)
    assert xero.calls[0].params == {**params, "page": "1", "pageSize": "10"}


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (400, {"ErrorNumber": 16, "Message": "QueryParseException"}, ContractError),
        (404, b"<html>", Unavailable),
        (501, b"", Unavailable),
        (200, b"<html>", Unavailable),
        (200, {"Invoices": None}, Unavailable),
        (200, [], Unavailable),
    ],
)
def test_an_answer_of_another_shape_is_an_error(
    xero: Xero, connection: Connection, status: int, body: Any, error: type[Exception]
) -> None:
    xero.answer(status, body)
    with pytest.raises(error):
        fetch(connection, INVOICES, None)


def test_every_call_names_the_program(books: Connection, served: Served) -> None:
    served.answers["/api/Contacts"] = [Told(200, {"Contacts": []})]
    fetch(books, made.CONTACTS, None)
    assert served.asked[0][2]["User-Agent"].startswith("tieout/")


def test_stamps_are_utc_and_those_of_a_nested_contact_do_not_count(
    xero: Xero, connection: Connection, invoices_of: Callable[..., list[dict[str, Any]]]
) -> None:
    xero.lists["Invoices"] = [
        row | {"Contact": {"ContactID": guid(9), "UpdatedDateUTC": "/Date(1900000000000)/"}}
        for row in invoices_of(2, start=datetime(2026, 11, 3, 11, 59, 30, tzinfo=UTC))
    ]
    page = fetch(connection, made.INVOICES, None)
    assert page is not None
    assert page.resume is not None
    assert page.resume["since"] == "2026-11-03T11:59:29"


def test_no_parameter_is_empty_and_every_list_is_paged(xero: Xero, connection: Connection) -> None:
    for resource in XERO.resources:
        fetch(connection, resource, None)
        for field in resource.find:
            find(connection, resource, [Key(field, value) for value in ("a", "b")])
    lists = [call for call in xero.calls if "/" not in call.path and call.path != "Items"]
    assert lists
    assert all(call.params.get("page") == "1" for call in lists)
    assert all(value for call in xero.calls for value in call.params.values())


def test_unknown_values_and_fields_are_kept(xero: Xero, connection: Connection, sales: Terms) -> None:
    strange = {"InvoiceID": guid(1), "Status": "HELD", "LineAmountTypes": "Net", "Date": "2026-11-03", "New": {"a": 1}}
    xero.lists["Invoices"] = [strange | {"UpdatedDateUTC": "", "LineItems": [{"TaxType": "NEW9", "UnitAmount": 1}]}]
    page = fetch(connection, made.INVOICES, None)
    assert page is not None
    assert page.wires[0] == xero.lists["Invoices"][0]
    record = made.INVOICES.lift(page.wires[0], sales)
    assert isinstance(record, Document)
    assert (record.standing, record.lines[0].tax) == ("live", "NEW9")
    xero.answer(200, {"Accounts": [{"AccountID": "a", "Type": "CRYPTO", "Class": "OTHER", "Status": "ACTIVE"}]})
    (account,) = reference(connection, "accounts") or []
    assert isinstance(account, Account)
    assert (account.type, account.category, account.roles) == ("CRYPTO", "OTHER", frozenset())
