"""Items: known by a code that is never made up."""

from __future__ import annotations

import pytest
from tieout.api.contract import Settings
from tieout.api.model import Item, Standing
from tieout_entities.items import ITEMS


def test_code_and_name_are_sent_without_blanks_that_nobody_sees() -> None:
    item = ITEMS.prepare(Item(code=" BOLT-M8 ", name="Steel\n bolt"), Settings())
    assert (item.code, item.name) == ("BOLT-M8", "Steel bolt")


def test_an_item_without_a_name_is_called_by_its_code() -> None:
    assert ITEMS.prepare(Item(code="BOLT-M8"), Settings()).name == "BOLT-M8"


@pytest.mark.parametrize("name", ["Steel bolt", ""])
def test_an_item_without_a_code_is_held(name: str) -> None:
    item = ITEMS.prepare(Item(code="  ", name=name), Settings())
    problems = list(ITEMS.check(item, Settings()))
    assert [problem.cause for problem in problems] == ["code-missing"]
    assert name in problems[0].what


@pytest.mark.parametrize("standing", ["archived", "void"])
def test_an_item_out_of_use_is_skipped_with_a_reason(standing: Standing) -> None:
    assert ITEMS.skip(Item(code="X", standing=standing), Settings())


def test_an_item_in_use_goes() -> None:
    item = ITEMS.prepare(Item(code="X"), Settings())
    assert ITEMS.skip(item, Settings()) is None
    assert list(ITEMS.check(item, Settings())) == []
