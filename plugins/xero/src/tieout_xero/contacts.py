"""Contacts: customers, suppliers and people, all one list in Xero (docs/facts/xero.md, "Contacts").

Contact persons and bank details are never sent, so they are never wiped. A field that became empty at the source is
left as it is in Xero.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from email_validator import EmailNotValidError, validate_email
from tieout import Address, Party, Problem, Rejected, Resource, Terms, Wire

from tieout_xero import merging
from tieout_xero import wire as xero
from tieout_xero.books import Books

_KINDS = {"billing": "POBOX", "delivery": "STREET"}
_LONGEST_TERM = 31


def lift(wire: Wire, terms: Terms) -> Party:
    """A contact as a party."""
    phones = {phone.get("PhoneType"): _number(phone) for phone in _entries(wire, "Phones")}
    return Party(
        external=wire.get("ContactNumber") or None,
        standing="live" if wire.get("ContactStatus", "ACTIVE") == "ACTIVE" else "archived",
        name=wire.get("Name") or "",
        first_name=wire.get("FirstName") or "",
        last_name=wire.get("LastName") or "",
        number=wire.get("AccountNumber") or None,
        email=wire.get("EmailAddress") or "",
        phone=phones.get("DEFAULT", ""),
        mobile=phones.get("MOBILE", ""),
        tax_number=wire.get("TaxNumber") or "",
        currency=wire.get("DefaultCurrency") or None,
        terms=_days(wire),
        addresses=tuple(address for entry in _entries(wire, "Addresses") if (address := _lift_address(entry))),
    )


def lower(party: Party, terms: Terms, now: Wire | None) -> Wire:
    """A party as a contact. Raises `Rejected` for one that is archived or has no name.

    On an update the contact number that Xero has stays, and so does its spelling of an equal name; currency and
    payment terms are Xero's once the contact is there.
    """
    name = xero.name(party.name)
    if now and now.get("ContactStatus", "ACTIVE") != "ACTIVE":
        raise Rejected(_out_of_use(now, name, terms))
    if not name:
        raise Rejected(
            Problem(cause="name-missing", what="The record has no name.", fix="Give it a name at the source.")
        )
    body = xero.filled(
        {
            "Name": name,
            "ContactNumber": party.external,
            "EmailAddress": _email(party.email),
            "FirstName": xero.line(party.first_name, 255) if party.person else "",
            "LastName": xero.line(party.last_name, 255) if party.person else "",
            "TaxNumber": xero.line(party.tax_number, 50),
            "Addresses": _addresses(party.addresses),
            "Phones": [
                {"PhoneType": kind, "PhoneNumber": number}
                for kind, value in (("DEFAULT", party.phone), ("MOBILE", party.mobile))
                if (number := xero.line(value, 50))
            ],
        }
    )
    if now:
        if xero.fold(now.get("Name")) == xero.fold(name):
            body["Name"] = now["Name"]
        if now.get("ContactNumber"):
            body.pop("ContactNumber", None)
        return body
    if party.currency and Books.of(terms).takes(party.currency):
        body["DefaultCurrency"] = party.currency
    if party.terms is not None and 0 <= party.terms <= _LONGEST_TERM:
        term = {"Day": party.terms, "Type": "DAYSAFTERBILLDATE"}
        body["PaymentTerms"] = {"Sales": term, "Bills": dict(term)}
    return body


def notes(party: Party, body: Wire, now: Wire | None, books: Books) -> tuple[Problem, ...]:
    """What a body leaves out of a party because Xero would refuse the whole contact for it."""
    return tuple(_left_out(party, body, now, books))


def _left_out(party: Party, body: Wire, now: Wire | None, books: Books) -> Iterator[Problem]:
    given = party.email.strip()
    if given and not body.get("EmailAddress"):
        yield Problem(
            cause="email-invalid",
            what=f"The e-mail address {given} is left out; all else goes to Xero.",
            why="Xero refuses a whole contact for an address that is not one valid address in plain letters.",
            fix="Correct the address at its source.",
            about=given,
        )
    if now is None and party.currency and not books.takes(party.currency):
        yield Problem(
            cause="contact-currency-left-out",
            what=f"The contact's own currency {party.currency} is left out; all else goes to Xero.",
            why="The organisation does not use this currency.",
            fix="Add the currency in Xero, if its plan allows several, and choose it on the contact there.",
            about=party.currency,
        )
    if now is None and party.terms is not None and not 0 <= party.terms <= _LONGEST_TERM:
        yield Problem(
            cause="payment-terms-left-out",
            what=f"The payment terms of {party.terms} days are left out; all else goes to Xero.",
            why=f"A contact in Xero has terms of at most {_LONGEST_TERM} days; documents bring their own due dates.",
            fix="Nothing, unless documents are entered in Xero: then choose terms on the contact there.",
            about=f"{party.terms} days",
        )


CONTACTS = Resource(
    name="Contacts",
    type=Party,
    lift=lift,
    lower=lower,
    id=("ContactID",),
    number=("ContactNumber",),
    version=("UpdatedDateUTC",),
    find=("external", "name"),
    unique=("external", "name"),
    batch=50,
    bytes=3_500_000,
    key_seconds=300,
    heir=merging.merged_into,
    lossy=frozenset(
        {"standing", "person", "first_name", "last_name", "number", "currency", "terms", "addresses", "parent"}
    ),
)


def _out_of_use(now: Wire, name: str, terms: Terms) -> Problem:
    told = now.get("Name") or name
    if into := merging.merged_into(now):
        stays = merging.called(merging.survivor(into, terms.memory), terms.memory)
        return Problem(
            cause="merged-in-target",
            what=f"The contact {told} was merged into {stays} in Xero.",
            why=f"Its documents go to {stays}; a merged contact cannot be changed or restored.",
            fix=f"Link the record to {stays}.",
            about=stays,
        )
    return Problem(
        cause="archived-in-target",
        what=f"The contact {told} is archived in Xero and cannot be changed.",
        fix="Restore it in Xero, or link the record to another contact.",
    )


def _entries(wire: Wire, name: str) -> list[Wire]:
    return [entry for entry in wire.get(name) or () if isinstance(entry, dict)]


def _number(phone: Wire) -> str:
    parts = (phone.get(part) for part in ("PhoneCountryCode", "PhoneAreaCode", "PhoneNumber"))
    return " ".join(part for part in parts if part)


def _days(wire: Wire) -> int | None:
    agreed = wire.get("PaymentTerms") or {}
    for side in ("Sales", "Bills"):
        term = agreed.get(side) or {}
        if term.get("Type") == "DAYSAFTERBILLDATE" and term.get("Day") is not None:
            return int(term["Day"])
    return None


def _lift_address(entry: Wire) -> Address | None:
    lines = tuple(text for number in range(1, 5) if (text := entry.get(f"AddressLine{number}")))
    rest = {key: entry.get(key) or "" for key in ("City", "Region", "PostalCode", "Country")}
    if not lines and not any(rest.values()):
        return None
    return Address(
        kind="billing" if entry.get("AddressType") == "POBOX" else "delivery",
        lines=lines,
        city=rest["City"],
        region=rest["Region"],
        postcode=rest["PostalCode"],
        country=rest["Country"],
    )


def _addresses(addresses: Iterable[Address]) -> list[Wire]:
    first: dict[str, Wire] = {}
    for address in addresses:
        lines = [text for line in address.lines if (text := xero.line(line, 500))]
        fields = {f"AddressLine{number}": text for number, text in enumerate(lines[:3], start=1)}
        fields["AddressLine4"] = xero.line(", ".join(lines[3:]), 500)
        fields |= {
            "City": xero.line(address.city, 255),
            "Region": xero.line(address.region, 255),
            "PostalCode": xero.line(address.postcode, 50),
            "Country": _letters(address.country),
        }
        if (body := xero.filled(fields)) and address.kind not in first:
            first[address.kind] = {"AddressType": _KINDS[address.kind], **body}
    return list(first.values())


def _letters(country: str) -> str:
    return xero.line("".join(mark if mark.isalpha() else " " for mark in country), 50)


def _email(address: str) -> str:
    """The address when Xero will take it; a bad one is left out, because it would refuse the whole contact."""
    given = address.strip()
    try:
        checked = validate_email(given, check_deliverability=False, allow_smtputf8=False, globally_deliverable=False)
    except EmailNotValidError:
        return ""
    if "." not in checked.domain:
        return ""
    return given if given.isascii() else checked.ascii_email or ""
