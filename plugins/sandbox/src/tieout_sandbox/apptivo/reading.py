"""Lists as the search index of Apptivo serves them: filter, sort, page.

Source: docs/facts/apptivo.md, "Actions", "Paging and sorting", "Searches", "Envelopes".
"""

from collections.abc import Callable, Collection, Iterable
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from tieout_sandbox.apptivo.folder import Behaviour
from tieout_sandbox.apptivo.layout import App, View
from tieout_sandbox.apptivo.stamps import Stamps

Record = dict[str, Any]

_STAMPS = ("creationDate", "lastUpdateDate")


def with_text(rows: Iterable[Record], text: str) -> list[Record]:
    """The records in whose texts every word occurs, whatever its case; an empty text finds all."""
    words = text.casefold().split()
    found = []
    for row in rows:
        texts = _texts(row)
        if all(word in texts for word in words):
            found.append(row)
    return found


def with_values(rows: Iterable[Record], wanted: Record, choices: dict[str, list[Any]], stamps: Stamps) -> list[Record]:
    """The records that fit a partial `searchData` and the `multiSelectData` of an advanced search.

    Texts are contained, numbers and ids equal, lists fit when one element does. A field ending in `To` bounds the field
    without it from above. A stamp falls on the day, or between two days when both ends are given
    (docs/facts/apptivo.md, "Searches" leaves this open). `statusIds` and the like hold alternatives for `statusId`.
    """
    filled = {key: value for key, value in wanted.items() if value not in (None, "", "null", [], {})}
    chosen = {key.removesuffix("s"): {str(each) for each in values} for key, values in choices.items() if values}
    return [
        row
        for row in rows
        if all(_fits(row, key, value, stamps, filled.keys()) for key, value in filled.items())
        and all(str(row.get(key)) in values for key, values in chosen.items())
    ]


def with_status(rows: Iterable[Record], object_status: str) -> list[Record]:
    """The records of one `objectStatus`; a record that states none is active."""
    return [row for row in rows if not object_status or str(row.get("objectStatus") or "0") == object_status]


def in_view(rows: Iterable[Record], view: View, app: App, now: datetime, stamps: Stamps) -> list[Record]:
    """The records that a saved view shows at a moment."""
    numbers = {str(app.statuses[role].number) for role in view.statuses if role in app.statuses}
    since = None if view.updated_within_days is None else now - timedelta(days=view.updated_within_days)
    return [
        row
        for row in rows
        if (not view.statuses or str(row.get(app.key("statusId"))) in numbers)
        and (since is None or stamps.moment(row.get("lastUpdateDate")) >= since)
    ]


def ordered(rows: list[Record], column: str, direction: str, stamps: Stamps) -> list[Record]:
    """The records by one column; equal ones stay in the order of their ids, missing values come last."""
    field = column.removesuffix(".sortable")
    by_id = sorted(rows, key=lambda row: int(row["id"]))
    if field in ("", "_score"):
        return by_id
    filled = [row for row in by_id if row.get(field) not in (None, "")]
    missing = [row for row in by_id if row.get(field) in (None, "")]
    rank = _ranking(field, stamps)
    return [*sorted(filled, key=lambda row: rank(row[field]), reverse=direction.lower() == "desc"), *missing]


def page(rows: list[Record], start: int, size: int, behaviour: Behaviour) -> dict[str, Any]:
    """One page in the list envelope; `data` is absent when it would be empty.

    A page holds at most the firm's cap, and rows past the window of a query are never reached.
    """
    end = min(start + min(size, behaviour.page_cap), behaviour.window)
    data = rows[start:end]
    return {"data": data, "countOfRecords": len(rows)} if data else {"countOfRecords": len(rows)}


def _texts(row: Record) -> str:
    values = [value for value in row.values() if isinstance(value, str | int)]
    values += [each.get("emailAddress", "") for each in row.get("emailAddresses") or []]
    return "\n".join(str(value) for value in values).casefold()


def _fits(row: Record, key: str, value: Any, stamps: Stamps, asked: Collection[str]) -> bool:
    bounded = key.removesuffix("To")
    if bounded in _STAMPS:
        day, bound = stamps.day(row.get(bounded)), stamps.day(value)
        if bounded != key:
            return day <= bound
        return day >= bound if f"{key}To" in asked else day == bound
    if bounded != key and bounded in row:
        return _rank(row[bounded]) <= _rank(value)
    held = row.get(key)
    if isinstance(value, list):
        return any(_part(each, part) for each in held or [] for part in value)
    if isinstance(value, str) and isinstance(held, str):
        return value.casefold() in held.casefold()
    return str(held) == str(value)


def _part(held: Any, wanted: Any) -> bool:
    """Whether an element of a list has all that is asked of it; form-input names under `id` say nothing."""
    if not isinstance(held, dict) or not isinstance(wanted, dict):
        return str(held) == str(wanted)
    return all(str(held.get(key)).casefold() == str(value).casefold() for key, value in wanted.items() if key != "id")


def _ranking(field: str, stamps: Stamps) -> Callable[[Any], tuple[int, Any]]:
    """A key that sorts stamps by time, numbers by size and all else by its letters."""
    if field in _STAMPS:
        return lambda value: (0, stamps.moment(value))
    return _rank


def _rank(value: Any) -> tuple[int, Any]:
    try:
        return (1, Decimal(str(value)))
    except InvalidOperation:
        return (2, str(value).casefold())
