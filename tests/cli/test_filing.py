"""What is filed of a proof: a trail that a spreadsheet opens, and one page that stands for itself."""

import csv
import re
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from html.parser import HTMLParser
from pathlib import Path

import pytest
from tieout.api.errors import Problem, Refused
from tieout.desk.filing import page, ready, trail, write_report
from tieout.desk.filing.chart import HEIGHT, WIDTH, charts
from tieout.rules.proof import Months, TieLine, TieOut, TieRecord

EVIL = '<script>alert("1")</script>&"\''
VOID = {"meta", "br", "link", "img", "hr", "input"}


class Reader(HTMLParser):
    """Reads a page as a browser would: its words, its elements, and whether each one is closed."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.words: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.stack: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.stack.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.stack.pop() == tag

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        if self.stack and self.stack[-1] != "style":
            self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())


@pytest.fixture
def read() -> Callable[[TieOut], Reader]:
    def reading(proof: TieOut) -> Reader:
        reader = Reader(page(proof))
        assert reader.stack == []
        return reader

    return reading


Read = Callable[[TieOut], Reader]


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def test_the_page_tells_who_what_when_and_by_whom(read: Read, clean_proof: TieOut) -> None:
    text = read(replace(clean_proof, months=Months("2026-05", "2026-06"))).text
    for words in (
        "Harbour & Sons and Demo Company (AU)",
        "90001",
        "t-1",
        "Base currency AUD",
        "Period May 2026 to June 2026",
        "2 July 2026, 10:15 UTC",
        "Made by ana",
        "Prepared by",
        "Reviewed by",
        "It ties out. Every record is explained.",
        "Variance AUD 0.00",
        "22, of which 20 match",
    ):
        assert words in text, words


def test_the_totals_of_both_sides_stand_per_entity_currency_and_month(read: Read, open_proof: TieOut) -> None:
    text = read(open_proof).text
    assert "Invoices AUD 33 1,350.50 3 30.00 0 0.00 30 1,320.51 0 -0.01" in text
    assert "Invoices 2026-07 NZD 11 20.00 1 10.00 0 0.00 10 10.01 0 -0.01" in text


def test_exceptions_tell_money_cause_and_fix(read: Read, open_proof: TieOut) -> None:
    text = read(open_proof).text
    assert "It does not tie out. 1 record is not explained" in text
    assert "Amount differs INV-1044 Invoices 2026-07 AUD 120.00 AUD 120.01 The totals differ." in text
    assert "Correct it." in text
    assert "Variance AUD 0.01 Variance NZD 0.01" in text


def test_variances_of_opposite_sign_do_not_hide_each_other_at_the_top(read: Read, clean_proof: TieOut) -> None:
    first, second = clean_proof.lines
    lines = (replace(first, target_total=Decimal("101")), replace(second, target_total=Decimal("1099.50")))
    assert "Variance AUD 2.00" in read(replace(clean_proof, lines=lines)).text


def test_what_is_held_is_told_by_its_reason_with_its_records(read: Read, clean_proof: TieOut) -> None:
    (held,) = clean_proof.differences
    other = replace(held, label="INV-1008", source_total=Decimal("5.00"), currency="NZD")
    draft = Problem(cause="not-to-be-sent", what="It is a draft in Apptivo.")
    skipped = replace(held, label="INV-2000", state="skipped", problem=draft)
    text = read(replace(clean_proof, differences=(held, other, skipped))).text
    assert "2 records Invoices AUD 10.00 NZD 5.00 The tax LCT 33% is not mapped." in text
    assert 'Add "LCT 33%" to taxes.sales. “TaxType is [mandatory]”' in text
    assert "INV-1007 AUD 10.00 INV-1008 NZD 5.00" in text
    assert (
        text.index("Held: cannot go") < text.index("INV-1008") < text.index("Skipped: left out") < text.index("draft")
    )


def test_what_is_foreign_stands_apart_and_long_lists_are_cut(read: Read, clean_proof: TieOut) -> None:
    foreign = TieRecord(
        entity="invoices",
        state="foreign",
        label="X-1",
        period="2026-05",
        currency="AUD",
        target_id="x",
        target_total=Decimal("3.00"),
        problem=Problem(cause="foreign", what="Tieout neither made nor linked it."),
    )
    text = read(replace(clean_proof, differences=(foreign,) * 1201)).text
    assert "Invoices: 1,201, AUD 3,603.00" in text
    assert text.count("X-1") == 200
    assert "and 1,001 more; the CSV lists them all." in text


def test_what_systems_say_is_never_read_as_html(read: Read, open_proof: TieOut) -> None:
    evil = Problem(cause="amount-differs", what=EVIL, why=EVIL, fix=f"Run `{EVIL}`", said=EVIL)
    proof = replace(
        open_proof,
        source=replace(open_proof.source, name=EVIL, id=EVIL),
        target_title=EVIL,
        by=EVIL,
        titles={"invoices": EVIL},
        differences=tuple(replace(one, label=EVIL, problem=evil) for one in open_proof.differences),
    )
    reader = read(proof)
    assert "script" not in {tag for tag, _ in reader.elements}
    assert reader.text.count(EVIL) > 10


def test_the_page_is_one_file_without_script_or_anything_from_elsewhere(read: Read, open_proof: TieOut) -> None:
    reader = read(open_proof)
    assert not {"script", "link", "img", "iframe", "object"} & {tag for tag, _ in reader.elements}
    for tag, attributes in reader.elements:
        assert not {name for name in attributes if name.startswith("on") or name in ("src", "href", "srcset")}, tag
    text = page(open_proof)
    assert "://" not in text
    assert "@import" not in text
    assert re.findall(r"url\((?!#)", text) == []


def test_it_prints_on_a4_with_page_numbers(open_proof: TieOut) -> None:
    text = page(open_proof)
    assert "size: A4" in text
    assert 'counter(page) " of " counter(pages)' in text


@pytest.mark.parametrize("count", [0, 1])
def test_a_proof_of_nothing_or_of_what_has_no_money_is_a_page_too(read: Read, clean_proof: TieOut, count: int) -> None:
    lines = (TieLine("invoices", "", "", source_count=1, target_count=1),) * count
    text = read(replace(clean_proof, lines=lines, differences=(), counts={})).text
    assert "Records not explained 0" in text
    assert "Both sides by month" not in text


def test_the_drawing_has_a_bar_for_each_side_and_stays_inside(clean_proof: TieOut) -> None:
    (chart,) = charts(clean_proof.lines)
    assert [bar.kind for bar in chart.bars] == ["source", "left-out", "target"] * 2
    for bar in chart.bars:
        assert 0 <= bar.x <= bar.x + bar.width <= WIDTH
        assert 0 <= bar.y < bar.y + bar.height <= HEIGHT
    source, left_out, target = chart.bars[3:]
    assert source.height == target.height
    assert left_out.y + left_out.height == source.y
    assert [tick.label for tick in chart.months] == ["May 26", "Jun 26"]


def test_months_without_anything_are_drawn_empty_and_credits_below_the_line() -> None:
    lines = (
        TieLine("invoices", "2025-12", "AUD", source_total=Decimal(-50), target_total=Decimal(-50)),
        TieLine("invoices", "2026-03", "AUD", source_total=Decimal(1200), target_total=Decimal(1200)),
    )
    (chart,) = charts(lines)
    assert [tick.label for tick in chart.months] == ["Dec 25", "Jan 26", "Feb 26", "Mar 26"]
    below, above = chart.bars[0], chart.bars[2]
    assert below.y == chart.zero
    assert above.y + above.height == chart.zero
    assert [tick.label for tick in chart.amounts] == ["-500", "0", "500", "1k", "1.5k"]


def test_years_of_months_show_the_latest() -> None:
    lines = [
        TieLine("invoices", f"{year}-{month:02}", "AUD", source_total=Decimal(1))
        for year in (2023, 2024, 2025)
        for month in range(1, 13)
    ]
    (chart,) = charts(lines)
    assert len(chart.bars) == 24
    assert chart.bars[0].words.startswith("2024-01")
    assert len(chart.months) == 12


def test_the_trail_has_every_record_with_plain_amounts(tmp_path: Path, open_proof: TieOut) -> None:
    matched = TieRecord(
        entity="invoices",
        state="matched",
        label="Zoë & Söhne, GmbH",
        currency="AUD",
        source_id="1",
        target_id="t-1",
        source_total=Decimal("1234567.80"),
        target_total=Decimal("1234567.80"),
    )
    with trail(tmp_path / "all.csv") as told:
        for record in (*open_proof.differences, matched):
            told(record)
    held, different, last = rows(tmp_path / "all.csv")
    assert (held["state"], held["cause"], held["target amount"]) == ("held", "tax-unmapped", "")
    assert (different["difference"], different["what to do"]) == ("-0.01", "Correct it.")
    assert (last["record"], last["source amount"], last["state"]) == ("Zoë & Söhne, GmbH", "1234567.80", "matched")


@pytest.mark.parametrize("text", ["=1+1", "+61 2", "-5", "@SUM(A1)", "\t=1"])
def test_no_spreadsheet_takes_text_for_a_formula(tmp_path: Path, open_proof: TieOut, text: str) -> None:
    record = replace(open_proof.differences[1], label=text, target_total=Decimal(-5))
    with trail(tmp_path / "all.csv") as told:
        told(record)
    (row,) = rows(tmp_path / "all.csv")
    assert row["record"] == f"'{text}"
    assert row["target amount"] == "-5"


def test_a_file_takes_its_name_once_it_is_whole(tmp_path: Path, clean_proof: TieOut) -> None:
    path = tmp_path / "july.html"
    path.write_text("as it was", encoding="utf-8")
    with pytest.raises(RuntimeError), trail(path):
        raise RuntimeError("the line went dead")
    assert path.read_text(encoding="utf-8") == "as it was"
    write_report(path, clean_proof)
    assert path.read_text(encoding="utf-8").startswith("<!doctype html>")
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("name", ["nowhere/july.html", ""])
def test_where_nothing_can_be_written_is_said_before(tmp_path: Path, name: str) -> None:
    with pytest.raises(Refused):
        ready(tmp_path / name)
