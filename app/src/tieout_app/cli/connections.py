"""Commands about a connection: connect, check and disconnect."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape
from tieout.api.errors import ReauthNeeded, Refused

from tieout_app.cli import consent, screens
from tieout_app.cli.listing import SET_UP
from tieout_app.cli.options import Json, examples, opened, speaker
from tieout_app.cli.terminal import Terminal

if TYPE_CHECKING:
    from collections.abc import Callable

    from tieout.desk import ConnectionView, Desk, Tenant

    from tieout_app.cli.progress import Told

commands = typer.Typer()

Name = Annotated[str, typer.Argument(metavar="NAME", help="The connection's name in plugins.toml, for example books.")]


@commands.command(
    rich_help_panel=SET_UP,
    epilog=examples("tieout connect crm", "tieout connect books", "tieout connect books --no-browser --port 8713"),
)
def connect(
    ctx: typer.Context,
    name: Name,
    *,
    browser: Annotated[bool, typer.Option(help="Open the consent page in the browser of this machine.")] = True,
    port: Annotated[
        int, typer.Option(help="Port of the redirect address http://localhost:PORT/callback.", min=0, max=65535)
    ] = consent.PORT,
    tenant: Annotated[
        str | None, typer.Option("--tenant", metavar="ID", help="Which organisation, where the consent opens several.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Connect to a system: by its keys, or by a person's consent in the browser.

    A consent that still holds is checked, and nothing is asked. Another organisation than before is refused.
    """
    terminal = speaker(ctx)
    visit = consent.in_browser(terminal) if browser else consent.by_hand(terminal)

    def chosen(desk: Desk, told: Told) -> Tenant:
        with told.quiet():
            found = _one(terminal, name, consent.give(desk, name, port, visit), tenant)
        desk.pin(name, found)
        return found

    with opened(terminal) as (desk, told):
        reached = _reached(desk, name, lambda: chosen(desk, told))
        view = _view(desk, name)
    terminal.show(view, f"[green]Connected to {escape(reached.name)}.[/]", "")
    if not terminal.structured:
        terminal.out.print(screens.connections([view], terminal.clock.now()))


@commands.command(rich_help_panel=SET_UP, epilog=examples("tieout check", "tieout check books"))
def check(
    ctx: typer.Context,
    name: Annotated[
        str | None, typer.Argument(metavar="NAME", help="One connection; all of them if not named.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Prove that connections still reach what they are connected to; nothing is read or written there.

    A consent is renewed by it where that is due, and what was refused before counts as put right when it is reached.
    """
    terminal = speaker(ctx)
    with opened(terminal) as (desk, _):
        names = [name] if name is not None else [view.name for view in desk.connections() if view.tenant]
        views = [desk.check(one) for one in names]
    terminal.show(views, screens.connections(views, terminal.clock.now()))


@commands.command(rich_help_panel=SET_UP, epilog=examples("tieout disconnect books"))
def disconnect(ctx: typer.Context, name: Name, as_json: Json = False) -> None:
    """End a connection and forget its tokens; links, mappings and history are kept."""
    terminal = speaker(ctx)
    with opened(terminal) as (desk, _):
        desk.disconnect(name)
        view = _view(desk, name)
    words = f"{escape(name)} is disconnected. Links and mappings are kept: {terminal.command(f'connect {name}')}"
    terminal.show(view, words)


def _reached(desk: Desk, name: str, by_person: Callable[[], Tenant]) -> Tenant:
    """The organisation that is connected, without a person where that is possible."""
    if not any(view.name == name and view.needs_consent for view in desk.connections()):
        try:
            return desk.connect(name)
        except ReauthNeeded:
            if not _view(desk, name).needs_consent:
                raise
    return by_person()


def _view(desk: Desk, name: str) -> ConnectionView:
    return next(view for view in desk.connections() if view.name == name)


def _one(terminal: Terminal, name: str, tenants: Sequence[Tenant], wanted: str | None) -> Tenant:
    """The organisation to be pinned. Raises `Refused` when nobody says which."""
    found = [tenant for tenant in tenants if wanted in (None, tenant.id)]
    if len(found) == 1:
        return found[0]
    if found and terminal.interactive:
        for place, tenant in enumerate(found, start=1):
            terminal.say(f"{place:>3}  {escape(tenant.name)}")
        picked = terminal.pick("Which organisation", len(found))
        if picked is not None:
            return found[picked]
    listed = "; ".join(f"{tenant.name} ({tenant.id})" for tenant in tenants) or "none"
    raise Refused(
        f"which organisation {name} is to reach is not decided",
        why=f"The consent opened: {listed}.",
        fix=f"Run `{terminal.command(f'connect {name} --tenant ID')}` with one of these ids.",
    )
