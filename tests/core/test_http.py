"""The client given to plugins, against a real server on loopback."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from tieout import __version__
from tieout.api.codec import dumps
from tieout.api.contract import Limits
from tieout.api.errors import ContractError, OutcomeUnknown, ReauthNeeded, Throttled, Unavailable
from tieout.api.http import Calls, Http
from tieout.api.secret import remember
from tieout.host.http import HttpAuth, HttpRequest, HttpResponse
from tieout.testing import FakeClock

Client = Callable[..., Http]


def test_amounts_are_numbers_on_the_way_out_and_decimals_on_the_way_in(client: Client, system: Any, reply: Any) -> None:
    system.answers.append(reply(body=b'{"Total": 12345678901234567.89, "Lines": [1, 0.1]}'))
    answer = client().write("PUT", f"{system.url}/Invoices", body={"Total": Decimal("12345678901234567.89")})
    assert system.asked[0].body == b'{"Total":12345678901234567.89}'
    assert answer.json() == {"Total": Decimal("12345678901234567.89"), "Lines": [1, Decimal("0.1")]}
    assert dumps(answer.json()["Lines"]) == b"[1,0.1]"


def test_zero_characters_are_left_out_and_what_only_looks_like_one_stays(
    client: Client, system: Any, reply: Any
) -> None:
    system.answers.append(reply(body=rb'{"Na\u0000me": ["B\u0000olt", 0.1, {"Path": "C:\\u0000"}]}'))
    assert client().read("GET", system.url).json() == {"Name": ["Bolt", Decimal("0.1"), {"Path": r"C:\u0000"}]}


def test_queries_forms_headers_and_the_user_agent_arrive(client: Client, system: Any) -> None:
    client().read(
        "POST", f"{system.url}/dao", params={"a": "getAll", "n": 5}, form={"apiKey": "k&ä"}, headers={"X-A": "1"}
    )
    (asked,) = system.asked
    assert (asked.method, asked.path, asked.query) == ("POST", "/dao", {"a": "getAll", "n": "5"})
    assert asked.form == {"apiKey": "k&ä"}
    assert asked.headers["X-A"] == "1"
    assert asked.headers["User-Agent"].startswith(f"tieout/{__version__}")


@pytest.mark.parametrize("status", [200, 204, 304, 400, 404, 412])
def test_what_a_connector_has_to_judge_is_returned(client: Client, system: Any, reply: Any, status: int) -> None:
    for way in ("read", "write"):
        system.answers.append(reply(status=status, body=b"" if status in (204, 304) else {"Message": "see"}))
        assert getattr(client(), way)("GET", system.url).status == status
    assert len(system.asked) == 2


def test_headers_of_an_answer_are_found_in_any_case(client: Client, system: Any, reply: Any) -> None:
    system.answers.append(reply(headers={"X-MinLimit-Remaining": "7"}))
    assert client().read("GET", system.url).headers["x-minlimit-remaining"] == "7"


def test_a_read_is_repeated_with_growing_waits(client: Client, system: Any, reply: Any, clock: FakeClock) -> None:
    system.answers += [reply(status=500), reply(drop=True), reply(status=503), reply(body={"done": True})]
    http = client()
    assert http.read("GET", system.url).json() == {"done": True}
    assert http.calls == Calls(reads=4, writes=0)
    assert 3.5 <= clock.monotonic() <= 7


def test_a_read_gives_up_after_five_tries(client: Client, system: Any, reply: Any) -> None:
    system.otherwise = lambda asked: reply(status=502, body=b"<html>bad   gateway</html>")
    with pytest.raises(Unavailable, match="status 502") as error:
        client().read("GET", f"{system.url}/Invoices")
    assert len(system.asked) == 5
    assert error.value.problem.said == "<html>bad gateway</html>"


def test_a_read_waits_as_long_as_it_is_told(client: Client, system: Any, reply: Any, clock: FakeClock) -> None:
    limits = Limits(concurrent=5, problem_header="X-Rate-Limit-Problem")
    minute = {"X-Rate-Limit-Problem": "minute", "Retry-After": "33"}
    system.answers += [reply(status=429, headers=minute), reply(body=[1])]
    assert client(limits).read("GET", system.url).json() == [1]
    assert 33 <= clock.monotonic() < 34


@pytest.mark.parametrize(("problem", "after"), [("day", "40000"), ("minute", "3600")])
def test_a_long_pause_is_for_the_caller_to_decide(
    client: Client, system: Any, reply: Any, clock: FakeClock, problem: str, after: str
) -> None:
    limits = Limits(problem_header="X-Rate-Limit-Problem")
    system.answers.append(reply(status=429, headers={"X-Rate-Limit-Problem": problem, "Retry-After": after}))
    with pytest.raises(Throttled) as error:
        client(limits).read("GET", system.url)
    assert error.value.scope == problem
    assert error.value.until == clock.now() + timedelta(seconds=int(after))
    assert len(system.asked) == 1


def test_a_write_is_sent_once_whatever_happens(client: Client, system: Any, reply: Any) -> None:
    http = client()
    for answer, expected in [
        (reply(status=500), OutcomeUnknown),
        (reply(drop=True), OutcomeUnknown),
        (reply(status=429, headers={"Retry-After": "1"}), Throttled),
        (reply(status=401), ReauthNeeded),
    ]:
        system.asked.clear()
        system.answers.append(answer)
        with pytest.raises(expected):
            http.write("POST", f"{system.url}/Invoices", body=[1])
        assert len(system.asked) == 1
    assert http.calls == Calls(reads=0, writes=4)


def test_a_refused_connection_changed_nothing(client: Client) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    for way in ("read", "write"):
        with pytest.raises(Unavailable, match="cannot be reached") as error:
            getattr(client(), way)("POST", f"http://127.0.0.1:{port}/Invoices", body=[1])
        assert error.value.problem.fix


def test_an_answer_that_is_not_json_is_told_by_what_was_asked(client: Client, system: Any, reply: Any) -> None:
    system.otherwise = lambda asked: reply(body=b"<html>Sign in</html>")
    read, write = client().read("GET", system.url), client().write("PUT", system.url, body=[])
    with pytest.raises(Unavailable, match="not JSON") as error:
        read.json()
    assert "Sign in" in error.value.problem.said
    with pytest.raises(OutcomeUnknown, match="not JSON"):
        write.json()


@pytest.mark.parametrize("body", [b"", b"<html>back soon</html>"])
def test_a_page_in_place_of_json_is_asked_for_again(client: Client, system: Any, reply: Any, body: bytes) -> None:
    """What stands between us and the system may answer 200 for it; a read is simply repeated."""
    system.answers += [reply(body=body, headers={"Content-Type": "text/html"}), reply(body={"done": True})]
    assert client().read("GET", system.url).json() == {"done": True}
    system.answers.append(reply(body=body, headers={"Content-Type": "text/html"}))
    assert client().write("PUT", system.url, body=[]).content == body
    assert len(system.asked) == 3


@pytest.mark.parametrize("status", [401, 403])
def test_a_missing_permission_asks_to_connect_again(client: Client, system: Any, reply: Any, status: int) -> None:
    system.answers.append(reply(status=status, body={"Detail": "TokenExpired " + "x" * 400}))
    with pytest.raises(ReauthNeeded, match="tieout connect books") as error:
        client().read("GET", system.url)
    assert "TokenExpired" in error.value.problem.said and len(error.value.problem.said) == 200


@pytest.mark.parametrize("url", ["http://localhost:1/x", "https://api.example.com/x", "http://127.0.0.1.example.com/"])
def test_other_hosts_are_refused(client: Client, url: str) -> None:
    for way in ("read", "write"):
        with pytest.raises(ContractError, match="wanted to call"):
            getattr(client(), way)("GET", url)


def test_a_redirect_is_not_followed(client: Client, system: Any, reply: Any) -> None:
    system.answers.append(reply(status=302, headers={"Location": "http://elsewhere.example/"}))
    assert client().read("GET", system.url).status == 302


def test_secrets_stay_out_of_errors(client: Client, system: Any, reply: Any) -> None:
    remember("sk-very-secret-1")
    system.otherwise = lambda asked: reply(status=500, body={"echo": "sk-very-secret-1"})
    with pytest.raises(OutcomeUnknown) as error:
        client().write(
            "POST", f"{system.url}/dao", params={"apiKey": "sk-very-secret-1"}, form={"k": "sk-very-secret-1"}
        )
    assert "sk-very-secret-1" not in str(error.value)
    assert "[secret]" in str(error.value)


def test_stopping_ends_the_waits_of_a_read(client: Client, system: Any, reply: Any) -> None:
    stop = threading.Event()

    def failing(asked: object) -> object:
        stop.set()
        return reply(status=500)

    system.otherwise = failing
    with pytest.raises(Unavailable):
        client(stop=stop).read("GET", system.url)
    assert len(system.asked) == 1


def test_threads_share_the_limit_of_calls_at_once(client: Client, system: Any, reply: Any) -> None:
    gate = threading.Barrier(4)

    def together(asked: object) -> object:
        gate.wait(10)
        return reply()

    system.otherwise = together
    http = client(Limits(concurrent=4))
    with ThreadPoolExecutor(12) as pool:
        list(pool.map(lambda _: http.read("GET", system.url), range(12)))
    assert system.busiest == 4
    assert http.calls.reads == 12


def test_headers_of_answers_correct_the_limit(client: Client, system: Any, reply: Any, clock: FakeClock) -> None:
    http = client(Limits(minute=60, minute_header="X-Left"))
    system.answers.append(reply(headers={"X-Left": "0"}))
    http.read("GET", system.url)
    assert clock.monotonic() == 0
    http.read("GET", system.url)
    assert clock.monotonic() >= 60


class Flow(HttpAuth):
    """An authentication of a plugin's own that asks for a token by itself first."""

    def __init__(self, url: str) -> None:
        self.url = url

    def auth_flow(self, request: HttpRequest) -> Generator[HttpRequest, HttpResponse, None]:
        yield HttpRequest("POST", self.url)
        yield request


def test_a_write_whose_token_did_not_come_was_not_sent(client: Client, system: Any, reply: Any) -> None:
    system.answers.append(reply(drop=True))
    with pytest.raises(Unavailable):
        client(auth=Flow(f"{system.url}/token")).write("PUT", f"{system.url}/Invoices", body=[])
    assert [asked.path for asked in system.asked] == ["/token"]


def test_the_call_for_tokens_is_outside_limits_and_authentication(client: Client, system: Any, reply: Any) -> None:
    http = client(Limits(day=1), auth=Flow("http://127.0.0.1:1/never"))
    system.answers += [reply(status=400, body={"error": "invalid_grant"}), reply(status=503), reply(status=429)]
    headers = {"Authorization": "Basic eDp5"}
    assert http.bare(f"{system.url}/token", headers=headers, form="grant_type=x").json() == {"error": "invalid_grant"}
    assert system.asked[0].headers["Authorization"] == "Basic eDp5"
    assert system.asked[0].form == {"grant_type": "x"}
    with pytest.raises(Unavailable):
        http.bare(f"{system.url}/token", headers={}, form="")
    with pytest.raises(Throttled):
        http.bare(f"{system.url}/token", headers={}, form="")
    assert http.calls == Calls(reads=0, writes=0)


@pytest.mark.parametrize("status", [404, 429, 503])
@pytest.mark.parametrize("content", [b"", b"The resource you're looking for cannot be found", b"<html>\xff</html>"])
def test_bodies_that_are_not_json_disturb_nothing(
    client: Any, system: Any, reply: Any, status: int, content: bytes
) -> None:
    system.otherwise = lambda asked: reply(status=status, body=content)
    http = client()
    if status == 404:
        assert http.read("GET", system.url).status == 404
        assert http.write("PUT", system.url, body=[]).status == 404
        return
    kinds = {429: (Throttled, Throttled), 503: (Unavailable, OutcomeUnknown)}[status]
    for way, kind in zip(("read", "write"), kinds, strict=True):
        with pytest.raises(kind) as error:
            getattr(http, way)("PUT", system.url, body=[])
        assert error.value.problem.fix
