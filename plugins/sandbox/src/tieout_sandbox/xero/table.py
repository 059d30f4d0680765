"""Records of one kind, in the order of their last change, with look-ups by unique and other keys."""

from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

from tieout_sandbox.xero.stamps import stamp_ms

Record: TypeAlias = dict[str, Any]
"""A record in wire shape. What lies in a table is never changed in place: a change puts another record there."""

Journal: TypeAlias = "list[tuple[Table, str, Record | None]]"


class Table:
    """The records of one endpoint.

    `keys` names the look-ups: each a function from a record to its key, or to None when it has none. Every change is
    noted in the journal with what was there before, so that a refused batch can be undone.
    """

    def __init__(self, id_field: str, journal: Journal, **keys: Callable[[Record], str | None]) -> None:
        self.id_field = id_field
        self._journal = journal
        self._keys = keys
        self._rows: dict[str, Record] = {}
        self._found: dict[str, dict[str, dict[str, None]]] = {name: {} for name in keys}

    def __len__(self) -> int:
        return len(self._rows)

    def __iter__(self) -> Iterator[Record]:
        return iter(self._rows.values())

    def __reversed__(self) -> Iterator[Record]:
        return reversed(self._rows.values())

    def get(self, identity: str) -> Record | None:
        """The record of this id."""
        return self._rows.get(identity)

    def having(self, name: str, key: str) -> list[Record]:
        """All records with this key, the oldest first."""
        return [self._rows[identity] for identity in self._found[name].get(key, ())]

    def put(self, record: Record) -> None:
        """Add a record, or replace the one of its id and move it to the end: the latest change."""
        before = self._rows.pop(record[self.id_field], None)
        self._place(record, before)

    def amend(self, record: Record) -> None:
        """Replace a record where it stands: a change that does not count as one."""
        self._place(record, self._rows[record[self.id_field]])

    def drop(self, identity: str) -> None:
        """Remove a record for good."""
        before = self._rows.pop(identity)
        self._journal.append((self, identity, before))
        self._forget(before)

    def restore(self, identity: str, before: Record | None) -> None:
        """Put back what was there before a change; the caller sorts afterwards."""
        current = self._rows.pop(identity, None)
        if current is not None:
            self._forget(current)
        if before is not None:
            self._rows[identity] = before
            self._remember(before)

    def sort(self) -> None:
        """Order by `UpdatedDateUTC`, then by id, where records have such a field."""
        moment = {identity: _changed(record) for identity, record in self._rows.items()}
        self._rows = {identity: self._rows[identity] for identity in sorted(moment, key=lambda i: (moment[i], i))}

    def _place(self, record: Record, before: Record | None) -> None:
        identity = record[self.id_field]
        self._journal.append((self, identity, before))
        if before is not None:
            self._forget(before)
        self._rows[identity] = record
        self._remember(record)

    def _remember(self, record: Record) -> None:
        for name, key_of in self._keys.items():
            key = key_of(record)
            if key:
                self._found[name].setdefault(key, {})[record[self.id_field]] = None

    def _forget(self, record: Record) -> None:
        for name, key_of in self._keys.items():
            key = key_of(record)
            if key:
                same = self._found[name][key]
                same.pop(record[self.id_field], None)
                if not same:
                    del self._found[name][key]


def _changed(record: Record) -> int:
    value = record.get("UpdatedDateUTC")
    return stamp_ms(value) if value else 0
