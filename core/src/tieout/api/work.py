"""The work that goes through the hooks: pages that are read and turned, batches that are written, and their receipts.

Core hands over pages and batches, never single records; everything is frozen and plain.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from tieout.api.contract import Binding, Cursor, Resource, Terms, Wire
from tieout.api.errors import Problem, Rejected
from tieout.api.model import Record

Op = Literal["create", "update", "void", "remove"]
Way = Literal["lift", "lower"]
Outcome = Literal["created", "updated", "unchanged", "rejected", "stale", "later", "unknown"]


@dataclass(frozen=True, slots=True)
class Page:
    """What one call of `fetch` read: wires, the ids of proved deletions, and where to go on.

    `next` continues this pass (None: it has ended), `resume` is where the next run starts. `notes` tell what a person
    should know about the list itself: that it is suspiciously short.
    """

    wires: tuple[Wire, ...]
    deletions: tuple[str, ...] = ()
    next: Cursor | None = None
    resume: Cursor | None = None
    notes: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class Reject:
    """A record that cannot be turned, with all its problems."""

    problems: tuple[Problem, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One call's part for one record; `id` is the target's for all but a create. Core fills in `key`.

    `notes` tell what the body leaves out on purpose (an address that is no e-mail address): the record goes, and a
    person is told.
    """

    op: Op
    body: Wire
    id: str | None = None
    key: str = ""
    notes: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class Lowering:
    """A record to be lowered, and the target's wire as last read; a record that stands `void` is to be taken back.

    `around` are the target's wires of the records that it follows, by id: as last read, or as the same plan sends them.
    """

    record: Record
    now: Wire | None = None
    id: str | None = None
    around: Mapping[str, Wire] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """A page for `transform`: wires to lift, or `Lowering`s to lower.

    A connector may answer for itself, calling `each()`, core's loop over the binding's or the resource's functions,
    inside; answers are in the order of `items`.
    """

    way: Way
    items: tuple[Any, ...]
    binding: Binding
    resource: Resource
    terms: Terms

    def each(self) -> list[Any]:
        """Per item: on lift a record, None or a `Reject`; on lower a tuple of steps or a `Reject`."""
        turn = self._lift if self.way == "lift" else self._lower
        return [self._guarded(turn, item) for item in self.items]

    def _lift(self, wire: Wire) -> Record | None:
        if any(wire.get(name) != value for name, value in self.binding.constants.items()):
            return None
        return (self.binding.lift or self.resource.lift)(wire, self.terms)

    def _lower(self, item: Lowering) -> tuple[Step, ...]:
        body = (self.binding.lower or self.resource.lower)(item.record, self.terms, item.now)
        return (Step(op="update" if item.id else "create", body={**self.binding.constants, **body}, id=item.id),)

    def _guarded(self, turn: Callable[[Any], Any], item: Any) -> Any:
        try:
            return turn(item)
        except Rejected as error:
            return Reject(error.problems)
        except Exception as error:  # a plugin's fault stops one record, not the run
            return Reject(
                (
                    Problem(
                        cause="unreadable",
                        what=f"This record of {self.binding.entity} cannot be read or written as {self.resource.name}.",
                        why=f"{type(error).__name__} in the binding to {self.binding.connector}.",
                        fix="Look at the record; if it is right, report this as a bug of the plugin.",
                        said=str(error).splitlines()[0][:200] if str(error) else "",
                    ),
                )
            )


@dataclass(frozen=True, slots=True)
class Key:
    """What to look up by: `field` is `id` or one of the resource's `find` fields."""

    field: str
    value: str


@dataclass(frozen=True, slots=True)
class Batch:
    """Steps of one resource and one operation that go in one call, with the key under which a repeat is recognised."""

    resource: Resource
    op: Op
    steps: tuple[Step, ...]
    idempotency_key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """The answer to one step, under the step's `key`.

    `wire` is what came back. `dropped` tells what the system left out although it saved the record: such a record
    counts as wrong, not as done.
    """

    key: str
    outcome: Outcome
    id: str | None = None
    version: str | None = None
    wire: Wire | None = None
    problems: tuple[Problem, ...] = ()
    dropped: tuple[str, ...] = ()
