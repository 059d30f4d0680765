"""The contestants: how each is set up, and which programs it runs."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from home import Home

RIVALS = Path(__file__).parent / "rivals"

Commands = list[list[str | Path]]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a contestant works: an empty folder, and the address of the server.

    `python` belongs to the environment of the rivals, `tieout` is the program to measure, and `environment` holds the
    variables for all programs.
    """

    folder: Path
    base: str
    python: Path
    tieout: Path
    environment: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Ready:
    """A contestant that is set up: the programs to run, connected by pipes."""

    commands: Commands
    home: Home | None = None


def loop(place: Place) -> Ready:
    """Set up the bare loop."""
    return Ready([[place.python, RIVALS / "loop.py", place.base]])


def dlt(place: Place) -> Ready:
    """Set up dlt."""
    return Ready([[place.python, RIVALS / "dlt_pipeline.py", place.base, place.folder / "pipelines"]])


def singer(place: Place) -> Ready:
    """Set up the Singer tap and target."""
    config = place.folder / "config.json"
    config.write_text(json.dumps({"base": place.base}), encoding="utf-8")
    both = ("singer_tap.py", "singer_target.py")
    return Ready([[place.python, RIVALS / name, "--config", config] for name in both])


def tieout(place: Place) -> Ready:
    """Set up Tieout, connected to both systems and with an empty ledger."""
    home = Home(place.tieout, place.folder / "home", place.base, place.environment)
    return Ready([home.command("sync", "--yes", "--json")], home)


BASE = "loop"
"""The contestant that the others are compared with."""

CONTESTANTS: Mapping[str, tuple[str, Callable[[Place], Ready]]] = {
    "loop": ("bare httpx loop", loop),
    "dlt": ("dlt", dlt),
    "singer": ("Singer tap and target", singer),
    "tieout": ("Tieout", tieout),
}
"""The title of each contestant, and the function that sets it up."""


def surroundings(bytecode: Path) -> dict[str, str]:
    """Return the environment variables for all contestants.

    Compiled modules are kept in `bytecode`, as with an installed program, whatever this machine is set to do.
    """
    known = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "TIEOUT_"))}
    return {**known, "PYTHONPYCACHEPREFIX": str(bytecode), "PYTHONHASHSEED": "0", "NO_COLOR": "1", "COLUMNS": "120"}
