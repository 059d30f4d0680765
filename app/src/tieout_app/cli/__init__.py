"""The command line: every command asks `tieout.desk` and shows what it says."""

from tieout_app.cli.app import main

__all__ = ["main"]
