"""The one source of threads and of what lets them wait for each other.

Everything that runs beside the caller, and every wait for another thread, goes through `Threads`, so that a simulation
can run one thread at a time and decide which.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import AbstractContextManager, contextmanager, suppress
from types import TracebackType
from typing import Any, Generic, Protocol, Self, TypeVar

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)
T_contra = TypeVar("T_contra", contravariant=True)


class Task(Protocol[T_co]):
    """Work that was handed to a pool."""

    def result(self) -> T_co:
        """Wait until it has ended and return what it returned, or raise what it raised."""

    def error(self) -> BaseException | None:
        """Wait until it has ended and return what it raised; None if it returned."""


class Pool(Protocol):
    """Threads that carry out tasks; leaving its block waits for all of them."""

    def submit(self, work: Callable[[], T]) -> Task[T]:
        """Carry `work` out as soon as a thread is free."""

    def ended(self, tasks: Iterable[Task[T]]) -> list[Task[T]]:
        """Wait until one of `tasks` has ended; return all that have, in the given order."""

    def __enter__(self) -> Self:
        """Begin the block."""

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: Any) -> None:
        """Wait for all tasks."""


class Mailbox(Protocol[T_contra]):
    """A bounded queue, and the thread that delivers what is posted."""

    def post(self, item: T_contra) -> bool:
        """Queue an item and return at once; False when the queue is full."""

    def close(self, patience: float) -> None:
        """Wait until everything is delivered, for at most `patience` seconds."""


class Threads:
    """Real threads, from the standard library."""

    def lock(self) -> AbstractContextManager[Any]:
        """Return a lock that its holder may take again."""
        return threading.RLock()

    def slots(self, count: int) -> AbstractContextManager[Any]:
        """Return a lock that so many threads may hold at once."""
        return threading.BoundedSemaphore(count)

    def pool(self, size: int) -> Pool:
        """Return a pool of at most so many threads."""
        return _Pool(size)

    def mailbox(self, name: str, deliver: Callable[[T], None], capacity: int) -> Mailbox[T]:
        """Start a thread that gives each posted item to `deliver`, in order."""
        return _Mailbox(name, deliver, capacity)

    @contextmanager
    def every(self, seconds: float, work: Callable[[], bool]) -> Iterator[None]:
        """Call `work` every so many seconds beside the block, until it returns False or the block ends."""
        over = threading.Event()

        def repeat() -> None:
            while not over.wait(seconds) and work():
                pass

        thread = threading.Thread(target=repeat, daemon=True)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()


class _Task(Generic[T]):
    def __init__(self, future: Future[T]) -> None:
        self.future = future

    def result(self) -> T:
        return self.future.result()

    def error(self) -> BaseException | None:
        return self.future.exception()


class _Pool:
    def __init__(self, size: int) -> None:
        self._executor = ThreadPoolExecutor(max_workers=size)

    def submit(self, work: Callable[[], T]) -> Task[T]:
        return _Task(self._executor.submit(work))

    def ended(self, tasks: Iterable[Task[T]]) -> list[Task[T]]:
        waiting = [task for task in tasks if isinstance(task, _Task)]
        done = wait([task.future for task in waiting], return_when=FIRST_COMPLETED).done
        return [task for task in waiting if task.future in done]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._executor.shutdown(wait=True)


class _Mailbox(Generic[T]):
    def __init__(self, name: str, deliver: Callable[[T], None], capacity: int) -> None:
        self._deliver = deliver
        self._queue: queue.Queue[tuple[T] | None] = queue.Queue(capacity)
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def post(self, item: T) -> bool:
        try:
            self._queue.put_nowait((item,))
        except queue.Full:
            return False
        return True

    def close(self, patience: float) -> None:
        with suppress(queue.Full):
            self._queue.put(None, timeout=patience)
        self._thread.join(patience)

    def _run(self) -> None:
        while (posted := self._queue.get()) is not None:
            self._deliver(*posted)
