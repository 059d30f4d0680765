"""Customers, contacts, suppliers and leads as parties.

Sources: docs/facts/apptivo.md, "Postal addresses", "Telephone and e-mail", "Customers", "Contacts", "Suppliers".
"""

from __future__ import annotations

from collections.abc import Iterable

from tieout import Address, Party, Terms, Wire

from tieout_apptivo.shape import scalars
from tieout_apptivo.shape.fields import Values, attribute, counterpart, in_use, labels_key, standing, values
from tieout_apptivo.shape.profile import PartyApp


def lift(name: str, wire: Wire, terms: Terms) -> Party:
    """A record of the app called `name` as a party.

    One that is out of use stands `archived`; a status that the profile does not know leaves it `live`. Raises
    `Rejected` for a flag or a status that contradicts itself.
    """
    app: PartyApp = terms.connection.profile.app(name)
    record = values(wire, name, app.fields, terms)
    known = terms.memory.get(labels_key(name), {})
    first, last = record.text("first_name"), record.text("last_name")
    phone, mobile = _phones(record, app)
    meaning = standing(record, app) or "live"
    party = Party(
        counterpart=counterpart(record, app, known),
        standing=meaning if in_use(record) else "archived",
        name=record.text("name") or f"{first} {last}".strip(),
        person=app.person,
        first_name=first,
        last_name=last,
        number=record.text("number") or None,
        email=_email(record, app),
        phone=phone,
        mobile=mobile,
        tax_number=record.text("tax_number") or attribute(record, known, app.labels.tax_number),
        currency=record.text("currency").upper() or None,
        terms=scalars.days(record.raw("term")),
        addresses=_addresses(record, app),
        parent=record.ref("customers", "parent"),
    )
    record.settle()
    return party


def _email(record: Values, app: PartyApp) -> str:
    found = [
        (scalars.text(entry.get("emailType")), scalars.text(entry.get("emailAddress")))
        for entry in record.rows("emails")
    ]
    return _best(found, app.email_types) or next((email for _, email in found if email), "") or record.text("email")


def _phones(record: Values, app: PartyApp) -> tuple[str, str]:
    found = [
        (scalars.text(entry.get("phoneType")), scalars.text(entry.get("phoneNumber")))
        for entry in record.rows("phones")
    ]
    types = app.phone_types
    elsewhere = {kind.casefold() for kind in types.mobile + types.other}
    rest = (phone for kind, phone in found if phone and kind.casefold() not in elsewhere)
    return _best(found, types.phone) or next(rest, "") or record.text("phone"), _best(found, types.mobile)


def _best(found: Iterable[tuple[str, str]], kinds: tuple[str, ...]) -> str:
    """What is given under the first of the kinds that is filled; empty when none is."""
    given: dict[str, str] = {}
    for kind, value in found:
        if value:
            given.setdefault(kind.casefold(), value)
    return next((given[kind.casefold()] for kind in kinds if kind.casefold() in given), "")


def _addresses(record: Values, app: PartyApp) -> tuple[Address, ...]:
    """The first address with text of each kind; one of an unknown type counts as billing where there is no other."""
    kinds = {kind.casefold(): use for use, names in app.address_types.items() for kind in names}
    found: dict[str, Address] = {}
    for entry in record.rows("addresses"):
        use = kinds.get(scalars.text(entry.get("addressType")).casefold())
        address = _address(entry)
        if address != Address():
            found.setdefault(use or "", address.model_copy(update={"kind": use or "billing"}))
    if "billing" not in found and "" in found:
        found["billing"] = found[""]
    return tuple(found[use] for use in ("billing", "delivery") if use in found)


def _address(entry: Wire) -> Address:
    lines = (scalars.text(entry.get("addressLine1")), scalars.text(entry.get("addressLine2")))
    return Address(
        lines=tuple(line for line in lines if line),
        city=scalars.text(entry.get("city")),
        region=scalars.text(entry.get("state")) or scalars.text(entry.get("stateCode")),
        postcode=scalars.text(entry.get("zipCode")),
        country=scalars.text(entry.get("countryCode")) or scalars.text(entry.get("countryName")),
    )
