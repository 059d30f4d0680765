"""The runner: every pair at its time, one line for each run."""

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from tieout.api.clock import Clock
from tieout.api.errors import ConfigError, ReauthNeeded, Refused, Throttled, TieoutError, Unavailable
from tieout.rules.report import Counts, PairView, PlanView, RunReport
from tieout_app.cli import main
from tieout_app.runner import Runner, outcome

START = datetime(2026, 7, 2, 10, 0, tzinfo=UTC)


class Moved(Clock):
    """A clock that moves when it is waited for, and asks to stop once `end` seconds have passed."""

    def __init__(self, stop: threading.Event, end: float) -> None:
        self.seconds = 0.0
        self._stop = stop
        self._end = end

    def now(self) -> datetime:
        return START + timedelta(seconds=self.seconds)

    def monotonic(self) -> float:
        return self.seconds

    def wait(self, seconds: float, stop: threading.Event | None = None) -> None:
        assert stop is self._stop
        self.seconds += seconds
        if self.seconds >= self._end:
            self._stop.set()


class StubDesk:
    """Pairs with schedules; what a sync answers is set by the test."""

    def __init__(self, view: PairView, every: Mapping[str, float | None], sync: Callable[[str], RunReport]) -> None:
        self.view = view
        self.schedule = dict(every)
        self.answer = sync
        self.ran: list[tuple[float, str]] = []
        self.approved: list[bool] = []
        self.purposes: list[str] = []
        self.kept_alive: list[float] = []
        self.not_renewed: dict[str, TieoutError] = {}
        self.wrong: ConfigError | None = None
        self.mailed: list[str] = []
        self.not_mailed: TieoutError | None = None
        self.clock: Moved

    @property
    def mail(self) -> "StubDesk":
        return self

    def tell(self, pair: str) -> TieoutError | None:
        self.mailed.append(pair)
        return self.not_mailed

    @contextmanager
    def open(
        self, config: Path, who: str = "", stop: threading.Event | None = None, purpose: str = ""
    ) -> Iterator["StubDesk"]:
        self.purposes.append(purpose)
        wrong, self.wrong = self.wrong, None
        if wrong:
            raise wrong
        yield self

    @property
    def pairs(self) -> tuple[str, ...]:
        return tuple(self.schedule)

    def every(self, pair: str) -> float | None:
        return self.schedule[pair]

    def status(self, pair: str) -> PairView:
        return self.view

    def keep_alive(self) -> Mapping[str, TieoutError]:
        self.kept_alive.append(self.clock.seconds)
        return self.not_renewed

    def sync(self, pair: str, approve: Callable[[PlanView], bool]) -> RunReport:
        self.ran.append((self.clock.seconds, pair))
        self.approved.append(approve(None))  # type: ignore[arg-type]
        return self.answer(pair)


Lines = list[dict[str, Any]]
Made = tuple[Runner, StubDesk, Lines]
Make = Callable[..., Made]


@pytest.fixture
def make(monkeypatch: pytest.MonkeyPatch, pair_view: PairView, report: RunReport) -> Make:
    quiet = replace(pair_view, target=replace(pair_view.target, paused_until=None))

    def made(
        *,
        every: Mapping[str, float | None],
        until: float,
        sync: Callable[[str], RunReport] | None = None,
        view: PairView = quiet,
    ) -> Made:
        stop = threading.Event()
        lines: Lines = []
        desk = StubDesk(view, every, sync or (lambda pair: replace(report, pair=pair)))
        desk.clock = Moved(stop, until)
        monkeypatch.setattr("tieout_app.runner.Desk", desk)
        log = lambda event, **values: lines.append({"event": event, **values})  # noqa: E731 - one line is enough
        return Runner(Path("plugins.toml"), stop=stop, clock=desk.clock, log=log), desk, lines

    return made


def test_every_pair_runs_at_its_own_time(make: Make) -> None:
    runner, desk, _ = make(every={"au": 60.0, "nz": 150.0}, until=200)
    assert runner.forever() == 0
    assert desk.ran == [(0, "au"), (0, "nz"), (60, "au"), (120, "au"), (150, "nz"), (180, "au")]


def test_a_pair_without_a_schedule_waits_for_a_person(make: Make) -> None:
    runner, desk, _ = make(every={"au": 60.0, "nz": None}, until=100)
    runner.forever()
    assert {pair for _, pair in desk.ran} == {"au"}


def test_without_any_schedule_it_says_so(make: Make) -> None:
    runner, _, _ = make(every={"au": None}, until=100)
    with pytest.raises(Refused, match="no pair has a schedule"):
        runner.forever()


def test_nothing_goes_live_by_itself(make: Make) -> None:
    runner, desk, _ = make(every={"au": 60.0}, until=1)
    runner.forever()
    assert desk.approved == [False]


def test_each_run_is_one_line_with_what_counts(make: Make) -> None:
    runner, _, lines = make(every={"au": 60.0}, until=1)
    runner.forever()
    assert lines == [
        {
            "event": "run",
            "at": "2026-07-02T10:00:00Z",
            "pair": "au",
            "run": 3,
            "state": "done",
            "read": 1500,
            "created": 1443,
            "held": 47,
            "seconds": 60.0,
        }
    ]


def test_what_goes_wrong_with_one_pair_leaves_the_others_alone(make: Make, report: RunReport) -> None:
    def sync(pair: str) -> RunReport:
        if pair == "au":
            raise ReauthNeeded("Xero asks for a new consent", fix="tieout connect books")
        if pair == "nz":
            raise ZeroDivisionError("division by zero")
        return replace(report, pair=pair)

    runner, _, lines = make(every={"au": 60.0, "nz": 60.0, "uk": 60.0}, until=1, sync=sync)
    runner.forever()
    assert [(line["event"], line["pair"]) for line in lines] == [("failed", "au"), ("failed", "nz"), ("run", "uk")]
    assert lines[0]["code"] == "reauth"
    assert lines[0]["fix"] == "tieout connect books"
    assert lines[1]["what"] == "ZeroDivisionError: division by zero"


def test_people_are_told_after_each_sync_and_what_could_not_be_sent_is_a_line(make: Make, report: RunReport) -> None:
    runner, desk, lines = make(every={"au": 60.0}, until=1, sync=lambda pair: report)
    desk.not_mailed = Unavailable("the mail server did not take the message")
    runner.forever()
    assert desk.mailed == ["au"]
    assert [line["event"] for line in lines] == ["run", "failed"] and lines[1]["code"] == "unavailable"


def test_a_paused_connection_is_waited_for(make: Make, pair_view: PairView) -> None:
    def sync(pair: str) -> RunReport:
        raise Throttled("the day is used up", until=START, scope="day")

    paused = replace(pair_view, target=replace(pair_view.target, paused_until=START + timedelta(seconds=500)))
    runner, desk, _ = make(every={"au": 60.0}, until=501, sync=sync, view=paused)
    runner.forever()
    assert desk.ran == [(0, "au"), (500, "au")]


def test_a_configuration_that_becomes_wrong_is_told_and_read_again(make: Make, report: RunReport) -> None:
    def sync(pair: str) -> RunReport:
        desk.wrong = ConfigError("no key evry", where="plugins.toml:4") if len(desk.ran) == 1 else None
        return replace(report, pair=pair)

    runner, desk, lines = make(every={"au": 60.0}, until=121, sync=sync)
    runner.forever()
    assert [line["event"] for line in lines] == ["run", "failed", "run"]
    assert lines[1]["what"] == "plugins.toml:4: no key evry"


def test_a_configuration_that_is_wrong_at_the_start_ends_it(make: Make) -> None:
    runner, desk, _ = make(every={"au": 60.0}, until=1)
    desk.wrong = ConfigError("no key evry")
    with pytest.raises(ConfigError):
        runner.forever()


def test_a_pair_added_to_the_configuration_counts_from_the_next_round_on(make: Make, report: RunReport) -> None:
    def sync(pair: str) -> RunReport:
        desk.schedule["nz"] = 60.0
        return replace(report, pair=pair)

    runner, desk, _ = make(every={"au": 60.0}, until=61, sync=sync)
    runner.forever()
    assert desk.ran == [(0, "au"), (60, "au"), (60, "nz")]


def test_once_runs_every_pair_and_ends_with_the_worst(make: Make, report: RunReport) -> None:
    def sync(pair: str) -> RunReport:
        counts = {"items": Counts(wrong=1)} if pair == "nz" else {}
        return replace(report, pair=pair, counts=counts)

    runner, desk, _ = make(every={"au": None, "nz": 60.0, "uk": 60.0}, until=1, sync=sync)
    assert runner.once() == 3
    assert [pair for _, pair in desk.ran] == ["au", "nz", "uk"]


@pytest.mark.parametrize(("state", "code"), [("done", 0), ("planned", 3), ("paused", 5), ("stopped", 3)])
def test_how_a_run_ended_is_an_exit_code(report: RunReport, state: str, code: int) -> None:
    assert outcome(replace(report, state=state)) == code


def test_away_from_a_terminal_lines_are_json(
    make: Make, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _, desk, _ = make(every={"au": 60.0}, until=1)
    (tmp_path / "plugins.toml").write_text("api = 1\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    assert main(["run", "--once"]) == 0
    line = json.loads(capsys.readouterr().out)
    assert (line["event"], line["pair"], line["read"]) == ("run", "au", 1500)
    assert desk.approved == [False]


def test_consents_are_renewed_in_every_round_and_at_least_once_a_day(make: Make) -> None:
    day = 86400.0
    runner, desk, lines = make(every={"au": 90 * day}, until=2.5 * day)
    desk.not_renewed = {"books": ReauthNeeded("the consent of books has ended", fix="tieout connect books")}
    runner.forever()
    assert desk.kept_alive == [0, day, 2 * day]
    assert desk.ran == [(0, "au")]
    assert [(line["event"], line["connection"]) for line in lines if line["event"] == "failed"] == [
        ("failed", "books")
    ] * 3


def test_it_works_for_the_schedule_and_not_for_a_person(make: Make) -> None:
    runner, desk, _ = make(every={"au": 60.0}, until=1)
    runner.once()
    runner.forever()
    assert set(desk.purposes) == {"schedule"}
    assert desk.kept_alive == [0, 0]
