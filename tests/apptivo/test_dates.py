"""Dates and stamps: by the firm's format, never guessed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tieout_apptivo.shape.dates import Calendar, calendar
from tieout_apptivo.shape.scalars import Unreadable
from tieout_apptivo.shape.settings import Firm

INDIA = timezone(timedelta(hours=5, minutes=30))


def days(written: str = "") -> Calendar:
    return Calendar(written, INDIA)


@pytest.mark.parametrize(
    ("pattern", "written"),
    [
        ("MM/dd/yyyy", "03/04/2024"),
        ("dd/MM/yyyy", "04/03/2024"),
        ("dd/MM/yyyy", "4/3/2024"),
        ("dd-MM-yyyy", "04-03-2024"),
        ("dd.MM.yy", "04.03.24"),
        ("yyyy-MM-dd", "2024-03-04"),
        ("yyyyMMdd", "20240304"),
        ("dd MMM yyyy", "04 Mar 2024"),
        ("MMM d, yyyy", "Mar 4, 2024"),
        ("MMMM d, yyyy", "March 4, 2024"),
        ("dd/MM/yyyy", "04/03/2024 09:00:00"),
        ("dd/MM/yyyy", "2024-03-04"),
        ("", "2024-03-04"),
        ("", "2024-03-04T00:00:00Z"),
        ("MM/dd/yyyy", "03/04/2024 09:05 AM"),
    ],
)
def test_a_date_is_read_by_the_configured_format_first(pattern: str, written: str) -> None:
    assert days(pattern).day(written) == date(2024, 3, 4)


@pytest.mark.parametrize("pattern", ["", "dd.MM.yyyy", "dd MMM yyyy"])
def test_a_date_that_can_be_read_in_two_ways_is_refused(pattern: str) -> None:
    with pytest.raises(Unreadable) as error:
        days(pattern).day("03/04/2024")
    assert error.value.cause == "date-ambiguous"


@pytest.mark.parametrize(("written", "expected"), [("03/14/2024", date(2024, 3, 14)), ("05/05/2024", date(2024, 5, 5))])
def test_a_date_that_can_be_read_in_one_way_needs_no_format(written: str, expected: date) -> None:
    assert days().day(written) == days("dd.MM.yyyy").day(written) == expected


def test_american_dates_are_read_where_the_firm_puts_the_month_first() -> None:
    assert days("MMM d, yyyy").day("03/04/2024") == date(2024, 3, 4)


def test_milliseconds_are_a_moment_on_the_server_s_clock() -> None:
    late = int(datetime(2024, 3, 3, 19, tzinfo=UTC).timestamp()) * 1000
    assert days().day(late) == days().day(str(late)) == days().day(Decimal(late)) == date(2024, 3, 4)
    assert days().stamp(late) == datetime(2024, 3, 3, 19, tzinfo=UTC)


@pytest.mark.parametrize("written", ["14/03/2024", "02/30/2024", "soon", "2024-13-01", 42, "4 of March", True, [1]])
def test_a_date_that_fits_no_format_is_refused(written: Any) -> None:
    with pytest.raises(Unreadable) as error:
        days().day(written)
    assert error.value.cause == "date-unreadable"


@pytest.mark.parametrize("nothing", [None, "", "null"])
def test_no_date_is_none(nothing: Any) -> None:
    assert days().day(nothing) is None
    assert days().stamp(nothing) is None


@pytest.mark.parametrize(
    "written",
    [
        "03/04/2024 14:30:00",
        "03/04/2024 02:30:00 PM",
        "03/04/2024 2:30 pm",
        "2024-03-04 14:30:00.0",
        "2024-03-04T14:30:00",
        "2024-03-04T09:00:00Z",
        "2024-03-04T09:00:00+00:00",
        "2024-03-04T14:30:00.000+0530",
    ],
)
def test_a_stamp_stands_on_the_server_s_clock_unless_it_tells_its_own(written: str) -> None:
    assert days("MM/dd/yyyy").stamp(written) == datetime(2024, 3, 4, 9, tzinfo=UTC)


def test_midnight_by_twelve_hours_is_the_day_s_first() -> None:
    assert days("MM/dd/yyyy").stamp("03/04/2024 12:15 AM") == datetime(2024, 3, 3, 18, 45, tzinfo=UTC)


@given(st.dates(date(1970, 1, 2), date(2199, 12, 31)))
def test_every_day_written_in_the_firm_s_format_is_read_back(day: date) -> None:
    assert days("dd/MM/yyyy").day(day.strftime("%d/%m/%Y")) == day
    assert days("MM/dd/yyyy").day(day.strftime("%m/%d/%Y")) == day


@given(st.dates(date(1970, 1, 2), date(2199, 12, 31)))
def test_without_a_format_a_slashed_date_is_right_or_refused(day: date) -> None:
    for written in (day.strftime("%d/%m/%Y"), day.strftime("%m/%d/%Y")):
        try:
            assert days().day(written) == day
        except Unreadable:
            assert day.day != day.month


def test_the_profile_s_format_stands_above_the_firm_s_own(make_settings: Callable[..., Firm]) -> None:
    memory = {"date-format": "MM/dd/yyyy"}
    assert calendar(make_settings(), memory).day("03/04/2024") == date(2024, 3, 4)
    assert calendar(make_settings(profile={"date-format": "dd/MM/yyyy"}), memory).day("03/04/2024") == date(2024, 4, 3)
