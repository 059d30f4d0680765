"""The doctor and an Apptivo that is not well: plain words, what to do, and nothing half true is written."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
import tieout_apptivo
from tieout.api.contract import Connection, Finding, Proposal
from tieout.api.errors import ReauthNeeded, Throttled, TieoutError, Unavailable

from tests.apptivo.conftest import Answer

Connect = Callable[..., Connection]
LOGIN = "<html><head><title>Log in</title></head><body>Please log in</body></html>"
UPKEEP = "<html><body>Down for maintenance</body></html>"
BEFORE = {"apps": {"invoices": {"page_size": 77}, "customers": {"page_size": 88}}}


def failure(reason: str) -> dict[str, str]:
    return {"status": "FAILURE", "reason": reason}


@pytest.fixture
def firm(apptivo: Any) -> Any:
    """A firm with customers and invoices in the shipped shape."""
    stamps = {"creationDate": "05/01/2024 10:00:00", "lastUpdateDate": "05/02/2024 10:00:00"}
    apptivo.config = {"dateFormat": "MM/dd/yyyy"}
    apptivo.rows["customers"] = [
        {"id": str(number), "customerName": f"Acme {number}", "objectId": 3, **stamps} for number in (1, 2)
    ]
    apptivo.rows["invoice"] = [
        {
            "id": "50",
            "objectId": 33,
            "invoiceNumber": "INV-1",
            "customerId": 1,
            "customerName": "Acme 1",
            "statusName": "Sent",
            "invoiceDate": "05/28/2024",
            "lines": [{"note": "Bolts", "quantity": 2, "unitPrice": "5.00", "amount": "10.00"}],
            "total": "10.00",
            **stamps,
        }
    ]
    apptivo.present = frozenset(("customers", "invoice"))
    return apptivo


def connected(connect: Connect, **given: Any) -> Connection:
    before = connect(**given)
    return Connection(
        name="crm",
        plugin="apptivo",
        settings=before.settings,
        http=before.http,
        clock=before.clock,
        memory={"capabilities": BEFORE},
        resources=frozenset(("customers", "invoices")),
    )


def probed(connect: Connect, **given: Any) -> tuple[Proposal, Connection]:
    connection = connected(connect, **given)
    return tieout_apptivo.probe(connection, None), connection


def at(firm: Any, url: str, answer: Any, *actions: str) -> None:
    """Answers every call of these actions (or of any) at a place in this way."""
    well = firm.read

    def read(method: str, address: str, *, form: dict[str, str]) -> Any:
        if address.endswith(url) and (not actions or form["a"] in actions):
            firm.said = [answer]
        return well(method, address, form=form)

    firm.read = read


def bad(proposal: Proposal) -> list[Finding]:
    return [one for one in proposal.findings if one.state == "bad"]


WHOLE: list[tuple[str, Any, type[TieoutError], str]] = [
    ("a login page", LOGIN, Unavailable, "page for people"),
    ("a maintenance page", UPKEEP, Unavailable, "page for people"),
    ("an empty body", "", Unavailable, "empty"),
    ("truncated JSON", '{"dateFormat": "MM/dd', Unavailable, "Try again later"),
    ("a list where an object belongs", "[]", Unavailable, "expected content"),
    ("a limit told in words", failure("Too many requests, try again"), Unavailable, "cannot answer"),
    (
        "a limit",
        Throttled("Too many calls.", until=datetime(2024, 6, 1, 13, tzinfo=UTC), scope="day"),
        Throttled,
        "Too many",
    ),
    ("a time-out", Unavailable("Apptivo did not answer in time."), Unavailable, "in time"),
    ("wrong keys", failure("Invalid API Key or Access Key"), ReauthNeeded, "Business Settings -> API Access"),
    ("a plan without API", failure("Your plan does not include the API"), ReauthNeeded, "Premium"),
    ("a plan without access", failure("API access is not enabled"), ReauthNeeded, "Premium"),
]


@pytest.mark.parametrize(("answer", "error", "words"), [row[1:] for row in WHOLE], ids=[row[0] for row in WHOLE])
def test_an_apptivo_that_tells_nothing_is_said_so_and_nothing_is_proposed(
    firm: Any, connect: Connect, answer: Any, error: type[TieoutError], words: str
) -> None:
    at(firm, "", answer)
    connection = connected(connect)
    with pytest.raises(error) as caught:
        tieout_apptivo.probe(connection, None)
    assert words in str(caught.value)
    assert caught.value.exit_code > 0
    assert connection.memory == {"capabilities": BEFORE}


ONE: list[tuple[str, Any, tuple[str, ...], tuple[str, ...]]] = [
    ("a login page", LOGIN, (), ("page for people", "later", "API page", "[invoices]")),
    ("an empty body", "", (), ("empty", "later")),
    ("truncated JSON", '{"data": [{"id": "50"', (), ("cut off", "later")),
    ("a time-out", Unavailable("Apptivo did not answer in time."), (), ("later",)),
    ("not there", Answer(404, "<html>404</html>"), (), ("No app answers at invoice", "url-name", "object-id")),
    ("switched off", failure("This app is not available"), (), ("No app answers at invoice", "[plugins]")),
    ("closed", failure("You have no permission for Invoices"), (), ("The keys open the firm", "user-name")),
    ("no configuration", failure("objectId 33 does not belong to it"), ("getConfigData",), ("object-id", "[invoices]")),
    ("no page of configuration", LOGIN, ("getConfigData",), ("object-id", "later")),
]


@pytest.mark.parametrize(("answer", "actions", "words"), [row[1:] for row in ONE], ids=[row[0] for row in ONE])
def test_one_app_that_is_not_well_is_told_with_what_to_do_and_the_others_are_examined(
    firm: Any, connect: Connect, answer: Any, actions: tuple[str, ...], words: tuple[str, ...]
) -> None:
    at(firm, "/invoice", answer, *actions)
    proposal, connection = probed(connect, profile={"invoices": {"fields": {"number": ["folioNo", "invoiceNumber"]}}})
    assert not proposal.good
    finding = bad(proposal)[0]
    assert finding.topic == "Invoices"
    for word in words:
        assert word in f"{finding.what} {finding.fix}"
    changes = tomllib.loads(proposal.files["crm.profile.toml"])
    assert changes["invoices"] == {"fields": {"number": ["folioNo", "invoiceNumber"]}}, "only what was written before"
    told = connection.memory["capabilities"]["apps"]
    assert told["customers"]["records"] == 2
    if not actions:
        assert told["invoices"] == {"page_size": 77}, "what was measured before stays"


def test_an_empty_list_teaches_nothing_and_keeps_what_is_known(firm: Any, connect: Connect) -> None:
    firm.rows["invoice"] = []
    proposal, _ = probed(connect, profile={"invoices": {"fields": {"number": ["folioNo"]}}})
    [finding] = [one for one in proposal.findings if one.topic == "Invoices" and one.state != "good"]
    assert "make one record" in finding.fix
    assert tomllib.loads(proposal.files["crm.profile.toml"])["invoices"] == {"fields": {"number": ["folioNo"]}}


def test_a_moment_of_illness_is_waited_for(firm: Any, connect: Connect) -> None:
    firm.said = [LOGIN, "", {"dateFormat": "MM/dd/yyyy"}]
    assert probed(connect)[0].good


def test_a_firm_without_the_app_of_customers_is_examined_all_the_same(firm: Any, connect: Connect) -> None:
    firm.present = frozenset(("invoice",))
    proposal, _ = probed(connect)
    assert [one.topic for one in bad(proposal)] == ["Customers"]
    assert any("sums of 1 documents" in one.what for one in proposal.findings)
