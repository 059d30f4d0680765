"""Any document, saved through the API, agrees to the cent with a slow computation of our own.

Source: docs/facts/xero.md, "Arithmetic".

The computation works in whole numbers and fractions, digit by digit as "Arithmetic" tells it, and shares no code with
the sandbox.
"""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tieout_sandbox import codec
from tieout_sandbox.clock import Clock
from tieout_sandbox.fake import Fake, Limits, Options
from tieout_sandbox.xero.app import create

PERCENT = {"BASEXCLUDED": "0", "TAX001": "15", "TAX003": "19", "TAX004": "8.25"}
PLURALS = {"ACCREC": "Invoices", "ACCPAY": "Invoices", "ACCRECCREDIT": "CreditNotes", "ORDER": "PurchaseOrders"}
DISCOUNTS = {"ACCREC": ("none", "rate", "amount"), "ORDER": ("none", "rate")}


@dataclass(frozen=True)
class Line:
    """One line as it is sent; `off` is a percentage or an amount, by `discount`."""

    quantity: Decimal
    unit: Decimal
    discount: str
    off: Decimal
    tax_type: str

    def element(self, account: str) -> dict[str, Any]:
        """The line in wire shape."""
        field = {"rate": "DiscountRate", "amount": "DiscountAmount"}.get(self.discount)
        sent = {"Description": "x", "Quantity": self.quantity, "UnitAmount": self.unit, "TaxType": self.tax_type}
        return {**sent, "AccountCode": account, **({field: self.off} if field else {})}


@dataclass(frozen=True)
class Document:
    """One document as it is sent, and the decimals that the call keeps of a unit amount."""

    kind: str
    types: str
    places: int
    lines: tuple[Line, ...]


def halves_up(value: Fraction, places: int) -> Fraction:
    """The nearest multiple of the last place; halves go away from zero."""
    scale = 10**places
    whole, rest = divmod(abs(value) * scale, 1)
    steps = whole + (1 if rest * 2 >= 1 else 0)
    return Fraction(steps if value >= 0 else -steps, scale)


def line_amount(line: Line, places: int) -> Fraction:
    """LineAmount: what is left of quantity times unit amount, rounded once to the cent."""
    gross = Fraction(line.quantity) * halves_up(Fraction(line.unit), places)
    if line.discount == "rate":
        gross *= 1 - Fraction(line.off) / 100
    if line.discount == "amount":
        return halves_up(gross, 2) - Fraction(line.off)
    return halves_up(gross, 2)


def slow(document: Document) -> tuple[list[Fraction], list[Fraction], Fraction, Fraction]:
    """LineAmounts, TaxAmounts, TotalTax and Total."""
    places = 4 if document.kind == "ORDER" else document.places
    amounts = [line_amount(line, places) for line in document.lines]
    taxes = []
    for line, amount in zip(document.lines, amounts, strict=True):
        percent = Fraction(PERCENT[line.tax_type])
        whole = {"Exclusive": Fraction(100), "Inclusive": 100 + percent}.get(document.types)
        taxes.append(halves_up(amount * percent / whole, 2) if whole else Fraction(0))
    on_top = sum(taxes) if document.types == "Exclusive" else 0
    return amounts, taxes, Fraction(sum(taxes)), Fraction(sum(amounts) + on_top)


@st.composite
def documents(draw: st.DrawFn) -> Document:
    kind = draw(st.sampled_from(sorted(PLURALS)))
    types, places = draw(st.sampled_from(["Exclusive", "Inclusive", "NoTax"])), draw(st.sampled_from([2, 4]))
    lines = []
    for _ in range(draw(st.integers(1, 5))):
        quantity = draw(st.decimals("-3", "900", places=draw(st.integers(0, 4))))
        unit = draw(st.decimals("0", "4000", places=draw(st.integers(0, 6))))
        discount = draw(st.sampled_from(DISCOUNTS.get(kind, ("none",))))
        off = draw(st.decimals("0.01", "99.99", places=2))
        line = Line(quantity, unit, discount, off, draw(st.sampled_from(sorted(PERCENT))))
        if discount == "amount" and line_amount(line, places) < 0:
            line = Line(quantity, unit, "none", off, line.tax_type)
        lines.append(line)
    return Document(kind, types, places, tuple(lines))


@pytest.fixture(scope="module")
def write(client_of: Callable[[Fake], httpx.Client]) -> Callable[[Document], dict[str, Any]]:
    """Saves a draft and gives the element of the answer."""
    fake = create(Options("http://localhost:1", limits=Limits(10**6, 10**6, 5)), Clock())
    http = client_of(fake)
    token = fake.credentials["authorised"]["access-token"]
    headers = {"Authorization": f"Bearer {token}", "Xero-Tenant-Id": fake.credentials["tenant-id"]}
    headers["Accept"] = "application/json"
    contact = http.get("/api.xro/2.0/Contacts", headers=headers).json()["Contacts"][0]["ContactID"]

    def save(document: Document) -> dict[str, Any]:
        account = "200" if document.kind.startswith("ACCREC") else "300"
        element = {
            "Type": document.kind,
            "Contact": {"ContactID": contact},
            "Date": "2026-11-03",
            "LineAmountTypes": document.types,
            "LineItems": [line.element(account) for line in document.lines],
        }
        plural = PLURALS[document.kind]
        query = {"summarizeErrors": "false", "unitdp": str(document.places)}
        answer = http.put(f"/api.xro/2.0/{plural}", params=query, content=codec.dumps([element]), headers=headers)
        made: dict[str, Any] = codec.loads(answer.content)[plural][0]
        return made

    return save


@settings(max_examples=200, deadline=None)
@given(document=documents())
def test_every_saved_document_agrees_to_the_cent(
    write: Callable[[Document], dict[str, Any]], document: Document
) -> None:
    amounts, taxes, tax, total = slow(document)
    made = write(document)
    if total < 0 and document.kind != "ORDER":
        assert "cannot be negative" in made["ValidationErrors"][0]["Message"]
        return
    assert made["StatusAttributeString"] == "OK", made
    assert [Fraction(each["LineAmount"]) for each in made["LineItems"]] == amounts
    assert [Fraction(each["TaxAmount"]) for each in made["LineItems"]] == taxes
    assert (Fraction(made["TotalTax"]), Fraction(made["Total"])) == (tax, total)
    assert Fraction(made["SubTotal"]) == total - tax
    left = {"Invoices": "AmountDue", "CreditNotes": "RemainingCredit"}.get(PLURALS[document.kind], "Total")
    assert Fraction(made[left]) == total
