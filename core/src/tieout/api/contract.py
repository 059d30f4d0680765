"""The types of the contract that stand for whole systems and kinds of records: what plugins declare and are given.

Everything here is frozen and plain. A plugin declares `Connector`, `Entity` and `Binding` objects; core calls its work
hooks with a `Connection`. The pages and batches that go through those hooks are in `tieout.api.work`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, MutableMapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict

from tieout.api.clock import Clock
from tieout.api.codec import digest
from tieout.api.entropy import Entropy
from tieout.api.errors import ContractError, Problem
from tieout.api.model import Organisation, Record, Reference

if TYPE_CHECKING:
    from tieout.api.http import Http
    from tieout.api.oauth import OAuth

Wire: TypeAlias = dict[str, Any]
"""The JSON of a system, untouched; numbers with a fraction are `Decimal`."""

Cursor: TypeAlias = dict[str, Any]
"""Where reading stands: JSON that only the connector understands."""

Kind = Literal["accounts", "taxes", "currencies", "tracking", "branding", "locks", "organisation", "permissions"]


class Settings(BaseModel):
    """The base of every settings model: a section of `plugins.toml`, a part of its schema and a form on the page.

    Keys are written with hyphens. A field may be annotated with `Pick` to become a drop-down, and is a
    `tieout.api.secret.Secret` where its value must not stand in the file.
    """

    model_config = ConfigDict(
        frozen=True, extra="forbid", alias_generator=lambda name: name.replace("_", "-"), populate_by_name=True
    )


@dataclass(frozen=True, slots=True)
class Pick:
    """Marks a setting that is chosen from the target's reference data: `Annotated[str, Pick("accounts", "sales")]`.

    `usual` says in words what counts where nothing is chosen.
    """

    kind: Kind
    role: str = ""
    usual: str = ""


@dataclass(frozen=True, slots=True)
class Tenant:
    """One firm or organisation that a connection reaches; `id` never changes, `name` is what people call it."""

    id: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much a system allows: calls per second, minute and day (None: no such limit), and calls at once.

    `minute_header` and `day_header` name the response headers that tell what is left, `problem_header` the one that
    names the used-up limit on a 429. `speed` is how many times faster than real time the windows run: 1 but for a
    sandbox.
    """

    second: int | None = None
    minute: int | None = None
    day: int | None = None
    concurrent: int = 1
    speed: int = 1
    minute_header: str = ""
    day_header: str = ""
    problem_header: str = ""


@dataclass(frozen=True, slots=True)
class Connection:
    """A configured use of a connector, as a plugin sees it.

    `http` is the only way out, `memory` keeps small JSON between runs, `tenant` is None until the first check.
    `resources` are the names of the resources in use by what is switched on, and `attachments` where files go along.
    """

    name: str
    plugin: str
    settings: Any
    http: Http
    clock: Clock
    memory: MutableMapping[str, Any]
    tenant: Tenant | None = None
    resources: frozenset[str] = frozenset()
    entropy: Entropy = field(default_factory=Entropy)


@dataclass(frozen=True, slots=True)
class Terms:
    """All that a binding may depend on besides the record; its digest stands in the plan.

    `settings` are the flow's, `pair` those that the target's connector adds to a pair, `connection` those of the side
    at hand, whose `tenant`, `reference` data and `memory` these are. `constants` are the binding's.
    """

    entity: str
    constants: Mapping[str, Any]
    settings: Any
    pair: Any
    connection: Any
    tenant: Tenant
    reference: Mapping[str, tuple[Reference, ...]]
    memory: Mapping[str, Any]

    def rows(self, kind: Kind) -> tuple[Reference, ...]:
        """The reference data of one kind; empty when the system has none."""
        return self.reference.get(kind, ())

    def digest(self) -> str:
        """The SHA-256 of everything above but `connection`, in hexadecimal; the same in every process."""
        parts = (self.entity, self.constants, self.tenant, self.memory, self.settings, self.pair, self.reference)
        return digest([stable(part) for part in parts])


def stable(value: Any) -> Any:
    """Settings, reference data or any plain value as JSON of one order, so that every process digests it alike."""
    if isinstance(value, BaseModel):
        return {name: stable(getattr(value, name)) for name in type(value).model_fields}
    if isinstance(value, Mapping):
        return {str(name): stable(inner) for name, inner in value.items()}
    if isinstance(value, set | frozenset):
        return sorted(repr(inner) for inner in value)
    if isinstance(value, list | tuple):
        return [stable(inner) for inner in value]
    return value if value is None or isinstance(value, str | bool) else repr(value)


Lift: TypeAlias = Callable[[Wire, Terms], Record | None]
"""Turns a wire into a record, or None: not mine. Pure; raises `Rejected` for what cannot be read."""

Lower: TypeAlias = Callable[[Any, Terms, Wire | None], Wire]
"""Turns a record into the wire to send; the last argument is the wire as last read, None for a create. Pure."""

Kinds: TypeAlias = type[Record]
"""One of the shared types, as a class."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """One list of a system (Xero's Contacts) with all its rules.

    `id`, `number` and `version` are field paths (dotted, the first that is filled counts). `find` names the record
    fields by which `find` can look up, besides `id`; `unique` those that no two live records may share. A batch has
    at most `batch` steps and `bytes` bytes. `listable` says that `fetch` can read all of it; `settle` is how many
    seconds a write may take to show in lists, `key_seconds` how long an idempotency key lives (0: there is none).
    `free` names the record fields that may still change on a settled record; `lower` refuses what goes further.
    A resource with `inside` is never listed by itself: its records are elements in the wires of the resources named
    there, read with them and picked out by a function of (wire, settings of the connection). `also_lift` and
    `also_lower` turn the same wires into and from other shared types, which only tell of a record or mark it: an
    invoice's `Settlement`.
    `around` names the record fields whose counterparts' wires `lower` wants to see (`Lowering.around`); `heir` tells
    the id of the record that a wire's own record was merged into.
    """

    name: str
    type: type[Record]
    lift: Lift
    lower: Lower
    id: tuple[str, ...]
    number: tuple[str, ...] = ()
    version: tuple[str, ...] = ()
    find: tuple[str, ...] = ()
    unique: tuple[str, ...] = ()
    batch: int = 1
    bytes: int = 1_000_000
    listable: bool = True
    settle: int = 0
    key_seconds: int = 0
    free: frozenset[str] = frozenset()
    lossy: frozenset[str] = frozenset()
    inside: Mapping[str, Callable[[Wire, Any], Iterable[Wire]]] = field(default_factory=dict)
    also_lift: Mapping[Kinds, Lift] = field(default_factory=dict)
    also_lower: Mapping[Kinds, Lower] = field(default_factory=dict)
    around: frozenset[str] = frozenset()
    heir: Callable[[Wire], str | None] | None = None

    def identify(self, wire: Wire) -> str:
        """The record's id as text (integers without a fraction). Raises `ContractError` when there is none."""
        found = first(wire, self.id)
        if found is None:
            raise ContractError(f"a record of {self.name} has no id at {' or '.join(self.id)}")
        return found


def first(wire: Wire, paths: tuple[str, ...]) -> str | None:
    """The first filled value among dotted paths, as text; None when all are missing or empty."""
    for path in paths:
        value: Any = wire
        for part in path.split("."):
            value = value.get(part) if isinstance(value, dict) else None
        if value not in (None, ""):
            return str(value)
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Connector:
    """A plugin's knowledge of one system.

    `hosts` tells from the settings which hosts may be called and `oauth` how consent is given (None: keys alone).
    When the system is the target it adds `pair` to the pair's settings and `flow` to those of each flow, by the shared
    type. `reference` names its kinds of reference data with the seconds for which each stays fresh.
    """

    name: str
    title: str
    settings: type[Settings]
    resources: tuple[Resource, ...]
    hosts: Callable[[Any], Iterable[str]]
    limits: Limits = Limits()
    oauth: Callable[[Any, frozenset[str]], OAuth] | None = None
    pair: type[Settings] = Settings
    flow: Mapping[type[Record], type[Settings]] = field(default_factory=dict)
    reference: Mapping[Kind, int] = field(default_factory=dict)

    def resource(self, name: str) -> Resource:
        """The resource of that name. Raises `ContractError` when there is none."""
        for resource in self.resources:
            if resource.name == name:
                return resource
        raise ContractError(f"{self.name} has no resource {name}")


def _as_is(record: Any, settings: Any) -> Any:
    return record


def _nothing(record: Any, settings: Any) -> tuple[Problem, ...]:
    return ()


def _go(record: Any, settings: Any) -> str | None:
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Entity:
    """One kind of record that is kept in agreement; it knows no system.

    `letter` marks its external numbers. `key` are the fields that make it recognisable in the target, `agrees` those
    that must be equal as well before a record found by its key is linked without asking. `after` are the entities that
    go first; of the record's references those in `follows` must resolve, all others are soft. `ties` are the control
    fields, compared to the cent after each write and in the tie-out. `target_owns` are fields that the target may
    change freely, written as pydantic's `exclude`. With `repeats` several records may have the same key and still be
    different ones (two payments of one day), so that equal keys link but never stop each other. A `back` entity writes
    what the target tells onto the source's records of the entities that it is `of`, whose links it uses. `removal` says
    what a proved deletion in the source means: a question for a person, or a void in the target as well.

    `skip` gives the reason why a record is not to be sent, `prepare` completes a lifted source record from the
    settings, and `check` names what is missing. All three are pure functions of (record, settings of the flow).
    """

    name: str
    title: str
    model: type[Record]
    letter: str
    key: tuple[str, ...]
    agrees: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    follows: tuple[str, ...] = ()
    settings: type[Settings] = Settings
    ties: tuple[str, ...] = ()
    target_owns: Mapping[str, Any] = field(default_factory=dict)
    repeats: bool = False
    direction: Literal["forward", "back"] = "forward"
    of: tuple[str, ...] = ()
    removal: Literal["ask", "void"] = "ask"
    skip: Callable[[Any, Any], str | None] = _go
    prepare: Callable[[Any, Any], Any] = _as_is
    check: Callable[[Any, Any], Iterable[Problem]] = _nothing


@dataclass(frozen=True, slots=True, kw_only=True)
class Binding:
    """How one entity lives in one system: the resource and the constants that its records carry there.

    `lift` and `lower` replace the resource's own functions where the entity has more than the shared type; `lossy`
    names the fields that do not survive the way there and back. `page` tells a record's address for people from its
    id and the terms.
    """

    entity: str
    connector: str
    resource: str
    constants: Mapping[str, Any] = field(default_factory=dict)
    lift: Lift | None = None
    lower: Lower | None = None
    lossy: frozenset[str] = frozenset()
    page: Callable[[str, Terms], str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """The credentials reach this tenant; `organisation` tells its base currency where the system has one."""

    tenant: Tenant
    organisation: Organisation | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that a probe found out: what was asked, how it stands, and what a person is to do where it is not good.

    `state` is good, unsure (it works, and a person should look) or bad. `sample` shows a value with what is personal
    masked.
    """

    topic: str
    what: str
    state: Literal["good", "unsure", "bad"] = "good"
    fix: str = ""
    sample: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """What a probe of a tenant's own shape proposes: text files by name, to be kept beside the configuration.

    Core shows `findings`, and writes `files` and then `settings` into the connection's section when a person agrees;
    `good` says that everything was understood.
    """

    findings: tuple[Finding, ...]
    files: Mapping[str, str] = field(default_factory=dict)
    settings: Mapping[str, str] = field(default_factory=dict)
    good: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """An attachment of a record: its name, media type and size in bytes; `content` reads it."""

    name: str
    media: str
    size: int
    content: Callable[[], bytes]


@dataclass(frozen=True, slots=True)
class Consent:
    """A consent begun: where to send the person, the state to check on return, and the PKCE verifier."""

    url: str
    state: str
    verifier: str
    redirect: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back to the redirect address, with the consent it answers."""

    consent: Consent
    parameters: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened in a run; `data` is plain JSON without secrets, `at` is UTC."""

    name: str
    at: datetime
    data: Mapping[str, Any]
