"""The lists of Xero's that records live in: how each is addressed and asked (docs/facts/xero.md, "Lists")."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from tieout import Connection, ContractError, Op, Reply, Unavailable, Wire, excerpt

from tieout_xero.access import accepted, admitted
from tieout_xero.wire import stamp

PAGE = 1000
"""Records per page: the most that Xero gives, so that calls are few."""

IDS = 40
"""How many ids or numbers are asked for in one call: an address has its length (docs/facts/xero.md, "Sizes")."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """One list: the field of its id, its query parameters, and how its keys can be asked for.

    `keys` leads from a record's field to the wire's. `sets` are parameters that take several values at once, `paths`
    the fields that a single read may stand on; the others are asked with `where`. `searched` lists take a `searchTerm`,
    `joined` ones have no fast filters that joining several would spoil, and operations that are `alone` take one record
    a call.
    """

    name: str
    id: str
    keys: Mapping[str, str]
    paged: bool = True
    reading: Mapping[str, str] = field(default_factory=dict)
    writing: Mapping[str, str] = field(default_factory=dict)
    sets: Mapping[str, str] = field(default_factory=dict)
    paths: frozenset[str] = frozenset()
    searched: bool = False
    joined: bool = False
    alone: frozenset[Op] = frozenset()

    def wire_field(self, record_field: str) -> str:
        """The wire's field for `id` or a record's field."""
        return self.id if record_field == "id" else self.keys[record_field]


_FOUR = {"unitdp": "4"}

LISTINGS: Mapping[str, Listing] = {
    listing.name: listing
    for listing in (
        Listing(
            name="Contacts",
            id="ContactID",
            keys={"external": "ContactNumber", "name": "Name"},
            reading={"includeArchived": "true"},
            sets={"id": "IDs"},
            paths=frozenset({"external"}),
            searched=True,
        ),
        Listing(
            name="Items",
            id="ItemID",
            keys={"code": "Code"},
            paged=False,
            reading=_FOUR,
            writing=_FOUR,
            paths=frozenset({"id"}),
        ),
        Listing(
            name="Invoices",
            id="InvoiceID",
            keys={"number": "InvoiceNumber"},
            reading={**_FOUR, "includeArchived": "true"},
            writing=_FOUR,
            sets={"id": "IDs", "number": "InvoiceNumbers"},
            searched=True,
        ),
        Listing(
            name="PurchaseOrders",
            id="PurchaseOrderID",
            keys={"number": "PurchaseOrderNumber"},
            paths=frozenset({"id", "number"}),
        ),
        Listing(
            name="Payments",
            id="PaymentID",
            keys={"external": "Reference"},
            paths=frozenset({"id"}),
            joined=True,
            alone=frozenset({"void"}),
        ),
    )
}


@dataclass(frozen=True, slots=True)
class Rows:
    """One answer of a list: its records, whether there are more pages, and when Xero's own clock says it answered."""

    wires: tuple[Wire, ...]
    more: bool
    at: datetime | None


def headers(connection: Connection) -> dict[str, str]:
    """What every call tells: JSON, please, and which organisation is meant."""
    told = {"Accept": "application/json"}
    return {**told, "Xero-Tenant-Id": connection.tenant.id} if connection.tenant else told


def get(
    connection: Connection,
    path: str,
    params: Mapping[str, str] | None = None,
    modified_since: str = "",
) -> Reply:
    """Read below the API's address; 200 and 404 are answered.

    Raises `ContractError` for a question that Xero does not understand, what `tieout_xero.access` tells of a refusal,
    and `Unavailable` for any other answer.
    """
    told = headers(connection)
    if modified_since:
        told["If-Modified-Since"] = modified_since
    url = f"{connection.settings.api_url}/{path}"
    with admitted(connection):
        reply = accepted(connection, connection.http.read("GET", url, params=dict(params or {}), headers=told))
    if reply.status in (200, 404):
        return reply
    if reply.status == 400:
        raise ContractError(f"Xero does not understand a question about {path}", said=excerpt(reply.text))
    raise Unavailable(
        f"Xero answered {reply.status} when asked for {path}",
        fix="Sync again later; if it stays, look at https://status.xero.com.",
        said=excerpt(reply.text),
    )


def rows(connection: Connection, listing: Listing, params: Mapping[str, str], page: int = 1, since: str = "") -> Rows:
    """One page of a list (all of one that has no pages), with lines: unpaged reads of documents leave them out."""
    asked = {**listing.reading, **params}
    if listing.paged:
        asked |= {"page": str(page), "pageSize": str(PAGE)}
    reply = get(connection, listing.name, asked, since)
    if reply.status == 404:
        raise Unavailable(f"Xero does not know the list {listing.name}", said=excerpt(reply.text))
    answer = reply.json()
    wires, at = elements(answer, listing.name), stamp(answer.get("DateTimeUTC"))
    if not listing.paged:
        return Rows(wires, more=False, at=at)
    pages = answer["pagination"].get("pageCount") if isinstance(answer.get("pagination"), dict) else None
    more = bool(wires) and (page < pages if isinstance(pages, int) else len(wires) >= PAGE)
    return Rows(wires, more=more, at=at)


def elements(answer: Any, name: str) -> tuple[Wire, ...]:
    """The records of an answer. Raises `Unavailable` when it is not the envelope that Xero documents."""
    found = answer.get(name) if isinstance(answer, dict) else None
    if not isinstance(found, list):
        raise Unavailable(f"Xero's answer about {name} has another shape than documented", said=excerpt(str(answer)))
    return tuple(element for element in found if isinstance(element, dict))
