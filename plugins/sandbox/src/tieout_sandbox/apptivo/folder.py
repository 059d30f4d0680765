"""A firm as a folder: `firm.toml` with its layout and behaviour, and one JSON array per app in its own wire shape."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
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
    pauses for 2 s, facts/apptivo.md 1.5). Every `html_every`th call is answered by a page and every `empty_every`th by
    nothing; 0 is never. `native_integration` records of every app look as if Apptivo's own connection with Xero had
    handled them a few minutes before the start.
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


def read(folder: Path) -> Firm:
    """Read a firm's folder; without `firm.toml` it has the usual layout, and an app without a file is empty.

    Raises `MalformedFile` naming the file, the line or the key, and the reason.
    """
    if not folder.is_dir():
        raise codec.MalformedFile(f"{folder}: there is no such folder")
    given = _given(folder)
    layout = layoutfile.layout(given)
    for each in sorted(folder.glob("*.json")):
        if each.stem not in layout.apps and each.stem not in ATTACHED:
            known = ", ".join(f"{name}.json" for name in (*layout.apps, *ATTACHED))
            raise codec.MalformedFile(f"{each}: no app has this name; known are {known}")
    paths = {name: folder / f"{name}.json" for name in (*layout.apps, *ATTACHED)}
    records = {name: _records(path, layout.apps.get(name)) for name, path in paths.items() if path.exists()}
    apps = given.part("apps")
    return Firm(
        labelled(layout, records),
        records,
        _making(given.part("generate")) if "generate" in given.values else None,
        given.part("config").values,
        {name: apps.part(name).part("config").values for name, part in apps.parts() if "config" in part.values},
        _behaviour(given.part("sandbox")),
    )


def layout_of(folder: Path) -> Layout:
    """The layout of a firm's folder alone. Raises `MalformedFile` as `read` does."""
    return layoutfile.layout(_given(folder))


def _given(folder: Path) -> Part:
    path = folder / FIRM
    given = Part.of_file(path) if path.exists() else Part(str(path), {})
    given.only((*layoutfile.KEYS, "config", "sandbox", "generate"))
    return given


def _making(part: Part) -> Making:
    part.only(("trade", "seed", *COUNTED))
    counts = {name: part.whole(name, least=100) for name in COUNTED if name in part.values}
    return Making(part.choice("trade", TRADES, TRADES[0]), part.whole("seed", 20260401), counts)


def _behaviour(part: Part) -> Behaviour:
    known = {each.name.replace("_", "-"): each.name for each in fields(Behaviour)}
    part.only(known)
    return Behaviour(**{known[key]: part.whole(key) for key in part.values})


def _records(path: Path, app: App | None) -> list[dict[str, Any]]:
    """The records of one file; of `notes` and `documents` when it is no app's."""
    records = codec.read_file(path)
    if not isinstance(records, list):
        raise codec.MalformedFile(f"{path}, line 1: not a JSON array of records")
    id_field = app.id_field if app else "id"
    seen: dict[str, int] = {}
    for index, record in enumerate(records):
        reason = _fault(record, id_field, seen)
        if reason:
            raise codec.MalformedFile(f"{path}, line {_line(path, index)}: record {index + 1} {reason}")
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
