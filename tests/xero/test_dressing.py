"""What a flow's settings add to a document: theme and tracking for what is new, never for what the books own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from pydantic import ValidationError
from tieout.api.contract import Terms
from tieout.api.model import Reference, Tracking
from tieout_xero.settings import Arrival

from .conftest import guid
from .made import ORDERS, answer, body, causes, document, line

REGION = Tracking(id="t-1", name="Region", options=("North", "South"))
TEAM = Tracking(id="t-2", name="Team", options=("Blue",))
OLD = Tracking(id="t-3", name="Old", active=False, options=("x",))
NORTH = {"Name": "Region", "Option": "North"}


@pytest.fixture
def dressed(terms: Callable[..., Terms], reference: dict[str, Any]) -> Callable[..., Terms]:
    known = reference | {"tracking": (REGION, TEAM, OLD), "branding": (Reference(id="b-1", name="Plain"),)}

    def make(constants: dict[str, Any] | None = None, **keys: Any) -> Terms:
        return terms(constants or {"Type": "ACCREC"}, reference=known, settings=Arrival.model_validate(keys))

    return make


def now(*tracking: list[dict[str, str]]) -> dict[str, Any]:
    shown: dict[str, Any] = {"InvoiceID": guid(1), "Type": "ACCREC", "Status": "AUTHORISED", "InvoiceNumber": "6"}
    lines = [{"LineItemID": f"l-{at}", "AccountCode": "200", "Tracking": one} for at, one in enumerate(tracking)]
    return shown | {"Date": "2026-11-03", "LineItems": lines}


@pytest.mark.parametrize("chosen", ["Plain", "b-1"])
def test_a_new_document_gets_its_theme(dressed: Callable[..., Terms], chosen: str) -> None:
    given = dressed(**{"branding-theme": chosen})
    assert body(given, document())["BrandingThemeID"] == "b-1"
    assert body(dressed({"x": 1}, **{"branding-theme": chosen}), document(), None, ORDERS)["BrandingThemeID"] == "b-1"
    assert "BrandingThemeID" not in body(given, document(), now([]))


def test_every_line_of_a_new_document_is_tracked(dressed: Callable[..., Terms]) -> None:
    given = dressed(tracking={"region": "north", "Team": "Blue"})
    lines = body(given, document("220", line(), line()))["LineItems"]
    assert [one["Tracking"] for one in lines] == [[NORTH, {"Name": "Team", "Option": "Blue"}]] * 2


def test_nothing_is_added_unless_it_is_chosen(dressed: Callable[..., Terms]) -> None:
    sent = body(dressed(), document())
    assert "BrandingThemeID" not in sent
    assert "Tracking" not in sent["LineItems"][0]


def test_the_tracking_that_the_books_gave_a_line_is_kept(dressed: Callable[..., Terms]) -> None:
    given = dressed(tracking={"Region": "North"})
    south = [{"Name": "Region", "Option": "South"}]
    first, second = body(given, document("220", line(), line()), now(south, []))["LineItems"]
    assert first["Tracking"] == south
    assert "Tracking" not in second


def test_what_xero_does_not_have_is_told_at_once(dressed: Callable[..., Terms]) -> None:
    given = dressed(**{"branding-theme": "Fancy"}, tracking={"Region": "West", "Old": "x"})
    assert causes(given, document()) == ["tracking-unknown", "tracking-unknown", "branding-unknown"]
    found = answer(given, document())
    assert [problem.about for problem in found.problems] == ["Region: West", "Old: x", "Fancy"]


def test_a_line_is_tracked_in_two_categories_at_most() -> None:
    with pytest.raises(ValidationError):
        Arrival.model_validate({"tracking": {"a": "1", "b": "2", "c": "3"}})


@pytest.mark.parametrize("url", ["https://xero.app.example/7", "/invoices/7"])
def test_a_link_that_is_left_out_is_told_and_the_document_goes(sales: Terms, orders: Terms, url: str) -> None:
    (step,) = answer(sales, document(url=url))
    assert [(note.cause, note.about) for note in step.notes] == [("link-left-out", url)]
    assert all(note.what and note.why and note.fix for note in step.notes)
    (step,) = answer(sales, document(url="https://app.example/7"))
    assert step.notes == ()
    (step,) = answer(orders, document(url="https://app.example/7"), None, ORDERS)
    assert step.notes == ()
