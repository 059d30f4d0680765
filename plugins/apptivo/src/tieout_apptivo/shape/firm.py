"""What a firm's configuration tells: who it is, how it writes dates, and what its custom attributes are called.

Sources: docs/facts/apptivo.md, "Configuration and layout", "Custom attributes".
"""

from __future__ import annotations

import hashlib
from contextlib import suppress
from typing import Any

from tieout import Check, Connection, Organisation, Rejected, Tenant, Unavailable, Wire

from tieout_apptivo.calls import ask, configuration, listing
from tieout_apptivo.native import beside
from tieout_apptivo.shape.attributes import custom, custom_key, states, states_key
from tieout_apptivo.shape.dates import DATE_FORMAT
from tieout_apptivo.shape.fields import labels_key, normal
from tieout_apptivo.shape.layout import attributes
from tieout_apptivo.shape.profile import KINDS
from tieout_apptivo.shape.scalars import ident, text
from tieout_apptivo.shape.settings import Firm


def check(connection: Connection) -> Check:
    """The firm that the keys open, told by its own number; changes nothing and remembers how it writes dates.

    Its notes tell whether Apptivo's own Xero connection seems to run beside.
    Where neither the configuration nor a customer tells the number of the firm, a digest of the API key stands for it.
    Raises `ReauthNeeded` when the keys are refused.
    """
    config = learn(connection, "customers")
    number = ident(_told(config, "firmId")) or _number_of_a_customer(connection) or _digest(connection.settings)
    name = _told(config, "firmName") or f"Apptivo firm {number}"
    currency = text(config.get("currencyCode")).upper()
    notes = []
    if not connection.settings.profile.date_format and not connection.memory.get(DATE_FORMAT):
        notes.append(
            "Apptivo does not tell how this firm writes dates. Dates that can be read in two ways are held until "
            "profile.date-format says it: run `tieout doctor`, which finds it out."
        )
    for app in sorted(connection.resources.intersection(KINDS["every-document"])):
        with suppress(Rejected, Unavailable):  # an app that does not answer is told when it is read
            learn(connection, app)
            notes += beside(connection, app)
    return Check(
        tenant=Tenant(number, name),
        organisation=Organisation(id=number, name=name, currency=currency) if currency else None,
        notes=tuple(notes),
    )


def learn(connection: Connection, name: str) -> Wire:
    """The configuration of the app called `name`; its labels and the firm's date format go into the memory."""
    app = connection.settings.profile.app(name)
    config = ask(connection, app, "getConfigData", {"objectId": app.object_id}, configuration)
    _remember(connection, labels_key(name), labels(config))
    _remember(connection, custom_key(name), custom(config))
    _remember(connection, states_key(name), states(config))
    if written := text(config.get("dateFormat")):
        _remember(connection, DATE_FORMAT, written)
    return config


def labels(config: Wire) -> dict[str, str]:
    """The attributes of a layout: normalised label to id; empty where the layout cannot be read."""
    found: dict[str, str] = {}
    for one in attributes(config):
        if (label := normal(one.label)) and one.id:
            found.setdefault(label, one.id)
    return found


def _told(config: Wire, name: str) -> str:
    inner = config.get("userConfig")
    return text(config.get(name)) or (text(inner.get(name)) if isinstance(inner, dict) else "")


def _number_of_a_customer(connection: Connection) -> str:
    app = connection.settings.profile.customers
    wanted = {"objectId": app.object_id, "objectStatus": 0, "startIndex": 0, "numRecords": 1}
    rows, _ = ask(connection, app, "getAll", wanted, listing("customers"))
    return ident(rows[0].get("firmId")) if rows else ""


def _digest(settings: Firm) -> str:
    return hashlib.sha256(settings.api_key.reveal().encode()).hexdigest()[:8]


def _remember(connection: Connection, key: str, value: Any) -> None:
    """Write to the memory what is new in it: equal terms keep a plan valid."""
    if connection.memory.get(key) != value:
        connection.memory[key] = value
