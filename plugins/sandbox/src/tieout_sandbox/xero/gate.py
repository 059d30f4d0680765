"""What stands before every call: token, organisation, limits, scope.

Source: docs/facts/xero.md, "Refused access", "Rate limits".
"""

from dataclasses import dataclass

from tieout_sandbox.clock import Clock
from tieout_sandbox.exchange import Request
from tieout_sandbox.xero import scopes
from tieout_sandbox.xero.grants import Access
from tieout_sandbox.xero.problems import forbidden, unauthorised
from tieout_sandbox.xero.resources import Resources
from tieout_sandbox.xero.world import API, XeroWorld


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

    def lane(self, request: Request) -> tuple[str, str] | None:
        """The application and organisation whose calls at once are counted together; None for what is no such call."""
        if not request.path.startswith(API):
            return None
        access = self._world.grants.access(request.headers.get("authorization").partition(" ")[2])
        return access.client if access else "", request.headers.get("xero-tenant-id")

    def bearer(self, request: Request) -> Access:
        """What the call's token allows. Raises `Problem` (401)."""
        kind, _, token = request.headers.get("authorization").partition(" ")
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
        named = request.headers.get("xero-tenant-id")
        if access.user is None and not named:
            named = next(iter(reached), "")
        if named not in reached:
            raise forbidden()
        self._world.quota.admit(named, access.client, request.notes.in_flight)
        return Pass(access, self._world.organisations[named])

    def check_scope(self, access: Access, plural: str, method: str) -> None:
        """Raises `Problem` (401) when the token lacks the scope for an endpoint."""
        if not scopes.allowed(access.scopes, plural, method):
            raise unauthorised("AuthorizationUnsuccessful")
