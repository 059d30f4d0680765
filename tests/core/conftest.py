"""What the tests of core share: a clock, a ledger, a system on loopback, and distributions made on the spot."""

from __future__ import annotations

import json
import subprocess
import sys
import textwrap
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from tieout.api.contract import Limits
from tieout.api.http import Http
from tieout.api.runtime import Runtime
from tieout.host.http import HttpAuth, HttpClient
from tieout.host.quota import Quota
from tieout.ledger import Ledger
from tieout.testing import FakeClock


@dataclass
class Asked:
    """One call that reached the system."""

    method: str
    path: str
    query: dict[str, str]
    headers: Mapping[str, str]
    body: bytes

    @property
    def form(self) -> dict[str, str]:
        return dict(parse_qsl(self.body.decode()))


@dataclass
class Reply:
    """What the system does with a call; `drop` closes the connection in place of an answer."""

    status: int = 200
    body: Any = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    drop: bool = False


@dataclass
class System:
    """A system on loopback: it answers from `answers` in order, then with `otherwise`."""

    url: str
    answers: list[Reply] = field(default_factory=list)
    otherwise: Callable[[Asked], Reply] = lambda asked: Reply()
    asked: list[Asked] = field(default_factory=list)
    busy: int = 0
    busiest: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def answer(self, asked: Asked) -> Reply:
        with self.lock:
            self.asked.append(asked)
            scripted = self.answers.pop(0) if self.answers else None
        return scripted or self.otherwise(asked)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # headers and body go apart, and nobody waits for the second
    system: System

    def _serve(self) -> None:
        address = urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        asked = Asked(self.command, address.path, dict(parse_qsl(address.query)), dict(self.headers), body)
        with self.system.lock:
            self.system.busy += 1
            self.system.busiest = max(self.system.busiest, self.system.busy)
        try:
            reply = self.system.answer(asked)
        finally:
            with self.system.lock:
                self.system.busy -= 1
        if reply.drop:
            self.close_connection = True
            return
        content = reply.body if isinstance(reply.body, bytes) else json.dumps(reply.body).encode()
        self.send_response(reply.status)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_POST = do_PUT = do_DELETE = _serve

    def log_message(self, format: str, *arguments: Any) -> None:
        """Say nothing."""


@contextmanager
def running() -> Iterator[System]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    system = System(f"http://127.0.0.1:{server.server_port}")
    server.RequestHandlerClass = type("Handler", (_Handler,), {"system": system})
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield system
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def beside(program: str, *arguments: str) -> Iterator[Callable[[], None]]:
    """Another process that runs a program as far as it says `ready`, and on once it is told to; it ends well."""
    command, pipe = [sys.executable, "-c", program, *arguments], subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True) as process:
        assert process.stdout is not None and process.stdin is not None
        assert process.stdout.readline() == "ready\n"
        yield process.stdin.close
        assert process.wait(60) == 0


@pytest.fixture
def system() -> Iterator[System]:
    with running() as started:
        yield started


@pytest.fixture
def reply() -> type[Reply]:
    return Reply


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def ledger(tmp_path: Path, clock: FakeClock) -> Iterator[Ledger]:
    opened = Ledger(f"sqlite:///{tmp_path}/.tieout/ledger.db", Runtime(clock=clock))
    yield opened
    opened.close()


@pytest.fixture
def client(clock: FakeClock) -> Iterator[Callable[..., Http]]:
    """Makes clients that may call loopback only."""
    made = []

    def make(
        limits: Limits | None = None,
        auth: HttpAuth | None = None,
        stop: threading.Event | None = None,
        name: str = "books",
    ) -> Http:
        quota = Quota(name, limits or Limits(concurrent=5), clock, stop)
        http = HttpClient(name, hosts=["127.0.0.1"], quota=quota, clock=clock, authenticate=lambda: auth, stop=stop)
        made.append(http)
        return http

    yield make
    for http in made:
        http.close()


@pytest.fixture
def distribute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Installs a distribution: its plugins by name, and the source of its modules."""
    folder = tmp_path / "site"
    folder.mkdir()
    monkeypatch.syspath_prepend(str(folder))

    def make(
        name: str,
        plugins: Mapping[str, str],
        modules: Mapping[str, str],
        requires: str = "tieout-core",
        group: str = "tieout",
    ) -> None:
        info = folder / f"{name.replace('-', '_')}-1.2.dist-info"
        info.mkdir()
        lines = ["Metadata-Version: 2.1", f"Name: {name}", "Version: 1.2"]
        lines += [f"Requires-Dist: {requires}"] if requires else []
        (info / "METADATA").write_text("\n".join(lines) + "\n")
        points = "\n".join(f"{plugin} = {module}" for plugin, module in plugins.items())
        (info / "entry_points.txt").write_text(f"[{group}]\n{points}\n")
        for module, source in modules.items():
            (folder / f"{module}.py").write_text(textwrap.dedent(source))
            monkeypatch.delitem(sys.modules, module, raising=False)

    yield make
    for module in folder.glob("*.py"):
        sys.modules.pop(module.stem, None)
