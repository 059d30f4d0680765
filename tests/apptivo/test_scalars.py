"""Text, numbers, flags, ids and terms as Apptivo writes them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tieout_apptivo.shape.scalars import Unreadable, days, filled, flag, ident, number, plain, text

NOTHING = [None, "", "  ", "null", [], {}]


@pytest.mark.parametrize("value", NOTHING)
def test_missing_empty_and_the_text_null_are_one(value: Any) -> None:
    assert not filled(value)
    assert (text(value), number(value), flag(value), ident(value), days(value), plain(value)) == (
        "",
        None,
        None,
        "",
        None,
        "",
    )


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("12.50", "12.50"),
        (12, "12"),
        (Decimal("0.1234567"), "0.1234567"),
        ("1,234.56", "1234.56"),
        ("12,34,567.89", "1234567.89"),
        ("-1,000", "-1000"),
        (" 7 ", "7"),
        (".5", "0.5"),
        ("+3", "3"),
    ],
)
def test_a_number_comes_as_number_or_text(value: Any, expected: str) -> None:
    assert number(value) == Decimal(expected)


@pytest.mark.parametrize(
    "value", ["12,5", "1,2345", "1.234,56", "12.5 AUD", "NaN", "Infinity", "1e3", "--1", True, [1]]
)
def test_a_number_that_could_mean_something_else_is_refused(value: Any) -> None:
    with pytest.raises(Unreadable) as error:
        number(value)
    assert error.value.cause == "number-unreadable"


@given(st.decimals(allow_nan=False, allow_infinity=False, places=4, min_value=-(10**12), max_value=10**12))
def test_an_amount_is_exact_whichever_way_it_is_written(amount: Decimal) -> None:
    assert number(amount) == number(str(amount)) == number(f"{amount:,f}") == amount


@pytest.mark.parametrize("value", ["Y", "y", "yes", "true", True, 1, "1"])
def test_a_flag_that_is_set(value: Any) -> None:
    assert flag(value) is True


@pytest.mark.parametrize("value", ["N", "n", "No", "false", False, 0, "0"])
def test_a_flag_that_is_not_set(value: Any) -> None:
    assert flag(value) is False


def test_a_flag_that_is_neither_is_refused() -> None:
    with pytest.raises(Unreadable, match="neither Y nor N"):
        flag("maybe")


@pytest.mark.parametrize("value", [5000100, "5000100", "05000100", Decimal(5000100), " 5000100 "])
def test_an_id_is_one_as_text_and_as_number(value: Any) -> None:
    assert ident(value) == "5000100"


def test_an_id_of_letters_stays() -> None:
    assert ident("0A-1") == "0A-1"


@pytest.mark.parametrize(
    ("term", "expected"),
    [
        ("Net 30", 30),
        ("net 7 days", 7),
        ("NET30", 30),
        ("30 Days", 30),
        ("2/10 Net 30", 30),
        ("Due in 14 days", 14),
        ("Due on receipt", 0),
        ("COD", 0),
        ("End of month", None),
        ("Net 30 EOM", None),
        ("Half now, half later", None),
    ],
)
def test_a_payment_term_tells_days_or_nothing(term: str, expected: int | None) -> None:
    assert days(term) == expected


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("<p>Box of <b>100</b></p>", "Box of 100"),
        ("<div>one</div><div>two</div>", "one\ntwo"),
        ("one<br/>two<br>three", "one\ntwo\nthree"),
        ("<ul><li>a</li><li>b &amp; c</li></ul>", "a\nb & c"),
        ("Nuts &amp; bolts", "Nuts & bolts"),
        ("5&nbsp;mm", "5 mm"),
        ("&#252;ber", "über"),
        ("<p>kept <large> word</p>", "kept <large> word"),
        ("<style>p {color: red}</style><p>text</p>", "text"),
        ("<p>  </p>", ""),
    ],
)
def test_markup_becomes_text(written: str, expected: str) -> None:
    assert plain(written) == expected


@pytest.mark.parametrize(
    "written", ["a < b and c > d", "size <M8", "<large>", "AT&T", "?a=1&copy=2", "one\n  two", "R&D; more", 'say "hi"']
)
def test_text_without_markup_is_kept(written: str) -> None:
    assert plain(written) == written


@given(st.text())
def test_any_text_can_be_read(written: str) -> None:
    assert plain(written) == plain(written).strip()


@given(st.text(alphabet=st.characters(blacklist_characters="<>&\xa0"), min_size=1))
def test_text_without_any_mark_of_markup_only_loses_blanks_at_its_ends(written: str) -> None:
    assert plain(written) == ("" if written.strip() == "null" else written.strip())
