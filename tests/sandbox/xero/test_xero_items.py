"""Items: codes, prices, what a switch takes away (docs/facts/xero.md, "Items", "Matching")."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

Errors = Callable[[Any], list[str]]


def item(code: str = "PUMP", **more: Any) -> dict[str, Any]:
    sales = {"UnitPrice": Decimal("12.34567"), "AccountCode": "200"}
    return {"Code": code, "Name": "Pump", "Description": "A pump", "SalesDetails": sales} | more


def test_put_creates_once_and_post_updates_by_code(xero: Any, errors: Errors) -> None:
    made = xero.put("Items", item())
    assert errors(xero.put("Items", item())) == ["Price List Item with Code 'PUMP' already exists"]
    again = xero.post("Items", item(Name="Big pump"))
    assert (again["ItemID"], again["Name"], again["Description"]) == (made["ItemID"], "Big pump", "A pump")


def test_price_keeps_two_decimals_or_four_with_unitdp(xero: Any) -> None:
    assert xero.put("Items", item())["SalesDetails"]["UnitPrice"] == Decimal("12.35")
    assert xero.put("Items", item("FOUR"), unitdp=4)["SalesDetails"]["UnitPrice"] == Decimal("12.3457")
    [four] = xero.get("Items/FOUR")
    assert four["SalesDetails"]["UnitPrice"] == Decimal("12.35")
    [four] = xero.get("Items/FOUR", unitdp=4)
    assert four["SalesDetails"]["UnitPrice"] == Decimal("12.3457")


def test_tax_is_that_of_the_account_when_left_out(xero: Any) -> None:
    assert xero.put("Items", item())["SalesDetails"]["TaxType"] == "OUTPUT"


def test_not_sold_takes_description_and_price_away(xero: Any) -> None:
    xero.put("Items", item())
    made = xero.post("Items", {"Code": "PUMP", "IsSold": False})
    assert (made["IsSold"], made["SalesDetails"], "Description" in made) == (False, {}, False)


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"Code": "x" * 31}, "30 characters"),
        ({"Name": "x" * 51}, "50 characters"),
        ({"Code": ""}, "Code must be supplied"),
        ({"SalesDetails": {"AccountCode": "999"}}, "Account code '999' is not a valid code"),
        (
            {"PurchaseDetails": {"COGSAccountCode": "310"}},
            "Cost Of Goods Sold Account must be used with an Inventory Asset Account",
        ),
    ],
)
def test_values_that_do_not_fit_are_refused(xero: Any, errors: Errors, more: Any, message: str) -> None:
    assert message in errors(xero.put("Items", item(**more)))[0]


def test_inventory_and_cost_account_together_make_a_tracked_item(xero: Any) -> None:
    tracked = {"InventoryAssetAccountCode": "630", "PurchaseDetails": {"COGSAccountCode": "310"}}
    made = xero.put("Items", item(**tracked, IsTrackedAsInventory=False))
    assert made["IsTrackedAsInventory"] is True


def test_code_with_a_slash_is_read_percent_encoded_or_filtered(xero: Any) -> None:
    made = xero.put("Items", item("A/B 1"))
    assert xero.get("Items/A%2FB%201")[0]["ItemID"] == made["ItemID"]
    assert [each["ItemID"] for each in xero.get("Items", where='Code=="A/B 1"')] == [made["ItemID"]]


def test_deleted_item_leaves_no_trace_and_lists_are_never_paged(xero: Any) -> None:
    made = xero.put("Items", item())
    body, items = xero.read("Items", page=1)
    assert ("pagination" in body, len(items)) == (False, 1)
    assert xero.call("DELETE", f"Items/{made['ItemID']}").status_code == 204
    assert xero.get("Items") == []
    assert xero.call("GET", "Items/PUMP").status_code == 404


def test_a_request_writes_at_most_five_hundred(xero: Any) -> None:
    items = [{"Code": f"I-{number}"} for number in range(501)]
    assert xero.call("PUT", "Items", {"Items": items}).status_code == 400
    assert xero.call("PUT", "Items", {"Items": items[1:]}).status_code == 200
