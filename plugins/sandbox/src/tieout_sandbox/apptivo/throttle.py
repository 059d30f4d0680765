"""How a fake Apptivo refuses to answer: too many calls, and the odd one for no reason; none of it is published."""

from collections import deque

from tieout_sandbox.apptivo.folder import Behaviour
from tieout_sandbox.clock import Clock
from tieout_sandbox.exchange import Response, text_answer


class Throttle:
    """Counts the calls of a sliding window, which runs faster with the clock's speed."""

    def __init__(self, behaviour: Behaviour, clock: Clock) -> None:
        self._behaviour = behaviour
        self._clock = clock
        self._times: deque[float] = deque()
        self._refused = 0
        self._calls = 0

    def refusal(self) -> Response | None:
        """What the next call is answered with instead of its answer; None when it is admitted.

        Past the limit it is an empty body or a page, in turn: both are what clients report (docs/facts/apptivo.md,
        "Throttling").
        """
        self._calls += 1
        if not self._admits():
            self._refused += 1
            return Response() if self._refused % 2 else _busy()
        if _turn(self._calls, self._behaviour.html_every):
            return _busy()
        return Response() if _turn(self._calls, self._behaviour.empty_every) else None

    def _admits(self) -> bool:
        now = self._clock.now().timestamp()
        oldest = now - self._clock.window(self._behaviour.calls_window)
        while self._times and self._times[0] <= oldest:
            self._times.popleft()
        if len(self._times) >= self._behaviour.calls:
            return False
        self._times.append(now)
        return True


def _turn(count: int, every: int) -> bool:
    return every > 0 and count % every == 0


def _busy() -> Response:
    return text_answer("<html><head><title>Apptivo</title></head><body>Service busy, please retry</body></html>")
