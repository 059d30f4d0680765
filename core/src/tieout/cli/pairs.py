"""Commands about a pair: its reference data and accounts, plan, sync, status, reconcile, run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.text import Text

from tieout.cli import screens
from tieout.cli.options import SET_UP, WORK, Json, Pair, examples, opened, speaker
from tieout.cli.terminal import STOPPED, Terminal
from tieout.cli.words import count

if TYPE_CHECKING:
    from tieout.cli.progress import Told
    from tieout.desk import Desk, PlanView

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


@commands.command(rich_help_panel=WORK, epilog=examples("tieout plan", "tieout plan --json | jq .operations"))
def plan(ctx: typer.Context, pair: Pair = None, as_json: Json = False) -> None:
    """Read both sides and store what a sync would do; nothing is written to either side."""
    terminal = speaker(ctx)
    with opened(terminal) as (desk, _):
        view = desk.plan(desk.pair(pair))
    terminal.show(view, screens.plan(view, terminal.clock.now()))
    _unless_stopped(terminal)
    terminal.say("", f"[dim]To carry it out:[/] {terminal.command('sync')}")


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
    from tieout.runner import outcome

    terminal = speaker(ctx)
    with opened(terminal) as (desk, told):
        report = desk.sync(desk.pair(pair), lambda view: _approved(terminal, told, view, yes=yes))
    terminal.show(report, screens.run(report))
    _unless_stopped(terminal)
    if held := sum(one.held for one in report.counts.values()):
        terminal.say("", f"{count(held, 'record')} held. Why, and what to do: {terminal.command('status')}")
    if report.state == "planned":
        terminal.say("", f"[yellow]Nothing was sent.[/] To go live: {terminal.command('sync --yes')}")
    raise typer.Exit(outcome(report))


@commands.command(rich_help_panel=WORK, epilog=examples("tieout plan", "tieout apply 12", "tieout apply 12 --json"))
def apply(
    ctx: typer.Context,
    plan: Annotated[int, typer.Argument(help="The number of the plan, as `tieout plan` told it.", show_default=False)],
    pair: Pair = None,
    as_json: Json = False,
) -> None:
    """Carry out a stored plan exactly as it was shown; what moved since is left for the next one."""
    from tieout.runner import outcome

    terminal = speaker(ctx)
    with opened(terminal) as (desk, _):
        report = desk.apply(desk.pair(pair), plan)
    terminal.show(report, screens.run(report))
    _unless_stopped(terminal)
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
        if connection.state == "not connected":
            terminal.say(f"[dim]To connect {connection.title}:[/] {terminal.command(f'connect {connection.name}')}")


@commands.command(
    rich_help_panel=WORK,
    epilog=examples(
        "tieout reconcile", "tieout reconcile --json | jq '.differences[] | select(.state == \"missing\")'"
    ),
)
def reconcile(ctx: typer.Context, pair: Pair = None, as_json: Json = False) -> None:
    """Read both sides afresh and tie them out, record by record and to the cent.

    Exit code 3 says that they do not tie; the records concerned are named.
    """
    terminal = speaker(ctx)
    with opened(terminal) as (desk, _):
        name = desk.pair(pair)
        proof, view = desk.reconcile(name), desk.status(name)
    terminal.show(proof, screens.tie_out(proof, view, terminal.clock.now()))
    _unless_stopped(terminal)
    raise typer.Exit(0 if proof.ties else 3)


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
    from tieout.runner import Runner

    terminal = speaker(ctx)
    with terminal.stoppable() as stop:
        runner = Runner(terminal.config, stop=stop, clock=terminal.clock)
        worst = runner.once() if once else runner.forever()
    _unless_stopped(terminal)
    raise typer.Exit(worst)


def _unless_stopped(terminal: Terminal) -> None:
    if terminal.stop.is_set():
        terminal.say_stopped()
        raise typer.Exit(STOPPED)


def _approved(terminal: Terminal, told: Told, view: PlanView, *, yes: bool) -> bool:
    """Whether the first go-live may be; what was read only in part is never sent."""
    if terminal.stop.is_set() or yes or not terminal.interactive:
        return yes and not terminal.stop.is_set()
    with told.quiet():
        terminal.say(screens.plan(view, terminal.clock.now()), "")
        terminal.say("[dim]This is the first time that anything is sent between these two.[/]")
        return terminal.ask(view.question())


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
