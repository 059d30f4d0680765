"""Tieout keeps the records of a business system and the books of an accounting system in agreement, and proves it.

A plugin needs nothing but the names of this package: those of `tieout.api`, imported when one of them is used.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from tieout.api import *  # noqa: F403


def __getattr__(name: str) -> Any:
    """Import `tieout.api` once one of its names is asked for."""
    api = import_module("tieout.api")
    if name not in api.__all__:
        raise AttributeError(f"module 'tieout' has no attribute {name!r}")
    return getattr(api, name)
