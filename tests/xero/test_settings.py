"""Settings: real addresses by default, moved together, and choices by code or by id."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from pydantic import ValidationError
from tieout.api.contract import Settings
from tieout.testing import rules
from tieout_xero import XERO, connectors
from tieout_xero.settings import Accounts, Choice, ConnectionSettings, Pair, Rounding, Taxes, hosts


def connection(**keys: Any) -> ConnectionSettings:
    return ConnectionSettings.model_validate({"client-id": "app", **keys})


def test_the_real_addresses_are_the_defaults() -> None:
    given = connection()
    assert given.api_url == "https://api.xero.com/api.xro/2.0"
    assert given.authorise_url == "https://login.xero.com/identity/connect/authorize"
    assert given.connections_url == "https://api.xero.com/connections"
    assert set(hosts(given)) == {"api.xero.com", "identity.xero.com", "login.xero.com"}


def test_the_addresses_follow_the_identity_url() -> None:
    given = connection(**{"identity-url": "http://localhost:9000/", "api-url": "http://localhost:9000/api.xro/2.0"})
    assert given.authorise_url == "http://localhost:9000/identity/connect/authorize"
    assert given.connections_url == "http://localhost:9000/connections"
    assert given.token_url == "http://localhost:9000/connect/token"
    assert hosts(given) == ("localhost",)


def test_an_address_that_is_set_stays() -> None:
    given = connection(**{"identity-url": "https://a.example", "connections-url": "https://b.example/c"})
    assert given.connections_url == "https://b.example/c"
    assert given.authorise_url == "https://a.example/identity/connect/authorize"


@pytest.mark.parametrize(
    "keys",
    [
        {"client-id": ""},
        {"api-url": "api.xero.com"},
        {"consent": "robot"},
        {"consent": "custom-connection"},
        {"client-secret": "text"},
        {"clientid": "x"},
    ],
)
def test_wrong_settings_are_refused(keys: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        connection(**keys)


def test_accounts_are_codes_or_codes_with_ids_and_optional() -> None:
    given = Pair.model_validate({"accounts": {"sales": "200", "payment": {"id": "x"}}})
    assert (given.accounts.sales, str(given.accounts.payment), given.accounts.purchase) == ("200", "x", None)
    with pytest.raises(ValidationError):
        Pair.model_validate({"accounts": {"sales": {}}})


@pytest.mark.parametrize("tolerance", ["-0.01", "0.11", 0.05])
def test_the_tolerance_is_exact_and_small(tolerance: Any) -> None:
    with pytest.raises(ValidationError):
        Pair.model_validate({"rounding": {"tolerance": tolerance}})


def test_the_tolerance_is_five_cents_unless_set() -> None:
    assert Pair().rounding.tolerance == Decimal("0.05")


@pytest.mark.parametrize("model", [XERO.settings, XERO.pair, *XERO.flow.values(), Accounts, Choice, Rounding, Taxes])
def test_every_setting_has_a_title_and_says_what_it_is_for(model: type[Settings]) -> None:
    for name, field in model.model_fields.items():
        assert field.title, name
        assert field.description, name
        assert field.description.endswith(".")


@pytest.mark.parametrize("model", [XERO.settings, XERO.pair, *XERO.flow.values()])
def test_every_model_is_a_form(model: Any) -> None:
    rules.settings_are_a_form(model)


def test_the_connector_under_test_is_the_one_that_is_offered() -> None:
    assert tuple(connectors()) == (XERO,)
