"""The server as a process of its own, and the calls that control it."""

from __future__ import annotations

import http.client
import json
import subprocess
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self, cast

_SERVER = Path(__file__).parent / "server.py"


class Served:
    """A running server; as a context manager it ends with its block."""

    def __init__(self, python: Path, invoices: int, latency: float) -> None:
        self.invoices = invoices
        command = [str(python), str(_SERVER), "--invoices", str(invoices), "--latency", str(latency)]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        line = cast(IO[bytes], self._process.stdout).readline()
        if not line:
            raise RuntimeError("The server ended before it listened; its own words are above.")
        hello: dict[str, Any] = json.loads(line)
        self._port = hello["port"]
        self.sizes: dict[str, int] = hello["bytes"]

    @property
    def base(self) -> str:
        """The address of all systems."""
        return f"http://127.0.0.1:{self._port}"

    def begin(self, pid: int = 0, *, again: bool = False) -> None:
        """Begin to measure the process `pid`; the books are emptied unless `again` is set."""
        self._asked(f"begin?pid={pid}{'&again=1' if again else ''}")

    def by_change(self, ordered: bool) -> None:
        """Set whether Apptivo's lists can be sorted by the last change."""
        self._asked("sorted" if ordered else "unsorted")

    def tally(self) -> dict[str, Any]:
        """Return what has arrived, and whether all of it is correct."""
        return self._asked("tally")

    def close(self) -> None:
        """End the server."""
        cast(IO[bytes], self._process.stdin).close()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        cast(IO[bytes], self._process.stdout).close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _asked(self, path: str) -> dict[str, Any]:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=60)
        try:
            connection.request("GET", f"/benchmark/{path}")
            answer: dict[str, Any] = json.loads(connection.getresponse().read())
        finally:
            connection.close()
        return answer
