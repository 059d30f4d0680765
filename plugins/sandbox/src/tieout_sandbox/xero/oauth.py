"""The token side of OAuth 2: tokens, revocation, discovery (docs/facts/xero.md, "Consent", "Tokens")."""

import hmac
from base64 import b64decode
from binascii import Error
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote_plus

from tieout_sandbox.exchange import Request, Response, Route, json_answer
from tieout_sandbox.xero import scopes
from tieout_sandbox.xero.grants import GrantRefused, Grants
from tieout_sandbox.xero.tokens import Signer

_NO_STORE = {"Cache-Control": "no-store, no-cache, max-age=0", "Pragma": "no-cache"}


@dataclass(frozen=True, slots=True)
class Clients:
    """The two applications that are registered: one for people, one custom connection; each an id and a secret."""

    web: tuple[str, str]
    custom: tuple[str, str]


class TokenEndpoints:
    """What applications call with their id and secret, under both paths in use."""

    def __init__(self, grants: Grants, signer: Signer, clients: Clients) -> None:
        self._grants = grants
        self._signer = signer
        self._clients = clients

    def routes(self) -> list[Route]:
        """The routes of the endpoints."""
        return [
            *(Route(f"{under}/connect/token", self.token, methods=("POST",)) for under in ("", "/identity")),
            *(Route(f"{under}/connect/revocation", self.revocation, methods=("POST",)) for under in ("", "/identity")),
            Route("/.well-known/openid-configuration", self.discovery),
            Route("/.well-known/openid-configuration/jwks", self.keys),
        ]

    def token(self, request: Request) -> Response:
        """Tokens for a code, for a refresh token, or for a custom connection."""
        try:
            return json_answer(self._granted(request), headers=_NO_STORE)
        except GrantRefused as refused:
            return json_answer({"error": str(refused)}, 400, _NO_STORE)

    def revocation(self, request: Request) -> Response:
        """The end of a grant; a token that is not known is no error."""
        try:
            client, _ = self._client(request)
        except GrantRefused as refused:
            return json_answer({"error": str(refused)}, 400, _NO_STORE)
        self._grants.revoke(client, request.form.get("token", ""))
        return Response()

    def discovery(self, request: Request) -> Response:
        """The OIDC discovery document."""
        issuer = self._signer.issuer
        return json_answer(
            {
                "issuer": issuer,
                "jwks_uri": f"{issuer}/.well-known/openid-configuration/jwks",
                "authorization_endpoint": f"{issuer}/identity/connect/authorize",
                "token_endpoint": f"{issuer}/connect/token",
                "revocation_endpoint": f"{issuer}/connect/revocation",
                "scopes_supported": sorted(scopes.KNOWN),
                "response_types_supported": ["code"],
                "grant_types_supported": ["authorization_code", "client_credentials", "refresh_token"],
                "code_challenge_methods_supported": ["S256"],
                "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
                "id_token_signing_alg_values_supported": ["RS256"],
                "subject_types_supported": ["public"],
            }
        )

    def keys(self, request: Request) -> Response:
        """The JWKS."""
        return json_answer(self._signer.public_keys())

    def _granted(self, request: Request) -> dict[str, Any]:
        client, proven = self._client(request)
        form = request.form
        grant = form.get("grant_type", "")
        custom = client == self._clients.custom[0]
        if grant not in ("authorization_code", "refresh_token", "client_credentials"):
            raise GrantRefused("unsupported_grant_type")
        if custom != (grant == "client_credentials"):
            raise GrantRefused("unauthorized_client")
        if grant == "client_credentials":
            if proven != "secret":
                raise GrantRefused("invalid_client")
            wanted = form.get("scope", "").split()
            if any(not scope.startswith("accounting.") for scope in wanted) or scopes.unknown(wanted):
                raise GrantRefused("invalid_scope")
            return self._grants.issue_custom(client, wanted)
        if grant == "refresh_token":
            return self._grants.refresh(client, form.get("refresh_token", ""), proven)
        code, redirect = form.get("code", ""), form.get("redirect_uri", "")
        return self._grants.exchange(client, code, redirect, form.get("code_verifier", ""), proven)

    def _client(self, request: Request) -> tuple[str, str]:
        """The application, and whether it gave its `secret` or only its id, as with `pkce`."""
        identity, secret = _basic(request.headers.get("authorization"))
        identity = identity or request.form.get("client_id", "")
        secret = secret or request.form.get("client_secret", "")
        for known, right in (self._clients.web, self._clients.custom):
            if identity == known:
                if not secret:
                    return identity, "pkce"
                if hmac.compare_digest(secret.encode(), right.encode()):
                    return identity, "secret"
        raise GrantRefused("invalid_client")


def _basic(header: str) -> tuple[str, str]:
    kind, _, text = header.partition(" ")
    if kind.lower() != "basic":
        return "", ""
    try:
        identity, _, secret = b64decode(text).decode().partition(":")
    except (Error, UnicodeDecodeError):
        return "", ""
    return unquote_plus(identity), unquote_plus(secret)
