"""Access and id tokens as signed JWTs, with the claims of docs/facts/xero.md, "Tokens", and the public key to check
them."""

from base64 import urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from joserfc import jwt
from joserfc.jwk import RSAKey

from tieout_sandbox import codec
from tieout_sandbox.entropy import Entropy
from tieout_sandbox.xero.chart import steady_id

ACCESS_LIFE = timedelta(minutes=30)
ID_LIFE = timedelta(minutes=5)
_SHIPPED = Path(__file__).with_name("signing-key.json")


@dataclass(frozen=True, slots=True)
class User:
    """A person who can sign in."""

    email: str

    @property
    def identity(self) -> str:
        """The user's id in Xero."""
        return steady_id(f"user/{self.email}")

    @property
    def names(self) -> tuple[str, str]:
        """Given and family name, made up from the address."""
        first, _, last = self.email.partition("@")[0].partition(".")
        return first.capitalize() or "Demo", last.capitalize() or "User"


class Signer:
    """Signs tokens with the private key that it is given as a JWK, or with one made when it starts."""

    def __init__(self, issuer: str, entropy: Entropy, key: Mapping[str, Any] | None = None) -> None:
        self.issuer = issuer
        self._entropy = entropy
        if key is None:
            kid = entropy.hex(16).upper()
            self._key = RSAKey.generate_key(2048, {"use": "sig", "alg": "RS256", "kid": kid}, private=True)
        else:
            self._key = _imported(codec.dumps(key))

    def key(self) -> dict[str, Any]:
        """The private key, as the next run needs it."""
        return self._key.as_dict(private=True)

    def public_keys(self) -> dict[str, Any]:
        """The JWKS."""
        return {"keys": [self._key.as_dict(private=False)]}

    def access_token(self, client: str, user: User | None, scopes: list[str], event: str | None, now: datetime) -> str:
        """A token for calls; `event` is the consent that it comes from, None for a custom connection."""
        claims: dict[str, Any] = {
            **self._times(now, ACCESS_LIFE),
            "aud": f"{self.issuer}/resources",
            "client_id": client,
            "jti": self._entropy.hex(16),
            "scope": scopes,
        }
        if user is not None:
            claims |= {**self._person(user), "auth_time": int(now.timestamp()), "idp": "local", "amr": ["ssa"]}
        if event is not None:
            claims["authentication_event_id"] = event
        return self._signed(claims)

    def id_token(self, client: str, user: User, access_token: str, now: datetime) -> str:
        """A token that says who signed in."""
        given, family = user.names
        half = sha256(access_token.encode()).digest()[:16]
        return self._signed(
            {
                **self._times(now, ID_LIFE),
                **self._person(user),
                "aud": client,
                "auth_time": int(now.timestamp()),
                "at_hash": urlsafe_b64encode(half).decode().rstrip("="),
                "sid": self._entropy.hex(16),
                "email": user.email,
                "given_name": given,
                "family_name": family,
                "preferred_username": user.email,
            }
        )

    def _times(self, now: datetime, life: timedelta) -> dict[str, Any]:
        start = int(now.timestamp())
        return {"iss": self.issuer, "nbf": start, "iat": start, "exp": start + int(life.total_seconds())}

    def _signed(self, claims: dict[str, Any]) -> str:
        return jwt.encode({"alg": "RS256", "kid": self._key.kid, "typ": "JWT"}, claims, self._key)

    def _person(self, user: User) -> dict[str, str]:
        return {
            "sub": sha256(user.identity.encode()).hexdigest()[:32],
            "xero_userid": user.identity,
            "global_session_id": self._entropy.hex(16),
        }


def shipped_key() -> dict[str, Any]:
    """The private key that ships, for sandboxes that are to be the same at every start; it is no secret."""
    key: dict[str, Any] = codec.loads(_SHIPPED.read_bytes())
    return key


@lru_cache(maxsize=16)
def _imported(jwk: str) -> RSAKey:
    """The key of a JWK; it is checked once, because that takes as long as a hundred calls."""
    return RSAKey.import_key(codec.loads(jwk))
