"""The organisations that a token reaches: `/connections` (docs/facts/xero.md, "Connections")."""

from tieout_sandbox.exchange import Request, Response, Route, json_answer
from tieout_sandbox.xero.gate import Gate
from tieout_sandbox.xero.problems import NotFound, Problem, forbidden
from tieout_sandbox.xero.world import XeroWorld

_SHOWN = ("id", "authEventId", "tenantId", "tenantType", "tenantName", "createdDateUtc", "updatedDateUtc")


class Connections:
    """Listing and removing connections."""

    def __init__(self, world: XeroWorld, gate: Gate) -> None:
        self._world = world
        self._gate = gate

    def routes(self) -> list[Route]:
        """The routes of the endpoints, in the case of the documentation and in that of the OpenAPI file."""
        return [
            route
            for path in ("/connections", "/Connections")
            for route in (Route(path, self.list), Route(f"{path}/{{identity}}", self.delete, methods=("DELETE",)))
        ]

    def list(self, request: Request) -> Response:
        """The connections, or those of one consent."""
        try:
            access = self._gate.bearer(request)
        except Problem as problem:
            return problem.answer(self._world.entropy)
        found = self._world.grants.connected(access)
        event = request.query.get("authEventId")
        if event is not None:
            found = [each for each in found if each["authEventId"] == event]
        return json_answer([{name: each[name] for name in _SHOWN} for each in found])

    def delete(self, request: Request) -> Response:
        """Remove one by its own id; the id of an organisation is refused."""
        try:
            access = self._gate.bearer(request)
            found = self._world.grants.connected(access)
            identity = request.path_params["identity"].lower()
            if identity in {each["tenantId"] for each in found}:
                raise forbidden()
            if identity not in {each["id"] for each in found}:
                raise NotFound
        except Problem as problem:
            return problem.answer(self._world.entropy)
        except NotFound as unknown:
            return unknown.answer()
        self._world.grants.disconnect(identity)
        return Response(status=204)
