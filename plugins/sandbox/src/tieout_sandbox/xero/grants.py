"""Who has consented to what: codes, refresh tokens, access tokens, connections.

Source: docs/facts/xero.md, "Consent", "Tokens", "Connections".
"""

from base64 import urlsafe_b64encode
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from tieout_sandbox.clock import Clock
from tieout_sandbox.entropy import Entropy
from tieout_sandbox.xero import scopes
from tieout_sandbox.xero.tokens import ACCESS_LIFE, Signer, User

CODE_LIFE = timedelta(minutes=5)
REFRESH_LIFE = timedelta(days=60)
GRACE = timedelta(minutes=30)


class GrantRefused(Exception):
    """A token request refused with an OAuth 2 error code."""


@dataclass(frozen=True, slots=True)
class Consent:
    """What a user allowed an application; `challenge` is the S256 challenge of PKCE, `event` the id of this consent."""

    client: str
    user: User
    scopes: tuple[str, ...]
    event: str
    redirect: str = ""
    challenge: str = ""


@dataclass(frozen=True, slots=True)
class Access:
    """What an access token allows. `user` is None for a custom connection."""

    client: str
    user: User | None
    scopes: frozenset[str]
    expires: datetime


@dataclass(slots=True)
class _Refresh:
    consent: Consent
    expires: datetime
    used: datetime | None = None


@dataclass(slots=True)
class _Code:
    consent: Consent
    expires: datetime


class Grants:
    """Every grant of this sandbox."""

    def __init__(self, signer: Signer, clock: Clock, entropy: Entropy, state: dict[str, Any] | None = None) -> None:
        self._signer = signer
        self._clock = clock
        self._entropy = entropy
        self._codes: dict[str, _Code] = {}
        self._refreshes: dict[str, _Refresh] = {}
        self._accesses: dict[str, Access] = {}
        self.connections: list[dict[str, Any]] = []
        if state is not None:
            self._restore(state)

    def state(self) -> dict[str, Any]:
        """Tokens and connections in JSON, as the next run needs them; codes end with the run."""
        return {
            "Connections": [{**each, "user": each["user"] and each["user"].email} for each in self.connections],
            "Accesses": {
                token: {**_plain(each), "scopes": sorted(each.scopes), "expires": each.expires.isoformat()}
                for token, each in self._accesses.items()
            },
            "Refreshes": {
                token: {
                    "consent": _plain(each.consent),
                    "expires": each.expires.isoformat(),
                    "used": each.used and each.used.isoformat(),
                }
                for token, each in self._refreshes.items()
            },
        }

    def _restore(self, state: dict[str, Any]) -> None:
        self.connections = [{**each, "user": _user(each["user"])} for each in state["Connections"]]
        for token, each in state["Accesses"].items():
            expires = datetime.fromisoformat(each["expires"])
            self._accesses[token] = Access(each["client"], _user(each["user"]), frozenset(each["scopes"]), expires)
        for token, each in state["Refreshes"].items():
            given = each["consent"]
            consent = Consent(**{**given, "user": User(given["user"]), "scopes": tuple(given["scopes"])})
            used = each["used"] and datetime.fromisoformat(each["used"])
            self._refreshes[token] = _Refresh(consent, datetime.fromisoformat(each["expires"]), used)

    def code(self, consent: Consent) -> str:
        """A code for the token endpoint: good once, for five minutes."""
        code = self._entropy.token(32)
        self._codes[code] = _Code(consent, self._clock.now() + CODE_LIFE)
        return code

    def exchange(self, client: str, code: str, redirect: str, verifier: str, proven: str) -> dict[str, Any]:
        """Tokens for a code. `proven` says how the application showed who it is: `secret` or `pkce`.

        Raises `GrantRefused`.
        """
        found = self._codes.pop(code, None)
        if found is None or found.expires <= self._clock.now():
            raise GrantRefused("invalid_grant")
        consent = found.consent
        if consent.client != client or consent.redirect != redirect:
            raise GrantRefused("invalid_grant")
        if consent.challenge:
            if not 43 <= len(verifier) <= 128 or _challenge(verifier) != consent.challenge:
                raise GrantRefused("invalid_grant")
        elif proven != "secret":
            raise GrantRefused("invalid_client")
        return self.issue(consent)

    def refresh(self, client: str, token: str, proven: str) -> dict[str, Any]:
        """New tokens for a refresh token, which may be repeated for 30 minutes after its first use.

        Raises `GrantRefused`.
        """
        found, now = self._refreshes.get(token), self._clock.now()
        if found is None or found.consent.client != client or found.expires <= now:
            raise GrantRefused("invalid_grant")
        if proven != "secret" and not found.consent.challenge:
            raise GrantRefused("invalid_client")
        if found.used is not None and now - found.used > GRACE:
            raise GrantRefused("invalid_grant")
        found.used = found.used or now
        return self.issue(found.consent)

    def issue(self, consent: Consent) -> dict[str, Any]:
        """A token set for a consent."""
        now, wanted = self._clock.now(), list(consent.scopes)
        access = self._signer.access_token(consent.client, consent.user, wanted, consent.event, now)
        self._accesses[access] = Access(consent.client, consent.user, frozenset(wanted), now + ACCESS_LIFE)
        answer = _token_set(access, wanted)
        if "openid" in wanted:
            answer["id_token"] = self._signer.id_token(consent.client, consent.user, access, now)
        if "offline_access" in wanted:
            answer["refresh_token"] = self._entropy.token(32)
            self._refreshes[answer["refresh_token"]] = _Refresh(consent, now + REFRESH_LIFE)
        return answer

    def issue_custom(self, client: str, wanted: list[str]) -> dict[str, Any]:
        """A token for a custom connection: no person, no refresh."""
        now = self._clock.now()
        wanted = wanted or [scope for scope in scopes.FULL if scope.startswith("accounting.")]
        access = self._signer.access_token(client, None, wanted, None, now)
        self._accesses[access] = Access(client, None, frozenset(wanted), now + ACCESS_LIFE)
        return _token_set(access, wanted)

    def access(self, token: str) -> Access | None:
        """What a token allows, also when it is over; None for one that was never issued."""
        return self._accesses.get(token)

    def connect(self, consent: Consent, tenant: str, name: str) -> None:
        """Connect an organisation; one that was connected before keeps its connection."""
        self._connect(consent.client, consent.user, consent.event, tenant, name)

    def connect_custom(self, client: str, tenant: str, name: str) -> None:
        """Connect the one organisation of a custom connection."""
        self._connect(client, None, self._entropy.id(), tenant, name)

    def _connect(self, client: str, user: User | None, event: str, tenant: str, name: str) -> None:
        moment = self._clock.now().strftime("%Y-%m-%dT%H:%M:%S.%f0")
        for connection in self.connections:
            if (connection["tenantId"], connection["user"], connection["client"]) == (tenant, user, client):
                connection |= {"authEventId": event, "updatedDateUtc": moment}
                return
        connection = {"id": self._entropy.id(), "authEventId": event, "tenantId": tenant, "tenantType": "ORGANISATION"}
        connection |= {"tenantName": name, "createdDateUtc": moment, "updatedDateUtc": moment}
        self.connections.append({**connection, "user": user, "client": client})

    def connected(self, access: Access) -> list[dict[str, Any]]:
        """The connections that a token reaches."""
        return [each for each in self.connections if (each["user"], each["client"]) == (access.user, access.client)]

    def disconnect(self, identity: str) -> bool:
        """Remove a connection; False when there is none of this id."""
        before = len(self.connections)
        self.connections[:] = [each for each in self.connections if each["id"] != identity]
        return len(self.connections) < before

    def revoke(self, client: str, token: str) -> None:
        """End the grant of a refresh token, and every connection of its user to the application."""
        found = self._refreshes.get(token)
        if found is None or found.consent.client != client:
            return
        user = found.consent.user
        self._refreshes = {name: each for name, each in self._refreshes.items() if each.consent.user != user}
        self.connections[:] = [each for each in self.connections if each["user"] != user]


def _plain(one: Access | Consent) -> dict[str, Any]:
    """What has fields, as a mapping in which a user is an address."""
    held = {each.name: getattr(one, each.name) for each in fields(one)}
    return {**held, "user": one.user and one.user.email}


def _user(email: str | None) -> User | None:
    return User(email) if email else None


def _token_set(access: str, wanted: list[str]) -> dict[str, Any]:
    seconds = int(ACCESS_LIFE.total_seconds())
    return {"access_token": access, "expires_in": seconds, "token_type": "Bearer", "scope": " ".join(wanted)}


def _challenge(verifier: str) -> str:
    return urlsafe_b64encode(sha256(verifier.encode()).digest()).decode().rstrip("=")
