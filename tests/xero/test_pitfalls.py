"""What bites integrators, up to 31: for each line of facts/xero.md 10 that is a connector's a test of its number."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from tieout.contract import Connection, Terms
from tieout.errors import ReauthNeeded
from tieout.model import Account, Address, Item, Party, Payment, Ref, TaxRate
from tieout_xero import XERO, check, consent, fetch
from tieout_xero.settings import Arrival, ConnectionSettings, Pair

from .conftest import Served, Told, Xero, guid
from .made import CONTACTS, INVOICES, ITEMS, ORDERS, PAYMENTS, PUMP, answer, body, causes, document, found, line, pushed

INVOICE: Ref[str] = Ref(entity="invoices", side="target", id=guid(7))


def test_01_a_contact_name_is_normalised_and_looked_up_in_any_case(
    xero: Xero, connection: Connection, sales: Terms
) -> None:
    xero.lists["Contacts"] = [{"ContactID": guid(1), "Name": "ACME pumps"}]
    name = body(sales, Party(name=" Acme  Pumps "), resource=CONTACTS)["Name"]
    assert name == "Acme Pumps"
    assert [wire["ContactID"] for wire in found(connection, CONTACTS, "name", name)] == [guid(1)]
    assert {"external", "name"} <= set(CONTACTS.find)


def test_02_a_contact_is_created_so_that_nobody_is_overwritten(xero: Xero, connection: Connection) -> None:
    taken = "The contact name Acme is already assigned to another contact."
    xero.answer(200, {"Contacts": [{"Name": "Acme", "HasValidationErrors": True, "ValidationErrors": [{}]}]})
    xero.answer(200, {"Contacts": [{"Name": "Acme", "ValidationErrors": [{"Message": taken}]}]})
    for _ in range(2):
        (receipt,) = pushed(connection, CONTACTS, {"Name": "Acme"})
        assert receipt.outcome == "rejected"
    assert receipt.problems[0].cause == "contact-name-taken"
    assert {call.method for call in xero.calls} == {"PUT"}


@pytest.mark.parametrize("resource", [INVOICES, ORDERS])
def test_03_a_document_names_its_contact_by_id_alone(sales: Terms, orders: Terms, resource: Any) -> None:
    terms = orders if resource is ORDERS else sales
    assert body(terms, document(), resource=resource)["Contact"] == {"ContactID": "contact-1"}


def test_04_an_account_number_is_never_sent(sales: Terms) -> None:
    assert "AccountNumber" not in body(sales, Party(name="Acme", number="C-7"), resource=CONTACTS)


def test_05_an_archived_contact_is_seen_and_told(xero: Xero, connection: Connection, sales: Terms) -> None:
    archived = {"ContactID": guid(1), "Name": "Acme", "ContactStatus": "ARCHIVED", "UpdatedDateUTC": ""}
    xero.lists["Contacts"] = [archived]
    assert found(connection, CONTACTS, "name", "Acme") == [archived]
    assert fetch(connection, CONTACTS, None)
    assert all(call.params["includeArchived"] == "true" for call in xero.calls)
    assert causes(sales, Party(name="Acme"), archived, CONTACTS) == ["archived-in-target"]


def test_06_07_contact_persons_are_never_sent_so_never_wiped(sales: Terms) -> None:
    now = {"ContactID": guid(1), "Name": "Acme", "ContactPersons": [{"FirstName": "Bo"}]}
    party = Party(name="Acme", person=True, first_name="Ann", email="a@acme.example")
    for known in (None, now):
        assert "ContactPersons" not in body(sales, party, known, CONTACTS)
    assert set(body(sales, document())["Contact"]) == {"ContactID"}


def test_08_angle_brackets_are_replaced_and_each_element_is_judged(
    xero: Xero, connection: Connection, sales: Terms
) -> None:
    assert body(sales, Party(name="A <b> & C"), resource=CONTACTS)["Name"] == "A (b) & C"
    good = {"ContactID": guid(2), "Name": "B", "StatusAttributeString": "OK"}
    xero.answer(200, {"Contacts": [{"Name": "A", "StatusAttributeString": "ERROR"}, good]})
    assert [one.outcome for one in pushed(connection, CONTACTS, {"Name": "A"}, {"Name": "B"})] == [
        "rejected",
        "created",
    ]


@pytest.mark.parametrize("address", ["a@b", "a@acme.com, b@acme.com", "jörg@acme.com", "a b@acme.com", "@acme.com"])
def test_09_an_invalid_email_is_left_out_and_told(sales: Terms, address: str) -> None:
    sent = body(sales, Party(name="Acme", email=address, phone="1"), resource=CONTACTS)
    assert "EmailAddress" not in sent
    assert sent["Phones"]
    ((step,), (fine,)) = (
        answer(sales, Party(name="Acme", email=given), resource=CONTACTS) for given in (address, "a@acme.com")
    )
    assert [(note.cause, note.about) for note in step.notes] == [("email-invalid", address)]
    assert fine.notes == ()


def test_11_a_consent_tells_how_long_it_lives_unused() -> None:
    person = ConnectionSettings.model_validate({"client-id": "app"})
    assert consent.oauth(person, frozenset()).lasts == 60 * 86_400
    assert "offline_access" in consent.oauth(person, frozenset()).scopes


def test_13_the_tenant_is_named_by_its_own_id(xero: Xero, connection: Connection) -> None:
    row = {"id": "connection-9", "tenantId": "org-1", "tenantType": "ORGANISATION", "tenantName": "Acme Books"}
    xero.answer(200, [row])
    (tenant,) = consent.tenants(connection, {})
    assert tenant.id == "org-1"
    fetch(connection, CONTACTS, None)
    assert xero.calls[-1].headers["Xero-Tenant-Id"] == "org-1"


def test_14_a_tenant_that_went_away_is_told(
    xero: Xero, connection: Connection, books: Connection, served: Served
) -> None:
    refusal = {"Type": None, "Title": "Forbidden", "Status": 403, "Detail": "AuthenticationUnsuccessful"}
    served.answers["/api/Contacts"] = [Told(403, refusal)]
    with pytest.raises(ReauthNeeded, match=r"Acme Books is not connected to this app any more.*tieout connect books"):
        fetch(books, CONTACTS, None)
    xero.answer(200, [{"tenantId": "org-2", "tenantType": "ORGANISATION", "tenantName": "Other"}])
    with pytest.raises(ReauthNeeded, match="is not connected to this app any more"):
        check(connection)


def test_15_a_missing_scope_is_told_and_no_token_is_asked_for(books: Connection, served: Served) -> None:
    refusal = {"Type": None, "Title": "Unauthorized", "Status": 401, "Detail": "AuthorizationUnsuccessful"}
    served.answers["/api/Contacts"] = [Told(401, refusal)]
    with pytest.raises(ReauthNeeded, match="does not cover this"):
        fetch(books, CONTACTS, None)
    assert served.paths() == ["/api/Contacts"]


def test_16_scopes_are_granular() -> None:
    everything = consent.scopes(frozenset(resource.name for resource in XERO.resources))
    assert "accounting.invoices" in everything
    assert not {"accounting.transactions", "accounting.transactions.read", "accounting.reports.read"} & set(everything)


def test_17_every_call_names_the_program(books: Connection, served: Served) -> None:
    served.answers["/api/Contacts"] = [Told(200, {"Contacts": []})]
    fetch(books, CONTACTS, None)
    assert served.asked[0][2]["User-Agent"].startswith("tieout/")


def test_18_a_line_carries_the_code_of_its_tax(sales: Terms) -> None:
    assert body(sales, document())["LineItems"][0]["TaxType"] == "OUTPUT"


def test_19_a_tax_must_be_legal_for_the_account(terms: Callable[..., Terms], pair: Pair) -> None:
    crossed = pair.model_copy(update={"taxes": pair.taxes.model_copy(update={"sales": {"GST 10%": "INPUT"}})})
    assert causes(terms({"Type": "ACCREC"}, pair=crossed), document()) == ["tax-not-for-account"]


def test_20_a_code_of_another_rate_is_told_with_both_rates(
    terms: Callable[..., Terms], reference: dict[str, Any]
) -> None:
    other = TaxRate(id="OUTPUT", name="VAT", rate=Decimal(15), categories=frozenset({"REVENUE"}))
    given = terms({"Type": "ACCREC"}, reference=reference | {"taxes": (other,)})
    assert causes(given, document())[0] == "tax-rate-differs"
    (problem, *_) = answer(given, document()).problems
    assert "10%" in problem.what
    assert "15%" in problem.what


def test_21_a_dropped_account_is_no_success(xero: Xero, connection: Connection) -> None:
    said = "Account code '476' has been removed as it does not match a recognised account."
    saved = {"InvoiceID": guid(1), "InvoiceNumber": "7", "StatusAttributeString": "WARNING"}
    xero.answer(200, {"Invoices": [saved | {"LineItems": [{"Warnings": [{"Message": said}]}]}]})
    (receipt,) = pushed(connection, INVOICES, {"InvoiceNumber": "7"})
    assert receipt.dropped == (said,)


@pytest.mark.parametrize(("code", "cause"), [("299", "account-archived"), ("300", "account-not-legal")])
def test_22_an_account_that_cannot_be_used_is_told_before_it_is_sent(
    terms: Callable[..., Terms], pair: Pair, code: str, cause: str
) -> None:
    changed = pair.model_copy(update={"accounts": pair.accounts.model_copy(update={"sales": code})})
    assert causes(terms({"Type": "ACCREC"}, pair=changed), document())[0] == cause


def nothing_empty(value: Any) -> bool:
    if isinstance(value, dict):
        return all(inner not in (None, "", [], {}) and nothing_empty(inner) for inner in value.values())
    return all(nothing_empty(inner) for inner in value) if isinstance(value, list) else True


def test_23_what_has_no_value_is_left_out(sales: Terms, orders: Terms) -> None:
    assert nothing_empty(body(sales, document(currency=None, url="", reference="")))
    assert nothing_empty(body(orders, document(due=None), resource=ORDERS))
    assert nothing_empty(body(sales, Party(name="Acme", addresses=(Address(),)), resource=CONTACTS))
    assert nothing_empty(body(sales, Item(code="A"), resource=ITEMS))


def test_24_an_account_without_a_code_is_named_by_its_id(
    terms: Callable[..., Terms], reference: dict[str, Any], pair: Pair
) -> None:
    bare = Account(id="a-9", name="Bare", category="REVENUE", roles=frozenset({"sales"}))
    chosen = Pair.model_validate({"accounts": {"sales": {"id": "a-9"}}, "taxes": pair.taxes.model_dump()})
    given = terms({"Type": "ACCREC"}, pair=chosen, reference=reference | {"accounts": (bare,)})
    (sent,) = body(given, document())["LineItems"]
    assert sent["AccountID"] == "a-9"
    assert "AccountCode" not in sent
    money = Payment(document=INVOICE, date=date(2026, 11, 5), amount=Decimal(5))
    assert body(terms(), money, resource=PAYMENTS)["Account"] == {"AccountID": "a-bank"}


def test_25_what_a_status_needs_is_checked_before_it_is_sent(terms: Callable[..., Terms], pair: Pair) -> None:
    approved = terms({"Type": "ACCREC"}, settings=Arrival(status="authorised"))
    assert causes(approved, document(due=None)) == ["due-date-missing"]
    assert causes(terms({"Type": "ACCREC"}, settings=Arrival(status="submitted")), document(due=None)) == [
        "due-date-missing"
    ]
    assert body(terms({"Type": "ACCREC"}), document(due=None))["Status"] == "DRAFT"
    assert causes(terms({"Type": "ACCREC"}, pair=Pair()), document())[:2] == ["tax-unmapped", "account-not-chosen"]


def test_26_a_line_with_an_item_has_quantity_and_price(sales: Terms) -> None:
    (sent,) = body(sales, document("0", line("0", "0", item=PUMP)))["LineItems"]
    assert (sent["ItemCode"], sent["Quantity"], sent["UnitAmount"]) == ("PUMP-1", 0, 0)
    assert sent["AccountCode"] == "200"


def test_27_a_line_of_nothing_may_come_back_without_its_account(
    xero: Xero, connection: Connection, sales: Terms
) -> None:
    sent = body(sales, document("0", line("0")))
    came = sent | {"Type": "ACCREC", "InvoiceID": guid(1), "StatusAttributeString": "OK", "Total": 0, "TotalTax": 0}
    came["LineItems"] = [{name: value for name, value in sent["LineItems"][0].items() if name != "AccountCode"}]
    xero.answer(200, {"Invoices": [came]})
    (receipt,) = pushed(connection, INVOICES, sent)
    assert (receipt.outcome, receipt.problems, receipt.dropped) == ("created", (), ())
    assert body(sales, document("0", line("0")), came)["LineItems"][0]["AccountCode"] == "200"


def test_28_prices_have_four_decimals_and_the_rest_is_folded(xero: Xero, connection: Connection, sales: Terms) -> None:
    fine, folded = body(sales, document("13.68", line("0.1234", "100"), line("0.0123456", "8.5")))["LineItems"]
    assert fine["UnitAmount"] == Decimal("0.1234")
    assert (folded["Quantity"], folded["UnitAmount"]) == (1, Decimal("0.1"))
    assert folded["Description"] == "Pump (8.5 x 0.0123456)"
    xero.answer(200, {"Invoices": []})
    pushed(connection, INVOICES, {"InvoiceNumber": "7"})
    found(connection, INVOICES, "number", "7")
    assert {call.params["unitdp"] for call in xero.calls} == {"4"}


def test_29_the_amount_of_a_line_is_left_to_xero(sales: Terms) -> None:
    (sent,) = body(sales, document("11.01", line("3.335", "3", amount=Decimal("10.01"))))["LineItems"]
    assert "LineAmount" not in sent


def test_30_tax_on_the_total_is_made_good_by_a_rounding_line(sales: Terms) -> None:
    lines = [line(price, tax="GST 15%", tax_rate=Decimal(15)) for price in ("25.06", "25.61", "25.63")]
    *_, last = body(sales, document("87.75", *lines))["LineItems"]
    assert (last["Description"], last["UnitAmount"], last["AccountCode"], last["TaxType"]) == (
        "Rounding",
        Decimal("0.01"),
        "860",
        "NONE",
    )


def test_31_a_discount_is_sent_only_where_xero_takes_it(sales: Terms, bills: Terms) -> None:
    half = line("10", "4", discount_rate=Decimal(50))
    assert body(sales, document("22", half))["LineItems"][0]["DiscountRate"] == 50
    (bill,) = body(bills, document("22", half))["LineItems"]
    assert (bill["UnitAmount"], "DiscountRate" in bill) == (5, False)
    (beyond,) = body(sales, document("-11", line("10", "1", discount=Decimal(20))))["LineItems"]
    assert (beyond["UnitAmount"], "DiscountAmount" in beyond) == (-10, False)
