"""The settings page of Tieout: everything a bookkeeper does, in a browser, and the same as a JSON API."""

from typing import TYPE_CHECKING

from tieout.api.hooks import hookimpl

if TYPE_CHECKING:
    import typer


@hookimpl
def commands(cli: "typer.Typer") -> None:
    """Add `tieout serve`."""
    from tieout_web.command import add_to

    add_to(cli)
