"""What stands before every call: token, organisation, limits, scope (facts/xero.md 1.6, 2.1)."""

from collections import Counter
from dataclasses import dataclass

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from tieout_sandbox.clock import Clock
from tieout_sandbox.xero import scopes
from tieout_sandbox.xero.grants import Access, Grants
from tieout_sandbox.xero.problems import forbidden, unauthorised
from tieout_sandbox.xero.resources import Resources
from tieout_sandbox.xero.world import API, XeroWorld

IN_FLIGHT = "tieout.in_flight"


@dataclass(frozen=True, slots=True)
class Pass:
    """A call that may go on: who makes it, and in which organisation."""

    access: Access
    resources: Resources


class Gate:
    """Decides whether a call may go on."""

    def __init__(self, world: XeroWorld, clock: Clock) -> None:
        self._world = world
        self._clock = clock

    def bearer(self, request: Request) -> Access:
        """What the call's token allows. Raises `Problem` (401)."""
        kind, _, token = request.headers.get("authorization", "").partition(" ")
        access = self._world.grants.access(token) if kind.lower() == "bearer" else None
        if access is None:
            raise unauthorised("AuthenticationUnsuccessful")
        if access.expires <= self._clock.now():
            raise unauthorised(f"TokenExpired: token expired at {access.expires:%m/%d/%Y %H:%M:%S}")
        return access

    def open(self, request: Request) -> Pass:
        """Let a call of the accounting API in.

        Raises `Problem` (401, 403) or `Throttled`.
        """
        access = self.bearer(request)
        reached = [connection["tenantId"] for connection in self._world.grants.connected(access)]
        named = request.headers.get("xero-tenant-id", "")
        if access.user is None and not named:
            named = next(iter(reached), "")
        if named not in reached:
            raise forbidden()
        self._world.quota.admit(named, access.client, request.scope.get(IN_FLIGHT, 1))
        return Pass(access, self._world.organisations[named])

    def check_scope(self, access: Access, plural: str, method: str) -> None:
        """Raises `Problem` (401) when the token lacks the scope for an endpoint."""
        if not scopes.allowed(access.scopes, plural, method):
            raise unauthorised("AuthorizationUnsuccessful")


class InFlight:
    """Counts the calls of the accounting API that are under way, from arrival to answer; it wraps everything else.

    They are counted for each application and organisation.
    """

    def __init__(self, app: ASGIApp, grants: Grants) -> None:
        self._app = app
        self._grants = grants
        self._counts: Counter[tuple[str, str]] = Counter()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not scope["path"].startswith(API):
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        access = self._grants.access(headers.get("authorization", "").partition(" ")[2])
        named = access.client if access else "", headers.get("xero-tenant-id", "")
        self._counts[named] += 1
        scope[IN_FLIGHT] = self._counts[named]
        try:
            await self._app(scope, receive, send)
        finally:
            self._counts[named] -= 1
            if not self._counts[named]:
                del self._counts[named]
