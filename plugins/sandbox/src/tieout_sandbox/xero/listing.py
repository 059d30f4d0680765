"""Lists: which records of a table a call gets, in which order and form.

Source: docs/facts/xero.md, "Lists", "Filters", "Changes since".
"""

from dataclasses import dataclass
from functools import cmp_to_key
from typing import Any

from tieout_sandbox.xero import stamps
from tieout_sandbox.xero.endpoint import Endpoint, Query, Test
from tieout_sandbox.xero.problems import bad_query, bad_request
from tieout_sandbox.xero.table import Record
from tieout_sandbox.xero.where import Where, field, folded, where


@dataclass(frozen=True, slots=True)
class Listing:
    """The records of one answer; `pagination` only where the read is paged."""

    records: list[Record]
    pagination: Record | None


def listing(endpoint: Endpoint, query: Query, since: str, client: str, volume: int) -> Listing:
    """Read a list. `since` is the `If-Modified-Since` header; above `volume` records only what is optimised is read.

    Raises `Problem` for a `where`, `order` or header that cannot be read, and for what is too much at this volume.
    """
    tests = list(endpoint.filters(query, client))
    if since:
        tests.append(_changed_after(since))
    records = list(endpoint.table)
    for test in tests:
        records = [record for record in records if test(record)]
    wanted = None
    if endpoint.filterable and query.get("where"):
        wanted = where(query["where"], endpoint.kind, endpoint.names)
    summary = query.get("summaryonly", "").lower() == "true"
    forced = summary or "statuses" in query or "page" in query or "pagesize" in query
    paged = endpoint.paged == "always" or (endpoint.paged == "asked" and forced)
    if len(endpoint.table) > volume:
        _judge_volume(endpoint, query, wanted, paged)
    if wanted:
        records = [record for record in records if wanted.test(endpoint.unpaged(record, query))]
    if query.get("order"):
        records = _ordered(records, endpoint, query)
    form = endpoint.summary if summary else endpoint.shown
    if not paged:
        form = endpoint.unpaged
        return Listing([form(record, query) for record in records], None)
    page, size = max(1, _whole(query, "page", 1)), min(1000, max(1, _whole(query, "pagesize", 100)))
    chosen = records[(page - 1) * size : page * size]
    pages = -(-len(records) // size)
    pagination = {"page": page, "pageSize": size, "pageCount": pages, "itemCount": len(records)}
    return Listing([form(record, query) for record in chosen], pagination)


def among(query: Query, name: str, field_name: str) -> Test | None:
    """A predicate for a comma-separated parameter; an empty one finds nothing (docs/facts/xero.md, "Lists")."""
    if name not in query:
        return None
    wanted = {part.strip().lower() for part in query[name].split(",") if part.strip()}
    return lambda record: str(record.get(field_name, "")).lower() in wanted


def containing(query: Query, names: tuple[str, ...]) -> Test | None:
    """A predicate for `searchTerm` over these fields."""
    if "searchterm" not in query:
        return None
    wanted = folded(query["searchterm"])
    return lambda record: any(wanted in folded(str(record.get(name) or "")) for name in names)


def _judge_volume(endpoint: Endpoint, query: Query, wanted: Where | None, paged: bool) -> None:
    """Refuse what is slow in an organisation of many records (docs/facts/xero.md, "Sizes", "Filters")."""
    if endpoint.optimised is None:
        return
    slow = not paged
    if wanted:
        alone = wanted.paths == {endpoint.id_field}
        slow |= not wanted.plain or not wanted.paths <= endpoint.optimised or (wanted.alternatives and not alone)
    ordered = {part.strip().partition(" ")[0] for part in query.get("order", "").split(",")} - {""}
    if slow or not ordered <= endpoint.sortable:
        raise bad_request(
            f"This organisation has too many {endpoint.plural} for this call: use page, and optimised filters and order"
        )


def _changed_after(header: str) -> Test:
    try:
        since = stamps.modified_since(header)
    except (ValueError, TypeError):
        raise bad_request("The If-Modified-Since header is not a date") from None
    return lambda record: "UpdatedDateUTC" not in record or stamps.stamp_ms(record["UpdatedDateUTC"]) > since


def _whole(query: Query, name: str, default: int) -> int:
    value = query.get(name, "")
    return int(value) if value.isdigit() else default


def _ordered(records: list[Record], endpoint: Endpoint, query: Query) -> list[Record]:
    keys = []
    for part in query["order"].split(","):
        name, _, direction = part.strip().partition(" ")
        path = name.split(".")
        if path[0] not in endpoint.names or direction.strip().upper() not in ("", "ASC", "DESC"):
            raise bad_query(f"No property or field '{name}' exists in type '{endpoint.kind}'")
        keys.append((field(path), -1 if direction.strip().upper() == "DESC" else 1))
    shown = [(endpoint.unpaged(record, query), record) for record in records]

    def compare(one: tuple[Record, Record], other: tuple[Record, Record]) -> int:
        for value, sign in keys:
            left, right = _sortable(value(one[0])), _sortable(value(other[0]))
            if left != right:
                return sign if left > right else -sign
        return 0

    return [record for _, record in sorted(shown, key=cmp_to_key(compare))]


def _sortable(value: Any) -> tuple[int, Any]:
    if value is None:
        return 0, 0
    if isinstance(value, str):
        if value.startswith("/Date("):
            return 1, stamps.stamp_ms(value)
        return 2, folded(value)
    return 1, value if not isinstance(value, dict | list) else 0
