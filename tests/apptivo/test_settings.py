"""The settings of a connection to Apptivo."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from pydantic import ValidationError
from tieout.api.contract import Connection
from tieout_apptivo.shape.settings import Firm, hosts

Make = Callable[..., Firm]


def test_the_defaults_reach_the_real_system(make_settings: Make) -> None:
    settings = make_settings()
    assert settings.base_url == "https://app.apptivo.com/app"
    assert hosts(settings) == ("app.apptivo.com", "api2.apptivo.com", "api.apptivo.com")
    assert (settings.page_size, settings.overlap_hours, settings.user_name) == (100, 48, "")
    assert settings.zone.utcoffset(None) == timedelta(hours=5, minutes=30)


def test_every_key_is_written_with_hyphens() -> None:
    assert not [key for key in Firm.model_json_schema()["properties"] if "_" in key]


def test_an_address_of_one_s_own_loses_its_last_slash(make_settings: Make) -> None:
    settings = make_settings(base_url="http://127.0.0.1:8123/app/")
    assert settings.base_url == "http://127.0.0.1:8123/app"
    assert hosts(settings) == ("127.0.0.1",)


@pytest.mark.parametrize(
    "wrong",
    [
        {"base_url": "app.apptivo.com/app"},
        {"base_url": "http://app.apptivo.com/app"},
        {"page_size": 251},
        {"page_size": 0},
        {"overlap_hours": -1},
        {"server_utc_offset": "IST"},
        {"server_utc_offset": "+5"},
        {"server_utc_offset": "+15:00"},
        {"api_key": "a key in the file"},
        {"apikey": {"env": "X"}},
    ],
)
def test_what_cannot_be_meant_is_refused(make_settings: Make, wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        make_settings(**wrong)


def test_an_offset_west_of_greenwich_is_negative(make_settings: Make) -> None:
    assert make_settings(server_utc_offset="-03:30").zone.utcoffset(None) == -timedelta(hours=3, minutes=30)


def test_no_secret_shows_in_the_settings(make_settings: Make) -> None:
    assert "of-the-tests" not in repr(make_settings()) + make_settings().model_dump_json()


def test_keys_of_the_tests_do_not_look_real(connect: Callable[..., Connection]) -> None:
    settings = connect().settings
    for secret in (settings.api_key, settings.access_key):
        assert secret.reveal().endswith("-of-the-tests")
        assert "of-the-tests" not in repr(settings) + settings.model_dump_json()
