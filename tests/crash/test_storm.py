"""A fifth of all calls fails, in all the ways that the sandbox knows: every record arrives, and arrives once."""

import random
from dataclasses import replace

import httpx
import pytest
from sandboxed import running
from tieout.api.errors import ReauthNeeded, TieoutError

SHARE = 0.2
# a used-up day is no failure but a pause until the next one: test_faults.py has it
FAULTS = ["status:500", "status:502", "status:503", "drop-before", "drop-after-commit", "html", "empty", "429-minute"]
FAULTS += ["token-expired", "reorder", "slow:20"]
RUNS = 100


class Storm(httpx.BaseTransport):
    """Before call after call, chance decides whether the system that is called shall fail, and how."""

    def __init__(self, systems):
        self.systems = systems
        self.carried = systems.runtime.transport()
        self.chance = random.Random(20)
        self.met = []

    def handle_request(self, request):
        if self.chance.random() < SHARE:
            origin = f"{request.url.scheme}://{request.url.netloc.decode()}"
            fault = self.chance.choice(FAULTS)
            self.systems.fault(origin, fault, path=request.url.path, method=request.method)
            self.met.append(fault)
        return self.carried.handle_request(request)


@pytest.mark.matrix
def test_three_thousand_records_arrive_once_though_a_fifth_of_all_calls_fails(tmp_path):
    with running(tmp_path, size=870, copies=1) as systems:
        assert sum(len(many) for app, many in systems.state("apptivo").items() if app != "documents") >= 3000
        calm, storm = systems.runtime, Storm(systems)
        systems.runtime = replace(calm, transport=lambda: storm)
        for _ in range(RUNS):
            if _ended(systems):
                break
        else:
            raise AssertionError(f"not done after {RUNS} runs")
        assert set(storm.met) == set(FAULTS)
        systems.runtime = calm
        systems.agreed()


def _ended(systems):
    """Whether a run under such conditions had nothing left to do."""
    try:
        report = systems.sync()
    except ReauthNeeded:
        with systems.desk() as desk:
            _checked(desk)
        return False
    except TieoutError as error:
        assert error.problem.what and error.problem.fix
        return False
    return sum(counts.planned for counts in report.counts.values()) == 0


def _checked(desk):
    """What a person does when a connection is said to be refused: look whether it is."""
    for name in ("crm", "books"):
        try:
            desk.check(name)
        except TieoutError:
            continue
