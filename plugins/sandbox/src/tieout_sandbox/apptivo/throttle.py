"""How a fake Apptivo defends itself against too many calls; nothing about the real way is published."""

from collections import deque

from starlette.responses import HTMLResponse, Response

from tieout_sandbox.apptivo.folder import Behaviour
from tieout_sandbox.clock import Clock


class Throttle:
    """Counts the calls of a sliding window, which runs faster with the clock's speed."""

    def __init__(self, behaviour: Behaviour, clock: Clock) -> None:
        self._behaviour = behaviour
        self._clock = clock
        self._times: deque[float] = deque()
        self._refused = 0

    def admits(self) -> bool:
        """Whether one more call is answered; it counts either way it goes."""
        now = self._clock.now().timestamp()
        oldest = now - self._clock.window(self._behaviour.calls_window)
        while self._times and self._times[0] <= oldest:
            self._times.popleft()
        if len(self._times) >= self._behaviour.calls:
            return False
        self._times.append(now)
        return True

    def answer(self) -> Response:
        """An empty body or a page, in turn: both are what clients report (facts/apptivo.md 1.5)."""
        self._refused += 1
        if self._refused % 2:
            return Response(b"")
        return HTMLResponse("<html><head><title>Apptivo</title></head><body>Service busy, please retry</body></html>")
