"""References inside records, and the places in wires that only a receipt can fill. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from pydantic import BaseModel

from tieout.api.model import Record, Ref

Place = dict[str, Any]
"""Where in a step's body an id stands that is not known yet: `{"path": [...], "entity": ..., "source_id": ...}`."""


def refs(value: Any, path: str = "") -> Iterator[tuple[str, Ref[str]]]:
    """Every reference inside a record with the name of the top-level field that holds it."""
    if isinstance(value, Ref):
        yield path, value
    elif isinstance(value, BaseModel):
        for name in type(value).model_fields:
            yield from refs(getattr(value, name), path or name)
    elif isinstance(value, tuple):
        for item in value:
            yield from refs(item, path)


def replace(value: Any, turn: Callable[[Ref[str]], Ref[str] | None]) -> Any:
    """The same value with every reference turned; what holds no reference is kept as it is."""
    if isinstance(value, Ref):
        return turn(value)
    if isinstance(value, BaseModel):
        changed = {}
        for name in type(value).model_fields:
            before = getattr(value, name)
            if isinstance(before, Ref | BaseModel | tuple):
                after = replace(before, turn)
                if after is not before:
                    changed[name] = after
        return value.model_copy(update=changed) if changed else value
    if isinstance(value, tuple):
        items = tuple(replace(item, turn) for item in value)
        return items if any(new is not old for new, old in zip(items, value, strict=True)) else value
    return value


def places(body: Any, markers: Mapping[str, tuple[str, str]]) -> list[Place]:
    """Where the body holds one of the markers, each with the entity and source id that it stands for."""
    return [
        {"path": list(path), "entity": markers[text][0], "source_id": markers[text][1]}
        for path, text in texts(body)
        if text in markers
    ]


def texts(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], str]]:
    """Every text inside a body, with its path."""
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, dict):
        for name, inner in value.items():
            yield from texts(inner, (*path, name))
    elif isinstance(value, list | tuple):
        for index, inner in enumerate(value):
            yield from texts(inner, (*path, index))


def fill(body: Any, filled: Mapping[tuple[Any, ...], str], path: tuple[Any, ...] = ()) -> Any:
    """A copy of the body with the given places filled; nothing else is touched."""
    if path in filled:
        return filled[path]
    if isinstance(body, dict):
        return {name: fill(inner, filled, (*path, name)) for name, inner in body.items()}
    if isinstance(body, list | tuple):
        return [fill(inner, filled, (*path, index)) for index, inner in enumerate(body)]
    return body


def content(value: Any, without: Mapping[str, Any] | None = None) -> Any:
    """A record as plain comparable values: references by their ids alone, `without` in pydantic's `exclude` form.

    Amounts compare by value (1.50 equals 1.5), and what is not filled is left out.
    """
    if isinstance(value, Ref):
        return f"{value.entity}:{value.id}"
    if isinstance(value, BaseModel):
        plain = {}
        for name in type(value).model_fields:
            rule = (without or {}).get(name)
            if rule is True:
                continue
            inner = content(getattr(value, name), rule if isinstance(rule, Mapping) else None)
            if inner not in (None, "", ()):
                plain[name] = inner
        return plain
    if isinstance(value, tuple):
        rule = (without or {}).get("__all__")
        return tuple(content(item, rule if isinstance(rule, Mapping) else None) for item in value)
    return value


BOOKKEEPING: Mapping[str, Any] = {"external": True, "counterpart": True, "standing": True, "url": True}
"""Fields that are not a record's content: they are never compared."""


def differing(before: Record, after: Record, without: Mapping[str, Any]) -> frozenset[str]:
    """The names of the top-level fields in which two records differ."""
    rule = {**without, **BOOKKEEPING}
    left, right = content(before, rule), content(after, rule)
    return frozenset(name for name in left.keys() | right.keys() if left.get(name) != right.get(name))
