"""A real process that dies in the n-th gap between two durable effects: calls, commits, the keeping of tokens.

The gaps are found by instrumentation of the layers through which everything durable goes, so that a new call or a new
transaction is one more gap without anybody's doing. After one effect is before the next, so each gap counts once.
"""

import os
import signal
import threading
from importlib.metadata import entry_points
from multiprocessing import get_context
from pathlib import Path

import httpx
from sqlalchemy.engine.default import DefaultDialect
from tieout.desk import Desk
from tieout.vault import Vault

# a process of its own for each run, forked from one that has imported everything already
_PROCESSES = get_context("forkserver")
_PROCESSES.set_forkserver_preload(
    [
        "alembic.command",
        "httpcore",
        "keyring.backends",
        "tieout.desk",
        *(one.module for one in entry_points(group="tieout")),
    ]
)


class Gaps:
    """Writes down every effect before it happens, and kills the process in front of the n-th."""

    def __init__(self, told: Path, last: int | None):
        self.told = told.open("a", buffering=1)
        self.last = last
        self.count = 0
        self.lock = threading.Lock()

    def before(self, effect):
        with self.lock:
            self.count += 1
            self.told.write(f"{effect}\n")
            if self.count == self.last:
                os.kill(os.getpid(), signal.SIGKILL)

    def watch(self, owner, method, name):
        """Every call of a method is an effect."""
        real = getattr(owner, method)

        def watched(one, *given, **named):
            self.before(name(*given))
            return real(one, *given, **named)

        setattr(owner, method, watched)


def _call(request):
    return f"{request.method} {request.url.path}"


def _run(config, told, last):
    gaps = Gaps(told, last)
    gaps.watch(httpx.HTTPTransport, "handle_request", _call)
    gaps.watch(DefaultDialect, "do_commit", lambda connection: "commit")
    gaps.watch(Vault, "store", lambda connection, tokens: "keeping tokens")
    with Desk.open(config) as desk:
        desk.sync("main", lambda plan: True)
    gaps.before("the end")


def sync(config: Path, told: Path, last: int | None = None) -> tuple[list[str], bool]:
    """One sync in a process that dies before its effect number `last`: the effects that it came to, whether it died."""
    told.unlink(missing_ok=True)
    process = _PROCESSES.Process(target=_run, args=(config, told, last))
    process.start()
    process.join(120)
    assert process.exitcode in (0, -signal.SIGKILL), process.exitcode
    return told.read_text(encoding="utf-8").splitlines(), process.exitcode != 0
