"""A real process that kills itself at the n-th durable moment, as its signals tell them."""

import os
import signal
import threading
from importlib.metadata import entry_points
from multiprocessing import get_context
from pathlib import Path

from tieout.api.runtime import COMMITTED, RECEIVED, Runtime
from tieout.desk import Desk

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
MOMENTS = (COMMITTED, RECEIVED)
"""After each of them something is known, here or there, that was not known before."""


class Moments:
    """Writes down every moment, and kills the process at the n-th."""

    def __init__(self, told: Path, last: int | None):
        self.told = told.open("a", buffering=1)
        self.last = last
        self.count = 0
        self.lock = threading.Lock()

    def __call__(self, name):
        if name not in MOMENTS:
            return
        with self.lock:
            self.count += 1
            self.told.write(f"{name}\n")
            if self.count == self.last:
                os.kill(os.getpid(), signal.SIGKILL)


def _run(config, told, last):
    with Desk.open(config, runtime=Runtime(signal=Moments(told, last))) as desk:
        desk.sync("main", lambda plan: True)


def sync(config: Path, told: Path, last: int | None = None) -> tuple[list[str], bool]:
    """One sync in a process that dies at its moment number `last`: the moments that it came to, whether it died."""
    told.unlink(missing_ok=True)
    process = _PROCESSES.Process(target=_run, args=(config, told, last))
    process.start()
    process.join(120)
    assert process.exitcode in (0, -signal.SIGKILL), process.exitcode
    return told.read_text(encoding="utf-8").splitlines(), process.exitcode != 0
