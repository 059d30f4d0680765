"""Limits and idempotency (docs/facts/xero.md, "Rate limits", "Idempotency keys")."""

import asyncio
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from tieout_sandbox.fake import Limits
from tieout_sandbox.shell import Shell


def test_remaining_calls_are_in_every_answer(make: Callable[..., Any]) -> None:
    xero = make(limits=Limits(60, 1000, 5))
    headers = xero.call("GET", "Organisation").headers
    assert (headers["x-minlimit-remaining"], headers["x-daylimit-remaining"]) == ("59", "999")
    assert headers["x-appminlimit-remaining"] == "9999"
    assert xero.call("GET", "Nowhere").headers["x-minlimit-remaining"] == "58"
    assert "xero-correlation-id" in headers


def test_minute_is_a_sliding_window(make: Callable[..., Any]) -> None:
    xero = make(limits=Limits(2, 1000, 5))
    assert xero.call("GET", "Organisation").status_code == 200
    xero.clock.advance(40)
    assert xero.call("GET", "Organisation").status_code == 200
    refused = xero.call("GET", "Organisation")
    assert (refused.status_code, refused.content) == (429, b"")
    assert "content-type" not in refused.headers
    assert (refused.headers["x-rate-limit-problem"], refused.headers["retry-after"]) == ("minute", "20")
    xero.clock.advance(21)
    assert xero.call("GET", "Organisation").status_code == 200
    assert xero.call("GET", "Organisation").status_code == 429


def test_each_application_has_its_own_minute(make: Callable[..., Any]) -> None:
    xero = make(limits=Limits(1, 1000, 5))
    keys = xero.credentials["custom-connection"]
    form = {"grant_type": "client_credentials"}
    answer = xero.http.post("/connect/token", data=form, auth=(keys["client-id"], keys["client-secret"])).json()
    other = {"Authorization": f"Bearer {answer['access_token']}"}
    assert xero.call("GET", "Organisation").status_code == 200
    assert xero.call("GET", "Organisation").status_code == 429
    assert xero.call("GET", "Organisation", headers=other).status_code == 200


def test_day_is_counted_apart(make: Callable[..., Any]) -> None:
    xero = make(limits=Limits(60, 2, 5))
    for _ in range(2):
        xero.call("GET", "Organisation")
        xero.clock.advance(600)
        xero.headers["Authorization"] = f"Bearer {fresh(xero)}"
    refused = xero.call("GET", "Organisation")
    assert (refused.status_code, refused.headers["x-rate-limit-problem"]) == (429, "day")
    assert 85_190 <= int(refused.headers["retry-after"]) <= 85_200


def fresh(xero: Any) -> str:
    form = {"grant_type": "refresh_token", "refresh_token": xero.credentials["authorised"]["refresh-token"]}
    keys = (xero.credentials["client-id"], xero.credentials["client-secret"])
    return str(xero.http.post("/connect/token", data=form, auth=keys).json()["access_token"])


@pytest.mark.parametrize("calls", [5, 8])
def test_at_most_five_calls_at_once(make: Callable[..., Any], calls: int) -> None:
    xero = make(latency_ms=20)

    async def at_once() -> list[httpx.Response]:
        transport = httpx.ASGITransport(Shell(xero.fake))
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost:1") as client:
            each = [client.get("/api.xro/2.0/Organisation", headers=xero.headers) for _ in range(calls)]
            return await asyncio.gather(*each)

    refused = [answer for answer in asyncio.run(at_once()) if answer.status_code == 429]
    assert len(refused) == calls - 5
    assert all(answer.headers["x-rate-limit-problem"] == "concurrent" for answer in refused)
    assert all("retry-after" not in answer.headers for answer in refused)


def keyed(xero: Any, key: str, name: str = "Keyed Ltd", method: str = "PUT") -> httpx.Response:
    return xero.call(method, "Contacts", {"Contacts": [{"Name": name}]}, headers={"Idempotency-Key": key})


def test_same_key_gives_the_stored_answer_for_six_minutes(xero: Any) -> None:
    first = keyed(xero, "k-1")
    left = int(first.headers["x-minlimit-remaining"])
    again = keyed(xero, "k-1")
    assert again.content == first.content
    assert int(again.headers["x-minlimit-remaining"]) == left - 1
    assert len(xero.get("Contacts", searchTerm="Keyed")) == 1
    xero.clock.advance(361)
    late = keyed(xero, "k-1")
    assert late.status_code == 400
    assert "already assigned" in late.text


def test_same_key_with_another_call_is_refused(xero: Any) -> None:
    keyed(xero, "k-2")
    for answer in (keyed(xero, "k-2", name="Other Ltd"), keyed(xero, "k-2", method="POST")):
        assert (answer.status_code, answer.json()["Detail"]) == (
            400,
            "Idempotency Key: k-2 is used with a different request.",
        )


def test_refused_records_are_replayed_too(xero: Any) -> None:
    xero.contact("Keyed Ltd")
    first = keyed(xero, "k-3")
    assert first.status_code == 400
    contact = xero.get("Contacts", where='Name=="Keyed Ltd"')[0]
    xero.edit(collection="Contacts", id=contact["ContactID"], set={"Name": "Renamed Ltd"})
    assert keyed(xero, "k-3").content == first.content


def test_key_of_more_than_128_characters_is_refused(xero: Any) -> None:
    assert keyed(xero, "k" * 128).status_code == 200
    answer = keyed(xero, "k" * 129, name="Other Ltd")
    assert answer.status_code == 400
    assert "129" in answer.json()["Detail"]


def test_refusal_for_a_limit_is_not_stored(make: Callable[..., Any]) -> None:
    xero = make(limits=Limits(1, 1000, 5))
    xero.call("GET", "Organisation")
    assert keyed(xero, "k-4").status_code == 429
    xero.clock.advance(61)
    assert keyed(xero, "k-4").status_code == 200


def test_work_done_before_the_connection_broke_is_found_by_its_key(xero: Any) -> None:
    first = keyed(xero, "k-5")
    xero.http.post("/_sandbox/faults", json={"method": "PUT", "path": "/api.xro/2.0/Contacts", "fault": "status:500"})
    assert keyed(xero, "k-5").status_code == 500
    assert keyed(xero, "k-5").content == first.content
