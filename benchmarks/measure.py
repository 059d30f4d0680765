"""What programs cost: time, processor time and memory, including their children.

The kernel reports the figures of each process when it ends. For processes that run side by side the peaks are added,
which is slightly more than what they held at any one moment.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

MIB = 2**20

_TAIL = 1_000
_TICK = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Cost:
    """What one run took.

    `wall` is in seconds, `cpu` in seconds of processor time (user and system), `peak` in bytes. `fault` is empty unless
    a program failed; then it holds the exit codes and the end of the output.
    """

    wall: float
    cpu: float
    peak: int
    fault: str


def run(
    commands: Sequence[Sequence[str | Path]],
    *,
    folder: Path,
    environment: Mapping[str, str],
    begun: Callable[[int], None] = lambda pid: None,
) -> Cost:
    """Run programs that are connected by pipes, and wait for all of them.

    `begun` is called with the process id of the first one as soon as it is started.
    """
    with tempfile.TemporaryFile() as words:
        started = time.perf_counter()
        processes = _started(commands, words, folder, environment, begun)
        try:
            ended = [_ended(process) for process in processes]
        finally:
            for process in processes:
                if process.returncode is None:
                    process.kill()
                    process.wait()
        wall = time.perf_counter() - started
        codes = [process.returncode for process in processes]
        fault = f"exit {codes}: {_last(words)}" if any(codes) else ""
    return Cost(wall, sum(cpu for cpu, _ in ended), sum(peak for _, peak in ended), fault)


def busy() -> float:
    """Return the processor time of the whole machine since it started, in seconds."""
    with Path("/proc/stat").open(encoding="ascii") as file:
        user, nice, system, _, _, *rest = map(int, file.readline().split()[1:])
    return (user + nice + system + sum(rest[:3])) / _TICK


def _started(
    commands: Sequence[Sequence[str | Path]],
    words: IO[bytes],
    folder: Path,
    environment: Mapping[str, str],
    begun: Callable[[int], None],
) -> list[subprocess.Popen[bytes]]:
    processes: list[subprocess.Popen[bytes]] = []
    for place, command in enumerate(commands):
        before, last = processes[-1].stdout if processes else None, place == len(commands) - 1
        process = subprocess.Popen(
            list(map(str, command)),
            stdin=before or subprocess.DEVNULL,
            stdout=words if last else subprocess.PIPE,
            stderr=words,
            cwd=folder,
            env=dict(environment),
        )
        if before:
            before.close()  # so that the writer notices when the reader has ended
        processes.append(process)
        if place == 0:
            begun(process.pid)
    return processes


def _ended(process: subprocess.Popen[bytes]) -> tuple[float, int]:
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return used.ru_utime + used.ru_stime, used.ru_maxrss * 1024


def _last(words: IO[bytes]) -> str:
    words.seek(0, os.SEEK_END)
    words.seek(max(0, words.tell() - _TAIL))
    return " ".join(words.read().decode("utf-8", errors="replace").split())
