"""Events: what happens in a run, told to plugins, to an observer and to the log, without ever holding the run up."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from contextlib import suppress

from tieout.contract import Event
from tieout.facade import Facade
from tieout.log import cleaned, logger

PATIENCE = 5.0
"""How many seconds the end of a program waits for what is still to be told."""


class Events:
    """A bounded queue and the thread that empties it; what does not fit any more is dropped and counted."""

    def __init__(self, facade: Facade, observer: Callable[[Event], None] | None = None, capacity: int = 10_000) -> None:
        self._facade = facade
        self._observer = observer
        self._log = logger()
        self._queue: queue.Queue[Event | None] = queue.Queue(capacity)
        self._thread = threading.Thread(target=self._run, name="tieout-events", daemon=True)
        self._thread.start()
        self.dropped = 0

    def tell(self, event: Event) -> None:
        """Hand an event over; returns at once. Secrets are taken out."""
        clean = Event(event.name, event.at, {key: cleaned(key, value) for key, value in event.data.items()})
        try:
            self._queue.put_nowait(clean)
        except queue.Full:
            self.dropped += 1

    def close(self) -> None:
        """Wait until everything is told, but not for ever: a plugin may hang."""
        with suppress(queue.Full):
            self._queue.put(None, timeout=PATIENCE)
        self._thread.join(PATIENCE)

    def _run(self) -> None:
        while (event := self._queue.get()) is not None:
            self._log.info(event.name, **{key: value for key, value in event.data.items() if key != "event"})
            self._facade.observe(event)
            if self._observer is not None:
                try:
                    self._observer(event)
                except Exception as error:
                    self._log.warning("observer failed", error=repr(error))
