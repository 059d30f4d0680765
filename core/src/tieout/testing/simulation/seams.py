"""What a simulated process takes from its machine: time, chance, threads; each raises `Dead` after its death."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime
from typing import Any, Generic, Self, TypeVar

from tieout.api.clock import Clock
from tieout.api.entropy import Entropy
from tieout.api.threads import Mailbox, Pool, Task, Threads
from tieout.testing.simulation.life import Life
from tieout.testing.simulation.schedule import Scheduler, SimulatedThread

T = TypeVar("T")


class SimulatedClock(Clock):
    """The simulation's time, as the clock of one life shows it."""

    def __init__(self, scheduler: Scheduler, life: Life) -> None:
        self._scheduler = scheduler
        self._life = life

    def now(self) -> datetime:
        """Return the time that this life believes it is (UTC)."""
        self._life.check()
        return self._scheduler.now + self._life.ahead

    def monotonic(self) -> float:
        """Return the seconds since the simulation began; a jump of the clock does not change them."""
        self._life.check()
        return (self._scheduler.now - self._scheduler.start).total_seconds()

    def wait(self, seconds: float, stop: threading.Event | None = None) -> None:
        """Let `seconds` of simulated time pass, or less when `stop` is set."""
        self._scheduler.wait(seconds, None if stop is None else stop.is_set)


class SeededEntropy(Entropy):
    """Chance from a seed."""

    def __init__(self, seed: str, life: Life) -> None:
        self._random = random.Random(seed)  # noqa: S311 repeatable, not secret
        self._life = life

    def bytes(self, size: int) -> bytes:
        """Return the seed's next bytes."""
        self._life.check()
        return self._random.randbytes(size)

    def between(self, low: float, high: float) -> float:
        """Return the seed's next number from `low` to `high`."""
        self._life.check()
        return self._random.uniform(low, high)


class SimulatedThreads(Threads):
    """Threads of one life, of which the scheduler runs one at a time."""

    def __init__(self, scheduler: Scheduler, life: Life) -> None:
        self._scheduler = scheduler
        self._life = life

    def lock(self) -> AbstractContextManager[Any]:
        """Return a lock that its holder may take again."""
        return _Lock(self._scheduler, self._life)

    def slots(self, count: int) -> AbstractContextManager[Any]:
        """Return a lock that so many threads may hold at once."""
        return _Slots(self._scheduler, self._life, count)

    def pool(self, size: int) -> Pool:
        """Return a pool of at most so many simulated threads."""
        return _Pool(self._scheduler, self._life, size)

    def mailbox(self, name: str, deliver: Callable[[T], None], capacity: int) -> Mailbox[T]:
        """Return a mailbox that delivers at once: nobody in a simulation is slow to read."""
        return _Mailbox(deliver)

    @contextmanager
    def every(self, seconds: float, work: Callable[[], bool]) -> Iterator[None]:
        """Call `work` every so many simulated seconds beside the block."""
        over = False

        def repeat() -> None:
            while True:
                self._scheduler.wait(seconds, lambda: over)
                if over or not work():
                    return

        thread = self._scheduler.spawn(self._life, "heartbeat", repeat)
        try:
            yield
        finally:
            over = True
            self._scheduler.pause(lambda: thread.ended)
            if thread.error is not None:
                raise thread.error


class _Lock:
    def __init__(self, scheduler: Scheduler, life: Life) -> None:
        self._scheduler = scheduler
        self._life = life
        self._holder: SimulatedThread | None = None
        self._depth = 0

    def __enter__(self) -> Self:
        self._life.check()
        mine = self._scheduler.current
        if self._holder is not None and self._holder is not mine:
            self._scheduler.pause(lambda: self._holder is None)
        self._holder = mine
        self._depth += 1
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: Any) -> None:
        self._depth -= 1
        if not self._depth:
            self._holder = None


class _Slots:
    def __init__(self, scheduler: Scheduler, life: Life, count: int) -> None:
        self._scheduler = scheduler
        self._life = life
        self._free = count

    def __enter__(self) -> Self:
        self._life.check()
        if not self._free:
            self._scheduler.pause(lambda: self._free > 0)
        self._free -= 1
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: Any) -> None:
        self._free += 1


class _Task(Generic[T]):
    def __init__(self, pool: _Pool, work: Callable[[], T]) -> None:
        self._pool = pool
        self._work = work
        self._value: list[T] = []
        self._error: BaseException | None = None
        self.ended = False

    def run(self) -> None:
        try:
            self._value.append(self._work())
        except BaseException as error:
            self._error = error
        self.ended = True

    def result(self) -> T:
        self._pool.wait_for(lambda: self.ended)
        if self._error is not None:
            raise self._error
        return self._value[0]

    def error(self) -> BaseException | None:
        self._pool.wait_for(lambda: self.ended)
        return self._error


class _Pool:
    def __init__(self, scheduler: Scheduler, life: Life, size: int) -> None:
        self._scheduler = scheduler
        self._life = life
        self._size = size
        self._queue: list[_Task[Any]] = []
        self._running = 0

    def wait_for(self, until: Callable[[], bool]) -> None:
        """Pause until something is true, unless it is."""
        self._life.check()
        if not until():
            self._scheduler.pause(until)

    def submit(self, work: Callable[[], T]) -> Task[T]:
        self._life.check()
        task = _Task(self, work)
        self._queue.append(task)
        if self._running < self._size:
            self._running += 1
            self._scheduler.spawn(self._life, "worker", self._work_off)
        return task

    def _work_off(self) -> None:
        while self._queue:
            self._queue.pop(0).run()
        self._running -= 1

    def ended(self, tasks: Iterable[Task[T]]) -> list[Task[T]]:
        known = [task for task in tasks if isinstance(task, _Task)]
        self.wait_for(lambda: any(task.ended for task in known) or not known)
        return [task for task in known if task.ended]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: Any) -> None:
        self.wait_for(lambda: not self._running)


class _Mailbox(Generic[T]):
    def __init__(self, deliver: Callable[[T], None]) -> None:
        self._deliver = deliver

    def post(self, item: T) -> bool:
        self._deliver(item)
        return True

    def close(self, patience: float) -> None:
        """Nothing is left to be delivered."""
