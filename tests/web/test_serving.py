"""`tieout serve`: the process that people start."""

import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from tieout_app.cli import main
from tieout_web.access import Access


def free() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@contextmanager
def serving(config: Path, port: int) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """The process, and the link that it printed."""
    command = [str(Path(sys.executable).with_name("tieout")), "--config", str(config), "serve", "--port", str(port)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            lines = [process.stdout.readline() for _ in range(2)]
            found = re.search(r"http://\S+/login\?key=\S+", lines[1])
            assert found, lines
            yield process, found[0]
        finally:
            process.terminate()


def test_its_link_signs_in_and_it_ends_in_order_while_a_page_listens(tmp_path: Path) -> None:
    with serving(tmp_path / "plugins.toml", free()) as (process, link), httpx.Client(follow_redirects=True) as browser:
        page = browser.get(f"{link}&next=/start")
        assert page.status_code == 200
        assert "Try it with a sample firm" in page.text
        with browser.stream("GET", httpx.URL(link).join("/events")) as feed:
            assert next(feed.iter_lines()) == "event: run"
            process.send_signal(signal.SIGTERM)
            assert process.wait(20) in (0, -signal.SIGTERM)
        assert process.stderr is not None
        assert process.stderr.read() == ""


def test_it_listens_on_this_machine_alone(tmp_path: Path) -> None:
    port = free()
    with serving(tmp_path / "plugins.toml", port) as (process, _):
        if not Path("/proc/net/tcp").exists():
            pytest.skip("only Linux tells who listens where")
        listening = {
            line.split()[1] for line in Path("/proc/net/tcp").read_text().splitlines()[1:] if line.split()[3] == "0A"
        }
        assert [one for one in listening if one.endswith(f":{port:04X}")] == [f"0100007F:{port:04X}"]
        assert process.poll() is None


def test_a_port_in_use_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        code = main(["-c", str(tmp_path / "plugins.toml"), "serve", "--port", str(port)])
    assert code == 2
    assert f"port {port} cannot be used" in capsys.readouterr().err


def test_a_password_and_a_token_are_set_by_the_command(
    weak: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    config = str(tmp_path / "plugins.toml")
    reading, writing = os.pipe()
    os.write(writing, b"correct horse battery\nshort\n")
    os.close(writing)
    with os.fdopen(reading) as typed:
        monkeypatch.setattr(sys, "stdin", typed)
        assert main(["-c", config, "serve", "--set-password", "ana", "--role", "resolver"]) == 0
        assert main(["-c", config, "serve", "--set-password", "bob"]) == 2
    assert main(["-c", config, "serve", "--token", "reports", "--role", "viewer"]) == 0
    assert main(["-c", config, "serve", "--token", "reports", "--role", "king"]) == 2
    token = re.search(r"^tieout_\S+$", capsys.readouterr().out, re.MULTILINE)
    assert token
    access = Access(tmp_path / ".tieout" / "web.db")
    known = access.known("ana", "correct horse battery")
    assert known is not None
    assert known.role == "resolver"
    assert access.known("bob", "short") is None
    bearer = access.bearer(token[0])
    assert bearer is not None
    assert (bearer.name, bearer.role) == ("reports", "viewer")
    access.close()
