"""Reading a list that is edited, added to and reordered meanwhile: nothing is lost, nothing comes twice."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from tieout.api import codec
from tieout.api.contract import Connection
from tieout_apptivo import APPTIVO
from tieout_apptivo.reading import reading

Connect = Callable[..., Connection]
INVOICES = APPTIVO.resource("invoices")
NOW = datetime(2024, 6, 1, 17, 30)  # noqa: DTZ001 - as Apptivo writes stamps, on its own clock


class Moving:
    """A firm's invoices, changed by `moves` of them after every call; it shows no more than `window` rows of a list.

    A move edits a record, makes one, archives one, brings one back, or gives one another date of creation.
    """

    def __init__(self, count: int, seed: int, moves: int, window: int = 5_000) -> None:
        self.start = NOW - timedelta(minutes=count + 1_300)
        self.rows = {
            str(number): {
                "id": str(number),
                "creationDate": self._stamp(number),
                "lastUpdateDate": self._stamp(number + 7),
                "total": number,
                "objectStatus": "0",
            }
            for number in range(1, count + 1)
        }
        self.random = random.Random(seed)
        self.clock = count + 100
        self.moves = moves
        self.left = 0
        self.window = window
        self.calls = 0

    def _stamp(self, minutes: int) -> str:
        return (self.start + timedelta(minutes=minutes)).strftime("%Y-%m-%d %H:%M:%S")

    def listed(self) -> dict[str, dict[str, Any]]:
        return {id: row for id, row in self.rows.items() if row["objectStatus"] == "0"}

    def move(self) -> None:
        self.left -= 1
        self.clock += self.random.choice((0, 0, 1))
        now = self._stamp(self.clock)
        kind = self.random.choice(("edit", "edit", "make", "archive", "restore", "redate"))
        if kind == "make":
            id = str(100_000 + len(self.rows))
            self.rows[id] = {"id": id, "creationDate": now, "total": 0, "objectStatus": "0", "lastUpdateDate": now}
            return
        row = self.rows[self.random.choice(list(self.rows))]
        change: dict[str, Any] = {"total": self.random.randrange(10**6), "lastUpdateDate": now}
        if kind in ("archive", "restore"):
            change["objectStatus"] = "1" if kind == "archive" else "0"
        if kind == "redate":
            change["creationDate"] = self._stamp(self.random.randrange(self.clock))
        self.rows[row["id"]] = {**row, **change}

    def getAll(self, app: str, form: dict[str, str]) -> Any:
        self.calls += 1
        rows = sorted(
            self.listed().values(), key=lambda row: str(row[form["sortColumn"]]), reverse=form["sortDir"] == "desc"
        )
        start, size = int(form["startIndex"]), int(form["numRecords"])
        answer = {"data": rows[: self.window][start : start + size], "countOfRecords": len(rows)}
        for _ in range(min(self.moves, self.left)):
            self.move()
        return answer

    def getAllByAdvancedSearch(self, app: str, form: dict[str, str]) -> Any:
        wanted = datetime.strptime(codec.loads(form["searchData"])["creationDate"], "%m/%d/%Y")  # noqa: DTZ007
        day = wanted.strftime("%Y-%m-%d")
        rows = [row for row in self.listed().values() if row["creationDate"].startswith(day)]
        start, size = int(form["startIndex"]), int(form["numRecords"])
        return {"data": rows[start : start + size], "countOfRecords": len(rows)}


def passes(connection: Connection, cursor: Any = None) -> Iterator[tuple[list[dict[str, Any]], Any]]:
    """One pass after the other, each with what it read, as often as is asked for."""
    while True:
        wires: list[dict[str, Any]] = []
        while True:
            page = reading.fetch(connection, INVOICES, cursor)
            wires += page.wires
            cursor = page.next or page.resume
            if page.next is None:
                break
        yield wires, cursor


def told(firm: Moving, connection: Connection) -> int:
    """Read while the firm moves, then until a pass has nothing new; the records must be the firm's, as they are."""
    held: dict[str, Any] = {}
    read, still = 0, False
    for number, (wires, _) in enumerate(passes(connection)):
        read += len(wires)
        held |= {wire["id"]: wire for wire in wires}
        assert number < 200, "the passes never come to an end"
        if still and not wires:
            break
        still = not firm.left
    now = firm.listed()
    assert {id: row for id, row in held.items() if id in now} == now
    return read


def serve(apptivo: Any, firm: Moving) -> None:
    apptivo.rows = {"invoice": list(firm.rows.values())}
    apptivo.getAll = firm.getAll
    apptivo.getAllByAdvancedSearch = firm.getAllByAdvancedSearch


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    seed=st.integers(0, 10**6),
    count=st.integers(0, 90),
    moves=st.integers(0, 6),
    size=st.integers(8, 25),
    overlap=st.sampled_from([0, 48]),
)
@example(seed=1, count=0, moves=4, size=14, overlap=0)  # the row with which a page ended is sorted elsewhere
def test_nothing_that_moves_is_lost(
    connect: Connect, apptivo: Any, seed: int, count: int, moves: int, size: int, overlap: int
) -> None:
    firm = Moving(count + 30, seed, moves)
    firm.left = 60 if moves else 0
    serve(apptivo, firm)
    told(firm, connect(page_size=size, overlap_hours=overlap))


@pytest.mark.parametrize("seed", [1])
def test_a_thousand_moves_while_twelve_thousand_are_read(connect: Connect, apptivo: Any, seed: int) -> None:
    firm = Moving(12_000, seed, moves=20, window=10**6)
    firm.left = 1_000
    serve(apptivo, firm)
    assert told(firm, connect(page_size=250)) <= len(firm.rows) + 2_000
    assert firm.left == 0


def test_twelve_thousand_are_read_past_the_window(connect: Connect, apptivo: Any) -> None:
    firm = Moving(12_000, 1, moves=20)
    firm.left = 1_000
    serve(apptivo, firm)
    told(firm, connect(page_size=250, profile={"stamp-format": "yyyy-MM-dd"}))


@pytest.mark.matrix
@pytest.mark.parametrize("seed", range(2, 8))
@pytest.mark.parametrize(("window", "size"), [(10**6, 100), (5_000, 250), (7_000, 100)])
def test_more_thousands_of_moves(connect: Connect, apptivo: Any, seed: int, window: int, size: int) -> None:
    firm = Moving(12_000, seed, moves=seed * 7, window=window)
    firm.left = 2_000
    serve(apptivo, firm)
    told(firm, connect(page_size=size, profile={"stamp-format": "yyyy-MM-dd"}))


def test_nothing_comes_twice_while_nothing_moves(connect: Connect, apptivo: Any) -> None:
    for count in (0, 1, 99, 100, 101, 1_000):
        firm = Moving(count, 1, moves=0)
        serve(apptivo, firm)
        wires, cursor = next(passes(connect(page_size=100)))
        assert sorted(wire["id"] for wire in wires) == sorted(firm.rows)
        firm.calls = 0
        assert next(passes(connect(page_size=100), cursor))[0] == []
