"""The firms that ship: as large, as realistic and as awkward as they are meant to be, with sums that are right."""

import re
from collections import Counter
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import pytest
from tieout_sandbox import codec
from tieout_sandbox.apptivo import folder
from tieout_sandbox.apptivo.arithmetic import total_up
from tieout_sandbox.apptivo.layoutfile import usual
from tieout_sandbox.firm import SHIPPED, generate

CENT = Decimal("0.01")
LOCK = date(2026, 3, 31)

Record = dict[str, Any]


@pytest.fixture(scope="module")
def firm() -> dict[str, list[Record]]:
    return generate()


def documents(firm: dict[str, list[Record]]) -> list[Record]:
    return [*firm["invoices"], *firm["supplier-invoices"], *firm["purchase-orders"]]


def day(record: Record) -> date:
    return datetime.strptime(record.get("invoiceDate") or record["orderDate"], "%d/%m/%Y").date()  # noqa: DTZ007


def amount(value: Any) -> Decimal:
    return Decimal(str(value or 0).replace(",", ""))


def lines(record: Record) -> list[Record]:
    return [*record["lines"], *record["serviceLines"]]


def percent_of(base: Decimal, holder: Record) -> Decimal:
    if holder.get("discountPercent"):
        return base * amount(holder["discountPercent"]) / 100
    return amount(holder.get("discountAmount"))


def test_it_has_the_size_of_a_real_firm(firm: dict[str, list[Record]]) -> None:
    assert {name: len(records) for name, records in firm.items()} == {
        "customers": 300,
        "contacts": 400,
        "suppliers": 60,
        "items": 250,
        "invoices": 1200,
        "supplier-invoices": 300,
        "purchase-orders": 200,
        "documents": 7,
    }


def test_it_is_the_same_at_every_start(firm: dict[str, list[Record]]) -> None:
    assert codec.dumps(generate()) == codec.dumps(firm)


def test_ids_and_numbers_are_unique(firm: dict[str, list[Record]]) -> None:
    for records in firm.values():
        assert len({record["id"] for record in records}) == len(records)
    for name, field in (
        ("invoices", "invoiceNumber"),
        ("supplier-invoices", "supplierInvoiceNumber"),
        ("purchase-orders", "purchaseOrderNumber"),
    ):
        assert len({record[field] for record in firm[name]}) == len(firm[name])


USUAL = {"lines": ("lines", "serviceLines")}
SHAPES: dict[str, dict[str, dict[str, Any]]] = {
    "default": {},
    "services": {
        "invoices": {
            "lines": ("timeEntries",),
            "hours": "duration",
            "rate": "hourlyRate",
            "amount": "lineTotal",
            "subTotal": "netAmount",
            "taxAmount": "totalTax",
            "total": "amount",
            "isTaxInclusive": "taxInclusive",
        },
        "supplier-invoices": {"lines": ("services",), "total": "invoiceTotal"},
        "purchase-orders": {"lines": ("services",)},
    },
    "multicurrency": {
        name: {"lines": ("itemLines",), "quantity": "qty", "unitPrice": "itemRate", "amount": "lineAmount"}
        for name in ("invoices", "supplier-invoices", "purchase-orders")
    },
}
SHAPES["multicurrency"]["invoices"] |= {"total": "totalAmount"}


def made(name: str) -> dict[str, list[Record]]:
    firm = folder.read(SHIPPED[name])
    assert firm.making
    return generate(firm.making, firm.layout)


@pytest.mark.parametrize("name", SHAPES)
@pytest.mark.parametrize("collection", ["invoices", "supplier-invoices", "purchase-orders"])
def test_the_stated_sums_of_every_document_are_right(name: str, collection: str) -> None:
    """Computed here anew and in another way than by the generator: tax rate by tax rate, from the stated amounts."""
    shape = USUAL | SHAPES[name].get(collection, {})

    def told(holder: Record, field: str) -> Any:
        return holder.get(shape.get(field, field))

    for record in made(name)[collection]:
        rows = [line for table in shape["lines"] for line in record.get(table, [])]
        smallest = Decimal(1) if record["currencyCode"] == "JPY" else CENT
        sub_total = sum((amount(told(line, "amount")) for line in rows), Decimal(0))
        for line in rows:
            gross = amount(told(line, "quantity") or told(line, "hours"))
            gross *= amount(told(line, "unitPrice") or told(line, "rate"))
            assert amount(told(line, "amount")) == (gross - percent_of(gross, line)).quantize(smallest, ROUND_HALF_UP)
        discount = percent_of(sub_total, record).quantize(smallest, ROUND_HALF_UP)
        inclusive = told(record, "isTaxInclusive") == "Y"
        taxes = Counter[tuple[str, Decimal, Decimal]]()
        for line in rows:
            rates = [
                (tax["taxName"], amount(tax["taxRate"])) for tax in line.get("taxes") or [line] if tax.get("taxName")
            ]
            divisor = 100 + (sum((rate for _, rate in rates), Decimal(0)) if inclusive else Decimal(0))
            for tax_name, rate in rates:
                share = amount(told(line, "amount")) * (1 - discount / sub_total) if sub_total else Decimal(0)
                taxes[tax_name, rate, divisor] += share  # type: ignore[assignment]
        tax_amount = sum(
            ((base * rate / divisor).quantize(smallest, ROUND_HALF_UP) for (_, rate, divisor), base in taxes.items()),
            Decimal(0),
        )
        total = sub_total - discount + amount(record.get("shippingAmount")) + (0 if inclusive else tax_amount)
        stated = tuple(amount(told(record, each)) for each in ("subTotal", "taxAmount", "total"))
        assert stated == (sub_total, tax_amount, total), record["id"]


@pytest.mark.parametrize("name", ["services", "multicurrency"])
def test_the_smaller_firms_have_some_three_hundred_records_with_references_that_lead_somewhere(name: str) -> None:
    firm = made(name)
    assert 290 < sum(len(records) for records in firm.values()) < 350
    assert codec.dumps(made(name)) == codec.dumps(firm)
    layout = folder.read(SHIPPED[name]).layout
    customers = {record["customerId"]: record["customerName"] for record in firm["customers"]}
    suppliers = {record["id"]: record["supplierName"] for record in firm["suppliers"]}
    key = layout.app("invoices").key
    for invoice in firm["invoices"]:
        assert customers[invoice[key("customerId")]] == invoice[key("customerName")]
    for bill in [*firm["supplier-invoices"], *firm["purchase-orders"]]:
        assert suppliers[str(bill["supplierId"])] == bill["supplierName"]


def paid(firm: dict[str, list[Record]]) -> list[Record]:
    return [
        record
        for record in [*firm["invoices"], *firm["supplier-invoices"]]
        if record["statusName"] in ("Paid", "Partially Paid")
    ]


def test_payments_are_told_one_by_one_on_some_in_sum_on_others_and_not_at_all(firm: dict[str, list[Record]]) -> None:
    told = [record for record in paid(firm) if "payments" in record]
    summed = [record for record in paid(firm) if "amountPaid" in record and "payments" not in record]
    assert 0.3 < len(told) / len(paid(firm)) < 0.5
    assert len(summed) > 10
    assert {record["statusName"] for record in summed} == {"Paid", "Partially Paid"}
    others = [record for record in [*firm["invoices"], *firm["supplier-invoices"]] if record not in paid(firm)]
    assert not any("payments" in record or "amountPaid" in record for record in others)


def test_payments_add_up_to_what_the_status_says(firm: dict[str, list[Record]]) -> None:
    for record in paid(firm):
        if "payments" in record:
            given = [amount(each["amount"]) for each in record["payments"]]
            assert sum(given) == amount(record["amountPaid"])
            assert all(each > 0 for each in given)
        if "amountPaid" in record:
            assert amount(record["amountPaid"]) + amount(record["balanceDue"]) == amount(record["total"])
            assert (amount(record["balanceDue"]) == 0) == (record["statusName"] == "Paid")
            assert isinstance(record["amountPaid"], type(record["total"]))


def test_every_payment_has_an_id_and_one_document_was_paid_twice_on_one_day(firm: dict[str, list[Record]]) -> None:
    payments = [(record["id"], each) for record in paid(firm) for each in record.get("payments", [])]
    assert len({each["paymentId"] for _, each in payments}) == len(payments)
    for _, each in payments:
        assert each.keys() == {"paymentId", "paymentDate", "amount", "paymentType", "referenceNumber", "voided"}
        assert datetime.strptime(each["paymentDate"], "%d/%m/%Y").year == 2026  # noqa: DTZ007
    twice = Counter((record_id, each["paymentDate"], amount(each["amount"])) for record_id, each in payments)
    assert [count for count in twice.values() if count > 1] == [2]


def test_few_documents_are_dated_in_the_locked_period(firm: dict[str, list[Record]]) -> None:
    locked = [record for record in documents(firm) if day(record) <= LOCK]
    assert 1 < len(locked) < 10
    assert {record["id"][0] for record in locked} == {"5", "7"}, "invoices and one bill"


def test_references_lead_somewhere(firm: dict[str, list[Record]]) -> None:
    customers = {record["customerId"]: record for record in firm["customers"]}
    contacts = {record["contactId"]: record for record in firm["contacts"]}
    suppliers = {record["id"]: record for record in firm["suppliers"]}
    items = {record["id"]: record for record in firm["items"]}
    for invoice in firm["invoices"]:
        if invoice["customerId"]:
            assert customers[invoice["customerId"]]["customerName"] == invoice["customerName"]
        if invoice["customerId"] and invoice["contactId"]:
            assert contacts[invoice["contactId"]]["accountId"] == invoice["customerId"]
    for purchase in [*firm["supplier-invoices"], *firm["purchase-orders"]]:
        if purchase["supplierId"]:
            assert suppliers[str(purchase["supplierId"])]["supplierName"] == purchase["supplierName"]
    for line in (line for record in documents(firm) for line in record["lines"] if "itemId" in line):
        assert items[str(line["itemId"])]["itemName"] == line["itemName"]


def test_its_currencies_include_one_that_the_books_do_not_have(firm: dict[str, list[Record]]) -> None:
    counts = Counter(record["currencyCode"] for record in firm["invoices"])
    assert set(counts) == {"AUD", "NZD", "USD", "EUR", "GBP", "JPY"}
    assert counts["JPY"] == 1


def test_its_taxes_include_two_of_one_name_and_one_that_nobody_maps(firm: dict[str, list[Record]]) -> None:
    found = Counter((line.get("taxName"), line.get("taxRate")) for record in firm["invoices"] for line in lines(record))
    assert set(found) == {("GST", 10), ("GST", 15), ("LCT", 33), (None, None)}
    assert found["LCT", 33] == 1
    assert [line["taxes"][1]["taxName"] for r in documents(firm) for line in r["lines"] if "taxes" in line] == ["WET"]


def test_tax_is_inclusive_on_some_and_differs_from_tax_rounded_by_line_on_some(
    firm: dict[str, list[Record]],
) -> None:
    assert 50 < sum(record.get("isTaxInclusive") == "Y" for record in firm["invoices"]) < 300

    def by_line(record: Record) -> Decimal:
        rates = [(amount(line["amount"]), amount(line.get("taxRate"))) for line in lines(record)]
        return sum(((base * rate / 100).quantize(CENT, ROUND_HALF_UP) for base, rate in rates), Decimal(0))

    plain = [record for record in firm["invoices"] if record.get("isTaxInclusive") != "Y"]
    assert any(abs(by_line(record) - amount(record["taxAmount"])) in (CENT, 2 * CENT) for record in plain)


def test_it_has_every_kind_of_discount_price_and_line(firm: dict[str, list[Record]]) -> None:
    invoices = firm["invoices"]
    for holders in (invoices, [line for record in invoices for line in record["lines"]]):
        assert any(holder.get("discountPercent") for holder in holders)
        assert any(holder.get("discountAmount") for holder in holders)
    prices = [str(line.get("unitPrice")) for record in invoices for line in record["lines"]]
    assert {len(price.partition(".")[2]) for price in prices} >= {0, 2, 4, 5, 6, 7}
    assert "" in prices
    assert any(record["serviceLines"] and not record["lines"] for record in invoices)
    assert any(record.get("shippingAmount") for record in invoices)
    assert any("," in record["total"] for record in invoices)


def test_its_names_are_those_that_break_careless_programs(firm: dict[str, list[Record]]) -> None:
    names = [record["customerName"] for record in firm["customers"]]
    for sign in ("&", '"', "<", "ü", "🔨", "  "):
        assert any(sign in name for name in names), sign
    assert any(name != name.rstrip() for name in names)
    assert [name for name, count in Counter(names).items() if count > 1] == ["Coastline Kitchens"]
    assert {record["supplierName"] for record in firm["suppliers"]} & set(names) == {"Wattle Grove Timber Pty Ltd"}
    for known in ("Bluegum Timber Pty Ltd", "Harbour City Electrical", "SÜDWIND Handels GmbH", "Old Mill Stores"):
        assert known in names


def test_its_people_include_one_without_an_address_and_one_with_a_bad_one(firm: dict[str, list[Record]]) -> None:
    addresses = [[each["emailAddress"] for each in record["emailAddresses"]] for record in firm["contacts"]]
    assert addresses.count([]) == 1
    good = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
    assert sum(not good.fullmatch(each) for held in addresses for each in held) == 1


def test_its_item_codes_collide_when_cut_repeat_and_are_missing(firm: dict[str, list[Record]]) -> None:
    codes = [record["itemCode"] for record in firm["items"]]
    long = [code for code in codes if len(code) > 30]
    assert len(long) == 2
    assert len({code[:30] for code in long}) == 1
    assert [code for code, count in Counter(codes).items() if count > 1] == ["TROLLEY"]
    assert "" in codes
    assert "null" in codes
    assert any(record["itemPrice"] == "" for record in firm["items"])


def test_some_records_lack_what_is_mandatory(firm: dict[str, list[Record]]) -> None:
    invoices = firm["invoices"]
    assert sum(not record["customerId"] for record in invoices) == 2
    assert sum(not record["contactId"] for record in invoices) == 2
    assert sum(not lines(record) for record in invoices) == 1
    assert sum(not record["supplierId"] for record in firm["supplier-invoices"]) == 1
    described = {record["itemId"] for record in firm["items"] if record["description"]}
    bare = [line for record in invoices for line in record["lines"] if not line.get("note")]
    assert any(line.get("itemId") in described for line in bare)
    assert any(line.get("itemId") not in described for line in bare)
    assert any(line.get("accountCode") == "299" for record in documents(firm) for line in record["lines"])


def test_texts_hold_html_and_the_word_null(firm: dict[str, list[Record]]) -> None:
    notes = [line.get("note", "") for record in firm["invoices"] for line in record["lines"]]
    assert any("<b>" in note and "&amp;" in note for note in notes)
    assert any("<script>" in note for note in notes)
    assert any(record["poNumber"] == "null" for record in firm["invoices"])


def test_the_awkward_are_few(firm: dict[str, list[Record]]) -> None:
    """More than nineteen of twenty invoices can go, or the firm would be a museum of oddities."""
    twins = {record["customerId"] for record in firm["customers"] if record["customerName"] == "Coastline Kitchens"}

    def stops(record: Record) -> bool:
        untold = any(
            line.get("taxes") or line.get("taxName") == "LCT" or line.get("accountCode") == "299"
            for line in record["lines"]
        )
        missing = not record["customerId"] or not record["contactId"] or not lines(record)
        return (
            untold or missing or day(record) <= LOCK or record["customerId"] in twins or record["statusName"] == "Void"
        )

    assert sum(stops(record) for record in firm["invoices"]) < 1200 // 20


def test_sums_keep_the_form_that_they_had() -> None:
    record: Record = {"currencyCode": "JPY", "lines": [{"quantity": "3", "unitPrice": Decimal("10.5")}]}
    record["subTotal"] = ""
    total_up(record, usual().app("invoices"))
    assert (record["subTotal"], record["total"], record["lines"][0]["amount"]) == ("32", Decimal(32), Decimal(32))
