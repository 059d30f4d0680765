"""How a system gives consent by OAuth 2, as its connector declares it; the host does the rest."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import urlsplit

from tieout.api.secret import Secret

if TYPE_CHECKING:
    from tieout.api.contract import Connection, Tenant


@dataclass(frozen=True, slots=True, kw_only=True)
class OAuth:
    """How a system gives consent.

    Without `client_secret` PKCE stands alone. `tenants` is given the connection, whose `http` carries the new tokens,
    and the claims of the access token ({} if it is no JWT). A grant that was not used for `lasts` seconds ends (0: it
    does not), so core renews it after half of them. `denials` are the words of a 401 that no new token cures, in any
    case: a scope or a right is missing.
    """

    token_url: str
    authorise_url: str = ""
    revoke_url: str = ""
    client_id: str
    client_secret: Secret | None = None
    scopes: tuple[str, ...] = ()
    grant: Literal["authorization-code", "client-credentials"] = "authorization-code"
    lasts: int = 0
    denials: tuple[str, ...] = ("insufficient_scope",)
    tenants: Callable[[Connection, Mapping[str, Any]], list[Tenant]]

    @property
    def hosts(self) -> frozenset[str]:
        """The hosts of its addresses."""
        urls = (self.token_url, self.authorise_url, self.revoke_url)
        return frozenset(host for url in urls if (host := urlsplit(url).hostname))
