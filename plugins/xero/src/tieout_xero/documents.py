"""Documents: invoices, bills and purchase orders to and from the shared type.

Source: docs/facts/xero.md, "Invoices and bills", "Purchase orders".
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from urllib.parse import urlsplit

from tieout import Document, Problem, Ref, Rejected, Resource, Settlement, Terms, Wire

from tieout_xero import lines, merging, preflight, settlement
from tieout_xero import wire as xero
from tieout_xero.arithmetic import sums
from tieout_xero.books import Books

_MODES = {"exclusive": "Exclusive", "inclusive": "Inclusive", "none": "NoTax"}
_READ_MODES = {"Inclusive": "inclusive", "NoTax": "none"}


@dataclass(frozen=True, slots=True)
class Form:
    """How one resource's documents are laid out: the field of their number and the one of their second date."""

    number: str
    due: str = ""
    delivery: str = ""

    def lift(self, wire: Wire, terms: Terms) -> Document:
        """A document as the shared type; sums that the wire does not state are computed as Xero does."""
        books = Books.of(terms)
        when = xero.day(wire, "Date")
        if when is None:
            raise Rejected(Problem(cause="date-missing", what="The document has no date.", fix="Give it one in Xero."))
        total, tax = xero.amount(wire.get("Total")), xero.amount(wire.get("TotalTax"))
        if total is None or tax is None:
            computed = sums(wire, books.rate)
            total, tax = computed.total, computed.tax
        contact, currency = wire.get("Contact") or {}, wire.get("CurrencyCode") or None
        return Document(
            standing=preflight.standing(wire),
            number=wire.get(self.number) or None,
            reference=wire.get("Reference") or "",
            party=_party(contact) if contact.get("ContactID") else None,
            date=when,
            due=xero.day(wire, self.due) if self.due else None,
            delivery=xero.day(wire, self.delivery) if self.delivery else None,
            currency=currency,
            rate=None if currency == books.base else xero.amount(wire.get("CurrencyRate")),
            tax_mode=_READ_MODES.get(wire.get("LineAmountTypes", ""), "exclusive"),
            lines=tuple(lines.lift(line, books) for line in wire.get("LineItems") or ()),
            tax=tax,
            total=total,
            url=wire.get("Url") or "",
        )

    def lower(self, document: Document, terms: Terms, now: Wire | None) -> Wire:
        """A document as Xero takes it, prices as they are. Raises `Rejected` with all that stands in its way.

        The status on arrival is the flow's setting; on an update it is left as it is in Xero. A contact that was
        merged into another one is replaced by that one.
        """
        if now and (final := preflight.finality(now)):
            raise Rejected(*final)
        books = Books.of(terms)
        kind = preflight.kind(dict(terms.constants))
        lowering = lines.Lowering(kind, _MODES[document.tax_mode], terms.pair, books)
        # posting adds the rounding line that is needed, so one that was read from Xero is not sent back
        goods = [line for line in document.lines if line.role != "rounding"]
        replaced = _replaced(now, len(goods))
        problems: list[Problem] = []
        body = xero.filled(
            {
                "Contact": {"ContactID": merging.survivor(document.party.id, terms.memory)} if document.party else None,
                self.number: document.number,
                "Reference": "" if kind == "bill" else xero.line(document.reference, 255),
                "Date": document.date.isoformat(),
                **self._dates(document.due, document.delivery),
                "LineAmountTypes": _MODES[document.tax_mode],
                "CurrencyCode": document.currency,
                "CurrencyRate": xero.plain(xero.rounded(document.rate, 6))
                if document.rate and document.currency not in (None, books.base)
                else None,
                "Status": None if now else terms.settings.status.upper(),
                "Url": document.url if kind != "order" and _linkable(document.url) else None,
                "LineItems": [lowering.line(line, old, problems) for line, old in zip(goods, replaced, strict=True)],
            }
        )
        problems += preflight.problems({**terms.constants, **body}, now, books)
        if problems:
            raise Rejected(*dict.fromkeys(problems))
        return body

    def _dates(self, due: date | None, delivery: date | None) -> Wire:
        dates = {self.due: due, self.delivery: delivery}
        return {field: given.isoformat() for field, given in dates.items() if field and given}


INVOICE = Form(number="InvoiceNumber", due="DueDate")
ORDER = Form(number="PurchaseOrderNumber", delivery="DeliveryDate")

_UNTOLD = frozenset({"customer", "contact", "bill_to", "delivery", "note"})
"""What of an invoice or bill Xero is never told, so that a change of it changes nothing there."""

_LOST = frozenset({"external", "standing", "customer", "contact", "bill_to", "rate", "tax", "note"}) | {
    f"lines.{name}" for name in ("tax", "tax_rate", "account", "item", "stock", "role")
}

INVOICES = Resource(
    name="Invoices",
    type=Document,
    lift=INVOICE.lift,
    lower=INVOICE.lower,
    id=("InvoiceID",),
    number=("InvoiceNumber",),
    version=("UpdatedDateUTC",),
    find=("number",),
    batch=50,
    bytes=3_500_000,
    key_seconds=300,
    # of lines their descriptions, accounts and tracking; posting refuses the rest (docs/facts/xero.md, "Edits of
    # settled documents")
    free=frozenset({"number", "reference", "due", "party", "lines"}) | _UNTOLD,
    lossy=_LOST | {"reference", "delivery"},
    also_lift={Settlement: settlement.lift},
)

PURCHASE_ORDERS = Resource(
    name="PurchaseOrders",
    type=Document,
    lift=ORDER.lift,
    lower=ORDER.lower,
    id=("PurchaseOrderID",),
    number=("PurchaseOrderNumber",),
    version=("UpdatedDateUTC",),
    find=("number",),
    unique=("number",),
    batch=50,
    bytes=3_500_000,
    key_seconds=300,
    lossy=_LOST | {"due", "url"},
)


def _party(contact: Wire) -> Ref[str]:
    return Ref(entity="parties", side="target", id=contact["ContactID"], name=contact.get("Name") or None)


def _replaced(now: Wire | None, count: int) -> list[Wire | None]:
    """The lines of `now` that new ones stand in for, by order; none when lines were added.

    Source: docs/facts/xero.md, "Line ids".
    """
    old = (now or {}).get("LineItems") or []
    return [old[index] if count <= len(old) else None for index in range(count)]


def _linkable(url: str) -> bool:
    parts = urlsplit(url)
    return parts.scheme in ("http", "https") and bool(parts.hostname) and "xero" not in url.casefold()
