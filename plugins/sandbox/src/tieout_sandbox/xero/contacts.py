"""Contacts: how they match, what is unique about them, in which forms they are read.

Source: docs/facts/xero.md, "Contacts", "Matching".
"""

import re
from collections.abc import Iterable
from typing import ClassVar, Literal

from tieout_sandbox.xero import fields, stamps
from tieout_sandbox.xero.books import Books, name_key
from tieout_sandbox.xero.endpoint import Endpoint, Query, Test, Way
from tieout_sandbox.xero.findings import Findings
from tieout_sandbox.xero.listing import among, containing
from tieout_sandbox.xero.table import Record

_TEXTS = {
    "ContactNumber": 50,
    "AccountNumber": 50,
    "FirstName": 255,
    "LastName": 255,
    "CompanyNumber": 50,
    "EmailAddress": 255,
    "BankAccountDetails": 255,
    "TaxNumber": 50,
    "TaxNumberType": 50,
    "AccountsReceivableTaxType": 50,
    "AccountsPayableTaxType": 50,
    "SalesDefaultAccountCode": 10,
    "PurchasesDefaultAccountCode": 10,
    "SalesDefaultLineAmountType": 50,
    "PurchasesDefaultLineAmountType": 50,
    "DefaultCurrency": 3,
    "XeroNetworkKey": 255,
}
_EMPTY_ADDRESS = {"City": "", "Region": "", "PostalCode": "", "Country": ""}
_EMPTY_PHONE = {"PhoneNumber": "", "PhoneAreaCode": "", "PhoneCountryCode": ""}
_ADDRESS_LENGTHS = {f"AddressLine{line}": 500 for line in range(1, 5)} | {"City": 255, "Region": 255, "PostalCode": 50}
_PHONE_LENGTHS = {"PhoneNumber": 50, "PhoneAreaCode": 10, "PhoneCountryCode": 20}
_PARTS = {
    "Addresses": ("AddressType", ("POBOX", "STREET", "DELIVERY"), _EMPTY_ADDRESS, _ADDRESS_LENGTHS),
    "Phones": ("PhoneType", ("DEFAULT", "DDI", "MOBILE", "FAX", "OFFICE"), _EMPTY_PHONE, _PHONE_LENGTHS),
}
_EMAIL = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")
_DETAILS = frozenset(
    {"ContactPersons", "PaymentTerms", "Website", "Discount", "BrandingTheme", "BatchPayments", "HasAttachments"}
    | {"Balances", "SalesDefaultAccountCode", "PurchasesDefaultAccountCode", "MergedToContactID", "XeroNetworkKey"}
    | {"SalesTrackingCategories", "PurchasesTrackingCategories", "TrackingCategoryName", "TrackingCategoryOption"}
    | {"SalesDefaultLineAmountType", "PurchasesDefaultLineAmountType"}
)
_NOT_IN_SUMMARY = _DETAILS | {"Addresses", "ContactGroups", "IsCustomer", "IsSupplier"}
_ARCHIVED = "matched an archived contact. Archived contacts cannot currently be edited via the API"
UNIQUE = "already assigned to another contact. The contact {0} must be unique across all active contacts."


class Contacts(Endpoint):
    """The contacts of one organisation: customers, suppliers and people alike."""

    plural, kind, error_flag = "Contacts", "Contact", "HasValidationErrors"
    paged: ClassVar[Literal["asked"]] = "asked"
    optimised = frozenset({"Name", "EmailAddress", "AccountNumber"})
    sortable = frozenset({"ContactID", "UpdatedDateUTC", "Name"})
    batches = True
    ways = frozenset({"PUT", "POST", "POST by id"})
    names = frozenset(
        {"ContactID", "ContactStatus", "Name", "UpdatedDateUTC", "IsSupplier", "IsCustomer", "Addresses", "Phones"}
        | {"ContactGroups", "HasValidationErrors", *_TEXTS, *_DETAILS}
    )

    def __init__(self, books: Books) -> None:
        super().__init__(books, books.contacts)

    def find(self, key: str) -> Record | None:
        """The contact of this ContactNumber."""
        found = self.table.having("number", key)
        return found[0] if found else None

    def filters(self, query: Query, client: str) -> Iterable[Test]:
        """Archived contacts are seen only when asked for."""
        if query.get("includearchived", "").lower() != "true":
            yield lambda record: record["ContactStatus"] != "ARCHIVED"
        terms = ("Name", "FirstName", "LastName", "ContactNumber", "CompanyNumber", "EmailAddress")
        for test in (among(query, "ids", "ContactID"), containing(query, terms)):
            if test:
                yield test

    def unpaged(self, record: Record, query: Query) -> Record:
        """Without the details that only paged and single reads have."""
        return {name: value for name, value in record.items() if name not in _DETAILS}

    def summary(self, record: Record, query: Query) -> Record:
        """The least."""
        return {name: value for name, value in record.items() if name not in _NOT_IN_SUMMARY}

    def write(self, element: Record, way: Way, findings: Findings) -> Record | None:
        """Create or update a contact."""
        contact = self.prepare(element, way, findings)
        return None if contact is None else self.save(contact)

    def save(self, contact: Record) -> Record:
        """Store a contact that `prepare` has found good, or one changed by a person."""
        contact["UpdatedDateUTC"] = stamps.stamp(self.books.touch())
        self.table.put(contact)
        return contact

    def prepare(self, element: Record, way: Way, findings: Findings) -> Record | None:
        """The contact as it would be stored; None when the findings have errors."""
        existing = self._match(element, way, findings)
        if findings.errors:
            return None
        if existing is not None and existing["ContactStatus"] == "ARCHIVED":
            findings.refuse(f"The supplied contact {_ARCHIVED}")
            return None
        contact = dict(existing) if existing else blank(self.books.new_id())
        if existing is not None or element.get("Name"):
            self._merge(contact, element, existing, findings)
        else:
            findings.refuse("The contact name must be specified")
        return None if findings.errors else contact

    def _match(self, element: Record, way: Way, findings: Findings) -> Record | None:
        identity = way.identity or fields.guid(element, "ContactID")
        if identity:
            found = self.table.get(identity)
            if found is None:
                findings.refuse("The document with the supplied id was not found for this endpoint.")
            else:
                findings.identity = identity
            return found
        number, name = fields.text(element, "ContactNumber"), fields.text(element, "Name")
        if not number and not (name and name.strip()):
            findings.refuse(
                "The Contact must contain at least 1 of the following elements to identify the contact: "
                "Name, ContactID, ContactNumber"
            )
            return None
        if way.verb == "PUT":
            return None
        found = self.find(number) if number else None
        if found is None and name:
            same = self.table.having("name", name_key(name))
            found = min(same, key=lambda each: each["ContactStatus"] == "ARCHIVED", default=None)
        if found is not None:
            findings.identity = found["ContactID"]
        return found

    def _merge(self, contact: Record, element: Record, existing: Record | None, findings: Findings) -> None:
        name = fields.text(element, "Name")
        if name is not None:
            contact["Name"] = " ".join(name.split())
            findings.limit(contact, {"Name": 255})
            if "<" in name or ">" in name:
                findings.refuse("The contact name must not contain the characters < or >")
        for field in _TEXTS:
            value = fields.text(element, field)
            if value is not None:
                contact[field] = value.strip()
                if not contact[field] and field not in ("EmailAddress", "BankAccountDetails"):
                    del contact[field]
        findings.limit(contact, _TEXTS)
        for field in _PARTS:
            self._merge_parts(contact, element, field, findings)
        if element.get("ContactPersons") is not None:
            contact["ContactPersons"] = [_person(each) for each in fields.parts(element, "ContactPersons")]
        if element.get("PaymentTerms"):
            contact["PaymentTerms"] = fields.part(element, "PaymentTerms")
        for field in ("SalesTrackingCategories", "PurchasesTrackingCategories"):
            if element.get(field):
                contact[field] = fields.parts(element, field)
        status = fields.text(element, "ContactStatus")
        if status in ("ACTIVE", "ARCHIVED", "GDPRREQUEST"):
            contact["ContactStatus"] = status
        elif status:
            findings.refuse(f"The ContactStatus '{status}' is not valid")
        self._judge(contact, findings)

    def _merge_parts(self, contact: Record, element: Record, field: str, findings: Findings) -> None:
        """Replace the addresses or phones of the types that are sent; the others stay."""
        kind, types, empty, lengths = _PARTS[field]
        known = {each[kind]: each for each in contact[field]}
        for each in fields.parts(element, field):
            name = str(each.get(kind) or "")
            if name not in types:
                findings.refuse(f"The {kind} '{name}' is not valid")
            findings.limit(each, lengths)
            known[name] = {kind: name, **empty, **{key: value for key, value in each.items() if value is not None}}
        contact[field] = list(known.values())

    def _judge(self, contact: Record, findings: Findings) -> None:
        identity = contact["ContactID"]
        if contact["ContactStatus"] == "ACTIVE":
            for other in self.table.having("name", name_key(contact["Name"])):
                if other["ContactID"] != identity and other["ContactStatus"] == "ACTIVE":
                    findings.refuse(f"The contact name {contact['Name']} is {UNIQUE.format('name')}")
        number = contact.get("ContactNumber")
        if number and any(each["ContactID"] != identity for each in self.table.having("number", number)):
            findings.refuse(f"The contact number {number} is {UNIQUE.format('number')}")
        account = contact.get("AccountNumber")
        if account and any(each["ContactID"] != identity for each in self.table.having("account", account)):
            findings.refuse("The Account Number already exists")
        email, persons = contact["EmailAddress"], contact["ContactPersons"]
        for address in (email, *(person["EmailAddress"] for person in persons)):
            if address and not _EMAIL.fullmatch(address):
                findings.refuse("Email address must be valid.")
        if len(persons) > 5:
            findings.refuse("A contact cannot have more than 5 contact persons")
        if persons and not email:
            findings.refuse("Additional people cannot be added when the primary person has no email address set")
        currency = contact.get("DefaultCurrency")
        if currency and self.books.currencies.get(currency) is None:
            findings.refuse(f"Organisation is not subscribed to currency {currency}")
        for field in ("SalesDefaultAccountCode", "PurchasesDefaultAccountCode"):
            code = contact.get(field)
            if code and self.books.account(code) is None:
                findings.refuse(f"Account code '{code}' is not a valid code for this document.")


def blank(identity: str) -> Record:
    """A contact that says nothing yet, with the empty addresses and phones that every contact reads back with."""
    return {
        "ContactID": identity,
        "ContactStatus": "ACTIVE",
        "Name": "",
        "EmailAddress": "",
        "BankAccountDetails": "",
        "Addresses": [{"AddressType": kind, **_EMPTY_ADDRESS} for kind in ("STREET", "POBOX")],
        "Phones": [{"PhoneType": kind, **_EMPTY_PHONE} for kind in ("DDI", "DEFAULT", "FAX", "MOBILE")],
        "ContactGroups": [],
        "IsSupplier": False,
        "IsCustomer": False,
        "ContactPersons": [],
        "HasAttachments": False,
        "HasValidationErrors": False,
    }


def in_document(contact: Record) -> Record:
    """The contact as a document read alone, or just written, has it."""
    return {name: value for name, value in contact.items() if name not in _DETAILS or name == "ContactPersons"}


def in_list(contact: Record) -> Record:
    """The contact as documents in lists have it."""
    brief = {
        "ContactID": contact["ContactID"],
        "Name": contact["Name"],
        "Addresses": [],
        "Phones": [],
        "ContactGroups": [],
        "ContactPersons": [],
        "HasValidationErrors": False,
    }
    if "ContactNumber" in contact:
        brief["ContactNumber"] = contact["ContactNumber"]
    return brief


def _person(each: Record) -> Record:
    return {
        "FirstName": str(each.get("FirstName") or ""),
        "LastName": str(each.get("LastName") or ""),
        "EmailAddress": str(each.get("EmailAddress") or ""),
        "IncludeInEmails": bool(fields.truth(each, "IncludeInEmails")),
    }
