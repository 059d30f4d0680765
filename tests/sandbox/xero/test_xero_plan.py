"""What a plan and a high volume of records forbid (docs/facts/xero.md, "Sizes", "Plans")."""

from typing import Any

import pytest
from tieout_sandbox.fake import Limits

REACHED = "You have reached the limit of invoices you can approve"


def actions(xero: Any) -> dict[str, str]:
    return {each["Name"]: each["Status"] for each in xero.get("Organisation/Actions")}


def test_full_plan_allows_everything(xero: Any) -> None:
    assert set(actions(xero).values()) == {"ALLOWED"}


@pytest.mark.parametrize(
    ("kind", "most", "action"), [("ACCREC", 20, "CreateApprovedInvoice"), ("ACCPAY", 5, "CreateApprovedBill")]
)
def test_starter_plan_approves_a_few_a_month(
    xero: Any, line: Any, errors: Any, kind: str, most: int, action: str
) -> None:
    xero.edit(collection="Organisation", set={"Class": "STARTER"})
    sale = kind == "ACCREC"
    lines = [line() if sale else line(AccountCode="300", TaxType="INPUT")]
    today = xero.clock.now().date().isoformat()
    element = xero.invoice(Type=kind, Status="AUTHORISED", Date=today, LineItems=lines)
    for _ in range(most):
        assert actions(xero)[action] == "ALLOWED"
        assert xero.put("Invoices", element)["StatusAttributeString"] == "OK"
    assert actions(xero)[action] == "NOT-ALLOWED"
    assert errors(xero.put("Invoices", element)) == [REACHED]
    draft = xero.put("Invoices", element | {"Status": "DRAFT"})
    assert draft["StatusAttributeString"] == "OK"
    assert errors(xero.post("Invoices", {"InvoiceID": draft["InvoiceID"], "Status": "AUTHORISED"})) == [REACHED]


def test_plan_of_one_currency_adds_none(xero: Any) -> None:
    xero.edit(collection="Organisation", set={"Class": "STANDARD"})
    assert actions(xero)["UseMulticurrency"] == "NOT-ALLOWED"
    assert xero.call("PUT", "Currencies", {"Code": "CHF"}).status_code == 400


@pytest.fixture
def many(make: Any) -> Any:
    """One invoice more than a low volume allows."""
    xero = make(limits=Limits(100_000, 1_000_000, 5, records=8))
    xero.write("PUT", "Invoices", *[xero.invoice()] * 9)
    return xero


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ({}, 400),
        ({"page": 1}, 200),
        ({"page": 1, "where": 'Status=="DRAFT" AND Type=="ACCREC"'}, 200),
        ({"page": 1, "where": 'Contact.Name=="x" AND Date>=DateTime(2026,1,1)'}, 200),
        ({"page": 1, "where": 'Status=="DRAFT" OR Type=="ACCREC"'}, 400),
        ({"page": 1, "where": 'Reference.Contains("x")'}, 400),
        ({"page": 1, "where": "Total>5"}, 400),
        ({"page": 1, "order": "UpdatedDateUTC DESC, InvoiceID"}, 200),
        ({"page": 1, "order": "InvoiceNumber"}, 400),
    ],
)
def test_high_volume_wants_pages_and_optimised_filters(many: Any, query: dict[str, Any], status: int) -> None:
    assert many.call("GET", "Invoices", **query).status_code == status


def test_high_volume_counts_each_endpoint_alone(many: Any) -> None:
    assert many.call("GET", "Contacts").status_code == 200
    assert many.call("GET", "Accounts").status_code == 200
