"""Changes that a person makes to a record, given as dotted paths."""

from typing import Any


def assign(record: dict[str, Any], path: str, value: Any) -> None:
    """Set one value by its dotted path, such as `LineItems.0.UnitAmount`; a list may grow by one at its end.

    Raises `ValueError` when the path leads through something that is neither an object nor a list.
    """
    *parents, last = path.split(".")
    place: Any = record
    for name in parents:
        place = place[_index(place, name, path)] if isinstance(place, list) else _child(place, name, path)
    if isinstance(place, list):
        index = _index(place, last, path)
        place[index : index + 1] = [value]
    elif isinstance(place, dict):
        place[last] = value
    else:
        raise ValueError(f"{path}: {last} is inside a value that has no parts")


def _child(place: Any, name: str, path: str) -> Any:
    if not isinstance(place, dict):
        raise ValueError(f"{path}: {name} is inside a value that has no parts")
    return place.setdefault(name, {})


def _index(place: list[Any], name: str, path: str) -> int:
    if not name.isdigit() or int(name) > len(place):
        raise ValueError(f"{path}: {name} is no place in a list of {len(place)}")
    return int(name)
