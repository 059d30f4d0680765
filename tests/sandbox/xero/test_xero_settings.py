"""Writing tax rates, currencies, tracking categories and contact groups.

Source: docs/facts/xero.md, "Contacts", "Tax rates", "Currencies", "Tracking categories", "Create and update".
"""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

Line = Callable[..., dict[str, Any]]


def written(xero: Any, method: str, path: str, element: Any) -> Any:
    """The one record of a write that succeeds."""
    answer = xero.call(method, path, element)
    assert answer.status_code == 200, answer.text
    body = answer.json(parse_float=Decimal)
    return next(value for value in body.values() if isinstance(value, list))[0]


def refused(xero: Any, method: str, path: str, element: Any = None) -> list[str]:
    """What a refused write says."""
    answer = xero.call(method, path, element)
    assert answer.status_code == 400, answer.text
    return [each["Message"] for each in answer.json()["Elements"][0]["ValidationErrors"]]


def rate(**more: Any) -> dict[str, Any]:
    """A tax rate as it is sent."""
    components = [{"Name": "A", "Rate": 5}, {"Name": "B", "Rate": 10, "IsCompound": True}]
    return {"Name": "Two parts", "ReportTaxType": "OUTPUT", "TaxComponents": components, **more}


def test_tax_rate_is_made_used_changed_and_deleted(xero: Any, line: Line) -> None:
    made = written(xero, "PUT", "TaxRates", rate())
    assert (made["TaxType"], made["EffectiveRate"], made["Status"]) == ("TAX005", Decimal("15.5"), "ACTIVE")
    assert xero.saved(LineItems=[line(TaxType="TAX005")])["TotalTax"] == Decimal("15.50")
    changed = written(xero, "POST", "TaxRates", {"TaxType": "TAX005", "Name": "Renamed"})
    assert (changed["TaxType"], changed["Name"], changed["EffectiveRate"]) == ("TAX005", "Renamed", Decimal("15.5"))
    assert written(xero, "POST", "TaxRates", {"Name": "Renamed", "Status": "DELETED"})["Status"] == "DELETED"
    assert xero.get("TaxRates/TAX005")[0]["Status"] == "DELETED"


@pytest.mark.parametrize(
    ("method", "more", "message"),
    [
        ("PUT", {"Name": "GST on Income"}, "Please enter a unique Name."),
        ("PUT", {"Name": ""}, "Please enter a Name."),
        ("PUT", {"ReportTaxType": ""}, "The ReportTaxType field is mandatory"),
        ("PUT", {"TaxComponents": []}, "A tax rate must have at least one tax component"),
        ("PUT", {"TaxComponents": [{"Rate": -1}]}, "The Rate of a tax component must be between 0 and 100"),
        ("POST", {"TaxType": "OUTPUT"}, "System tax rates cannot be changed"),
        ("POST", {"TaxType": "TAX999"}, "The TaxType code TAX999 does not exist"),
    ],
)
def test_tax_rate_that_makes_no_sense_is_refused(xero: Any, method: str, more: Any, message: str) -> None:
    assert refused(xero, method, "TaxRates", rate(**more)) == [message]


def test_currency_is_added_once_and_documents_may_use_it(xero: Any, errors: Any) -> None:
    yen = xero.invoice(CurrencyCode="JPY")
    assert errors(xero.put("Invoices", yen)) == ["Organisation is not subscribed to currency JPY"]
    assert written(xero, "PUT", "Currencies", {"Code": "JPY"})["Code"] == "JPY"
    assert xero.put("Invoices", yen)["CurrencyCode"] == "JPY"
    assert refused(xero, "PUT", "Currencies", {"Code": "JPY"}) == ["Organisation is already subscribed to currency JPY"]
    assert refused(xero, "PUT", "Currencies", {"Code": "yen"}) == ["The currency code 'yen' is not valid"]


@pytest.mark.parametrize("plural", ["TaxRates", "Currencies", "TrackingCategories", "Accounts", "ContactGroups"])
def test_settings_are_written_one_per_request(xero: Any, plural: str) -> None:
    answer = xero.call("PUT", plural, {plural: [{"Name": "A"}, {"Name": "B"}]})
    assert (answer.status_code, answer.json()["Detail"]) == (400, f"Only one of {plural} can be written per request.")


@pytest.mark.parametrize(
    ("method", "path"), [("POST", "Currencies"), ("POST", "TaxRates/TAX001"), ("DELETE", "TaxRates/TAX001")]
)
def test_ways_that_do_not_exist_are_not_found(xero: Any, method: str, path: str) -> None:
    assert xero.call(method, path, {"Name": "x", "Code": "CHF"}).status_code == 404


def test_tracking_category_and_options_are_made_used_and_renamed(xero: Any, line: Line) -> None:
    category = written(xero, "PUT", "TrackingCategories", {"Name": "Team"})
    path = f"TrackingCategories/{category['TrackingCategoryID']}"
    option = written(xero, "PUT", f"{path}/Options", {"Options": [{"Name": "Blue"}]})
    [used] = xero.saved(LineItems=[line(Tracking=[{"Name": "Team", "Option": "Blue"}])])["LineItems"]
    assert used["Tracking"][0]["TrackingOptionID"] == option["TrackingOptionID"]
    of_option = f"{path}/Options/{option['TrackingOptionID']}"
    assert written(xero, "POST", of_option, {"Name": "Red"})["Name"] == "Red"
    assert written(xero, "POST", path, {"Name": "Crew"})["Options"][0]["Name"] == "Red"
    for used_path in (path, of_option):
        assert refused(xero, "DELETE", used_path) == [
            "It cannot be deleted because it is used by transactions; archive it instead"
        ]
    assert written(xero, "POST", of_option, {"Status": "ARCHIVED"})["IsArchived"] is True


def test_unused_categories_and_options_are_deleted(xero: Any) -> None:
    category = written(xero, "PUT", "TrackingCategories", {"Name": "Team", "Options": [{"Name": "Blue"}]})
    path = f"TrackingCategories/{category['TrackingCategoryID']}"
    of_option = f"{path}/Options/{category['Options'][0]['TrackingOptionID']}"
    assert xero.call("DELETE", of_option).json()["Options"][0]["IsDeleted"] is True
    assert xero.call("DELETE", of_option).status_code == 404
    assert xero.call("DELETE", path).json()["TrackingCategories"][0]["Status"] == "DELETED"
    assert xero.call("GET", path).status_code == 404


def test_two_active_categories_and_four_in_all(xero: Any) -> None:
    most = "An organisation has at most 2 active tracking categories, 4 in total"
    written(xero, "PUT", "TrackingCategories", {"Name": "Two"})
    assert refused(xero, "PUT", "TrackingCategories", {"Name": "Three"}) == [most]
    for name in ("Three", "Four"):
        written(xero, "PUT", "TrackingCategories", {"Name": name, "Status": "ARCHIVED"})
    assert refused(xero, "PUT", "TrackingCategories", {"Name": "Five", "Status": "ARCHIVED"}) == [most]
    assert refused(xero, "PUT", "TrackingCategories", {"Name": "REGION", "Status": "ARCHIVED"})[0] == (
        "Please enter a unique Name."
    )
    assert len(xero.get("TrackingCategories")) == 2
    assert len(xero.get("TrackingCategories", includeArchived="true")) == 4


def test_group_is_made_renamed_filled_and_deleted(xero: Any) -> None:
    acme, other = xero.contact(), xero.contact("Other Ltd")
    group = written(xero, "PUT", "ContactGroups", {"Name": "Pushed"})
    path = f"ContactGroups/{group['ContactGroupID']}"
    answer = xero.call("PUT", f"{path}/Contacts", {"Contacts": [{"ContactID": acme}, {"ContactID": other}]})
    assert [each["Name"] for each in answer.json()["Contacts"]] == ["Acme Pumps", "Other Ltd"]
    assert written(xero, "POST", path, {"Name": "Sent"})["Contacts"][0] == {"ContactID": acme, "Name": "Acme Pumps"}
    assert [each["Name"] for each in xero.get(f"Contacts/{acme}")[0]["ContactGroups"]] == ["Sent"]
    assert xero.call("DELETE", f"{path}/Contacts/{other}").status_code == 204
    assert [each["Name"] for each in xero.get(path)[0]["Contacts"]] == ["Acme Pumps"]
    assert xero.get("ContactGroups")[0]["Contacts"] == []
    assert written(xero, "POST", path, {"Status": "DELETED"})["Status"] == "DELETED"
    assert (xero.get("ContactGroups"), xero.get(f"Contacts/{acme}")[0]["ContactGroups"]) == ([], [])


def test_group_takes_only_contacts_that_exist_and_a_name_of_its_own(xero: Any) -> None:
    group = written(xero, "PUT", "ContactGroups", {"Name": "Pushed"})
    path = f"ContactGroups/{group['ContactGroupID']}/Contacts"
    unknown = {"ContactID": "11111111-1111-4111-8111-111111111111"}
    assert refused(xero, "PUT", path, {"Contacts": [{"ContactID": xero.contact()}, unknown]}) == [
        "The document with the supplied id was not found for this endpoint."
    ]
    assert xero.get(f"ContactGroups/{group['ContactGroupID']}")[0]["Contacts"] == []
    assert xero.call("DELETE", f"{path}/{unknown['ContactID']}").status_code == 404
    assert refused(xero, "PUT", "ContactGroups", {"Name": "pushed"}) == ["Please enter a unique Name."]


def test_groups_stay_over_a_restart(xero: Any, make: Any) -> None:
    identity = xero.contact()
    group = written(xero, "PUT", "ContactGroups", {"Name": "Pushed"})
    path = f"ContactGroups/{group['ContactGroupID']}"
    xero.call("PUT", f"{path}/Contacts", {"Contacts": [{"ContactID": identity}]})
    again = make(state=xero.http.get("/_sandbox/state").json(parse_float=Decimal))
    assert again.get(path) == xero.get(path)
    assert again.get(f"Contacts/{identity}")[0]["ContactGroups"][0]["Name"] == "Pushed"
