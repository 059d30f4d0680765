"""Discount and shipping on sales: accounts of their own where they are chosen, and the sales account where not."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from tieout.api.contract import Resource, Terms
from tieout.api.model import Account, Document, Line
from tieout_xero.settings import Pair

from . import made
from .made import INVOICES, ORDERS, line

ACCOUNTS = (
    Account(id="a-205", code="205", name="Discounts", type="REVENUE", category="REVENUE", roles=frozenset({"sales"})),
    Account(id="a-220", name="Freight Recovered", type="REVENUE", category="REVENUE", roles=frozenset({"sales"})),
    Account(id="a-900", code="900", name="Odd", type="OTHER", category="LIABILITY", roles=frozenset({"sales"})),
)
FREIGHT = {"id": "a-220"}
DISCOUNT = line("-10", description="Discount", role="discount")
SHIPPING = line("20", description="Shipping", role="shipping", tax=None, tax_rate=None)
GIVEN = made.document("119", line(), DISCOUNT, SHIPPING)

Choose = Callable[..., Terms]


@pytest.fixture
def chosen(terms: Callable[..., Terms], pair: Pair, reference: dict[str, Any]) -> Choose:
    """Terms with these accounts chosen besides the four; `constants` tell the kind of document."""
    rows = reference | {"accounts": (*reference["accounts"], *ACCOUNTS)}

    def make(constants: dict[str, str] | None = None, **accounts: Any) -> Terms:
        own = pair.model_dump(by_alias=True, exclude_none=True)
        own["accounts"] |= accounts
        constants = {"Type": "ACCREC"} if constants is None else constants
        return terms(constants, pair=Pair.model_validate(own), reference=rows)

    return make


def lines(terms: Terms, record: Document, now: dict[str, Any] | None = None, resource: Resource = INVOICES) -> Any:
    return made.body(terms, record, now, resource)["LineItems"]


def posted(terms: Terms, record: Document, now: dict[str, Any] | None = None, resource: Resource = INVOICES) -> Any:
    return [each.get("AccountCode") or each.get("AccountID") for each in lines(terms, record, now, resource)]


@pytest.mark.parametrize(
    ("accounts", "on"),
    [
        ({}, ["200", "200", "200"]),
        ({"discount": "205"}, ["200", "205", "200"]),
        ({"shipping": FREIGHT}, ["200", "200", "a-220"]),
        ({"discount": "205", "shipping": FREIGHT}, ["200", "205", "a-220"]),
        ({"discount": "205", "shipping": "205", "sales": "210"}, ["210", "205", "205"]),
    ],
)
def test_a_sales_invoice_posts_each_figure_to_its_account(chosen: Choose, accounts: Any, on: list[str]) -> None:
    assert posted(chosen(**accounts), GIVEN) == on


@pytest.mark.parametrize(("constants", "resource"), [({"Type": "ACCPAY"}, INVOICES), ({}, ORDERS)])
def test_on_purchases_they_are_part_of_the_cost(chosen: Choose, constants: Any, resource: Resource) -> None:
    terms = chosen(constants, discount="205", shipping=FREIGHT)
    assert posted(terms, GIVEN, resource=resource) == ["300", "300", "300"]


def test_what_they_come_to_is_the_same_wherever_they_go(chosen: Choose) -> None:
    without, having = chosen(), chosen(discount="205", shipping=FREIGHT)
    before, after = lines(without, GIVEN), lines(having, GIVEN)
    fields = ("Description", "Quantity", "UnitAmount", "TaxType")
    assert [[each[name] for name in fields] for each in after] == [[each[name] for name in fields] for each in before]
    for terms in (without, having):
        back = INVOICES.lift({"Type": "ACCREC", **made.body(terms, GIVEN)}, terms)
        assert isinstance(back, Document)
        assert (back.total, back.tax) == (Decimal(119), Decimal(9))


def test_an_account_that_the_line_names_goes_before(chosen: Choose) -> None:
    named = SHIPPING.model_copy(update={"account": "210"})
    assert posted(chosen(shipping=FREIGHT), made.document("130", line(), named)) == ["200", "210"]


@pytest.mark.parametrize("figure", ["sales", "discount", "shipping"])
@pytest.mark.parametrize(
    ("code", "cause"),
    [
        ("299", "account-archived"),
        ("300", "account-not-legal"),
        ("nope", "account-unknown"),
        ("900", "tax-not-for-account"),
    ],
)
def test_one_that_cannot_be_used_holds_the_document_as_the_sales_account_does(
    chosen: Choose, figure: str, code: str, cause: str
) -> None:
    assert set(made.causes(chosen(**{figure: code}), GIVEN)) == {cause}


def test_one_that_a_document_does_not_need_does_not_stop_it(chosen: Choose) -> None:
    assert posted(chosen(discount="299", shipping="nope"), made.document()) == ["200"]


def test_without_any_the_sales_account_is_what_is_missing(terms: Callable[..., Terms], pair: Pair) -> None:
    none = terms({"Type": "ACCREC"}, pair=Pair(taxes=pair.taxes))
    (problem,) = made.answer(none, made.document("20", SHIPPING)).problems
    assert (problem.cause, problem.about) == ("account-not-chosen", "sales")


def there(*rows: tuple[str, str], **changes: Any) -> dict[str, Any]:
    """An invoice in Xero with lines of these descriptions on these accounts."""
    found = [
        {"LineItemID": str(place), "Description": told, "AccountCode": code, "AccountID": f"a-{code}"}
        for place, (told, code) in enumerate(rows)
    ]
    return {"Type": "ACCREC", "Status": "DRAFT", "Date": "2026-11-03", "LineItems": found, **changes}


SENT = (("Pump", "200"), ("Discount", "200"), ("Shipping", "200"))


class TestWhatWasSentBefore:
    @pytest.mark.parametrize(
        "later", [{}, {"sales": "210"}, {"discount": "205", "shipping": "210"}, {"shipping": FREIGHT}]
    )
    def test_it_stays_where_it_is_when_another_account_is_chosen_later(self, chosen: Choose, later: Any) -> None:
        assert posted(chosen(**later), GIVEN, there(*SENT)) == ["200", "200", "200"]

    def test_also_with_another_amount(self, chosen: Choose) -> None:
        more = SHIPPING.model_copy(update={"price": Decimal(25)})
        record = made.document("124", line(), DISCOUNT, more)
        assert posted(chosen(discount="205", shipping=FREIGHT), record, there(*SENT)) == ["200", "200", "200"]

    @pytest.mark.parametrize("later", [{"sales": "210"}, {"discount": "205", "shipping": FREIGHT}])
    def test_what_is_paid_is_not_sent_again(self, chosen: Choose, later: Any) -> None:
        sent = made.body(chosen(), GIVEN)
        rows = [{**each, "LineItemID": str(place)} for place, each in enumerate(sent["LineItems"])]
        paid = {"Type": "ACCREC", **sent, "Status": "PAID", "AmountPaid": Decimal(119), "LineItems": rows}
        assert made.answer(chosen(**later), GIVEN, paid) == ()

    @pytest.mark.parametrize("told", ["Shipping", "Freight to Perth"])
    def test_a_bookkeepers_account_stays(self, chosen: Choose, told: str) -> None:
        figure = SHIPPING.model_copy(update={"description": told})
        now = there(("Pump", "200"), (told, "210"))
        assert posted(chosen(shipping=FREIGHT), made.document("130", line(), figure), now) == ["200", "210"]


A, B = line(description="A"), line(description="B")


@pytest.mark.parametrize(
    ("now", "record", "on"),
    [
        # the second product was taken away, and the figure moves up to its place
        ((("A", "200"), ("B", "200"), ("Shipping", "210")), (A, SHIPPING), ["200", "a-220"]),
        ((("A", "200"), ("B", "200"), ("Discount", "205")), (A, DISCOUNT), ["200", "205"]),
        # a product came in place of a figure
        ((("A", "200"), ("Shipping", "210")), (A, B), ["200", "200"]),
        # one figure came in place of the other
        ((("A", "200"), ("Discount", "205")), (A, SHIPPING), ["200", "a-220"]),
        # a product in another's place keeps what the bookkeeper chose there
        ((("A", "210"), ("Shipping", "210")), (B, SHIPPING), ["210", "210"]),
        # more lines than before replace the whole list
        ((("A", "210"), ("Shipping", "210")), (A, B, SHIPPING), ["200", "200", "a-220"]),
    ],
)
def test_a_line_takes_no_account_from_one_of_another_kind(
    chosen: Choose, now: tuple[tuple[str, str], ...], record: tuple[Line, ...], on: list[str]
) -> None:
    total = sum((each.price * (Decimal("1.1") if each.tax else 1) for each in record), Decimal(0))
    terms = chosen(discount="205", shipping=FREIGHT)
    assert posted(terms, made.document(str(total), *record), there(*now)) == on


def test_without_accounts_of_their_own_every_line_keeps_what_its_place_has(chosen: Choose) -> None:
    now = there(("A", "200"), ("B", "210"), ("Shipping", "210"))
    assert posted(chosen(), made.document("130", A, SHIPPING), now) == ["200", "210"]
