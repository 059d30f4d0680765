"""Views as the desk gives them, for tests of what people see."""

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from tieout.api.contract import Tenant
from tieout.api.errors import Problem
from tieout.rules.proof import EVER, TieLine, TieOut, TieRecord
from tieout.rules.report import (
    Calls,
    ConnectionView,
    Counts,
    FlowView,
    HoldGroup,
    PairView,
    PlanView,
    RunReport,
)
from tieout_app.cli.terminal import Terminal

FIRM = Tenant("90001", "Harbour & Sons")
BOOKS = Tenant("t-1", "Demo Company (AU)")
NOW = datetime(2026, 7, 2, 10, 15, tzinfo=UTC)


@pytest.fixture
def now() -> datetime:
    return NOW


@pytest.fixture
def hold() -> HoldGroup:
    problem = Problem(
        cause="tax-unmapped",
        what="The tax LCT 33% is not mapped.",
        why="Tieout never guesses a tax.",
        fix='Add "LCT 33%" to taxes.sales.',
        about="LCT 33%",
        said="TaxType is [mandatory]",
    )
    return HoldGroup("invoices", "hold", problem, 37, {"AUD": Decimal("88412.10")}, ("INV-1007", "INV-1012"))


@pytest.fixture
def plan_view() -> PlanView:
    return PlanView(
        id=7,
        pair="main",
        source=FIRM,
        target=BOOKS,
        target_title="Xero",
        created=NOW,
        counts={
            "customers": Counts(read=300, planned=290, held=10),
            "invoices": Counts(read=1200, planned=1163, held=37),
        },
        operations={"customers": {"create": 280, "link": 10}, "invoices": {"create": 1163}},
        amounts={"AUD": Decimal("1204412.10"), "NZD": Decimal("88.00")},
        calls=31,
        live=False,
        warnings=("The native integration of Apptivo seems to run beside.",),
    )


@pytest.fixture
def report(hold: HoldGroup) -> RunReport:
    return RunReport(
        run=3,
        plan=7,
        pair="main",
        state="done",
        started=NOW,
        ended=NOW.replace(minute=16),
        counts={
            "customers": Counts(read=300, planned=290, held=10, done=290, created=280, linked=10),
            "invoices": Counts(read=1200, planned=1163, held=37, done=1163, created=1163),
        },
        holds=(hold,),
        calls=(Calls("crm", 40, 0), Calls("books", 12, 31)),
        least_writes=30,
    )


def line(currency: str, period: str, source: str, target: str, *, target_count: int = 10) -> TieLine:
    return TieLine(
        entity="invoices",
        period=period,
        currency=currency,
        source_count=11,
        held_count=1,
        skipped_count=0,
        target_count=target_count,
        source_total=Decimal(source),
        held_total=Decimal("10.00"),
        skipped_total=Decimal(0),
        target_total=Decimal(target),
    )


@pytest.fixture
def clean_proof(hold: HoldGroup) -> TieOut:
    return TieOut(
        pair="main",
        at=NOW,
        by="ana",
        source=FIRM,
        target=BOOKS,
        source_title="Apptivo",
        target_title="Xero",
        base="AUD",
        since=date(2026, 1, 1),
        months=EVER,
        titles={"invoices": "Invoices"},
        counts={"invoices": {"matched": 20, "held": 2}},
        lines=(line("AUD", "2026-05", "110.00", "100.00"), line("AUD", "2026-06", "1110.50", "1100.50")),
        differences=(
            TieRecord(
                entity="invoices",
                state="held",
                label="INV-1007",
                period="2026-05",
                currency="AUD",
                source_id="7",
                source_total=Decimal("10.00"),
                problem=hold.problem,
            ),
        ),
        calls=(Calls("crm", 40, 0), Calls("books", 12, 0)),
    )


@pytest.fixture
def open_proof(clean_proof: TieOut) -> TieOut:
    different = TieRecord(
        entity="invoices",
        state="amount-differs",
        label="INV-1044",
        period="2026-07",
        currency="AUD",
        source_id="44",
        target_id="t-44",
        source_total=Decimal("120.00"),
        target_total=Decimal("120.01"),
        problem=Problem(cause="amount-differs", what="The totals differ.", why="It was changed.", fix="Correct it."),
    )
    lines = (line("AUD", "2026-07", "130.00", "120.01"), line("NZD", "2026-07", "20.00", "10.01"))
    return replace(clean_proof, lines=(*clean_proof.lines, *lines), differences=(*clean_proof.differences, different))


@pytest.fixture
def pair_view(hold: HoldGroup) -> PairView:
    return PairView(
        name="main",
        source=ConnectionView(name="crm", plugin="apptivo", title="Apptivo", state="connected", tenant=FIRM),
        target=ConnectionView(
            name="books",
            plugin="xero",
            title="Xero",
            state="paused",
            tenant=BOOKS,
            connected_at=NOW,
            connected_by="ana",
            paused_until=NOW.replace(hour=12),
            why="The day's calls are used up.",
        ),
        live=True,
        flows=(FlowView(entity="invoices", title="Invoices", linked=1163, held=37, wrong=1),),
        holds=(hold,),
        last_run=NOW.replace(hour=10, minute=5),
        last_state="done",
    )


@pytest.fixture
def person(monkeypatch):
    """A person at a terminal, who answers as told."""
    asked = []

    def answering(answer):
        monkeypatch.setattr(Terminal, "interactive", property(lambda self: True))
        monkeypatch.setattr(Terminal, "ask", lambda self, question: asked.append(question) or answer)
        return asked

    return answering
