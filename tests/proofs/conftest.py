"""What the proofs share: fake systems, and a person's consent to them."""

import pickle
from contextlib import contextmanager
from decimal import Decimal

import pytest
import sandboxed
from sandboxed import SPEED, Functions, Systems, small
from tieout_sandbox import codec
from tieout_sandbox.clock import Clock
from tieout_sandbox.inprocess import InProcess
from tieout_sandbox.launch import LaunchOptions, start
from tieout_sandbox.writeconfig import write_config


@pytest.fixture(scope="session", autouse=True)
def generated():
    """The firm that ships is made up once; each test has one of its own."""
    whole = pickle.dumps(sandboxed.generate())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sandboxed, "generate", lambda: pickle.loads(whole))  # noqa: S301 it was pickled here
        yield


def _wants_a_person(sandbox, config):
    """A configuration that leads to both systems, and to Xero by a person's consent."""
    write_config(sandbox, config)
    custom, web = sandbox.xero["custom-connection"], sandbox.xero
    for path in (config, config.with_name("plugins.secrets.env")):
        text = path.read_text(encoding="utf-8").replace('consent = "custom-connection"', 'consent = "person"')
        for key in ("client-id", "client-secret"):
            text = text.replace(custom[key], web[key])
        path.write_text(text, encoding="utf-8")


@pytest.fixture
def with_consent(browser, tmp_path):
    """Makes both systems with a small firm, on a clock, and a configuration that wants a person's consent."""

    @contextmanager
    def made(size, clock):
        with InProcess(records=small(size), clock=Clock(source=clock.now), seed=size) as sandbox:
            config = tmp_path / "plugins.toml"
            _wants_a_person(sandbox, config)
            systems = Functions(sandbox, config, clock)
            systems.sandbox, systems.browser = sandbox, browser(sandbox)
            yield systems

    return made


@pytest.fixture
def launched_with_consent(tmp_path):
    """The same two systems as processes of their own, in real time."""
    firm = tmp_path / "firm"
    firm.mkdir()
    for app, records in small(8).items():
        (firm / f"{app}.json").write_text(codec.dumps(records), encoding="utf-8")
    with start(LaunchOptions(firm=firm, speed=Decimal(SPEED))) as sandbox:
        config = tmp_path / "plugins.toml"
        _wants_a_person(sandbox, config)
        yield Systems(sandbox, config)
