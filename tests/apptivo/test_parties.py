"""Customers, contacts, suppliers and leads as parties."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from tieout.api.model import Address, Ref

Lift = Callable[..., Any]


def customer(**changed: Any) -> dict[str, Any]:
    return {
        "id": "1000231",
        "customerId": 1000231,
        "customerName": "Acme Pty Ltd ",
        "customerNumber": "CUS-0042",
        "statusId": 10000,
        "statusName": "Active",
        "currencyCode": "AUD",
        "paymentTerm": "Net 30",
        "isActive": "Y",
        "objectStatus": "0",
    } | changed


def test_a_customer_is_a_party(lift: Lift) -> None:
    party = lift("customers", customer())
    assert (party.name, party.number, party.currency, party.terms) == ("Acme Pty Ltd", "CUS-0042", "AUD", 30)
    assert (party.person, party.standing, party.parent) == (False, "live", None)


def test_names_keep_the_marks_that_markup_is_made_of(lift: Lift) -> None:
    assert lift("customers", customer(customerName='R & D <Süd> "X" 🚀')).name == 'R & D <Süd> "X" 🚀'


def test_a_contact_is_a_person_at_a_customer(lift: Lift) -> None:
    wire = {
        "id": "2000077",
        "firstName": "Ana",
        "lastName": "Reyes",
        "fullName": "Ana Reyes",
        "accountId": 1000231,
        "accountName": "Acme Pty Ltd",
        "contactStatusId": 10000,
    }
    party = lift("contacts", wire)
    assert (party.person, party.name, party.first_name, party.last_name) == (True, "Ana Reyes", "Ana", "Reyes")
    assert party.parent == Ref(entity="customers", id="1000231", name="Acme Pty Ltd")


def test_a_contact_without_a_full_name_is_called_by_its_parts(lift: Lift) -> None:
    assert lift("contacts", {"id": "1", "firstName": "Ana", "lastName": "null"}).name == "Ana"


@pytest.mark.parametrize(("app", "name"), [("suppliers", "supplierName"), ("leads", "fullName")])
def test_suppliers_and_leads_are_parties_too(lift: Lift, app: str, name: str) -> None:
    assert lift(app, {"id": "3000005", name: "Bolt Supplies"}).name == "Bolt Supplies"


@pytest.mark.parametrize(
    ("changed", "standing"),
    [
        ({}, "live"),
        ({"isActive": "N"}, "archived"),
        ({"objectStatus": "1"}, "archived"),
        ({"objectStatus": 1}, "archived"),
        ({"objectStatus": 0}, "live"),
        ({"statusId": "", "statusName": "Inactive"}, "archived"),
        ({"statusId": 10077, "statusName": "Prospect"}, "live"),
        ({"isActive": None, "objectStatus": "", "statusId": None, "statusName": "null"}, "live"),
    ],
)
def test_what_is_out_of_use_is_archived(lift: Lift, changed: dict[str, Any], standing: str) -> None:
    assert lift("customers", customer(**changed)).standing == standing


def test_the_business_e_mail_comes_first(lift: Lift) -> None:
    emails = [
        {"emailAddress": "", "emailType": "Business"},
        {"emailAddress": "home@acme.example", "emailType": "Home"},
        {"emailAddress": "ap@acme.example", "emailType": "Business"},
    ]
    assert lift("customers", customer(emailAddresses=emails)).email == "ap@acme.example"
    assert lift("customers", customer(emailAddresses=emails[:2])).email == "home@acme.example"
    assert lift("customers", customer(emailAddress="old@acme.example")).email == "old@acme.example"


def test_telephone_numbers_go_by_type(lift: Lift) -> None:
    phones = [
        {"phoneNumber": "1", "phoneType": "Fax"},
        {"phoneNumber": "2", "phoneType": "Mobile"},
        {"phoneNumber": "3", "phoneType": "Home"},
        {"phoneNumber": "4", "phoneType": "business"},
    ]
    party = lift("customers", customer(phoneNumbers=phones))
    assert (party.phone, party.mobile) == ("4", "2")
    party = lift("customers", customer(phoneNumbers=phones[:3]))
    assert (party.phone, party.mobile) == ("3", "2")
    party = lift("customers", customer(phoneNumbers=phones[:2], phoneNumber="5"))
    assert (party.phone, party.mobile) == ("5", "2")


def test_the_first_address_with_text_of_each_type_counts(lift: Lift) -> None:
    addresses = [
        {"addressType": "Billing Address", "addressLine1": "", "city": "null"},
        {
            "addressType": "Billing Address",
            "addressLine1": "1 High St",
            "addressLine2": "Level 2",
            "city": "Perth",
            "state": "Western Australia",
            "stateCode": "WA",
            "zipCode": 6000,
            "countryCode": "AU",
            "countryName": "Australia",
        },
        {"addressType": "Billing Address", "addressLine1": "other"},
        {"addressType": "Shipping Address", "addressLine1": "Dock 4", "stateCode": "WA", "countryName": "Australia"},
    ]
    assert lift("customers", customer(addresses=addresses)).addresses == (
        Address(
            lines=("1 High St", "Level 2"), city="Perth", region="Western Australia", postcode="6000", country="AU"
        ),
        Address(kind="delivery", lines=("Dock 4",), region="WA", country="Australia"),
    )


def test_an_address_of_another_type_bills_where_there_is_no_other(lift: Lift) -> None:
    other = {"addressType": "Head office", "city": "Perth"}
    billing = {"addressType": "Billing Address", "city": "Sydney"}
    assert lift("customers", customer(addresses=[other])).addresses == (Address(city="Perth"),)
    assert lift("customers", customer(addresses=[other, billing])).addresses == (Address(city="Sydney"),)


def test_the_types_of_addresses_are_the_firm_s(lift: Lift) -> None:
    profile = {"customers": {"address-types": {"delivery": ["Werk"]}}}
    wire = customer(addresses=[{"addressType": "Werk", "city": "Perth"}])
    assert lift("customers", wire, profile=profile).addresses == (Address(kind="delivery", city="Perth"),)


ATTRIBUTES = [
    {"customAttributeId": "input_1", "customAttributeType": "input", "customAttributeValue": "other"},
    {"customAttributeId": "input_2", "customAttributeType": "input", "customAttributeValue": "51 824 753 556"},
]


def test_the_tax_number_is_found_by_the_label_of_its_attribute(lift: Lift) -> None:
    memory = {"labels:customers": {"vendorcode": "input_1", "abn": "input_2"}}
    assert lift("customers", customer(customAttributes=ATTRIBUTES), memory).tax_number == "51 824 753 556"
    assert lift("customers", customer(customAttributes=ATTRIBUTES), {}).tax_number == ""
    assert lift("customers", customer(), memory).tax_number == ""
    profile = {"customers": {"labels": {"tax-number": ["Vendor-Code"]}}}
    assert lift("customers", customer(customAttributes=ATTRIBUTES), memory, profile=profile).tax_number == "other"


def test_an_attribute_of_several_choices_is_joined(lift: Lift) -> None:
    chosen = [{"attributeId": "1", "attributeValue": "A"}, {"attributeId": "2", "attributeValue": "B"}]
    wire = customer(customAttributes=[{"customAttributeId": "input_2", "attributeValues": chosen}])
    assert lift("customers", wire, {"labels:customers": {"abn": "input_2"}}).tax_number == "A, B"


def test_a_flag_that_cannot_be_read_is_refused_with_its_place(refused: Callable[..., dict[str, Any]]) -> None:
    problem = refused("customers", customer(isActive="perhaps"))["flag-unreadable"]
    assert "isActive" in problem.why
    assert "profile.customers.fields.active" in problem.fix


def test_a_status_whose_name_and_number_disagree_is_refused(refused: Callable[..., dict[str, Any]]) -> None:
    problem = refused("customers", customer(statusName="Inactive"))["status-contradictory"]
    assert problem.about == "Inactive"
    assert 'profile.customers.statuses.10000 = "archived"' in problem.fix
