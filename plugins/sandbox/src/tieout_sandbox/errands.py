"""What a fake system does besides answering: it reaches others, now or while it goes on."""

from collections.abc import Callable, Mapping
from concurrent.futures import Executor, Future
from http.client import HTTPConnection, HTTPException
from threading import RLock
from typing import Any
from urllib.parse import urlsplit

_SECONDS = 5


class AtOnce(Executor):
    """Does everything before the caller goes on, one thing at a time."""

    def __init__(self) -> None:
        self._lock = RLock()

    def submit(self, errand: Callable[..., Any], /, *given: Any, **named: Any) -> Future[Any]:
        """Do it and return what came of it."""
        done: Future[Any] = Future()
        with self._lock:
            try:
                done.set_result(errand(*given, **named))
            except Exception as error:
                done.set_exception(error)
        return done


def post(url: str, body: bytes, headers: Mapping[str, str]) -> int | None:
    """Send a body over a connection of its own; the status of the answer, None when there is none within 5 s."""
    parts = urlsplit(url)
    connection = HTTPConnection(parts.hostname or "", parts.port, timeout=_SECONDS)
    try:
        connection.request("POST", parts.path or "/", body, dict(headers))
        return connection.getresponse().status
    except (OSError, HTTPException):
        return None
    finally:
        connection.close()
