"""What the launcher hands to a fake system and what it gets back."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from starlette.types import ASGIApp

from tieout_sandbox.clock import Clock


@dataclass(frozen=True, slots=True)
class Limits:
    """How many calls Xero allows: per minute, per day (of one organisation), and at once; and its high volume.

    `records` of one endpoint are the most of which every list can be read, paged and optimised or not.
    """

    minute: int = 60
    day: int = 5000
    concurrent: int = 5
    records: int = 100_000


@dataclass(frozen=True, slots=True)
class Options:
    """All that a fake system may depend on besides its clock.

    `origin` is where it is reached (`http://localhost:PORT`, no slash at the end). `firm` is a folder with one JSON
    array per Apptivo app, `organisation` a JSON file in Xero's wire shape; None means the one that ships. `state` is
    what `World.state()` gave at the end of an earlier run; when there is one it takes the place of the seed.
    """

    origin: str
    firm: Path | None = None
    organisation: Path | None = None
    limits: Limits = Limits()
    latency_ms: int = 0
    state: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Fake:
    """A fake system ready to be served: its application and its part of the line that the launcher prints.

    `credentials` is what `{"apptivo": ...}` or `{"xero": ...}` of that line holds, addresses included.
    """

    app: ASGIApp
    credentials: dict[str, Any]


Create = Callable[[Options, Clock], Fake]
"""The signature of `tieout_sandbox.apptivo.app.create` and `tieout_sandbox.xero.app.create`.

Raises `MalformedFile` when the firm or the organisation cannot be used.
"""
