"""What every test of the engine leaves behind."""

import pytest
from world import LEDGERS


@pytest.fixture(autouse=True)
def closed():
    """No ledger stays open: a PostgreSQL has only so many connections."""
    yield
    while LEDGERS:
        LEDGERS.pop().close()
