"""The control surface, on the fake Apptivo in this process; hanging up on a caller needs a real connection."""

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import httpx
import pytest
from tieout_sandbox import codec
from tieout_sandbox.apptivo.app import ACCESS_KEY, API_KEY, create
from tieout_sandbox.clock import Clock
from tieout_sandbox.edits import assign
from tieout_sandbox.fake import Fake, Options

KEYS = {"apiKey": API_KEY, "accessKey": ACCESS_KEY}
INVOICE = """{"id": "5", "invoiceNumber": "INV-5", "currencyCode": "AUD", "version": 3,
 "lines": [{"quantity": 2, "unitPrice": "10.05", "taxName": "GST", "taxRate": 10, "amount": "20.10"}],
 "subTotal": "20.10", "taxAmount": "2.01", "total": "22.11"}"""
PATH = "/app/dao/v6/items"


@pytest.fixture
def client(client_of: Callable[[Fake], httpx.Client], tmp_path: Path) -> httpx.Client:
    (tmp_path / "invoices.json").write_text(f"[{INVOICE}]")
    (tmp_path / "items.json").write_text('[{"id": "1", "itemName": "Bolt", "itemCode": "B"}]')
    return client_of(create(Options(origin="http://localhost:1", firm=tmp_path), Clock()))


def armed(client: httpx.Client, fault: str, times: int = 1, method: str = "POST", path: str = PATH) -> None:
    answer = client.post("/_sandbox/faults", json={"method": method, "path": path, "fault": fault, "times": times})
    assert answer.status_code == 200


def asked(client: httpx.Client) -> httpx.Response:
    return client.post(PATH, data=KEYS | {"a": "getAll"})


def test_calls_are_recorded_with_elements_and_without_secrets(client: httpx.Client) -> None:
    asked(client)
    client.get(PATH, params=KEYS | {"a": "getById", "itemId": 1})
    client.post(PATH, data={"a": "getAll"})
    calls = client.get("/_sandbox/calls").json()
    assert [(call["method"], call["status"], call["elements"], call["action"]) for call in calls] == [
        ("POST", 200, 1, "getAll"),
        ("GET", 200, 1, "getById"),
        ("POST", 200, 0, "getAll"),
    ]
    assert calls[1]["path"] == f"{PATH}?apiKey=***&accessKey=***&a=getById&itemId=1"
    assert calls[0]["time"].endswith("+00:00")
    assert API_KEY not in client.get("/_sandbox/calls").text


@pytest.mark.parametrize(
    ("fault", "status", "body"),
    [("status:503", 503, "status:503"), ("html", 200, "<!DOCTYPE html>"), ("empty", 200, ""), ("429-day", 429, "day")],
)
def test_a_fault_answers_in_the_place_of_the_system_as_often_as_it_was_armed(
    fault: str, status: int, body: str, client: httpx.Client
) -> None:
    armed(client, fault, times=2)
    for _ in range(2):
        answer = asked(client)
        assert answer.status_code == status
        assert body in answer.text
        assert "Bolt" not in answer.text
    assert "Bolt" in asked(client).text
    assert client.get("/_sandbox/faults").json() == []


def test_a_fault_meets_only_its_method_and_path(client: httpx.Client) -> None:
    armed(client, "empty", method="GET")
    armed(client, "empty", path="/app/dao/v6/customers")
    assert "Bolt" in asked(client).text
    assert len(client.get("/_sandbox/faults").json()) == 2
    armed(client, "empty", method="*", path="/")
    assert asked(client).text == ""


def test_an_expired_token_looks_as_in_this_system_and_a_slow_answer_is_still_right(client: httpx.Client) -> None:
    armed(client, "token-expired")
    assert asked(client).json()["status"] == "FAILURE"
    armed(client, "slow:1")
    assert "Bolt" in asked(client).text


@pytest.mark.parametrize(
    "given",
    [
        {"fault": "explode"},
        {"fault": "status:999"},
        {"fault": "html", "times": 0},
        {"fault": "html", "count": 2},
        ["html"],
    ],
)
def test_a_fault_that_makes_no_sense_is_refused(given: object, client: httpx.Client) -> None:
    answer = client.post("/_sandbox/faults", json=given)
    assert answer.status_code == 400
    assert answer.json()["error"]
    assert client.get("/_sandbox/faults").json() == []


def test_an_edit_is_seen_by_the_next_read_and_moves_stamp_version_and_sums(client: httpx.Client) -> None:
    edited = client.post(
        "/_sandbox/edit", json={"collection": "invoices", "number": "INV-5", "set": {"lines.0.quantity": 3}}
    ).json()
    assert (edited["subTotal"], edited["taxAmount"], edited["total"], edited["version"]) == (
        "30.15",
        "3.02",
        "33.17",
        4,
    )
    read = client.post("/app/dao/v6/invoice", data=KEYS | {"a": "getById", "invoiceId": 5}).json()["responseObject"]
    assert read == edited


def test_an_edit_may_state_a_sum_that_is_wrong(client: httpx.Client) -> None:
    edited = client.post(
        "/_sandbox/edit", json={"collection": "invoice", "id": 5, "set": {"total": "99.00", "lines.0.quantity": 3}}
    ).json()
    assert (edited["total"], edited["subTotal"]) == ("99.00", "20.10")


def test_records_are_created_and_deleted_by_edits(client: httpx.Client) -> None:
    made = client.post("/_sandbox/edit", json={"collection": "items", "create": {"itemName": "Nut"}}).json()
    assert (made["id"], made["itemId"]) == ("2", 2)
    client.post("/_sandbox/edit", json={"collection": "items", "id": "1", "delete": True})
    assert [row["itemName"] for row in client.get("/_sandbox/state").json()["items"]] == ["Nut"]


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"collection": "items", "id": "77", "set": {"itemName": "x"}}, 404),
        ({"collection": "nothing", "id": "1", "set": {"itemName": "x"}}, 404),
        ({"collection": "items", "id": "1"}, 400),
        ({"collection": "items", "id": "1", "set": {"itemName.more": "x"}}, 400),
        ({"id": "1"}, 400),
    ],
)
def test_an_edit_that_makes_no_sense_changes_nothing(
    change: dict[str, object], status: int, client: httpx.Client
) -> None:
    before = client.get("/_sandbox/state").json()
    answer = client.post("/_sandbox/edit", json=change)
    assert (answer.status_code, bool(answer.json()["error"])) == (status, True)
    assert client.get("/_sandbox/state").json() == before


def test_reset_brings_back_the_start(client: httpx.Client) -> None:
    before = client.get("/_sandbox/state").json()
    client.post("/_sandbox/edit", json={"collection": "items", "id": "1", "set": {"itemName": "x"}})
    armed(client, "html")
    client.post("/_sandbox/clock", json={"advance": 100})
    client.post("/_sandbox/reset")
    assert client.get("/_sandbox/state").json() == before
    assert client.get("/_sandbox/faults").json() == client.get("/_sandbox/calls").json() == []


def test_the_clock_is_advanced_by_seconds(client: httpx.Client) -> None:
    start = client.get("/_sandbox/clock").json()["now"]
    moved = client.post("/_sandbox/clock", json={"advance": 86400}).json()["now"]
    assert moved[:10] > start[:10]
    assert client.post("/_sandbox/clock", json={"advance": "soon"}).status_code == 400


def test_paths_reach_into_lists_and_grow_them_by_one() -> None:
    record = {"lines": [{"price": 1}]}
    assign(record, "lines.0.price", 2)
    assign(record, "lines.1", {"price": 3})
    assign(record, "address.city", "Perth")
    assert record == {"lines": [{"price": 2}, {"price": 3}], "address": {"city": "Perth"}}
    with pytest.raises(ValueError, match="no place in a list of 2"):
        assign(record, "lines.9.price", 2)


def test_amounts_pass_through_the_codec_with_all_their_digits() -> None:
    text = '{"a":0.1234567890123456789,"b":100.00,"c":"1.50","d":3}'
    value = codec.loads(text)
    assert value["a"] == Decimal("0.1234567890123456789")
    assert codec.dumps(value) == text
    with pytest.raises(TypeError):
        codec.dumps(Decimal("NaN"))


def test_amounts_are_written_without_an_exponent_and_texts_as_they_are() -> None:
    value = [Decimal("1E+3"), Decimal("1E-7"), Decimal("0E-8"), 10**30, "Südwind E-Mail", "NaN", 'a "b"\u2028']
    assert codec.dumps(value) == (
        '[1000,0.0000001,0.00000000,1000000000000000000000000000000,"Südwind E-Mail","NaN","a \\"b\\"\u2028"]'
    )
    half = codec.loads('"\\ud83d"')
    assert codec.dumps([half, "ü", Decimal("1.50")]) == '["\\ud83d","ü",1.50]'


def test_an_unknown_path_and_a_method_that_it_does_not_have_are_refused(client: httpx.Client) -> None:
    assert client.get("/nowhere").status_code == 404
    refused = client.delete("/_sandbox/faults")
    assert (refused.status_code, refused.headers["allow"]) == (405, "GET, POST")
    assert client.post("/app/dao/v6/", data=KEYS).status_code == 404


@pytest.fixture
def address(serve: Callable[[Callable[[str], Fake]], Fake], tmp_path: Path) -> str:
    """A real server, because only a real connection can be closed."""
    fake = serve(lambda origin: create(Options(origin=origin, firm=tmp_path), Clock()))
    return str(fake.credentials["base-url"]).removesuffix("/app")


@pytest.mark.parametrize(("fault", "held"), [("drop-before", 0), ("drop-after-commit", 1)])
def test_a_dropped_connection_gives_no_answer_and_the_work_is_done_or_not(fault: str, held: int, address: str) -> None:
    with httpx.Client(base_url=address, trust_env=False) as client:
        client.post("/_sandbox/faults", json={"method": "POST", "path": PATH, "fault": fault, "times": 1})
        with pytest.raises(httpx.RemoteProtocolError):
            client.post(PATH, data=KEYS | {"a": "save", "itemData": '{"itemName": "Washer"}'})
        assert len(client.get("/_sandbox/state").json()["items"]) == held
        call = client.get("/_sandbox/calls").json()[0]
        assert (call["status"], call["elements"]) == (None, 1)
