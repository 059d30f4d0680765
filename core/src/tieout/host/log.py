"""The log: lines of JSON on standard error, without secrets."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Mapping, MutableMapping
from typing import Any

import structlog

from tieout.api.secret import redact

LEVEL = "TIEOUT_LOG"
"""The environment variable that says from which level on lines are written; `warning` if it is not set."""

_SECRET_KEY = re.compile(r"token|secret|password|authorization|(^|[-_])key$", re.IGNORECASE)
_HIDDEN = "[secret]"
_LEVELS = ("debug", "info", "warning", "error", "critical")


def logger() -> Any:
    """A logger that takes every secret out of what it is given; it leaves structlog's own settings alone."""
    level = os.environ.get(LEVEL, "warning").lower()
    return structlog.wrap_logger(
        structlog.WriteLogger(sys.stderr),
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.dict_tracebacks,
            _redacted,
            structlog.processors.JSONRenderer(default=str),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level if level in _LEVELS else "warning"),
    )


def cleaned(key: str, value: Any) -> Any:
    """A value without secrets: those known to this process, and whatever stands under a key that names one."""
    if isinstance(value, Mapping):
        return {str(name): cleaned(str(name), inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [cleaned(key, inner) for inner in value]
    if isinstance(value, str):
        return _HIDDEN if value and _SECRET_KEY.search(key) else redact(value)
    return value


def _redacted(_: object, method: str, entry: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    return {key: cleaned(key, value) for key, value in entry.items()}
