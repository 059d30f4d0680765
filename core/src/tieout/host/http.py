"""The HTTP client given to plugins: limits, retries, redaction and the list of allowed hosts are inside.

A read may be repeated, so it is, with back-off. A write is sent once: whatever leaves its outcome open is
`OutcomeUnknown`, and only a look-up decides what happened. This is the one module that knows the transport.
"""

from __future__ import annotations

import ssl
import threading
from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from functools import cache
from types import TracebackType
from typing import Any, Literal, Self

import httpx

from tieout import __version__
from tieout.api.clock import Clock
from tieout.api.codec import dumps
from tieout.api.errors import ContractError, OutcomeUnknown, ReauthNeeded, Throttled, TieoutError, Unavailable
from tieout.api.http import Calls, Reply, excerpt
from tieout.api.runtime import RECEIVED, SENT, Runtime
from tieout.api.secret import redact
from tieout.host.quota import Quota, retry_after

HttpAuth = httpx.Auth
HttpRequest = httpx.Request
HttpResponse = httpx.Response

TRIES = 5
PATIENCE = timedelta(minutes=5)
"""How long a read waits for a limit by itself; a longer wait is the caller's to decide."""

_UNSENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol, httpx.ProxyError)
_TIMEOUT = httpx.Timeout(60, connect=10)


class HttpClient:
    """The way out of one connection; safe to use from several threads.

    `params` go into the query, `form` is sent as a form and `body` as JSON with amounts as numbers. Both calls raise
    `ReauthNeeded` on 401 and 403, and return every other answer that is not a failure of the system itself. Made by
    core and the conformance kit, never by a plugin.
    """

    def __init__(
        self,
        name: str,
        *,
        hosts: Iterable[str],
        quota: Quota,
        clock: Clock,
        authenticate: Callable[[], HttpAuth | None] = lambda: None,
        stop: threading.Event | None = None,
        runtime: Runtime | None = None,
    ) -> None:
        self._name = name
        self._hosts = frozenset(host.lower() for host in hosts)
        self._quota = quota
        self._clock = clock
        self._authenticate = authenticate
        self._stop = stop or threading.Event()
        agent = {"User-Agent": f"tieout/{__version__}"}
        self._runtime = runtime or Runtime()
        transport = self._runtime.transport()
        verify = _certificates() if transport is None else False
        self._client = httpx.Client(verify=verify, transport=transport, timeout=_TIMEOUT, headers=agent)
        self._lock = threading.Lock()
        self._calls = {"read": 0, "write": 0}

    @property
    def calls(self) -> Calls:
        """The calls sent so far, repeated ones included; those for tokens are not counted."""
        with self._lock:
            return Calls(reads=self._calls["read"], writes=self._calls["write"])

    def read(
        self,
        method: str,
        url: str,
        *,
        params: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        form: Mapping[str, Any] | None = None,
        body: Any = None,
    ) -> Reply:
        """Ask for something without changing anything, up to five times.

        Raises `Unavailable` when the system cannot be reached or fails, `Throttled` when a limit is used up for longer
        than a few minutes, `ReauthNeeded`, and `ContractError` for a host that the connector did not declare.
        """
        attempt = 0
        while True:
            attempt += 1
            request = self._request(method, url, headers, params=params, data=form, body=body)
            try:
                return _expected(self._send(request, "read"))
            except Unavailable:
                if attempt == TRIES or self._stop.is_set():
                    raise
                seconds = min(0.5 * 2**attempt, 30.0) * self._runtime.entropy.between(0.5, 1.0)
            except Throttled as error:
                left = error.until - self._clock.now()
                if attempt == TRIES or error.lasting or left > PATIENCE:
                    raise
                seconds = max(left.total_seconds(), 0.0)
            self._clock.wait(seconds, self._stop)

    def write(
        self,
        method: str,
        url: str,
        *,
        params: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        form: Mapping[str, Any] | None = None,
        body: Any = None,
        content: bytes | None = None,
    ) -> Reply:
        """Change something: sent once and never repeated; `content` is sent as it is, a file.

        Raises `OutcomeUnknown` when it may or may not have happened; `Unavailable`, `Throttled`, `ReauthNeeded` and
        `ContractError` when it certainly did not.
        """
        parts = {"params": params, "data": form, "content": content}
        return self._send(self._request(method, url, headers, body=body, **parts), "write")

    def bare(self, url: str, *, headers: Mapping[str, str], form: str) -> Reply:
        """POST an encoded form without this connection's authentication and outside its limits: a call for tokens.

        Raises `Unavailable` and `Throttled`.
        """
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        request = self._request("POST", url, {**kind, **headers}, content=form.encode())
        response = self._exchanged(request, None, Unavailable)
        if response.status_code == httpx.codes.TOO_MANY_REQUESTS:
            now = self._clock.now()
            raise Throttled(
                f"{request.url.host} gives no tokens at the moment",
                until=retry_after(response.headers, now) or now + timedelta(minutes=1),
                scope="minute",
                fix="Try again in a minute.",
                said=excerpt(response.text),
            )
        return _judged(request, response, Unavailable)

    def close(self) -> None:
        """Close the connections to the system."""
        self._client.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _request(
        self, method: str, url: str, headers: Mapping[str, str] | None, *, body: Any = None, **parts: Any
    ) -> httpx.Request:
        kind = {"Accept": "application/json"}
        if body is not None:
            parts["content"] = dumps(body)
            kind["Content-Type"] = "application/json"
        request = self._client.build_request(method, url, headers={**kind, **(headers or {})}, **parts)
        if request.url.host not in self._hosts:
            raise ContractError(
                f"the plugin of {self._name} wanted to call {request.url.host}",
                why=f"It declares {', '.join(sorted(self._hosts))} only.",
                fix="Report this as a bug of the plugin.",
            )
        return request

    def _send(self, request: httpx.Request, way: Literal["read", "write"]) -> Reply:
        lost = Unavailable if way == "read" else OutcomeUnknown
        auth = self._authenticate()
        with self._quota.call():
            with self._lock:
                self._calls[way] += 1
            response = self._exchanged(request, auth, lost)
        if response.status_code == httpx.codes.TOO_MANY_REQUESTS:
            raise self._quota.refused(response.headers, excerpt(response.text))
        self._quota.heard(response.headers)
        if response.status_code in (httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN):
            raise ReauthNeeded(
                f"{self._name} is not allowed to {_call(request)} (status {response.status_code})",
                why="The consent has ended, was withdrawn, or does not cover this.",
                fix=f"Connect again: tieout connect {self._name}",
                said=excerpt(response.text or response.headers.get("www-authenticate", "")),
            )
        return _judged(request, response, lost)

    def _exchanged(self, request: httpx.Request, auth: HttpAuth | None, lost: type[TieoutError]) -> httpx.Response:
        try:
            self._runtime.signal(SENT)
            return self._client.send(request, auth=auth)
        except httpx.HTTPError as error:
            # an auth flow makes calls of its own: when those fail the request itself was not sent
            sent = not isinstance(error, _UNSENT) and error.request.url == request.url
            raise (lost if sent else Unavailable)(
                f"{_call(request)} was not answered" if sent else f"{error.request.url.host} cannot be reached",
                why=f"{type(error).__name__}: {redact(str(error))}",
                fix="Tieout looks up what happened before it sends anything again."
                if sent and lost is OutcomeUnknown
                else "Check the network and the address in the configuration, and try again.",
            ) from error
        finally:
            self._runtime.signal(RECEIVED)


@cache
def _certificates() -> ssl.SSLContext:
    """Whom to trust: read once, because that takes longer than all else about a client."""
    return httpx.create_ssl_context()


def _judged(request: httpx.Request, response: httpx.Response, lost: type[TieoutError]) -> Reply:
    if response.status_code == httpx.codes.INTERNAL_SERVER_ERROR and lost is OutcomeUnknown:
        # the system itself gave up; a gateway's 502 to 504 may leave the call under way behind it
        raise OutcomeUnknown(
            f"{_call(request)} failed with status 500",
            answered=True,
            why="The system failed by itself, perhaps half-way.",
            fix="Tieout looks up what happened before it sends anything again.",
            said=excerpt(response.text),
        )
    if response.status_code >= 500:
        raise lost(
            f"{_call(request)} failed with status {response.status_code}",
            why="The system failed by itself.",
            fix="Try again later; nothing has to be changed here.",
            said=excerpt(response.text),
        )
    return Reply(response.status_code, response.headers, response.content, _call(request), lost)


def _expected(reply: Reply) -> Reply:
    """The same answer, unless it is a page or nothing where JSON was asked for: something in between answered."""
    page = "html" in reply.headers.get("content-type", "")
    if reply.status == httpx.codes.OK and (page or not reply.content):
        reply.json()
    return reply


def _call(request: httpx.Request) -> str:
    """What a person may see of a call: never its query, which may carry a secret."""
    return f"{request.method} {request.url.host}{request.url.path}"
