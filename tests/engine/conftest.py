"""What every test of the engine leaves behind."""

import pytest
from world import drop, forget


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
