"""The Apptivo connector: reads any firm's customers, contacts, suppliers, items and documents, and changes nothing.

Where the values of a record lie is data (`profile.toml`), which a firm overrides in its configuration. There is no
consent: a pair of keys opens the firm. The connector only reads, so it has no `push`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import partial

from tieout.contract import Check, Connection, Connector, Cursor, Limits, Resource, Terms, Wire
from tieout.errors import Problem, Rejected
from tieout.hooks import hookimpl
from tieout.model import Document, Item, Party, Payment, Record
from tieout.work import Key, Page

from tieout_apptivo import documents, firm, items, parties, payments, reading
from tieout_apptivo.profile import KINDS, shipped
from tieout_apptivo.settings import Firm, hosts

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
    )


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
def fetch(connection: Connection, resource: Resource, cursor: Cursor | None) -> Page:
    """One page of an app's list."""
    return reading.fetch(connection, resource, cursor)


@hookimpl
def find(connection: Connection, resource: Resource, keys: Sequence[Key]) -> Mapping[Key, list[Wire]]:
    """Records by id, number, code or name."""
    return reading.find(connection, resource, keys)
