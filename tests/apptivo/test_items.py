"""Items, and what taxes are called."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tieout_apptivo.records.items import tax_of

Lift = Callable[..., Any]


def item(**changed: Any) -> dict[str, Any]:
    return {
        "id": "4000011",
        "itemId": 4000011,
        "itemName": "Steel bolt M8",
        "itemCode": "BOLT-M8",
        "description": "<p>Box of 100</p>",
        "suggestedPrice": "12.00",
        "itemPrice": "11.50",
        "enabledForSales": "Y",
    } | changed


def test_an_item_has_code_name_text_and_price(lift: Lift) -> None:
    found = lift("items", item(itemCost="7.1234", isInventoryItem="Y"))
    assert (found.code, found.name, found.description) == ("BOLT-M8", "Steel bolt M8", "Box of 100")
    assert (found.price, found.cost) == (Decimal("11.50"), Decimal("7.1234"))
    assert (found.stock, found.sold, found.purchased, found.standing) == (True, True, True, "live")


def test_an_empty_selling_price_is_none_and_the_list_price_counts(lift: Lift) -> None:
    assert lift("items", item(itemPrice="")).price == Decimal("12.00")
    assert lift("items", item(itemPrice="", suggestedPrice="null")).price is None
    assert lift("items", item(itemPrice=0)).price == 0


def test_an_item_without_a_code_is_left_to_the_entity(lift: Lift) -> None:
    assert lift("items", item(itemCode="")).code == ""


def test_an_item_that_is_not_sold_says_so(lift: Lift) -> None:
    assert lift("items", item(enabledForSales="N")).sold is False


def test_an_inactive_item_is_archived(lift: Lift) -> None:
    assert lift("items", item(isActive="N")).standing == "archived"


def test_all_that_is_wrong_is_told_at_once(refused: Callable[..., dict[str, Any]]) -> None:
    assert set(refused("items", item(itemPrice="12,5", isInventoryItem="perhaps"))) == {
        "number-unreadable",
        "flag-unreadable",
    }


@pytest.mark.parametrize(
    ("name", "rate", "label"),
    [
        ("GST", "10", "GST 10%"),
        ("GST", "10.00", "GST 10%"),
        ("GST", Decimal("8.250"), "GST 8.25%"),
        ("GST 10%", "10", "GST 10%"),
        ("GST (10.0 %)", 10, "GST (10.0 %)"),
        ("GST 110%", "10", "GST 110% 10%"),
        ("GST free", "0", "GST free 0%"),
        ("VAT", "100", "VAT 100%"),
        ("GST", "", "GST"),
        ("", "10", "10%"),
        ("", "0", None),
        ("", "", None),
    ],
)
def test_the_label_of_a_tax_is_its_name_and_rate(lift: Lift, name: str, rate: Any, label: str | None) -> None:
    assert lift("items", item(taxName=name, taxRate=rate)).tax == label


def test_the_parts_of_a_tax_are_joined(lift: Lift) -> None:
    parts = [{"taxName": "GST", "taxRate": "5"}, {"taxName": "PST", "taxRate": Decimal("7.5")}]
    assert lift("items", item(taxes=parts, taxName="Combined", taxRate="12.5")).tax == "GST 5% + PST 7.5%"


@given(st.decimals(min_value=0, max_value=100, places=4))
def test_a_name_that_tells_the_rate_tells_it_once(rate: Decimal) -> None:
    once = tax_of("GST", rate)
    assert once is not None
    assert tax_of(once.label, rate) == once
