"""`tieout reconcile`: what people see of a proof, the files that it writes, and how it ends."""

import json
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console
from tieout.api.errors import Unavailable
from tieout.rules.proof import EVER, Months, TieLine, TieOut, TieRecord
from tieout_app.cli import main, proof

Show = Callable[[TieOut], str]
Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def show(now: datetime) -> Show:
    def shown(found: TieOut) -> str:
        console = Console(file=StringIO(), width=160, highlight=False)
        console.print(proof.tie_out(found, now))
        return "\n".join(" ".join(line.split()) for line in console.file.getvalue().splitlines())

    return shown


class StubDesk:
    """Gives one proof, after tracing its records, and keeps what it was asked."""

    def __init__(self, found: TieOut, error: Exception | None = None) -> None:
        self.found, self.error = found, error
        self.asked: list[tuple[str, Months]] = []

    @contextmanager
    def open(self, config: Path, observer: Any = None, stop: Any = None) -> Iterator[Any]:
        self.stop = stop
        yield self

    def pair(self, name: str | None) -> str:
        return name or "main"

    def reconcile(self, pair: str, months: Months, trace: Callable[[TieRecord], None] | None) -> TieOut:
        self.asked.append((pair, months))
        for record in self.found.differences if trace else ():
            trace(record)
        if self.error:
            raise self.error
        return replace(self.found, months=months)


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "160")
    (tmp_path / "plugins.toml").write_text("api = 1\n", encoding="utf-8")

    def ran(desk: StubDesk, *arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr("tieout.desk.Desk", desk)
        code = main(["reconcile", *arguments])
        told = capsys.readouterr()
        return code, told.out, told.err

    return ran


def test_it_ends_well_when_it_ties(run: Run, clean_proof: TieOut) -> None:
    desk = StubDesk(clean_proof)
    code, out, _ = run(desk)
    assert (code, desk.asked) == (0, [("main", EVER)])
    assert "It ties out" in out


def test_it_needs_attention_when_it_does_not_tie(run: Run, open_proof: TieOut) -> None:
    code, out, _ = run(StubDesk(open_proof))
    assert code == 3
    assert "INV-1044" in out
    code, out, _ = run(StubDesk(open_proof), "--json")
    document = json.loads(out)
    assert code == 3
    assert document["ties"] is False
    assert [one["state"] for one in document["differences"]] == ["held", "amount-differs"]
    assert document["counts"] == {"invoices": {"matched": 20, "held": 2}}


@pytest.mark.parametrize(
    ("arguments", "months"),
    [
        (("--month", "2026-07"), Months("2026-07", "2026-07")),
        (("--from", "2026-04", "--to", "2026-06"), Months("2026-04", "2026-06")),
        (("--from", "2026-04"), Months("2026-04", None)),
        (("--to", "2026-06"), Months(None, "2026-06")),
    ],
)
def test_months_are_asked_for(run: Run, clean_proof: TieOut, arguments: tuple[str, ...], months: Months) -> None:
    desk = StubDesk(clean_proof)
    assert run(desk, *arguments)[0] == 0
    assert desk.asked == [("main", months)]


@pytest.mark.parametrize(
    "arguments", [("--month", "July"), ("--month", "2026-07", "--from", "2026-01"), ("--from", "2026-9")]
)
def test_wrong_months_are_refused_before_anything_is_read(
    run: Run, clean_proof: TieOut, arguments: tuple[str, ...]
) -> None:
    desk = StubDesk(clean_proof)
    code, _, err = run(desk, *arguments)
    assert (code, desk.asked) == (2, [])
    assert "month" in err


def test_the_files_are_written_and_named(run: Run, open_proof: TieOut, tmp_path: Path) -> None:
    code, _, err = run(StubDesk(open_proof), "--csv", "july.csv", "--html", "july.html")
    assert code == 3
    assert "july.csv" in err
    assert "july.html" in err
    assert "INV-1044" in (tmp_path / "july.csv").read_text(encoding="utf-8-sig")
    assert "INV-1044" in (tmp_path / "july.html").read_text(encoding="utf-8")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["july.csv", "july.html", "plugins.toml"]


@pytest.mark.parametrize("option", ["--csv", "--html"])
def test_a_file_that_cannot_be_written_is_refused_before_anything_is_read(
    run: Run, clean_proof: TieOut, option: str
) -> None:
    desk = StubDesk(clean_proof)
    code, _, err = run(desk, option, "nowhere/july")
    assert (code, desk.asked) == (2, [])
    assert "there is no folder nowhere" in err


def test_what_is_cut_off_leaves_the_older_file(run: Run, clean_proof: TieOut, tmp_path: Path) -> None:
    (tmp_path / "july.csv").write_text("as it was", encoding="utf-8")
    desk = StubDesk(clean_proof, error=Unavailable("Xero cannot be reached"))
    assert run(desk, "--csv", "july.csv")[0] == 5
    assert (tmp_path / "july.csv").read_text(encoding="utf-8") == "as it was"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["july.csv", "plugins.toml"]


def test_a_stopped_one_proves_nothing(run: Run, clean_proof: TieOut) -> None:
    class Stopped(StubDesk):
        def reconcile(self, *given: Any) -> TieOut:
            os.kill(os.getpid(), signal.SIGTERM)
            assert self.stop.wait(5)
            return super().reconcile(*given)

    code, out, _ = run(Stopped(clean_proof), "--html", "july.html")
    assert code == 130
    assert "ties out" not in out
    assert not Path("july.html").exists()


def test_a_clean_proof_adds_periods_up(show: Show, clean_proof: TieOut) -> None:
    text = show(clean_proof)
    assert "Records Apptivo Held Skipped Xero Variance" in text
    assert "invoices AUD 22 1,220.50 20.00 0.00 1,200.50 0.00" in text
    assert "It ties out" in text
    assert "1 record held with a cause" in text


def test_a_proof_of_a_month_says_so(show: Show, clean_proof: TieOut) -> None:
    assert "Demo Company (AU), 2026-07, read" in show(replace(clean_proof, months=Months("2026-07", "2026-07")))
    assert "(AU), from 2026-04 to 2026-06, read" in show(replace(clean_proof, months=Months("2026-04", "2026-06")))
    assert "(AU), to 2026-06, read" in show(replace(clean_proof, months=Months(None, "2026-06")))


def test_an_open_proof_names_the_period_the_record_and_what_to_do(show: Show, open_proof: TieOut) -> None:
    text = show(open_proof)
    assert "invoices 2026-07 AUD 11 130.00 10.00 0.00 120.01 -0.01" in text
    assert "It does not tie out" in text
    assert "invoices amount-differs INV-1044 AUD 120.00 AUD 120.01 The totals differ." in text
    assert "Correct it." in text


def test_variances_of_opposite_sign_do_not_hide_each_other(show: Show, clean_proof: TieOut) -> None:
    first, second = clean_proof.lines
    lines = (
        replace(first, target_total=first.target_total + Decimal("1.00")),
        replace(second, target_total=second.target_total - Decimal("1.00")),
    )
    found = replace(clean_proof, lines=lines)
    assert not found.ties
    assert "-1.00" in show(found)
    assert "invoices 2026-06 AUD 11 1,110.50 10.00 0.00 1,099.50 1.00" in show(found)


def test_entities_without_money_tie_by_count(show: Show, clean_proof: TieOut) -> None:
    counted = replace(clean_proof.lines[0], currency="", target_count=8)
    assert "invoices 2026-05 11 11 1 0 8 2" in show(replace(clean_proof, lines=(counted,)))


def test_a_record_too_many_shows_even_when_the_money_agrees(show: Show, clean_proof: TieOut) -> None:
    doubled = replace(clean_proof.lines[0], target_count=11)
    assert "100.00 0.00 and 1 record" in show(replace(clean_proof, lines=(doubled,)))


def test_the_base_currency_comes_first(show: Show, clean_proof: TieOut) -> None:
    lines = tuple(TieLine("invoices", "2026-05", currency) for currency in ("NZD", "CAD", "AUD"))
    shown = [line.split()[1] for line in show(replace(clean_proof, lines=lines)).splitlines() if "invoices " in line]
    assert shown == ["AUD", "CAD", "NZD"]


def test_long_lists_are_cut_and_say_so(show: Show, open_proof: TieOut) -> None:
    many = replace(open_proof, differences=open_proof.differences[-1:] * 50)
    assert "and 30 more; `--json`, `--csv FILE` and `--html FILE` list them all" in show(many)
