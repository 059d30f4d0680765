"""What every test of the engine leaves behind."""

import pytest
from world import drop


@pytest.fixture(autouse=True)
def dropped():
    """No ledger stays open: a PostgreSQL has only so many connections, and only so much room."""
    yield
    drop()
