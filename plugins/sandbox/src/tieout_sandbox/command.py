"""Start a fake Apptivo and a fake Xero on this machine, for trying out and for tests."""

import signal
import sys
from dataclasses import fields
from decimal import Decimal
from pathlib import Path
from types import FrameType
from typing import Annotated, NoReturn

import typer

from tieout_sandbox.fake import Limits
from tieout_sandbox.launch import LaunchError, LaunchOptions, start
from tieout_sandbox.writeconfig import write_config

HELP = """Start a fake Apptivo and a fake Xero on this machine, for trying out and for tests.

When both are ready it prints one line of JSON with their addresses and credentials; it ends on Ctrl-C or SIGTERM.

Examples:

  tieout sandbox

  tieout sandbox --speed 20 --write-config try/plugins.toml

  tieout sandbox --firm services

  tieout sandbox --firm my-firm/ --organisation my-books.json --apptivo-port 8101 --xero-port 8102

  tieout sandbox --limits minute=30,day=1000 --latency 150 --state sandbox.json
"""


def sandbox(
    *,
    apptivo_port: Annotated[
        int, typer.Option(help="Port of the fake Apptivo; 0 is any free one.", min=0, max=65535)
    ] = 0,
    xero_port: Annotated[int, typer.Option(help="Port of the fake Xero; 0 is any free one.", min=0, max=65535)] = 0,
    firm: Annotated[
        str | None,
        typer.Option(
            metavar="NAME|FOLDER",
            help="A firm that ships (default, services, multicurrency), or a folder with a firm.toml and "
            "one JSON array per Apptivo app (customers.json, invoices.json, ...).",
        ),
    ] = None,
    organisation: Annotated[
        Path | None, typer.Option(help="JSON file with accounts, tax rates and records in Xero's wire shape.")
    ] = None,
    limits: Annotated[
        str, typer.Option(help="Xero's limits: calls a minute, calls a day, calls at once.")
    ] = "minute=60,day=5000,concurrent=5",
    speed: Annotated[str, typer.Option(help="How many times faster limit windows run (not tokens and codes).")] = "1",
    latency: Annotated[int, typer.Option(help="Milliseconds that every call takes longer.", min=0)] = 0,
    state: Annotated[
        Path | None, typer.Option(help="Start with the records of this file if it exists; keep them there at the end.")
    ] = None,
    write_config: Annotated[
        Path | None, typer.Option(help="Write a plugins.toml that reaches this sandbox, and its secrets beside it.")
    ] = None,
) -> None:
    """Run the sandbox until it is told to end."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _leave)
    try:
        options = LaunchOptions(
            apptivo_port=apptivo_port,
            xero_port=xero_port,
            firm=firm,
            organisation=organisation,
            limits=parsed_limits(limits),
            speed=parsed_speed(speed),
            latency_ms=latency,
            state=state,
        )
        _run(options, write_config)
    except LaunchError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(2) from error


def parsed_limits(text: str) -> Limits:
    """Read `minute=60,day=5000,concurrent=5`; what is not named keeps its usual value.

    Raises `LaunchError` when it is not of that form.
    """
    known = [each.name for each in fields(Limits)]
    given: dict[str, int] = {}
    for part in filter(None, text.split(",")):
        name, _, value = part.strip().partition("=")
        if name not in known or not value.isdigit() or int(value) < 1:
            raise LaunchError(
                f"{part!r} is no limit. Write --limits as {'=N,'.join(known)}=N with whole numbers from 1."
            )
        given[name] = int(value)
    return Limits(**given)


def parsed_speed(text: str) -> Decimal:
    """Read how many times faster the windows run. Raises `LaunchError` when it is no whole number from 1."""
    if not text.isdecimal() or not int(text):
        raise LaunchError(f"{text!r} is no speed. Write --speed as a whole number from 1, such as 20.")
    return Decimal(text)


def _run(options: LaunchOptions, config: Path | None) -> None:
    with start(options) as running:
        if config is not None:
            write_config(running, config)
        sys.stdout.write(running.line() + "\n")
        sys.stdout.flush()
        running.wait()


def _leave(number: int, frame: FrameType | None) -> NoReturn:
    """End in order, once: what is running is stopped and its state kept on the way out."""
    for each in (signal.SIGTERM, signal.SIGINT):
        signal.signal(each, signal.SIG_IGN)
    sys.exit(0)
