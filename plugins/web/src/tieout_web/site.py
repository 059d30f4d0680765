"""The site: one configuration as seen from a browser, with all that its pages share."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from tieout.desk import Refused

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
    """All that the pages of one configuration share. `pages` stand in the navigation in this order."""

    def __init__(self, config: Path, address: Address, pages: tuple[Page, ...]) -> None:
        self.config = config.absolute()
        self.address = address
        self.pages = pages
        self.access = Access(self.config.parent / FOLDER / "web.db")
        self.attempts = Attempts()
        self.consents = Consents()
        self.desks = Desks(self.config)
        self.runs = Runs(self.config)
        self.schedule = Schedule(self.desks, self.runs)
        self.trial = Trial(self.config, self.config.parent / FOLDER)
        self.closing = False
        self._templates = _templates()

    def render(self, visit: Visit | None, template: str, values: Mapping[str, Any]) -> str:
        """A template as text; without a visit it is a page for somebody who is not signed in."""
        given = {"visit": visit, "site": self, **values}
        return self._templates.get_template(template).render(given)

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


def _templates() -> Environment:
    environment = Environment(
        loader=PackageLoader("tieout_web"),
        autoescape=select_autoescape(default=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    for name in ("number", "count", "money", "rate", "span", "ago", "moment", "onpage"):
        environment.filters[name] = getattr(words, name)
    return environment
