"""The commands by name, each with the module that has it: what help shows, and what is imported to run one."""

from __future__ import annotations

import ast
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from importlib.util import find_spec
from pathlib import Path
from typing import Any

SET_UP, WORK, TRY, EXTRAS = "Set up", "Work", "Try it", "Extras"
"""The groups of commands on the first page of help."""

GROUP = "tieout.commands"
"""The entry points by which plugins name their commands: the command's name, and `module:function`."""
_PLUGINS = ("tieout", "tieout.extras")


@dataclass(frozen=True, slots=True)
class Listed:
    """One command on the first page of help: its module, the heading under which it is shown, and its line."""

    name: str
    module: str
    group: str
    line: str


OWN = (
    Listed(
        "init", "plugins", SET_UP, "Write a first, commented plugins.toml; a file that is there already is left alone."
    ),
    Listed("plugins", "plugins", SET_UP, "Which apps and systems are on."),
    Listed(
        "connect", "connections", SET_UP, "Connect to a system: by its keys, or by a person's consent in the browser."
    ),
    Listed(
        "check",
        "connections",
        SET_UP,
        "Prove that connections still reach what they are connected to; nothing is read or written there.",
    ),
    Listed(
        "disconnect",
        "connections",
        SET_UP,
        "End a connection and forget its tokens; links, mappings and history are kept.",
    ),
    Listed(
        "doctor",
        "doctor",
        SET_UP,
        "Find out a firm's own shape, and prove that it is understood before anything is moved.",
    ),
    Listed(
        "mail",
        "mail",
        SET_UP,
        "Send a test message to those who are told by e-mail what needs a person (`mail` in the pair's section).",
    ),
    Listed(
        "reference", "pairs", SET_UP, "Sync from Xero: read its accounts, tax rates, currencies and lock dates afresh."
    ),
    Listed("accounts", "pairs", SET_UP, "Choose the payment, inventory, sales and purchase account."),
    Listed("plan", "plans", WORK, "Read both sides and store what a sync would do; nothing is written to either side."),
    Listed(
        "plans", "plans", WORK, "List the newest plans: what each would do or did, how it stands, and who approved it."
    ),
    Listed(
        "apply",
        "plans",
        WORK,
        "Carry out a stored plan exactly as it was shown; what moved since is left for the next one.",
    ),
    Listed("sync", "pairs", WORK, "Plan and carry out the plan; asks before the first time that anything is sent."),
    Listed(
        "status", "pairs", WORK, "Show the connections, what is in sync and what needs attention; calls neither system."
    ),
    Listed("run", "pairs", WORK, "Sync every pair at its `every`, until Ctrl-C or SIGTERM."),
    Listed(
        "reconcile", "reconcile", WORK, "Read both sides afresh and tie them out, record by record and to the cent."
    ),
    Listed(
        "holds",
        "holds",
        WORK,
        "Show what cannot go and why, by cause with counts and money; or the records of one cause or app.",
    ),
    Listed("retry", "holds", WORK, "Try a held record, or all of one cause, again: first thing in the next run."),
    Listed(
        "skip",
        "holds",
        WORK,
        "Leave a record out, with a reason; what hangs on it waits. `tieout unskip` takes it back.",
    ),
    Listed("unskip", "holds", WORK, "Take a skip back: the record is decided anew in the next run."),
    Listed(
        "questions",
        "decisions",
        WORK,
        "Show what waits for your answer: conflicts, likely matches, taken numbers, twins, deletions.",
    ),
    Listed(
        "answer",
        "decisions",
        WORK,
        "Answer a question about a record; the answer holds for the values shown, and goes out in the next run.",
    ),
    Listed(
        "link",
        "decisions",
        WORK,
        "Say which record of the target a record is: the target is asked, and nothing there is rewritten by linking.",
    ),
    Listed(
        "decisions",
        "decisions",
        WORK,
        "Show what people decided and did not take back: skips, links, answers, with who and when.",
    ),
    Listed(
        "explain",
        "explain",
        WORK,
        "Tell the story of one record: read, edited, held, planned, approved, sent, answered, and who decided what.",
    ),
    Listed(
        "undo",
        "history",
        WORK,
        "Take back what a run created and nobody touched since; what was touched is listed and left.",
    ),
    Listed(
        "backfill",
        "history",
        WORK,
        "Send documents that are older than the start date: counted first, then taken up run by run.",
    ),
    Listed("demo", "demo", TRY, "Watch a firm go from Apptivo into Xero, both of them stand-ins on this machine."),
)
"""The commands of the program itself; a test compares their lines with what the commands say themselves."""


def extras(config: Path) -> dict[str, tuple[Listed, EntryPoint]]:
    """Return the commands of installed plugins that the configuration does not switch off; nothing is imported."""
    off = _switched_off(config)
    points = entry_points()
    plugins: dict[str, set[str]] = {}
    for group in _PLUGINS:
        for point in points.select(group=group):
            plugins.setdefault(_owner(point), set()).add(point.name)
    found: dict[str, tuple[Listed, EntryPoint]] = {}
    for point in sorted(points.select(group=GROUP), key=lambda one: (one.name, _owner(one))):
        if not plugins.get(_owner(point), set()) & off:
            listed = Listed(point.name, point.module, EXTRAS, _first_line(point.module))
            found.setdefault(point.name, (listed, point))
    return found


def command_of(listed: Listed) -> Any:
    """Import one of the program's own commands."""
    import typer

    return typer.main.get_group(import_module(f"tieout_app.cli.{listed.module}").commands).commands[listed.name]


def _owner(point: EntryPoint) -> str:
    return point.dist.name if point.dist else ""


def _switched_off(config: Path) -> set[str]:
    try:
        plugins = tomllib.loads(config.read_text(encoding="utf-8")).get("plugins", {})
    except (OSError, ValueError):  # what is wrong with the file is said by the command that needs it
        return set()
    return {name for name, on in plugins.items() if on is False} if isinstance(plugins, dict) else set()


def _first_line(module: str) -> str:
    """Read the first line of a module's docstring; neither it nor the package around it is imported."""
    package, _, rest = module.partition(".")
    for path in _files(package, rest):
        if path.is_file():
            words = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
            return words.partition("\n")[0]
    return ""


def _files(package: str, rest: str) -> Iterator[Path]:
    try:
        spec = find_spec(package)
    except (ImportError, ValueError):
        return
    if spec is None:
        return
    for folder in spec.submodule_search_locations or ():
        yield Path(folder, *rest.split(".")).with_suffix(".py")
    if spec.origin and not rest:
        yield Path(spec.origin)
