"""A fake Apptivo and a fake Xero that behave like the real ones, as processes of their own or as functions."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from tieout import hookimpl

if TYPE_CHECKING:
    from tieout_sandbox.launch import Sandbox


@hookimpl
def sandbox(options: Mapping[str, Any]) -> "Sandbox":
    """Start a sandbox; `options` are the fields of `tieout_sandbox.launch.LaunchOptions`.

    Raises `LaunchError` when it cannot be started.
    """
    from tieout_sandbox.launch import LaunchOptions, start

    return start(LaunchOptions(**options))
