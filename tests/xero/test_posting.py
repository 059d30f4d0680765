"""Posting: folded prices, the rounding line, kept line ids, and what taking back means."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tieout.api.contract import Binding, Connection, Resource, Terms
from tieout.api.model import Document, Item, Line, Party, Record, Ref, TaxRate
from tieout.api.work import Lowering, Reject, Step, Work
from tieout_xero import XERO, transform
from tieout_xero.arithmetic import extended
from tieout_xero.documents import INVOICES, PURCHASE_ORDERS
from tieout_xero.lines import fold
from tieout_xero.settings import Pair
from tieout_xero.wire import places, rounded

from . import made
from .conftest import Xero, guid

PARTY: Ref[str] = Ref(entity="customers", side="target", id="contact-1")


def document(total: str, *lines: Line, **changes: Any) -> Document:
    given: dict[str, Any] = {"number": "7", "party": PARTY, "date": date(2026, 11, 3), "total": Decimal(total)}
    return Document(**{**given, "lines": lines, **changes})


def line(price: str, quantity: str = "1", **changes: Any) -> Line:
    given = {"description": "Pump", "tax": "GST 10%", "tax_rate": Decimal(10), **changes}
    return Line.model_validate({**given, "price": Decimal(price), "quantity": Decimal(quantity)})


def turn(terms: Terms, *items: Lowering, resource: Resource = INVOICES, binding: Binding | None = None) -> list[Any]:
    bound = binding or Binding(entity="documents", connector="xero", resource=resource.name, constants=terms.constants)
    work = Work(way="lower", items=items, binding=bound, resource=resource, terms=terms)
    answers = transform(None, work)  # type: ignore[arg-type]
    assert answers is not None
    return answers


def lines_of(terms: Terms, record: Record, now: dict[str, Any] | None = None) -> list[dict[str, Any]]:
    ((step,),) = turn(terms, Lowering(record, now, "id-1" if now else None))
    found: list[dict[str, Any]] = step.body["LineItems"]
    return found


class TestFolding:
    @pytest.mark.parametrize("kind", ["invoice", "bill", "order"])
    def test_what_fits_stays(self, kind: str) -> None:
        given = {"Description": "x", "Quantity": Decimal("1.5"), "UnitAmount": Decimal("0.1234")}
        assert fold(given, kind) == given

    def test_a_price_beyond_four_decimals_becomes_one_with_the_exact_amount(self) -> None:
        assert fold(
            {"Description": "Bolt", "Quantity": Decimal(1000), "UnitAmount": Decimal("0.0123456")}, "invoice"
        ) == {
            "Description": "Bolt (1000 x 0.0123456)",
            "Quantity": Decimal(1),
            "UnitAmount": Decimal("12.35"),
        }

    def test_a_discount_folds_with_the_price(self) -> None:
        folded = fold(
            {"Quantity": Decimal(3), "UnitAmount": Decimal("0.33335"), "DiscountRate": Decimal(10)}, "invoice"
        )
        assert folded == {"Description": "(3 x 0.33335 less 10%)", "Quantity": Decimal(1), "UnitAmount": Decimal("0.9")}

    @pytest.mark.parametrize(
        ("kind", "field"), [("bill", "DiscountRate"), ("bill", "DiscountAmount"), ("order", "DiscountAmount")]
    )
    def test_a_discount_that_is_not_allowed_goes_into_the_price(self, kind: str, field: str) -> None:
        folded = fold({"Description": "x", "Quantity": Decimal(4), "UnitAmount": Decimal(10), field: Decimal(8)}, kind)
        assert folded == {
            "Description": "x",
            "Quantity": Decimal(4),
            "UnitAmount": Decimal("9.2") if field == "DiscountRate" else Decimal(8),
        }

    def test_a_discounted_price_that_is_not_exact_becomes_one_amount(self) -> None:
        folded = fold(
            {"Description": "x", "Quantity": Decimal(3), "UnitAmount": Decimal(10), "DiscountAmount": Decimal(1)},
            "bill",
        )
        assert (folded["Quantity"], folded["UnitAmount"]) == (Decimal(1), Decimal(29))
        assert folded["Description"] == "x (3 x 10 less 1)"

    def test_orders_keep_a_rate(self) -> None:
        given = {"Quantity": Decimal(1), "UnitAmount": Decimal(10), "DiscountRate": Decimal(8)}
        assert fold(given, "order") == given

    def test_a_long_description_leaves_room_for_the_original(self) -> None:
        folded = fold({"Description": "D" * 4000, "Quantity": Decimal(1), "UnitAmount": Decimal("0.00001")}, "invoice")
        assert len(folded["Description"]) == 4000
        assert folded["Description"].endswith("(1 x 0.00001)")

    @given(
        st.integers(-10_000, 10_000),
        st.integers(-(10**9), 10**9),
        st.integers(0, 7),
        st.sampled_from(["invoice", "bill", "order"]),
        st.sampled_from([{}, {"DiscountRate": Decimal("12.5")}, {"DiscountAmount": Decimal("0.37")}]),
    )
    def test_the_amount_of_a_line_never_changes(
        self, quantity: int, price: int, decimals: int, kind: str, discount: dict[str, Decimal]
    ) -> None:
        given = {"Quantity": Decimal(quantity).scaleb(-2), "UnitAmount": Decimal(price).scaleb(-decimals), **discount}
        folded = fold(given, kind)
        assert rounded(extended(folded)) == rounded(extended(given))
        assert places(folded["UnitAmount"]) <= 4
        assert fold(folded, kind) == folded


class TestRounding:
    prices = ("25.06", "25.61", "25.63")

    def lines(self) -> tuple[Line, ...]:
        return tuple(line(price, tax="GST 15%", tax_rate=Decimal(15)) for price in self.prices)

    def test_a_total_that_agrees_gets_no_line(self, sales: Terms) -> None:
        assert len(lines_of(sales, document("87.74", *self.lines(), tax=Decimal("11.44")))) == 3

    @pytest.mark.parametrize(("total", "off"), [("87.75", "0.01"), ("87.69", "-0.05"), ("87.79", "0.05")])
    def test_a_small_difference_becomes_one_line_without_tax(self, sales: Terms, total: str, off: str) -> None:
        assert lines_of(sales, document(total, *self.lines(), tax=Decimal("11.45")))[3:] == [
            {
                "Description": "Rounding",
                "Quantity": Decimal(1),
                "UnitAmount": Decimal(off),
                "AccountCode": "860",
                "TaxType": "NONE",
            }
        ]

    @pytest.mark.parametrize(
        ("total", "tax"), [("87.80", "11.44"), ("87.68", "11.44"), ("87.74", "11.50"), ("87.74", "0")]
    )
    def test_a_larger_one_is_held_with_both_sums(self, sales: Terms, total: str, tax: str) -> None:
        (answer,) = turn(sales, Lowering(document(total, *self.lines(), tax=Decimal(tax))))
        (problem,) = answer.problems
        assert problem.cause == "total-differs"
        assert f"{total} (tax {tax})" in problem.what
        assert "87.74 (tax 11.44)" in problem.what

    def test_the_tolerance_and_the_account_are_settings(self, terms: Callable[..., Terms], pair: Pair) -> None:
        own = Pair.model_validate({**pair.model_dump(), "rounding": {"tolerance": "0.10", "account": "200"}})
        given = terms({"Type": "ACCREC"}, pair=own)
        assert lines_of(given, document("87.84", *self.lines()))[3]["AccountCode"] == "200"

    def test_without_an_account_it_is_held(self, terms: Callable[..., Terms], reference: dict[str, Any]) -> None:
        without = tuple(account for account in reference["accounts"] if account.system != "ROUNDING")
        given = terms({"Type": "ACCREC"}, reference=reference | {"accounts": without})
        (answer,) = turn(given, Lowering(document("87.75", *self.lines())))
        assert [problem.cause for problem in answer.problems] == ["rounding-account-missing"]

    @pytest.mark.parametrize(("kind", "sent"), [("ACCREC", "EXEMPTOUTPUT"), ("ACCPAY", "EXEMPTEXPENSES")])
    def test_an_organisation_without_a_tax_type_for_no_tax_has_a_chosen_one(
        self, terms: Callable[..., Terms], reference: dict[str, Any], pair: Pair, *, kind: str, sent: str
    ) -> None:
        rates = [
            TaxRate(id="EXEMPTOUTPUT", name="x", categories=frozenset({"REVENUE", "LIABILITY"})),
            TaxRate(id="EXEMPTEXPENSES", name="x", categories=frozenset({"EXPENSE", "LIABILITY"})),
        ]
        taxes = pair.taxes.model_copy(update={"purchases": {"none": "EXEMPTEXPENSES"}})
        given = terms(
            {"Type": kind}, reference=reference | {"taxes": tuple(rates)}, pair=pair.model_copy(update={"taxes": taxes})
        )
        untaxed = line("1", tax=None, tax_rate=None)
        assert [each["TaxType"] for each in lines_of(given, document("1.01", untaxed))] == [sent, sent]

    def test_without_any_it_is_held(self, terms: Callable[..., Terms], reference: dict[str, Any]) -> None:
        rates = tuple(rate for rate in reference["taxes"] if rate.id != "NONE")
        given = terms({"Type": "ACCREC"}, reference=reference | {"taxes": rates})
        (answer,) = turn(given, Lowering(document("87.75", *self.lines())))
        assert [(problem.cause, problem.about) for problem in answer.problems] == [("tax-unmapped", "none")]

    def test_a_body_with_its_rounding_line_lifts_to_the_sources_total(self, sales: Terms) -> None:
        ((step,),) = turn(sales, Lowering(document("87.75", *self.lines())))
        back = INVOICES.lift(step.body, sales)
        assert isinstance(back, Document)
        assert back.total == Decimal("87.75")
        assert [each.role for each in back.lines] == ["goods", "goods", "goods", "rounding"]


class TestLineIds:
    def now(self, count: int) -> dict[str, Any]:
        lines = [{"LineItemID": f"l-{number}", "Tracking": [{"Name": "Region"}]} for number in range(count)]
        return {"Type": "ACCREC", "Status": "DRAFT", "Date": "2026-11-03", "LineItems": lines}

    def test_lines_keep_their_ids_and_tracking_by_order(self, sales: Terms) -> None:
        sent = lines_of(sales, document("2.20", line("1"), line("1")), self.now(3))
        assert [each["LineItemID"] for each in sent] == ["l-0", "l-1"]
        assert sent[0]["Tracking"] == [{"Name": "Region"}]

    def test_added_lines_replace_the_whole_list(self, sales: Terms) -> None:
        sent = lines_of(sales, document("2.20", line("1"), line("1")), self.now(1))
        assert not any("LineItemID" in each for each in sent)


class TestTakingBack:
    def turn(self, terms: Terms, resource: Resource, **now: Any) -> Any:
        wire = {"Date": "2026-11-03", **now}
        (answer,) = turn(terms, Lowering(document("1", standing="void"), wire, "id-1"), resource=resource)
        return answer

    @pytest.mark.parametrize("status", ["DRAFT", "SUBMITTED"])
    def test_a_draft_is_deleted(self, sales: Terms, status: str) -> None:
        answer = self.turn(sales, INVOICES, Type="ACCREC", Status=status)
        assert answer == (Step(op="remove", id="id-1", body={"Status": "DELETED"}),)

    def test_an_approved_one_is_voided(self, bills: Terms) -> None:
        answer = self.turn(bills, INVOICES, Type="ACCPAY", Status="AUTHORISED")
        assert answer == (Step(op="void", id="id-1", body={"Status": "VOIDED"}),)

    @pytest.mark.parametrize(
        ("now", "cause"),
        [
            ({"Status": "PAID"}, "settled-in-target"),
            ({"Status": "AUTHORISED", "AmountPaid": 1}, "settled-in-target"),
            ({"Status": "AUTHORISED", "Date": "2026-06-30"}, "period-locked"),
            ({"Status": "VOIDED"}, "void-in-target"),
        ],
    )
    def test_what_may_not_be_taken_back_is_held(self, sales: Terms, now: dict[str, Any], cause: str) -> None:
        answer = self.turn(sales, INVOICES, Type="ACCREC", **now)
        assert isinstance(answer, Reject)
        assert [problem.cause for problem in answer.problems] == [cause]

    def test_an_order_is_renamed_and_then_deleted(self, orders: Terms) -> None:
        rename, remove = self.turn(orders, PURCHASE_ORDERS, Status="AUTHORISED", PurchaseOrderNumber="PO-1")
        assert (rename.op, remove.op, remove.body) == ("update", "remove", {"Status": "DELETED"})
        number = rename.body["PurchaseOrderNumber"]
        assert number.startswith("PO-1-VOID-")
        assert number.removeprefix("PO-1-VOID-").isdigit()
        again = self.turn(orders, PURCHASE_ORDERS, Status="AUTHORISED", PurchaseOrderNumber=number)
        assert [step.op for step in again] == ["remove"]

    def test_a_billed_order_stays(self, orders: Terms) -> None:
        answer = self.turn(orders, PURCHASE_ORDERS, Status="BILLED", PurchaseOrderNumber="PO-1")
        assert [problem.cause for problem in answer.problems] == ["settled-in-target"]

    @pytest.mark.parametrize("record", [Party(name="Acme", standing="void"), Item(code="A", standing="void")])
    def test_contacts_and_items_stay(self, sales: Terms, record: Record) -> None:
        (answer,) = turn(sales, Lowering(record, {"x": 1}, "id-1"), resource=XERO.resource("Contacts"))
        assert [problem.cause for problem in answer.problems] == ["stays-in-target"]

    def test_what_was_never_there_is_told(self, sales: Terms) -> None:
        (answer,) = turn(sales, Lowering(document("1", standing="void")))
        assert [problem.cause for problem in answer.problems] == ["gone"]


def test_answers_are_in_the_order_of_the_page(sales: Terms) -> None:
    gone = Lowering(document("1", standing="void"), {"Type": "ACCREC", "Status": "DRAFT"}, "id-1")
    bad = Lowering(document("9", line("1", tax="VAT 20%")))
    good = Lowering(document("1.10", line("1")))
    answers = turn(sales, good, gone, bad, good, gone)
    assert [type(answer) for answer in answers] == [tuple, tuple, Reject, tuple, tuple]
    assert [answer[0].op for answer in answers if isinstance(answer, tuple)] == ["create", "remove", "create", "remove"]


def test_a_strangers_binding_gets_all_of_it_too(sales: Terms) -> None:
    def own(record: Document, terms: Terms, now: Any) -> dict[str, Any]:
        sent = {"Quantity": Decimal(3), "UnitAmount": Decimal("0.33333"), "TaxType": "OUTPUT", "AccountCode": "200"}
        return {"Date": record.date.isoformat(), "CurrencyCode": record.currency, "LineItems": [sent]}

    binding = Binding(
        entity="strangers", connector="xero", resource="Invoices", constants={"Type": "ACCREC"}, lower=own
    )
    good = Lowering(document("1.11", currency="AUD"))
    locked = Lowering(document("1.10", currency="JPY", date=date(2026, 1, 1)))
    done, held = turn(sales, good, locked, binding=binding)
    assert [each["UnitAmount"] for each in done[0].body["LineItems"]] == [Decimal(1), Decimal("0.01")]
    assert [problem.cause for problem in held.problems] == ["period-locked", "currency-not-enabled"]


def test_lifting_is_cores_own_loop(sales: Terms) -> None:
    binding = Binding(entity="invoices", connector="xero", resource="Invoices", constants={"Type": "ACCREC"})
    wires = ({"Type": "ACCREC", "Date": "2026-11-03"}, {"Type": "ACCPAY", "Date": "2026-11-03"})
    work = Work(way="lift", items=wires, binding=binding, resource=INVOICES, terms=sales)
    lifted = transform(None, work)  # type: ignore[arg-type]
    assert lifted is not None
    assert [type(record) for record in lifted] == [Document, type(None)]


def test_lowering_changes_nothing_it_was_given(sales: Terms) -> None:
    item = Lowering(
        document("1.10", line("1")), {"Type": "ACCREC", "Status": "DRAFT", "LineItems": [{"LineItemID": "1"}]}, "1"
    )
    before = replace(item, now={**item.now, "LineItems": [dict(each) for each in item.now["LineItems"]]})  # type: ignore[dict-item, index]
    assert turn(sales, item) == turn(sales, item)
    assert item == before


def test_a_line_with_an_item_has_quantity_and_price(sales: Terms) -> None:
    (sent,) = made.body(sales, made.document("0", made.line("0", "0", item=made.PUMP)))["LineItems"]
    assert (sent["ItemCode"], sent["Quantity"], sent["UnitAmount"]) == ("PUMP-1", 0, 0)
    assert sent["AccountCode"] == "200"


def test_a_line_of_nothing_may_come_back_without_its_account(xero: Xero, connection: Connection, sales: Terms) -> None:
    sent = made.body(sales, made.document("0", made.line("0")))
    came = sent | {"Type": "ACCREC", "InvoiceID": guid(1), "StatusAttributeString": "OK", "Total": 0, "TotalTax": 0}
    came["LineItems"] = [{name: value for name, value in sent["LineItems"][0].items() if name != "AccountCode"}]
    xero.answer(200, {"Invoices": [came]})
    (receipt,) = made.pushed(connection, made.INVOICES, sent)
    assert (receipt.outcome, receipt.problems, receipt.dropped) == ("created", (), ())
    assert made.body(sales, made.document("0", made.line("0")), came)["LineItems"][0]["AccountCode"] == "200"


def test_prices_have_four_decimals_and_the_rest_is_folded(xero: Xero, connection: Connection, sales: Terms) -> None:
    fine, folded = made.body(sales, made.document("13.68", made.line("0.1234", "100"), made.line("0.0123456", "8.5")))[
        "LineItems"
    ]
    assert fine["UnitAmount"] == Decimal("0.1234")
    assert (folded["Quantity"], folded["UnitAmount"]) == (1, Decimal("0.1"))
    assert folded["Description"] == "Pump (8.5 x 0.0123456)"
    xero.answer(200, {"Invoices": []})
    made.pushed(connection, made.INVOICES, {"InvoiceNumber": "7"})
    made.found(connection, made.INVOICES, "number", "7")
    assert {call.params["unitdp"] for call in xero.calls} == {"4"}


def test_the_amount_of_a_line_is_left_to_xero(sales: Terms) -> None:
    (sent,) = made.body(sales, made.document("11.01", made.line("3.335", "3", amount=Decimal("10.01"))))["LineItems"]
    assert "LineAmount" not in sent


def test_tax_on_the_total_is_made_good_by_a_rounding_line(sales: Terms) -> None:
    lines = [made.line(price, tax="GST 15%", tax_rate=Decimal(15)) for price in ("25.06", "25.61", "25.63")]
    *_, last = made.body(sales, made.document("87.75", *lines))["LineItems"]
    assert (last["Description"], last["UnitAmount"], last["AccountCode"], last["TaxType"]) == (
        "Rounding",
        Decimal("0.01"),
        "860",
        "NONE",
    )


def test_a_discount_is_sent_only_where_xero_takes_it(sales: Terms, bills: Terms) -> None:
    half = made.line("10", "4", discount_rate=Decimal(50))
    assert made.body(sales, made.document("22", half))["LineItems"][0]["DiscountRate"] == 50
    (bill,) = made.body(bills, made.document("22", half))["LineItems"]
    assert (bill["UnitAmount"], "DiscountRate" in bill) == (5, False)
    (beyond,) = made.body(sales, made.document("-11", made.line("10", "1", discount=Decimal(20))))["LineItems"]
    assert (beyond["UnitAmount"], "DiscountAmount" in beyond) == (-10, False)


def test_lines_keep_their_ids_and_none_is_left_out(sales: Terms) -> None:
    (kept,) = made.body(sales, made.document(), made.APPROVED)["LineItems"]
    assert (kept["LineItemID"], kept["Tracking"]) == ("l-1", [{"Name": "Region", "Option": "North"}])
    more = made.body(sales, made.document("220", made.line(), made.line()), made.APPROVED)["LineItems"]
    assert [sent.get("LineItemID") for sent in more] == [None, None]


def test_an_order_gives_its_number_back_before_it_is_deleted(orders: Terms) -> None:
    now = {"PurchaseOrderID": guid(1), "PurchaseOrderNumber": "PO-1", "Status": "AUTHORISED", "Date": "2026-11-03"}
    renamed, removed = made.answer(orders, made.document(standing="void"), now, made.ORDERS)
    assert renamed.body["PurchaseOrderNumber"].startswith("PO-1-VOID-")
    assert (removed.op, removed.body) == ("remove", {"Status": "DELETED"})
