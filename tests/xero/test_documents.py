"""Documents: lowering with all problems at once, and lifting what Xero holds."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from tieout.api.contract import Terms
from tieout.api.errors import Rejected
from tieout.api.model import Account, Address, Document, Item, Line, Lock, Party, Payment, Permission, Ref, TaxRate
from tieout_xero.documents import INVOICE, ORDER
from tieout_xero.settings import Arrival, Pair

from . import made

PARTY: Ref[str] = Ref(entity="customers", side="target", id="contact-1")
ITEM: Ref[str] = Ref(entity="items", side="target", id="item-1", key="PUMP-1")


def line(**changes: Any) -> Line:
    given = {"description": "Pump", "quantity": Decimal(2), "price": Decimal("120.5"), "tax": "GST 10%"}
    return Line.model_validate({**given, "tax_rate": Decimal(10), **changes})


def document(*lines: Line, **changes: Any) -> Document:
    given: dict[str, Any] = {"number": "INV-7", "party": PARTY, "date": date(2026, 11, 3), "due": date(2026, 12, 3)}
    return Document(**{**given, "lines": lines or (line(),), "total": Decimal("265.10"), **changes})


def causes(lower: Callable[..., Any], *given: Any) -> list[tuple[str, str]]:
    with pytest.raises(Rejected) as caught:
        lower(*given)
    return [(problem.cause, problem.about) for problem in caught.value.problems]


def test_a_sales_invoice_as_xero_takes_it(sales: Terms) -> None:
    body = INVOICE.lower(
        document(
            line(item=ITEM, discount_rate=Decimal("5.0")),
            reference="PO  991",
            currency="USD",
            rate=Decimal("0.6512345"),
            url="https://app.example/invoices/7",
        ),
        sales,
        None,
    )
    assert body == {
        "Contact": {"ContactID": "contact-1"},
        "InvoiceNumber": "INV-7",
        "Reference": "PO 991",
        "Date": "2026-11-03",
        "DueDate": "2026-12-03",
        "LineAmountTypes": "Exclusive",
        "CurrencyCode": "USD",
        "CurrencyRate": Decimal("0.651235"),
        "Status": "DRAFT",
        "Url": "https://app.example/invoices/7",
        "LineItems": [
            {
                "Description": "Pump",
                "Quantity": Decimal(2),
                "UnitAmount": Decimal("120.5"),
                "DiscountRate": Decimal(5),
                "ItemCode": "PUMP-1",
                "AccountCode": "200",
                "TaxType": "OUTPUT",
            }
        ],
    }


def test_a_bill_has_no_reference_and_goes_to_the_purchase_account(bills: Terms) -> None:
    body = INVOICE.lower(document(line(), line(stock=True), reference="ours"), bills, None)
    assert "Reference" not in body
    assert [each["AccountCode"] for each in body["LineItems"]] == ["300", "630"]
    assert {each["TaxType"] for each in body["LineItems"]} == {"INPUT"}


def test_an_order_has_a_delivery_date_and_no_link(orders: Terms) -> None:
    body = ORDER.lower(document(delivery=date(2026, 11, 9), url="https://app.example/1", reference="R"), orders, None)
    assert (body["PurchaseOrderNumber"], body["DeliveryDate"], body["Reference"]) == ("INV-7", "2026-11-09", "R")
    assert not {"Url", "DueDate", "InvoiceNumber"} & body.keys()


def test_stock_on_a_sale_goes_to_the_sales_account(sales: Terms) -> None:
    assert INVOICE.lower(document(line(stock=True)), sales, None)["LineItems"][0]["AccountCode"] == "200"


@pytest.mark.parametrize(
    "url", ["ftp://app.example/1", "/invoices/7", "https://xero.app.example/7", "https://a.example/XERO"]
)
def test_a_link_that_xero_refuses_is_left_out(sales: Terms, url: str) -> None:
    assert "Url" not in INVOICE.lower(document(url=url), sales, None)


def test_references_reach_the_body_letter_by_letter(sales: Terms) -> None:
    marker = "\u27e8customers/ 7\u27e9 "
    party: Ref[str] = Ref(entity="customers", side="target", id=marker)
    item: Ref[str] = Ref(entity="items", side="target", id=marker, key=marker)
    body = INVOICE.lower(document(line(item=item), party=party), sales, None)
    assert body["Contact"] == {"ContactID": marker}
    assert body["LineItems"][0]["ItemCode"] == marker


def test_every_problem_is_told_at_once_and_once(terms: Callable[..., Terms], reference: dict[str, Any]) -> None:
    bad = document(
        line(tax="VAT 20%", tax_rate=Decimal(20)),
        line(tax="VAT 20%", tax_rate=Decimal(20)),
        line(tax_rate=Decimal("12.5")),
        line(account="299"),
        line(account="nope"),
        line(account="300"),
        party=None,
        date=date(2026, 6, 30),
        currency="JPY",
        number="INV-\u00fc",
        due=None,
    )
    found = causes(INVOICE.lower, bad, terms({"Type": "ACCREC"}, settings=Arrival(status="authorised")), None)
    assert found == [
        ("tax-unmapped", "VAT 20%"),
        ("tax-rate-differs", "GST 10%"),
        ("account-archived", "299"),
        ("account-unknown", "nope"),
        ("account-not-legal", "300"),
        ("period-locked", "2026-06-30"),
        ("currency-not-enabled", "JPY"),
        ("due-date-missing", ""),
        ("number-unfit", ""),
    ]


def test_an_account_that_nobody_chose_is_a_problem_when_it_is_needed(terms: Callable[..., Terms], pair: Pair) -> None:
    without = Pair(taxes=pair.taxes)
    assert causes(INVOICE.lower, document(), terms({"Type": "ACCREC"}, pair=without), None) == [
        ("account-not-chosen", "sales")
    ]
    assert INVOICE.lower(document(line(account="210")), terms({"Type": "ACCREC"}, pair=without), None)


def test_a_tax_must_be_legal_for_the_account(terms: Callable[..., Terms], pair: Pair) -> None:
    crossed = pair.model_copy(update={"taxes": pair.taxes.model_copy(update={"sales": {"GST 10%": "INPUT"}})})
    assert causes(INVOICE.lower, document(), terms({"Type": "ACCREC"}, pair=crossed), None) == [
        ("tax-not-for-account", "INPUT 200")
    ]


def test_a_retired_tax_is_a_problem(terms: Callable[..., Terms], reference: dict[str, Any]) -> None:
    retired = TaxRate(id="OUTPUT", name="Old", rate=Decimal(10), active=False)
    assert causes(
        INVOICE.lower, document(), terms({"Type": "ACCREC"}, reference=reference | {"taxes": (retired,)}), None
    ) == [("tax-unknown", "GST 10%")]


def test_no_tax_is_never_guessed(terms: Callable[..., Terms], sales: Terms, pair: Pair) -> None:
    untaxed = document(line(tax=None, tax_rate=None))
    assert INVOICE.lower(untaxed, sales, None)["LineItems"][0]["TaxType"] == "EXEMPTOUTPUT"
    unset = pair.model_copy(update={"taxes": pair.taxes.model_copy(update={"sales": {}})})
    assert causes(INVOICE.lower, untaxed, terms({"Type": "ACCREC"}, pair=unset), None) == [("tax-unmapped", "none")]


def test_a_document_without_tax_needs_no_rate_to_agree(sales: Terms) -> None:
    body = INVOICE.lower(document(tax_mode="none"), sales, None)
    assert (body["LineAmountTypes"], body["LineItems"][0]["TaxType"]) == ("NoTax", "EXEMPTOUTPUT")


def test_an_order_is_never_locked_and_a_plan_may_refuse(terms: Callable[..., Terms], orders: Terms) -> None:
    assert ORDER.lower(document(date=date(2020, 1, 1)), orders, None)["Date"] == "2020-01-01"
    approved = terms({"Type": "ACCPAY"}, settings=Arrival(status="authorised"))
    assert causes(INVOICE.lower, document(), approved, None) == [("plan-does-not-allow", "CreateApprovedBill")]


def test_one_plan_refuses_even_drafts(terms: Callable[..., Terms], reference: dict[str, Any]) -> None:
    refused = (Permission(id="CreateDraftInvoice", name="x", allowed=False),)
    given = terms({"Type": "ACCREC"}, reference=reference | {"permissions": refused})
    assert causes(INVOICE.lower, document(), given, None) == [("plan-does-not-allow", "CreateDraftInvoice")]
    assert INVOICE.lower(document(), given, {"Status": "DRAFT", "Date": "2026-11-03"})


def test_an_account_is_found_by_its_id_after_it_was_recoded(
    terms: Callable[..., Terms], reference: dict[str, Any], pair: Pair
) -> None:
    chosen = Pair.model_validate(
        {"accounts": {"sales": {"code": "200", "id": "a-200"}}, "taxes": pair.taxes.model_dump()}
    )
    moved = Account(id="a-200", code="201", name="Sales", category="REVENUE", roles=frozenset({"sales"}))
    taken = Account(id="a-new", code="200", name="New", category="REVENUE", roles=frozenset({"sales"}))
    given = terms({"Type": "ACCREC"}, pair=chosen, reference=reference | {"accounts": (moved, taken)})
    assert INVOICE.lower(document(), given, None)["LineItems"][0]["AccountCode"] == "201"


def test_an_account_without_a_code_is_named_by_its_id(terms: Callable[..., Terms], reference: dict[str, Any]) -> None:
    bare = Account(id="a-9", name="Bare", category="REVENUE", roles=frozenset({"sales"}))
    given = terms({"Type": "ACCREC"}, reference=reference | {"accounts": (bare,)})
    (sent,) = INVOICE.lower(document(line(account="a-9")), given, None)["LineItems"]
    assert sent["AccountID"] == "a-9"
    assert "AccountCode" not in sent


class TestUpdates:
    now = {  # noqa: RUF012
        "Type": "ACCREC",
        "Status": "AUTHORISED",
        "Date": "2026-11-01",
        "LineItems": [{"LineItemID": "l-1", "AccountCode": "210", "ItemCode": "PUMP-1"}],
    }

    def test_the_status_and_a_bookkeepers_account_stay(self, sales: Terms) -> None:
        body = INVOICE.lower(document(line(item=ITEM)), sales, self.now)
        assert "Status" not in body
        assert body["LineItems"][0]["AccountCode"] == "210"

    def test_the_sources_own_account_goes_before(self, sales: Terms) -> None:
        assert (
            INVOICE.lower(document(line(item=ITEM, account="200")), sales, self.now)["LineItems"][0]["AccountCode"]
            == "200"
        )

    def test_another_item_or_more_lines_take_the_chosen_account(self, sales: Terms) -> None:
        assert INVOICE.lower(document(line()), sales, self.now)["LineItems"][0]["AccountCode"] == "200"
        more = INVOICE.lower(document(line(item=ITEM), line()), sales, self.now)
        assert [each["AccountCode"] for each in more["LineItems"]] == ["200", "200"]

    @pytest.mark.parametrize(
        ("changes", "cause"),
        [
            ({"Status": "BILLED"}, "settled-in-target"),
            ({"Status": "VOIDED"}, "void-in-target"),
            ({"Status": "DELETED", "AmountPaid": Decimal("0.01")}, "void-in-target"),
            ({"LineItems": [{"TaxBreakdown": [{"TaxComponentId": "1"}]}]}, "automatic-sales-tax"),
        ],
    )
    def test_what_is_final_in_xero_is_held(self, sales: Terms, changes: dict[str, Any], cause: str) -> None:
        assert causes(INVOICE.lower, document(), sales, {**self.now, **changes}) == [(cause, "")]

    def test_a_document_in_a_locked_period_is_not_moved_out_of_it(self, sales: Terms) -> None:
        assert causes(INVOICE.lower, document(), sales, {**self.now, "Date": "2026-06-01"}) == [
            ("period-locked", "2026-06-30")
        ]

    def test_lines_that_were_read_in_xero_go_back_as_they_are(self, sales: Terms) -> None:
        now = {
            **self.now,
            "LineItems": [
                {"Description": "a", "UnitAmount": 1, "AccountCode": "860", "TaxType": "TAX001"},
                {"Description": "Rounding", "UnitAmount": Decimal("0.01"), "AccountCode": "860", "TaxType": "NONE"},
                {"Description": "b", "UnitAmount": 2, "AccountCode": "210", "TaxType": "NONE"},
            ],
        }
        read = INVOICE.lift(now, sales)
        first, second = INVOICE.lower(document(*(read.lines[0], read.lines[2], read.lines[1])), sales, now)["LineItems"]
        assert (first["AccountCode"], first["TaxType"]) == ("860", "TAX001")
        assert (second["Description"], second["AccountCode"]) == ("b", "210")


class TestLift:
    def test_a_body_comes_back_with_its_sums(self, sales: Terms) -> None:
        body = {"Type": "ACCREC", **INVOICE.lower(document(line(item=ITEM), currency="AUD"), sales, None)}
        back = INVOICE.lift(body, sales)
        assert (back.total, back.tax) == (Decimal("265.10"), Decimal("24.10"))
        assert (back.number, back.date, back.due, back.standing) == (
            "INV-7",
            date(2026, 11, 3),
            date(2026, 12, 3),
            "live",
        )
        assert back.party == Ref(entity="parties", side="target", id="contact-1")
        assert back.lines[0].item == Ref(entity="items", side="target", id="PUMP-1", key="PUMP-1")
        assert (back.lines[0].tax, back.lines[0].tax_rate, back.lines[0].account) == ("OUTPUT", Decimal(10), "200")

    def test_what_xero_reads(self, sales: Terms) -> None:
        back = INVOICE.lift(
            {
                "Type": "ACCPAY",
                "Date": "/Date(1793664000000+0000)/",
                "DueDateString": "2026-12-03T00:00:00",
                "DueDate": "/Date(1)/",
                "Contact": {"ContactID": "c", "Name": "Acme"},
                "CurrencyCode": "AUD",
                "CurrencyRate": Decimal("1.0"),
                "LineAmountTypes": "Inclusive",
                "Total": 11,
                "TotalTax": 1,
                "Status": "AUTHORISED",
                "LineItems": [
                    {
                        "Description": "x",
                        "UnitAmount": 11,
                        "LineAmount": Decimal("11.00"),
                        "TaxType": "NONE",
                        "Item": {},
                    },
                    {"Description": "Rounding", "LineAmount": Decimal("0.01"), "AccountCode": "860"},
                ],
            },
            sales,
        )
        assert (back.date, back.due, back.rate, back.tax_mode) == (
            date(2026, 11, 3),
            date(2026, 12, 3),
            None,
            "inclusive",
        )
        assert (back.total, back.tax) == (Decimal(11), Decimal(1))
        assert back.party is not None
        assert back.party.name == "Acme"
        assert [(each.tax, each.role, each.amount) for each in back.lines] == [
            (None, "goods", Decimal("11.00")),
            (None, "rounding", Decimal("0.01")),
        ]

    @pytest.mark.parametrize(
        ("wire", "standing"),
        [
            ({"Status": "DRAFT"}, "live"),
            ({"Status": "SUBMITTED"}, "live"),
            ({"Status": "AUTHORISED", "AmountPaid": 0}, "live"),
            ({"Status": "AUTHORISED", "AmountPaid": Decimal("1.00")}, "settled"),
            ({"Status": "AUTHORISED", "AmountCredited": Decimal("1.00")}, "settled"),
            ({"Status": "PAID"}, "settled"),
            ({"Status": "BILLED"}, "settled"),
            ({"Status": "VOIDED", "AmountPaid": 1}, "void"),
            ({"Status": "DELETED"}, "void"),
            ({"Status": "SOMETHING-NEW"}, "live"),
        ],
    )
    def test_what_may_be_done_follows_from_status_and_payments(
        self, sales: Terms, wire: dict[str, Any], standing: str
    ) -> None:
        assert INVOICE.lift({"Date": "2026-11-03", **wire}, sales).standing == standing

    def test_an_order_has_its_own_number_and_date(self, orders: Terms) -> None:
        back = ORDER.lift(
            {"PurchaseOrderNumber": "PO-1", "Date": "2026-11-03", "DeliveryDateString": "2026-11-09T00:00:00"}, orders
        )
        assert (back.number, back.delivery, back.due) == ("PO-1", date(2026, 11, 9), None)

    def test_a_document_without_a_date_cannot_be_read(self, sales: Terms) -> None:
        assert causes(INVOICE.lift, {"Date": ""}, sales) == [("date-missing", "")]

    def test_an_amount_is_the_stated_one_or_what_xero_will_come_to(self, sales: Terms) -> None:
        lines = [
            {"Quantity": 3, "UnitAmount": Decimal("1.115"), "DiscountRate": Decimal(10)},
            {"Quantity": 3, "UnitAmount": Decimal("1.115"), "LineAmount": Decimal("3.35")},
            {"Description": "only words"},
        ]
        back = INVOICE.lift({"Date": "2026-11-03", "LineItems": lines}, sales)
        assert [each.amount for each in back.lines] == [Decimal("3.01"), Decimal("3.35"), None]

    def test_an_item_is_the_same_in_every_answer(self, sales: Terms) -> None:
        short = {"ItemCode": "PUMP-1", "UnitAmount": 1}
        whole = {**short, "Item": {"ItemID": "item-1", "Name": "Pump", "Code": "PUMP-1"}}
        first, second = INVOICE.lift({"Date": "2026-11-03", "LineItems": [short, whole]}, sales).lines
        assert first == second


@pytest.mark.parametrize("resource", [made.INVOICES, made.ORDERS])
def test_a_document_names_its_contact_by_id_alone(sales: Terms, orders: Terms, resource: Any) -> None:
    terms = orders if resource is made.ORDERS else sales
    assert made.body(terms, made.document(), resource=resource)["Contact"] == {"ContactID": "contact-1"}


def test_a_line_carries_the_code_of_its_tax(sales: Terms) -> None:
    assert made.body(sales, made.document())["LineItems"][0]["TaxType"] == "OUTPUT"


def test_a_tax_that_is_not_legal_for_the_account_is_told(terms: Callable[..., Terms], pair: Pair) -> None:
    crossed = pair.model_copy(update={"taxes": pair.taxes.model_copy(update={"sales": {"GST 10%": "INPUT"}})})
    assert made.causes(terms({"Type": "ACCREC"}, pair=crossed), made.document()) == ["tax-not-for-account"]


def test_a_code_of_another_rate_is_told_with_both_rates(terms: Callable[..., Terms], reference: dict[str, Any]) -> None:
    other = TaxRate(id="OUTPUT", name="VAT", rate=Decimal(15), categories=frozenset({"REVENUE"}))
    given = terms({"Type": "ACCREC"}, reference=reference | {"taxes": (other,)})
    assert made.causes(given, made.document())[0] == "tax-rate-differs"
    (problem, *_) = made.answer(given, made.document()).problems
    assert "10%" in problem.what
    assert "15%" in problem.what


@pytest.mark.parametrize(("code", "cause"), [("299", "account-archived"), ("300", "account-not-legal")])
def test_an_account_that_cannot_be_used_is_told_before_it_is_sent(
    terms: Callable[..., Terms], pair: Pair, code: str, cause: str
) -> None:
    changed = pair.model_copy(update={"accounts": pair.accounts.model_copy(update={"sales": code})})
    assert made.causes(terms({"Type": "ACCREC"}, pair=changed), made.document())[0] == cause


def test_what_has_no_value_is_left_out(sales: Terms, orders: Terms) -> None:
    assert made.nothing_empty(made.body(sales, made.document(currency=None, url="", reference="")))
    assert made.nothing_empty(made.body(orders, made.document(due=None), resource=made.ORDERS))
    assert made.nothing_empty(made.body(sales, Party(name="Acme", addresses=(Address(),)), resource=made.CONTACTS))
    assert made.nothing_empty(made.body(sales, Item(code="A"), resource=made.ITEMS))


def test_an_account_without_a_code_goes_by_its_id(
    terms: Callable[..., Terms], reference: dict[str, Any], pair: Pair
) -> None:
    bare = Account(id="a-9", name="Bare", category="REVENUE", roles=frozenset({"sales"}))
    chosen = Pair.model_validate({"accounts": {"sales": {"id": "a-9"}}, "taxes": pair.taxes.model_dump()})
    given = terms({"Type": "ACCREC"}, pair=chosen, reference=reference | {"accounts": (bare,)})
    (sent,) = made.body(given, made.document())["LineItems"]
    assert sent["AccountID"] == "a-9"
    assert "AccountCode" not in sent
    money = Payment(document=made.OWED, date=date(2026, 11, 5), amount=Decimal(5))
    assert made.body(terms(), money, resource=made.PAYMENTS)["Account"] == {"AccountID": "a-bank"}


def test_what_a_status_needs_is_checked_before_it_is_sent(terms: Callable[..., Terms], pair: Pair) -> None:
    approved = terms({"Type": "ACCREC"}, settings=Arrival(status="authorised"))
    assert made.causes(approved, made.document(due=None)) == ["due-date-missing"]
    assert made.causes(terms({"Type": "ACCREC"}, settings=Arrival(status="submitted")), made.document(due=None)) == [
        "due-date-missing"
    ]
    assert made.body(terms({"Type": "ACCREC"}), made.document(due=None))["Status"] == "DRAFT"
    assert made.causes(terms({"Type": "ACCREC"}, pair=Pair()), made.document())[:2] == [
        "tax-unmapped",
        "account-not-chosen",
    ]


@pytest.mark.parametrize(
    "wire", [{"Date": "/Date(1793664000000+1300)/"}, {"Date": "/Date(1)/", "DateString": "2026-11-03T00:00:00"}]
)
def test_a_date_is_the_one_that_stands_there(sales: Terms, wire: dict[str, Any]) -> None:
    assert getattr(made.INVOICES.lift(wire, sales), "date", None) == date(2026, 11, 3)
    assert made.body(sales, made.document())["Date"] == "2026-11-03"


@pytest.mark.parametrize("until", [date(2026, 11, 3), date(2026, 12, 31)])
def test_a_locked_period_is_told_before_it_is_sent(
    terms: Callable[..., Terms], reference: dict[str, Any], until: date
) -> None:
    locks = (Lock(id="period", name="Period"), Lock(id="year", name="Year", until=until))
    assert made.causes(terms({"Type": "ACCREC"}, reference=reference | {"locks": locks}), made.document()) == [
        "period-locked"
    ]


def test_a_plan_that_refuses_is_told_before_it_is_sent(terms: Callable[..., Terms]) -> None:
    approved = terms({"Type": "ACCPAY"}, settings=Arrival(status="authorised"))
    refused = made.answer(approved, made.document())
    assert [problem.cause for problem in refused.problems] == ["plan-does-not-allow"]
    assert "draft" in refused.problems[0].fix
    assert made.body(terms({"Type": "ACCPAY"}), made.document())["Status"] == "DRAFT"


def test_a_currency_that_is_not_enabled_is_told_before_it_is_sent(
    terms: Callable[..., Terms], reference: dict[str, Any]
) -> None:
    foreign = made.document(currency="JPY")
    assert made.causes(terms({"Type": "ACCREC"}), foreign) == ["currency-not-enabled"]
    single = (Permission(id="UseMulticurrency", name="UseMulticurrency", allowed=False),)
    given = terms({"Type": "ACCREC"}, reference=reference | {"permissions": single})
    assert "one currency only" in made.answer(given, foreign).problems[0].why


def test_control_characters_go_and_a_number_is_plain_text(sales: Terms) -> None:
    assert made.body(sales, made.document("110", made.line(description="Pump\x00\x07\r\nbig")))["LineItems"][0][
        "Description"
    ] == ("Pump\nbig")
    assert made.causes(sales, made.document(number="7-\U0001f950")) == ["number-unfit"]


def test_automatic_sales_tax_is_left_alone(sales: Terms) -> None:
    automatic = {
        **made.APPROVED,
        "LineItems": [made.APPROVED["LineItems"][0] | {"TaxBreakdown": [{"TaxComponentId": "1"}]}],
    }
    assert made.causes(sales, made.document(), automatic) == ["automatic-sales-tax"]
    assert made.causes(sales, made.document(standing="void"), automatic) == ["automatic-sales-tax"]
