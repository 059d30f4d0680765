"""Sections as forms: the keys of a section, checked by the settings model that they belong to."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, NoReturn, Protocol, TypeVar

from pydantic import BaseModel, ValidationError, create_model

from tieout.api.contract import Connector, Entity, Settings
from tieout.api.forms import nearest
from tieout.api.toml import Key

S = TypeVar("S", bound=Settings)


class Wrong(Protocol):
    """Raises `ConfigError` for a key, with what is wrong and how to put it right."""

    def __call__(self, key: Key, what: str, fix: str = "") -> NoReturn: ...


def flow(entity: Entity, connector: Connector) -> type[Settings]:
    """The settings model of a flow: the entity's own, and what the target adds to its shared type."""
    bases = dict.fromkeys(
        [entity.settings, *(connector.flow[one] for one in entity.model.__mro__ if one in connector.flow)]
    )
    needed = [base for base in bases if not any(other is not base and issubclass(other, base) for other in bases)]
    return needed[0] if len(needed) == 1 else _combined(f"{entity.name} to {connector.name}", tuple(needed))


@lru_cache(maxsize=256)
def _combined(name: str, bases: tuple[type[Settings], ...]) -> type[Settings]:
    return create_model(name, __base__=bases)


def checked(
    wrong: Wrong, folder: Path, key: Key, model: type[S], data: Mapping[str, Any], core: Iterable[str] = ()
) -> S:
    """The section at `key` as its model; `core` are the keys there that are core's own.

    What is wrong is told without the value, which may be a secret in the wrong place.
    """
    try:
        return model.model_validate(dict(data), context={"folder": folder})
    except ValidationError as error:
        found = error.errors(include_url=False)
        # a misspelt key is also a missing one: the slip itself says more
        first = next((one for one in found if one["type"] == "extra_forbidden"), found[0])
        path = [str(part) for part in first["loc"]]
        steps = _steps(path, data)
        place = (*key, *steps)
        if first["type"] == "extra_forbidden":
            known = [*_keys(model, steps[:-1]), *(core if len(steps) == 1 else ())]
            wrong(place, "there is no such key", nearest(path[-1], known))
        if first["type"] == "missing":
            wrong(place, f"the key {path[-1]} is missing", f"Write it below [{'.'.join(key)}].")
        expected = re.findall(r"'([^']*)'", str(first.get("ctx", {}).get("expected", "")))
        hint = nearest(first["input"], expected) if expected and isinstance(first["input"], str) else ""
        wrong(place, first["msg"].removeprefix("Value error, "), hint)


def _steps(path: list[str], data: Mapping[str, Any]) -> list[str]:
    """The part of an error's path that is in the file: unions add the names of their branches to it."""
    steps: list[str] = []
    place: Any = data
    for part in path:
        if isinstance(place, Mapping) and (part in place or part == path[-1]):
            steps.append(part)
            place = place.get(part)
    return steps


def _keys(model: type[BaseModel], path: list[str]) -> list[str]:
    """The keys that a settings model knows, some levels down."""
    for part in path:
        found = next((info for name, info in model.model_fields.items() if part in (name, info.alias)), None)
        inner = found.annotation if found else None
        if not (isinstance(inner, type) and issubclass(inner, BaseModel)):
            return []
        model = inner
    return [info.alias or name for name, info in model.model_fields.items()]
