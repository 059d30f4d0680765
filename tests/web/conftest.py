"""The page over a real configuration, whose systems are stand-ins on this machine, and clients that are signed in."""

import re
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient
from tieout import desk
from tieout_sandbox.writeconfig import write_config
from tieout_web.access import Person, Role
from tieout_web.app import app
from tieout_web.pages import PAGES
from tieout_web.site import Address, Site

ADDRESS = Address("http://localhost:8713")


class Browser(TestClient):
    """A client that is signed in and sends forms with the token of its session."""

    csrf = ""

    def fill(self, path: str, **fields: Any) -> Any:
        """Send a form, and follow where it leads."""
        return self.post(path, data={"csrf": self.csrf, **fields})


@pytest.fixture(scope="session")
def systems() -> Iterator[Any]:
    """A sandbox for the whole session: one firm and its empty books."""
    with desk.sandbox({"speed": Decimal(600)}) as sandbox:
        yield sandbox


@pytest.fixture
def config(systems: Any, tmp_path: Path) -> Path:
    """A configuration that reaches the sandbox without a person, with both sides connected."""
    path = tmp_path / "plugins.toml"
    write_config(systems, path)
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace('every = "15m"\n', ""), encoding="utf-8")  # nothing starts by itself
    with desk.Desk.open(path) as opened:
        for name in opened.connection_names:
            opened.connect(name)
    return path


@pytest.fixture
def site(config: Path) -> Site:
    return Site(config, ADDRESS, PAGES)


@pytest.fixture
def client(site: Site) -> Iterator[TestClient]:
    """Nobody yet."""
    with TestClient(app(site), base_url=ADDRESS.url) as opened:
        yield opened


@pytest.fixture
def sign_in(client: TestClient, site: Site) -> Callable[[str, Role], Browser]:
    """Signs somebody in with a one-time link."""

    def signed_in(name: str, role: Role) -> Browser:
        browser = Browser(app(site), base_url=ADDRESS.url)
        key = site.access.link(Person(name, role))
        page = browser.get(f"/login?key={key}", follow_redirects=False)
        assert page.status_code == 303
        session = site.access.session(browser.cookies["tieout-session"])
        assert session is not None
        browser.csrf = session.csrf
        return browser

    return signed_in


@pytest.fixture
def ana(sign_in: Callable[[str, Role], Browser]) -> Browser:
    """An administrator."""
    return sign_in("ana", "administrator")


@pytest.fixture
def vic(sign_in: Callable[[str, Role], Browser]) -> Browser:
    """A viewer."""
    return sign_in("vic", "viewer")


def words(answer: Any) -> str:
    """What a page says, without its mark-up."""
    return " ".join(re.sub(r"<[^>]+>", " ", answer.text).split())
