"""Events and the log: in order, bounded, without secrets, and never in the way."""

from __future__ import annotations

import json
import threading
from datetime import UTC, datetime
from typing import Any

import pytest
from tieout.api.contract import Event
from tieout.api.hooks import hookimpl
from tieout.api.secret import remember
from tieout.host.events import Events
from tieout.host.log import logger
from tieout.host.plugins import admit

AT = datetime(2026, 7, 1, tzinfo=UTC)


class Watcher:
    """A plugin that keeps what it is told, and may be held up or fail."""

    def __init__(self) -> None:
        self.seen: list[Event] = []
        self.gate = threading.Event()
        self.gate.set()

    @hookimpl
    def observe(self, event: Event) -> None:
        self.gate.wait(10)
        self.seen.append(event)


def test_plugins_and_observer_are_told_in_order() -> None:
    watcher, heard = Watcher(), []
    events = Events(admit({"watcher": watcher}).facade, heard.append)
    for number in range(100):
        events.tell(Event("page.read", AT, {"number": number}))
    events.close()
    assert [event.data["number"] for event in watcher.seen] == list(range(100))
    assert heard == watcher.seen


def test_a_slow_watcher_holds_nothing_up() -> None:
    watcher = Watcher()
    watcher.gate.clear()
    events = Events(admit({"watcher": watcher}).facade, capacity=10)
    for number in range(50):
        events.tell(Event("page.read", AT, {"number": number}))
    watcher.gate.set()
    events.close()
    assert events.dropped >= 39
    assert len(watcher.seen) + events.dropped == 50


def test_a_watcher_that_hangs_does_not_keep_the_program(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tieout.host.events.PATIENCE", 0.05)
    watcher = Watcher()
    watcher.gate.clear()
    events = Events(admit({"watcher": watcher}).facade, capacity=1)
    for _ in range(3):
        events.tell(Event("page.read", AT, {}))
    events.close()
    assert watcher.seen == []
    watcher.gate.set()


def test_an_observer_that_fails_is_told_again(capsys: pytest.CaptureFixture[str]) -> None:
    heard = []

    def failing(event: Event) -> None:
        heard.append(event.name)
        raise RuntimeError("no window")

    events = Events(admit({}).facade, failing)
    events.tell(Event("one", AT, {}))
    events.tell(Event("two", AT, {}))
    events.close()
    assert heard == ["one", "two"]
    assert "no window" in capsys.readouterr().err


def test_no_secret_is_in_an_event() -> None:
    remember("sk-events-secret")
    heard: list[Event] = []
    events = Events(admit({}).facade, heard.append)
    data: dict[str, Any] = {
        "url": "https://x/?apiKey=sk-events-secret",
        "access_token": "anything",
        "calls": [{"Authorization": "Basic abc", "status": 200}],
        "api-key": "anything",
        "count": 3,
    }
    events.tell(Event("call", AT, data))
    events.close()
    assert heard[0].data == {
        "url": "https://x/?apiKey=[secret]",
        "access_token": "[secret]",
        "calls": [{"Authorization": "[secret]", "status": 200}],
        "api-key": "[secret]",
        "count": 3,
    }


def test_the_log_is_json_without_secrets(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    remember("sk-log-secret")
    monkeypatch.setenv("TIEOUT_LOG", "info")
    log = logger()
    log.debug("too little")
    log.info("called", url="/x?k=sk-log-secret", client_secret="anything")
    try:
        raise ValueError("sk-log-secret")
    except ValueError:
        log.exception("failed")
    out = capsys.readouterr()
    lines = [json.loads(line) for line in out.err.splitlines()]
    assert out.out == ""
    assert [line["event"] for line in lines] == ["called", "failed"]
    assert lines[0]["url"] == "/x?k=[secret]" and lines[0]["client_secret"] == "[secret]"
    assert "sk-log-secret" not in out.err


def test_the_log_is_quiet_unless_asked(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    for level in (None, "nonsense"):
        monkeypatch.delenv("TIEOUT_LOG", raising=False)
        if level:
            monkeypatch.setenv("TIEOUT_LOG", level)
        logger().info("called")
        logger().warning("paused")
    assert capsys.readouterr().err.count("\n") == 2
