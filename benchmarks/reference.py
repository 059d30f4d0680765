"""Xero's answers about tokens, connections, the organisation and its lists."""

from __future__ import annotations

import time
from base64 import urlsafe_b64encode
from typing import Any

import firm
from msgspec import json

TENANT = "2b1f6e0c-7d3a-4c58-9a41-5f0e8d2c6b97"
_CONNECTION = "848dfefc-642c-4afd-b939-4e3e9198fdb9"
SALES = "200"
TAXED = "OUTPUT"
THEME = "9a2f3080-b03a-4f0c-ab7d-c142368fadbe"

_LASTS = 1_800
_ACCOUNTS = (
    ("090", "Business Bank Account", "BANK", "ASSET", "BASEXCLUDED", ""),
    ("200", "Sales", "REVENUE", "REVENUE", "OUTPUT", ""),
    ("260", "Other Revenue", "REVENUE", "REVENUE", "OUTPUT", ""),
    ("300", "Purchases", "DIRECTCOSTS", "EXPENSE", "INPUT", ""),
    ("310", "Cost of Goods Sold", "DIRECTCOSTS", "EXPENSE", "INPUT", ""),
    ("404", "Bank Fees", "EXPENSE", "EXPENSE", "EXEMPTEXPENSES", ""),
    ("429", "General Expenses", "EXPENSE", "EXPENSE", "INPUT", ""),
    ("453", "Office Expenses", "EXPENSE", "EXPENSE", "INPUT", ""),
    ("610", "Accounts Receivable", "CURRENT", "ASSET", "BASEXCLUDED", "DEBTORS"),
    ("630", "Inventory", "INVENTORY", "ASSET", "BASEXCLUDED", ""),
    ("800", "Accounts Payable", "CURRLIAB", "LIABILITY", "BASEXCLUDED", "CREDITORS"),
    ("820", "GST", "CURRLIAB", "LIABILITY", "BASEXCLUDED", "GST"),
    ("860", "Rounding", "CURRLIAB", "LIABILITY", "BASEXCLUDED", "ROUNDING"),
    ("960", "Retained Earnings", "EQUITY", "EQUITY", "BASEXCLUDED", "RETAINEDEARNINGS"),
)
_TAXES = (
    ("OUTPUT", "GST on Income", 10.0, True, False),
    ("INPUT", "GST on Expenses", 10.0, False, True),
    ("EXEMPTOUTPUT", "GST Free Income", 0.0, True, False),
    ("EXEMPTEXPENSES", "GST Free Expenses", 0.0, False, True),
    ("BASEXCLUDED", "BAS Excluded", 0.0, True, True),
)
_ACTIONS = ("CreateApprovedInvoice", "CreateDraftInvoice", "CreateInvoicePayment", "AttachFilesIntoInvoice")


def account_id(code: str) -> str:
    """Return the id of the account with a code."""
    return f"1d560fb4-acd8-4f89-b6c1-3c5447a5{int(code):04}"


def token() -> bytes:
    """Return an access token for half an hour, as a custom connection gets one."""
    now = int(time.time())
    claims = {"nbf": now, "exp": now + _LASTS, "client_id": "benchmark", "scope": ["accounting.invoices"]}
    jwt = ".".join((_part({"alg": "RS256", "typ": "JWT"}), _part(claims), _part({})))
    return json.encode({"access_token": jwt, "expires_in": _LASTS, "token_type": "Bearer"})


def connections() -> bytes:
    """Return the list of connected organisations, which is only one."""
    stamp = "2026-01-05T00:00:00.0000000"
    only = {"id": _CONNECTION, "tenantId": TENANT, "tenantType": "ORGANISATION", "tenantName": firm.NAME}
    return json.encode([{**only, "createdDateUtc": stamp, "updatedDateUtc": stamp}])


def lists() -> dict[str, tuple[str, list[Any]]]:
    """Return the name and the elements of each list, by its path."""
    return {
        "Organisation": ("Organisations", [_organisation()]),
        "Organisation/Actions": ("Actions", [{"Name": name, "Status": "ALLOWED"} for name in _ACTIONS]),
        "Accounts": ("Accounts", [_account(*row) for row in _ACCOUNTS]),
        "TaxRates": ("TaxRates", [_tax(*row) for row in _TAXES]),
        "Currencies": ("Currencies", [{"Code": firm.CURRENCY, "Description": "Australian Dollar"}]),
        "TrackingCategories": ("TrackingCategories", [_tracking()]),
        "BrandingThemes": (
            "BrandingThemes",
            [{"BrandingThemeID": THEME, "Name": "Standard", "SortOrder": 0}],
        ),
    }


def _part(value: dict[str, Any]) -> str:
    return urlsafe_b64encode(json.encode(value)).decode().rstrip("=")


def _organisation() -> dict[str, Any]:
    return {
        "OrganisationID": TENANT,
        "Name": firm.NAME,
        "LegalName": firm.NAME,
        "PaysTax": True,
        "Version": "AU",
        "OrganisationType": "COMPANY",
        "BaseCurrency": firm.CURRENCY,
        "CountryCode": "AU",
        "IsDemoCompany": False,
        "OrganisationStatus": "ACTIVE",
        "FinancialYearEndDay": 30,
        "FinancialYearEndMonth": 6,
        "DefaultSalesTax": "Tax Exclusive",
        "CreatedDateUTC": "/Date(1700000000000+0000)/",
        "Timezone": "AUSEASTERNSTANDARDTIME",
        "ShortCode": "!bench",
        "Edition": "BUSINESS",
        "Class": "PREMIUM",
    }


def _account(code: str, name: str, kind: str, group: str, tax: str, system: str) -> dict[str, Any]:
    found = {
        "AccountID": account_id(code),
        "Code": code,
        "Name": name,
        "Status": "ACTIVE",
        "Type": kind,
        "Class": group,
        "TaxType": tax,
        "EnablePaymentsToAccount": False,
        "ShowInExpenseClaims": False,
        "UpdatedDateUTC": "/Date(1767225600000+0000)/",
        "HasAttachments": False,
    }
    if kind == "BANK":
        found |= {"BankAccountType": "BANK", "BankAccountNumber": "06200010123456", "CurrencyCode": firm.CURRENCY}
    return found | ({"SystemAccount": system} if system else {})


def _tax(code: str, name: str, rate: float, sales: bool, purchases: bool) -> dict[str, Any]:
    return {
        "TaxType": code,
        "Name": name,
        "Status": "ACTIVE",
        "DisplayTaxRate": rate,
        "EffectiveRate": rate,
        "CanApplyToAssets": True,
        "CanApplyToEquity": True,
        "CanApplyToLiabilities": True,
        "CanApplyToRevenue": sales,
        "CanApplyToExpenses": purchases,
        "TaxComponents": [{"Name": firm.TAX, "Rate": rate, "IsCompound": False, "IsNonRecoverable": False}],
    }


def _tracking() -> dict[str, Any]:
    options = [
        {"TrackingOptionID": account_id(str(at)), "Name": name, "Status": "ACTIVE"}
        for at, name in enumerate(("North", "South"), start=1)
    ]
    return {"TrackingCategoryID": account_id("9"), "Name": "Region", "Status": "ACTIVE", "Options": options}
