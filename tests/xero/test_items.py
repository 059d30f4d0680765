"""Items: always untracked, their codes and prices as Xero holds them."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest
from tieout.api.contract import Terms
from tieout.api.errors import Rejected
from tieout.api.model import Item
from tieout_xero.items import lift, lower
from tieout_xero.settings import Pair

from . import made
from .conftest import guid

PUMP = Item(code="PUMP-1", name="Pump", description="A pump", price=Decimal("120.5"), cost=Decimal("80.1234"))


def test_an_item_comes_back_as_it_was_sent(sales: Terms) -> None:
    assert lift(lower(PUMP, sales, None), sales) == PUMP


def test_both_sides_carry_their_chosen_account(sales: Terms) -> None:
    body = lower(PUMP, sales, None)
    assert body["SalesDetails"] == {"UnitPrice": Decimal("120.5"), "AccountCode": "200"}
    assert body["PurchaseDetails"] == {"UnitPrice": Decimal("80.1234"), "AccountCode": "300"}
    assert not {"InventoryAssetAccountCode", "IsTrackedAsInventory"} & body.keys()


def test_lengths_and_prices_are_cut_to_what_xero_holds(sales: Terms) -> None:
    body = lower(Item(code="C" * 40, name="N" * 60, description="D" * 5000, price=Decimal("1.00005")), sales, None)
    assert (len(body["Code"]), len(body["Name"]), len(body["Description"])) == (30, 50, 4000)
    assert body["SalesDetails"]["UnitPrice"] == Decimal("1.0001")


def test_an_item_that_is_only_bought_has_no_sales_side(sales: Terms) -> None:
    body = lower(PUMP.model_copy(update={"sold": False}), sales, None)
    assert body["IsSold"] is False
    assert not {"SalesDetails", "Description"} & body.keys()
    assert body["PurchaseDescription"] == "A pump"


def test_the_purchase_side_of_a_tracked_item_is_left_alone(sales: Terms) -> None:
    body = lower(PUMP, sales, {"ItemID": "1", "IsTrackedAsInventory": True})
    assert "PurchaseDetails" not in body
    assert body["IsPurchased"] is True


def test_no_account_is_needed_but_a_chosen_one_must_stand(terms: Callable[..., Terms]) -> None:
    assert lower(PUMP, terms(pair=Pair()), None)["SalesDetails"] == {"UnitPrice": Decimal("120.5")}
    with pytest.raises(Rejected) as caught:
        lower(PUMP, terms(pair=Pair.model_validate({"accounts": {"sales": "299", "purchase": "nope"}})), None)
    assert [problem.cause for problem in caught.value.problems] == ["account-archived", "account-unknown"]


def test_an_item_without_a_code_is_held(sales: Terms) -> None:
    with pytest.raises(Rejected, match="no code"):
        lower(Item(code=" "), sales, None)


def test_a_price_of_zero_is_a_price(sales: Terms) -> None:
    assert lower(Item(code="FREE", price=Decimal(0)), sales, None)["SalesDetails"]["UnitPrice"] == 0


def test_an_item_never_becomes_tracked_stock(sales: Terms) -> None:
    item = Item(code="A", name="Pump", price=Decimal(2), cost=Decimal(1), stock=True)
    sent = made.body(sales, item, resource=made.ITEMS)
    tracking = {"InventoryAssetAccountCode", "IsTrackedAsInventory", "QuantityOnHand"}
    assert not tracking & sent.keys()
    assert set(sent["PurchaseDetails"]) == {"UnitPrice", "AccountCode"}
    tracked = {"ItemID": guid(1), "Code": "A", "IsTrackedAsInventory": True}
    assert not {"PurchaseDetails", *tracking} & made.body(sales, item, tracked, made.ITEMS).keys()


def test_codes_that_become_one_when_cut_are_seen_as_one(sales: Terms) -> None:
    both = [made.body(sales, Item(code="X" * 30 + end), resource=made.ITEMS) for end in ("-left", "-right")]
    assert [getattr(made.ITEMS.lift(sent, sales), "code", None) for sent in both] == ["X" * 30, "X" * 30]
    assert "code" in made.ITEMS.unique
