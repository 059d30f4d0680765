"""Starts the two fake systems, each a process of its own, and ends them."""

import http.client
import subprocess
import sys
import threading
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from decimal import Decimal
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self, cast

from tieout_sandbox import codec
from tieout_sandbox.fake import Limits
from tieout_sandbox.firm import SHIPPED

_PATIENCE = 10
"""Seconds given to a fake system to end before it is killed."""


class LaunchError(Exception):
    """The sandbox cannot be started. The message says what happened, why, and what to do."""


@dataclass(frozen=True, slots=True)
class LaunchOptions:
    """What a sandbox is started with.

    Port 0 is any free one. `firm` is a folder or the name of a firm that ships; None is the default one. `speed` is how
    many times faster limit windows run.
    """

    apptivo_port: int = 0
    xero_port: int = 0
    firm: Path | str | None = None
    organisation: Path | None = None
    limits: Limits = field(default_factory=Limits)
    speed: Decimal = Decimal(1)
    latency_ms: int = 0
    state: Path | None = None


def located(firm: Path | str | None) -> Path:
    """The folder of a firm: one that ships, by its name, or any other. Raises `LaunchError` when there is none."""
    if firm is None:
        return SHIPPED["default"]
    if isinstance(firm, str) and firm in SHIPPED:
        return SHIPPED[firm]
    if not Path(firm).is_dir():
        raise LaunchError(
            f"{firm} is no firm: there is no such folder, and the firms that ship are {', '.join(SHIPPED)}. "
            "Name one of them, or a folder, with --firm."
        )
    return Path(firm).absolute()


def start(options: LaunchOptions) -> "Sandbox":
    """Start both fake systems and wait until they answer.

    Raises `LaunchError` when a port is in use or a file cannot be used; then no process is left.
    """
    states = _read_states(options.state)
    firm = located(options.firm)
    processes = {
        "apptivo": _Process("apptivo", options, firm, options.apptivo_port, states.get("apptivo")),
        "xero": _Process("xero", options, firm, options.xero_port, states.get("xero")),
    }
    try:
        credentials = {name: process.credentials() for name, process in processes.items()}
    except BaseException:
        _end(processes.values())
        raise
    return Sandbox(options, processes, credentials)


class Sandbox:
    """A running sandbox. As a context manager it ends with its block.

    `apptivo` and `xero` hold the addresses and credentials of the two systems, as in the line that the command prints.
    """

    def __init__(self, options: LaunchOptions, processes: dict[str, "_Process"], credentials: dict[str, Any]) -> None:
        self.options = options
        self.apptivo: dict[str, Any] = credentials["apptivo"]
        self.xero: dict[str, Any] = credentials["xero"]
        self._processes = processes
        self._over = threading.Event()
        for process in processes.values():
            threading.Thread(target=self._watch, args=(process,), daemon=True).start()

    def line(self) -> str:
        """The one line of JSON that tells a program how to reach both systems."""
        return codec.dumps({"apptivo": self.apptivo, "xero": self.xero})

    def state(self, system: str) -> dict[str, Any]:
        """All records that `apptivo` or `xero` holds now, by collection, in wire shape."""
        connection = http.client.HTTPConnection("localhost", self._processes[system].port, timeout=_PATIENCE)
        try:
            connection.request("GET", "/_sandbox/state")
            state: dict[str, Any] = codec.loads(connection.getresponse().read())
        finally:
            connection.close()
        return state

    def wait(self) -> None:
        """Wait as long as both systems run.

        Raises `LaunchError` when one of them ends by itself.
        """
        self._over.wait()
        dead = ", ".join(f"the fake {name.capitalize()}" for name, process in self._processes.items() if process.ended)
        raise LaunchError(f"Ended by itself: {dead}; its own words are above. Start again.")

    def pids(self) -> dict[str, int]:
        """The ids of the processes of `apptivo` and `xero`."""
        return {name: process.pid for name, process in self._processes.items()}

    def stop(self) -> None:
        """Keep the state where a state file was asked for, then end both processes. Safe to repeat.

        Raises `LaunchError` when the state file cannot be written; the processes are ended all the same.
        """
        try:
            if self.options.state and not any(process.ended for process in self._processes.values()):
                _write_states(self.options.state, {name: self.state(name) for name in self._processes})
        finally:
            _end(self._processes.values())

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _watch(self, process: "_Process") -> None:
        process.wait()
        self._over.set()


class _Process:
    """The process of one fake system, held by the pipe to its standard input."""

    def __init__(self, system: str, options: LaunchOptions, firm: Path, port: int, state: Any) -> None:
        self.system = system
        self.port = port
        given = {
            "port": port,
            "firm": str(firm),
            "organisation": str(options.organisation.absolute()) if options.organisation else None,
            "limits": asdict(options.limits),
            "speed": str(options.speed),
            "latency_ms": options.latency_ms,
            "state": state,
        }
        # A session of its own: Ctrl-C in a terminal reaches the launcher alone, which then ends its systems in order.
        self._popen = subprocess.Popen(
            [sys.executable, "-m", "tieout_sandbox.serve", system],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=True,
        )
        self._pipe = cast(IO[bytes], self._popen.stdin)
        self._words = cast(IO[bytes], self._popen.stdout)
        with suppress(BrokenPipeError):  # It has ended already; `credentials` tells.
            self._pipe.write(codec.dumps(given).encode() + b"\n")
            self._pipe.flush()

    @property
    def pid(self) -> int:
        return self._popen.pid

    @property
    def ended(self) -> bool:
        return self._popen.poll() is not None

    def credentials(self) -> dict[str, Any]:
        """What the system says about itself once it listens. Raises `LaunchError` with its reason when it cannot."""
        line = self._words.readline()
        answer: dict[str, Any] = codec.loads(line) if line else {"error": self._silence()}
        if "error" in answer:
            raise LaunchError(answer["error"])
        self.port = answer["port"]
        credentials: dict[str, Any] = answer["credentials"]
        return credentials

    def _silence(self) -> str:
        return f"The fake {self.system.capitalize()} ended before it listened; its own words are above. Start again."

    def wait(self) -> None:
        self._popen.wait()

    def release(self) -> None:
        """Let go of it, so that it begins to end."""
        with suppress(BrokenPipeError):
            self._pipe.close()

    def end(self) -> None:
        """Wait until it has ended, with patience."""
        self.release()
        try:
            self._popen.wait(_PATIENCE)
        except subprocess.TimeoutExpired:
            self._popen.kill()
            self._popen.wait()
        self._words.close()


def _end(processes: Iterable[_Process]) -> None:
    """End processes at the same time."""
    for process in processes:
        process.release()
    for process in processes:
        process.end()


def _read_states(path: Path | None) -> dict[str, Any]:
    if path is None or not path.exists():
        return {}
    try:
        states = codec.read_file(path)
    except codec.MalformedFile as error:
        raise LaunchError(
            f"The state file cannot be used. {error}. Correct it, or remove it to start afresh."
        ) from error
    if not isinstance(states, dict) or not states.keys() <= {"apptivo", "xero"}:
        raise LaunchError(f"{path} is no state file of a sandbox. Name another file, or one that does not exist yet.")
    return states


def _write_states(path: Path, states: dict[str, Any]) -> None:
    beside = path.with_name(f"{path.name}.new")
    try:
        beside.write_text(codec.dumps(states), encoding="utf-8")
        beside.replace(path)
    except OSError as error:
        beside.unlink(missing_ok=True)
        raise LaunchError(f"The state cannot be kept in {path}: {error.strerror}. Name another file.") from error
