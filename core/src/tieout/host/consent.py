"""OAuth 2 for connectors that declare their addresses: consent with PKCE, renewal under a lease, revocation.

A connector names its URLs, its scopes and a function from the new tokens to tenants in an `OAuth`; everything else is
here. Rotated tokens are durable before they are used, and two processes never renew one grant at once.
"""

from __future__ import annotations

import base64
import hmac
from collections.abc import Generator, Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from authlib.oauth2.auth import ClientAuth
from authlib.oauth2.rfc6749.parameters import prepare_grant_uri, prepare_token_request
from authlib.oauth2.rfc7009 import prepare_revoke_token_request
from authlib.oauth2.rfc7636 import create_s256_code_challenge

from tieout.api.codec import loads
from tieout.api.contract import Answer, Connection, Consent, Tenant
from tieout.api.errors import ConfigError, ReauthNeeded, Refused, Unavailable
from tieout.api.http import Reply, excerpt
from tieout.host.http import HttpAuth, HttpRequest, HttpResponse

if TYPE_CHECKING:
    from tieout.api.oauth import OAuth
    from tieout.api.vault import Vault

LEEWAY = timedelta(seconds=120)
"""How long before its end a token is renewed."""


def authorise(oauth: OAuth, connection: Connection, redirect: str) -> Consent:
    """Where to send a person for consent. Raises `Refused` for a connection that needs none."""
    if oauth.grant == "client-credentials":
        raise Refused(
            f"{connection.name} needs no consent",
            why="It uses the credentials of a custom connection.",
            fix="Use it as it is: tieout check",
        )
    state, verifier = connection.entropy.token(32), connection.entropy.token(64)
    url = prepare_grant_uri(
        oauth.authorise_url,
        oauth.client_id,
        "code",
        redirect_uri=redirect,
        scope=list(oauth.scopes),
        state=state,
        code_challenge=create_s256_code_challenge(verifier),
        code_challenge_method="S256",
    )
    return Consent(url=url, state=state, verifier=verifier, redirect=redirect)


def complete(oauth: OAuth, connection: Connection, vault: Vault, answer: Answer) -> list[Tenant]:
    """Exchange the code of a consent for tokens, store them, and tell the tenants that they open.

    Raises `Refused` when the person declined or the answer does not belong to this consent.
    """
    given = answer.parameters
    if not hmac.compare_digest(given.get("state", "").encode(), answer.consent.state.encode()):
        raise Refused(
            "the answer does not belong to this consent",
            why="Its state differs from the one that was sent: it may come from an older tab, or from somebody else.",
            fix=f"Begin again: tieout connect {connection.name}",
        )
    if "error" in given:
        declined = given["error"] == "access_denied"
        raise Refused(
            "access was not allowed" if declined else "the consent failed",
            fix=f"Begin again and press Allow access: tieout connect {connection.name}",
            said=excerpt(given.get("error_description", given["error"])),
        )
    if not given.get("code"):
        raise Refused("the answer carries no code", fix=f"Begin again: tieout connect {connection.name}")
    with vault.refreshing(connection.name):
        tokens = _ask(
            oauth,
            connection,
            "authorization_code",
            code=given["code"],
            redirect_uri=answer.consent.redirect,
            code_verifier=answer.consent.verifier,
        )
        vault.store(connection.name, tokens)
    return oauth.tenants(connection, claims(tokens["access_token"]))


def disconnect(oauth: OAuth, connection: Connection, vault: Vault) -> bool:
    """Revoke and forget the tokens, unless another connection shares the grant; tells whether that was done.

    Raises `Unavailable`, and then keeps the tokens.
    """
    if not vault.alone(connection.name):
        return False
    with vault.refreshing(connection.name) as tokens:
        token = (tokens or {}).get("refresh_token") or (tokens or {}).get("access_token")
        if token and oauth.revoke_url:
            body, _ = prepare_revoke_token_request(token)
            _post(oauth, connection, oauth.revoke_url, body)
        vault.forget(connection.name)
    return True


def renew(oauth: OAuth, connection: Connection, vault: Vault) -> None:
    """Renew the tokens of a connection's grant now, unless somebody else just did. Raises `ReauthNeeded`."""
    Bearer(oauth, connection, vault).renewed(vault.grant(connection.name))


class Bearer(HttpAuth):
    """Carries the access token of a connection's grant, and renews it in time or when it has expired, once."""

    requires_response_body = True

    def __init__(self, oauth: OAuth, connection: Connection, vault: Vault) -> None:
        self._oauth = oauth
        self._connection = connection
        self._vault = vault

    def auth_flow(self, request: HttpRequest) -> Generator[HttpRequest, HttpResponse, None]:
        """One request, and a second one with a new token when a 401 says no more than that the first is worn.

        Raises `ReauthNeeded` when the answer tells that a scope is missing, and the consent does lack one.
        """
        tokens: Mapping[str, Any] | None = self._vault.grant(self._connection.name)
        if tokens is None or self._ends(tokens):
            tokens = self.renewed(tokens)
        request.headers["Authorization"] = f"Bearer {tokens['access_token']}"
        response = yield request
        if response.status_code == 401 and (denied := self._denied(response)):
            self._lacking(tokens, denied)
        elif response.status_code == 401:
            tokens = self.renewed(tokens)
            request.headers["Authorization"] = f"Bearer {tokens['access_token']}"
            yield request

    def _ends(self, tokens: Mapping[str, Any]) -> bool:
        ends = tokens.get("expires_at")
        return ends is not None and ends <= (self._connection.clock.now() + LEEWAY).timestamp()

    def _denied(self, response: HttpResponse) -> str:
        """The system's words where no new token cures the refusal."""
        said = f"{response.headers.get('WWW-Authenticate', '')} {response.text}".strip()
        return said if any(word.casefold() in said.casefold() for word in self._oauth.denials) else ""

    def _lacking(self, tokens: Mapping[str, Any], denied: str) -> None:
        granted = str(tokens.get("scope") or "").split()
        lacking = [scope for scope in self._oauth.scopes if scope not in granted]
        if granted and lacking:
            raise ReauthNeeded(
                f"the consent of {self._connection.name} does not cover {', '.join(lacking)}",
                why="Something was switched on after it was given.",
                fix=f"Connect again, to allow that as well: tieout connect {self._connection.name}",
                said=excerpt(denied),
            )

    def renewed(self, worn: Mapping[str, Any] | None) -> Mapping[str, Any]:
        """New tokens in place of `worn`, or those by which somebody else replaced them. Raises `ReauthNeeded`."""
        name = self._connection.name
        with self._vault.refreshing(name) as tokens:
            if tokens and not self._ends(tokens) and (worn is None or tokens["access_token"] != worn["access_token"]):
                return tokens  # another thread or process was quicker
            if self._oauth.grant == "client-credentials":
                fresh = _ask(self._oauth, self._connection, "client_credentials", scope=list(self._oauth.scopes))
            elif tokens and tokens.get("refresh_token"):
                asked = _ask(self._oauth, self._connection, "refresh_token", refresh_token=tokens["refresh_token"])
                fresh = {**tokens, **asked}
            else:
                raise ReauthNeeded(
                    f"{name} is not connected",
                    why="Nobody has allowed access yet, or the consent has ended.",
                    fix=f"Connect it: tieout connect {name}",
                )
            self._vault.store(name, fresh)
            return fresh


def claims(token: str) -> dict[str, Any]:
    """What an access token says about itself, unverified; {} when it is no JWT."""
    parts = token.split(".")
    if len(parts) != 3:
        return {}
    try:
        found = loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _ask(oauth: OAuth, connection: Connection, grant: str, **parameters: Any) -> dict[str, Any]:
    """New tokens. Raises `ReauthNeeded` when the consent has ended and `ConfigError` for what a person must correct."""
    asked = connection.clock.now()
    reply = _post(oauth, connection, oauth.token_url, prepare_token_request(grant, **parameters))
    answer = reply.json()
    if not isinstance(answer, dict) or not (answer.get("access_token") or answer.get("error")):
        raise Unavailable(f"{reply.call} answered no token", fix="Try again later.", said=excerpt(reply.text))
    if "error" in answer:
        raise _failure(connection.name, str(answer["error"]), str(answer.get("error_description", "")))
    tokens = {name: answer[name] for name in ("access_token", "refresh_token", "scope") if answer.get(name)}
    if answer.get("expires_in") is not None:
        tokens["expires_at"] = int(asked.timestamp()) + int(answer["expires_in"])
    return tokens


def _failure(name: str, error: str, description: str) -> ConfigError | ReauthNeeded:
    said = excerpt(f"{error} {description}".strip())
    if error == "invalid_grant":
        return ReauthNeeded(
            f"the consent of {name} has ended",
            ended=True,
            why="It was withdrawn, or its tokens were not used for too long.",
            fix=f"Connect again: tieout connect {name}",
            said=said,
        )
    return ConfigError(
        f"{name} gets no token",
        where=f"connections.{name}",
        why="The client id or its secret is not accepted."
        if error in ("invalid_client", "unauthorized_client")
        else "The system refuses the way in which the token is asked for.",
        fix="Compare the client id, the secret and the scopes with those of your app at the system.",
        said=said,
    )


def _post(oauth: OAuth, connection: Connection, url: str, body: str) -> Reply:
    secret = oauth.client_secret.reveal() if oauth.client_secret else ""
    client = ClientAuth(oauth.client_id, secret, "client_secret_basic" if secret else "none")
    url, headers, body = client.prepare("POST", url, {}, body)
    return connection.http.bare(url, headers=headers, form=body)
