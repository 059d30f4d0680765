"""The organisations of the sandbox: the seed that ships, or a file in Xero's wire shape in its place."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tieout_sandbox import codec
from tieout_sandbox.clock import Clock
from tieout_sandbox.codec import MalformedFile
from tieout_sandbox.entropy import Entropy
from tieout_sandbox.xero import besides, chart, fields, stamps
from tieout_sandbox.xero.adoption import Adoption
from tieout_sandbox.xero.books import Books
from tieout_sandbox.xero.chart import steady_id
from tieout_sandbox.xero.problems import Problem
from tieout_sandbox.xero.table import Record

_NAME = "Demo Company (AU)"
_CURRENCIES = {
    "AUD": "Australian Dollar",
    "NZD": "New Zealand Dollar",
    "USD": "United States Dollar",
    "EUR": "Euro",
    "GBP": "British Pound",
}
_CONTACTS = (
    ("BLUEGUM TIMBER PTY LTD", {"EmailAddress": "accounts@bluegumtimber.example", "IsCustomer": True}),
    ("harbour city electrical", {"EmailAddress": "office@harbourcity.example"}),
    ("Südwind Handels GmbH", {"EmailAddress": "buchhaltung@suedwind.example", "DefaultCurrency": "EUR"}),
    ("Old Mill Stores", {"ContactStatus": "ARCHIVED"}),
    ("Ridgeway University", {"EmailAddress": "payables@ridgeway.example", "AccountNumber": "RWU-01"}),
    ("PowerDirect", {"IsSupplier": True}),
    ("Net Connect", {"IsSupplier": True, "EmailAddress": "billing@netconnect.example"}),
)
_CREDIT = ("CreditNotes", "Prepayments", "Overpayments")
_RECORDS = ("Contacts", "ContactGroups", "Items", "Invoices", *_CREDIT, "PurchaseOrders", "Payments")
_SETTINGS = ("Accounts", "TaxRates", "Currencies", "TrackingCategories", "BrandingThemes")
_NEEDED = {
    "Accounts": ("Name", "Type"),
    "TaxRates": ("Name", "TaxType"),
    "Currencies": ("Code",),
    "TrackingCategories": ("Name",),
    "BrandingThemes": ("Name",),
    "Contacts": ("Name",),
    "ContactGroups": ("Name",),
    "Items": ("Code",),
}
_OF_A_RUN = ("Besides", "Connections", "Grants")
COLLECTIONS = ("Organisation", *_SETTINGS, *_RECORDS)
"""The keys of an organisation file, and of what the control surface shows."""


def seed(name: str = _NAME) -> dict[str, Any]:
    """An organisation in the shape of an organisation file, the same at every start; only the usual one has records."""
    given: dict[str, Any] = {"Organisation": _profile(name)}
    given["Contacts"] = [{"Name": contact, **more} for contact, more in _CONTACTS] if name == _NAME else []
    return given


def read(path: Path) -> dict[str, Any]:
    """Read an organisation file.

    Raises `MalformedFile` with the file and the reason when it cannot be used.
    """
    given = codec.read_file(path)
    if not isinstance(given, dict):
        raise MalformedFile(f"{path}: an organisation is an object with keys such as Organisation, Accounts, Contacts")
    return given


def books(given: Mapping[str, Any], source: str, clock: Clock, entropy: Entropy) -> Books:
    """The books of an organisation given in the shape of an organisation file; `source` names it in errors.

    Settings that are missing are those of the seed; records that are missing are none.
    Raises `MalformedFile` with the source and the reason when it cannot be used.
    """
    unknown = given.keys() - {*COLLECTIONS, "Organisations", *_OF_A_RUN}
    if unknown:
        raise MalformedFile(f"{source}: unknown key {sorted(unknown)[0]!r}; known are {', '.join(COLLECTIONS)}")
    profiles = _unwrapped(given, "Organisation", source) or _unwrapped(given, "Organisations", source)
    organisation = {**_profile(_NAME), **(profiles[0] if profiles else {})}
    if profiles and "OrganisationID" not in profiles[0]:
        organisation["OrganisationID"] = steady_id(f"organisation/{organisation['Name']}")
    made = Books(organisation, clock, entropy)
    ready = {
        "Accounts": chart.accounts(made.tenant),
        "TaxRates": chart.tax_rates(),
        "Currencies": [{"Code": code, "Description": name} for code, name in _CURRENCIES.items()],
        "TrackingCategories": [_tracking(made.tenant)],
        "BrandingThemes": [{"Name": "Standard", "SortOrder": 0, "CreatedDateUTC": organisation["CreatedDateUTC"]}],
    }
    adoption = Adoption(made)
    for name in (*_SETTINGS, *_RECORDS):
        records = _unwrapped(given, name, source) if name in given else ready.get(name, [])
        for index, record in enumerate(records):
            where = f"{source}: {name}[{index}]"
            for field in _NEEDED.get(name, ()):
                if not record.get(field):
                    raise MalformedFile(f"{where}: {field} is missing")
            try:
                adoption.adopt(name, record)
            except (Problem, ValueError, ArithmeticError) as error:
                raise MalformedFile(f"{where}: {error}") from error
            except (KeyError, TypeError, AttributeError) as error:
                raise MalformedFile(f"{where}: not in Xero's wire shape ({error!r})") from error
    if "Besides" in given:
        besides.restore(made, given["Besides"])
    _check(made, source)
    made.settle()
    return made


def _check(made: Books, source: str) -> None:
    if made.currencies.get(made.base_currency) is None:
        raise MalformedFile(f"{source}: the base currency {made.base_currency} is not among the currencies")
    for name in ("PeriodLockDate", "EndOfYearLockDate"):
        try:
            fields.day(made.organisation, name)
        except Problem as error:
            raise MalformedFile(f"{source}: Organisation: {error}") from error


def _unwrapped(given: Mapping[str, Any], name: str, source: str) -> list[Record]:
    """The records under a key: a list, one record, or the envelope of an answer of the API around them."""
    value = given.get(name, [])
    if isinstance(value, dict):
        plural = "Organisations" if name == "Organisation" else name
        value = value.get(plural, [value])
    if not isinstance(value, list) or not all(isinstance(each, dict) for each in value):
        raise MalformedFile(f"{source}: {name} is not a list of objects")
    return value


def _profile(name: str) -> Record:
    return {
        "OrganisationID": steady_id(f"organisation/{name}"),
        "APIKey": "",
        "Name": name,
        "LegalName": name,
        "PaysTax": True,
        "Version": "AU",
        "OrganisationType": "COMPANY",
        "OrganisationEntityType": "COMPANY",
        "BaseCurrency": "AUD",
        "CountryCode": "AU",
        "IsDemoCompany": True,
        "OrganisationStatus": "ACTIVE",
        "TaxNumber": "11 111 111 138",
        "FinancialYearEndDay": 30,
        "FinancialYearEndMonth": 6,
        "SalesTaxBasis": "ACCRUALS",
        "SalesTaxPeriod": "QUARTERLY1",
        "DefaultSalesTax": "Tax Exclusive",
        "DefaultPurchasesTax": "Tax Exclusive",
        "PeriodLockDate": stamps.day_stamp(stamps.day("2026-03-31")),
        "EndOfYearLockDate": stamps.day_stamp(stamps.day("2025-06-30")),
        "CreatedDateUTC": stamps.stamp(1_700_000_000_000),
        "Timezone": "AUSEASTERNSTANDARDTIME",
        "ShortCode": "!" + steady_id(f"code/{name}")[:5],
        "Edition": "BUSINESS",
        "Class": "PREMIUM",
        "Addresses": [],
        "Phones": [],
        "ExternalLinks": [],
        "PaymentTerms": {"Sales": {"Day": 30, "Type": "DAYSAFTERBILLDATE"}},
    }


def _tracking(tenant: str) -> Record:
    identity = steady_id(f"{tenant}/tracking/Region")
    return {
        "TrackingCategoryID": identity,
        "Name": "Region",
        "Status": "ACTIVE",
        "Options": [
            {
                "TrackingOptionID": steady_id(f"{identity}/{option}"),
                "Name": option,
                "Status": "ACTIVE",
                "HasValidationErrors": False,
                "IsDeleted": False,
                "IsArchived": False,
                "IsActive": True,
            }
            for option in ("Eastside", "North", "South", "West Coast")
        ],
    }
