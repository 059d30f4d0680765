"""The Apptivo connector: reads any firm's parties, items and documents, and writes back how they stand in the books.

Where the values of a record lie is data (`shape/profile.toml`), which a firm overrides in its configuration. There is
no consent: a pair of keys opens the firm. Nothing is created or deleted in Apptivo.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import partial

from tieout import (
    Batch,
    Check,
    Connection,
    Connector,
    Cursor,
    Document,
    File,
    Item,
    Key,
    Limits,
    Lower,
    Mark,
    Page,
    Party,
    Payment,
    Problem,
    Proposal,
    Receipt,
    Record,
    Rejected,
    Resource,
    Settlement,
    Terms,
    Wire,
    hookimpl,
)

from tieout_apptivo.back import marking, settling, writing
from tieout_apptivo.doctor import probing
from tieout_apptivo.reading import lookup, reading
from tieout_apptivo.records import documents, items, parties, payments
from tieout_apptivo.records import files as stored
from tieout_apptivo.shape import firm
from tieout_apptivo.shape.profile import KINDS, App, DocumentApp, shipped
from tieout_apptivo.shape.settings import Firm, hosts

_TYPES: Mapping[str, tuple[type[Record], tuple[str, ...]]] = {
    "every-party": (Party, ("number", "name")),
    "every-item": (Item, ("code", "name")),
    "every-document": (Document, ("number",)),
}
_LIFTS = {"every-party": parties.lift, "every-item": items.lift, "every-document": documents.lift}


def _lower(record: Record, terms: Terms, now: Wire | None) -> Wire:
    raise Rejected(
        Problem(
            cause="read-only",
            what="Nothing is written to Apptivo.",
            why="Apptivo is where the records come from.",
            fix="Make Apptivo the source of the pair.",
        )
    )


def _resource(kind: str, name: str) -> Resource:
    type_, find = _TYPES[kind]
    app = shipped().app(name)
    return Resource(
        name=name,
        type=type_,
        lift=partial(_LIFTS[kind], name),
        lower=_lower,
        id=app.fields.id,
        number=getattr(app.fields, find[0]),
        version=(app.updated,),
        find=find,
        also_lower=_back(name, app),
    )


def _back(name: str, app: App) -> dict[type[Record], Lower]:
    """What is written back onto a record: its marks, and on a document with payments how far it is settled."""
    marks: dict[type[Record], Lower] = {Mark: partial(marking.lower, name)}
    settled = isinstance(app, DocumentApp) and bool(app.states)
    return marks | ({Settlement: partial(settling.lower, name)} if settled else {})


PAYMENTS = Resource(
    name="payments",
    type=Payment,
    lift=payments.lift,
    lower=_lower,
    id=("id",),
    listable=False,
    inside={name: partial(payments.pick, name) for name in ("invoices", "supplier-invoices")},
)

APPTIVO = Connector(
    name="apptivo",
    title="Apptivo",
    settings=Firm,
    resources=(*(_resource(kind, name) for kind, names in KINDS.items() for name in names), PAYMENTS),
    hosts=hosts,
    limits=Limits(second=1, concurrent=1),
)


@hookimpl
def connectors() -> Iterable[Connector]:
    """Apptivo."""
    return (APPTIVO,)


@hookimpl
def check(connection: Connection) -> Check:
    """The firm that the keys open."""
    return firm.check(connection)


@hookimpl
def probe(connection: Connection, scratch: str | None) -> Proposal:
    """This firm's own shape, and the profile that reads it."""
    return probing.probe(connection, scratch, {one.name: one for one in APPTIVO.resources})


@hookimpl
def fetch(connection: Connection, resource: Resource, cursor: Cursor | None) -> Page:
    """One page of an app's list."""
    return reading.fetch(connection, resource, cursor)


@hookimpl
def find(connection: Connection, resource: Resource, keys: Sequence[Key]) -> Mapping[Key, list[Wire]]:
    """Records by id, number, code or name."""
    return lookup.find(connection, resource, keys)


@hookimpl
def push(connection: Connection, batch: Batch) -> list[Receipt]:
    """Changes to single records; nothing is created or deleted."""
    return writing.push(connection, batch)


@hookimpl
def files(connection: Connection, resource: Resource, id: str) -> list[File]:
    """The documents stored on a record."""
    return stored.files(connection, resource, id)


@hookimpl
def annotate(connection: Connection, resource: Resource, id: str, text: str) -> bool:
    """A note to a record, of which nobody is told by e-mail."""
    return stored.annotate(connection, resource, id, text)
