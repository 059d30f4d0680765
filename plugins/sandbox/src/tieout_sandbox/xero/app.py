"""The fake Xero as one application: sign-in, connections, accounting API and control surface under one origin."""

from base64 import urlsafe_b64encode
from collections.abc import Mapping
from hashlib import sha256
from threading import RLock
from typing import Any

from tieout_sandbox import errands
from tieout_sandbox.clock import Clock
from tieout_sandbox.control import Control
from tieout_sandbox.entropy import Entropy
from tieout_sandbox.exchange import Route
from tieout_sandbox.fake import Fake, Options
from tieout_sandbox.xero import organisation, scopes, webhooks
from tieout_sandbox.xero.api import AccountingApi
from tieout_sandbox.xero.books import Books
from tieout_sandbox.xero.chart import steady_id
from tieout_sandbox.xero.connections import Connections
from tieout_sandbox.xero.consent import ConsentPages
from tieout_sandbox.xero.gate import Gate
from tieout_sandbox.xero.grants import Consent, Grants
from tieout_sandbox.xero.idempotency import Idempotency
from tieout_sandbox.xero.limits import Quota
from tieout_sandbox.xero.oauth import Clients, TokenEndpoints
from tieout_sandbox.xero.tokens import Signer, User, shipped_key
from tieout_sandbox.xero.world import API, XeroWorld

_OTHER = "Second Company (AU)"
_PERSON = User("alex.demo@example.com")


def create(options: Options, clock: Clock) -> Fake:
    """The fake Xero of these options.

    Raises `MalformedFile` when the organisation file, or the state of an earlier run, cannot be used.
    """
    entropy = options.entropy("xero")
    signer = Signer(options.origin, entropy, _signing_key(options))
    before = (options.state or {}).get("Grants")
    grants = Grants(signer, clock, entropy, before or None)
    quota, idempotency = Quota(options.limits, clock), Idempotency(clock)
    world = XeroWorld(_books(options, clock, entropy), clock, entropy, signer, grants, quota, idempotency)
    clients = Clients(_client("web application"), _client("custom connection"))
    credentials = _credentials(options.origin, world, clients)
    gate = Gate(world, clock)
    pages = ConsentPages(
        grants,
        entropy,
        clients.web[0],
        lambda: [(tenant, each.books.organisation["Name"]) for tenant, each in world.organisations.items()],
    )
    api = AccountingApi(world, gate, clock)
    lock = RLock()
    hooks = webhooks.Webhooks(
        world,
        clock,
        entropy.apart("webhooks"),
        options.origin,
        lock,
        options.errands or errands.AtOnce(),
        options.post or errands.post,
    )
    routes = [
        Route(API + "{path:path}", api.endpoint, ("GET", "PUT", "POST", "DELETE", "PATCH")),
        hooks.route(),
        *pages.routes(),
        *TokenEndpoints(grants, signer, clients).routes(),
        *Connections(world, gate).routes(),
    ]
    return Fake(
        Control(clock, world, options.latency_ms),
        routes,
        credentials,
        lock=lock,
        lane=gate.lane,
        after=hooks.after,
        patient=(webhooks.PATH,),
    )


def _signing_key(options: Options) -> Mapping[str, Any] | None:
    """The private key of an earlier run, of the options, or that which ships; None where one is to be made."""
    before: Mapping[str, Any] | None = (options.state or {}).get("Grants", {}).get("Key")
    return before or options.signing_key or (None if options.seed is None else shipped_key())


def _books(options: Options, clock: Clock, entropy: Entropy) -> list[Books]:
    """The main organisation and the other one."""
    given: Mapping[str, Any]
    if options.state is not None:
        given, source = options.state, "the state file"
    elif isinstance(options.organisation, Mapping):
        given, source = options.organisation, "the organisation"
    elif options.organisation is not None:
        given, source = organisation.read(options.organisation), str(options.organisation)
    else:
        given, source = organisation.seed(), "the seed"
    other = organisation.seed(_OTHER)
    return [
        organisation.books(given, source, clock, entropy),
        organisation.books(other, "the seed", clock, entropy),
    ]


def _credentials(origin: str, world: XeroWorld, clients: Clients) -> dict[str, Any]:
    """Connect the main organisation to both applications and tell how to reach it."""
    tenant, name = world.main.books.tenant, world.main.books.organisation["Name"]
    consent = Consent(clients.web[0], _PERSON, scopes.FULL, world.entropy.id())
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
