"""Lists: which records of a table a call gets, in which order and form (facts/xero.md 6)."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cmp_to_key
from typing import Any, Literal, Protocol, TypeAlias

from tieout_sandbox.xero import stamps
from tieout_sandbox.xero.problems import bad_query, bad_request
from tieout_sandbox.xero.table import Record, Table
from tieout_sandbox.xero.where import field, folded, predicate

Query: TypeAlias = Mapping[str, str]
"""The parameters of a call, their names in lower case."""


class Listed(Protocol):
    """What a resource says about its lists.

    `paged` is `never`, `asked` (only when the call names a page, or a parameter that forces paging) or `always`.
    `names` are the fields that `where` and `order` know; `filters` turn the resource's own parameters into predicates.
    """

    @property
    def kind(self) -> str:
        """What one record is called."""

    @property
    def paged(self) -> Literal["never", "asked", "always"]:
        """When its lists come in pages."""

    @property
    def filterable(self) -> bool:
        """Whether it knows `where`."""

    @property
    def names(self) -> frozenset[str]:
        """The fields that `where` and `order` know."""

    @property
    def table(self) -> Table:
        """The records."""

    def filters(self, query: Query, client: str) -> Iterable[Callable[[Record], bool]]:
        """Predicates from the resource's own parameters."""

    def shown(self, record: Record, query: Query) -> Record:
        """A record as a paged list has it."""

    def unpaged(self, record: Record, query: Query) -> Record:
        """A record as an unpaged list has it."""

    def summary(self, record: Record, query: Query) -> Record:
        """A record as `summaryOnly` has it."""


@dataclass(frozen=True, slots=True)
class Listing:
    """The records of one answer; `pagination` only where the read is paged."""

    records: list[Record]
    pagination: Record | None


def listing(resource: Listed, query: Query, since: str | None, client: str) -> Listing:
    """Read a list. `since` is the `If-Modified-Since` header.

    Raises `Problem` for a `where`, `order` or header that cannot be read.
    """
    tests = list(resource.filters(query, client))
    if since:
        tests.append(_changed_after(since))
    records = [record for record in resource.table if all(test(record) for test in tests)]
    if resource.filterable and query.get("where"):
        wanted = predicate(query["where"], resource.kind, resource.names)
        records = [record for record in records if wanted(resource.unpaged(record, query))]
    if query.get("order"):
        records = _ordered(records, resource, query)
    summary = query.get("summaryonly", "").lower() == "true"
    forced = summary or "statuses" in query or "page" in query or "pagesize" in query
    form = resource.summary if summary else resource.shown
    if resource.paged == "never" or (resource.paged == "asked" and not forced):
        form = resource.unpaged
        return Listing([form(record, query) for record in records], None)
    page, size = max(1, _whole(query, "page", 1)), min(1000, max(1, _whole(query, "pagesize", 100)))
    chosen = records[(page - 1) * size : page * size]
    pages = -(-len(records) // size)
    pagination = {"page": page, "pageSize": size, "pageCount": pages, "itemCount": len(records)}
    return Listing([form(record, query) for record in chosen], pagination)


def among(query: Query, name: str, field_name: str) -> Callable[[Record], bool] | None:
    """A predicate for a comma-separated parameter; an empty one finds nothing (facts/xero.md 6.3)."""
    if name not in query:
        return None
    wanted = {part.strip().lower() for part in query[name].split(",") if part.strip()}
    return lambda record: str(record.get(field_name, "")).lower() in wanted


def containing(query: Query, names: tuple[str, ...]) -> Callable[[Record], bool] | None:
    """A predicate for `searchTerm` over these fields."""
    if "searchterm" not in query:
        return None
    wanted = folded(query["searchterm"])
    return lambda record: any(wanted in folded(str(record.get(name) or "")) for name in names)


def _changed_after(header: str) -> Callable[[Record], bool]:
    try:
        since = stamps.modified_since(header)
    except (ValueError, TypeError):
        raise bad_request("The If-Modified-Since header is not a date") from None
    return lambda record: "UpdatedDateUTC" not in record or stamps.stamp_ms(record["UpdatedDateUTC"]) > since


def _whole(query: Query, name: str, default: int) -> int:
    value = query.get(name, "")
    return int(value) if value.isdigit() else default


def _ordered(records: list[Record], resource: Listed, query: Query) -> list[Record]:
    keys = []
    for part in query["order"].split(","):
        name, _, direction = part.strip().partition(" ")
        path = name.split(".")
        if path[0] not in resource.names or direction.strip().upper() not in ("", "ASC", "DESC"):
            raise bad_query(f"No property or field '{name}' exists in type '{resource.kind}'")
        keys.append((field(path), -1 if direction.strip().upper() == "DESC" else 1))
    shown = [(resource.unpaged(record, query), record) for record in records]

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
