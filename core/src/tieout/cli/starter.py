"""The first configuration: what `tieout init` writes and what the demo runs."""

from __future__ import annotations

from importlib.resources import files


def text() -> str:
    """A commented `plugins.toml` for one Apptivo firm and one Xero organisation."""
    return files("tieout.cli").joinpath("starter.toml").read_text(encoding="utf-8")
