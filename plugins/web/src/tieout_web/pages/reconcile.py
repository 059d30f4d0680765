"""Reconcile: both sides read afresh and compared to the cent, with the report to file."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from starlette.responses import Response
from tieout.desk import Desk, Months, Refused, TieOut, filing
from tieout.desk.filing.chart import HEIGHT, WIDTH, charts

from tieout_web.page import Page, Visit
from tieout_web.progress import progress
from tieout_web.site import FOLDER

page = Page("Reconcile", "/reconcile")

_SHOWN = 200
"""Exceptions that the page lists; the file has all."""


@page.get()
def show(visit: Visit) -> Response:
    """The last proof of this pair, and the form that asks for a new one."""
    status = visit.desk.glance(visit.pair)
    run = visit.site.runs.of(visit.pair)
    going = run is not None and run.going
    last = visit.site.runs.last(visit.pair, "reconcile")
    proof = last.result if last is not None and isinstance(last.result, TieOut) else None
    filed = _file(visit, "html")
    return visit.page(
        "reconcile.html",
        status=status,
        run=run if going else None,
        progress=progress(visit.desk, run, visit.now) if run is not None and going else None,
        failed=last.problem if last is not None else None,
        filed=datetime.fromtimestamp(filed.stat().st_mtime, UTC) if filed.exists() else None,
        proof=proof,
        **(_shown(proof) if proof is not None else {}),
    )


@page.post("/start", role="resolver")
def start(visit: Visit) -> Response:
    """Read both sides afresh; nothing is changed on either."""
    pair = visit.pair
    months = Months(visit.field("first") or None, visit.field("last") or None)
    table, report = _file(visit, "csv"), _file(visit, "html")

    def act(desk: Desk) -> object:
        with filing.trail(table) as told:
            proof = desk.reconcile(pair, months, told)
        filing.write_report(report, proof)
        return proof

    visit.site.runs.start(pair, "reconcile", visit.person.name, act)
    return visit.go("/reconcile")


@page.get("/report.html")
def report(visit: Visit) -> Response:
    """The report to print, sign and file."""
    return _download(visit, "html", "text/html; charset=utf-8")


@page.get("/records.csv")
def records(visit: Visit) -> Response:
    """Every record of both sides with its state."""
    return _download(visit, "csv", "text/csv; charset=utf-8")


def _download(visit: Visit, suffix: str, kind: str) -> Response:
    file = _file(visit, suffix)
    if not file.exists():
        raise Refused("there is no report yet", fix="Press Reconcile now first.")
    headers = {"Content-Disposition": f'attachment; filename="reconcile-{visit.pair}.{suffix}"'}
    return Response(file.read_bytes(), media_type=kind, headers=headers)


def _file(visit: Visit, suffix: str) -> Path:
    return visit.site.config.parent / FOLDER / f"reconcile-{visit.pair}.{suffix}"


def _shown(proof: TieOut) -> dict[str, object]:
    open_, lines = proof.unexplained(), proof.in_order(proof.lines)
    variances: dict[str, object] = {}
    for currency in dict.fromkeys(line.currency for line in lines if line.currency):
        variances[currency] = sum(abs(line.variance) for line in lines if line.currency == currency)
    return {
        "summary": filing.summary(proof),
        "variances": variances,
        "charts": [one for one in charts(lines) if one.currency == proof.base],
        "width": WIDTH,
        "height": HEIGHT,
        "states": filing.states(proof),
        "exceptions": open_[:_SHOWN],
        "more": len(open_[_SHOWN:]),
        "compared": sum(sum(states.values()) for states in proof.counts.values()),
        "matched": sum(states.get("matched", 0) for states in proof.counts.values()),
    }
