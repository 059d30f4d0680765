"""A firm as a folder: `firm.toml` with its layout and behaviour, and one JSON array per app in its own wire shape."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from functools import lru_cache, partial
from hashlib import sha256
from json import JSONDecoder
from pathlib import Path
from typing import Any

from tieout_sandbox import codec
from tieout_sandbox.apptivo import layoutfile
from tieout_sandbox.apptivo.given import Part
from tieout_sandbox.apptivo.inventory import labelled
from tieout_sandbox.apptivo.layout import App, Layout

Records = dict[str, list[dict[str, Any]]]
"""The records of every app, by collection; and under `notes` and `documents` what is attached to them."""

FIRM = "firm.toml"
ATTACHED = ("notes", "documents")
TRADES = ("distributor", "services", "multicurrency")
COUNTED = ("invoices", "supplier-invoices", "purchase-orders")


@dataclass(frozen=True, slots=True)
class Behaviour:
    """How this firm's Apptivo behaves where nothing is published.

    `page_cap` rows a page at most, `window` rows reachable by one query, `index_delay` seconds until a write shows in
    lists, `calls` calls within `calls_window` seconds before it throttles (one vendor program sends 50 at once and then
    pauses for 2 s, docs/facts/apptivo.md, "Throttling"). Every `html_every`th call is answered by a page and every
    `empty_every`th by nothing; 0 is never. `native_integration` records of every app look as if Apptivo's own
    connection with Xero had handled them a few minutes before the start.
    """

    page_cap: int = 500
    window: int = 5000
    index_delay: int = 0
    calls: int = 50
    calls_window: int = 2
    html_every: int = 0
    empty_every: int = 0
    native_integration: int = 0


@dataclass(frozen=True, slots=True)
class Making:
    """Records to be made up: for which trade, from which seed, and how many documents of a collection."""

    trade: str
    seed: int
    counts: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Firm:
    """A firm: its layout, its records, what its configuration says besides the usual, and how its Apptivo behaves.

    `config` is laid over the answer of `getConfigData` of every app, `app_configs` (by collection) over that of one.
    """

    layout: Layout
    records: Records
    making: Making | None = None
    config: Mapping[str, Any] = field(default_factory=dict)
    app_configs: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    behaviour: Behaviour = Behaviour()


def read(folder: Path, instead: Mapping[str, list[dict[str, Any]]] | None = None) -> Firm:
    """Read a firm's folder; without `firm.toml` it has the usual layout, and an app without a file is empty.

    Records that are given `instead` take the place of the files, and of those to be made up.
    Raises `MalformedFile` naming the file, the line or the key, and the reason.
    """
    if not folder.is_dir():
        raise codec.MalformedFile(f"{folder}: there is no such folder")
    firm = _described(folder, _content(folder / FIRM))
    if instead is None:
        records = _held(folder, firm.layout)
        return replace(firm, layout=labelled(firm.layout, records), records=records)
    records = _taken(instead, firm.layout)
    return replace(firm, layout=labelled(firm.layout, records), records=records, making=None)


def layout_of(folder: Path) -> Layout:
    """The layout of a firm's folder alone. Raises `MalformedFile` as `read` does."""
    return _described(folder, _content(folder / FIRM)).layout


def fingerprint(folder: Path) -> bytes:
    """What is the same for folders that hold the same firm. Raises `MalformedFile` for a file that cannot be read."""
    digest = sha256()
    for path in sorted(folder.glob("*.*")):
        content = _content(path) if path.name == FIRM or path.suffix == ".json" else b""
        digest.update(f"{path.name} {len(content)} ".encode(errors="surrogateescape"))
        digest.update(content)
    return digest.digest()


def _content(path: Path) -> bytes:
    """What is in a file; nothing where there is none."""
    try:
        return path.read_bytes() if path.exists() else b""
    except OSError as error:
        raise codec.MalformedFile(f"{path}: {error.strerror or error}") from error


@lru_cache(maxsize=16)
def _described(folder: Path, content: bytes) -> Firm:
    """What the file of a firm says, without any records; `content` is what is in the file now."""
    path = folder / FIRM
    given = Part.of_file(path) if path.exists() else Part(str(path), {})
    given.only((*layoutfile.KEYS, "config", "sandbox", "generate"))
    apps = given.part("apps")
    return Firm(
        layoutfile.layout(given),
        {},
        _making(given.part("generate")) if "generate" in given.values else None,
        given.part("config").values,
        {name: apps.part(name).part("config").values for name, part in apps.parts() if "config" in part.values},
        _behaviour(given.part("sandbox")),
    )


def _making(part: Part) -> Making:
    part.only(("trade", "seed", *COUNTED))
    counts = {name: part.whole(name, least=100) for name in COUNTED if name in part.values}
    return Making(part.choice("trade", TRADES, TRADES[0]), part.whole("seed", 20260401), counts)


def _behaviour(part: Part) -> Behaviour:
    known = {each.name.replace("_", "-"): each.name for each in fields(Behaviour)}
    part.only(known)
    return Behaviour(**{known[key]: part.whole(key) for key in part.values})


def _held(folder: Path, layout: Layout) -> Records:
    """The records of a folder's files."""
    for each in sorted(folder.glob("*.json")):
        if each.stem not in layout.apps and each.stem not in ATTACHED:
            known = ", ".join(f"{name}.json" for name in (*layout.apps, *ATTACHED))
            raise codec.MalformedFile(f"{each}: no app has this name; known are {known}")
    records = {}
    for name in (*layout.apps, *ATTACHED):
        path = folder / f"{name}.json"
        if path.exists():
            held = codec.read_file(path)
            if not isinstance(held, list):
                raise codec.MalformedFile(f"{path}, line 1: not a JSON array of records")
            records[name] = _completed(held, layout.apps.get(name), partial(_place, path))
    return records


def _taken(given: Mapping[str, list[dict[str, Any]]], layout: Layout) -> Records:
    """Copies of records that are no file's."""
    for name in given:
        if name not in layout.apps and name not in ATTACHED:
            known = ", ".join((*layout.apps, *ATTACHED))
            raise codec.MalformedFile(f"the records: no app is called {name!r}; known are {known}")
    return {
        name: _completed(codec.copied(given[name]), layout.apps.get(name), partial(_app, name))
        for name in (*layout.apps, *ATTACHED)
        if name in given
    }


def _completed(records: list[Any], app: App | None, place: Callable[[int], str]) -> list[dict[str, Any]]:
    """Records with what the platform gives each; those of `notes` and `documents` when they are no app's.

    `place` says where one is, by its index, for what is told of a fault.
    """
    id_field = app.id_field if app else "id"
    seen: dict[str, int] = {}
    for index, record in enumerate(records):
        reason = _fault(record, id_field, seen)
        if reason:
            raise codec.MalformedFile(f"{place(index)}: record {index + 1} {reason}")
        number = int(record["id"] if record.get("id") else record[id_field])
        seen[str(number)] = index
        record.setdefault("id", str(number))
        record.setdefault(id_field, number)
        if app:
            record.setdefault("objectId", app.object_id)
    return records


def _fault(record: Any, id_field: str, seen: dict[str, int]) -> str:
    """What is wrong with a record, or nothing."""
    if not isinstance(record, dict):
        return "is no JSON object"
    given = str(record.get("id") or record.get(id_field) or "").strip()
    if not given.isdigit():
        return f"has no numeric id ('id' or {id_field!r})"
    if str(int(given)) in seen:
        return f"has the id {given} of record {seen[str(int(given))] + 1}"
    return ""


def _app(name: str, index: int) -> str:
    """The app that a record is given for."""
    return f"the records of {name}"


def _place(path: Path, index: int) -> str:
    """The file, and the line on which an element of its JSON array begins."""
    text = path.read_text(encoding="utf-8-sig")
    decoder, position = JSONDecoder(), text.index("[") + 1
    for _ in range(index):
        _, position = decoder.raw_decode(text, _next(text, position))
    line = text.count("\n", 0, _next(text, position)) + 1
    return f"{path}, line {line}"


def _next(text: str, position: int) -> int:
    while text[position] in ", \t\r\n":
        position += 1
    return position
