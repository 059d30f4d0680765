"""Consent: which scopes are asked for, and which organisation a consent opened.

Source: docs/facts/xero.md, "Consent", "Tokens", "Connections", "Scopes".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from tieout import Check, Connection, OAuth, ReauthNeeded, Tenant, Unavailable, excerpt

from tieout_xero import reference
from tieout_xero.access import DENIALS, admitted
from tieout_xero.settings import ConnectionSettings

_PERSON = ("openid", "profile", "email", "offline_access")
_EVENT = "authentication_event_id"
_LASTS = 60 * 86_400


def oauth(settings: ConnectionSettings, resources: frozenset[str]) -> OAuth:
    """How consent is given, with the scopes that the resources in use need and no others."""
    machine = settings.consent == "custom-connection"
    return OAuth(
        token_url=settings.token_url,
        authorise_url="" if machine else settings.authorise_url,
        revoke_url=settings.revoke_url,
        client_id=settings.client_id,
        client_secret=settings.client_secret,
        scopes=scopes(resources) if machine else (*_PERSON, *scopes(resources)),
        grant="client-credentials" if machine else "authorization-code",
        lasts=0 if machine else _LASTS,
        denials=DENIALS,
        tenants=tenants,
    )


def scopes(resources: frozenset[str]) -> tuple[str, ...]:
    """The granular scopes for these resources; settings are always read. Items may be written with either scope."""
    asked = ["accounting.settings.read"]
    if "Items" in resources:
        asked.append("accounting.settings")
    if "Contacts" in resources:
        asked.append("accounting.contacts")
    if resources & {"Invoices", "PurchaseOrders", "Items"}:
        asked.append("accounting.invoices")
    if "Payments" in resources:
        asked.append("accounting.payments")
    if "attachments" in resources:
        asked.append("accounting.attachments")
    return tuple(asked)


def tenants(connection: Connection, claims: Mapping[str, Any]) -> list[Tenant]:
    """The organisations that a consent opened, told by its own event; a custom connection has one and no event.

    Raises `ReauthNeeded` when it opened none, or when Xero does not tell which one of several it was.
    """
    event = claims.get(_EVENT)
    found = _connected(connection, str(event) if event else "")
    if not found:
        raise ReauthNeeded(
            "No Xero organisation is connected",
            why="The consent ended without an organisation, or it was disconnected in Xero. "
            "An organisation takes two apps that Xero has not certified and no more.",
            fix="Disconnect another such app in Xero if there are two, then connect again and choose an organisation: "
            f"tieout connect {connection.name}",
        )
    if len(found) > 1 and not event:
        raise ReauthNeeded(
            f"Xero does not tell which of {len(found)} organisations was chosen",
            why="Taking any of them could post to the wrong books.",
            fix=f"Connect again: tieout connect {connection.name}",
        )
    return found


def check(connection: Connection) -> Check:
    """That the organisation is still connected, and its base currency. Raises `ReauthNeeded` when it is not."""
    found = _connected(connection)
    pinned = connection.tenant
    if pinned is None and len(found) == 1:
        pinned = found[0]
    known = next((tenant for tenant in found if pinned and tenant.id == pinned.id), None)
    if known is None:
        name = pinned.name or pinned.id if pinned else "the organisation"
        raise ReauthNeeded(
            f"{name} is not connected to this app any more",
            why="It was disconnected in Xero, or another organisation was chosen.",
            fix=f"Connect it again: tieout connect {connection.name}",
        )
    return Check(tenant=known, organisation=reference.organisation(_pinned(connection, known)))


def _pinned(connection: Connection, tenant: Tenant) -> Connection:
    return connection if connection.tenant else replace(connection, tenant=tenant)


def _connected(connection: Connection, event: str = "") -> list[Tenant]:
    with admitted(connection):
        reply = connection.http.read(
            "GET",
            connection.settings.connections_url,
            params={"authEventId": event} if event else {},
            headers={"Accept": "application/json"},
        )
    answer = reply.json() if reply.status == 200 else None
    if not isinstance(answer, list) or not all(isinstance(row, dict) and row.get("tenantId") for row in answer):
        raise Unavailable("Xero does not tell which organisations are connected", said=excerpt(reply.text))
    return [
        Tenant(id=row["tenantId"], name=row.get("tenantName") or row["tenantId"])
        for row in answer
        if row.get("tenantType") == "ORGANISATION"
        and (not event or str(row.get("authEventId", event)).casefold() == event.casefold())
    ]
