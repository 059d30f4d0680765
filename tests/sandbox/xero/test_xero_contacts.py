"""Contacts: matching, uniqueness, refusals, forms (docs/facts/xero.md, "Messages", "Contacts", "Lists", "Matching")."""

from collections.abc import Callable
from typing import Any

import pytest

ZERO = "00000000-0000-0000-0000-000000000000"
Errors = Callable[[Any], list[str]]


def taken(name: str, what: str = "name") -> str:
    text = f"The contact {what} {name} is already assigned to another contact."
    return f"{text} The contact {what} must be unique across all active contacts."


def test_created_contact_reads_back_with_the_empty_parts_that_xero_adds(xero: Any) -> None:
    made = xero.put("Contacts", {"Name": "  Acme   Pumps ", "Phones": [{"PhoneType": "DDI", "PhoneNumber": "1"}]})
    assert (made["Name"], made["ContactStatus"], made["StatusAttributeString"]) == ("Acme Pumps", "ACTIVE", "OK")
    assert (made["HasValidationErrors"], made["IsCustomer"], made["IsSupplier"]) == (False, False, False)
    [read] = xero.get(f"Contacts/{made['ContactID']}")
    assert [each["AddressType"] for each in read["Addresses"]] == ["STREET", "POBOX"]
    assert {each["PhoneType"]: each["PhoneNumber"] for each in read["Phones"]} == {
        "DDI": "1",
        "DEFAULT": "",
        "FAX": "",
        "MOBILE": "",
    }


def test_put_refuses_a_name_taken_in_another_case(xero: Any, errors: Errors) -> None:
    refused = xero.put("Contacts", {"Name": "Bluegum Timber Pty Ltd"})
    assert errors(refused) == [taken("Bluegum Timber Pty Ltd")]
    assert (refused["ContactID"], refused["HasValidationErrors"]) == (ZERO, True)


def test_post_updates_whom_it_matches_by_name_in_any_case(xero: Any) -> None:
    identity = xero.contact("Acme Pumps", ContactNumber="C-1", EmailAddress="a@example.com")
    made = xero.post("Contacts", {"Name": "ACME PUMPS", "FirstName": "Ann"})
    assert made["ContactID"] == identity
    assert (made["Name"], made["FirstName"], made["EmailAddress"]) == ("ACME PUMPS", "Ann", "a@example.com")


def test_contact_number_matches_before_the_name_and_is_unique(xero: Any, errors: Errors) -> None:
    one = xero.contact("Acme Pumps", ContactNumber="C-1")
    xero.contact("Bolt Co", ContactNumber="C-2")
    assert xero.post("Contacts", {"ContactNumber": "C-1", "Name": "Acme Pumps Ltd"})["ContactID"] == one
    assert errors(xero.post("Contacts", {"ContactNumber": "C-1", "Name": "bolt co"})) == [taken("bolt co")]
    assert errors(xero.put("Contacts", {"ContactNumber": "C-1", "Name": "New"})) == [taken("C-1", "number")]
    assert [each["ContactID"] for each in xero.get("Contacts/C-1")] == [one]


def test_account_number_is_unique_and_never_matches(xero: Any, errors: Errors) -> None:
    xero.contact("Acme Pumps", AccountNumber="A-1")
    assert errors(xero.post("Contacts", {"Name": "Bolt Co", "AccountNumber": "A-1"})) == [
        "The Account Number already exists"
    ]


def test_contact_must_be_identified(xero: Any, errors: Errors) -> None:
    assert errors(xero.put("Contacts", {"EmailAddress": "a@example.com"})) == [
        "The Contact must contain at least 1 of the following elements to identify the contact: "
        "Name, ContactID, ContactNumber"
    ]


def test_archived_contact_is_matched_and_refused_but_its_name_is_free(xero: Any, errors: Errors) -> None:
    [refusal] = errors(xero.post("Contacts", {"Name": "OLD MILL STORES", "FirstName": "Ann"}))
    assert "matched an archived contact. Archived contacts cannot currently be edited via the API" in refusal
    assert xero.put("Contacts", {"Name": "Old Mill Stores"})["StatusAttributeString"] == "OK"


def test_archiving_works_and_coming_back_does_not(xero: Any, errors: Errors) -> None:
    identity = xero.contact()
    archived = xero.post("Contacts", {"ContactID": identity, "ContactStatus": "ARCHIVED"})
    assert archived["ContactStatus"] == "ARCHIVED"
    errors(xero.post("Contacts", {"ContactID": identity, "ContactStatus": "ACTIVE"}))
    assert all(each["ContactID"] != identity for each in xero.get("Contacts"))
    assert any(each["ContactID"] == identity for each in xero.get("Contacts", includeArchived="true"))


@pytest.mark.parametrize("email", ["a@b", "a@example.com; b@example.com", "jürgen@example.com", "nobody"])
def test_bad_email_refuses_the_whole_contact(xero: Any, errors: Errors, email: str) -> None:
    [refusal] = errors(xero.put("Contacts", {"Name": "Acme Pumps", "EmailAddress": email}))
    assert "Email address must be valid" in refusal
    assert xero.get("Contacts", searchTerm="Acme") == []


def test_people_need_an_email_of_the_first_person_and_are_five_at_most(xero: Any, errors: Errors) -> None:
    people = [{"FirstName": f"P{number}"} for number in range(6)]
    assert errors(xero.put("Contacts", {"Name": "Acme Pumps", "ContactPersons": people[:1]})) == [
        "Additional people cannot be added when the primary person has no email address set"
    ]
    mailed = {"Name": "Acme Pumps", "EmailAddress": "a@example.com"}
    assert len(errors(xero.put("Contacts", mailed | {"ContactPersons": people}))) == 1
    made = xero.put("Contacts", mailed | {"ContactPersons": people[:5]})
    kept = xero.post("Contacts", {"ContactID": made["ContactID"], "LastName": "Lee"})
    assert len(kept["ContactPersons"]) == 5
    assert xero.post("Contacts", {"ContactID": made["ContactID"], "ContactPersons": []})["ContactPersons"] == []


def test_address_of_one_type_is_replaced_and_the_others_stay(xero: Any) -> None:
    identity = xero.contact(Addresses=[{"AddressType": "POBOX", "City": "Austin"}])
    made = xero.post("Contacts", {"ContactID": identity, "Addresses": [{"AddressType": "STREET", "City": "Perth"}]})
    assert {each["AddressType"]: each["City"] for each in made["Addresses"]} == {"POBOX": "Austin", "STREET": "Perth"}


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"Name": "Acme <b>"}, "must not contain"),
        ({"Name": "x" * 256}, "255 characters"),
        ({"DefaultCurrency": "JPY"}, "Organisation is not subscribed to currency JPY"),
        ({"ContactNumber": "x" * 51}, "50 characters"),
    ],
)
def test_values_that_do_not_fit_are_refused(xero: Any, errors: Errors, more: Any, message: str) -> None:
    assert message in errors(xero.put("Contacts", {"Name": "Acme Pumps"} | more))[0]


def test_unknown_id_is_refused_and_never_created(xero: Any, errors: Errors) -> None:
    unknown = "11111111-1111-1111-1111-111111111111"
    assert errors(xero.post("Contacts", {"ContactID": unknown, "Name": "Acme Pumps"})) == [
        "The document with the supplied id was not found for this endpoint."
    ]
    answer = xero.call("POST", f"Contacts/{unknown}", {"Contacts": [{"Name": "Acme Pumps"}]})
    assert (answer.status_code, answer.headers["content-type"][:9]) == (404, "text/html")
    assert "The resource you're looking for cannot be found" in answer.text


def test_batch_without_summarize_errors_is_all_or_nothing(xero: Any) -> None:
    batch = {"Contacts": [{"Name": "Acme Pumps"}, {"Name": "harbour CITY electrical"}]}
    answer = xero.call("PUT", "Contacts", batch)
    body = answer.json()
    assert (answer.status_code, body["ErrorNumber"], body["Type"]) == (400, 10, "ValidationException")
    assert body["Message"] == "A validation exception occurred"
    assert [each["Name"] for each in body["Elements"]] == ["harbour CITY electrical"]
    assert body["Elements"][0]["ContactID"] == ZERO
    assert xero.get("Contacts", searchTerm="Acme") == []


def test_batch_with_summarize_errors_false_tells_of_each_in_order(xero: Any) -> None:
    made = xero.write("PUT", "Contacts", {"Name": "One"}, {"Name": "one"}, {"Name": "Two"})
    assert [each["StatusAttributeString"] for each in made] == ["OK", "ERROR", "OK"]
    assert len(xero.get("Contacts", searchTerm="One")) == 1


def test_success_without_the_parameter_carries_no_status(xero: Any) -> None:
    answer = xero.call("PUT", "Contacts", {"Contacts": [{"Name": "Acme Pumps"}]})
    assert answer.status_code == 200
    assert "StatusAttributeString" not in answer.json()["Contacts"][0]
    bare = xero.call("POST", f"Contacts/{answer.json()['Contacts'][0]['ContactID']}", {"FirstName": "Ann"})
    assert bare.json()["Contacts"][0]["FirstName"] == "Ann"


def test_reorder_fault_turns_the_results_round(xero: Any) -> None:
    xero.http.post("/_sandbox/faults", json={"path": "/api.xro/2.0/Contacts", "fault": "reorder"})
    assert [each["Name"] for each in xero.write("PUT", "Contacts", {"Name": "A"}, {"Name": "B"})] == ["B", "A"]


def test_invoice_makes_a_customer_without_moving_the_update_time(xero: Any) -> None:
    identity = xero.contact()
    before = xero.get(f"Contacts/{identity}")[0]
    xero.saved(Contact={"ContactID": identity})
    after = xero.get(f"Contacts/{identity}")[0]
    assert (before["IsCustomer"], after["IsCustomer"], after["IsSupplier"]) == (False, True, False)
    assert before["UpdatedDateUTC"] == after["UpdatedDateUTC"]


@pytest.mark.parametrize("body", ["{", "[1]", '{"Contacts": 1}', '{"Contacts": []}', '{"Name": {"a": 1}}'])
def test_body_that_cannot_be_read_is_a_post_data_exception(xero: Any, body: str) -> None:
    answer = xero.http.put("/api.xro/2.0/Contacts", content=body, headers=xero.headers)
    assert (answer.status_code, answer.json()["ErrorNumber"]) == (400, 14)
    assert answer.json()["Type"] == "PostDataInvalidException"
