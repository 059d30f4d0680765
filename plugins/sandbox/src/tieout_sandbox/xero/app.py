"""The fake Xero as one application: sign-in, connections, accounting API and control surface under one origin."""

from base64 import urlsafe_b64encode
from hashlib import sha256
from typing import Any

from starlette.applications import Starlette
from starlette.routing import Route

from tieout_sandbox.clock import Clock
from tieout_sandbox.control import Control, ControlMiddleware
from tieout_sandbox.fake import Fake, Options
from tieout_sandbox.xero import organisation, scopes
from tieout_sandbox.xero.api import AccountingApi
from tieout_sandbox.xero.books import new_id
from tieout_sandbox.xero.chart import steady_id
from tieout_sandbox.xero.connections import Connections
from tieout_sandbox.xero.consent import ConsentPages
from tieout_sandbox.xero.gate import Gate, InFlight
from tieout_sandbox.xero.grants import Consent, Grants
from tieout_sandbox.xero.idempotency import Idempotency
from tieout_sandbox.xero.limits import Quota
from tieout_sandbox.xero.oauth import Clients, TokenEndpoints
from tieout_sandbox.xero.tokens import Signer, User
from tieout_sandbox.xero.webhooks import Announcing, Webhooks, webhook_route
from tieout_sandbox.xero.world import API, XeroWorld

_OTHER = "Second Company (AU)"
_PERSON = User("alex.demo@example.com")


def create(options: Options, clock: Clock) -> Fake:
    """The fake Xero of these options.

    Raises `MalformedFile` when the organisation file, or the state of an earlier run, cannot be used.
    """
    if options.state is not None:
        given, source = options.state, "the state file"
    elif options.organisation is not None:
        given, source = organisation.read(options.organisation), str(options.organisation)
    else:
        given, source = organisation.seed(), "the seed"

    books = [organisation.books(given, source, clock), organisation.books(organisation.seed(_OTHER), "the seed", clock)]
    before = (options.state or {}).get("Grants", {})
    signer = Signer(options.origin, before.get("Key"))
    grants = Grants(signer, clock, before or None)
    world = XeroWorld(books, clock, signer, grants, Quota(options.limits, clock), Idempotency(clock))
    clients = Clients(_client("web application"), _client("custom connection"))
    credentials = _credentials(options.origin, world, clients)
    gate = Gate(world, clock)
    control = Control(clock, world, options.latency_ms)
    pages = ConsentPages(
        grants,
        clients.web[0],
        lambda: [(tenant, each.books.organisation["Name"]) for tenant, each in world.organisations.items()],
    )
    api = AccountingApi(world, gate, clock)
    webhooks = Webhooks(world, clock, options.origin)
    app = Starlette(
        routes=[
            *control.routes(),
            webhook_route(webhooks),
            *pages.routes(),
            *TokenEndpoints(grants, signer, clients).routes(),
            *Connections(world, gate).routes(),
            Route(API + "{path:path}", api.endpoint, methods=["GET", "PUT", "POST", "DELETE", "PATCH"]),
        ]
    )
    return Fake(InFlight(Announcing(ControlMiddleware(app, control), webhooks), grants), credentials)


def _credentials(origin: str, world: XeroWorld, clients: Clients) -> dict[str, Any]:
    """Connect the main organisation to both applications and tell how to reach it."""
    tenant, name = world.main.books.tenant, world.main.books.organisation["Name"]
    consent = Consent(clients.web[0], _PERSON, scopes.FULL, new_id())
    if not world.grants.connections:
        world.grants.connect(consent, tenant, name)
        world.grants.connect_custom(clients.custom[0], tenant, name)
    world.keep_connections()
    issued = world.grants.issue(consent)
    return {
        "api-url": f"{origin}/api.xro/2.0",
        "identity-url": origin,
        "client-id": clients.web[0],
        "client-secret": clients.web[1],
        "custom-connection": {"client-id": clients.custom[0], "client-secret": clients.custom[1]},
        "authorised": {"access-token": issued["access_token"], "refresh-token": issued["refresh_token"]},
        "tenant-id": tenant,
    }


def _client(name: str) -> tuple[str, str]:
    """Id and secret of an application: the same at every start, so that what was configured keeps working."""
    identity = steady_id(f"client/{name}")
    secret = urlsafe_b64encode(sha256(identity.encode()).digest()).decode().rstrip("=")
    return identity.replace("-", "").upper(), secret
