"""Flows: one entity in one direction within one pair, with both of its ends."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from tieout.api.codec import digest, dumps
from tieout.api.contract import Binding, Connection, Connector, Entity, Resource, Terms, Wire, stable
from tieout.api.errors import ContractError
from tieout.api.model import Record
from tieout.api.work import Lowering, Reject, Step, Work
from tieout.host.facade import Facade
from tieout.rules.plan import Range
from tieout.rules.questions import NOBODY, Ownership


@dataclass(frozen=True, slots=True)
class End:
    """One side of a flow: where its records live and how they are turned."""

    facade: Facade
    connection: Connection
    connector: Connector
    binding: Binding
    resource: Resource
    terms: Terms

    @property
    def tenant(self) -> str:
        """The tenant under which the ledger keeps this side's records."""
        return tenant_key(self.connection)

    @property
    def shape(self) -> str:
        """What tells this end's records from others of the same resource."""
        own = f"{self.binding.entity}@" if self.binding.lift else ""
        return own + self.resource.name + dumps(dict(sorted(self.binding.constants.items()))).decode()

    @property
    def reading(self) -> str:
        """The digest of the connection's settings, a firm's profile among them: by these its wires are read."""
        return digest(stable(self.terms.connection))

    def lift(self, wires: Sequence[Wire]) -> list[Record | Reject | None]:
        """The records of a page, in order."""
        return self._transform(Work(way="lift", items=tuple(wires), **self._parts()))

    def lower(self, items: Sequence[Lowering]) -> list[tuple[Step, ...] | Reject]:
        """The steps for a page of records, in order."""
        return self._transform(Work(way="lower", items=tuple(items), **self._parts()))

    def _parts(self) -> dict[str, Any]:
        return {"binding": self.binding, "resource": self.resource, "terms": self.terms}

    def _transform(self, work: Work) -> list[Any]:
        if not work.items:
            return []
        answers = self.facade.transform(self.connection, work)
        if len(answers) != len(work.items):
            raise ContractError(
                f"{self.connector.name} turned {len(work.items)} records of {self.binding.entity} into {len(answers)}"
            )
        return answers


@dataclass(frozen=True, slots=True)
class Flow:
    """One entity on its way from source to target within a pair; `since` is the pair's start date.

    `owns` says who has the last word on a field that both sides changed. Documents of `backfilled` dates are in scope
    although they are older than that.
    """

    pair: str
    entity: Entity
    settings: Any
    since: date
    source: End
    target: End
    owns: Ownership = NOBODY
    backfilled: tuple[Range, ...] = ()


def tenant_key(connection: Connection) -> str:
    """A tenant's name in the ledger, unique over all systems. Raises `ContractError` before the first check."""
    if connection.tenant is None:
        raise ContractError(f"{connection.name} was used before its tenant was known")
    return f"{connection.plugin}:{connection.tenant.id}"


def levels(flows: Iterable[Flow]) -> list[list[Flow]]:
    """The flows in groups: whatever a flow comes after is in an earlier group."""
    waiting = list(flows)
    done: set[str] = set()
    grouped = []
    while waiting:
        names = {flow.entity.name for flow in waiting}
        ready = [flow for flow in waiting if not (set(flow.entity.after) & names)] or waiting
        grouped.append(ready)
        done |= {flow.entity.name for flow in ready}
        waiting = [flow for flow in waiting if flow.entity.name not in done]
    return grouped


def dump(record: Record) -> dict[str, Any]:
    """A record as plain JSON for the ledger."""
    return record.model_dump(mode="python", exclude_defaults=True)


def load(entity: Entity, value: Any) -> Record | None:
    """A record back from the ledger."""
    return None if value is None else entity.model.model_validate(value)
