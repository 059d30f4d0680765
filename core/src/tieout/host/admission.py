"""Admission: what a plugin must be like to be taken in.

Each rule is a function that returns when it is kept and raises `PluginError` with the reason when not. The first group
looks at one plugin alone, the second at all that are taken in together.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from difflib import get_close_matches
from typing import Any, TypeVar, get_args

import pluggy
from pydantic import BaseModel

from tieout.api.contract import Binding, Connector, Entity
from tieout.api.errors import PluginError
from tieout.api.hooks import Tieout

DECLARE = ("entities", "connectors", "bindings")
WORK = (
    *("authorise", "complete", "disconnect", "auth", "check", "probe", "reference"),
    *("fetch", "transform", "find", "push", "files", "attach", "annotate"),
)

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Taken:
    """A plugin with what it declares."""

    name: str
    plugin: Any
    entities: tuple[Entity, ...]
    connectors: tuple[Connector, ...]
    bindings: tuple[Binding, ...]


def manager() -> pluggy.PluginManager:
    """A plugin manager that knows the contract's hooks."""
    made = pluggy.PluginManager("tieout")
    made.add_hookspecs(Tieout)
    return made


def take(name: str, plugin: Any) -> Taken:
    """A plugin that keeps the rules for itself, with its declarations."""
    scratch = manager()
    hooks = _implementations(scratch, plugin)
    if not hooks:
        raise PluginError(f"{name} implements no hook", fix="Mark its functions with tieout.api.hooks.hookimpl.")
    for hook in hooks:
        _known(name, hook)
        _without_defaults(name, hook, hooks[hook][0])
    try:
        scratch.register(plugin)
        scratch.check_pending()
    except pluggy.PluginValidationError as error:
        raise PluginError(f"{name} does not fit the contract", said=_last_line(error)) from error
    taken = Taken(
        name,
        plugin,
        _declared(name, scratch, "entities", Entity),
        _declared(name, scratch, "connectors", Connector),
        _declared(name, scratch, "bindings", Binding),
    )
    _owns_what_it_does(taken, {hook for hook in hooks if not hooks[hook][1]}, any(hooks[hook][1] for hook in hooks))
    for entity in taken.entities:
        for field, reason in inexact(entity.model):
            raise PluginError(f"{name}: the field {field} of {entity.name} is {reason}")
    return taken


def _implementations(scratch: pluggy.PluginManager, plugin: Any) -> dict[str, tuple[Callable[..., Any], bool]]:
    """The hooks of a plugin: function, and whether it is a wrapper."""
    found = {}
    for attribute in dir(plugin):
        options = scratch.parse_hookimpl_opts(plugin, attribute)
        if options is not None:
            wraps = bool(options.get("wrapper") or options.get("hookwrapper"))
            found[options.get("specname") or attribute] = (getattr(plugin, attribute), wraps)
    return found


def _known(name: str, hook: str) -> None:
    hooks = [attribute for attribute in dir(Tieout) if not attribute.startswith("_")]
    if hook not in hooks:
        near = get_close_matches(hook, hooks, n=1)
        raise PluginError(f"{name}: there is no hook {hook}", fix=f"Did you mean {near[0]}?" if near else "")


def _without_defaults(name: str, hook: str, function: Callable[..., Any]) -> None:
    for parameter in inspect.signature(function).parameters.values():
        if parameter.default is not inspect.Parameter.empty:
            raise PluginError(
                f"{name}: the argument {parameter.name} of {hook} has a default",
                why="It would never be filled.",
                fix=f"Write {parameter.name} without a default.",
            )


def _declared(name: str, scratch: pluggy.PluginManager, hook: str, kind: type[T]) -> tuple[T, ...]:
    try:
        found = [one for many in getattr(scratch.hook, hook)() for one in many]
    except Exception as error:
        raise PluginError(f"{name} failed in {hook}", said=_last_line(error)) from error
    for one in found:
        if not isinstance(one, kind):
            raise PluginError(f"{name}: {hook} yields {type(one).__name__}, which is no {kind.__name__}")
    return tuple(found)


def _owns_what_it_does(taken: Taken, plain: set[str], wraps: bool) -> None:
    if taken.connectors and wraps:
        raise PluginError(
            f"{taken.name} has both a connector and a wrapper",
            why="A wrapper runs for the connections of all, a connector for its own alone.",
            fix="Make two plugins of it.",
        )
    if not taken.connectors and (work := sorted(plain.intersection(WORK))):
        raise PluginError(
            f"{taken.name} implements {work[0]} and has no connector",
            why="A work hook is asked of the connector that owns the connection.",
            fix="Declare the connector in the same plugin, or write the hook as a wrapper.",
        )


def inexact(model: type[BaseModel]) -> Iterator[tuple[str, str]]:
    """The fields of a model, and of the models in it, that cannot hold money or time exactly, with the reason."""
    seen: set[type[BaseModel]] = set()

    def walk(annotation: Any, field: str) -> Iterator[tuple[str, str]]:
        if annotation is float:
            yield field, "a float, which is not exact: use tieout.api.model.Amount"
        elif annotation is datetime:
            yield field, "a datetime that may be naive: use pydantic.AwareDatetime"
        elif inspect.isclass(annotation) and issubclass(annotation, BaseModel) and annotation not in seen:
            seen.add(annotation)
            for name, info in annotation.model_fields.items():
                yield from walk(info.annotation, f"{field}.{name}" if field else name)
        for inner in get_args(annotation):
            yield from walk(inner, field)

    yield from walk(model, "")


def together(plugins: Sequence[Taken]) -> dict[str, PluginError]:
    """The plugins that do not fit with the others, each with its reason; of two that clash the later one."""
    faults: dict[str, PluginError] = {}
    for rule in (_no_clash, _bindings_fit, _order_exists):
        rest = [taken for taken in plugins if taken.name not in faults]
        faults |= rule(rest)
    return faults


def _no_clash(plugins: Sequence[Taken]) -> dict[str, PluginError]:
    faults: dict[str, PluginError] = {}
    declared: dict[str, str] = {}
    for taken in plugins:
        names = [f"the entity {entity.name}" for entity in taken.entities]
        names += [f"the connector {connector.name}" for connector in taken.connectors]
        names.append(f"the module {getattr(taken.plugin, '__name__', repr(taken.plugin))}")
        names += [f"the binding of {binding.entity} to {binding.connector}" for binding in taken.bindings]
        clash = next((name for name in names if name in declared or names.count(name) > 1), None)
        if clash:
            first = declared.get(clash, taken.name)
            faults[taken.name] = PluginError(
                f"{clash} belongs to {first} and to {taken.name}", fix="Switch one of the two off."
            )
        else:
            declared |= dict.fromkeys(names, taken.name)
    return faults


def _bindings_fit(plugins: Sequence[Taken]) -> dict[str, PluginError]:
    entities = {entity.name: entity for taken in plugins for entity in taken.entities}
    connectors = {connector.name: connector for taken in plugins for connector in taken.connectors}
    faults = {}
    for taken in plugins:
        for binding in taken.bindings:
            if reason := _unfit(binding, entities, connectors):
                faults[taken.name] = PluginError(f"{taken.name}: {reason}")
    return faults


def _unfit(binding: Binding, entities: Mapping[str, Entity], connectors: Mapping[str, Connector]) -> str:
    connector, entity = connectors.get(binding.connector), entities.get(binding.entity)
    if connector is None:
        return ""
    resources = {resource.name: resource for resource in connector.resources}
    if binding.resource not in resources:
        near = get_close_matches(binding.resource, resources, n=1)
        hint = f"; did you mean {near[0]}?" if near else ""
        return f"{binding.entity} is bound to {binding.resource}, which {connector.name} does not have{hint}"
    shared = resources[binding.resource].type
    whole = binding.lift is not None and binding.lower is not None
    if entity is not None and not whole and not issubclass(entity.model, shared):
        return (
            f"{binding.entity} is a {entity.model.__name__}, and {connector.name} keeps {binding.resource} as "
            f"{shared.__name__}: the binding needs lift and lower of its own"
        )
    return ""


def _order_exists(plugins: Sequence[Taken]) -> dict[str, PluginError]:
    waiting = {entity.name: (taken.name, entity) for taken in plugins for entity in taken.entities}
    while free := [name for name, (_, entity) in waiting.items() if not waiting.keys() & set(entity.after)]:
        for name in free:
            del waiting[name]
    circle = ", ".join(waiting)
    return {owner: PluginError(f"these wait for each other: {circle}") for owner, _ in waiting.values()}


def _last_line(error: BaseException) -> str:
    lines = str(error).strip().splitlines() or [""]
    return f"{type(error).__name__}: {lines[-1][:200]}"
