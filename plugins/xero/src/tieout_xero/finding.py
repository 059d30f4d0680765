"""Looking records up by id or natural key in as few calls as possible (docs/facts/xero.md, "Lists", "Filters").

Whatever way a list is asked, what comes back is compared here with the key, exactly but for case and blanks.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from urllib.parse import quote

from tieout import Connection, Key, Resource, Wire

from tieout_xero.listing import IDS, LISTINGS, Listing, elements, get, rows
from tieout_xero.wire import fold, is_id

_FEW = 10
"""Up to so many keys are asked one by one; for more the whole list is read, at 1,000 records a call."""

_SET_LENGTH = 1_500


def find(connection: Connection, resource: Resource, keys: Sequence[Key]) -> Mapping[Key, list[Wire]]:
    """The records under each key, archived, voided and deleted ones too."""
    listing = LISTINGS[resource.name]
    found: dict[Key, list[Wire]] = {}
    for field in dict.fromkeys(key.field for key in keys):
        wanted = [key for key in keys if key.field == field]
        values = list(dict.fromkeys(key.value for key in wanted if key.value and (field != "id" or is_id(key.value))))
        at = listing.wire_field(field)
        shelves: dict[str, dict[str, Wire]] = {}
        for wire in _ask(connection, listing, field, values):
            shelves.setdefault(fold(wire.get(at)), {})[str(wire.get(listing.id))] = wire
        found |= {key: list(shelves.get(fold(key.value), {}).values()) if key.value else [] for key in wanted}
    return found


def _ask(connection: Connection, listing: Listing, field: str, values: list[str]) -> Iterator[Wire]:
    if parameter := listing.sets.get(field):
        for some in _chunks(value for value in values if "," not in value):
            yield from _all(connection, listing, {parameter: ",".join(some)})
        values = [value for value in values if "," in value]
    by_path = field in listing.paths
    if len(values) > (_FEW if listing.paged else 1) or (by_path and not all(_addresses(field, one) for one in values)):
        yield from _all(connection, listing, {"order": f"{listing.id} ASC"})
        return
    if values and listing.joined and not by_path and all(map(_plain, values)):
        named = (f'{listing.wire_field(field)}=="{value}"' for value in values)
        yield from _all(connection, listing, {"where": " OR ".join(named)})
        return
    for value in values:
        yield from _single(connection, listing, value) if by_path else _where(connection, listing, field, value)


def _single(connection: Connection, listing: Listing, value: str) -> tuple[Wire, ...]:
    params = {name: told for name, told in listing.reading.items() if name != "includeArchived"}
    reply = get(connection, f"{listing.name}/{quote(value, safe='')}", params)
    return () if reply.status == 404 else elements(reply.json(), listing.name)


def _where(connection: Connection, listing: Listing, field: str, value: str) -> Iterator[Wire]:
    """A filter takes no quotation mark inside a value, so such a value is searched for by its longest plain part."""
    if _plain(value):
        return _all(connection, listing, {"where": f'{listing.wire_field(field)}=="{value}"'})
    if not listing.searched:
        return _all(connection, listing, {"order": f"{listing.id} ASC"} if listing.paged else {})
    part = max(value.replace("\\", '"').split('"'), key=len).strip()
    return _all(connection, listing, {"searchTerm": part} if part else {"order": f"{listing.id} ASC"})


def _plain(value: str) -> bool:
    return '"' not in value and "\\" not in value


def _all(connection: Connection, listing: Listing, params: Mapping[str, str]) -> Iterator[Wire]:
    page = 1
    while True:
        found = rows(connection, listing, params, page=page)
        yield from found.wires
        if not found.more:
            return
        page += 1


def _chunks(values: Iterable[str]) -> Iterator[list[str]]:
    chunk: list[str] = []
    for value in values:
        if chunk and (len(chunk) == IDS or sum(map(len, chunk)) + len(value) > _SET_LENGTH):
            yield chunk
            chunk = []
        chunk.append(value)
    if chunk:
        yield chunk


def _addresses(field: str, value: str) -> bool:
    """Whether a value means itself at the end of a path: a number that looks like an id would be taken for one."""
    return field == "id" or not (is_id(value) or value in (".", "..") or any(mark in value for mark in "/\\"))
