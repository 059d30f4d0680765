"""All that a process takes from the machine it runs on: time, chance, threads, network, files, and its own identity.

The program runs on the real ones. A simulation puts its own in their place, and is called at every signal: a named
moment at which something durable has just happened, or is about to. Crash tests kill the process there.
"""

from __future__ import annotations

import os
import socket
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tieout.api.clock import Clock
from tieout.api.entropy import Entropy
from tieout.api.threads import Threads

if TYPE_CHECKING:
    import httpx

SENT = "call.sent"
"""A call is about to leave."""
RECEIVED = "call.received"
"""A call was answered, or failed; nothing is known of it but by this process."""
COMMITTED = "ledger.committed"
"""A transaction of the ledger is durable."""
STORED = "batch.stored"
"""A batch is durable and has not been sent."""
RENEWED = "grant.renewed"
"""The tokens of a grant are durable and have not been used."""


class Process:
    """This process, as others that share the ledger know it."""

    def __init__(self) -> None:
        self.host = socket.gethostname()
        self.id = os.getpid()

    def ended(self, host: str, pid: int) -> bool:
        """Return True only if a process certainly ended: one of this machine that is no longer there."""
        if host != self.host:
            return False
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
        except PermissionError:
            return False
        return False


def _connect(path: str) -> sqlite3.Connection:
    return sqlite3.connect(path, timeout=30, check_same_thread=False)


@dataclass(frozen=True, slots=True)
class Runtime:
    """The machine below a process.

    `transport` makes what carries HTTP calls (None: httpx's own), `connect` opens an SQLite file, and `signal` is
    called with the name of each durable moment, in the thread in which it happens. Every event of a run is a signal
    too.
    """

    clock: Clock = field(default_factory=Clock)
    entropy: Entropy = field(default_factory=Entropy)
    threads: Threads = field(default_factory=Threads)
    process: Process = field(default_factory=Process)
    transport: Callable[[], httpx.BaseTransport | None] = lambda: None
    connect: Callable[[str], sqlite3.Connection] = _connect
    signal: Callable[[str], None] = lambda name: None
