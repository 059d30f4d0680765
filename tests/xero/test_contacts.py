"""Contacts: what of a party reaches Xero, and what comes back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tieout.api.contract import Connection, Terms
from tieout.api.errors import Rejected
from tieout.api.model import Address, Party, Permission
from tieout_xero import fetch
from tieout_xero.contacts import lift, lower
from tieout_xero.wire import name

from . import made
from .conftest import Xero, guid
from .made import CONTACTS, answer

WHOLE = Party(
    external="90001-C-7",
    name="Acme Pumps Ltd",
    person=True,
    first_name="Ann",
    last_name="Lee",
    email="ap@acme-pumps.com",
    phone="+61 2 555 0100",
    mobile="0400 000 000",
    tax_number="12345678901",
    currency="USD",
    terms=30,
    addresses=(
        Address(
            kind="billing", lines=("1 Main St", "Level 2"), city="Austin", region="TX", postcode="73301", country="USA"
        ),
        Address(kind="delivery", lines=("2 Side St",), city="Dallas"),
    ),
)


def test_a_party_comes_back_as_it_was_sent(sales: Terms) -> None:
    back = lift(lower(WHOLE, sales, None), sales)
    assert back == WHOLE.model_copy(update={"person": False})


def test_contact_persons_and_bank_details_are_never_sent(sales: Terms) -> None:
    body = lower(WHOLE, sales, None)
    assert not {"ContactPersons", "BankAccountDetails", "BatchPayments", "AccountNumber"} & body.keys()


@pytest.mark.parametrize(
    ("given_name", "sent"),
    [
        ("  Acme   Pumps \t Ltd ", "Acme Pumps Ltd"),
        ("Müller & Söhne <GmbH>", "Müller & Söhne (GmbH)"),
        ("Acme\x00 \x07Pumps", "Acme Pumps"),
        ('The "Best" Bakery 🥐', 'The "Best" Bakery 🥐'),
        ("x" * 300, "x" * 255),
    ],
)
def test_names_are_normalised_as_xero_keeps_them(sales: Terms, given_name: str, sent: str) -> None:
    assert lower(Party(name=given_name), sales, None)["Name"] == sent


@given(st.text(max_size=400))
def test_a_normalised_name_is_stable(text: str) -> None:
    once = name(text)
    assert name(once) == once
    assert len(once) <= 255
    assert not set(once) & set("<>\n\r\x00")


@pytest.mark.parametrize("bad", ["a@b", "a@acme.com; b@acme.com", "jörg@acme.com", "nobody", ""])
def test_an_email_that_xero_refuses_is_left_out(sales: Terms, bad: str) -> None:
    assert "EmailAddress" not in lower(Party(name="Acme", email=bad), sales, None)


@pytest.mark.parametrize(
    ("good", "sent"),
    [
        (" Ap@Acme.Example ", "Ap@Acme.Example"),
        ("a.b+c@mail.acme.com", "a.b+c@mail.acme.com"),
        ("j@münchen.de", "j@xn--mnchen-3ya.de"),
    ],
)
def test_a_good_email_is_sent(sales: Terms, good: str, sent: str) -> None:
    assert lower(Party(name="Acme", email=good), sales, None)["EmailAddress"] == sent


def test_a_currency_that_is_not_enabled_is_left_out(sales: Terms) -> None:
    assert "DefaultCurrency" not in lower(Party(name="Acme", currency="JPY"), sales, None)


@pytest.mark.parametrize(("days", "sent"), [(0, 0), (31, 31), (45, None), (None, None)])
def test_payment_terms_are_days_after_the_bill_date(sales: Terms, days: int | None, sent: int | None) -> None:
    body = lower(Party(name="Acme", terms=days), sales, None)
    expected = None if sent is None else {"Day": sent, "Type": "DAYSAFTERBILLDATE"}
    assert body.get("PaymentTerms", {}).get("Sales") == expected


def test_a_firm_has_no_first_name(sales: Terms) -> None:
    assert "FirstName" not in lower(Party(name="Acme", first_name="Ann"), sales, None)


def test_an_address_keeps_all_its_lines_and_a_country_of_letters(sales: Terms) -> None:
    party = Party(name="Acme", addresses=(Address(lines=("1", "2", "3", "4", "5"), country="Côte-d'Ivoire 7"),))
    (sent,) = lower(party, sales, None)["Addresses"]
    assert sent["AddressLine4"] == "4, 5"
    assert sent["Country"] == "Côte d Ivoire"


def test_an_update_leaves_what_is_xeros(sales: Terms) -> None:
    now = {"ContactID": "1", "Name": "ACME  PUMPS LTD", "ContactNumber": "theirs", "ContactStatus": "ACTIVE"}
    body = lower(WHOLE, sales, now)
    assert not {"ContactNumber", "DefaultCurrency", "PaymentTerms"} & body.keys()
    assert body["Name"] == "ACME  PUMPS LTD"
    assert body["TaxNumber"] == "12345678901"


def test_an_update_renames_and_fills_an_empty_number(sales: Terms) -> None:
    body = lower(WHOLE, sales, {"ContactID": "1", "Name": "Acme", "ContactNumber": ""})
    assert (body["Name"], body["ContactNumber"]) == ("Acme Pumps Ltd", "90001-C-7")


@pytest.mark.parametrize("status", ["ARCHIVED", "GDPRREQUEST"])
def test_an_archived_contact_is_held(sales: Terms, status: str) -> None:
    with pytest.raises(Rejected) as caught:
        lower(WHOLE, sales, {"ContactID": "1", "Name": "Acme", "ContactStatus": status})
    assert [problem.cause for problem in caught.value.problems] == ["archived-in-target"]


def test_a_party_without_a_name_is_held(sales: Terms) -> None:
    with pytest.raises(Rejected, match="no name"):
        lower(Party(name=" "), sales, None)


def test_what_xero_reads_back_is_lifted_without_its_empties(sales: Terms) -> None:
    party = lift(
        {
            "ContactID": "1",
            "ContactStatus": "ARCHIVED",
            "Name": "Acme",
            "EmailAddress": "",
            "Addresses": [None, {"AddressType": "STREET", "City": ""}, {"AddressType": "POBOX", "City": "Perth"}],
            "Phones": [
                {"PhoneType": "FAX", "PhoneNumber": ""},
                {"PhoneType": "DEFAULT", "PhoneCountryCode": "61", "PhoneAreaCode": "2", "PhoneNumber": "5550100"},
            ],
            "PaymentTerms": {"Bills": {"Day": 14, "Type": "DAYSAFTERBILLDATE"}},
        },
        sales,
    )
    assert party == Party(
        standing="archived", name="Acme", phone="61 2 5550100", terms=14, addresses=(Address(city="Perth"),)
    )


@pytest.mark.parametrize(
    ("changes", "cause", "about"),
    [
        ({"currency": "JPY"}, "contact-currency-left-out", "JPY"),
        ({"terms": 45}, "payment-terms-left-out", "45 days"),
        ({"email": "a@b"}, "email-invalid", "a@b"),
    ],
)
def test_what_is_left_out_of_a_contact_is_told(orders: Terms, changes: dict[str, Any], cause: str, about: str) -> None:
    party = Party(name="Acme", **changes)
    (step,) = answer(orders, party, resource=CONTACTS)
    assert step.body == {"Name": "Acme"}
    assert [(note.cause, note.about) for note in step.notes] == [(cause, about)]
    assert all(note.what and note.why and note.fix for note in step.notes)


def test_a_plan_of_one_currency_gives_a_contact_no_other(
    terms: Callable[..., Terms], reference: dict[str, Any]
) -> None:
    single = (Permission(id="UseMulticurrency", name="UseMulticurrency", allowed=False),)
    alone = terms(reference=reference | {"permissions": single})
    (step,) = answer(alone, Party(name="Acme", currency="USD"), resource=CONTACTS)
    assert "DefaultCurrency" not in step.body
    assert [note.cause for note in step.notes] == ["contact-currency-left-out"]
    (step,) = answer(alone, Party(name="Acme", currency="AUD"), resource=CONTACTS)
    assert (step.body["DefaultCurrency"], step.notes) == ("AUD", ())


def test_a_contact_name_is_normalised_and_looked_up_in_any_case(
    xero: Xero, connection: Connection, sales: Terms
) -> None:
    xero.lists["Contacts"] = [{"ContactID": guid(1), "Name": "ACME pumps"}]
    name = made.body(sales, Party(name=" Acme  Pumps "), resource=made.CONTACTS)["Name"]
    assert name == "Acme Pumps"
    assert [wire["ContactID"] for wire in made.found(connection, made.CONTACTS, "name", name)] == [guid(1)]
    assert {"external", "name"} <= set(made.CONTACTS.find)


def test_an_account_number_is_never_sent(sales: Terms) -> None:
    assert "AccountNumber" not in made.body(sales, Party(name="Acme", number="C-7"), resource=made.CONTACTS)


def test_an_archived_contact_is_seen_and_told(xero: Xero, connection: Connection, sales: Terms) -> None:
    archived = {"ContactID": guid(1), "Name": "Acme", "ContactStatus": "ARCHIVED", "UpdatedDateUTC": ""}
    xero.lists["Contacts"] = [archived]
    assert made.found(connection, made.CONTACTS, "name", "Acme") == [archived]
    assert fetch(connection, made.CONTACTS, None)
    assert all(call.params["includeArchived"] == "true" for call in xero.calls)
    assert made.causes(sales, Party(name="Acme"), archived, made.CONTACTS) == ["archived-in-target"]


def test_contact_persons_are_never_sent_so_never_wiped(sales: Terms) -> None:
    now = {"ContactID": guid(1), "Name": "Acme", "ContactPersons": [{"FirstName": "Bo"}]}
    party = Party(name="Acme", person=True, first_name="Ann", email="a@acme.example")
    for known in (None, now):
        assert "ContactPersons" not in made.body(sales, party, known, made.CONTACTS)
    assert set(made.body(sales, made.document())["Contact"]) == {"ContactID"}


@pytest.mark.parametrize("address", ["a@b", "a@acme.com, b@acme.com", "jörg@acme.com", "a b@acme.com", "@acme.com"])
def test_an_invalid_email_is_left_out_and_told(sales: Terms, address: str) -> None:
    sent = made.body(sales, Party(name="Acme", email=address, phone="1"), resource=made.CONTACTS)
    assert "EmailAddress" not in sent
    assert sent["Phones"]
    ((step,), (fine,)) = (
        made.answer(sales, Party(name="Acme", email=given), resource=made.CONTACTS) for given in (address, "a@acme.com")
    )
    assert [(note.cause, note.about) for note in step.notes] == [("email-invalid", address)]
    assert fine.notes == ()
