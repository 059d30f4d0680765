"""The commands: what they ask of the desk, what they show, and how they end."""

import json
import os
import signal
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from tieout.api.contract import Tenant
from tieout.api.errors import (
    ConfigError,
    LeaseLost,
    LedgerError,
    ReauthNeeded,
    Refused,
    Throttled,
    TieoutError,
    Unavailable,
)
from tieout.api.model import Account
from tieout.desk import AccountChoice
from tieout.desk.forecast import Forecast
from tieout.rules.report import ConnectionView, Counts, PairView, PlanView, RunReport
from tieout_app.cli import main

SALES = Account(id="a-200", code="200", name="Sales", type="REVENUE", roles=frozenset({"sales"}))
EXPORTS = Account(id="a-280", code="280", name="Export Sales", type="SALES", roles=frozenset({"sales"}))


class StubDesk:
    """Answers with views that a test sets, and keeps what it was asked."""

    pairs = ("main",)

    def __init__(self, **answers: Any) -> None:
        self.answers = answers
        self.asked: list[tuple[Any, ...]] = []

    @contextmanager
    def open(self, config: Path, who: str = "", observer: Any = None, stop: Any = None) -> Iterator[Any]:
        self.stop = stop
        yield self

    def pair(self, name: str | None) -> str:
        if name not in (None, "main"):
            raise Refused(f"there is no pair {name}", fix="The pairs are: main")
        return "main"

    def connections(self) -> tuple[ConnectionView, ...]:
        return (self.answers["view"].source, self.answers["view"].target)

    def sync(self, pair: str, approve: Callable[[PlanView], bool]) -> RunReport:
        self.asked.append(("sync", pair, "plan" in self.answers and approve(self.answers["plan"])))
        return self._answer("report")

    def accounts(self, pair: str) -> dict[str, AccountChoice]:
        return {"sales": AccountChoice("sales", "200", (SALES, EXPORTS))}

    def reference(self, pair: str) -> dict[str, Sequence[Account]]:
        return {"accounts": (SALES, EXPORTS.model_copy(update={"active": False}))}

    def choose(self, pair: str, slot: str, code: str) -> None:
        self.asked.append(("choose", pair, slot, code))

    def connect(self, name: str) -> Tenant:
        self.asked.append(("connect", name))
        return Tenant("90001", "Harbour & Sons")

    def disconnect(self, name: str) -> None:
        self.asked.append(("disconnect", name))

    def plugins(self) -> tuple[Any, ...]:
        return (
            SimpleNamespace(
                name="items", distribution="tieout-entities", version="0.1.0", on=True, state="on", reason=""
            ),
        )

    def plan(self, pair: str) -> PlanView:
        return self._answer("plan")

    @property
    def plans(self) -> Any:
        return SimpleNamespace(forecast=lambda pair, calls: Forecast(connection="books", calls=calls))

    def status(self, pair: str) -> PairView:
        return self._answer("view")

    def _answer(self, name: str) -> Any:
        answer = self.answers[name]
        if isinstance(answer, Exception):
            raise answer
        return answer(self) if callable(answer) else answer


Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str], pair_view: PairView
) -> Run:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "160")
    (tmp_path / "plugins.toml").write_text("api = 1\n", encoding="utf-8")

    def running(*arguments: str, desk: StubDesk | None = None, **answers: Any) -> tuple[int, str, str]:
        stub = desk or StubDesk(view=pair_view)
        stub.answers |= answers
        monkeypatch.setattr("tieout.desk.Desk", stub)
        code = main(arguments)
        seen = capsys.readouterr()
        return code, seen.out, seen.err

    return running


def test_plan_shows_the_plan_and_how_to_go_on(run: Run, plan_view: PlanView) -> None:
    code, out, err = run("plan", plan=plan_view)
    assert code == 0
    assert "1,453 changes in Xero" in out
    assert "tieout apply 7" in err


def test_json_is_one_document_on_standard_output(run: Run, plan_view: PlanView) -> None:
    code, out, _ = run("plan", "--json", plan=plan_view)
    assert code == 0
    assert out.count("\n") == 1
    assert json.loads(out)["operations"] == {"customers": {"create": 280, "link": 10}, "invoices": {"create": 1163}}


def test_the_configuration_that_was_named_stands_in_what_to_do_next(
    run: Run, plan_view: PlanView, tmp_path: Path
) -> None:
    (tmp_path / "other.toml").write_text("api = 1\n", encoding="utf-8")
    _, _, err = run("--config", "other.toml", "plan", plan=plan_view)
    assert "tieout --config other.toml apply 7" in err


def test_sync_tells_what_was_done(run: Run, report: RunReport) -> None:
    code, out, err = run("sync", report=report)
    assert code == 0
    assert "Run 3 of main: done" in out
    assert "47 records held. Why, and what to do: tieout status" in err


@pytest.mark.parametrize(("arguments", "agreed"), [(("sync",), False), (("sync", "--yes"), True)])
def test_without_a_person_only_yes_goes_live(
    run: Run, report: RunReport, plan_view: PlanView, pair_view: PairView, arguments: tuple[str, ...], agreed: bool
) -> None:
    desk = StubDesk(view=pair_view)
    run(*arguments, desk=desk, report=report, plan=plan_view)
    assert desk.asked == [("sync", "main", agreed)]


def test_a_plan_that_waits_for_go_live_needs_attention(run: Run, report: RunReport) -> None:
    code, _, err = run("sync", report=replace(report, state="planned"))
    assert code == 3
    assert "Nothing was sent. To go live: tieout sync --yes" in err


@pytest.mark.parametrize("what", ["wrong", "rejected", "unknown"])
def test_records_that_did_not_go_need_attention(run: Run, report: RunReport, what: str) -> None:
    counts = {"items": Counts(**{what: 1})}
    assert run("sync", report=replace(report, counts=counts))[0] == 3


def test_a_pause_has_an_exit_code_of_its_own(run: Run, report: RunReport) -> None:
    assert run("sync", report=replace(report, state="paused", message="The day is used up."))[0] == 5


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_after_the_batch_and_tells_how_to_go_on(
    run: Run, report: RunReport, number: signal.Signals
) -> None:
    before = signal.getsignal(number)

    def stopped(desk: StubDesk) -> RunReport:
        os.kill(os.getpid(), number)
        assert desk.stop.wait(5)
        return replace(report, state="stopped")

    code, out, err = run("sync", report=stopped)
    assert code == 130
    assert "Run 3 of main: stopped" in out
    assert "To go on where it stopped: tieout sync" in err
    assert signal.getsignal(number) is before


def test_a_call_that_was_no_longer_made_is_a_stop_and_no_fault(run: Run) -> None:
    def stopped(desk: StubDesk) -> RunReport:
        desk.stop.set()
        raise Unavailable("the call to books was stopped before it was sent")

    code, _, err = run("sync", report=stopped)
    assert code == 130
    assert "Stopped." in err
    assert "code:" not in err


def test_a_fault_while_stopping_is_told(run: Run) -> None:
    def stopped(desk: StubDesk) -> RunReport:
        desk.stop.set()
        raise LedgerError("the disk is full")

    code, _, err = run("sync", report=stopped)
    assert code == 7
    assert "the disk is full" in err


def test_a_stopped_read_is_never_sent_even_with_yes(
    run: Run, report: RunReport, plan_view: PlanView, pair_view: PairView
) -> None:
    class Stopped(StubDesk):
        def sync(self, pair: str, approve: Callable[[PlanView], bool]) -> RunReport:
            self.stop.set()
            return super().sync(pair, approve)

    desk = Stopped(view=pair_view)
    assert run("sync", "--yes", desk=desk, report=replace(report, state="planned"), plan=plan_view)[0] == 130
    assert desk.asked == [("sync", "main", False)]


def test_a_second_ctrl_c_ends_at_once(run: Run) -> None:
    def twice(desk: StubDesk) -> RunReport:
        os.kill(os.getpid(), signal.SIGINT)
        assert desk.stop.wait(5)
        os.kill(os.getpid(), signal.SIGINT)
        raise AssertionError("the second one did not end it")

    assert run("sync", report=twice)[0] == 130


def test_status_shows_connections_and_pairs(run: Run) -> None:
    code, out, _ = run("status")
    assert code == 0
    assert "The day's calls are used up." in out
    assert "main: Apptivo → Xero" in out
    assert list(json.loads(run("status", "--json")[1])) == ["connections", "pairs"]


def test_reference_counts_rows_and_those_in_use(run: Run) -> None:
    code, out, _ = run("reference")
    assert code == 0
    assert " ".join(next(line for line in out.splitlines() if "Accounts" in line).split()).startswith(
        "Accounts 2 1 200"
    )


def test_accounts_are_chosen_by_code(run: Run, pair_view: PairView) -> None:
    desk = StubDesk(view=pair_view)
    code, out, _ = run("accounts", "--set", "sales=280", "--set", "payment=090", desk=desk)
    assert code == 0
    assert desk.asked == [("choose", "main", "sales", "280"), ("choose", "main", "payment", "090")]
    assert "Sales" in out


def test_an_account_that_is_not_purpose_and_code_is_wrong_use(run: Run, pair_view: PairView) -> None:
    desk = StubDesk(view=pair_view)
    code, _, err = run("accounts", "--set", "sales", desk=desk)
    assert code == 2
    assert "PURPOSE=CODE" in err
    assert desk.asked == []


def test_a_connection_by_keys_needs_no_person(run: Run, pair_view: PairView) -> None:
    desk = StubDesk(view=pair_view)
    code, out, _ = run("connect", "crm", desk=desk)
    assert code == 0
    assert desk.asked == [("connect", "crm")]
    assert "Connected to Harbour & Sons." in out


def test_disconnecting_says_what_is_kept(run: Run, pair_view: PairView) -> None:
    desk = StubDesk(view=pair_view)
    code, out, _ = run("disconnect", "books", desk=desk)
    assert code == 0
    assert desk.asked == [("disconnect", "books")]
    assert "Links and mappings are kept" in out


def test_plugins_are_listed(run: Run) -> None:
    code, out, _ = run("plugins", "list")
    assert code == 0
    assert "tieout-entities 0.1.0" in out


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (ConfigError("no key suplpiers", where="plugins.toml:4", fix="Did you mean suppliers?"), 2),
        (Refused("there are several pairs"), 2),
        (ReauthNeeded("Xero asks for a new consent", fix="tieout connect books"), 4),
        (Throttled("the day is used up", until=datetime(2026, 7, 3, tzinfo=UTC), scope="day"), 5),
        (LeaseLost("another process took over"), 6),
        (LedgerError("the ledger is from a newer version"), 7),
        (TieoutError("odd"), 1),
    ],
)
def test_an_error_ends_with_its_code_and_says_what_to_do(run: Run, error: TieoutError, code: int) -> None:
    ended, out, err = run("plan", plan=error)
    assert ended == code
    assert out == ""
    assert error.problem.what in err
    assert error.problem.fix in err
    assert f"code: {error.code}" in err
    assert "Traceback" not in err


def test_an_error_is_a_document_too(run: Run) -> None:
    code, out, err = run("plan", "--json", plan=LedgerError("the disk is full", said="database or disk is full"))
    assert code == 7
    document = json.loads(out)
    assert document["exit_code"] == 7
    assert document["error"]["cause"] == "ledger"
    assert document["error"]["said"] == "database or disk is full"
    assert "the disk is full" in err


def test_what_nobody_foresaw_is_told_without_a_traceback(run: Run) -> None:
    code, _, err = run("plan", plan=ZeroDivisionError("division by zero"))
    assert code == 1
    assert "ZeroDivisionError" in err
    assert "division by zero" in err
    assert "TIEOUT_DEBUG=1" in err
    assert "Traceback" not in err


def test_the_traceback_is_there_when_asked_for(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TIEOUT_DEBUG", "1")
    assert "Traceback" in run("plan", plan=ZeroDivisionError("division by zero"))[2]


def test_what_the_machine_refuses_names_the_file(run: Run) -> None:
    _, _, err = run("plan", plan=OSError(28, "No space left on device", "/data/x"))
    assert "The machine refused: No space left on device (/data/x)." in err


def test_there_is_no_colour_away_from_a_terminal(run: Run, report: RunReport) -> None:
    _, out, err = run("sync", report=report)
    assert "\x1b" not in out + err


def test_a_missing_configuration_says_how_to_begin(run: Run, tmp_path: Path) -> None:
    (tmp_path / "plugins.toml").unlink()
    code, _, err = run("status")
    assert code == 2
    assert "there is no configuration plugins.toml" in err
    assert "tieout init" in err


def test_init_writes_a_first_configuration_and_leaves_one_alone(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "plugins.toml"
    code, _, err = run("init")
    assert code == 2
    assert "plugins.toml exists already" in err
    assert path.read_text(encoding="utf-8") == "api = 1\n"
    path.unlink()
    code, _, err = run("init")
    assert code == 0
    assert "[pairs.main]" in path.read_text(encoding="utf-8")
    assert "tieout connect crm" in err


@pytest.mark.parametrize(
    "command",
    [
        "init",
        "connect",
        "check",
        "disconnect",
        "reference",
        "accounts",
        "plan",
        "sync",
        "status",
        "reconcile",
        "run",
        "demo",
        "plugins",
    ],
)
def test_every_command_teaches_by_example(run: Run, command: str) -> None:
    inside = ("list", "enable", "disable") if command == "plugins" else ("",)
    for word in inside:
        code, out, _ = run(*filter(None, (command, word)), "--help")
        assert code == 0
        assert "Examples" in out
        assert f"tieout {command} {word}".strip() in out


def test_the_first_page_of_help_teaches_too(run: Run) -> None:
    code, out, _ = run("--help")
    assert code == 0
    for words in ("Examples", "tieout reconcile", "Exit codes", "130 stopped by Ctrl-C", "Set up", "Work", "Try it"):
        assert words in out


def test_wrong_use_ends_with_two(run: Run) -> None:
    assert run("plan", "--nonsense")[0] == 2
    code, _, err = run("pla")
    assert code == 2
    assert "Did you mean 'plan'" in err
