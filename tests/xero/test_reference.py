"""Reference data: accounts with their roles, tax rates, lock dates and the rest."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from tieout.api.contract import Connection
from tieout.api.errors import Unavailable
from tieout.api.model import Account, Currency, Lock, Organisation, Permission, Reference, TaxRate, Tracking
from tieout_xero import XERO, reference

from .conftest import Xero


@pytest.mark.parametrize(
    ("wire", "roles"),
    [
        ({"Type": "BANK", "Class": "ASSET"}, {"payment"}),
        ({"Type": "CURRENT", "Class": "ASSET", "EnablePaymentsToAccount": True}, {"payment", "purchase"}),
        ({"Type": "SALES", "Class": "REVENUE"}, {"sales"}),
        ({"Type": "OTHERINCOME", "Class": "REVENUE"}, {"sales"}),
        ({"Type": "OVERHEADS", "Class": "EXPENSE"}, {"purchase"}),
        ({"Type": "INVENTORY", "Class": "ASSET"}, {"purchase", "inventory"}),
        ({"Type": "CURRLIAB", "Class": "LIABILITY"}, set()),
        ({"Type": "CURRENT", "Class": "ASSET", "SystemAccount": "DEBTORS"}, set()),
        ({"Type": "CURRLIAB", "Class": "LIABILITY", "SystemAccount": "ROUNDING"}, set()),
    ],
)
def test_an_account_is_offered_for_what_it_is_legal_for(
    xero: Xero, connection: Connection, wire: dict[str, Any], roles: set[str]
) -> None:
    xero.answer(200, {"Accounts": [{"AccountID": "a", "Code": "1", "Name": "A", "Status": "ARCHIVED", **wire}]})
    (account,) = reference(connection, "accounts") or []
    assert isinstance(account, Account)
    assert account.roles == roles
    assert (account.active, account.category, account.system) == (False, wire["Class"], wire.get("SystemAccount", ""))


@pytest.mark.parametrize(
    ("type", "kind"),
    [("DIRECTCOSTS", "Direct Costs"), ("CURRENT", "Current Asset"), ("TERMLIAB", "Non-current Liability"), ("NEW", "")],
)
def test_a_type_of_account_is_called_as_in_xero(xero: Xero, connection: Connection, type: str, kind: str) -> None:
    xero.answer(200, {"Accounts": [{"AccountID": "a", "Code": "1", "Name": "A", "Type": type}]})
    (account,) = reference(connection, "accounts") or []
    assert isinstance(account, Account)
    assert (account.type, account.kind) == (type, kind)


def test_tax_rates(xero: Xero, connection: Connection) -> None:
    wire = {"TaxType": "TAX001", "Name": "GST 15", "Status": "ACTIVE", "EffectiveRate": Decimal("15.0000")}
    xero.answer(200, {"TaxRates": [wire | {"CanApplyToExpenses": True, "CanApplyToRevenue": False}]})
    assert reference(connection, "taxes") == [
        TaxRate(id="TAX001", code="TAX001", name="GST 15", rate=Decimal(15), categories=frozenset({"EXPENSE"}))
    ]


def test_currencies_tracking_themes_and_permissions(xero: Xero, connection: Connection) -> None:
    xero.answer(200, {"Currencies": [{"Code": "AUD", "Description": "Australian Dollar"}]})
    options = [{"Name": "North", "Status": "ACTIVE"}, {"Name": "South", "Status": "ARCHIVED"}]
    xero.answer(200, {"TrackingCategories": [{"TrackingCategoryID": "t", "Name": "Region", "Options": options}]})
    xero.answer(200, {"BrandingThemes": [{"BrandingThemeID": "b", "Name": "Plain", "SortOrder": 0}]})
    xero.answer(200, {"Actions": [{"Name": "UseMulticurrency", "Status": "NOT-ALLOWED"}]})
    assert reference(connection, "currencies") == [Currency(id="AUD", code="AUD", name="Australian Dollar")]
    assert reference(connection, "tracking") == [Tracking(id="t", name="Region", options=("North",))]
    assert reference(connection, "branding") == [Reference(id="b", name="Plain")]
    assert reference(connection, "permissions") == [
        Permission(id="UseMulticurrency", name="UseMulticurrency", allowed=False)
    ]
    assert [call.path for call in xero.calls] == [
        "Currencies",
        "TrackingCategories",
        "BrandingThemes",
        "Organisation/Actions",
    ]


def test_the_organisation_and_its_lock_dates(xero: Xero, connection: Connection) -> None:
    wire = {
        "OrganisationID": "o",
        "Name": "Acme",
        "ShortCode": "!abc",
        "BaseCurrency": "AUD",
        "CountryCode": "AU",
        "Timezone": "AUSEASTERNSTANDARDTIME",
        "PeriodLockDate": "/Date(1782777600000+0000)/",
    }
    xero.answer(200, {"Organisations": [wire]})
    xero.answer(200, {"Organisations": [wire]})
    assert reference(connection, "organisation") == [
        Organisation(id="o", name="Acme", code="!abc", currency="AUD", country="AU", zone="AUSEASTERNSTANDARDTIME")
    ]
    assert reference(connection, "locks") == [
        Lock(id="period", name="Period lock date", until=date(2026, 6, 30)),
        Lock(id="year", name="End of year lock date"),
    ]


@pytest.mark.parametrize("body", [{"Organisations": []}, b"<html>"])
def test_an_answer_without_an_organisation_is_an_error(xero: Xero, connection: Connection, body: Any) -> None:
    xero.answer(200, body)
    with pytest.raises(Unavailable):
        reference(connection, "organisation")


def test_every_declared_kind_can_be_read(xero: Xero, connection: Connection) -> None:
    names = ("Accounts", "TaxRates", "Currencies", "TrackingCategories", "BrandingThemes", "Actions")
    for kind in XERO.reference:
        xero.answer(200, {**{name: [] for name in names}, "Organisations": [{"BaseCurrency": "AUD"}]})
        assert reference(connection, kind) is not None
