"""Trying it out: a sample firm and sample books, both of them stand-ins on this machine."""

from __future__ import annotations

import json
import socket
import threading
from contextlib import ExitStack
from decimal import Decimal
from pathlib import Path
from typing import Any

from tieout import desk
from tieout.desk import Refused

SPEED = 60
"""How many times faster the limits of the stand-ins run."""


class Trial:
    """The sandbox that a first visit may start; it ends with the page, and stands up again with it.

    What it holds is kept in the page's folder, and so are its ports, because the configuration names them.
    """

    def __init__(self, config: Path, folder: Path) -> None:
        self._config = config
        self._ports = folder / "sample.json"
        self._state = folder / "sample-records.json"
        self._lock = threading.Lock()
        self._running: ExitStack | None = None

    @property
    def chosen(self) -> bool:
        """Whether the configuration is that of the sample firm."""
        return self._ports.exists()

    def begin(self) -> None:
        """Start the sample firm and write the configuration that reaches it.

        Raises `Refused` when there is a configuration already, or no sandbox is installed.
        """
        with self._lock:
            if self._config.exists():
                raise Refused(
                    f"{self._config.name} exists already", why="It may hold your settings.", fix="Use another folder."
                )
            ports = {"apptivo_port": _free(), "xero_port": _free()}
            sandbox = self._start(ports)
            desk.sample(desk.starter(), sandbox, SPEED).write(self._config)
            self._ports.write_text(json.dumps(ports), encoding="utf-8")

    def resume(self) -> None:
        """Start the sample firm again where it was chosen before; a system that cannot be reached says so itself."""
        with self._lock:
            if self._running is None and self.chosen:
                self._start(json.loads(self._ports.read_text(encoding="utf-8")))

    def close(self) -> None:
        """End the stand-ins and keep what they hold."""
        with self._lock:
            running, self._running = self._running, None
        if running is not None:
            running.close()

    def _start(self, ports: dict[str, int]) -> Any:
        running = ExitStack()
        options = {"speed": Decimal(SPEED), "state": self._state, **ports}
        try:
            sandbox = running.enter_context(desk.sandbox(options))
        except Exception as error:
            raise Refused(
                "the sample firm cannot be started",
                why="Its two systems could not listen on this machine.",
                fix="End what uses their ports and start the page again.",
                said=str(error),
            ) from error
        self._running = running
        return sandbox


def _free() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
    return port
