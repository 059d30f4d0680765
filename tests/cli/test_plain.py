"""What programs are given with --json."""

from datetime import date
from decimal import Decimal
from pathlib import Path

from tieout.api.codec import dumps, loads
from tieout.api.model import Account
from tieout.rules.proof import TieOut
from tieout_app.cli.plain import plain


def test_views_carry_what_they_compute(clean_proof: TieOut) -> None:
    document = plain(clean_proof)
    assert document["ties"] is True
    assert document["lines"][1]["variance"] == Decimal("0.00")
    assert document["source"] == {"id": "90001", "name": "Harbour & Sons"}


def test_amounts_are_numbers_and_times_are_utc(clean_proof: TieOut) -> None:
    text = dumps(plain(clean_proof)).decode()
    assert '"source_total":1110.50' in text
    assert '"at":"2026-07-02T10:15:00Z"' in text


def test_models_sets_paths_and_dates_become_json() -> None:
    account = Account(id="a", name="Sales", code="200", roles=frozenset({"sales", "purchase"}))
    given = {"accounts": (account,), "path": Path("x/y"), "day": date(2026, 7, 1)}
    document = loads(dumps(plain(given)))
    assert document["accounts"][0]["roles"] == ["purchase", "sales"]
    assert (document["path"], document["day"]) == ("x/y", "2026-07-01")
