"""A firm as a folder: one JSON array per app, in Apptivo's own wire shape."""

from dataclasses import dataclass, fields
from decimal import Decimal
from json import JSONDecoder
from pathlib import Path
from typing import Any

from tieout_sandbox import codec
from tieout_sandbox.apptivo.apps import APPS, BY_COLLECTION, App

Records = dict[str, list[dict[str, Any]]]
"""The records of every app, by collection."""

CONFIG = "config.json"


@dataclass(frozen=True, slots=True)
class Behaviour:
    """How this firm's Apptivo behaves where nothing is published.

    `page_cap` rows a page at most, `window` rows reachable by one query, `index_delay` seconds until a write shows in
    lists, `calls` calls within `calls_window` seconds before it throttles (one vendor program sends 50 at once and then
    pauses for 2 s, facts/apptivo.md 1.5).
    """

    page_cap: int = 500
    window: int = 5000
    index_delay: Decimal = Decimal(0)
    calls: int = 50
    calls_window: int = 2


@dataclass(frozen=True, slots=True)
class Firm:
    """A firm's records, the parts of its configuration that differ from the usual, and how its Apptivo behaves.

    `config` is laid over the answer of `getConfigData` of every app, `app_configs` (by collection) over that of one.
    """

    records: Records
    config: dict[str, Any]
    app_configs: dict[str, dict[str, Any]]
    behaviour: Behaviour


def read(folder: Path) -> Firm:
    """Read a firm's folder; an app without a file is empty.

    `config.json` may hold `common` and `apps` (parts of `getConfigData`, for all apps and by app) and `sandbox` (the
    fields of `Behaviour`). Raises `MalformedFile` naming the file, the line and the reason.
    """
    if not folder.is_dir():
        raise codec.MalformedFile(f"{folder}: there is no such folder")
    for path in sorted(folder.glob("*.json")):
        if path.name != CONFIG and path.stem not in BY_COLLECTION:
            known = ", ".join(f"{name}.json" for name in BY_COLLECTION)
            raise codec.MalformedFile(f"{path}: no app has this name; known are {CONFIG}, {known}")
    paths = {app: folder / f"{app.collection}.json" for app in APPS}
    records = {app.collection: _records(path, app) for app, path in paths.items() if path.exists()}
    given = _config(folder / CONFIG)
    return Firm(records, given.get("common", {}), given.get("apps", {}), _behaviour(folder, given.get("sandbox", {})))


def _records(path: Path, app: App) -> list[dict[str, Any]]:
    records = codec.read_file(path)
    if not isinstance(records, list):
        raise codec.MalformedFile(f"{path}, line 1: not a JSON array of records")
    seen: dict[str, int] = {}
    for index, record in enumerate(records):
        reason = _fault(record, app, seen)
        if reason:
            raise codec.MalformedFile(f"{path}, line {_line(path, index)}: record {index + 1} {reason}")
        number = int(record["id"] if record.get("id") else record[app.id_field])
        seen[str(number)] = index
        record.setdefault("id", str(number))
        record.setdefault(app.id_field, number)
    return records


def _fault(record: Any, app: App, seen: dict[str, int]) -> str:
    """What is wrong with a record, or nothing."""
    if not isinstance(record, dict):
        return "is no JSON object"
    given = str(record.get("id") or record.get(app.id_field) or "").strip()
    if not given.isdigit():
        return f"has no numeric id ('id' or {app.id_field!r})"
    if str(int(given)) in seen:
        return f"has the id {given} of record {seen[str(int(given))] + 1}"
    return ""


def _line(path: Path, index: int) -> int:
    """The line on which an element of a JSON array begins."""
    text = path.read_text(encoding="utf-8-sig")
    decoder, position = JSONDecoder(), text.index("[") + 1
    for _ in range(index):
        _, position = decoder.raw_decode(text, _next(text, position))
    return text.count("\n", 0, _next(text, position)) + 1


def _next(text: str, position: int) -> int:
    while text[position] in ", \t\r\n":
        position += 1
    return position


def _config(path: Path) -> dict[str, Any]:
    if not path.exists():
        return {}
    given = codec.read_file(path)
    if not isinstance(given, dict) or not given.keys() <= {"common", "apps", "sandbox"}:
        raise codec.MalformedFile(f"{path}, line 1: not a JSON object with the keys common, apps and sandbox")
    for key, part in given.items():
        if not isinstance(part, dict):
            raise codec.MalformedFile(f"{path}: {key} is no JSON object")
    unknown = given.get("apps", {}).keys() - BY_COLLECTION.keys()
    if unknown:
        raise codec.MalformedFile(f"{path}: no app is called {min(unknown)!r}; known are {', '.join(BY_COLLECTION)}")
    return given


def _behaviour(folder: Path, given: dict[str, Any]) -> Behaviour:
    known = {each.name.replace("_", "-"): each.name for each in fields(Behaviour)}
    for key, value in given.items():
        if key not in known:
            raise codec.MalformedFile(f"{folder / CONFIG}: sandbox has no {key!r}; known are {', '.join(known)}")
        if isinstance(value, bool) or not isinstance(value, int | Decimal) or value < 0:
            raise codec.MalformedFile(f"{folder / CONFIG}: sandbox {key} is a number of at least 0, not {value!r}")
    return Behaviour(**{known[key]: value for key, value in given.items()})
