"""`tieout doctor`: what it shows, what it asks, what it writes, and how it ends."""

from __future__ import annotations

import json
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from tieout import desk
from tieout.api.contract import Finding, Proposal
from tieout.api.errors import ConfigError, ContractError
from tieout.desk import proposals
from tieout_app.cli import main
from tieout_app.cli.terminal import Terminal

GOOD = Finding(topic="Invoices", what="fields.number = invoiceNo [Invoice No.], by its label.", sample="INV-1")
UNSURE = Finding(topic="Invoices", what="Nobody knows the status Odd.", state="unsure", fix='statuses.Odd = "live"')
BAD = Finding(topic="Dates", what="The format of dates is not certain.", state="bad", fix="Look up Date Format.")
CONFIG = '# mine\napi = 1\n\n[connections.crm]\nplugin = "apptivo"  # by its keys\n'


def proposal(*findings: Finding) -> Proposal:
    return Proposal(
        findings=findings,
        files={"crm.profile.toml": 'date-format = "dd/MM/yyyy"\n', "crm.capabilities.json": "{}\n"},
        settings={"profile": "crm.profile.toml"},
        good=all(one.state != "bad" for one in findings),
    )


class StubDesk:
    """A desk whose probe answers what a test sets, and that keeps what is written through it."""

    def __init__(self, answer: Proposal, config: Path) -> None:
        self.answer = answer
        self.config = config
        self.asked: list[tuple[str, str | None]] = []

    @contextmanager
    def open(self, config: Path, who: str = "", observer: Any = None, stop: Any = None) -> Iterator[Any]:
        yield self

    def probe(self, name: str, scratch: str | None = None) -> Proposal:
        self.asked.append((name, scratch))
        return self.answer

    def keep(self, name: str, found: Proposal) -> tuple[Path, ...]:
        return proposals.keep(self.config, name, found)


Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "160")
    (tmp_path / "plugins.toml").write_text(CONFIG, encoding="utf-8")

    def running(answer: Proposal, *arguments: str, asked: list[Any] | None = None) -> tuple[int, str, str]:
        stub = StubDesk(answer, tmp_path / "plugins.toml")
        monkeypatch.setattr(desk, "Desk", stub)
        code = main(["doctor", *arguments])
        if asked is not None:
            asked += stub.asked
        shown = capsys.readouterr()
        return code, shown.out, shown.err

    return running


def test_it_shows_each_finding_with_its_sample_and_what_is_to_be_done(run: Run) -> None:
    code, shown, _ = run(proposal(GOOD, UNSURE, BAD), "crm")
    assert code == 3
    for words in ("Invoices", "invoiceNo [Invoice No.]", "INV-1", 'statuses.Odd = "live"', "Look up Date Format."):
        assert words in shown
    assert "1 thing to put right" in shown


def test_nothing_is_written_unless_a_person_agrees(run: Run, tmp_path: Path) -> None:
    code, shown, _ = run(proposal(GOOD), "crm")
    assert code == 0
    assert "doctor crm --write" in shown
    assert [path.name for path in tmp_path.iterdir()] == ["plugins.toml"]
    assert (tmp_path / "plugins.toml").read_text(encoding="utf-8") == CONFIG


@pytest.mark.parametrize("agrees", [True, False])
def test_on_a_terminal_it_asks_once(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, agrees: bool) -> None:
    questions: list[str] = []
    monkeypatch.setattr(Terminal, "interactive", property(lambda terminal: True))
    monkeypatch.setattr(Terminal, "ask", lambda terminal, question: questions.append(question) or agrees)
    run(proposal(GOOD), "crm")
    assert len(questions) == 1
    assert "crm.profile.toml" in questions[0]
    assert (tmp_path / "crm.profile.toml").exists() == agrees


def test_write_puts_the_files_beside_the_configuration_and_names_the_profile_in_it(run: Run, tmp_path: Path) -> None:
    _, shown, _ = run(proposal(GOOD), "crm", "--write")
    assert "Written: crm.profile.toml, crm.capabilities.json" in shown
    assert (tmp_path / "crm.profile.toml").read_text(encoding="utf-8") == 'date-format = "dd/MM/yyyy"\n'
    written = (tmp_path / "plugins.toml").read_text(encoding="utf-8")
    assert 'profile = "crm.profile.toml"' in written
    assert "# mine" in written
    assert "# by its keys" in written
    run(proposal(GOOD), "crm", "--write")
    assert (tmp_path / "plugins.toml").read_text(encoding="utf-8") == written


def test_a_profile_that_is_not_good_is_written_for_a_person_to_complete_and_ends_with_3(
    run: Run, tmp_path: Path
) -> None:
    code, _, _ = run(proposal(BAD), "crm", "--write")
    assert code == 3
    assert (tmp_path / "crm.profile.toml").exists()


def test_a_program_gets_one_document(run: Run, tmp_path: Path) -> None:
    code, shown, _ = run(proposal(GOOD, BAD), "crm", "--json", "--write")
    told = json.loads(shown)
    assert code == 3
    assert told["good"] is False
    assert told["findings"][1] == {
        "topic": "Dates",
        "what": BAD.what,
        "state": "bad",
        "fix": "Look up Date Format.",
        "sample": "",
    }
    assert [Path(one).name for one in told["written"]] == ["crm.profile.toml", "crm.capabilities.json"]


def test_only_a_record_that_is_named_may_be_written_to(run: Run) -> None:
    asked: list[Any] = []
    run(proposal(GOOD), "crm", asked=asked)
    run(proposal(GOOD), "crm", "--scratch", "customers/1000231", asked=asked)
    assert asked == [("crm", None), ("crm", "customers/1000231")]


@pytest.mark.parametrize("name", ["../crm.toml", "/elsewhere/crm.toml", "plugins.toml", "a/b.toml", ""])
def test_a_plugin_cannot_write_elsewhere(tmp_path: Path, name: str) -> None:
    config = tmp_path / "plugins.toml"
    config.write_text(CONFIG, encoding="utf-8")
    with pytest.raises(ContractError):
        proposals.keep(config, "crm", Proposal(findings=(), files={name: "x"}))
    assert config.read_text(encoding="utf-8") == CONFIG
    assert [path.name for path in tmp_path.iterdir()] == ["plugins.toml"]


def test_the_mode_of_a_file_that_is_there_is_kept(tmp_path: Path) -> None:
    config, mine = tmp_path / "plugins.toml", tmp_path / "crm.profile.toml"
    config.write_text(CONFIG, encoding="utf-8")
    mine.write_text("", encoding="utf-8")
    mine.chmod(0o600)
    proposals.keep(config, "crm", proposal(GOOD))
    assert stat.S_IMODE(mine.stat().st_mode) == 0o600


def test_a_connection_that_is_not_there_is_refused(tmp_path: Path) -> None:
    config = tmp_path / "plugins.toml"
    config.write_text(CONFIG, encoding="utf-8")
    with pytest.raises(ConfigError, match='"crm"'):
        proposals.keep(config, "crn", proposal(GOOD))
