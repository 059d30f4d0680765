"""Bad answers: each status and body of docs/facts/xero.md, "Refused access", "HTTP statuses" becomes the right error,
through core's own client."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from tieout.api.contract import Connection
from tieout.api.errors import (
    ConfigError,
    ContractError,
    OutcomeUnknown,
    ReauthNeeded,
    Throttled,
    TieoutError,
    Unavailable,
)
from tieout.api.model import Account, Address, Party, Permission, TaxRate
from tieout.api.secret import remember
from tieout.api.work import Batch, Key, Receipt, Step
from tieout_xero import XERO, check, fetch, find, push, reference
from tieout_xero.contacts import lift

from . import made
from .conftest import Served, Told, guid

INVOICES, CONTACTS, ITEMS = XERO.resource("Invoices"), XERO.resource("Contacts"), XERO.resource("Items")


def refusal(status: int, detail: str) -> dict[str, Any]:
    return {"Type": None, "Title": "Refused", "Status": status, "Detail": detail, "Instance": guid(1), "Extensions": {}}


TOKEN = Told(200, {"access_token": "t-2", "refresh_token": "r-2", "expires_in": 1800, "token_type": "Bearer"})
EXPIRED = Told(401, refusal(401, "TokenExpired: token expired at 11/02/2026 10:11:12"))
HTML = {"Content-Type": "text/html; charset=utf-8"}
PAGE = b"<html><body>Access denied</body></html>"


def read(books: Connection) -> Any:
    return fetch(books, INVOICES, None)


def written(books: Connection, *bodies: dict[str, Any]) -> list[Receipt]:
    sent = bodies or ({"InvoiceNumber": "7"}, {"InvoiceNumber": "8"})
    steps = tuple(Step(op="create", body=body, key=f"k{number}") for number, body in enumerate(sent))
    return push(books, Batch(INVOICES, "create", steps, "idem-1")) or []


def explained(error: TieoutError, said: str) -> None:
    """What, why, fix and the system's own words, without which a person is left alone."""
    assert error.problem.what
    assert error.problem.why
    assert error.problem.fix
    assert said in error.problem.said


# status, headers, body, what a read and what a write raises, and what of Xero's words a person sees
TABLE: list[tuple[Told, type[TieoutError], type[TieoutError], str]] = [
    (EXPIRED, ReauthNeeded, ReauthNeeded, "TokenExpired"),
    (Told(401, refusal(401, "AuthorizationUnsuccessful")), ReauthNeeded, ReauthNeeded, "AuthorizationUnsuccessful"),
    (Told(401, None, {"WWW-Authenticate": 'Bearer error="insufficient_scope"'}), ReauthNeeded, ReauthNeeded, ""),
    (Told(401, b'error="insufficent_scope"'), ReauthNeeded, ReauthNeeded, "insufficent_scope"),
    (Told(403, refusal(403, "AuthenticationUnsuccessful")), ReauthNeeded, ReauthNeeded, "AuthenticationUnsuccessful"),
    (Told(403, PAGE, HTML), Unavailable, Unavailable, "Access denied"),
    (Told(412, b"Precondition failed", HTML), ConfigError, ConfigError, "Precondition failed"),
    (Told(500, {"Message": "An error occurred"}), Unavailable, OutcomeUnknown, "An error occurred"),
    (Told(500, b""), Unavailable, OutcomeUnknown, ""),
    (Told(501, b"not implemented"), Unavailable, OutcomeUnknown, "not implemented"),
    (Told(503, b"The Xero API is currently offline for maintenance"), Unavailable, OutcomeUnknown, "maintenance"),
    (Told(503, PAGE, HTML), Unavailable, OutcomeUnknown, "Access denied"),
    (Told(503, b"<Message>temporarily unavailable</Message>"), Unavailable, OutcomeUnknown, "temporarily unavailable"),
    (Told(503, {"Detail": "The Organisation is offline"}), Unavailable, OutcomeUnknown, "The Organisation is offline"),
]


@pytest.mark.parametrize(("told", "error", "_write", "said"), TABLE)
def test_a_read_that_fails(
    books: Connection, served: Served, *, told: Told, error: type[TieoutError], _write: Any, said: str
) -> None:
    served.answers = {"/api/Invoices": [told], "/connect/token": [TOKEN]}
    with pytest.raises(error) as caught:
        read(books)
    assert type(caught.value) is error
    explained(caught.value, said)


@pytest.mark.parametrize(("told", "_read", "error", "said"), TABLE)
def test_a_write_that_fails(
    books: Connection, served: Served, *, told: Told, _read: Any, error: type[TieoutError], said: str
) -> None:
    served.answers = {"/api/Invoices": [told], "/connect/token": [TOKEN]}
    with pytest.raises(error) as caught:
        written(books)
    assert type(caught.value) is error
    explained(caught.value, said)
    assert served.paths().count("/api/Invoices") == (2 if told is EXPIRED else 1)


@pytest.mark.parametrize("way", [read, written])
def test_an_expired_token_is_renewed_once_and_the_call_made_again(
    books: Connection, served: Served, way: Callable[[Connection], Any]
) -> None:
    served.answers = {"/api/Invoices": [EXPIRED, Told(200, {"Invoices": []})], "/connect/token": [TOKEN]}
    way(books)
    assert served.paths() == ["/api/Invoices", "/connect/token", "/api/Invoices"]
    assert served.asked[-1][2]["Authorization"] == "Bearer t-2"


@pytest.mark.parametrize("way", [read, written])
@pytest.mark.parametrize(
    ("detail", "words"),
    [("AuthorizationUnsuccessful", "does not cover this"), ("AuthenticationUnsuccessful", "is not connected")],
)
def test_a_scope_and_an_organisation_that_are_missing_are_told_apart(
    books: Connection, served: Served, *, way: Callable[[Connection], Any], detail: str, words: str
) -> None:
    served.answers = {"/api/Invoices": [Told(401, refusal(401, detail))], "/connect/token": [TOKEN]}
    with pytest.raises(ReauthNeeded, match=words) as caught:
        way(books)
    assert "tieout connect books" in caught.value.problem.fix


@pytest.mark.parametrize(
    ("error", "raised"),
    [
        ("invalid_grant", ReauthNeeded),
        ("invalid_client", ConfigError),
        ("invalid_scope", ConfigError),
        ("unauthorized_client", ConfigError),
    ],
)
def test_a_token_that_is_refused(books: Connection, served: Served, error: str, raised: type[TieoutError]) -> None:
    served.answers = {"/api/Invoices": [EXPIRED], "/connect/token": [Told(400, {"error": error})]}
    with pytest.raises(raised) as caught:
        read(books)
    explained(caught.value, error)


@pytest.mark.parametrize(
    ("problem", "after", "scope"),
    [
        ("minute", "26", "minute"),
        ("day", "66975", "day"),
        ("appminute", "9", "minute"),
        ("concurrent", "2", "concurrent"),
    ],
)
def test_an_empty_429_is_a_pause(books: Connection, served: Served, problem: str, after: str, scope: str) -> None:
    limited = Told(429, None, {"X-Rate-Limit-Problem": problem, "Retry-After": after})
    served.answers = {"/api/Invoices": [limited]}
    begun = books.clock.now()
    with pytest.raises(Throttled) as caught:
        written(books)
    assert caught.value.scope == scope
    assert (caught.value.until - begun).total_seconds() == int(after)
    assert served.paths() == ["/api/Invoices"]


def test_a_refusal_without_a_time_is_a_short_pause(books: Connection, served: Served) -> None:
    served.answers = {"/api/Invoices": [Told(429, None, {"X-Rate-Limit-Problem": "concurrent"})]}
    begun = books.clock.now()
    with pytest.raises(Throttled) as caught:
        written(books)
    assert 0 < (caught.value.until - begun).total_seconds() <= 60


def test_a_read_waits_for_the_minute_and_goes_on(books: Connection, served: Served) -> None:
    limited = Told(429, None, {"X-Rate-Limit-Problem": "minute", "Retry-After": "26"})
    served.answers = {"/api/Invoices": [limited, Told(200, {"Invoices": []})]}
    begun = books.clock.now()
    read(books)
    assert (books.clock.now() - begun).total_seconds() >= 26


@pytest.mark.parametrize("body", [b"not found", PAGE, b""])
def test_a_404_is_an_absent_record_but_never_an_absent_list(books: Connection, served: Served, body: bytes) -> None:
    served.answers = {"/api/PurchaseOrders/PO-1": [Told(404, body, HTML)], "/api/Invoices": [Told(404, body, HTML)]}
    key = Key("number", "PO-1")
    assert find(books, XERO.resource("PurchaseOrders"), [key]) == {key: []}
    with pytest.raises(Unavailable):
        read(books)
    receipts = written(books)
    assert {receipt.outcome for receipt in receipts} == {"rejected"}
    assert {problem.cause for receipt in receipts for problem in receipt.problems} == {"gone"}


@pytest.mark.parametrize(
    "body",
    [
        {"ErrorNumber": 16, "Type": "QueryParseException", "Message": "No property or field 'x' exists"},
        b"<html>No property or field</html>",
    ],
)
def test_a_question_that_is_not_understood_is_a_bug_report(books: Connection, served: Served, body: Any) -> None:
    served.answers = {"/api/Invoices": [Told(400, body)]}
    with pytest.raises(ContractError) as caught:
        read(books)
    assert "No property or field" in caught.value.problem.said


@pytest.mark.parametrize(
    "body",
    [
        {"ErrorNumber": 14, "Type": "PostDataInvalidException", "Message": "Invalid JSON data"},
        {"ErrorNumber": 99, "Type": "SomethingNewException", "Message": "Invalid JSON data"},
        b"Invalid JSON data",
    ],
)
def test_a_400_without_elements_refuses_every_record(books: Connection, served: Served, body: Any) -> None:
    served.answers = {"/api/Invoices": [Told(400, body)]}
    receipts = written(books)
    assert [(receipt.key, receipt.outcome) for receipt in receipts] == [("k0", "rejected"), ("k1", "rejected")]
    assert all(receipt.problems[0].said == "Invalid JSON data" and receipt.problems[0].fix for receipt in receipts)


GARBLED = [
    Told(200, b""),
    Told(200, b"OK"),
    Told(200, PAGE, HTML),
    Told(200, b"<Response><Status>OK</Status></Response>"),
    Told(200, b'{"Invoices":[{"InvoiceID":"00'),
    Told(200, b"\xff\xfe\x00"),
    Told(200, b"null"),
    Told(200, []),
    Told(200, {"Status": "OK"}),
    Told(200, {"Invoices": None}),
    Told(200, {"Invoices": {"Invoice": []}}),
    Told(200, {"invoices": []}),
    Told(200, {"Invoices": []}, cut=True),
]


@pytest.mark.parametrize("told", GARBLED, ids=range(len(GARBLED)))
def test_a_list_that_cannot_be_read_is_no_empty_list(books: Connection, served: Served, told: Told) -> None:
    served.answers = {"/api/Invoices": [told]}
    with pytest.raises(Unavailable):
        read(books)


@pytest.mark.parametrize("told", GARBLED, ids=range(len(GARBLED)))
def test_a_write_whose_answer_cannot_be_read_is_looked_up(books: Connection, served: Served, told: Told) -> None:
    served.answers = {"/api/Invoices": [told]}
    with pytest.raises(OutcomeUnknown):
        written(books)
    assert served.paths() == ["/api/Invoices"]


@pytest.mark.parametrize(
    ("kind", "path", "name"),
    [
        ("accounts", "Accounts", "Accounts"),
        ("taxes", "TaxRates", "TaxRates"),
        ("currencies", "Currencies", "Currencies"),
        ("tracking", "TrackingCategories", "TrackingCategories"),
        ("permissions", "Organisation/Actions", "Actions"),
        ("organisation", "Organisation", "Organisations"),
        ("locks", "Organisation", "Organisations"),
    ],
)
@pytest.mark.parametrize("rows", [None, {}, "text", [{}, {}]])
def test_reference_data_of_another_shape_is_an_error(
    books: Connection, served: Served, *, kind: Any, path: str, name: str, rows: Any
) -> None:
    served.answers = {f"/api/{path}": [Told(200, {name: rows})]}
    with pytest.raises(Unavailable) as caught:
        reference(books, kind)
    assert caught.value.problem.what


@pytest.mark.parametrize("body", [{}, [None], [{"id": "x", "tenantType": "ORGANISATION"}], ["text"], PAGE])
def test_connections_of_another_shape_are_an_error(books: Connection, served: Served, body: Any) -> None:
    served.answers = {"/connections": [Told(200, body)]}
    with pytest.raises(Unavailable):
        check(books)


@pytest.mark.parametrize(
    ("told", "error"),
    [(Told(403, PAGE, HTML), Unavailable), (Told(401, refusal(401, "AuthorizationUnsuccessful")), ReauthNeeded)],
)
def test_connections_that_are_refused_are_told_apart_too(
    books: Connection, served: Served, told: Told, error: type[TieoutError]
) -> None:
    served.answers = {"/connections": [told], "/connect/token": [TOKEN]}
    with pytest.raises(error) as caught:
        check(books)
    explained(caught.value, "")


def test_a_tenant_of_an_unknown_kind_is_passed_over(books: Connection, served: Served) -> None:
    mine = {"tenantId": "org-1", "tenantType": "ORGANISATION", "tenantName": "Acme"}
    served.answers = {
        "/connections": [Told(200, [{"tenantId": "p", "tenantType": "SOMETHING-NEW"}, mine])],
        "/api/Organisation": [Told(200, {"Organisations": [{"OrganisationID": "org-1", "BaseCurrency": "AUD"}]})],
    }
    found = check(books)
    assert found is not None
    assert found.tenant.id == "org-1"


def test_unknown_kinds_and_statuses_of_reference_data_are_kept(books: Connection, served: Served) -> None:
    account = {"AccountID": "a", "Name": "x", "Type": "NEWTYPE", "Class": "NEWCLASS", "Status": "NEWSTATUS"}
    tax = {"TaxType": "TAX9", "Name": "x", "Status": "NEWSTATUS", "EffectiveRate": Decimal("12.5"), "New": None}
    served.answers = {
        "/api/Accounts": [Told(200, {"Accounts": [account]})],
        "/api/TaxRates": [Told(200, {"TaxRates": [tax]})],
        "/api/Organisation/Actions": [Told(200, {"Actions": [{"Name": "NewAction", "Status": "MAYBE"}]})],
    }
    (kept,) = reference(books, "accounts") or []
    assert isinstance(kept, Account)
    assert (kept.type, kept.category, kept.active, kept.roles) == ("NEWTYPE", "NEWCLASS", False, frozenset())
    (rate,) = reference(books, "taxes") or []
    assert isinstance(rate, TaxRate)
    assert (rate.rate, rate.active, rate.categories) == (Decimal("12.5"), False, frozenset())
    (action,) = reference(books, "permissions") or []
    assert isinstance(action, Permission)
    assert action.allowed


def test_unknown_values_in_a_contact_are_kept_or_passed_over(sales: Any) -> None:
    wire = {
        "Name": "Acme",
        "ContactStatus": "FROZEN",
        "Addresses": [{"AddressType": "DELIVERY", "City": "Perth"}],
        "Phones": [{"PhoneType": "SATELLITE", "PhoneNumber": "1"}, "text"],
        "PaymentTerms": {"Sales": {"Day": 5, "Type": "NEWTERM"}},
    }
    assert lift(wire, sales) == Party(
        name="Acme", standing="archived", addresses=(Address(kind="delivery", city="Perth"),)
    )


def test_an_unknown_mark_of_an_element_is_no_failure_and_no_promise(books: Connection, served: Served) -> None:
    saved = {"InvoiceID": guid(1), "InvoiceNumber": "7", "StatusAttributeString": "SOMETHING-NEW"}
    served.answers = {"/api/Invoices": [Told(200, {"Invoices": [saved, {"InvoiceNumber": "8"}, None, "text"]})]}
    assert [(one.outcome, one.id) for one in written(books)] == [("created", guid(1)), ("unknown", None)]


def element(number: int) -> dict[str, Any]:
    return {"InvoiceID": guid(number), "InvoiceNumber": str(number), "StatusAttributeString": "OK"}


@pytest.mark.parametrize(
    ("answered", "ids"),
    [
        ((1, 2, 3), (1, 2, 3)),
        ((3, 1, 2), (1, 2, 3)),
        ((2,), (None, 2, None)),
        ((), (None, None, None)),
        ((1, 2, 3, 4, 5), (1, 2, 3)),
        ((5, 3, 4), (None, None, 3)),
        ((2, 2, 1), (1, None, None)),
    ],
)
def test_a_batch_answer_that_is_shorter_longer_or_in_another_order(
    books: Connection, served: Served, *, answered: tuple[int, ...], ids: tuple[int | None, ...]
) -> None:
    served.answers = {"/api/Invoices": [Told(200, {"Invoices": [element(number) for number in answered]})]}
    receipts = written(books, *({"InvoiceNumber": str(number)} for number in (1, 2, 3)))
    assert [receipt.key for receipt in receipts] == ["k0", "k1", "k2"]
    assert [receipt.id for receipt in receipts] == [None if number is None else guid(number) for number in ids]
    assert all((receipt.outcome == "created") == (receipt.id is not None) for receipt in receipts)


@pytest.mark.parametrize("status", [400, 403, 404, 412, 429, 500, 503])
def test_no_error_tells_the_token(books: Connection, served: Served, status: int) -> None:
    served.answers["/api/Contacts"] = [Told(status, b"refused: Bearer token-of-the-test", {"Retry-After": "9000"})]
    remember("token-of-the-test")
    with pytest.raises(TieoutError) as caught:
        fetch(books, made.CONTACTS, None)
    for shown in (str(caught.value), repr(caught.value), repr(caught.value.problem), repr(books)):
        assert "token-of-the-test" not in shown
