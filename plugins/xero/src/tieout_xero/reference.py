"""Reference data: what drop-downs and pre-flight are fed with.

Source: docs/facts/xero.md, "Accounts", "Tax rates", "Organisation", "Plans".
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from tieout import (
    Connection,
    Currency,
    Kind,
    Lock,
    Organisation,
    Permission,
    Reference,
    Tracking,
    Unavailable,
    Wire,
    excerpt,
)

from tieout_xero import accounts, taxes
from tieout_xero import wire as xero
from tieout_xero.listing import elements, get

_DAY = 86_400

FRESH: Mapping[Kind, int] = {
    "accounts": _DAY,
    "taxes": _DAY,
    "currencies": _DAY,
    "tracking": _DAY,
    "branding": _DAY,
    "permissions": _DAY,
    "organisation": _DAY,
    "locks": 900,
}
"""The kinds there are, with the seconds for which each stays fresh."""


def read(connection: Connection, kind: Kind) -> list[Reference]:
    """All reference data of one kind, what is retired too, marked as such. Raises `Unavailable` for what is no list."""
    if kind == "locks":
        return list(_locks(_organisation(connection)))
    if kind == "organisation":
        return [organisation(connection)]
    path, name, lift = _LISTS[kind]
    try:
        return [lift(wire) for wire in _elements(connection, path, name)]
    except KeyError as error:
        raise Unavailable(f"Xero's answer about {path} has another shape than documented", said=str(error)) from error


def organisation(connection: Connection) -> Organisation:
    """The organisation of the connection's tenant; its code is the short one that links to its pages carry."""
    wire = _organisation(connection)
    return Organisation(
        id=wire.get("OrganisationID") or "",
        name=wire.get("Name") or "",
        code=wire.get("ShortCode") or None,
        currency=wire.get("BaseCurrency") or "",
        country=wire.get("CountryCode") or "",
        zone=wire.get("Timezone") or "",
    )


def _organisation(connection: Connection) -> Wire:
    found = _elements(connection, "Organisation", "Organisations")
    if len(found) != 1:
        raise Unavailable(f"Xero told of {len(found)} organisations for one tenant", fix="Sync again later.")
    return found[0]


def _elements(connection: Connection, path: str, name: str) -> tuple[Wire, ...]:
    reply = get(connection, path)
    if reply.status == 404:
        raise Unavailable(f"Xero does not know {path}", said=excerpt(reply.text))
    return elements(reply.json(), name)


def _locks(wire: Wire) -> tuple[Lock, Lock]:
    return (
        Lock(id="period", name="Period lock date", until=xero.day(wire, "PeriodLockDate")),
        Lock(id="year", name="End of year lock date", until=xero.day(wire, "EndOfYearLockDate")),
    )


def _currency(wire: Wire) -> Currency:
    return Currency(id=wire["Code"], code=wire["Code"], name=wire.get("Description") or wire["Code"])


def _tracking(wire: Wire) -> Tracking:
    return Tracking(
        id=wire["TrackingCategoryID"],
        name=wire.get("Name") or "",
        active=wire.get("Status", "ACTIVE") == "ACTIVE",
        options=tuple(
            option["Name"] for option in wire.get("Options") or () if option.get("Status", "ACTIVE") == "ACTIVE"
        ),
    )


def _theme(wire: Wire) -> Reference:
    return Reference(id=wire["BrandingThemeID"], name=wire.get("Name") or wire["BrandingThemeID"])


def _permission(wire: Wire) -> Permission:
    return Permission(id=wire["Name"], name=wire["Name"], allowed=wire.get("Status") != "NOT-ALLOWED")


_LISTS: Mapping[Kind, tuple[str, str, Callable[[Wire], Reference]]] = {
    "accounts": ("Accounts", "Accounts", accounts.lift),
    "taxes": ("TaxRates", "TaxRates", taxes.lift),
    "currencies": ("Currencies", "Currencies", _currency),
    "tracking": ("TrackingCategories", "TrackingCategories", _tracking),
    "branding": ("BrandingThemes", "BrandingThemes", _theme),
    "permissions": ("Organisation/Actions", "Actions", _permission),
}
