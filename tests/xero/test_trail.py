"""The trail of a record: its files and the notes in its history, through core's own client."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from tieout.api.contract import Connection, File
from tieout.api.errors import OutcomeUnknown, ReauthNeeded, Rejected
from tieout_xero import annotate, attach

from .conftest import Served, Told, guid
from .made import CONTACTS, INVOICES, ITEMS, ORDERS, PAYMENTS

PATH = f"/api/Invoices/{guid(1)}/Attachments"


def file(name: str = "receipt.pdf", content: bytes = b"%PDF-1", **changes: Any) -> File:
    given = {"name": name, "media": "application/pdf", "size": len(content), "content": lambda: content}
    return File(**{**given, **changes})


def listed(*names: str) -> Told:
    return Told(200, {"Attachments": [{"FileName": name} for name in names]})


def refused(books: Connection, given: File) -> tuple[str, str]:
    with pytest.raises(Rejected) as caught:
        attach(books, INVOICES, guid(1), given)
    (problem,) = caught.value.problems
    assert problem.what
    assert problem.fix
    return problem.cause, problem.said


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("receipt.pdf", "receipt.pdf"),
        ("a (1) [x] é.pdf", "a%20%281%29%20%5Bx%5D%20%C3%A9.pdf"),
        ("100% & more#1.pdf", "100%25%20%26%20more%231.pdf"),
    ],
)
def test_a_file_goes_as_it_is_under_its_name(books: Connection, served: Served, name: str, path: str) -> None:
    served.answers = {PATH: [listed()], f"{PATH}/{path}": [Told(200, {"Attachments": [{"FileName": name}]})]}
    assert attach(books, INVOICES, guid(1), file(name, b"\x00\xff%PDF")) is True
    (_, (method, _, headers)) = served.asked
    assert (method, headers["Content-Type"], headers["Xero-Tenant-Id"]) == ("PUT", "application/pdf", "org-1")
    assert headers["Content-Length"] == "6"


def test_a_file_of_no_known_kind_is_plain_bytes(books: Connection, served: Served) -> None:
    served.answers = {PATH: [listed()], f"{PATH}/x": [Told(200, {"Attachments": []})]}
    attach(books, INVOICES, guid(1), file("x", media=""))
    assert served.asked[-1][2]["Content-Type"] == "application/octet-stream"


@pytest.mark.parametrize("name", [*(f"a{mark}b.pdf" for mark in '<>:"/\\|?*+\0'), "", " ", ".", ".."])
def test_a_name_that_xero_does_not_take_is_told_without_a_call(books: Connection, served: Served, name: str) -> None:
    assert refused(books, file(name)) == ("attachment-name-unfit", "")
    assert served.asked == []


@pytest.mark.parametrize("size", [0, 10_000_001])
def test_a_size_that_xero_does_not_take_is_told_without_a_call(books: Connection, served: Served, size: int) -> None:
    assert refused(books, file(size=size)) == ("attachment-size-unfit", "")
    assert served.asked == []


def test_a_file_that_grew_meanwhile_is_not_sent(books: Connection, served: Served) -> None:
    served.answers = {PATH: [listed()]}
    assert refused(books, file(content=b"x" * 10_000_001, size=5))[0] == "attachment-size-unfit"
    assert len(served.asked) == 1


def test_the_eleventh_file_is_told_and_a_tenth_replaced(books: Connection, served: Served) -> None:
    ten = [f"{number}.pdf" for number in range(10)]
    served.answers = {PATH: [listed(*ten)], f"{PATH}/9.PDF": [Told(200, {"Attachments": []})]}
    assert refused(books, file("10.pdf"))[0] == "attachments-full"
    assert attach(books, INVOICES, guid(1), file("9.PDF"))


@pytest.mark.parametrize(
    ("told", "cause", "said"),
    [
        (Told(400, {"Type": "ValidationException", "Message": "File type not supported"}), "refused", "File type"),
        (Told(400, b"<html>no</html>"), "refused", "<html>no"),
        (Told(404, b"not here"), "gone", "not here"),
    ],
)
def test_what_xero_refuses_is_told_in_its_words(
    books: Connection, served: Served, told: Told, cause: str, said: str
) -> None:
    served.answers = {PATH: [listed()], f"{PATH}/receipt.pdf": [told]}
    found = refused(books, file())
    assert found[0] == cause
    assert said in found[1]


def test_a_record_that_is_not_there_takes_no_file(books: Connection, served: Served) -> None:
    served.answers = {PATH: [Told(404, b"not here")]}
    assert refused(books, file()) == ("gone", "not here")
    assert len(served.asked) == 1


def test_a_file_whose_fate_is_unknown_and_a_missing_right_are_told_apart(books: Connection, served: Served) -> None:
    served.answers = {PATH: [listed()], f"{PATH}/receipt.pdf": [Told(503, b"offline")]}
    with pytest.raises(OutcomeUnknown):
        attach(books, INVOICES, guid(1), file())
    served.answers[PATH] = [Told(403, {"Detail": "AuthenticationUnsuccessful"})]
    with pytest.raises(ReauthNeeded, match="is not connected"):
        attach(books, INVOICES, guid(1), file())


@pytest.mark.parametrize("resource", [ITEMS, PAYMENTS])
def test_what_has_no_attachments_takes_none(books: Connection, served: Served, resource: Any) -> None:
    assert attach(books, resource, guid(1), file()) is False
    assert served.asked == []


@pytest.mark.parametrize("resource", [CONTACTS, INVOICES, ORDERS, ITEMS, PAYMENTS])
def test_a_note_stands_in_the_history(books: Connection, served: Served, resource: Any) -> None:
    path = f"/api/{resource.name}/{guid(1)}/History"
    served.answers = {path: [Told(200, {"HistoryRecords": [{"Details": "Sent"}]})]}
    assert annotate(books, resource, guid(1), "Sent") is True
    ((method, at, _),) = served.asked
    assert (method, at) == ("PUT", path)


def test_a_note_is_plain_text_of_2500_characters_at_most(xero: Any, connection: Connection) -> None:
    for text in ("Sent\x07 by Tieout", "x" * 3_000):
        xero.answer(200, {"HistoryRecords": []})
        annotate(connection, INVOICES, guid(1), text)
    told = [call.body["HistoryRecords"][0]["Details"] for call in xero.calls]
    assert told == ["Sent by Tieout", "x" * 2_500]


def test_one_note_has_one_key_and_another_one_another(xero: Any, connection: Connection) -> None:
    elsewhere = replace(connection, tenant=replace(connection.tenant, id="org-2") if connection.tenant else None)
    for made, one, text in (
        (connection, guid(1), "A"),
        (connection, guid(1), "A"),
        (connection, guid(2), "A"),
        (connection, guid(1), "B"),
        (elsewhere, guid(1), "A"),
    ):
        xero.answer(200, {"HistoryRecords": []})
        annotate(made, INVOICES, one, text)
    keys = [call.headers["Idempotency-Key"] for call in xero.calls]
    assert keys[0] == keys[1]
    assert len(set(keys)) == 4
    assert all(len(key) <= 128 for key in keys)


def test_a_note_that_xero_refuses_is_told(books: Connection, served: Served) -> None:
    served.answers = {f"/api/Invoices/{guid(1)}/History": [Told(400, {"Message": "No more notes"})]}
    with pytest.raises(Rejected) as caught:
        annotate(books, INVOICES, guid(1), "Sent")
    assert caught.value.problems[0].said == "No more notes"
