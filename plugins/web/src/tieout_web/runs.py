"""Runs under way: each in a thread and at a desk of its own, one for a pair at a time."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from tieout.desk import Desk, Event, Problem, Runtime, TieoutError

What = Literal["plan", "sync", "apply", "undo", "reconcile"]
Purpose = Literal["person", "schedule"]
Act = Callable[[Desk], Any]
_KEPT = 20_000
"""Events of one run that are remembered."""


@dataclass(slots=True, eq=False)
class Run:
    """One run of a pair: who started it and when (UTC), what it told so far, and how it ended.

    `plan` is the number of the plan that it carries out, where it does. `result` is what the desk answered, `problem`
    why there is none; both are None while it is under way.
    """

    pair: str
    what: What
    who: str
    started: datetime
    plan: int | None = None
    stop: threading.Event = field(default_factory=threading.Event)
    over: threading.Event = field(default_factory=threading.Event)
    events: list[Event] = field(default_factory=list)
    result: Any = None
    problem: Problem | None = None
    ended: datetime | None = None

    @property
    def going(self) -> bool:
        """Whether it is under way."""
        return self.ended is None

    def wait(self, seconds: float) -> bool:
        """Wait for its end; whether it ended."""
        return self.over.wait(seconds)


class Runs:
    """The runs of this process; `changes` counts what happened, so that whoever looks on knows when to look again."""

    def __init__(self, config: Path, runtime: Runtime) -> None:
        self._config = config
        self._runtime = runtime
        self._lock = threading.Lock()
        self._last: dict[str, Run] = {}
        self._results: dict[tuple[str, What], Run] = {}
        self._threads: set[threading.Thread] = set()
        self.changes = 0

    def start(
        self, pair: str, what: What, who: str, act: Act, purpose: Purpose = "person", plan: int | None = None
    ) -> Run:
        """Start a run, or return the one that the pair is in: pressing twice starts one."""
        with self._lock:
            before = self._last.get(pair)
            if before is not None and before.going:
                return before
            run = self._last[pair] = Run(pair, what, who, self._runtime.clock.now(), plan)
            thread = threading.Thread(target=self._go, args=(run, act, purpose), name=f"tieout-run-{pair}", daemon=True)
            self._threads.add(thread)
        thread.start()
        return run

    def of(self, pair: str) -> Run | None:
        """The run that the pair is in, or the last one of this process."""
        return self._last.get(pair)

    def last(self, pair: str, what: What) -> Run | None:
        """The last run of this kind that ended in this process."""
        return self._results.get((pair, what))

    def stop(self, pair: str) -> None:
        """Let the pair's run end after the batch at hand."""
        if (run := self._last.get(pair)) is not None:
            run.stop.set()
            self.changes += 1

    def close(self, seconds: float = 30.0) -> None:
        """Stop every run and wait for it; what was not done is done by the next one."""
        for pair in list(self._last):
            self.stop(pair)
        for thread in list(self._threads):
            thread.join(seconds)

    def _go(self, run: Run, act: Act, purpose: Purpose) -> None:
        def told(event: Event) -> None:
            if len(run.events) < _KEPT:
                run.events.append(event)
            self.changes += 1

        try:
            with Desk.open(self._config, run.who, told, run.stop, purpose, self._runtime) as desk:
                run.result = act(desk)
        except TieoutError as error:
            run.problem = error.problem
        except Exception as error:  # a fault in a run must not take its page along
            run.problem = TieoutError(f"the run failed: {type(error).__name__}", said=str(error)).problem
        finally:
            run.ended = self._runtime.clock.now()
            with self._lock:
                self._results[run.pair, run.what] = run
                self._threads.discard(threading.current_thread())
            self.changes += 1
            run.over.set()
