"""What invoices, bills and orders have in common: contact, currency, lines, totals, dates.

Source: docs/facts/xero.md, "Invoices and bills", "Purchase orders".
"""

from decimal import Decimal

from tieout_sandbox.xero import contacts, fields, stamps
from tieout_sandbox.xero.arithmetic import ZERO, rounded, totals
from tieout_sandbox.xero.books import Books
from tieout_sandbox.xero.contacts import Contacts
from tieout_sandbox.xero.endpoint import Way
from tieout_sandbox.xero.findings import Findings
from tieout_sandbox.xero.lines import Ruling
from tieout_sandbox.xero.table import Record

_PER_AUD = {
    "AUD": Decimal("1.000000"),
    "NZD": Decimal("1.094210"),
    "USD": Decimal("0.655180"),
    "EUR": Decimal("0.604930"),
    "GBP": Decimal("0.516470"),
    "JPY": Decimal("97.412300"),
}
_LINE_AMOUNT_TYPES = {"exclusive": "Exclusive", "inclusive": "Inclusive", "notax": "NoTax"}
_IDENTIFYING = frozenset({"ContactID", "ContactNumber"})
_READ_ONLY = frozenset(
    {"IsCustomer", "IsSupplier", "UpdatedDateUTC", "HasAttachments", "HasValidationErrors", "ContactGroups", "Balances"}
    | {"ValidationErrors", "ContactStatus", "Website", "Discount", "BrandingTheme", "BatchPayments"}
)
NO_CONTACT = "A Contact must be specified for this type of transaction"
NOT_FOUND = "The document with the supplied id was not found for this endpoint."
_ARCHIVED = (
    "The contact with the specified contact details has been archived. "
    "The contact must be un-archived before creating new invoices or credit notes"
)


def known_contact(directory: Contacts, given: Record, findings: Findings) -> Record | None:
    """The contact that a document names by ContactID or ContactNumber; it must exist and be active."""
    identity, number = fields.guid(given, "ContactID"), fields.text(given, "ContactNumber")
    found = None
    if identity:
        found = directory.table.get(identity)
    elif number:
        found = directory.find(number)
    if found is None:
        findings.refuse(NOT_FOUND if identity else NO_CONTACT)
    elif found["ContactStatus"] == "ARCHIVED":
        findings.refuse(_ARCHIVED)
    return found


def embedded_contact(directory: Contacts, given: Record, way: Way, findings: Findings) -> Record | None:
    """The contact inside an invoice: more than an id creates or changes it and wipes its people.

    Source: docs/facts/xero.md, "Contact inside a document".
    """
    writable = {name for name in given if name not in _READ_ONLY and given[name] not in (None, "", [])}
    if writable and writable <= _IDENTIFYING:
        known = known_contact(directory, given, Findings())
        if known is not None or "ContactID" in writable:
            return known_contact(directory, given, findings)
    if not writable:
        findings.refuse(NO_CONTACT)
        return None
    contact = directory.prepare({"ContactPersons": [], **given}, Way("POST", client=way.client), attempt := Findings())
    for message in attempt.errors:
        findings.refuse(_ARCHIVED if "archived contact" in message else message)
    return contact


def require_current(books: Books, document: Record, findings: Findings) -> None:
    """Refuse an approval of what has been archived since it was saved: contact, accounts, tax rates."""
    contact = books.contacts.get(document["Contact"]["ContactID"]) if "Contact" in document else None
    if contact is not None and contact["ContactStatus"] == "ARCHIVED":
        findings.refuse(_ARCHIVED)
    for line in document["LineItems"]:
        account = books.accounts.get(line.get("AccountID", ""))
        if "AccountID" in line and (account is None or account["Status"] != "ACTIVE"):
            name = line.get("AccountCode") or line["AccountID"]
            findings.refuse(f"Account code '{name}' has been archived, or has been deleted.")
        code = line.get("TaxType")
        rate = books.tax_rates.get(code or "")
        if code and code != "NONE" and (rate is None or rate["Status"] != "ACTIVE"):
            findings.refuse(f"The TaxType code {code} does not exist or cannot be used for this type of transaction")


def set_header(books: Books, record: Record, element: Record, contact: Record | None, findings: Findings) -> None:
    """Write the fields that every document has: date, kind of amounts, currency, branding."""
    date = fields.day(element, "Date")
    if date is not None or "Date" not in record:
        fields.set_day(record, "Date", date or books.today())
    types = fields.text(element, "LineAmountTypes")
    if types:
        known = _LINE_AMOUNT_TYPES.get(types.lower())
        if known is None:
            findings.refuse(f"The LineAmountTypes '{types}' is not valid")
        record["LineAmountTypes"] = known or "Exclusive"
    else:
        record.setdefault("LineAmountTypes", "Exclusive")
    _set_currency(books, record, element, contact, findings)
    theme = fields.guid(element, "BrandingThemeID")
    if theme:
        if books.branding.get(theme) is None:
            findings.refuse(f"The BrandingThemeID '{theme}' is not valid")
        record["BrandingThemeID"] = theme


def _set_currency(books: Books, record: Record, element: Record, contact: Record | None, findings: Findings) -> None:
    code = fields.text(element, "CurrencyCode")
    before = record.get("CurrencyCode")
    if code is None:
        code = before or (contact or {}).get("DefaultCurrency") or books.base_currency
    if books.currencies.get(code) is None:
        findings.refuse(f"Organisation is not subscribed to currency {code}")
    record["CurrencyCode"] = code
    rate = fields.number(element, "CurrencyRate")
    if code == books.base_currency:
        record["CurrencyRate"] = _PER_AUD["AUD"]
    elif rate is not None:
        record["CurrencyRate"] = rounded(rate, 6)
    elif code != before:
        base = _PER_AUD.get(books.base_currency, _PER_AUD["AUD"])
        record["CurrencyRate"] = rounded(_PER_AUD.get(code, _PER_AUD["AUD"]) / base, 6)


def set_lines(record: Record, element: Record, ruling: Ruling) -> None:
    """Write lines and totals; lines that are not sent stay."""
    before: list[Record] = record.setdefault("LineItems", [])
    if element.get("LineItems") is not None:
        record["LineItems"] = ruling.lines(fields.parts(element, "LineItems"), before)
    elif "LineAmountTypes" in element:
        record["LineItems"] = ruling.again(before)
    lines: list[Record] = record["LineItems"]
    if not lines:
        ruling.findings.refuse("One or more line items must be specified")
    found = totals(lines, record["LineAmountTypes"])
    record["SubTotal"], record["TotalTax"], record["Total"] = found.sub_total, found.tax, found.total
    off = sum((_discount(line) for line in lines), ZERO)
    record["IsDiscounted"] = bool(off)
    if off:
        record["TotalDiscount"] = off
    else:
        record.pop("TotalDiscount", None)


def rendered(record: Record, contact: Record | None, places: int) -> Record:
    """A document as it is read alone or just written; unit amounts with so many decimals."""
    shown = {**record, "Contact": contacts.in_document(contact) if contact else record["Contact"]}
    if places == 2:
        shown["LineItems"] = [
            {**line, "UnitAmount": rounded(line["UnitAmount"])} if "UnitAmount" in line else line
            for line in record["LineItems"]
        ]
    return shown


def flag_contact(books: Books, identity: str, flag: str) -> None:
    """Mark a contact as customer or supplier; this does not count as a change of it.

    Source: docs/facts/xero.md, "Changes since".
    """
    contact = books.contacts.get(identity)
    if contact is not None and not contact[flag]:
        books.contacts.amend({**contact, flag: True})


def touch(books: Books, record: Record) -> None:
    """Write the time of this change into a record."""
    record["UpdatedDateUTC"] = stamps.stamp(books.touch())


def _discount(line: Record) -> Decimal:
    if "DiscountRate" in line or "DiscountAmount" in line:
        off: Decimal = rounded(line["Quantity"] * line.get("UnitAmount", ZERO)) - line["LineAmount"]
        return off
    return ZERO
