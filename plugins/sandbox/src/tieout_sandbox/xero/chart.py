"""The chart of accounts and the tax rates that the seed organisation starts with."""

from decimal import Decimal
from functools import lru_cache
from uuid import UUID, uuid5

from tieout_sandbox.xero import stamps
from tieout_sandbox.xero.table import Record

_SPACE = UUID("7f1f6c3e-8a35-5d0b-9a39-5b1d4f0f2a11")
_CHANGED = stamps.stamp(1_767_225_600_000)

_ACCOUNTS = """
090|Business Bank Account|BANK|BASEXCLUDED|bank=06200010123456
091|Business Savings Account|BANK|BASEXCLUDED|bank=06200010987654
-|Business USD Account|BANK|BASEXCLUDED|bank=06200055512345 currency=USD
200|Sales|REVENUE|OUTPUT|
210|Installation and Service|REVENUE|OUTPUT|
220|Freight Recovered|REVENUE|OUTPUT|
260|Other Revenue|REVENUE|OUTPUT|
270|Interest Income|REVENUE|OUTPUT|
280|Export Sales|SALES|EXEMPTEXPORT|
299|Sales - Old Showroom|REVENUE|OUTPUT|archived
300|Purchases|DIRECTCOSTS|INPUT|
310|Cost of Goods Sold|DIRECTCOSTS|INPUT|
320|Direct Wages|DIRECTCOSTS|BASEXCLUDED|
400|Advertising|EXPENSE|INPUT|
404|Bank Fees|EXPENSE|EXEMPTEXPENSES|
408|Cleaning|EXPENSE|INPUT|
412|Consulting & Accounting|EXPENSE|INPUT|
416|Depreciation|DEPRECIATN|BASEXCLUDED|
420|Entertainment|EXPENSE|INPUT|
425|Freight & Courier|EXPENSE|INPUT|
429|General Expenses|EXPENSE|INPUT|
433|Insurance|EXPENSE|INPUT|
437|Interest Expense|EXPENSE|EXEMPTEXPENSES|
441|Legal Expenses|EXPENSE|INPUT|
445|Light, Power, Heating|EXPENSE|INPUT|
449|Motor Vehicle Expenses|EXPENSE|INPUT|
453|Office Expenses|EXPENSE|INPUT|
461|Printing & Stationery|EXPENSE|INPUT|
469|Rent|OVERHEADS|INPUT|
473|Repairs and Maintenance|EXPENSE|INPUT|
477|Wages and Salaries|EXPENSE|BASEXCLUDED|
485|Subscriptions|EXPENSE|INPUT|
489|Telephone & Internet|EXPENSE|INPUT|
493|Travel - National|EXPENSE|INPUT|
494|Travel - International|EXPENSE|EXEMPTEXPENSES|
497|Bank Revaluations|EXPENSE|BASEXCLUDED|system=BANKCURRENCYGAIN
498|Unrealised Currency Gains|EXPENSE|BASEXCLUDED|system=UNREALISEDCURRENCYGAIN
499|Realised Currency Gains|EXPENSE|BASEXCLUDED|system=REALISEDCURRENCYGAIN
505|Income Tax Expense|EXPENSE|BASEXCLUDED|
610|Accounts Receivable|CURRENT|BASEXCLUDED|system=DEBTORS
620|Prepayments|PREPAYMENT|BASEXCLUDED|
630|Inventory|INVENTORY|BASEXCLUDED|
710|Office Equipment|FIXED|INPUT|
711|Less Accumulated Depreciation on Office Equipment|FIXED|BASEXCLUDED|
720|Computer Equipment|FIXED|INPUT|
800|Accounts Payable|CURRLIAB|BASEXCLUDED|system=CREDITORS
801|Unpaid Expense Claims|CURRLIAB|BASEXCLUDED|system=UNPAIDEXPCLM
804|Wages Payable|CURRLIAB|BASEXCLUDED|system=WAGEPAYABLES
820|GST|CURRLIAB|BASEXCLUDED|system=GST
830|Income Tax Payable|CURRLIAB|BASEXCLUDED|
840|Historical Adjustment|CURRLIAB|BASEXCLUDED|system=HISTORICAL
850|Suspense|CURRLIAB|BASEXCLUDED|
855|Clearing Account|CURRLIAB|BASEXCLUDED|payments
860|Rounding|CURRLIAB|BASEXCLUDED|system=ROUNDING
877|Tracking Transfers|CURRLIAB|BASEXCLUDED|system=TRACKINGTRANSFERS
880|Owner A Drawings|EQUITY|BASEXCLUDED|payments
881|Owner A Funds Introduced|EQUITY|BASEXCLUDED|payments
900|Loan|TERMLIAB|BASEXCLUDED|
960|Retained Earnings|EQUITY|BASEXCLUDED|system=RETAINEDEARNINGS
970|Owner A Share Capital|EQUITY|BASEXCLUDED|
"""

_TAX_RATES = """
OUTPUT|GST on Income|10|ALER|OUTPUT
INPUT|GST on Expenses|10|ALEX|INPUT
CAPEXINPUT|GST on Capital|10|AX|CAPITALEXPENSESINPUT
EXEMPTOUTPUT|GST Free Income|0|ALER|EXEMPTOUTPUT
EXEMPTEXPENSES|GST Free Expenses|0|ALEX|EXEMPTEXPENSES
EXEMPTEXPORT|GST Free Exports|0|R|EXEMPTEXPORT
INPUTTAXED|Input Taxed|0|ALERX|INPUTTAXED
BASEXCLUDED|BAS Excluded|0|ALERX|BASEXCLUDED
GSTONIMPORTS|GST on Imports|0|L|GSTONIMPORTS
TAX001|GST 15% (NZ)|15|ALERX|OUTPUT
TAX002|VAT 20% (UK)|20|ALERX|OUTPUT
TAX003|MwSt 19% (DE)|19|ALERX|OUTPUT
TAX004|Sales Tax 8.25%|8.25|ALERX|OUTPUT
"""

_LETTERS = {"A": "Assets", "L": "Liabilities", "E": "Equity", "R": "Revenue", "X": "Expenses"}
_CLASSES = {
    "ASSET": ("BANK", "CURRENT", "FIXED", "INVENTORY", "NONCURRENT", "PREPAYMENT"),
    "EQUITY": ("EQUITY",),
    "EXPENSE": ("DEPRECIATN", "DIRECTCOSTS", "EXPENSE", "OVERHEADS"),
    "LIABILITY": ("CURRLIAB", "LIABILITY", "TERMLIAB", "PAYG"),
    "REVENUE": ("OTHERINCOME", "REVENUE", "SALES"),
}
CLASS_OF = {kind: name for name, kinds in _CLASSES.items() for kind in kinds}
"""The class of an account by its type (docs/facts/xero.md, "Accounts")."""


@lru_cache(maxsize=4096)
def steady_id(name: str) -> str:
    """An id that is the same at every start."""
    return str(uuid5(_SPACE, name))


def accounts(tenant: str) -> list[Record]:
    """The chart of an Australian organisation."""
    return [_account(tenant, line) for line in _ACCOUNTS.strip().splitlines()]


def tax_rates() -> list[Record]:
    """The rates of an Australian organisation, with some of its own for other countries."""
    return [_tax_rate(*line.split("|")) for line in _TAX_RATES.strip().splitlines()]


def _account(tenant: str, line: str) -> Record:
    code, name, kind, tax_type, more = line.split("|")
    marks = {word.partition("=")[0]: word.partition("=")[2] for word in more.split()}
    account: Record = {
        "AccountID": steady_id(f"{tenant}/account/{name}"),
        "Code": code,
        "Name": name,
        "Status": "ARCHIVED" if "archived" in marks else "ACTIVE",
        "Type": kind,
        "TaxType": tax_type,
        "Class": CLASS_OF[kind],
        "EnablePaymentsToAccount": "payments" in marks,
        "ShowInExpenseClaims": kind == "EXPENSE",
        "AddToWatchlist": False,
        "ReportingCode": CLASS_OF[kind][:3],
        "ReportingCodeName": CLASS_OF[kind].capitalize(),
        "HasAttachments": False,
        "UpdatedDateUTC": _CHANGED,
    }
    if code == "-":
        del account["Code"]
    if kind == "BANK":
        account |= {"BankAccountType": "BANK", "BankAccountNumber": marks["bank"]}
        account["CurrencyCode"] = marks.get("currency", "AUD")
    if "system" in marks:
        account["SystemAccount"] = marks["system"]
    return account


def _tax_rate(code: str, name: str, percent: str, classes: str, report: str) -> Record:
    rate = Decimal(percent).quantize(Decimal("0.0001"))
    component = {"Name": name.partition(" ")[0], "Rate": rate, "IsCompound": False, "IsNonRecoverable": False}
    return {
        "Name": name,
        "TaxType": code,
        "ReportTaxType": report,
        **{f"CanApplyTo{word}": letter in classes for letter, word in _LETTERS.items()},
        "DisplayTaxRate": rate,
        "EffectiveRate": rate,
        "Status": "ACTIVE",
        "TaxComponents": [component],
    }
