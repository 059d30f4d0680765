"""The hooks: all that a plugin can add, one sentence each.

A plugin is a module (or object) named by an entry point in the group `tieout`; it implements the hooks it needs and
takes only the arguments it needs. Hooks only ever gain arguments; an argument with a default is refused, because it
would never be filled. Work hooks are synchronous and re-entrant: core calls them from several threads.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import pluggy

from tieout.api.contract import (
    Answer,
    Binding,
    Check,
    Connection,
    Connector,
    Consent,
    Cursor,
    Entity,
    Event,
    File,
    Kind,
    Proposal,
    Resource,
    Tenant,
    Wire,
)
from tieout.api.model import Reference
from tieout.api.work import Batch, Key, Page, Receipt, Work

if TYPE_CHECKING:
    from tieout.api.http import HttpAuth
    from tieout.api.vault import Vault

API = 1
"""The version of the contract, and of `plugins.toml`."""

hookspec = pluggy.HookspecMarker("tieout")
hookimpl = pluggy.HookimplMarker("tieout")


class Tieout:
    """The hook specifications in three groups: declare, work, watch and add."""

    # declare: once, at load

    @hookspec
    def entities(self) -> Iterable[Entity]:  # type: ignore[empty-body]
        """Kinds of record that this plugin defines."""

    @hookspec
    def connectors(self) -> Iterable[Connector]:  # type: ignore[empty-body]
        """Systems that this plugin can reach."""

    @hookspec
    def bindings(self) -> Iterable[Binding]:  # type: ignore[empty-body]
        """How entities, one's own or others', live in systems."""

    # work: once per connection, page or batch; only the owner of the connection's connector is asked

    @hookspec(firstresult=True)
    def authorise(self, connection: Connection, redirect: str) -> Consent | None:
        """Begin a consent that will return to `redirect`; core answers for a connector that declares `oauth`."""

    @hookspec(firstresult=True)
    def complete(self, connection: Connection, vault: Vault, answer: Answer) -> list[Tenant] | None:
        """Turn what came back from a consent into stored tokens and the tenants that it opened."""

    @hookspec(firstresult=True)
    def disconnect(self, connection: Connection, vault: Vault) -> bool | None:
        """End the consent in the system; the tokens are revoked only when no other connection shares the grant."""

    @hookspec(firstresult=True)
    def auth(self, connection: Connection, vault: Vault) -> HttpAuth | None:
        """Authenticate calls; secrets and tokens are read and rotated through the vault only."""

    @hookspec(firstresult=True)
    def check(self, connection: Connection) -> Check | None:
        """Prove that the credentials reach a tenant, and tell which; change nothing."""

    @hookspec(firstresult=True)
    def probe(self, connection: Connection, scratch: str | None) -> Proposal | None:
        """Find out this tenant's own shape by reading; only the record named by `scratch` may be written to."""

    @hookspec(firstresult=True)
    def reference(self, connection: Connection, kind: Kind) -> list[Reference] | None:
        """Read all reference data of one kind that the connector declares."""

    @hookspec(firstresult=True)
    def fetch(self, connection: Connection, resource: Resource, cursor: Cursor | None) -> Page | None:
        """Read exactly one page; a pass begun with None reads everything."""

    @hookspec(firstresult=True)
    def transform(self, connection: Connection, work: Work) -> list[Any] | None:
        """Turn a page of wires into records, or of records into steps, in order and without calls."""

    @hookspec(firstresult=True)
    def find(self, connection: Connection, resource: Resource, keys: Sequence[Key]) -> Mapping[Key, list[Wire]] | None:
        """Look up records by typed keys, retired ones too; every key is answered, with an empty list if need be."""

    @hookspec(firstresult=True)
    def push(self, connection: Connection, batch: Batch) -> list[Receipt] | None:
        """Write one batch and give one receipt per step, matched by key; raise only for the batch as a whole."""

    @hookspec(firstresult=True)
    def files(self, connection: Connection, resource: Resource, id: str) -> list[File] | None:
        """List the attachments of one record; their contents are read only when asked for."""

    @hookspec(firstresult=True)
    def attach(self, connection: Connection, resource: Resource, id: str, file: File) -> bool | None:
        """Attach a file to a record, replacing one of the same name; raise `Rejected` for what the system refuses."""

    @hookspec(firstresult=True)
    def annotate(self, connection: Connection, resource: Resource, id: str, text: str) -> bool | None:
        """Add a note to the history of a record."""

    # watch and add: every plugin

    @hookspec
    def observe(self, event: Event) -> None:
        """Be told of runs, pages, plans, receipts, pauses and errors, in order; a fault here disturbs nothing."""

    @hookspec(firstresult=True)
    def sandbox(self, options: Mapping[str, Any]) -> Any:
        """Start stand-ins for the real systems and return them as a context manager; used by `tieout demo`."""
