"""The demo: the whole of Tieout against a sandbox on this machine, from consent to proof."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import RenderableType
from rich.markup import escape
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from tieout_app.cli import consent, proof, screens
from tieout_app.cli.listing import TRY
from tieout_app.cli.options import Json, examples, speaker
from tieout_app.cli.progress import Told
from tieout_app.cli.terminal import STOPPED, Terminal
from tieout_app.cli.words import count, span

if TYPE_CHECKING:
    from tieout.desk import Desk, PlanView, RunReport, TieOut

commands = typer.Typer()

FOLDER = Path(".tieout") / "demo"
"""Where the demo leaves its configuration, its ledger and its secrets; each demo begins afresh."""


@commands.command(
    rich_help_panel=TRY, epilog=examples("tieout demo", "tieout demo --keep", "tieout demo --browser --speed 20")
)
def demo(
    ctx: typer.Context,
    browser: Annotated[bool, typer.Option("--browser", help="Give the consent yourself, in your browser.")] = False,
    speed: Annotated[int, typer.Option(help="How many times faster Xero's limits run.", min=1)] = 60,
    keep: Annotated[bool, typer.Option("--keep", help="Leave the sandbox up until Ctrl-C, to try things.")] = False,
    as_json: Json = False,
) -> None:
    """Watch a firm go from Apptivo into Xero, both of them stand-ins on this machine.

    It connects, imports the accounts, plans, syncs, syncs again with nothing to do, and ties both sides out.
    """
    from tieout import desk

    terminal = speaker(ctx)
    template = Path("plugins.toml").read_text(encoding="utf-8") if Path("plugins.toml").is_file() else desk.starter()
    visit = consent.in_browser(terminal) if browser else consent.by_program
    with desk.sandbox({"speed": Decimal(speed)}) as sandbox:
        config = write(FOLDER, template, sandbox, speed)
        with terminal.stoppable() as stop:
            found = _Demo(terminal, config, stop).play(visit)
        terminal.show(found, *_ending(config, found, sandbox if keep else None))
        if keep:
            with terminal.stoppable("The sandbox ends.") as stop:
                stop.wait()
    raise typer.Exit(0 if found.right else 3)


def write(folder: Path, template: str, sandbox: Any, speed: int) -> Path:
    """Write the demo's configuration: `template` with the sandbox's addresses, its limits and, beside it, its secrets.

    Raises `Refused` when the template does not connect one Apptivo to one Xero.
    """
    from tieout import desk

    made = desk.sample(template, sandbox, speed)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    config = folder / "plugins.toml"
    made.write(config)
    return config


@dataclass(frozen=True, slots=True)
class Played:
    """What the demo saw: both runs and the proof."""

    first: RunReport
    second: RunReport
    proof: TieOut

    @property
    def right(self) -> bool:
        """Whether all was as it should be: synced, then nothing to write, and tied out."""
        done = self.first.state == self.second.state == "done"
        return done and sum(one.writes for one in self.second.calls) == 0 and self.proof.ties


class _Demo:
    """The demo's way from step to step, each told before it is done."""

    def __init__(self, terminal: Terminal, config: Path, stop: threading.Event) -> None:
        self._terminal = terminal
        self._config = config
        self._stop = stop
        self._told = Told(terminal)
        self._step = 0

    def play(self, visit: Callable[[str], None]) -> Played:
        """Do every step, once. Ends with exit code 130 where a person stops it."""
        with self._open() as desk:
            self._connect(desk, visit)
            self._choose(desk, desk.pair(None))
        with self._open() as desk:
            name = desk.pair(None)
            self._say(screens.accounts(desk.accounts(name)))
            first = self._sync(desk, name)
            second = self._again(desk, name)
            self._heading("Reconcile: both sides read afresh and tied out, to the cent")
            with self._told:
                found = desk.reconcile(name)
            self._unless_stopped()
            self._say(proof.tie_out(found, self._terminal.clock.now()))
        return Played(first, second, found)

    @contextmanager
    def _open(self) -> Iterator[Desk]:
        from tieout import desk

        with desk.Desk.open(self._config, observer=self._told.observe, stop=self._stop) as opened:
            yield opened

    def _connect(self, desk: Desk, visit: Callable[[str], None]) -> None:
        self._heading("Connect: Apptivo by its keys, Xero by OAuth 2 and consent")
        for view in desk.connections():
            if view.needs_consent:
                tenant = consent.give(desk, view.name, 0, visit)[0]
                desk.pin(view.name, tenant)
            else:
                tenant = desk.connect(view.name)
            how = "by consent" if view.needs_consent else "by its keys"
            self._say(f"{escape(view.title)} is connected {how} and reaches [bold]{escape(tenant.name)}[/].")

    def _choose(self, desk: Desk, name: str) -> None:
        self._heading("Sync from Xero: its accounts, tax rates and currencies; then choose the four accounts")
        self._say(", ".join(f"{len(rows)} {kind}" for kind, rows in desk.reference(name).items()) + " read.")
        for slot, choice in desk.accounts(name).items():
            legal = [account.code or account.id for account in choice.candidates]
            if legal and (choice.chosen or not choice.usual):
                desk.choose(name, slot, choice.chosen if choice.chosen in legal else legal[0])

    def _sync(self, desk: Desk, name: str) -> RunReport:
        self._heading("Plan, go live, sync: every app that is on")

        def approve(view: PlanView) -> bool:
            with self._told.quiet():
                self._say(screens.plan(view, self._terminal.clock.now()), Text(""))
                self._say(f"[bold]{escape(view.question())}[/] The demo says yes.")
            return not self._stop.is_set()

        with self._told:
            report = desk.sync(name, approve)
        self._unless_stopped()
        self._say(screens.run(report), Text(f"{_lasted(report)}.", style="dim"), screens.holds(report.holds))
        return report

    def _again(self, desk: Desk, name: str) -> RunReport:
        self._heading("Sync again: nothing has changed, so nothing is written")
        with self._told:
            report = desk.sync(name, lambda view: False)
        self._unless_stopped()
        changes = sum(one.planned for one in report.counts.values())
        self._say(
            f"{count(changes, 'change')} to make.", Text(f"{screens.calls(report)} {_lasted(report)}.", style="dim")
        )
        return report

    def _heading(self, words: str) -> None:
        self._unless_stopped()
        self._step += 1
        self._say(Text(""), Rule(f"[bold]{self._step}. {words}[/]", align="left", style="dim"))

    def _say(self, *parts: Any) -> None:
        """The demo's answer are its steps; a program that asked for one document gets them on standard error."""
        console = self._terminal.err if self._terminal.structured else self._terminal.out
        for part in parts:
            console.print(part)

    def _unless_stopped(self) -> None:
        if self._terminal.stop.is_set():
            again = f"tieout --config {self._config} status"
            self._terminal.say("", f"[yellow]Stopped.[/] What was done is kept: {again}")
            raise typer.Exit(STOPPED)


def _ending(config: Path, found: Played, sandbox: Any) -> Iterator[RenderableType]:
    """How it ended, and what to try next; `sandbox` where it stays up."""
    yield Text("")
    if found.right:
        yield Text(
            "The demo ended as it should: synced, then nothing to write, and tied out to the cent.", "bold green"
        )
    else:
        yield Text("The demo did not end as it should: see what is red above.", "bold red")
    yield screens.heading("What to try next")
    steps = Table.grid(padding=(0, 3))
    steps.add_row(f"  tieout --config {config} status", "what is in sync and what needs attention")
    if sandbox is not None:
        steps.add_row(f"  tieout --config {config} sync", "sync again, from another terminal")
        steps.add_row(f"  tieout --config {config} reconcile", "the proof again, after you changed something")
    else:
        steps.add_row("  tieout demo --keep", "the same, and the sandbox stays up")
    steps.add_row(f"  {config}", "the configuration that it ran, with comments")
    steps.add_row("  tieout init", "begin with your own firm")
    yield steps
    if sandbox is not None:
        yield Text(f"\nApptivo is at {sandbox.apptivo['base-url']}, Xero at {sandbox.xero['api-url']}.")
        yield Text("The sandbox stays up until you press Ctrl-C.", "bold")


def _lasted(report: RunReport) -> str:
    return f"It took {span(report.ended - report.started)}"
