"""Both fake systems as functions: no socket, no process, and time that passes only when it is told to."""

import threading
import tomllib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest
from tieout_sandbox import codec
from tieout_sandbox.clock import Clock
from tieout_sandbox.exchange import Headers, Request
from tieout_sandbox.fake import Limits
from tieout_sandbox.firm import SHIPPED
from tieout_sandbox.inprocess import InProcess
from tieout_sandbox.launch import LaunchError
from tieout_sandbox.writeconfig import write_config

ITEM = {"id": "1", "itemName": "Bolt", "itemCode": "B"}
INVOICE = {"id": "9", "lines": [{"taxName": "GST", "taxRate": 15}]}


@pytest.fixture
def sandbox() -> InProcess:
    return InProcess(records={"items": [ITEM], "invoices": [INVOICE]})


def client(sandbox: InProcess, wait: Callable[[float], None] = lambda seconds: None) -> httpx.Client:
    return httpx.Client(transport=sandbox.transport(wait))


def origin(sandbox: InProcess, system: str) -> str:
    return {"apptivo": sandbox.apptivo["base-url"].removesuffix("/app"), "xero": sandbox.xero["identity-url"]}[system]


def asked(sandbox: InProcess, http: httpx.Client, action: str = "getAll", **params: Any) -> httpx.Response:
    keys = {"apiKey": sandbox.apptivo["api-key"], "accessKey": sandbox.apptivo["access-key"], "a": action}
    return http.post(f"{sandbox.apptivo['base-url']}/dao/v6/items", data=keys | params)


def bearer(sandbox: InProcess) -> dict[str, str]:
    token = sandbox.xero["authorised"]["access-token"]
    return {"Authorization": f"Bearer {token}", "Xero-Tenant-Id": sandbox.xero["tenant-id"], "Accept": "*/*"}


def organisation(sandbox: InProcess, http: httpx.Client) -> httpx.Response:
    return http.get(f"{sandbox.xero['api-url']}/Organisation", headers=bearer(sandbox))


def armed(sandbox: InProcess, http: httpx.Client, fault: str, system: str = "apptivo") -> None:
    assert http.post(f"{origin(sandbox, system)}/_sandbox/faults", json={"fault": fault}).status_code == 200


def test_both_systems_are_reached_at_the_addresses_of_its_line(sandbox: InProcess) -> None:
    line = codec.loads(sandbox.line())
    assert line == {"apptivo": sandbox.apptivo, "xero": sandbox.xero}
    with client(sandbox) as http:
        assert asked(sandbox, http).json()["data"][0]["itemName"] == "Bolt"
        assert organisation(sandbox, http).json()["Organisations"][0]["Name"] == "Demo Company (AU)"
        with pytest.raises(httpx.ConnectError):
            http.get("http://localhost:9003/")
        with pytest.raises(httpx.ConnectError):
            http.get(sandbox.apptivo["base-url"].replace("localhost", "elsewhere.example"))


def test_nothing_is_at_its_addresses_once_it_is_stopped(sandbox: InProcess) -> None:
    with client(sandbox) as http:
        with sandbox:
            assert asked(sandbox, http).status_code == 200
        with pytest.raises(httpx.ConnectError):
            asked(sandbox, http)
    sandbox.stop()


def test_records_in_memory_are_a_firm_and_stay_as_they_are_given() -> None:
    given: dict[str, list[dict[str, Any]]] = {"items": [{"itemId": 1, "itemName": "Bolt"}], "invoices": [INVOICE]}
    sandbox = InProcess(records=given)
    with client(sandbox) as http:
        edit = {"collection": "items", "id": "1", "set": {"itemName": "Nut"}}
        assert http.post(f"{origin(sandbox, 'apptivo')}/_sandbox/edit", json=edit).status_code == 200
    held = sandbox.state("apptivo")
    assert (held["items"][0]["itemName"], held["items"][0]["id"], held["customers"]) == ("Nut", "1", [])
    assert given["items"] == [{"itemId": 1, "itemName": "Bolt"}]


def test_records_that_make_no_sense_are_refused_by_app_and_place() -> None:
    with pytest.raises(codec.MalformedFile, match="no app is called 'item'"):
        InProcess(records={"item": [ITEM]})
    with pytest.raises(codec.MalformedFile, match="the records of items: record 2 has the id 1 of record 1"):
        InProcess(records={"items": [ITEM, ITEM]})
    with pytest.raises(LaunchError, match="sevices is no firm"):
        InProcess(firm="sevices")


def test_an_organisation_may_be_given_as_it_would_stand_in_a_file(tmp_path: Path) -> None:
    given = {"Organisation": {"Name": "In Memory"}, "Contacts": [{"Name": "Only One"}]}
    (tmp_path / "books.json").write_text(codec.dumps(given))
    for each in (given, tmp_path / "books.json"):
        held = InProcess(records={}, organisation=each).state("xero")
        assert (held["Organisation"]["Name"], [one["Name"] for one in held["Contacts"]]) == ("In Memory", ["Only One"])


@pytest.mark.parametrize(
    ("name", "sales", "purchases"),
    [
        ("default", {"GST 10%": "OUTPUT", "GST 15%": "TAX001"}, {"GST 10%": "INPUT", "GST 15%": "TAX001"}),
        ("services", {"GST 10%": "OUTPUT"}, {"GST 10%": "INPUT"}),
        (
            "multicurrency",
            {"State Levy 4% + City Levy 6%": "OUTPUT", "State Tax 6.25% + City Tax 2%": "TAX004", "VAT 20%": "TAX002"},
            {"State Levy 4% + City Levy 6%": "INPUT", "MwSt 19%": "TAX003", "GST 15%": "TAX001"},
        ),
    ],
)
def test_every_firm_that_ships_is_known_by_its_name_and_configured(
    name: str, sales: dict[str, str], purchases: dict[str, str], tmp_path: Path
) -> None:
    path = tmp_path / "plugins.toml"
    sandbox = InProcess(firm=name)
    write_config(sandbox, path)
    config = tomllib.loads(path.read_text())["pairs"]["main"]
    assert config["taxes"]["sales"].items() >= sales.items()
    assert config["taxes"]["purchases"].items() >= purchases.items()
    assert len(config["accounts"]) == 4
    assert sandbox.state("apptivo")["invoices"]


def test_its_configuration_tells_its_addresses_limits_and_speed(tmp_path: Path) -> None:
    path = tmp_path / "plugins.toml"
    sandbox = InProcess(records={"invoices": [INVOICE]}, limits=Limits(30, 1000, 5), speed=2)
    write_config(sandbox, path)
    config = tomllib.loads(path.read_text())
    crm, books = config["connections"]["crm"], config["connections"]["books"]
    assert (crm["base-url"], books["api-url"]) == (sandbox.apptivo["base-url"], sandbox.xero["api-url"])
    assert books["limits"] == {"minute": 30, "day": 1000, "concurrent": 5, "speed": 2}
    assert set(config["pairs"]["main"]["taxes"]["sales"]) == {"GST 15%", "none"}


def test_a_firm_that_is_made_up_is_the_same_in_every_sandbox_and_nobody_elses(tmp_path: Path) -> None:
    first, second = InProcess(), InProcess()
    edit = {"collection": "items", "id": "4000001", "set": {"itemName": "Changed"}}
    with client(first) as http:
        assert http.post(f"{origin(first, 'apptivo')}/_sandbox/edit", json=edit).status_code == 200
    assert first.state("apptivo")["items"][0]["itemName"] == "Changed"
    assert second.state("apptivo") == InProcess().state("apptivo")
    assert "Changed" not in {each["itemName"] for each in second.state("apptivo")["items"]}
    text = (SHIPPED["default"] / "firm.toml").read_text()
    (tmp_path / "firm.toml").write_text(text)
    assert len(InProcess(firm=tmp_path).state("apptivo")["invoices"]) == 1200
    (tmp_path / "firm.toml").write_text(text.replace("[generate]", "[generate]\ninvoices = 100"))
    assert len(InProcess(firm=tmp_path).state("apptivo")["invoices"]) == 100


def test_the_state_of_an_end_is_the_start_of_the_next(sandbox: InProcess) -> None:
    with client(sandbox) as http:
        asked(sandbox, http, "save", itemData='{"itemName": "New"}')
    state = {system: sandbox.state(system) for system in ("apptivo", "xero")}
    later = InProcess(records={"items": [ITEM]}, state=state)
    assert [each["itemName"] for each in later.state("apptivo")["items"]] == ["Bolt", "New"]
    with client(later) as http:
        bearers = bearer(sandbox)
        found = http.get(f"{later.xero['api-url']}/Organisation", headers=bearers)
        assert found.status_code == 200, "tokens outlive the sandbox that issued them"


@pytest.mark.parametrize(("fault", "held"), [("drop-before", 1), ("drop-after-commit", 2)])
def test_a_connection_that_is_closed_gives_no_answer_and_the_work_is_done_or_not(
    fault: str, held: int, sandbox: InProcess
) -> None:
    with client(sandbox) as http:
        armed(sandbox, http, fault)
        with pytest.raises(httpx.RemoteProtocolError) as closed:
            asked(sandbox, http, "save", itemData='{"itemName": "Washer"}')
        assert closed.value.request.url.path == "/app/dao/v6/items"
        [call] = http.get(f"{origin(sandbox, 'apptivo')}/_sandbox/calls").json()
    assert call["status"] is None
    assert len(sandbox.state("apptivo")["items"]) == held


def test_a_delay_is_waited_for_as_the_caller_wants_and_the_control_surface_has_none() -> None:
    waited: list[float] = []
    sandbox = InProcess(records={"items": [ITEM]}, latency_ms=150)
    with client(sandbox, waited.append) as http:
        armed(sandbox, http, "slow:2000")
        asked(sandbox, http)
        asked(sandbox, http)
    assert waited == [2.15, 0.15]
    request = httpx.Request("GET", f"{sandbox.xero['api-url']}/Organisation", headers=bearer(sandbox))
    assert sandbox.answer(request).status_code == 403, "there is no User-Agent"
    request.headers["User-Agent"] = "test"
    assert sandbox.answer(request, waited.append).status_code == 200
    assert waited[2:] == [0.15]


def test_time_is_that_of_the_clock_it_is_given_and_each_system_may_be_moved_by_itself() -> None:
    moment = [datetime(2031, 5, 6, 7, 8, 9, tzinfo=UTC)]
    sandbox = InProcess(records={}, clock=Clock(2, source=lambda: moment[0]))
    assert sandbox.options.speed == Decimal(2)
    with client(sandbox) as http:

        def now(system: str) -> datetime:
            return datetime.fromisoformat(http.get(f"{origin(sandbox, system)}/_sandbox/clock").json()["now"])

        assert now("apptivo") == now("xero") == moment[0]
        moment[0] += timedelta(days=1)
        http.post(f"{origin(sandbox, 'xero')}/_sandbox/clock", json={"advance": 1801})
        assert now("apptivo") == moment[0]
        assert now("xero") == moment[0] + timedelta(seconds=1801)
        assert organisation(sandbox, http).status_code == 401, "the token is over"
        http.post(f"{origin(sandbox, 'xero')}/_sandbox/reset")
        assert now("xero") == moment[0]


def call_of(sandbox: InProcess) -> Request:
    headers = {**bearer(sandbox), "User-Agent": "test", "Host": "localhost:9002"}
    return Request("GET", "/api.xro/2.0/Organisation", Headers(headers.items()))


def test_calls_are_under_way_from_arrival_until_they_are_answered_or_abandoned(sandbox: InProcess) -> None:
    xero = sandbox.systems["xero"]
    first = [xero.arrive(call_of(sandbox)) for _ in range(5)]
    refused = xero.arrive(call_of(sandbox)).answer()
    assert refused
    assert (refused.status, refused.headers["X-Rate-Limit-Problem"]) == (429, "concurrent")
    first[0].abandon()
    first[0].abandon()
    after = xero.answer(call_of(sandbox))
    assert after
    assert after.status == 200
    assert [answer.status for each in first[1:] if (answer := each.answer())] == [200] * 4
    again = [xero.arrive(call_of(sandbox)) for _ in range(5)]
    assert [answer.status for each in reversed(again) if (answer := each.answer())] == [200] * 5


def test_the_fault_of_a_call_is_that_of_its_arrival(sandbox: InProcess) -> None:
    xero = sandbox.systems["xero"]
    with client(sandbox) as http:
        armed(sandbox, http, "drop-before", "xero")
        dropped = xero.arrive(call_of(sandbox))
        answered = xero.answer(call_of(sandbox))
        assert (dropped.answer(), answered and answered.status) == (None, 200)


def test_threads_may_call_at_once(sandbox: InProcess) -> None:
    at_once, answers = threading.Barrier(4), []

    def work() -> None:
        with client(sandbox, lambda seconds: at_once.wait(5) and None) as http:
            answers.append(asked(sandbox, http, "save", itemData='{"itemName": "Nut"}').json())

    with client(sandbox) as http:
        for _ in range(4):
            armed(sandbox, http, "slow:1")
    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(answers) == 4, "nobody holds the system while waiting"
    assert [each["id"] for each in sandbox.state("apptivo")["items"]] == ["1", "2", "3", "4", "5"]


def test_webhooks_go_where_they_are_told_to_before_the_answer() -> None:
    posted: list[tuple[str, dict[str, str]]] = []

    def post(url: str, body: bytes, headers: Any) -> int:
        posted.append((url, codec.loads(body)))
        return 200 if len(posted) not in (2, 4) else 401

    sandbox = InProcess(records={}, post=post)
    with client(sandbox) as http:
        control = f"{origin(sandbox, 'xero')}/_sandbox"
        told = http.post(f"{control}/webhooks", json={"url": "http://localhost:1/hooks", "key": "k"}).json()
        assert (told["status"], len(posted)) == ("active", 4)
        http.post(f"{control}/edit", json={"collection": "Contacts", "create": {"Name": "New Ltd"}})
    assert [event["eventType"] for _, body in posted[4:] for event in body["events"]] == ["CREATE"]
