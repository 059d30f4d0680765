"""Commands about a pair: its reference data and accounts, sync, status, run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.text import Text

from tieout_app.cli import screens
from tieout_app.cli.listing import SET_UP, WORK
from tieout_app.cli.options import Json, Pair, examples, opened, speaker, unless_stopped
from tieout_app.cli.plans import agreed_to
from tieout_app.cli.terminal import Terminal
from tieout_app.cli.words import count

if TYPE_CHECKING:
    from tieout.desk import Desk, PlanView

    from tieout_app.cli.progress import Told

commands = typer.Typer()


@commands.command(
    rich_help_panel=SET_UP, epilog=examples("tieout reference", "tieout reference --json | jq '.accounts[].code'")
)
def reference(ctx: typer.Context, pair: Pair = None, as_json: Json = False) -> None:
    """Sync from Xero: read its accounts, tax rates, currencies and lock dates afresh."""
    terminal = speaker(ctx)
    with opened(terminal) as (desk, _):
        found = desk.reference(desk.pair(pair))
    terminal.show(found, screens.reference(found))


@commands.command(
    rich_help_panel=SET_UP,
    epilog=examples("tieout accounts", "tieout accounts --set sales=200 --set purchase=300", "tieout accounts --json"),
)
def accounts(
    ctx: typer.Context,
    choices: Annotated[
        list[str] | None, typer.Option("--set", metavar="PURPOSE=CODE", help="Choose one account; may be repeated.")
    ] = None,
    pair: Pair = None,
    as_json: Json = False,
) -> None:
    """Choose the payment, inventory, sales and purchase account.

    Without --set it asks on a terminal, and otherwise shows what is chosen. What is chosen is written into the
    configuration, whose comments stay.
    """
    terminal = speaker(ctx)
    with opened(terminal) as (desk, told):
        name = desk.pair(pair)
        for choice in choices or ():
            slot, separator, code = choice.partition("=")
            if not (separator and slot and code):
                raise typer.BadParameter(f"{choice!r} is not PURPOSE=CODE, for example sales=200", param_hint="--set")
            desk.choose(name, slot, code)
        if not choices and terminal.interactive:
            with told.quiet():
                _choose(terminal, desk, name)
    with opened(terminal) as (desk, _):
        chosen = desk.accounts(name)
    terminal.show(chosen, screens.accounts(chosen))


@commands.command(
    rich_help_panel=WORK,
    epilog=examples("tieout sync", "tieout sync --yes", "tieout sync --pair main --json > run.json"),
)
def sync(
    ctx: typer.Context,
    yes: Annotated[bool, typer.Option("--yes", help="Go live without being asked.")] = False,
    pair: Pair = None,
    as_json: Json = False,
) -> None:
    """Plan and carry out the plan; asks before the first time that anything is sent.

    A sync that was cut off, in whatever way, goes on where it stopped when it is run again.
    """
    from tieout_app.runner import outcome

    terminal = speaker(ctx)
    with opened(terminal) as (desk, told):
        report = desk.sync(desk.pair(pair), lambda view: _approved(terminal, told, view, yes=yes))
    terminal.show(report, screens.run(report))
    unless_stopped(terminal)
    if held := sum(one.held for one in report.counts.values()):
        terminal.say("", f"{count(held, 'record')} held. Why, and what to do: {terminal.command('status')}")
    if report.state == "planned":
        onwards = f"apply {report.plan}" if report.message else "sync --yes"
        why = f"{report.message} To approve it by name" if report.message else "To go live"
        terminal.say("", f"[yellow]Nothing was sent.[/] {why}: {terminal.command(onwards)}")
    raise typer.Exit(outcome(report))


@commands.command(rich_help_panel=WORK, epilog=examples("tieout status", "tieout status --pair main --json"))
def status(ctx: typer.Context, pair: Pair = None, as_json: Json = False) -> None:
    """Show the connections, what is in sync and what needs attention; calls neither system."""
    terminal = speaker(ctx)
    with opened(terminal) as (desk, _):
        views = [desk.status(name) for name in ((desk.pair(pair),) if pair else desk.pairs)]
        connections = desk.connections()
    now = terminal.clock.now()
    terminal.show(
        {"connections": connections, "pairs": views},
        screens.connections(connections, now),
        *(screens.pair(view, now) for view in views),
    )
    for connection in connections:
        if connection.state in ("not connected", "reconnect needed"):
            terminal.say(f"[dim]To connect {connection.title}:[/] {terminal.command(f'connect {connection.name}')}")


@commands.command(
    rich_help_panel=WORK,
    epilog=examples("tieout run", "tieout run --once", "tieout --config /etc/tieout/plugins.toml run"),
)
def run(
    ctx: typer.Context,
    once: Annotated[bool, typer.Option("--once", help="Sync every pair one time, then end; for cron.")] = False,
) -> None:
    """Sync every pair at its `every`, until Ctrl-C or SIGTERM.

    One line for each run: words on a terminal, JSON elsewhere. A pair that is not live yet is planned and waits for
    `tieout sync`; a connection that is paused is waited for.
    """
    from tieout_app.runner import Runner

    terminal = speaker(ctx)
    with terminal.stoppable() as stop:
        runner = Runner(terminal.config, stop=stop, clock=terminal.clock)
        worst = runner.once() if once else runner.forever()
    unless_stopped(terminal)
    raise typer.Exit(worst)


def _approved(terminal: Terminal, told: Told, view: PlanView, *, yes: bool) -> bool:
    """Whether the plan may be carried out: never what was read only in part, and --yes overrules no objection."""
    agreed = yes and not view.objections
    if terminal.stop.is_set() or agreed or not terminal.interactive:
        return agreed and not terminal.stop.is_set()
    return agreed_to(terminal, told, view)


def _choose(terminal: Terminal, desk: Desk, name: str) -> None:
    choices: dict[str, Any] = desk.accounts(name)
    for slot, choice in choices.items():
        if not choice.candidates:
            terminal.say(Text(f"No account can be the {slot} account; create one in the books and run this again."))
            continue
        terminal.say("", screens.candidates(slot, choice))
        picked = terminal.pick(f"{slot.capitalize()} account", len(choice.candidates))
        if picked is not None:
            account = choice.candidates[picked]
            desk.choose(name, slot, account.code or account.id)
    terminal.say("", f"[dim]{count(len(choices), 'account')} looked at.[/]", "")
