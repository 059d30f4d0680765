"""Where the tests of the engine keep their ledgers, and what each of them leaves behind."""

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from world import SPEEDY, drop, forget


@pytest.fixture
def tmp_path():
    """A folder in memory, where there is one: a run waits for the disk some forty times."""
    with TemporaryDirectory(dir=SPEEDY) as folder:
        yield Path(folder)


@pytest.fixture(scope="session", autouse=True)
def forgotten():
    """What was kept for several tests is closed after the last one."""
    yield
    forget()


@pytest.fixture(autouse=True)
def dropped(tmp_path):
    """No ledger stays open: a PostgreSQL has only so many connections, and only so much room."""
    yield
    drop()
