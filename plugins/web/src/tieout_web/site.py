"""The site: one configuration as seen from a browser, with all that its pages share."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from jinja2 import Environment, PackageLoader, StrictUndefined, pass_context, select_autoescape
from jinja2.runtime import Context
from markupsafe import Markup
from tieout.desk import Refused, Runtime

from tieout_web import words
from tieout_web.access import Access, Attempts
from tieout_web.consents import Consents
from tieout_web.desks import Desks
from tieout_web.page import Page, Visit
from tieout_web.runs import Runs
from tieout_web.schedule import Schedule
from tieout_web.trial import Trial

FOLDER = ".tieout"
"""Where, beside the configuration, the page keeps who may come in."""


@dataclass(frozen=True, slots=True)
class Address:
    """Where people reach the page: `http://localhost:8713`, or what stands before it."""

    url: str

    @property
    def host(self) -> str:
        """Host and port, as a browser sends them."""
        return urlsplit(self.url).netloc

    @property
    def encrypted(self) -> bool:
        """Whether browsers reach it by TLS."""
        return urlsplit(self.url).scheme == "https"


class Site:
    """All that the pages of one configuration share. `pages` stand in the navigation in this order.

    It runs on the real machine unless `runtime` is another one.
    """

    def __init__(self, config: Path, address: Address, pages: tuple[Page, ...], runtime: Runtime | None = None) -> None:
        self.config = config.absolute()
        self.address = address
        self.pages = pages
        self.runtime = runtime = runtime or Runtime()
        self.access = Access(self.config.parent / FOLDER / "web.db", runtime)
        self.attempts = Attempts(runtime)
        self.consents = Consents(runtime)
        self.desks = Desks(self.config, runtime)
        self.runs = Runs(self.config, runtime)
        self.schedule = Schedule(self.desks, self.runs, runtime)
        self.trial = Trial(self.config, self.config.parent / FOLDER)
        self.closing = False

    @property
    def now(self) -> datetime:
        """The time, aware and in UTC."""
        return self.runtime.clock.now()

    def render(self, visit: Visit | None, template: str, values: Mapping[str, Any]) -> str:
        """A template as text; without a visit it is a page for somebody who is not signed in."""
        given = {"visit": visit, "site": self, **values}
        return _templates().get_template(template).render(given)

    def open(self) -> None:
        """Begin what runs beside the pages."""
        with suppress(Refused):  # stand-ins that do not come up are systems that are down: the pages say so
            self.trial.resume()
        self.schedule.start()

    def close(self) -> None:
        """Stop what is under way, in order, and give everything back."""
        self.closing = True
        self.schedule.close()
        self.runs.close()
        self.desks.close()
        self.trial.close()
        self.access.close()


@cache
def _templates() -> Environment:
    """The templates, each compiled once; whose site they are rendered for stands in what they are given."""
    environment = Environment(
        loader=PackageLoader("tieout_web"),
        autoescape=select_autoescape(default=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    for name in ("number", "count", "money", "rate", "span", "moment", "onpage"):
        environment.filters[name] = getattr(words, name)
    environment.filters["ago"] = _ago
    return environment


@pass_context
def _ago(context: Context, at: datetime | None) -> Markup:
    now: datetime = context["site"].now
    return words.ago(at, now)
