"""Measures what moving a firm costs Tieout, a bare loop, dlt and Singer.

All of them read the same 500 customers and 10,000 invoices of 5 lines from one server and write them to it. A run
counts only if every record arrived exactly once, correct to the cent. `docs/performance.md` explains the figures.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import environment
import report
from contestants import CONTESTANTS, surroundings
from served import Served
from trials import Results, Trials

FOLDER = environment.ROOT / ".tieout"
"""Where contestants write: on a disk, because a folder in memory would hide what writing costs."""

FEW = 50
LARGE = 100_000


def main() -> int:
    """Measure what is asked for, and return 1 if a run does not count."""
    given = _given()
    python = environment.ready()
    FOLDER.mkdir(exist_ok=True)
    with TemporaryDirectory(prefix="benchmark-", dir=FOLDER) as folder:
        results, sizes = _measured(given, python, Path(folder))
    sys.stdout.write(report.as_json(results, sizes) if given.json else report.as_text(results, sizes))
    return 0 if results.right else 1


def _measured(given: argparse.Namespace, python: Path, folder: Path) -> tuple[Results, dict[str, int]]:
    results, around = Results(), surroundings(folder / "bytecode")

    def trials(served: Served) -> Trials:
        return Trials(served, folder / "work", python, given.tieout.absolute(), around)

    with Served(python, FEW, 0) as served:
        trials(served).round(tuple(dict.fromkeys((*given.contestants, "tieout"))), "to warm up, not counted")
    with Served(python, given.invoices, given.latency) as served:
        against = trials(served)
        for number in range(given.rounds):
            results.rounds.append(against.round(given.contestants, f"round {number + 1}"))
        if given.again:
            results.again = against.again()
        if given.start:
            results.starts = against.starts()
        sizes = served.sizes
    for invoices in given.memory:
        with Served(python, invoices, given.latency) as served:
            results.memory.append(trials(served).memory())
    return results, sizes


def _given() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python benchmarks", description=__doc__.split("\n\n")[0] if __doc__ else "")
    names = ", ".join(CONTESTANTS)
    parser.add_argument("contestants", nargs="*", metavar="NAME", help=f"the contestants, of {names} (default: all)")
    parser.add_argument("--rounds", type=int, default=3, help="how often each contestant runs (default: 3)")
    parser.add_argument("--invoices", type=int, default=10_000, help="how many invoices there are (default: 10000)")
    parser.add_argument("--latency", type=float, default=0, help="milliseconds that each answer takes (default: 0)")
    parser.add_argument(
        "--again", action="store_true", help="also measure syncs that have nothing to send, and the tie-out"
    )
    parser.add_argument("--start", action="store_true", help="also measure the start of short commands")
    parser.add_argument(
        "--memory",
        type=int,
        nargs="*",
        metavar="INVOICES",
        help=f"also measure one sync of a firm with so many invoices (default: {LARGE})",
    )
    parser.add_argument("--all", action="store_true", help="--again, --start and --memory")
    parser.add_argument("--json", action="store_true", help="write all runs as one JSON document")
    parser.add_argument(
        "--tieout",
        type=Path,
        default=Path(sys.executable).parent / "tieout",
        help="the program to measure (default: that of this environment)",
    )
    given = parser.parse_args()
    if unknown := [name for name in given.contestants if name not in CONTESTANTS]:
        parser.error(f"there is no contestant {unknown[0]}; name some of {names}")
    given.contestants = given.contestants or list(CONTESTANTS)
    given.again, given.start = given.again or given.all, given.start or given.all
    given.memory = [LARGE] if given.memory == [] or (given.all and given.memory is None) else given.memory or []
    return given


if __name__ == "__main__":
    sys.exit(main())
