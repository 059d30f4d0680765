"""Events: what happens in a run, given to plugins, to an observer and to the log, without ever holding the run up."""

from __future__ import annotations

from collections.abc import Callable

from tieout.api.contract import Event
from tieout.api.runtime import Runtime
from tieout.host.facade import Facade
from tieout.host.log import cleaned, logger

PATIENCE = 5.0
"""How many seconds the end of a program waits for events that are not delivered yet."""


class Events:
    """Delivers events beside the run; an event that finds the queue full is dropped and counted."""

    def __init__(
        self,
        facade: Facade,
        observer: Callable[[Event], None] | None = None,
        capacity: int = 10_000,
        runtime: Runtime | None = None,
    ) -> None:
        self._facade = facade
        self._observer = observer
        self._log = logger()
        self._runtime = runtime or Runtime()
        self._mailbox = self._runtime.threads.mailbox("tieout-events", self._deliver, capacity)
        self.dropped = 0

    def tell(self, event: Event) -> None:
        """Hand an event over, without secrets, and return at once; its name is a signal."""
        self._runtime.signal(event.name)
        clean = Event(event.name, event.at, {key: cleaned(key, value) for key, value in event.data.items()})
        if not self._mailbox.post(clean):
            self.dropped += 1

    def close(self) -> None:
        """Wait until everything is delivered, but not for ever: a plugin may hang."""
        self._mailbox.close(PATIENCE)

    def _deliver(self, event: Event) -> None:
        self._log.info(event.name, **{key: value for key, value in event.data.items() if key != "event"})
        self._facade.observe(event)
        if self._observer is not None:
            try:
                self._observer(event)
            except Exception as error:
                self._log.warning("observer failed", error=repr(error))
