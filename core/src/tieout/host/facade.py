"""The hooks as typed functions: the one place where core asks plugins, and judges what they answer.

A work hook is asked of the plugin that owns the connection's connector, and of wrappers. Core's own answers come last:
the loop over a binding's functions, and OAuth 2 for a connector that declares it. An answer that breaks the contract is
a `ContractError` that names the plugin; so is any exception outside Tieout's own tree.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

import pluggy

from tieout.api.contract import (
    Answer,
    Check,
    Connection,
    Connector,
    Consent,
    Cursor,
    Event,
    File,
    Kind,
    Proposal,
    Resource,
    Tenant,
    Wire,
)
from tieout.api.errors import ContractError, OutcomeUnknown, ReauthNeeded, Refused, Throttled, TieoutError
from tieout.api.hooks import hookimpl
from tieout.api.model import Record, Reference
from tieout.api.secret import redact
from tieout.api.work import Batch, Key, Page, Receipt, Reject, Step, Work
from tieout.host import consent
from tieout.host.http import HttpAuth
from tieout.host.log import logger

if TYPE_CHECKING:
    from tieout.api.oauth import OAuth
    from tieout.api.vault import Vault

T = TypeVar("T")


class Defaults:
    """Core's own hook implementations, asked after the plugin's."""

    def __init__(self, connectors: Mapping[str, Connector]) -> None:
        self._connectors = connectors

    @hookimpl(trylast=True)
    def transform(self, work: Work) -> list[Any]:
        """Turn record by record."""
        return work.each()

    @hookimpl(trylast=True)
    def authorise(self, connection: Connection, redirect: str) -> Consent | None:
        """Begin an OAuth 2 consent."""
        declared = self._oauth(connection)
        return None if declared is None else consent.authorise(declared, connection, redirect)

    @hookimpl(trylast=True)
    def complete(self, connection: Connection, vault: Vault, answer: Answer) -> list[Tenant] | None:
        """Finish an OAuth 2 consent."""
        declared = self._oauth(connection)
        return None if declared is None else consent.complete(declared, connection, vault, answer)

    @hookimpl(trylast=True)
    def disconnect(self, connection: Connection, vault: Vault) -> bool | None:
        """Revoke an OAuth 2 grant."""
        declared = self._oauth(connection)
        return None if declared is None else consent.disconnect(declared, connection, vault)

    @hookimpl(trylast=True)
    def auth(self, connection: Connection, vault: Vault) -> HttpAuth | None:
        """Carry an OAuth 2 token."""
        declared = self._oauth(connection)
        return None if declared is None else consent.Bearer(declared, connection, vault)

    def _oauth(self, connection: Connection) -> OAuth | None:
        declare = self._connectors[connection.plugin].oauth
        return None if declare is None else declare(connection.settings, connection.resources)


class Facade:
    """Every hook as a method; `owners` are the plugins by the connector that they own."""

    def __init__(
        self, manager: pluggy.PluginManager, connectors: Mapping[str, Connector], owners: Mapping[str, str]
    ) -> None:
        self._manager = manager
        self._owners = dict(owners)
        self._callers: dict[tuple[str, str], pluggy.HookCaller] = {}
        self._stopped: Callable[[ReauthNeeded | Throttled], None] = lambda error: None
        manager.register(Defaults(connectors))

    def when_stopped(self, tell: Callable[[ReauthNeeded | Throttled], None]) -> None:
        """Let `tell` know from now on of every connection that cannot go on, before the error does."""
        self._stopped = tell

    def authorise(self, connection: Connection, redirect: str) -> Consent:
        """Begin a consent. Raises `Refused` for a connection that needs none."""
        answer = self._ask("authorise", connection, redirect=redirect)
        if answer is None:
            raise Refused(f"{connection.name} needs no consent", why="Its keys stand in the configuration.")
        return self._typed("authorise", connection, answer, Consent)

    def complete(self, connection: Connection, vault: Vault, answer: Answer) -> list[Tenant]:
        """The tenants that a consent opened; its tokens are stored."""
        return self._list("complete", connection, self._ask("complete", connection, vault=vault, answer=answer), Tenant)

    def disconnect(self, connection: Connection, vault: Vault) -> bool:
        """End a consent; tells whether there was one that ended."""
        return bool(self._ask("disconnect", connection, vault=vault))

    def auth(self, connection: Connection, vault: Vault) -> HttpAuth | None:
        """The authentication of a connection; None for one that puts its keys into each call by itself."""
        answer = self._ask("auth", connection, vault=vault)
        return None if answer is None else self._typed("auth", connection, answer, HttpAuth)

    def check(self, connection: Connection) -> Check:
        """Which tenant the credentials reach."""
        return self._typed("check", connection, self._ask("check", connection), Check)

    def reference(self, connection: Connection, kind: Kind) -> list[Reference]:
        """All reference data of one kind."""
        return self._list("reference", connection, self._ask("reference", connection, kind=kind), Reference)

    def probe(self, connection: Connection, scratch: str | None) -> Proposal:
        """What the tenant's own shape is. Raises `Refused` for a system that has none."""
        answer = self._ask("probe", connection, scratch=scratch)
        if answer is None:
            raise Refused(f"{connection.name} has nothing to find out", why="Its records are the same for everybody.")
        return self._typed("probe", connection, answer, Proposal)

    def files(self, connection: Connection, resource: Resource, id: str) -> list[File]:
        """The attachments of a record; none for a system that keeps none."""
        answer = self._ask("files", connection, resource=resource, id=id)
        return [] if answer is None else self._list("files", connection, answer, File)

    def attach(self, connection: Connection, resource: Resource, id: str, file: File) -> bool:
        """Attach a file; False for a system that takes none."""
        return bool(self._ask("attach", connection, resource=resource, id=id, file=file))

    def annotate(self, connection: Connection, resource: Resource, id: str, text: str) -> bool:
        """Note something in a record's history; False for a system that has none."""
        return bool(self._ask("annotate", connection, resource=resource, id=id, text=text))

    def fetch(self, connection: Connection, resource: Resource, cursor: Cursor | None) -> Page:
        """One page of a resource."""
        answer = self._ask("fetch", connection, resource=resource, cursor=cursor)
        page = self._typed("fetch", connection, answer, Page)
        if not all(isinstance(wire, dict) for wire in page.wires):
            self._broken("fetch", connection, "a page in which a wire is no JSON object")
        return page

    def transform(self, connection: Connection, work: Work) -> list[Any]:
        """A page of wires as records, or of records as tuples of steps; a `Reject` where that cannot be."""
        answer = self._typed("transform", connection, self._ask("transform", connection, work=work), list)
        if len(answer) != len(work.items):
            self._broken("transform", connection, f"{len(answer)} answers to {len(work.items)} items")
        for one in answer:
            if isinstance(one, Reject) or (work.way == "lift" and (one is None or isinstance(one, Record))):
                continue
            if work.way == "lift" or not isinstance(one, tuple) or not all(isinstance(step, Step) for step in one):
                self._broken("transform", connection, f"a {type(one).__name__} for a {work.way}")
        return answer

    def find(self, connection: Connection, resource: Resource, keys: Sequence[Key]) -> Mapping[Key, list[Wire]]:
        """The wires found by each key; every key is answered."""
        answer = self._ask("find", connection, resource=resource, keys=keys)
        found = self._typed("find", connection, answer, Mapping)  # type: ignore[type-abstract]
        if missing := [key for key in keys if key not in found]:
            self._broken("find", connection, f"nothing for the key {missing[0].field} = {missing[0].value}")
        return found

    def push(self, connection: Connection, batch: Batch) -> list[Receipt]:
        """One receipt per step, in order; a step without an answer is `unknown`.

        Raises `OutcomeUnknown` also for a fault of the plugin, because the batch may have been sent by then.
        """
        answer = self._ask("push", connection, OutcomeUnknown, batch=batch)
        receipts = self._list("push", connection, answer, Receipt)
        counted = Counter(receipt.key for receipt in receipts)
        if strange := counted.keys() - {step.key for step in batch.steps}:
            self._broken("push", connection, f"a receipt for the unknown key {min(strange)}")
        if twice := [key for key, number in counted.items() if number > 1]:
            self._broken("push", connection, f"several receipts for the key {twice[0]}")
        given = {receipt.key: receipt for receipt in receipts}
        return [given.get(step.key) or Receipt(key=step.key, outcome="unknown") for step in batch.steps]

    def observe(self, event: Event) -> None:
        """Tell every plugin of an event; a fault in one disturbs nothing."""
        for name, caller in self._each("observe"):
            _guarded(name, "observe", caller, event=event)

    def sandbox(self, options: Mapping[str, Any]) -> Any:
        """A context manager that runs stand-ins for the real systems; None when no plugin offers them."""
        return self._manager.hook.sandbox(options=options)

    def _ask(
        self, hook: str, connection: Connection, fault: type[TieoutError] = ContractError, /, **arguments: Any
    ) -> Any:
        try:
            return self._caller(connection.plugin, hook)(connection=connection, **arguments)
        except TieoutError as error:
            error.connection = error.connection or connection.name
            if isinstance(error, ReauthNeeded | Throttled):
                self._stopped(error)
            raise
        except Exception as error:
            lines = redact(str(error)).splitlines() or [""]
            raise fault(
                f"the plugin {self._owner(connection)} failed in {hook}",
                why=f"{type(error).__name__} is none of Tieout's errors.",
                fix="Report this as a bug of the plugin.",
                said=lines[-1][:200],
            ) from error

    def _caller(self, connector: str, hook: str) -> pluggy.HookCaller:
        if (connector, hook) not in self._callers:
            owner = self._owners.get(connector)
            if owner is None:
                raise ContractError(f"no plugin owns the connector {connector}")
            strangers = {self._manager.get_plugin(name) for name in self._owners.values() if name != owner}
            self._callers[connector, hook] = self._manager.subset_hook_caller(hook, strangers)
        return self._callers[connector, hook]

    def _each(self, hook: str) -> Iterator[tuple[str, pluggy.HookCaller]]:
        plugins = dict(self._manager.list_name_plugin())
        for name, plugin in plugins.items():
            if plugin is not None and any(
                one.plugin is plugin for one in getattr(self._manager.hook, hook).get_hookimpls()
            ):
                yield (
                    name,
                    self._manager.subset_hook_caller(hook, [one for one in plugins.values() if one is not plugin]),
                )

    def _typed(self, hook: str, connection: Connection, answer: object, kind: type[T]) -> T:
        if not isinstance(answer, kind):
            self._broken(hook, connection, f"{type(answer).__name__} in place of {kind.__name__}")
        return answer

    def _list(self, hook: str, connection: Connection, answer: object, kind: type[T]) -> list[T]:
        found = self._typed(hook, connection, answer, list)
        return [self._typed(hook, connection, one, kind) for one in found]

    def _broken(self, hook: str, connection: Connection, what: str) -> NoReturn:
        raise ContractError(
            f"the plugin {self._owner(connection)} answered {hook} with {what}",
            why="The contract does not allow it.",
            fix="Report this as a bug of the plugin.",
        )

    def _owner(self, connection: Connection) -> str:
        return self._owners.get(connection.plugin, connection.plugin)


def _guarded(name: str, hook: str, caller: pluggy.HookCaller, **arguments: Any) -> None:
    try:
        caller(**arguments)
    except Exception as error:
        logger().warning("plugin failed", plugin=name, hook=hook, error=repr(error))
