"""`python -m tieout_sandbox`: the command `tieout sandbox` without Tieout."""

import typer

from tieout_sandbox.command import HELP, sandbox

if __name__ == "__main__":
    cli = typer.Typer(add_completion=False)
    cli.command(help=HELP)(sandbox)
    cli()
