"""The report: tables in Markdown, or everything as JSON."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict
from statistics import median
from typing import Any

import measure
from contestants import BASE, CONTESTANTS
from trials import Results, Run

Value = Callable[[Run], float]


def machine() -> dict[str, Any]:
    """Return what matters about this machine, without its name."""
    return {"cores": os.cpu_count(), "python": platform.python_version(), "system": platform.system()}


def as_json(results: Results, sizes: dict[str, int]) -> str:
    """Return all runs and the multiples of the bare loop as one JSON document."""
    found = {
        "machine": machine(),
        "bytes": sizes,
        "right": results.right,
        "rounds": [{name: run.plain() for name, run in each.items()} for each in results.rounds],
        "multiples": {name: _multiples(results, name) for name in _names(results)},
        "again": [run.plain() for run in results.again],
        "memory": [run.plain() for run in results.memory],
        "starts": {name: [asdict(cost) for cost in costs] for name, costs in results.starts.items()},
    }
    return json.dumps(found, indent=2)


def as_text(results: Results, sizes: dict[str, int]) -> str:
    """Return the tables as text."""
    known = machine()
    parts = [
        f"{known['cores']} cores, Python {known['python']}, {known['system']}. An invoice has {sizes['read']:,} bytes "
        f"in Apptivo's list and {sizes['answered']:,} in Xero's answer."
    ]
    if results.rounds:
        parts += [_rounds(results), _noise(results)]
    if results.again:
        parts.append(_again(results))
    if results.memory:
        parts.append(_memory(results))
    if results.starts:
        parts.append(_starts(results))
    if not results.right:
        parts.append("NOT EVERYTHING COUNTS: " + "; ".join(_faults(results)))
    return "\n\n".join(parts) + "\n"


def _rounds(results: Results) -> str:
    base = BASE in results.rounds[0]
    invoices = next(iter(results.rounds[0].values())).invoices
    rows = []
    for name in _names(results):
        runs = _runs(results, name)
        multiples = _multiples(results, name) if base else {}
        rows.append(
            [
                CONTESTANTS[name][0],
                _span([run.wall for run in runs]),
                _span([run.cpu for run in runs]),
                *(_span(multiples.get(key, []), "x") for key in ("wall", "cpu")),
                f"{_mib(runs, lambda run: run.peak)}",
                _mib(runs, lambda run: run.above),
                _each(runs),
                f"{runs[0].reads} + {runs[0].writes}",
                "yes" if not any(run.wrong for run in runs) else "NO",
            ]
        )
    heads = ["", "wall s", "CPU s", "wall : loop", "CPU : loop", "peak MiB", "above first page", "ledger B an invoice"]
    title = f"{invoices:,} invoices; median (least to most) of rounds: {len(results.rounds)}"
    return f"{title}\n\n" + _table([*heads, "pages + writes", "right"], rows)


def _noise(results: Results) -> str:
    runs = [run for each in results.rounds for run in each.values()]
    cores, wall = os.cpu_count() or 1, sum(run.wall for run in runs)
    others, server = sum(run.others for run in runs), sum(run.server for run in runs)
    return (
        f"Meanwhile others took {others / wall / cores:.0%} of this machine's processors, and the server, "
        f"which is not counted, {server / wall / cores:.0%}."
    )


def _again(results: Results) -> str:
    bases = [each[BASE].cpu for each in results.rounds if BASE in each]
    rows = [
        [
            run.what if place else "first sync",
            f"{run.wall:.2f}",
            f"{run.cpu:.2f}",
            f"{run.cpu / median(bases):.2f}x" if bases else "",
            f"{run.peak / measure.MIB:.0f}",
            str(run.reads),
            "yes" if not run.wrong else "NO",
        ]
        for place, run in enumerate(results.again)
    ]
    title = f"Tieout again, {results.again[0].invoices:,} invoices"
    return f"{title}\n\n" + _table(["", "wall s", "CPU s", "CPU : loop", "peak MiB", "pages", "right"], rows)


def _memory(results: Results) -> str:
    rows = [
        [
            f"{run.invoices:,}",
            f"{run.peak / measure.MIB:.0f}",
            f"{run.above / measure.MIB:.0f}" if run.above is not None else "",
            f"{(run.ledger or 0) / run.invoices:,.0f}",
            f"{run.wall:.1f}",
            f"{run.cpu:.1f}",
            "yes" if not run.wrong else "NO",
        ]
        for run in results.memory
    ]
    heads = ["invoices", "peak MiB", "above first page", "ledger B an invoice", "wall s", "CPU s", "right"]
    return "Tieout's memory by the size of the firm\n\n" + _table(heads, rows)


def _starts(results: Results) -> str:
    rows = [
        [
            name,
            _span([cost.wall for cost in costs]),
            _span([cost.cpu for cost in costs]),
            f"{median(cost.peak for cost in costs) / measure.MIB:.0f}",
        ]
        for name, costs in results.starts.items()
    ]
    count = len(next(iter(results.starts.values())))
    return f"Start-up, {count} times each\n\n" + _table(["", "wall s", "CPU s", "peak MiB"], rows)


def _names(results: Results) -> list[str]:
    return list(results.rounds[0]) if results.rounds else []


def _runs(results: Results, name: str) -> list[Run]:
    return [each[name] for each in results.rounds]


def _multiples(results: Results, name: str) -> dict[str, list[float]]:
    """Return the multiples of the bare loop, computed within each round.

    What slows the machine down for a while then slows both down.
    """
    both = [(each[name], each[BASE]) for each in results.rounds if BASE in each]
    return {"wall": [run.wall / base.wall for run, base in both], "cpu": [run.cpu / base.cpu for run, base in both]}


def _span(values: Sequence[float], unit: str = "") -> str:
    if not values:
        return ""
    middle = f"{median(values):.2f}{unit}"
    return middle if len(values) == 1 else f"{middle} ({min(values):.2f} to {max(values):.2f})"


def _mib(runs: Iterable[Run], value: Callable[[Run], int | None]) -> str:
    known = [found for run in runs if (found := value(run)) is not None]
    return f"{median(known) / measure.MIB:.0f}" if known else ""


def _each(runs: Sequence[Run]) -> str:
    known = [run.ledger / run.invoices for run in runs if run.ledger is not None]
    return f"{median(known):,.0f}" if known else ""


def _faults(results: Results) -> list[str]:
    runs = [run for each in results.rounds for run in each.values()] + results.again + results.memory
    return [f"{run.what}: {fault}" for run in runs for fault in run.wrong] + [
        f"{name}: {cost.fault}" for name, costs in results.starts.items() for cost in costs if cost.fault
    ]


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
