"""How many invoices of five lines the sandbox takes per second, in batches of 50 on one core (median of 5 runs)."""

import statistics
import time
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from tieout_sandbox import codec

RUNS, BATCHES, BATCH = 5, 8, 50


@pytest.mark.matrix
def test_invoices_per_second(xero: Any, line: Callable[..., Any], capsys: pytest.CaptureFixture[str]) -> None:
    lines = [line(Quantity=each + 1, UnitAmount=Decimal("19.99")) for each in range(5)]
    invoice = xero.invoice(LineItems=lines)
    body = codec.dumps({"Invoices": [invoice] * BATCH})
    speeds = []
    for _ in range(RUNS):
        start = time.perf_counter()
        for _ in range(BATCHES):
            answer = xero.http.put(
                "/api.xro/2.0/Invoices", params={"summarizeErrors": "false"}, content=body, headers=xero.headers
            )
            assert answer.status_code == 200
        speeds.append(BATCHES * BATCH / (time.perf_counter() - start))
    with capsys.disabled():
        print(f"\nsandbox Xero: {statistics.median(speeds):,.0f} invoices of 5 lines per second")  # noqa: T201
    assert len(xero.get("Invoices")) == RUNS * BATCHES * BATCH
