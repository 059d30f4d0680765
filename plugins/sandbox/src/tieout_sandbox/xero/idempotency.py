"""Answers kept by `Idempotency-Key` for six minutes, to be given again to the same call.

Source: docs/facts/xero.md, "Idempotency keys".
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

from tieout_sandbox.clock import Clock
from tieout_sandbox.exchange import Response
from tieout_sandbox.xero.problems import bad_request

_LIFE = timedelta(minutes=6)
_LONGEST = 128


@dataclass(frozen=True, slots=True)
class _Kept:
    call: bytes
    until: datetime
    status: int
    body: bytes
    media_type: str | None


class Idempotency:
    """The answers of the last six minutes, by application and key."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._kept: dict[tuple[str, str], _Kept] = {}

    def recall(self, client: str, key: str, call: bytes) -> Response | None:
        """The answer given before to this very call (see `fingerprint`); None when the key is new.

        Raises `Problem` (400) when the key is too long or was used with another call.
        """
        if len(key) > _LONGEST:
            raise bad_request(f"Idempotency Key: {key} has {len(key)} characters, at most {_LONGEST} are allowed.")
        now = self._clock.now()
        for old in [name for name, kept in self._kept.items() if kept.until <= now]:
            del self._kept[old]
        kept = self._kept.get((client, key))
        if kept is None:
            return None
        if kept.call != call:
            raise bad_request(f"Idempotency Key: {key} is used with a different request.")
        return Response(kept.body, kept.status, kept.media_type)

    def keep(self, client: str, key: str, call: bytes, answer: Response) -> None:
        """Keep an answer for the six minutes that follow."""
        until = self._clock.now() + _LIFE
        self._kept[client, key] = _Kept(call, until, answer.status, answer.body, answer.media_type)

    def reset(self) -> None:
        """Forget everything."""
        self._kept.clear()


def fingerprint(method: str, url: str, body: bytes) -> bytes:
    """What makes a call the same call."""
    return sha256(b"\n".join((method.encode(), url.encode(), body))).digest()
