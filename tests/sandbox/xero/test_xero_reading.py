"""Reading: filters, order, pages, forms, increments (docs/facts/xero.md, "Lists", "Filters", "Changes since")."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

Line = Callable[..., dict[str, Any]]


@pytest.fixture
def filled(xero: Any, line: Line) -> Any:
    """Five invoices of two contacts and one bill."""
    acme, bolt = xero.contact("Acme Pumps", ContactNumber="C-1"), xero.contact("Bolt & Söhne")
    for number in range(1, 6):
        xero.saved(
            InvoiceNumber=f"INV-{number}",
            Date=f"2026-11-0{number}",
            Contact={"ContactID": acme if number < 4 else bolt},
            Status="AUTHORISED" if number % 2 else "DRAFT",
            Reference=f"Ref {number}" if number > 1 else "",
            LineItems=[line(Quantity=number)],
        )
    xero.saved(Type="ACCPAY", InvoiceNumber="B-1", LineItems=[line(AccountCode="300", TaxType="INPUT")])
    return xero


def numbers(xero: Any, **query: Any) -> list[str]:
    return [each["InvoiceNumber"] for each in xero.get("Invoices", **query)]


@pytest.mark.parametrize(
    ("where", "found"),
    [
        ('InvoiceNumber=="INV-2"', ["INV-2"]),
        ('InvoiceNumber == "inv-2" OR InvoiceNumber=="INV-3"', ["INV-2", "INV-3"]),
        ('Type=="ACCREC" AND Status!="DRAFT"', ["INV-1", "INV-3", "INV-5"]),
        ('Type=="ACCREC" && (Status=="DRAFT" || Total>250)', ["INV-2", "INV-4", "INV-5"]),
        ("Date>=DateTime(2026,11,02) AND Date<DateTime(2026, 11, 04)", ["INV-2", "INV-3", "B-1"]),
        ("Total>=165.00 AND Total<=220", ["INV-3", "INV-4"]),
        ('Contact.Name=="bolt & sohne"', ["INV-4", "INV-5"]),
        ('Contact.Name.Contains("PUMPS") AND Type=="ACCPAY"', ["B-1"]),
        ('Contact.ContactNumber=="C-1" AND AmountDue>150', ["INV-3"]),
        ('Reference.StartsWith("Ref") AND Reference.EndsWith("5")', ["INV-5"]),
        ('Reference==null AND Type=="ACCREC"', ["INV-1"]),
        ("Reference!=null", ["INV-2", "INV-3", "INV-4", "INV-5"]),
        ('!(Status=="DRAFT") AND Type=="ACCREC"', ["INV-1", "INV-3", "INV-5"]),
        ("SentToContact==false AND Total==55", ["INV-1"]),
        ('Reference=="" AND Type=="ACCREC"', ["INV-1"]),
        ('InvoiceNumber.Equals("inv-4")', ["INV-4"]),
        ('Date==DateTime.Parse("2026-11-05T00:00:00")', ["INV-5"]),
    ],
)
def test_where(filled: Any, where: str, found: list[str]) -> None:
    assert numbers(filled, where=where) == found


def test_where_by_guid(filled: Any) -> None:
    [contact] = filled.get("Contacts", where='Name=="Acme Pumps"')
    identity = contact["ContactID"]
    found = numbers(filled, where=f'Contact.ContactID==guid("{identity.upper()}") AND Type=="ACCREC"')
    assert found == ["INV-1", "INV-2", "INV-3"]


@pytest.mark.parametrize(
    "where",
    [
        'Name=="a',
        'InvoiceNumber=="a\\"b"',
        "Colour==1",
        "Total>",
        "Total>1 Total<2",
        "(Total>1",
        'Total>"x"',
        "Status>DateTime(2026,1,1)",
    ],
)
def test_where_that_cannot_be_read(filled: Any, where: str) -> None:
    answer = filled.call("GET", "Invoices", where=where)
    assert (answer.status_code, answer.json()["ErrorNumber"]) == (400, 16)
    assert answer.json()["Type"] == "QueryParseException"


def test_order(filled: Any) -> None:
    assert numbers(filled, order="Total DESC", where='Type=="ACCREC"')[:2] == ["INV-5", "INV-4"]
    assert numbers(filled, order="Status, InvoiceNumber DESC")[:2] == ["INV-5", "INV-3"]
    assert filled.call("GET", "Invoices", order="Colour").status_code == 400


def test_default_order_is_that_of_the_last_change(filled: Any) -> None:
    filled.post("Invoices", {"Type": "ACCREC", "InvoiceNumber": "INV-2", "Reference": "x"})
    assert numbers(filled)[-1] == "INV-2"


def test_unpaged_list_leaves_the_lines_out_and_a_page_has_them(filled: Any) -> None:
    body, found = filled.read("Invoices")
    assert ("pagination" in body, [each["LineItems"] for each in found]) == (False, [[]] * 6)
    assert all(each["Contact"]["Addresses"] == [] for each in found)
    body, found = filled.read("Invoices", page=2, pageSize=4)
    assert body["pagination"] == {"page": 2, "pageSize": 4, "pageCount": 2, "itemCount": 6}
    assert [len(each["LineItems"]) for each in found] == [1, 1]
    body, _ = filled.read("Invoices", page=1, pageSize=5000)
    assert body["pagination"]["pageSize"] == 1000


@pytest.mark.parametrize(("parameter", "value"), [("Statuses", "DRAFT,PAID"), ("summaryOnly", "true")])
def test_parameters_that_force_pages(filled: Any, parameter: str, value: str) -> None:
    assert filled.read("Invoices", **{parameter: value})[0]["pagination"]["itemCount"] in (3, 6)


def test_summary_only_drops_lines_and_payments(filled: Any) -> None:
    assert not filled.get("Invoices", summaryOnly="true")[0].keys() & {"LineItems", "Payments", "HasAttachments"}
    contact = filled.get("Contacts", summaryOnly="true")[0]
    assert not contact.keys() & {"Addresses", "ContactPersons", "ContactGroups", "IsCustomer", "IsSupplier"}


def test_unpaged_contacts_leave_their_details_out(filled: Any) -> None:
    assert "ContactPersons" not in filled.get("Contacts")[0]
    assert "ContactPersons" in filled.get("Contacts", page=1)[0]


def test_lists_by_numbers_ids_statuses_contacts_and_terms(filled: Any) -> None:
    assert numbers(filled, InvoiceNumbers="INV-2,INV-4") == ["INV-2", "INV-4"]
    identity = filled.get("Invoices/INV-3")[0]["InvoiceID"]
    assert numbers(filled, IDs=identity) == ["INV-3"]
    assert numbers(filled, Statuses="AUTHORISED") == ["INV-1", "INV-3", "INV-5"]
    assert numbers(filled, searchTerm="ref 4") == ["INV-4"]
    contact = filled.get("Contacts", searchTerm="Bolt")[0]["ContactID"]
    assert numbers(filled, ContactIDs=contact) == ["INV-4", "INV-5"]


def test_empty_parameter_finds_nothing(filled: Any) -> None:
    assert numbers(filled, Statuses="") == []
    assert numbers(filled, IDs="") == []


def test_modified_since_gives_what_changed_after_it(filled: Any) -> None:
    filled.clock.advance(10)
    since = (filled.clock.now() - timedelta(seconds=2)).strftime("%Y-%m-%dT%H:%M:%S")
    filled.post("Invoices", {"Type": "ACCREC", "InvoiceNumber": "INV-2", "Reference": "x"})
    _, found = filled.read("Invoices", headers={"If-Modified-Since": since})
    assert [each["InvoiceNumber"] for each in found] == ["INV-2"]
    later = datetime.now(UTC) + timedelta(days=1)
    http = later.strftime("%a, %d %b %Y %H:%M:%S GMT")
    assert filled.read("Invoices", headers={"If-Modified-Since": http})[1] == []
    assert filled.call("GET", "Invoices", headers={"If-Modified-Since": "soon"}).status_code == 400


def test_created_by_my_app(filled: Any) -> None:
    keys = filled.credentials["custom-connection"]
    form = {"grant_type": "client_credentials"}
    answer = filled.http.post("/connect/token", data=form, auth=(keys["client-id"], keys["client-secret"])).json()
    other = {"Authorization": f"Bearer {answer['access_token']}"}
    assert len(filled.read("Invoices", createdByMyApp="true")[1]) == 6
    assert filled.read("Invoices", headers=other, createdByMyApp="true")[1] == []


def test_envelope(filled: Any) -> None:
    body, _ = filled.read("Organisation")
    assert body.keys() == {"Id", "Status", "ProviderName", "DateTimeUTC", "Organisations"}
    assert body["Status"] == "OK"


def test_settings_of_the_seed_organisation(xero: Any) -> None:
    [organisation] = xero.get("Organisation")
    assert (organisation["Name"], organisation["BaseCurrency"]) == ("Demo Company (AU)", "AUD")
    assert organisation["PeriodLockDate"] == "/Date(1774915200000+0000)/"
    assert {each["Code"] for each in xero.get("Currencies")} == {"AUD", "NZD", "USD", "EUR", "GBP"}
    assert [each["Code"] for each in xero.get("Accounts", where='SystemAccount=="ROUNDING"')] == ["860"]
    assert xero.get("Accounts", where='Status=="ARCHIVED"')[0]["Code"] == "299"
    assert xero.get("Accounts", where='Type=="BANK" AND Code==null')[0]["CurrencyCode"] == "USD"
    [rate] = xero.get("TaxRates/OUTPUT")
    assert (rate["EffectiveRate"], rate["CanApplyToRevenue"], rate["CanApplyToExpenses"]) == (10, True, False)
    [nz] = xero.get("TaxRates", where='Name=="GST 15% (NZ)"')
    assert (nz["EffectiveRate"], nz["CanApplyToRevenue"], nz["CanApplyToExpenses"]) == (15, True, True)
    assert xero.get("TrackingCategories")[0]["Name"] == "Region"
    assert xero.get("BrandingThemes")[0]["SortOrder"] == 0
    actions = {each["Name"]: each["Status"] for each in xero.get("Organisation/Actions")}
    assert actions["CreateApprovedInvoice"] == actions["UseMulticurrency"] == "ALLOWED"


def test_account_defaults_are_legal_for_the_account(xero: Any) -> None:
    rates = {each["TaxType"]: each for each in xero.get("TaxRates")}
    sides = {"ASSET": "Assets", "EQUITY": "Equity", "EXPENSE": "Expenses", "LIABILITY": "Liabilities"}
    for account in xero.get("Accounts"):
        assert rates[account["TaxType"]][f"CanApplyTo{sides.get(account['Class'], 'Revenue')}"], account["Name"]


def test_unknown_paths_are_pages(xero: Any) -> None:
    for method, path in (
        ("GET", "Nowhere"),
        ("GET", "Invoices/INV-404"),
        ("DELETE", "Contacts/1"),
        ("PUT", "Accounts/1"),
    ):
        answer = xero.call(method, path)
        assert (answer.status_code, answer.headers["content-type"][:9]) == (404, "text/html")


def test_numbers_are_json_numbers_with_their_decimals(filled: Any) -> None:
    text = filled.call("GET", "Invoices/INV-1", unitdp=4).text
    assert '"UnitAmount":50.0000' in text
    assert '"Total":55.00' in text
    assert filled.get("Invoices/INV-1")[0]["LineItems"][0]["UnitAmount"] == Decimal("50.00")


def test_errors_are_xml_for_those_who_ask_for_nothing_else(xero: Any) -> None:
    answer = xero.call("PUT", "Contacts", {"Contacts": [{"Name": "a < b"}]}, headers={"Accept": "application/xml"})
    assert (answer.status_code, answer.headers["content-type"][:8]) == (400, "text/xml")
    assert answer.text.startswith("<ApiException><ErrorNumber>10</ErrorNumber><Type>ValidationException</Type>")
    assert "<Name>a &lt; b</Name>" in answer.text
    answer = xero.call("PUT", "Contacts", {"Contacts": [{"Name": "a < b"}]}, headers={"Accept": "*/*"})
    assert answer.json()["ErrorNumber"] == 10
