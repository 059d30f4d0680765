"""What a person sets for Xero: the connection, the pair's accounts and taxes, and a document's status on arrival."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, model_validator
from tieout.contract import Pick, Settings
from tieout.model import Amount
from tieout.secret import Secret

IDENTITY = "https://identity.xero.com"


def _address(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in ("https", "http") or not parts.hostname:
        raise ValueError("give a whole address that begins with https://")
    return value.rstrip("/")


Address = Annotated[str, AfterValidator(_address)]


def _authorise(data: dict[str, Any]) -> str:
    identity = data.get("identity_url", IDENTITY)
    origin = "https://login.xero.com" if identity == IDENTITY else identity
    return f"{origin}/identity/connect/authorize"


def _connections(data: dict[str, Any]) -> str:
    identity = data.get("identity_url", IDENTITY)
    return f"{'https://api.xero.com' if identity == IDENTITY else identity}/connections"


class ConnectionSettings(Settings):
    """How to reach one Xero organisation.

    `consent` is `person` (somebody logs in and allows access) or `custom-connection` (one organisation, authorised
    once, no person). A web app and a custom connection have a secret; a desktop app has none. When `identity-url` is
    set alone, the authorise and connections addresses follow it.
    """

    client_id: str = Field(min_length=1)
    client_secret: Secret | None = None
    consent: Literal["person", "custom-connection"] = "person"
    api_url: Address = "https://api.xero.com/api.xro/2.0"
    identity_url: Address = IDENTITY
    authorise_url: Address = Field(default_factory=_authorise)
    connections_url: Address = Field(default_factory=_connections)

    @model_validator(mode="after")
    def _secret_for_a_custom_connection(self) -> Self:
        if self.consent == "custom-connection" and self.client_secret is None:
            raise ValueError("a custom connection needs client-secret")
        return self

    @property
    def token_url(self) -> str:
        """Where codes and refresh tokens are turned into tokens."""
        return f"{self.identity_url}/connect/token"

    @property
    def revoke_url(self) -> str:
        """Where a refresh token, and with it every connection of its user, is ended."""
        return f"{self.identity_url}/connect/revocation"


def hosts(settings: ConnectionSettings) -> tuple[str, ...]:
    """The hosts that these settings lead to."""
    addresses = (settings.api_url, settings.identity_url, settings.authorise_url, settings.connections_url)
    return tuple(dict.fromkeys(urlsplit(address).hostname or "" for address in addresses))


class Choice(Settings):
    """An account by its id, which never changes, and the code that people know; bank accounts may have no code."""

    code: str | None = None
    id: str | None = None

    @model_validator(mode="after")
    def _one_at_least(self) -> Self:
        if not self.code and not self.id:
            raise ValueError("give the account's code, its id, or both")
        return self

    def __str__(self) -> str:
        return self.code or self.id or ""


Chosen = str | Choice | None


class Accounts(Settings):
    """The accounts that documents are posted to, each by its code or as `{ code, id }`."""

    payment: Annotated[Chosen, Pick("accounts", "payment")] = None
    inventory: Annotated[Chosen, Pick("accounts", "inventory")] = None
    sales: Annotated[Chosen, Pick("accounts", "sales")] = None
    purchase: Annotated[Chosen, Pick("accounts", "purchase")] = None


class Taxes(Settings):
    """Which Xero tax stands for which tax of the source, as `"NAME RATE%" = "TAXTYPE"`; `none` is no tax at all."""

    sales: dict[str, Annotated[str, Pick("taxes", "sales")]] = Field(default_factory=dict)
    purchases: dict[str, Annotated[str, Pick("taxes", "purchase")]] = Field(default_factory=dict)


class Rounding(Settings):
    """How far a document's total may differ, in its currency, before it is held instead of rounded on `account`.

    Without an account the organisation's own rounding account is used.
    """

    tolerance: Amount = Field(default=Decimal("0.05"), ge=0, le=Decimal("0.10"))
    account: Annotated[Chosen, Pick("accounts")] = None


class Pair(Settings):
    """What a pair needs to know when Xero is its target."""

    accounts: Accounts = Accounts()
    taxes: Taxes = Taxes()
    rounding: Rounding = Rounding()


class Arrival(Settings):
    """The status that a new document gets in Xero."""

    status: Literal["draft", "submitted", "authorised"] = "draft"
