"""Finding: exact answers in few calls, whatever stands in a name or a number."""

from __future__ import annotations

from typing import Any

import pytest
from tieout.api.contract import Connection
from tieout.api.work import Key
from tieout_xero import XERO, find, listing

from . import made
from .conftest import Served, Told, Xero, guid, ticks


def ask(connection: Connection, resource: str, *keys: tuple[str, str]) -> dict[tuple[str, str], list[str]]:
    listed = XERO.resource(resource)
    found = find(connection, listed, [Key(*key) for key in keys])
    assert found is not None
    assert len(found) == len(set(keys))
    return {(key.field, key.value): sorted(wire[listed.id[0]] for wire in wires) for key, wires in found.items()}


@pytest.fixture(autouse=True)
def records(xero: Xero) -> None:
    stamp = {"UpdatedDateUTC": ticks(xero.now)}
    names = ["Acme Pumps", 'The "Best" Bakery', "A & B, Ltd", "Zeta"]
    xero.lists = {
        "Contacts": [
            {"ContactID": guid(n), "Name": name, "ContactNumber": f"n-{n}", **stamp} for n, name in enumerate(names, 1)
        ],
        "Items": [{"ItemID": guid(n), "Code": code, **stamp} for n, code in enumerate(["PUMP", 'A"1', "a/b"], 1)],
        "Invoices": [
            {"InvoiceID": guid(n), "InvoiceNumber": number, "Type": kind, **stamp}
            for n, (number, kind) in enumerate(
                [("7", "ACCREC"), ("7", "ACCPAY"), ("8,9", "ACCPAY"), ('"x"', "ACCPAY"), ("70", "ACCREC")], 1
            )
        ],
        "PurchaseOrders": [
            {"PurchaseOrderID": guid(n), "PurchaseOrderNumber": number, **stamp}
            for n, number in enumerate(["PO 1", "PO/2", "..", guid(9)], 1)
        ],
    }


def test_every_key_is_answered_by_its_field_and_nothing_else(connection: Connection) -> None:
    assert ask(
        connection,
        "Contacts",
        ("id", guid(1)),
        ("external", "n-2"),
        ("name", "zeta"),
        ("name", "n-2"),
        ("id", guid(77)),
        ("external", "nobody"),
        ("id", "not an id"),
        ("name", ""),
    ) == {
        ("id", guid(1)): [guid(1)],
        ("external", "n-2"): [guid(2)],
        ("name", "zeta"): [guid(4)],
        ("name", "n-2"): [],
        ("id", guid(77)): [],
        ("external", "nobody"): [],
        ("id", "not an id"): [],
        ("name", ""): [],
    }


@pytest.mark.parametrize(
    ("resource", "key", "found"),
    [
        ("Contacts", ("name", 'the "BEST"  bakery'), guid(2)),
        ("Contacts", ("name", "A & B, Ltd"), guid(3)),
        ("Items", ("code", "pump"), guid(1)),
        ("Items", ("code", 'A"1'), guid(2)),
        ("Items", ("id", guid(3)), guid(3)),
        ("Invoices", ("number", "8,9"), guid(3)),
        ("Invoices", ("number", '"x"'), guid(4)),
        ("PurchaseOrders", ("number", "po 1".upper()), guid(1)),
        ("PurchaseOrders", ("number", "PO/2"), guid(2)),
        ("PurchaseOrders", ("number", ".."), guid(3)),
        ("PurchaseOrders", ("number", guid(9)), guid(4)),
        ("PurchaseOrders", ("id", guid(2)), guid(2)),
    ],
)
def test_awkward_keys(connection: Connection, xero: Xero, resource: str, key: tuple[str, str], found: str) -> None:
    assert ask(connection, resource, key) == {key: [found]}
    assert len(xero.calls) == 1


def test_sales_and_bills_of_one_number_both_come_back(connection: Connection) -> None:
    assert ask(connection, "Invoices", ("number", "7")) == {("number", "7"): [guid(1), guid(2)]}


def test_a_number_that_is_not_there_gives_an_empty_list(connection: Connection) -> None:
    assert ask(connection, "PurchaseOrders", ("number", "PO 9")) == {("number", "PO 9"): []}


def test_a_path_is_percent_encoded(connection: Connection, xero: Xero) -> None:
    ask(connection, "PurchaseOrders", ("number", "PO 1&?#"))
    assert xero.calls[0].path == "PurchaseOrders/PO%201%26%3F%23"


def test_many_numbers_go_forty_a_call(connection: Connection, xero: Xero) -> None:
    ask(connection, "Invoices", *(("number", f"INV-{n}") for n in range(95)), *(("id", guid(n)) for n in range(41)))
    counted: list[Any] = [
        (name, call.params[name].count(",") + 1)
        for call in xero.calls
        for name in ("InvoiceNumbers", "IDs")
        if name in call.params
    ]
    assert counted == [("InvoiceNumbers", 40), ("InvoiceNumbers", 40), ("InvoiceNumbers", 15), ("IDs", 40), ("IDs", 1)]
    assert all(call.params["page"] == "1" for call in xero.calls)


def test_long_numbers_go_in_shorter_addresses(connection: Connection, xero: Xero) -> None:
    ask(connection, "Invoices", *(("number", f"{n:0>255}") for n in range(12)))
    assert max(len(call.params["InvoiceNumbers"]) for call in xero.calls) < 2000


@pytest.mark.parametrize(
    ("resource", "field"), [("Contacts", "external"), ("Contacts", "name"), ("PurchaseOrders", "number")]
)
def test_a_crowd_is_found_by_reading_the_list_once(
    monkeypatch: pytest.MonkeyPatch, connection: Connection, xero: Xero, resource: str, field: str
) -> None:
    monkeypatch.setattr(listing, "PAGE", 3)
    found = ask(connection, resource, *((field, f"x{n}") for n in range(30)), (field, "Zeta"), (field, "PO 1"))
    assert len(xero.calls) == 2
    assert xero.calls[0].params["order"] == f"{XERO.resource(resource).id[0]} ASC"
    assert sum(map(len, found.values())) == (0 if field == "external" else 1)


def test_several_items_are_found_in_one_call(connection: Connection, xero: Xero) -> None:
    ask(connection, "Items", ("code", "PUMP"), ("code", "a/b"), ("code", "nope"))
    assert len(xero.calls) == 1


def test_a_few_references_are_one_call_and_many_the_whole_list(xero: Xero, connection: Connection) -> None:
    stamp = {"UpdatedDateUTC": ticks(xero.now)}
    xero.lists["Payments"] = [{"PaymentID": guid(n), "Reference": f"firm-P-{n}", **stamp} for n in range(1, 30)]
    few, many = range(1, 10), range(1, 30)
    for wanted in (few, many):
        xero.calls.clear()
        found = ask(connection, "Payments", *(("external", f"firm-P-{n}") for n in wanted), ("external", "nobody"))
        assert found == {("external", f"firm-P-{n}"): [guid(n)] for n in wanted} | {("external", "nobody"): []}
        assert len(xero.calls) == 1
    xero.calls.clear()
    assert ask(connection, "Payments", ("external", "")) == {("external", ""): []}
    assert xero.calls == []


def test_every_bill_of_a_number_is_found(xero: Xero, connection: Connection) -> None:
    xero.lists["Invoices"] = [
        {"InvoiceID": guid(one), "InvoiceNumber": "7", "Type": "ACCPAY", "Contact": {"ContactID": guid(one)}}
        for one in (1, 2)
    ]
    assert len(made.found(connection, made.INVOICES, "number", "7")) == 2
    assert "number" not in made.INVOICES.unique


def test_a_name_with_quotes_is_found_without_a_filter(xero: Xero, connection: Connection) -> None:
    xero.lists["Contacts"] = [{"ContactID": guid(1), "Name": 'The "Best" Bakery'}]
    assert len(made.found(connection, made.CONTACTS, "name", 'The "Best" Bakery')) == 1
    assert not any("where" in call.params for call in xero.calls)


def test_signs_in_a_filter_are_encoded(books: Connection, served: Served) -> None:
    served.answers["/api/Contacts"] = [Told(200, {"Contacts": [{"ContactID": guid(1), "Name": "A & B+C=D"}]})]
    assert len(made.found(books, made.CONTACTS, "name", "A & B+C=D")) == 1
    assert "A%20%26%20B%2BC%3DD" in served.asked[0][1].replace("+", "%20")


@pytest.mark.parametrize("content", [b"<html>not found</html>", b"", b"The resource cannot be found"])
def test_a_record_that_is_not_there_needs_no_json(xero: Xero, connection: Connection, content: bytes) -> None:
    xero.answer(404, content)
    assert made.found(connection, made.ORDERS, "number", "PO-1") == []
