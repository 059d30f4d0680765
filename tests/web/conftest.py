"""The page over a small firm and its books, both of them functions in this process, and clients that are signed in.

Nothing takes longer than it has to: the clock is the test's own, and what many tests begin with is made once and
copied for each of them.
"""

import re
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any, Generic, TypeVar

import pytest
from argon2 import PasswordHasher
from sandboxed import Functions, copied, small
from starlette.applications import Starlette
from starlette.testclient import TestClient
from tieout.api.runtime import Runtime
from tieout.api.threads import Mailbox, Threads
from tieout.testing import FakeClock
from tieout_sandbox.clock import Clock
from tieout_sandbox.inprocess import InProcess
from tieout_sandbox.writeconfig import write_config
from tieout_web.access import Person, Role
from tieout_web.app import app
from tieout_web.pages import PAGES
from tieout_web.runs import Run
from tieout_web.site import Address, Site

T = TypeVar("T")
ADDRESS = Address("http://localhost:8713")
START = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
PATIENCE = 60.0
"""Real seconds that a run may take at most; nothing waits for their end."""
STAGES = ("live", "planned", "read")
"""How far a pair has come, the furthest first: fixtures of these names say where their test begins."""


class Browser(TestClient):
    """A client that is signed in and sends forms with the token of its session."""

    csrf = ""

    def fill(self, path: str, **fields: Any) -> Any:
        """Send a form, and follow where it leads."""
        return self.post(path, data={"csrf": self.csrf, **fields})


class Opened:
    """A site, and the browsers of those who come to it."""

    def __init__(self, config: Path, runtime: Runtime | None = None) -> None:
        self.config = config
        self.site = Site(config, ADDRESS, PAGES, runtime)
        self.app: Starlette = app(self.site)

    def client(self) -> TestClient:
        """Somebody who is not signed in; the site is open for as long as the block of the first one lasts."""
        return TestClient(self.app, base_url=ADDRESS.url)

    def sign_in(self, name: str, role: Role = "administrator", **options: Any) -> Browser:
        """Sign somebody in with a one-time link."""
        browser = Browser(self.app, base_url=ADDRESS.url, **options)
        key = self.site.access.link(Person(name, role))
        page = browser.get(f"/login?key={key}", follow_redirects=False)
        assert page.status_code == 303
        session = self.site.access.session(browser.cookies["tieout-session"])
        assert session is not None
        browser.csrf = session.csrf
        return browser


class Gate:
    """Holds a run at a moment, such as before a call, from when a test says at which until it lets the run go on."""

    def __init__(self) -> None:
        self.moment = ""
        self._reached = threading.Event()
        self._open = threading.Event()

    def __call__(self, moment: str) -> None:
        if moment == self.moment:
            self._reached.set()
            assert self._open.wait(PATIENCE)

    def reached(self) -> None:
        """Wait until a run has come there."""
        assert self._reached.wait(PATIENCE)

    def open(self) -> None:
        """Let it go on, and hold it no more."""
        self.moment = ""
        self._open.set()


class AtOnce(Threads):
    """Threads of which none tells events: a run has told what it did as soon as it has done it."""

    def mailbox(self, name: str, deliver: Callable[[T], None], capacity: int) -> Mailbox[T]:
        """Deliver in the thread that posts."""
        return _AtOnce(deliver)


class _AtOnce(Generic[T]):
    def __init__(self, deliver: Callable[[T], None]) -> None:
        self._deliver = deliver

    def post(self, item: T) -> bool:
        self._deliver(item)
        return True

    def close(self, patience: float) -> None:
        pass


def ending(site: Site) -> Run:
    """The run under way, once it has ended."""
    run = site.runs.of("main")
    assert run is not None
    assert run.wait(PATIENCE), "the run did not end"
    return run


def firm() -> dict[str, list[Any]]:
    """Something of everything: what goes, what is held, and what a person has to answer.

    Four invoices that go, a draft, one of a customer with a namesake, one whose tax is not mapped, one of nobody.
    """
    whole = small(6)
    plain = whole["invoices"][0]
    luxury = [{**line, "taxName": "LCT", "taxRate": 33} for line in plain["lines"]]
    nobody = {name: value for name, value in plain.items() if not name.startswith("customer")}
    whole["invoices"] += [
        {**copied(plain, 1), "invoiceNumber": "INV-LCT", "lines": luxury},
        {**copied(nobody, 2), "invoiceNumber": "INV-NOBODY"},
    ]
    twin = whole["customers"][0]
    ids = {"id": str(int(twin["id"]) + 1_000_000), "customerId": twin["customerId"] + 1_000_000}
    whole["customers"].append({**twin, **ids, "customerNumber": "C-TWIN"})
    return whole


@dataclass(frozen=True, slots=True)
class Stage:
    """How everything stood at a moment: the folder of the configuration, what both systems held, and the time."""

    folder: Path
    states: dict[str, dict[str, Any]]
    at: datetime

    @classmethod
    def of(cls, world: Functions) -> "Stage":
        """What a world has come to; nobody has its ledger open."""
        states = {name: world.state(name) for name in ("apptivo", "xero")}
        return cls(world.config.parent, states, world.clock.now())

    def copied(self, folder: Path) -> Functions:
        """The same once more, in an empty folder."""
        shutil.copytree(self.folder, folder, dirs_exist_ok=True)
        clock = FakeClock(self.at)
        sandbox = InProcess(state=self.states, clock=Clock(source=clock.now), seed=1)
        return Functions(sandbox, folder / "plugins.toml", clock)


class Stages:
    """The stages that tests begin with, each made on the page when it is first asked for."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @cached_property
    def connected(self) -> Stage:
        """A configuration that reaches both systems without a person, with both connected; nothing starts by itself."""
        clock = FakeClock(START)
        config = self._folder / "connected" / "plugins.toml"
        sandbox = InProcess(records=firm(), clock=Clock(source=clock.now), seed=1)
        write_config(sandbox, config)
        config.write_text(config.read_text(encoding="utf-8").replace('every = "15m"\n', ""), encoding="utf-8")
        world = Functions(sandbox, config, clock)
        with world.desk() as desk:
            for name in desk.connection_names:
                desk.connect(name)
        return Stage.of(world)

    @cached_property
    def read(self) -> Stage:
        """The reference data of the books was read."""
        return self._after(self.connected, "read", _read)

    @cached_property
    def planned(self) -> Stage:
        """Somebody has looked at a preview."""
        return self._after(self.connected, "planned", _plan)

    @cached_property
    def live(self) -> Stage:
        """The pair has gone live."""
        # not made of the stage before: a plan is of the folder whose secrets it was made with
        return self._after(self.connected, "live", _go_live)

    def _after(self, before: Stage, name: str, act: Callable[[Opened, Browser], None]) -> Stage:
        world = before.copied(self._folder / name)
        opened = Opened(world.config, world.runtime)
        with opened.client():
            act(opened, opened.sign_in("ana"))
        return Stage.of(world)


def _read(opened: Opened, ana: Browser) -> None:
    assert ana.fill("/settings/reference").status_code == 200


def _plan(opened: Opened, ana: Browser) -> None:
    ana.fill("/preview/plan")
    run = ending(opened.site)
    assert run.problem is None, run.problem


def _go_live(opened: Opened, ana: Browser) -> None:
    _plan(opened, ana)
    plan = re.search(r'name="plan" value="(\d+)"', ana.get("/preview").text)
    assert plan
    ana.fill("/preview/apply", plan=plan[1])
    run = ending(opened.site)
    assert run.problem is None, run.problem


@pytest.fixture(scope="session")
def stages(tmp_path_factory: pytest.TempPathFactory) -> Stages:
    return Stages(tmp_path_factory.mktemp("stages"))


@pytest.fixture
def both(stages: Stages, tmp_path: Path, request: pytest.FixtureRequest) -> Functions:
    """Both systems as a test drives them, and the machine below the page; as far on as the test asks for."""
    stage: Stage = getattr(stages, next((one for one in STAGES if one in request.fixturenames), "connected"))
    return stage.copied(tmp_path)


@pytest.fixture
def gate() -> Gate:
    return Gate()


@pytest.fixture
def runtime(both: Functions, gate: Gate) -> Runtime:
    """The machine below the page, on which a test may hold a run."""
    return replace(both.runtime, signal=gate, threads=AtOnce())


@pytest.fixture
def config(both: Functions) -> Path:
    """A configuration that reaches both systems without a person, with both connected."""
    made: Path = both.config
    return made


@pytest.fixture
def opened(config: Path, runtime: Runtime) -> Opened:
    """A site that nobody has come to yet."""
    return Opened(config, runtime)


@pytest.fixture
def site(opened: Opened) -> Site:
    return opened.site


@pytest.fixture
def client(opened: Opened, gate: Gate) -> Iterator[TestClient]:
    """Nobody yet."""
    with opened.client() as client:
        yield client
        gate.open()  # a test that failed lets its run end


@pytest.fixture
def sign_in(client: TestClient, opened: Opened) -> Callable[[str, Role], Browser]:
    """Signs somebody in with a one-time link."""
    return opened.sign_in


@pytest.fixture
def ana(sign_in: Callable[[str, Role], Browser]) -> Browser:
    """An administrator."""
    return sign_in("ana", "administrator")


@pytest.fixture
def vic(sign_in: Callable[[str, Role], Browser]) -> Browser:
    """A viewer."""
    return sign_in("vic", "viewer")


@pytest.fixture
def read(ana: Browser) -> Browser:
    """An administrator, after the reference data was read."""
    return ana


@pytest.fixture
def planned(ana: Browser) -> Browser:
    """An administrator who has looked at a preview."""
    return ana


@pytest.fixture
def live(ana: Browser) -> Browser:
    """An administrator whose pair has gone live."""
    return ana


@pytest.fixture
def ended(site: Site) -> Callable[[], Run]:
    """Waits until the run under way has ended, and answers it."""
    return lambda: ending(site)


@pytest.fixture(scope="module")
def still(stages: Stages, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Opened]:
    """A site for all tests of a module that ask what it must refuse, so that nothing on it ever changes."""
    world = stages.connected.copied(tmp_path_factory.mktemp("still"))
    opened = Opened(world.config, world.runtime)
    with opened.client():
        yield opened


@pytest.fixture(scope="module")
def resident(still: Opened) -> Browser:
    """An administrator of the site on which nothing changes."""
    return still.sign_in("ana", "administrator")


@pytest.fixture
def weak(monkeypatch: pytest.MonkeyPatch) -> None:
    """Passwords of which nothing but the right one matters: they are hashed quickly."""
    monkeypatch.setattr("tieout_web.access.PasswordHasher", lambda: PasswordHasher(1, 8, 1))


@contextmanager
def unchanged(config: Path) -> Iterator[None]:
    """Nothing is written into the configuration."""
    before = config.read_bytes()
    yield
    assert config.read_bytes() == before


def words(answer: Any) -> str:
    """What a page says, without its mark-up."""
    return " ".join(re.sub(r"<[^>]+>", " ", answer.text).split())
