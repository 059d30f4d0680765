"""The scheduler: simulated threads of which one runs at a time, on a clock that moves only when all of them wait.

Each simulated thread is a real one that holds the baton or waits for it. Whenever the running one pauses, the seed
picks the next among those that can go on. If none can, the time moves on to the earliest moment for which one waits.
"""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from tieout.testing.simulation.life import Dead, Life


class Deadlock(Exception):
    """Every simulated thread waits for another one, and none for a time."""


@dataclass(eq=False, slots=True)
class SimulatedThread:
    """One simulated thread; `error` is what it raised, None if it returned or has not ended.

    A run does not wait for one that is in the `background`.
    """

    life: Life
    name: str
    work: Callable[[], None]
    background: bool = False
    until: Callable[[], bool] | None = None
    deadline: datetime | None = None
    ended: bool = False
    error: BaseException | None = None
    _gate: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self._gate.acquire()

    def can_go_on(self, now: datetime) -> bool:
        """Return whether it has something to do at this time: a dead one has to end."""
        if self.life.dead:
            return True
        if self.life.frozen_until is not None and now < self.life.frozen_until:
            return False
        if self.until is None and self.deadline is None:
            return True
        return (self.until is not None and self.until()) or (self.deadline is not None and self.deadline <= now)

    def next_time(self) -> datetime | None:
        """Return the earliest time at which it can go on without another thread's doing."""
        frozen = self.life.frozen_until
        if frozen is not None and ((self.until is None and self.deadline is None) or (self.until and self.until())):
            return frozen
        if self.deadline is None:
            return None
        return self.deadline if frozen is None else max(self.deadline, frozen)

    def wake(self) -> None:
        """Hand it the baton."""
        self._gate.release()

    def sleep(self) -> None:
        """Wait for the baton."""
        self._gate.acquire()


class Scheduler:
    """All simulated threads of one simulation, its time and its order. `seed` decides who goes next."""

    def __init__(self, seed: int, start: datetime) -> None:
        self.now = start
        self.start = start
        self._random = random.Random(f"schedule/{seed}")  # noqa: S311 repeatable, not secret
        self._threads: list[SimulatedThread] = []
        self._current: SimulatedThread | None = None
        self._driver = threading.Lock()
        self._driver.acquire()
        self._failure: BaseException | None = None

    @property
    def current(self) -> SimulatedThread:
        """The thread that runs. Raises `RuntimeError` outside of a simulated thread."""
        if self._current is None:
            raise RuntimeError("only a simulated thread may wait or signal: hand the work to Simulation.run")
        return self._current

    def spawn(self, life: Life, name: str, work: Callable[[], None]) -> SimulatedThread:
        """Begin a simulated thread; it runs when the seed picks it."""
        return self._begin(SimulatedThread(life, name, work))

    def linger(self, life: Life, name: str, work: Callable[[], None]) -> SimulatedThread:
        """Begin a simulated thread that may go on in a later `run`, as a request does that is still on its way."""
        return self._begin(SimulatedThread(life, name, work, background=True))

    def _begin(self, simulated: SimulatedThread) -> SimulatedThread:
        self._threads.append(simulated)
        threading.Thread(target=self._body, args=(simulated,), name=simulated.name, daemon=True).start()
        return simulated

    def run(self) -> None:
        """Let the simulated threads run until all but those in the background have ended. Raises `Deadlock`."""
        if self._going():
            self._wake_next()
            self._driver.acquire()
        failure, self._failure = self._failure, None
        if failure is not None:
            raise failure

    def pause(self, until: Callable[[], bool] | None = None, deadline: datetime | None = None) -> None:
        """Let the seed pick the next thread; come back once `until` is true or `deadline` has passed.

        Raises `Dead` when the life of the calling thread has ended by then.
        """
        mine = self.current
        mine.life.check()
        mine.until, mine.deadline = until, deadline
        if self._wake_next(mine):
            mine.sleep()
        self._current = mine
        mine.until = mine.deadline = None
        mine.life.check()

    def wait(self, seconds: float, until: Callable[[], bool] | None = None) -> None:
        """Pause for so many simulated seconds, or until something is true."""
        self.pause(until, self.now + timedelta(seconds=max(seconds, 0.0)))

    def _body(self, simulated: SimulatedThread) -> None:
        simulated.sleep()
        self._current = simulated
        try:
            if not simulated.life.dead:
                simulated.work()
        except Dead as dead:
            simulated.error = dead
        except BaseException as error:
            simulated.error = error
        simulated.ended = True
        self._threads.remove(simulated)
        self._current = None
        self._wake_next()

    def _wake_next(self, mine: SimulatedThread | None = None) -> bool:
        """Hand the baton to whoever is next; False when that is the caller, who keeps it."""
        if (chosen := self._next()) is mine and mine is not None:
            return False
        if chosen is None:
            self._driver.release()
        else:
            chosen.wake()
        return True

    def _going(self) -> bool:
        return any(not one.background or one.life.dead for one in self._threads)

    def _next(self) -> SimulatedThread | None:
        """Pick the next thread; None when the simulation is over, or can never go on."""
        while self._going() and self._failure is None:
            ready = [one for one in self._threads if one.can_go_on(self.now)]
            if ready:
                return ready[0] if len(ready) == 1 else self._random.choice(ready)
            times = [time for one in self._threads if (time := one.next_time()) is not None and time > self.now]
            if times:
                self.now = min(times)
            else:
                listed = ", ".join(sorted(f"{one.life.name}/{one.name}" for one in self._threads))
                self._failure = Deadlock(f"every simulated thread waits for another one: {listed}")
        return None
