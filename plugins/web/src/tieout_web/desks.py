"""The desk of the page: open for as long as the configuration stays as it is, with whoever asks seated at it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tieout.desk import Desk, Runtime


@dataclass(slots=True, eq=False)
class _Opened:
    desk: Desk
    mark: tuple[int, ...]
    closing: ExitStack = field(repr=False)
    users: int = 0


class Desks:
    """Opens a desk once for many visits, because loading the plugins takes longer than a page may.

    A changed file is noticed with the next visit; the desk from before is closed when its last visit ends.
    """

    def __init__(self, config: Path, runtime: Runtime) -> None:
        self.config = config
        self._runtime = runtime
        self._lock = threading.Lock()
        self._now: _Opened | None = None

    @contextmanager
    def at(self, who: str) -> Iterator[Desk]:
        """The desk with this person at it. Raises `ConfigError`, `PluginError` or `LedgerError`."""
        with self._lock:
            opened = self._current()
            opened.users += 1
        try:
            yield opened.desk.seat(who)
        finally:
            with self._lock:
                opened.users -= 1
                self._close_unused(opened)

    def close(self) -> None:
        """Close the desk as soon as nobody uses it any more."""
        with self._lock:
            self._retire()

    def _current(self) -> _Opened:
        mark = self._mark()
        if self._now is None or self._now.mark != mark:
            self._retire()
            closing = ExitStack()
            desk = closing.enter_context(Desk.open(self.config, runtime=self._runtime))
            self._now = _Opened(desk, mark, closing)
        return self._now

    def _retire(self) -> None:
        before, self._now = self._now, None
        if before is not None:
            self._close_unused(before)

    def _close_unused(self, opened: _Opened) -> None:
        if opened.users == 0 and opened is not self._now:
            opened.closing.close()

    def _mark(self) -> tuple[int, ...]:
        try:
            found = self.config.stat()
        except OSError:
            return ()
        return (found.st_mtime_ns, found.st_size, found.st_ino)
