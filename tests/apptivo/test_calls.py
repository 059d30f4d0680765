"""One call: how it travels, the envelopes that come back, and what each failure means.

Source: docs/facts/apptivo.md, "Failures".
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from tieout.api.contract import Connection
from tieout.api.errors import ReauthNeeded, Rejected, TieoutError, Unavailable
from tieout.api.work import Key
from tieout_apptivo import APPTIVO
from tieout_apptivo.reading import lookup, reading
from tieout_apptivo.shape import firm

from . import made

Connect = Callable[..., Connection]
CUSTOMERS, INVOICES = APPTIVO.resource("customers"), APPTIVO.resource("invoices")


def get(connection: Connection, id: str = "1") -> list[dict[str, Any]]:
    key = Key("id", id)
    return lookup.find(connection, CUSTOMERS, [key])[key]


def page(connection: Connection) -> tuple[dict[str, Any], ...]:
    return reading.fetch(connection, CUSTOMERS, None).wires


def test_everything_travels_in_the_form_and_no_key_in_the_address(connect: Connect, apptivo: Any) -> None:
    apptivo.said = [{"id": "1"}]
    get(connect(user_name="integration@acme.example"))
    assert apptivo.urls == [("POST", "https://app.apptivo.com/app/dao/v6/customers")]
    assert apptivo.calls == [
        {
            "a": "getById",
            "customerId": "1",
            "apiKey": "api-key-of-the-tests",
            "accessKey": "access-key-of-the-tests",
            "userName": "integration@acme.example",
        }
    ]


def test_no_employee_is_named_where_none_is_set(connect: Connect, apptivo: Any) -> None:
    apptivo.said = [{"id": "1"}]
    get(connect())
    assert "userName" not in apptivo.calls[0]


@pytest.mark.parametrize(
    "body",
    [
        {"id": "1", "customerName": "A"},
        {"customerId": 1, "id": None, "customerName": "A"},
        {"data": {"id": "1", "customerName": "A"}},
        {"responseObject": {"id": "1", "customerName": "A"}},
        {"customer": {"id": "1", "customerName": "A"}, "message": "ok"},
    ],
)
def test_a_record_comes_in_one_of_four_envelopes(connect: Connect, apptivo: Any, body: dict[str, Any]) -> None:
    apptivo.said = [body]
    assert [found["customerName"] for found in get(connect())] == ["A"]


@pytest.mark.parametrize("body", [{"data": {}}, {"data": None}, {"responseObject": ""}])
def test_an_empty_envelope_holds_no_record(connect: Connect, apptivo: Any, body: dict[str, Any]) -> None:
    apptivo.said = [body]
    assert get(connect()) == []


@pytest.mark.parametrize(
    "reason",
    ["Customer not found", "No customer was found for the given id", "The record does not exist", "Record was deleted"],
)
def test_a_record_that_is_gone_is_none(connect: Connect, apptivo: Any, reason: str) -> None:
    apptivo.said = [{"status": "FAILURE", "reason": reason}]
    assert get(connect()) == []


def test_another_record_than_asked_for_is_no_answer(connect: Connect, apptivo: Any) -> None:
    apptivo.said = [{"id": "2"}]
    with pytest.raises(Unavailable, match="another record"):
        get(connect())


@pytest.mark.parametrize(
    "body",
    [
        {"data": [{"id": "1"}], "countOfRecords": 1},
        {"data": [{"id": "1"}]},
        {"data": {"data": [{"id": "1"}], "countOfRecords": "1"}},
        {"aaData": [{"id": "1"}]},
        {"customers": [{"id": "1"}], "countOfRecords": "many"},
    ],
)
def test_a_list_comes_in_several_envelopes(connect: Connect, apptivo: Any, body: dict[str, Any]) -> None:
    apptivo.said = [body]
    assert page(connect()) == ({"id": "1"},)


@pytest.mark.parametrize("body", [{"countOfRecords": 0}, {"data": []}, {"data": None, "countOfRecords": 0}, {}])
def test_a_list_without_data_is_empty(connect: Connect, apptivo: Any, body: dict[str, Any]) -> None:
    apptivo.said = [body]
    assert page(connect()) == ()


KEYS = "Business Settings -> API Access"
ROWS: list[tuple[str, Any, type[TieoutError], str]] = [
    ("1 transport error", Unavailable("connection refused"), Unavailable, "connection refused"),
    ("2 refused at the door", ReauthNeeded("403", said="Forbidden"), ReauthNeeded, KEYS),
    ("2 wrong key", {"status": "FAILURE", "reason": "Invalid API Key"}, ReauthNeeded, KEYS),
    ("2 wrong access key", {"status": "failure", "message": "accessKey mismatch"}, ReauthNeeded, KEYS),
    ("2 no permission", {"status": "ERROR", "responseMessage": "No permission for this app"}, ReauthNeeded, KEYS),
    ("4 throttled", {"status": "FAILURE", "reason": "Rate limit of this key is reached"}, Unavailable, "now"),
    ("4 refused", {"status": "FAILURE", "reason": "Unknown object"}, Rejected, "object-id (3)"),
    ("4 refused without a reason", {"status": "Error"}, Rejected, "Apptivo refused getAll"),
    ("4 an error by status", {"status": "FAILURE", "reason": "Not found"}, Rejected, "url-name (customers)"),
]


@pytest.mark.parametrize(("said", "error", "text"), [row[1:] for row in ROWS], ids=[row[0] for row in ROWS])
def test_a_failure_is_told_at_once_and_in_plain_words(
    connect: Connect, apptivo: Any, said: Any, error: type[TieoutError], text: str
) -> None:
    apptivo.said = [said]
    with pytest.raises(error) as raised:
        page(connect())
    assert text in str(raised.value)
    assert len(apptivo.calls) == 1


JUNK = ["", "<html>Please log in</html>", "[1, 2]", '{"error": "?"}', '{"data": "text"}', "null"]


@pytest.mark.parametrize("junk", JUNK)
def test_an_answer_that_is_none_is_asked_for_again(connect: Connect, apptivo: Any, junk: str) -> None:
    apptivo.said = [junk, junk, {"data": [{"id": "1"}]}]
    connection = connect()
    clock: Any = connection.clock
    assert page(connection) == ({"id": "1"},)
    assert clock.waited == [1.0, 3.0]


@pytest.mark.parametrize("junk", JUNK)
def test_after_three_answers_that_are_none_it_is_given_up(connect: Connect, apptivo: Any, junk: str) -> None:
    apptivo.said = [junk] * 3
    connection = connect()
    with pytest.raises(Unavailable) as raised:
        page(connection)
    assert raised.value.problem.said == junk
    assert len(apptivo.calls) == 3


def test_a_record_without_any_known_envelope_is_not_taken_for_gone(connect: Connect, apptivo: Any) -> None:
    apptivo.said = [{}] * 3
    with pytest.raises(Unavailable):
        get(connect())


def test_what_apptivo_said_is_cut_short_and_shows_no_key(connect: Connect, apptivo: Any) -> None:
    apptivo.said = ["<html>api-key-of-the-tests" + "x" * 500] * 3
    with pytest.raises(Unavailable) as raised:
        page(connect())
    assert raised.value.problem.said.startswith("<html>***xx")
    assert len(raised.value.problem.said) <= 200
    apptivo.said = [{"status": "FAILURE", "reason": "Bad key access-key-of-the-tests"}]
    with pytest.raises(ReauthNeeded) as refused:
        page(connect())
    assert refused.value.problem.said == "Bad key ***"


def test_a_url_name_that_does_not_exist_names_the_line_to_look_at(
    connect: Connect, apptivo: Any, not_found: Any
) -> None:
    apptivo.said = [not_found]
    with pytest.raises(Rejected) as raised:
        page(connect())
    [problem] = raised.value.problems
    assert (problem.cause, problem.about) == ("apptivo-refused", "customers")
    assert "404" in problem.said


def test_invalid_keys_answer_200_and_end_a_pass_and_a_check(connect: Connect, apptivo: Any) -> None:
    apptivo.said = [{"status": "FAILURE", "reason": "Invalid API Key"}] * 2
    with pytest.raises(ReauthNeeded):
        made.passed(connect())
    with pytest.raises(ReauthNeeded):
        firm.check(connect())


def test_keys_stand_in_the_form_and_in_no_address_or_message(connect: Connect, apptivo: Any) -> None:
    apptivo.said = ["<html>api-key-of-the-tests access-key-of-the-tests"] * 3
    with pytest.raises(Unavailable) as raised:
        lookup.find(connect(), made.CUSTOMERS, [Key("id", "1")])
    assert all("of-the-tests" not in url for _, url in apptivo.urls)
    assert apptivo.calls[0]["apiKey"] == "api-key-of-the-tests"
    assert "of-the-tests" not in str(raised.value)


def test_reads_and_writes_are_posts_whose_address_says_nothing(connect: Connect, apptivo: Any) -> None:
    apptivo.rows["invoice"] = [{"id": "1"}]
    made.written(connect(), {"standard": {"note": "new"}})
    assert apptivo.urls == [("POST", "https://app.apptivo.com/app/dao/v6/invoice")] * 3
