"""The trail of a tie-out as CSV: one row for each record, or two that belong together, matched ones too."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path

from tieout.host.paper import written
from tieout.rules.proof import TieRecord

COLUMNS = (
    "entity",
    "state",
    "period",
    "record",
    "currency",
    "source amount",
    "target amount",
    "difference",
    "source id",
    "target id",
    "cause",
    "what",
    "why",
    "what to do",
)

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


@contextmanager
def trail(path: Path) -> Iterator[Callable[[TieRecord], None]]:
    """A CSV file to which every record is given; it stands under its name once the tie-out is complete.

    UTF-8 with a mark by which spreadsheets know it, amounts without separators; text that a spreadsheet would take for
    a formula stands after an apostrophe.
    """
    with written(path, encoding="utf-8-sig") as file:
        rows = csv.writer(file)
        rows.writerow(COLUMNS)
        yield lambda record: rows.writerow(_row(record))


def _row(record: TieRecord) -> list[str]:
    problem = record.problem
    texts = (problem.cause, problem.what, problem.why, problem.fix) if problem else ("", "", "", "")
    return [
        record.entity,
        record.state,
        record.period,
        _plain(record.label),
        record.currency,
        _amount(record.source_total),
        _amount(record.target_total),
        _amount(record.difference),
        _plain(record.source_id or ""),
        _plain(record.target_id or ""),
        *map(_plain, texts),
    ]


def _plain(text: str) -> str:
    return f"'{text}" if text.startswith(_FORMULA) else text


def _amount(amount: Decimal | None) -> str:
    return "" if amount is None else format(amount, "f")
