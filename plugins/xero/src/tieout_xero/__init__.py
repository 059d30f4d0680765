"""The Xero connector: Contacts, Items, Invoices, PurchaseOrders and Payments of one organisation."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from tieout import (
    Batch,
    Check,
    Connection,
    Connector,
    Cursor,
    Document,
    File,
    Key,
    Kind,
    Limits,
    Page,
    Receipt,
    Reference,
    Resource,
    Wire,
    Work,
    hookimpl,
)

from tieout_xero import attachments, consent, finding, history, posting, pushing, reading
from tieout_xero import reference as reference_data
from tieout_xero.contacts import CONTACTS
from tieout_xero.documents import INVOICES, PURCHASE_ORDERS
from tieout_xero.items import ITEMS
from tieout_xero.payments import PAYMENTS
from tieout_xero.settings import Arrival, ConnectionSettings, Pair, hosts

XERO = Connector(
    name="xero",
    title="Xero",
    settings=ConnectionSettings,
    resources=(CONTACTS, ITEMS, INVOICES, PURCHASE_ORDERS, PAYMENTS),
    hosts=hosts,
    limits=Limits(
        minute=60,
        day=5_000,
        concurrent=5,
        minute_header="X-MinLimit-Remaining",
        day_header="X-DayLimit-Remaining",
        problem_header="X-Rate-Limit-Problem",
    ),
    oauth=consent.oauth,
    pair=Pair,
    flow={Document: Arrival},
    reference=reference_data.FRESH,
)


@hookimpl
def connectors() -> Iterable[Connector]:
    """Xero."""
    return (XERO,)


@hookimpl
def check(connection: Connection) -> Check | None:
    """That the pinned organisation is connected."""
    return consent.check(connection)


@hookimpl
def reference(connection: Connection, kind: Kind) -> list[Reference] | None:
    """Accounts, tax rates, currencies, tracking, branding themes, lock dates, organisation and its actions."""
    return reference_data.read(connection, kind)


@hookimpl
def fetch(connection: Connection, resource: Resource, cursor: Cursor | None) -> Page | None:
    """One page, from the cursor on."""
    return reading.fetch(connection, resource, cursor)


@hookimpl
def transform(connection: Connection, work: Work) -> list[Any] | None:
    """What is lowered is posted; what is lifted is core's loop."""
    return posting.post(work) if work.way == "lower" else work.each()


@hookimpl
def find(connection: Connection, resource: Resource, keys: Sequence[Key]) -> Mapping[Key, list[Wire]] | None:
    """Records by id, contact number, name, code or number."""
    return finding.find(connection, resource, keys)


@hookimpl
def push(connection: Connection, batch: Batch) -> list[Receipt] | None:
    """One batch in one call; what Xero takes one at a time, one by one."""
    return pushing.push(connection, batch)


@hookimpl
def attach(connection: Connection, resource: Resource, id: str, file: File) -> bool | None:
    """A file to a contact, a document or an order."""
    return attachments.attach(connection, resource, id, file)


@hookimpl
def annotate(connection: Connection, resource: Resource, id: str, text: str) -> bool | None:
    """A note in the history of a record."""
    return history.annotate(connection, resource, id, text)
