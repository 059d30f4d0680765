"""The command `tieout sandbox` as a program, and the same sandbox started from Python."""

import json
import os
import signal
import socket
import stat
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from decimal import Decimal
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
import tieout_sandbox
import typer
from tieout_sandbox import command
from tieout_sandbox.command import parsed_limits, parsed_speed
from tieout_sandbox.fake import Limits
from tieout_sandbox.launch import LaunchError, LaunchOptions, Sandbox, start
from tieout_sandbox.writeconfig import write_config
from typer.testing import CliRunner

COMMAND = (sys.executable, "-m", "tieout_sandbox")
PATIENCE = 15


@contextmanager
def launched(*arguments: str) -> Iterator[tuple["subprocess.Popen[str]", dict[str, Any]]]:
    """The command as a process, with what its first line says; it is told to end with the block."""
    with subprocess.Popen([*COMMAND, *arguments], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        try:
            yield process, json.loads(process.stdout.readline())
        finally:
            process.terminate()


def refused(*arguments: str) -> str:
    """What the command says when it cannot start."""
    ended = subprocess.run([*COMMAND, *arguments], capture_output=True, text=True, timeout=PATIENCE)
    assert (ended.returncode, ended.stdout) == (2, "")
    return ended.stderr


def apptivo(line: dict[str, Any], action: str, url: str = "customers", **params: Any) -> Any:
    keys = {"apiKey": line["apptivo"]["api-key"], "accessKey": line["apptivo"]["access-key"]}
    address = f"{line['apptivo']['base-url']}/dao/v6/{url}"
    return httpx.post(address, data=keys | {"a": action} | params, trust_env=False).json()


def note_call(line: dict[str, Any], note: str) -> dict[str, str]:
    keys = {"apiKey": line["apptivo"]["api-key"], "accessKey": line["apptivo"]["access-key"]}
    return keys | {"a": "createNote", "noteDetails": note}


def ports(line: dict[str, Any]) -> list[int]:
    return [urlsplit(address).port or 0 for address in (line["apptivo"]["base-url"], line["xero"]["api-url"])]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        return probe.connect_ex(("127.0.0.1", port)) != 0


@pytest.fixture(scope="module")
def running() -> Iterator[Sandbox]:
    """A sandbox started as `tieout demo` starts it; tests that use it only read."""
    with tieout_sandbox.sandbox({"speed": Decimal(20)}) as sandbox:
        yield sandbox


def test_the_line_tells_a_program_all_it_needs(running: Sandbox) -> None:
    line = json.loads(running.line())
    assert set(line["apptivo"]) == {"base-url", "api-key", "access-key"}
    assert set(line["xero"]) == {
        "api-url",
        "identity-url",
        "client-id",
        "client-secret",
        "custom-connection",
        "authorised",
        "tenant-id",
    }
    assert set(line["xero"]["custom-connection"]) == {"client-id", "client-secret"}
    assert set(line["xero"]["authorised"]) == {"access-token", "refresh-token"}
    assert line["xero"]["api-url"] == f"{line['xero']['identity-url']}/api.xro/2.0"
    assert line["xero"]["identity-url"].startswith("http://localhost:")
    assert apptivo(line, "getAll")["countOfRecords"] == 300


def test_each_system_is_a_server_of_its_own_with_its_own_calls_and_records(running: Sandbox) -> None:
    first, second = (httpx.Client(base_url=f"http://127.0.0.1:{port}") for port in ports(json.loads(running.line())))
    with first, second:
        assert "customers" in first.get("/_sandbox/state").json()
        assert "Accounts" in second.get("/_sandbox/state").json()
        assert all("api.xro" not in call["path"] for call in first.get("/_sandbox/calls").json())
        assert all("dao" not in call["path"] for call in second.get("/_sandbox/calls").json())


def test_localhost_is_answered_whatever_address_it_means(running: Sandbox) -> None:
    for port in ports(json.loads(running.line())):
        for *_, address in socket.getaddrinfo("localhost", port, type=socket.SOCK_STREAM):
            with socket.create_connection((str(address[0]), port), timeout=PATIENCE):
                pass


@pytest.fixture
def firm(tmp_path: Path) -> str:
    folder = tmp_path / "firm"
    folder.mkdir()
    (folder / "customers.json").write_text('[{"id": "7", "customerName": "Acme"}]')
    (folder / "invoices.json").write_text('[{"id": "9", "lines": [{"taxName": "GST", "taxRate": 15}]}]')
    return str(folder)


def test_a_firm_that_ships_is_started_by_its_name_and_configured(tmp_path: Path) -> None:
    path = tmp_path / "plugins.toml"
    with start(LaunchOptions(firm="services")) as sandbox:
        write_config(sandbox, path)
        assert sandbox.state("apptivo")["invoices"]
    assert tomllib.loads(path.read_text())["pairs"]["main"]["taxes"]["sales"]["GST 10%"] == "OUTPUT"


def test_the_command_says_one_line_and_ends_cleanly_when_told(firm: str) -> None:
    with launched("--firm", firm) as (process, line):
        assert apptivo(line, "getAll")["data"][0]["customerName"] == "Acme"
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE) == 0
        assert process.stdout
        assert process.stdout.read() == ""
        assert all(is_free(port) for port in ports(line))


def test_a_state_file_carries_both_systems_to_the_next_start(firm: str, tmp_path: Path) -> None:
    state = tmp_path / "state.json"
    given = ("--firm", firm, "--state", str(state))
    with launched(*given) as (process, line):
        apptivo(line, "save", customerData='{"customerName": "New"}')
        note = '{"noteText": "kept", "objectId": 3, "objectRefId": 7}'
        httpx.post(f"{line['apptivo']['base-url']}/dao/note", data=note_call(line, note), trust_env=False)
        edit = {"collection": "Contacts", "create": {"Name": "Made in Xero"}}
        origin = line["xero"]["identity-url"]
        assert httpx.post(f"{origin}/_sandbox/edit", json=edit, trust_env=False).status_code == 200
        process.send_signal(signal.SIGINT)
        assert process.wait(PATIENCE) == 0
    with launched(*given) as (_, line):
        assert [row["customerName"] for row in apptivo(line, "getAll")["data"]] == ["Acme", "New"]
        held = httpx.get(line["apptivo"]["base-url"].removesuffix("/app") + "/_sandbox/state", trust_env=False).json()
        assert [each["noteText"] for each in held["notes"]] == ["kept"]
        contacts = httpx.get(f"{line['xero']['identity-url']}/_sandbox/state", trust_env=False).json()["Contacts"]
        assert "Made in Xero" in [contact["Name"] for contact in contacts]


def test_a_configuration_is_ready_when_the_line_is_printed(firm: str, tmp_path: Path) -> None:
    path = tmp_path / "new" / "plugins.toml"
    given = ("--limits", "minute=30,day=1000", "--speed", "2", "--write-config", str(path))
    with launched("--firm", firm, *given) as (_, line):
        config = tomllib.loads(path.read_text())
        secrets = path.with_name("plugins.secrets.env")
        assert stat.S_IMODE(secrets.stat().st_mode) == 0o600
        for secret in (line["xero"]["custom-connection"]["client-secret"], line["apptivo"]["access-key"]):
            assert secret in secrets.read_text()
            assert secret not in path.read_text()
    crm, books, pair = config["connections"]["crm"], config["connections"]["books"], config["pairs"]["main"]
    assert crm["base-url"] == line["apptivo"]["base-url"]
    assert crm["api-key"] == {"file": "plugins.secrets.env", "key": "APPTIVO_API_KEY"}
    assert (books["api-url"], books["consent"]) == (line["xero"]["api-url"], "custom-connection")
    assert books["limits"] == {"minute": 30, "day": 1000, "concurrent": 5, "speed": 2}
    assert list(config["plugins"].values()) == [True] * 9
    assert pair["since"] == date(2000, 1, 1)
    assert set(pair["accounts"]) == {"payment", "inventory", "sales", "purchase"}
    assert set(pair["taxes"]["sales"]) == {"GST 15%", "none"}


def test_a_firm_that_is_nowhere_is_told_with_those_that_ship() -> None:
    said = refused("--firm", "sevices")
    assert "sevices is no firm" in said
    assert "default, multicurrency, services" in said


def test_a_file_of_somebody_else_is_not_overwritten(firm: str, tmp_path: Path) -> None:
    path = tmp_path / "plugins.toml"
    path.write_text("api = 1\n")
    assert "would be lost" in refused("--firm", firm, "--write-config", str(path))
    assert path.read_text() == "api = 1\n"
    assert not path.with_name("plugins.secrets.env").exists()


@pytest.mark.parametrize("system", ["apptivo", "xero"])
def test_a_port_in_use_is_told_and_nothing_is_left(system: str, firm: str) -> None:
    other, free = {"apptivo": "xero", "xero": "apptivo"}[system], free_port()
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        said = refused("--firm", firm, f"--{system}-port", port, f"--{other}-port", str(free))
    assert f"cannot listen on port {port}" in said
    assert f"--{system}-port" in said
    assert is_free(free)


def test_a_malformed_file_is_told_by_name_line_and_reason(firm: str, tmp_path: Path) -> None:
    Path(firm, "items.json").write_text('[\n{"id": 1},\n{"id": 2,}\n]')
    assert "items.json, line 3" in refused("--firm", firm)
    books = tmp_path / "books.json"
    books.write_text('{"Accounts": [\n}')
    assert "books.json, line 2" in refused("--organisation", str(books))
    state = tmp_path / "state.json"
    state.write_text("[]")
    assert "is no state file" in refused("--state", str(state))


def test_a_state_that_cannot_be_kept_is_told_and_the_systems_end(firm: str, tmp_path: Path) -> None:
    sandbox = start(LaunchOptions(firm=Path(firm), state=tmp_path / "no such folder" / "state.json"))
    with pytest.raises(LaunchError, match="cannot be kept"):
        sandbox.stop()
    assert all(is_free(port) for port in ports(json.loads(sandbox.line())))


def test_the_systems_end_with_a_launcher_that_was_killed(firm: str) -> None:
    with launched("--firm", firm) as (process, line):
        held = [socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) for port in ports(line)]
        process.send_signal(signal.SIGKILL)
        for connection in held:
            with connection:
                assert connection.recv(1) == b"", "a server that ends closes its connections"


def test_a_system_that_ends_by_itself_ends_the_sandbox(firm: str) -> None:
    with start(LaunchOptions(firm=Path(firm))) as sandbox:
        os.kill(sandbox.pids()["xero"], signal.SIGKILL)
        with pytest.raises(LaunchError, match="Ended by itself: the fake Xero"):
            sandbox.wait()


def test_nothing_is_done_of_a_request_that_its_sender_left_half_sent(firm: str) -> None:
    with start(LaunchOptions(firm=Path(firm))) as sandbox:
        address = urlsplit(sandbox.apptivo["base-url"])
        head = f"POST {address.path}/dao/v6/customers HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n"
        with socket.create_connection(("127.0.0.1", address.port), timeout=PATIENCE) as connection:
            connection.sendall(head.encode() + b"a=getAll")
            connection.shutdown(socket.SHUT_WR)
            assert connection.recv(1) == b"", "it is not answered"
        assert httpx.get(f"http://localhost:{address.port}/_sandbox/calls", trust_env=False).json() == []


def test_the_command_line_of_tieout_gains_the_command() -> None:
    (point,) = entry_points(group="tieout.commands", name="sandbox")
    cli = typer.Typer()
    cli.command("other")(lambda: None)
    cli.command("sandbox", help=command.HELP)(point.load())
    shown = CliRunner().invoke(cli, ["sandbox", "--help"]).output
    assert "--write-config" in shown
    assert "Examples" in shown


def test_limits_are_named_and_what_is_not_named_keeps_its_value() -> None:
    assert parsed_limits("minute=30, concurrent=2") == Limits(minute=30, day=5000, concurrent=2)
    assert parsed_speed("20") == Decimal(20)


@pytest.mark.parametrize("text", ["hour=3", "minute", "minute=0", "minute=-1", "day=x"])
def test_a_limit_that_makes_no_sense_is_refused(text: str) -> None:
    with pytest.raises(LaunchError, match="is no limit"):
        parsed_limits(text)


@pytest.mark.parametrize("text", ["0", "-1", "fast", "", "0.0", "2.5", "²"])
def test_a_speed_that_makes_no_sense_is_refused(text: str) -> None:
    with pytest.raises(LaunchError, match="is no speed"):
        parsed_speed(text)
