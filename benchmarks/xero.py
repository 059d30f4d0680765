"""Xero's half of the server: takes contacts and invoices and checks them.

Of each record only the time of writing is kept. The rest of an answer is computed again from the place of the record,
so that a million invoices need little memory.
"""

from __future__ import annotations

import time
from array import array
from bisect import bisect_left
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import documents
import firm
import sent
from msgspec import Raw, json

MOST = 50
"""How many records one write may bring."""

_PAGE = 1_000
_WORDS = 5
"""How many faults are reported in words."""

_contacts = json.Decoder(sent.Contacts)
_invoices = json.Decoder(sent.Invoices)


class Refused(Exception):
    """The whole call is refused; the text is the reason."""


class Shelf:
    """The documents of one kind, with the time at which each was written.

    Times are in milliseconds since 1970. `doubled` counts writes of documents that existed already.
    """

    def __init__(self, name: str, count: int, document: Callable[[int, int], bytes]) -> None:
        self.name = name
        self.count = count
        self.doubled = 0
        self._document = document
        self._written = array("q", bytes(8 * count))
        self._ids: list[tuple[str, int]] = []
        self._listed: tuple[int, list[int]] = (-1, [])

    def clear(self) -> None:
        """Remove all documents."""
        self.doubled = 0
        self._written = array("q", bytes(8 * self.count))
        self._listed = (-1, [])

    @property
    def arrived(self) -> int:
        """How many of the documents have arrived."""
        return self.count - self._written.count(0)

    def has(self, place: int) -> bool:
        """Return whether a document has arrived."""
        return self._written[place] != 0

    def put(self, place: int, now: int) -> None:
        """Record that a document has arrived."""
        self.doubled += self.has(place)
        self._written[place] = now
        self._listed = (-1, [])

    def document(self, place: int) -> Raw:
        """Return a document as Xero answers it."""
        return Raw(self._document(place, self._written[place]))

    def single(self, id: str) -> list[int]:
        """Return the place of the document with an id, if it has arrived."""
        ids = self._sorted()
        at = bisect_left(ids, (id, 0))
        return [ids[at][1]] if at < len(ids) and ids[at][0] == id and self.has(ids[at][1]) else []

    def since(self, moment: int) -> list[int]:
        """Return the places of all documents written since a moment, ordered by id."""
        if self._listed[0] != moment:
            fitting = [place for _, place in self._sorted() if self._written[place] >= max(moment, 1)]
            self._listed = (moment, fitting)
        return self._listed[1]

    def _sorted(self) -> list[tuple[str, int]]:
        if not self._ids:
            self._ids = sorted((documents.ids(self.name, place)[0], place) for place in range(self.count))
        return self._ids


class Books:
    """The contacts and invoices of the organisation.

    `apptivo` is the address of Apptivo's pages, to which each invoice has to link.
    """

    def __init__(self, invoices: int, apptivo: str) -> None:
        self._apptivo = apptivo
        self._names = {firm.Customer(place).name: place for place in range(firm.CUSTOMERS)}
        self._numbers: dict[int, str] = {}
        self._parties: dict[int, bytes] = {}
        self.contacts = Shelf("Contacts", firm.CUSTOMERS, self._contact)
        self.invoices = Shelf("Invoices", invoices, self._invoice)
        self.wrong = 0
        self.faults: list[str] = []

    def clear(self) -> None:
        """Remove everything."""
        self.contacts.clear()
        self.invoices.clear()
        self._numbers.clear()
        self._parties.clear()
        self.wrong = 0
        self.faults = []

    @property
    def right(self) -> bool:
        """Whether every record arrived exactly once and is correct."""
        shelves = (self.contacts, self.invoices)
        return not self.wrong and all(shelf.arrived == shelf.count and not shelf.doubled for shelf in shelves)

    def shelf(self, name: str) -> Shelf | None:
        """Return the documents of the list with a name; None if there is no such list."""
        return {"Contacts": self.contacts, "Invoices": self.invoices}.get(name)

    def write(self, shelf: Shelf, body: bytes) -> list[int | None]:
        """Take a batch and return the place of each record, None for a refused one.

        Raises `Refused`.
        """
        now = int(time.time() * 1000)
        places = self._take_contacts(body) if shelf is self.contacts else self._take_invoices(body)
        for place in places:
            if place is not None:
                shelf.put(place, now)
                if shelf is self.contacts:
                    self._parties[place] = documents.contact(place, self._numbers[place], now, inside=True)
        return places

    def written(self, shelf: Shelf, places: Sequence[int | None]) -> bytes:
        """Return the answer to a write, with one element for each record."""
        found = [documents.REFUSED if place is None else shelf.document(place) for place in places]
        return documents.enveloped(shelf.name, found)

    def listed(self, shelf: Shelf, asked: Mapping[str, str], since: str) -> bytes:
        """Return a page of a list ordered by id, or the documents with given ids or numbers."""
        if "IDs" in asked or "InvoiceNumbers" in asked:
            return documents.enveloped(shelf.name, map(shelf.document, self._named(shelf, asked)))
        moment = int(datetime.fromisoformat(since).replace(tzinfo=UTC).timestamp() * 1000) if since else 0
        size, page = min(int(asked.get("pageSize") or 100), _PAGE), int(asked.get("page") or 1)
        places = shelf.since(moment)
        pages = {"page": page, "pageSize": size, "pageCount": -(-len(places) // size), "itemCount": len(places)}
        some = places[(page - 1) * size : page * size]
        return documents.enveloped(shelf.name, map(shelf.document, some), pagination=pages)

    def _named(self, shelf: Shelf, asked: Mapping[str, str]) -> list[int]:
        if "IDs" in asked:
            return [place for id in asked["IDs"].split(",") for place in shelf.single(id)]
        places = map(firm.place_of, asked["InvoiceNumbers"].split(","))
        return [place for place in places if place is not None and place < shelf.count and shelf.has(place)]

    def _take_contacts(self, body: bytes) -> list[int | None]:
        found: list[int | None] = []
        for each in _few(_records(_contacts, body).contacts):
            place = self._names.get(each.name)
            if place is None:
                found.append(self._judged(each.name, None, ["no customer has this name"]))
                continue
            self._numbers[place] = each.contact_number
            found.append(self._judged(each.name, place, sent.unlike_customer(each, firm.Customer(place))))
        return found

    def _take_invoices(self, body: bytes) -> list[int | None]:
        found: list[int | None] = []
        for each in _few(_records(_invoices, body).invoices):
            place = firm.place_of(each.invoice_number)
            if place is None or place >= self.invoices.count:
                found.append(self._judged(each.invoice_number, None, ["no invoice has this number"]))
                continue
            invoice = firm.invoice(place)
            customer = invoice.customer.place
            contact = documents.ids("Contacts", customer)[0] if self.contacts.has(customer) else "there yet"
            faults = sent.unlike_invoice(each, invoice, contact, self._url(place))
            found.append(self._judged(each.invoice_number, place, faults))
        return found

    def _judged(self, label: str, place: int | None, faults: list[str]) -> int | None:
        if not faults:
            return place
        self.wrong += 1
        if len(self.faults) < _WORDS:
            self.faults.append(f"{label}: {'; '.join(faults)}")
        return None

    def _url(self, place: int) -> str:
        return f"{self._apptivo}/invoice.jsp#/view/{firm.invoice_id(place)}"

    def _contact(self, place: int, written: int) -> bytes:
        return documents.contact(place, self._numbers[place], written)

    def _invoice(self, place: int, written: int) -> bytes:
        return documents.invoice(place, self._url(place), self._parties[place % firm.CUSTOMERS], written)


def _records(decoder: Any, body: bytes) -> Any:
    try:
        return decoder.decode(body)
    except ValueError as error:
        raise Refused(str(error)) from error


def _few(records: list[Any]) -> list[Any]:
    if len(records) > MOST:
        raise Refused(f"{len(records)} records in one call, where {MOST} are agreed on")
    return records
