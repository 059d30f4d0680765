"""The contract's rules as plain functions: each returns when the rule is kept and raises `AssertionError` when not."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

from pydantic import BaseModel

from tieout.api import codec
from tieout.api.contract import Settings
from tieout.api.model import Record, Ref
from tieout.host.admission import inexact

T = TypeVar("T")
R = TypeVar("R")


def settings_are_a_form(model: type[Settings]) -> None:
    """A settings model is frozen, refuses unknown keys, and spells its keys with hyphens."""
    assert issubclass(model, Settings), f"{model.__name__} is not a tieout.api.contract.Settings"
    assert model.model_config.get("extra") == "forbid", f"{model.__name__} accepts unknown keys: a typo would go unseen"
    assert model.model_config.get("frozen"), f"{model.__name__} can be changed after it was read"
    for key in model.model_json_schema().get("properties", {}):
        assert "_" not in key, f"{model.__name__}: the key {key} is written with hyphens in TOML"


def model_is_exact(model: type[Record]) -> None:
    """No field of a record's model is a float or a naive datetime: money and stamps are exact."""
    found = [f"{field} is {reason}" for field, reason in inexact(model)]
    assert not found, f"{model.__name__}: {found}"


def wire_is_exact(value: Any) -> None:
    """A wire holds no float and is JSON: it comes back from the codec as it went in."""
    assert not any(isinstance(leaf, float) for leaf in _leaves(value)), f"a float in {value}: amounts are Decimal"
    assert codec.dumps(codec.loads(codec.dumps(value))) == codec.dumps(value), f"{value} does not survive JSON"


def _leaves(value: Any) -> Iterator[Any]:
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list | tuple):
        for inner in value:
            yield from _leaves(inner)
    else:
        yield value


def pure(turn: Callable[[T], R], given: T) -> R:
    """`turn` answers the same for the same input twice, and leaves the input as it was; its answer is returned."""
    before = copy.deepcopy(given)
    once = turn(given)
    assert given == before, f"the input was changed: {before} became {given}"
    again = turn(given)
    assert once == again, f"the same input gave {once} and then {again}"
    return once


def same(left: Record, right: Record, lossy: frozenset[str] = frozenset()) -> None:
    """Two records are equal but for `lossy` fields (`lines.stock` is the field `stock` of each of the lines).

    References are compared by id: what kind of record an id belongs to, and on which side, is not in every wire.
    """
    before, after = _plain(left, lossy), _plain(right, lossy)
    unequal = {name: (before[name], after.get(name)) for name in before if before[name] != after.get(name)}
    assert not unequal, f"these fields did not survive, and are not declared as lossy: {unequal}"


def _plain(value: Any, lossy: frozenset[str], path: str = "") -> Any:
    if isinstance(value, Ref):
        return value.id
    if isinstance(value, BaseModel):
        return {
            name: _plain(getattr(value, name), lossy, f"{path}{name}.")
            for name in type(value).model_fields
            if f"{path}{name}" not in lossy
        }
    if isinstance(value, tuple):
        return [_plain(item, lossy, path) for item in value]
    return value
