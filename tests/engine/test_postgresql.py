"""All tests of the engine that keep a ledger once more, with it on a real PostgreSQL: only the address changes."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import create_engine, make_url
from tieout.ledger import Ledger
from world import SERVER, TEMPLATE

HERE = Path(__file__)
FILES = sorted(
    one.name
    for one in HERE.parent.glob("test_*.py")
    if one != HERE and "from world import" in one.read_text(encoding="utf-8")
)


@pytest.fixture(scope="session")
def server(postgresql):
    """The address of a server whose template holds an empty ledger."""
    engine = create_engine(postgresql, isolation_level="AUTOCOMMIT")
    with engine.connect() as sql:
        sql.exec_driver_sql(f"CREATE DATABASE {TEMPLATE}")
    engine.dispose()
    Ledger(make_url(postgresql).set(database=TEMPLATE).render_as_string(hide_password=False)).close()
    return postgresql


@pytest.mark.matrix
@pytest.mark.parametrize("file", FILES)
def test_the_same_tests_pass(server, file):
    command = [sys.executable, "-m", "pytest", "-n", "0", "-p", "no:cacheprovider", str(HERE.with_name(file))]
    done = subprocess.run(command, env={**os.environ, SERVER: server}, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-3000:]
