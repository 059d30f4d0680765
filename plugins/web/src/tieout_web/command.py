"""Open the page in a browser: settings, sync, what needs attention, and the proof. Ctrl-C ends it."""

from __future__ import annotations

import getpass
import sys
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

import typer

HELP = """Open the page in a browser: settings, sync, what needs attention, and the proof. Ctrl-C ends it.

It prints a link that signs you in once. The page, its JSON API and the schedule run in this one process.

Examples:

  tieout serve

  tieout serve --set-password ana --role administrator

  tieout serve --host 0.0.0.0 --address https://tieout.example.com

  tieout serve --token reports --role viewer
"""


def serve(
    ctx: typer.Context,
    *,
    host: Annotated[
        str, typer.Option(help="The network address to listen at; this machine alone if not named.")
    ] = "127.0.0.1",
    port: Annotated[
        int,
        typer.Option(help="The port, also of the redirect address http://localhost:PORT/callback.", min=1, max=65535),
    ] = 8713,
    address: Annotated[
        str | None, typer.Option(metavar="URL", help="Where browsers reach it, for example behind a proxy with TLS.")
    ] = None,
    set_password: Annotated[
        str | None, typer.Option("--set-password", metavar="NAME", help="Let this person in with a password, and end.")
    ] = None,
    token: Annotated[
        str | None, typer.Option("--token", metavar="NAME", help="Make a token for a program of this name, and end.")
    ] = None,
    role: Annotated[str, typer.Option(help="What they may do: viewer, resolver or administrator.")] = "administrator",
) -> None:
    """Run the page until it is told to end."""
    from tieout_web.access import ROLES, SHORTEST, Access, Person
    from tieout_web.serving import run
    from tieout_web.site import FOLDER, Address

    config = Path(ctx.find_root().params.get("config") or "plugins.toml")
    chosen = next((one for one in ROLES if one == role), None)
    if chosen is None:
        raise typer.BadParameter(f"the roles are {', '.join(ROLES)}", param_hint="--role")
    if set_password or token:
        access = Access(config.absolute().parent / FOLDER / "web.db")
        if token:
            typer.echo(access.token(Person(token, chosen)))
        if set_password:
            password = _typed(set_password)
            if len(password) < SHORTEST:
                raise typer.BadParameter(f"a password has at least {SHORTEST} characters", param_hint="--set-password")
            access.set_password(set_password, chosen, password)
            typer.echo(f"{set_password} may come in as {chosen}.")
        access.close()
        return
    public = (address or f"http://localhost:{port}").rstrip("/")
    if urlsplit(public).scheme not in ("http", "https") or not urlsplit(public).netloc or urlsplit(public).path:
        raise typer.BadParameter("write it as https://HOST, without a path", param_hint="--address")
    run(config, Address(public), host, port)


def _typed(name: str) -> str:
    """A password from the terminal, unseen; from a pipe, its first line."""
    if sys.stdin.isatty():
        return getpass.getpass(f"Password for {name}: ")
    return sys.stdin.readline().rstrip("\n")
