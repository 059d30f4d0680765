"""What a plugin's author gives the kit: records in both shapes, and the terms they are turned under."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from tieout.api.contract import Binding, Kind, Settings, Tenant, Terms, Wire
from tieout.api.model import Record, Reference

_TENANT = Tenant(id="tenant-1", name="A firm of the tests")


def terms(
    binding: Binding,
    *,
    settings: Any = None,
    pair: Any = None,
    connection: Any = None,
    tenant: Tenant = _TENANT,
    reference: Mapping[Kind, Iterable[Reference]] | None = None,
    memory: Mapping[str, Any] | None = None,
) -> Terms:
    """The terms under which a binding turns records; what is not given is empty settings and no reference data."""
    return Terms(
        entity=binding.entity,
        constants=binding.constants,
        settings=Settings() if settings is None else settings,
        pair=Settings() if pair is None else pair,
        connection=Settings() if connection is None else connection,
        tenant=tenant,
        reference={kind: tuple(rows) for kind, rows in (reference or {}).items()},
        memory=dict(memory or {}),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """Records of one binding.

    `wires` are as the system gives them. `records` are as core hands them to `lower`: prepared by the entity, their
    references with the target's ids; give three or more, no two with the same key. `refused` is a record that
    `lower` accepts and the system itself turns down.
    """

    binding: Binding
    terms: Terms
    wires: tuple[Wire, ...] = ()
    records: tuple[Record, ...] = ()
    refused: Record | None = None

    @property
    def name(self) -> str:
        """The sample as messages name it."""
        return f"{self.binding.entity} as {self.binding.resource}"
