"""What the sandbox writes into a plugins.toml: accounts by purpose, taxes by rate and side."""

from decimal import Decimal
from typing import Any

import pytest
from tieout_sandbox.apptivo.layoutfile import usual
from tieout_sandbox.writeconfig import accounts, tax_label, taxes


def account(code: str, kind: str, **more: Any) -> dict[str, Any]:
    return {"Code": code, "Type": kind, "Status": "ACTIVE", **more}


def rate(tax_type: str, percent: str, sales: bool = True, purchases: bool = True, **more: Any) -> dict[str, Any]:
    applies = {"CanApplyToRevenue": sales, "CanApplyToExpenses": purchases}
    return {"TaxType": tax_type, "Status": "ACTIVE", "EffectiveRate": Decimal(percent), **applies, **more}


def test_accounts_are_chosen_by_type_and_then_by_code() -> None:
    chart = [
        account("610", "CURRENT", SystemAccount="DEBTORS"),
        account("260", "OTHERINCOME"),
        account("210", "REVENUE"),
        account("200", "SALES", Status="ARCHIVED"),
        account("205", "SALES"),
        account("100", "EXPENSE"),
        account("300", "DIRECTCOSTS"),
        account("630", "INVENTORY"),
        account("080", "BANK", CurrencyCode="USD"),
        {"Type": "BANK", "Status": "ACTIVE"},
        account("090", "BANK", CurrencyCode="AUD"),
    ]
    assert accounts(chart, "AUD") == {"payment": "090", "inventory": "630", "sales": "205", "purchase": "300"}


def test_payments_fall_back_on_an_account_that_takes_them_and_what_is_missing_is_left_out() -> None:
    chart = [account("855", "CURRLIAB", EnablePaymentsToAccount=True), account("400", "EXPENSE")]
    assert accounts(chart, "AUD") == {"payment": "855", "purchase": "400"}


def test_taxes_are_chosen_by_rate_and_side_and_built_in_ones_come_first() -> None:
    rates = [
        rate("TAX001", "10"),
        rate("INPUT", "10", sales=False),
        rate("OUTPUT", "10", purchases=False),
        rate("TAX002", "15", Status="DELETED"),
        rate("TAX003", "15", purchases=False),
        rate("BASEXCLUDED", "0"),
        rate("EXEMPTOUTPUT", "0", purchases=False),
    ]
    gst, nz, lct = ({"taxName": n, "taxRate": r} for n, r in (("GST", 10), ("GST", "15.0"), ("LCT", 33)))
    firm: dict[str, list[dict[str, Any]]] = {
        "invoices": [{"lines": [gst, nz, {}], "serviceLines": [lct], "total": "1"}],
        "purchase-orders": [{"lines": [gst]}],
        "supplier-invoices": [{"lines": [nz, {"taxes": [gst, lct]}]}],
    }
    assert taxes("sales", firm, rates, usual()) == {"GST 10%": "OUTPUT", "GST 15%": "TAX003", "none": "EXEMPTOUTPUT"}
    assert taxes("purchases", firm, rates, usual()) == {"GST 10%": "INPUT", "none": "BASEXCLUDED"}


@pytest.mark.parametrize(
    ("name", "percent", "label"),
    [("GST", "10.00", "GST 10%"), ("GST 10%", "10", "GST 10%"), ("Sales Tax", "8.25", "Sales Tax 8.25%")],
)
def test_a_tax_is_called_by_its_name_and_its_percentage_once(name: str, percent: str, label: str) -> None:
    assert tax_label(name, Decimal(percent)) == label
