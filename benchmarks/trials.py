"""The trials: rounds of all contestants, and what is measured of Tieout alone."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import measure
from contestants import CONTESTANTS, Place, Ready
from home import Home
from served import Served

STARTS = (("--version",), ("--help",), ("status",))
"""The commands of which the start-up is measured."""

TIMES = 5
"""How often each of them is started."""


@dataclass(frozen=True, slots=True)
class Run:
    """One measured run, in seconds and bytes; it counts if `wrong` is empty.

    `above` is the peak above the memory just before the first page (None if no page was read, or several processes
    ran), and `ledger` the size of the ledger (None unless it is Tieout). `server` is the processor time of the server
    meanwhile, and `others` that of everything else on this machine.
    """

    what: str
    invoices: int
    wall: float
    cpu: float
    peak: int
    above: int | None
    ledger: int | None
    reads: int
    writes: int
    server: float
    others: float
    wrong: tuple[str, ...]

    def plain(self) -> dict[str, Any]:
        """Return it as plain values."""
        return asdict(self)


@dataclass(slots=True)
class Results:
    """Everything that was measured."""

    rounds: list[dict[str, Run]] = field(default_factory=list)
    again: list[Run] = field(default_factory=list)
    memory: list[Run] = field(default_factory=list)
    starts: dict[str, list[measure.Cost]] = field(default_factory=dict)

    @property
    def right(self) -> bool:
        """Whether every run counts."""
        runs = [run for each in self.rounds for run in each.values()] + self.again + self.memory
        return not any(run.wrong for run in runs) and not any(
            cost.fault for some in self.starts.values() for cost in some
        )


class Trials:
    """Measures against one server, in a folder that each new contestant finds empty.

    Rounds come first, because what is measured of Tieout alone keeps its home.
    """

    def __init__(self, served: Served, folder: Path, python: Path, tieout: Path, environment: dict[str, str]) -> None:
        self._served = served
        self._folder = folder
        self._python = python
        self._tieout = tieout
        self._environment = environment
        self._first: tuple[Run, Home | None] | None = None

    def round(self, names: Sequence[str], label: str) -> dict[str, Run]:
        """Measure each contestant once, one after the other."""
        return {name: self._moved(name, label)[0] for name in names}

    def memory(self) -> Run:
        """Measure one first sync of Tieout."""
        return self._moved("tieout", f"{self._served.invoices:,} invoices")[0]

    def again(self) -> list[Run]:
        """Measure a first sync, syncs that have nothing to send, and the tie-out."""
        first, home = self._synced()
        if first.wrong or home is None:
            return [first]
        runs = [first]
        sync = home.command("sync", "--yes", "--json")
        runs.append(self._settled("second sync: reads back what the first wrote", home, sync))
        runs.append(self._settled("third sync: nothing is new", home, sync))
        self._served.by_change(False)
        try:
            runs.append(self._settled("sync that reads all of Apptivo again", home, sync))
        finally:
            self._served.by_change(True)
        runs.append(self._settled("tie-out: reads both sides", home, home.command("reconcile", "--json")))
        return runs

    def starts(self) -> dict[str, list[measure.Cost]]:
        """Measure the start of short commands, after one start each that is not counted."""
        _, home = self._synced()
        found: dict[str, list[measure.Cost]] = {}
        if home is None:
            return found
        for words in STARTS:
            command, where = home.command(*words), home.folder
            _say(f"start of {' '.join(words)}")
            costs = [measure.run([command], folder=where, environment=self._environment) for _ in range(TIMES + 1)]
            found["tieout " + " ".join(words)] = costs[1:]
        return found

    def _synced(self) -> tuple[Run, Home | None]:
        """Return the first sync of Tieout and its home, in which it is done once for all that needs it."""
        if self._first is None:
            run, ready = self._moved("tieout", "first sync")
            self._first = (run, ready.home)
        return self._first

    def _moved(self, name: str, label: str) -> tuple[Run, Ready]:
        self._served.begin()
        ready = self._ready(name)
        run = self._run(CONTESTANTS[name][0], ready, again=False)
        _report(label, run)
        return run, ready

    def _settled(self, what: str, home: Home, command: list[str | Path]) -> Run:
        """Measure a command that has to leave the books as they are."""
        run = self._run(what, Ready([command], home), again=True)
        _report("again", run)
        return run

    def _ready(self, name: str) -> Ready:
        shutil.rmtree(self._folder, ignore_errors=True)
        self._folder.mkdir(parents=True)
        place = Place(self._folder, self._served.base, self._python, self._tieout, self._environment)
        return CONTESTANTS[name][1](place)

    def _run(self, what: str, ready: Ready, *, again: bool) -> Run:
        cpu, worked = self._served.tally()["cpu"], measure.busy()
        cost = measure.run(
            ready.commands,
            folder=ready.home.folder if ready.home else self._folder,
            environment=self._environment,
            begun=lambda pid: self._served.begin(pid, again=again),
        )
        tally = self._served.tally()
        server, before = tally["cpu"] - cpu, tally["before"]
        return Run(
            what=what,
            invoices=self._served.invoices,
            wall=cost.wall,
            cpu=cost.cpu,
            peak=cost.peak,
            above=cost.peak - before if before and len(ready.commands) == 1 else None,
            ledger=ready.home.ledger if ready.home else None,
            reads=tally["reads"],
            writes=tally["writes"],
            server=server,
            others=max(0.0, measure.busy() - worked - server - cost.cpu),
            wrong=_wrong(cost, tally, again=again),
        )


def _wrong(cost: measure.Cost, tally: dict[str, Any], *, again: bool) -> tuple[str, ...]:
    """Return why a run does not count; nothing if it does."""
    found = [cost.fault] if cost.fault else []
    if not tally["right"]:
        counts = ", ".join(f"{name} {tally[name]}" for name in ("customers", "invoices", "doubled", "wrong"))
        found += [counts, *tally["faults"], *(f"no answer for {call}" for call in tally["unknown"][:3])]
    if again and tally["writes"]:
        found.append(f"{tally['writes']} writes, where nothing was to be written")
    return tuple(found)


def _report(label: str, run: Run) -> None:
    _say(f"{label}: {run.what}: {run.wall:.2f} s, cpu {run.cpu:.2f} s, {run.peak / measure.MIB:.0f} MiB")
    for fault in run.wrong:
        _say(f"  DOES NOT COUNT: {fault}")


def _say(words: str) -> None:
    sys.stderr.write(f"# {words}\n")
    sys.stderr.flush()
