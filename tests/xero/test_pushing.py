"""Pushing: one call a batch, receipts by what the answer says, and nothing taken for certain that is not."""

from __future__ import annotations

from itertools import permutations
from typing import Any

import pytest
from tieout.api.contract import Connection, Terms
from tieout.api.errors import OutcomeUnknown
from tieout.api.model import Party
from tieout.api.work import Batch, Op, Step
from tieout_xero import XERO, fetch, push

from . import made
from .conftest import API, Xero, guid

ZERO = "00000000-0000-0000-0000-000000000000"


def batch(resource: str, *bodies: dict[str, Any], op: Op = "create", ids: tuple[str, ...] = ()) -> Batch:
    steps = tuple(
        Step(op=op, body=body, key=f"k{number}", id=ids[number] if ids else None) for number, body in enumerate(bodies)
    )
    return Batch(XERO.resource(resource), op, steps, "idem-1")


def ok(body: dict[str, Any], number: int, identity: str) -> dict[str, Any]:
    return {**body, identity: guid(number), "StatusAttributeString": "OK", "UpdatedDateUTC": f"/Date({number})/"}


def outcomes(connection: Connection, sent: Batch) -> list[tuple[str, str, str | None]]:
    receipts = push(connection, sent)
    assert receipts is not None
    return [(receipt.key, receipt.outcome, receipt.id) for receipt in receipts]


@pytest.mark.parametrize(
    ("resource", "op", "method", "four"),
    [
        ("Contacts", "create", "PUT", False),
        ("Contacts", "update", "POST", False),
        ("Items", "create", "PUT", True),
        ("Invoices", "void", "POST", True),
        ("PurchaseOrders", "remove", "POST", False),
    ],
)
def test_a_batch_is_one_call(
    xero: Xero, connection: Connection, *, resource: str, op: Op, method: str, four: bool
) -> None:
    xero.answer(200, {resource: []})
    push(connection, batch(resource, {"Status": "x"}, op=op, ids=(guid(1),) if op != "create" else ()))
    (call,) = xero.calls
    assert (call.method, call.path) == (method, resource)
    assert call.params == {"summarizeErrors": "false", **({"unitdp": "4"} if four else {})}
    assert call.headers == {"Accept": "application/json", "Xero-Tenant-Id": "org-1", "Idempotency-Key": "idem-1"}
    identity = XERO.resource(resource).id[0]
    assert call.body == {resource: [{"Status": "x"} | ({} if op == "create" else {identity: guid(1)})]}


CASES = [
    (
        "Contacts",
        "ContactID",
        [{"Name": "Acme", "ContactNumber": "n-1"}, {"Name": "Bolt", "ContactNumber": "n-2"}, {"Name": "Cox"}],
    ),
    ("Items", "ItemID", [{"Code": "a"}, {"Code": "b"}, {"Code": "c"}]),
    (
        "Invoices",
        "InvoiceID",
        [
            {"Type": "ACCREC", "InvoiceNumber": "1"},
            {"Type": "ACCPAY", "InvoiceNumber": "1"},
            {"Type": "ACCPAY", "Url": "https://a.example/1"},
        ],
    ),
    (
        "Invoices",
        "InvoiceID",
        [
            {
                "Type": "ACCPAY",
                "Contact": {"ContactID": "c"},
                "Date": "2026-11-03",
                "LineItems": [{"Description": text}],
            }
            for text in "abc"
        ],
    ),
    ("PurchaseOrders", "PurchaseOrderID", [{"PurchaseOrderNumber": str(number)} for number in range(3)]),
]


@pytest.mark.parametrize(("resource", "identity", "bodies"), CASES)
@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_receipts_go_by_key_in_whatever_order_answers_come(
    xero: Xero,
    connection: Connection,
    *,
    resource: str,
    identity: str,
    bodies: list[dict[str, Any]],
    order: tuple[int, ...],
) -> None:
    xero.answer(200, {resource: [ok(bodies[number], number + 1, identity) for number in order]})
    assert outcomes(connection, batch(resource, *bodies)) == [(f"k{n}", "created", guid(n + 1)) for n in range(3)]


def test_updates_go_by_id(xero: Xero, connection: Connection) -> None:
    answers = [{"InvoiceID": guid(n), "StatusAttributeString": "OK"} for n in (2, 1)]
    xero.answer(200, {"Invoices": answers})
    sent = batch("Invoices", {"Status": "VOIDED"}, {"Status": "VOIDED"}, op="void", ids=(guid(1), guid(2)))
    assert outcomes(connection, sent) == [("k0", "updated", guid(1)), ("k1", "updated", guid(2))]


def test_what_has_no_key_goes_by_place_only_when_the_rest_stands_in_its_place(
    xero: Xero, connection: Connection
) -> None:
    bodies = [{"Type": "ACCPAY", "InvoiceNumber": "7"}, {"Type": "ACCPAY"}, {"Type": "ACCPAY", "InvoiceNumber": "8"}]
    answers = [ok(body, number + 1, "InvoiceID") for number, body in enumerate(bodies)]
    xero.answer(200, {"Invoices": answers})
    assert outcomes(connection, batch("Invoices", *bodies))[1] == ("k1", "created", guid(2))
    xero.answer(200, {"Invoices": [answers[2], answers[1], answers[0]]})
    assert outcomes(connection, batch("Invoices", *bodies))[1] == ("k1", "unknown", None)


def test_two_bills_of_one_number_are_told_apart_by_their_content(xero: Xero, connection: Connection) -> None:
    bodies = [
        {"Type": "ACCPAY", "InvoiceNumber": "7", "Contact": {"ContactID": one}, "LineItems": [{"Description": "x"}]}
        for one in "ab"
    ]
    answers = [ok(body, number + 1, "InvoiceID") for number, body in enumerate(bodies)]
    xero.answer(200, {"Invoices": answers[::-1]})
    assert outcomes(connection, batch("Invoices", *bodies)) == [
        ("k0", "created", guid(1)),
        ("k1", "created", guid(2)),
    ]


def test_an_answer_that_is_shorter_leaves_the_rest_unknown(xero: Xero, connection: Connection) -> None:
    xero.answer(200, {"Items": [ok({"Code": "b"}, 2, "ItemID")]})
    assert outcomes(connection, batch("Items", {"Code": "a"}, {"Code": "b"})) == [
        ("k0", "unknown", None),
        ("k1", "created", guid(2)),
    ]


def test_an_answer_about_something_else_is_no_receipt(xero: Xero, connection: Connection) -> None:
    xero.answer(200, {"Items": [ok({"Code": "z"}, 1, "ItemID"), ok({"Code": "b"}, 2, "ItemID")]})
    assert outcomes(connection, batch("Items", {"Code": "a"}, {"Code": "b"}))[0] == ("k0", "unknown", None)


def test_each_element_is_judged_for_itself(xero: Xero, connection: Connection) -> None:
    refused = {
        "InvoiceID": ZERO,
        "InvoiceNumber": "1",
        "StatusAttributeString": "ERROR",
        "HasErrors": True,
        "ValidationErrors": [{"Message": "Invoice # must be unique."}],
        "LineItems": [{"ValidationErrors": [{"Message": "Account code must be specified"}]}],
    }
    dropped = {
        **ok({"InvoiceNumber": "2"}, 2, "InvoiceID"),
        "StatusAttributeString": "WARNING",
        "Warnings": [{"Message": "Account code '476' has been removed as it does not match a recognised account."}],
    }
    xero.answer(200, {"Invoices": [refused, dropped]})
    first, second = push(connection, batch("Invoices", {"InvoiceNumber": "1"}, {"InvoiceNumber": "2"})) or []
    assert (first.outcome, first.id, first.wire) == ("rejected", None, None)
    assert [problem.cause for problem in first.problems] == ["number-taken", "account-not-chosen"]
    assert (second.outcome, second.version, second.wire) == ("created", "/Date(2)/", dropped)
    assert second.dropped == ("Account code '476' has been removed as it does not match a recognised account.",)


@pytest.mark.parametrize(
    "mark", [{"HasErrors": True}, {"HasValidationErrors": True}, {"StatusAttributeString": "ERROR"}]
)
def test_an_error_without_a_word_is_an_error(xero: Xero, connection: Connection, mark: dict[str, Any]) -> None:
    xero.answer(200, {"Contacts": [{"Name": "Acme", "ContactID": guid(1), **mark}]})
    (receipt,) = push(connection, batch("Contacts", {"Name": "Acme"})) or []
    assert receipt.outcome == "rejected"
    assert receipt.problems


def test_the_zero_id_is_never_an_id(xero: Xero, connection: Connection) -> None:
    xero.answer(200, {"Items": [{"Code": "a", "ItemID": ZERO, "StatusAttributeString": "OK"}]})
    assert outcomes(connection, batch("Items", {"Code": "a"})) == [("k0", "unknown", None)]


def test_a_batch_refused_whole_with_its_elements(xero: Xero, connection: Connection) -> None:
    bad = {
        "ItemID": ZERO,
        "Code": "b",
        "ValidationErrors": [{"Message": "Price List Item with Code 'b' already exists"}],
    }
    xero.answer(400, {"ErrorNumber": 10, "Message": "A validation exception occurred", "Elements": [bad]})
    first, second = push(connection, batch("Items", {"Code": "a"}, {"Code": "b"})) or []
    assert first.outcome == "unknown"
    assert (second.outcome, second.problems[0].cause) == ("rejected", "code-taken")


def test_a_good_element_of_a_refused_batch_is_not_taken_for_saved(xero: Xero, connection: Connection) -> None:
    xero.answer(400, {"Elements": [{"ItemID": guid(1), "Code": "a", "ValidationErrors": []}]})
    assert outcomes(connection, batch("Items", {"Code": "a"})) == [("k0", "unknown", None)]


@pytest.mark.parametrize(
    ("status", "body", "said"),
    [
        (
            400,
            {"ErrorNumber": 14, "Type": "PostDataInvalidException", "Message": "Invalid JSON data"},
            "Invalid JSON data",
        ),
        (400, b"<html>Bad request</html>", "<html>Bad request</html>"),
        (404, b"", "status 404"),
        (404, b"not found", "not found"),
    ],
)
def test_a_batch_refused_without_elements_is_refused_for_all(
    xero: Xero, connection: Connection, status: int, body: Any, said: str
) -> None:
    xero.answer(status, body)
    receipts = push(connection, batch("Items", {"Code": "a"}, {"Code": "b"})) or []
    assert [(receipt.outcome, receipt.problems[0].said) for receipt in receipts] == [("rejected", said)] * 2


@pytest.mark.parametrize("body", [b"<html>", b"", b'{"Items": "x"}', b'{"Other": []}', b"[]"])
def test_an_unreadable_success_is_unknown(xero: Xero, connection: Connection, body: bytes) -> None:
    xero.answer(200, body)
    with pytest.raises(OutcomeUnknown):
        push(connection, batch("Items", {"Code": "a"}))


def test_the_address_is_a_setting(xero: Xero, connection: Connection) -> None:
    assert connection.settings.api_url + "/" == API


def test_a_contact_is_created_so_that_nobody_is_overwritten(xero: Xero, connection: Connection) -> None:
    taken = "The contact name Acme is already assigned to another contact."
    xero.answer(200, {"Contacts": [{"Name": "Acme", "HasValidationErrors": True, "ValidationErrors": [{}]}]})
    xero.answer(200, {"Contacts": [{"Name": "Acme", "ValidationErrors": [{"Message": taken}]}]})
    for _ in range(2):
        (receipt,) = made.pushed(connection, made.CONTACTS, {"Name": "Acme"})
        assert receipt.outcome == "rejected"
    assert receipt.problems[0].cause == "contact-name-taken"
    assert {call.method for call in xero.calls} == {"PUT"}


def test_angle_brackets_are_replaced_and_each_element_is_judged(
    xero: Xero, connection: Connection, sales: Terms
) -> None:
    assert made.body(sales, Party(name="A <b> & C"), resource=made.CONTACTS)["Name"] == "A (b) & C"
    good = {"ContactID": guid(2), "Name": "B", "StatusAttributeString": "OK"}
    xero.answer(200, {"Contacts": [{"Name": "A", "StatusAttributeString": "ERROR"}, good]})
    assert [one.outcome for one in made.pushed(connection, made.CONTACTS, {"Name": "A"}, {"Name": "B"})] == [
        "rejected",
        "created",
    ]


def test_a_dropped_account_is_no_success(xero: Xero, connection: Connection) -> None:
    said = "Account code '476' has been removed as it does not match a recognised account."
    saved = {"InvoiceID": guid(1), "InvoiceNumber": "7", "StatusAttributeString": "WARNING"}
    xero.answer(200, {"Invoices": [saved | {"LineItems": [{"Warnings": [{"Message": said}]}]}]})
    (receipt,) = made.pushed(connection, made.INVOICES, {"InvoiceNumber": "7"})
    assert receipt.dropped == (said,)


@pytest.mark.parametrize("resource", XERO.resources)
def test_a_key_is_trusted_for_less_than_six_minutes_and_then_looked_up(resource: Any) -> None:
    assert 0 < resource.key_seconds < 360
    assert resource.find


def test_the_key_goes_as_it_was_given_and_its_refusal_is_understood(xero: Xero, connection: Connection) -> None:
    said = "Idempotency Key: idem-1 is used with a different request."
    xero.answer(400, {"ErrorNumber": 10, "Type": "ValidationException", "Message": said})
    (receipt,) = made.pushed(connection, made.INVOICES, {"InvoiceNumber": "7"})
    assert xero.calls[0].headers["Idempotency-Key"] == "idem-1"
    assert receipt.problems[0].cause == "repeat-refused"


def test_few_calls_are_made(xero: Xero, connection: Connection) -> None:
    assert all(resource.batch == 50 and resource.bytes <= 3_500_000 for resource in XERO.resources)
    xero.answer(200, {"Invoices": []})
    made.pushed(connection, made.INVOICES, *({"InvoiceNumber": str(number)} for number in range(50)))
    fetch(connection, made.INVOICES, None)
    assert len(xero.calls) == 2
    assert xero.calls[1].params["pageSize"] == "1000"
