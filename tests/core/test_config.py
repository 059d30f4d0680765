"""The configuration: two passes, errors that name line and key, and edits of one word."""

from __future__ import annotations

import difflib
import os
import stat
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tieout.api.contract import Limits
from tieout.api.errors import ConfigError
from tieout.api.toml import read_toml
from tieout.host.config import Config, choose, disable, enable, read, validate
from tieout.host.plugins import load

PLUGINS = """
    from typing import Annotated, Literal
    from tieout.api.contract import Binding, Connector, Entity, Limits, Pick, Resource, Settings
    from tieout.api.hooks import hookimpl
    from tieout.api.model import Document, Party
    from tieout.api.secret import Secret

    class Given(Settings):
        api_key: Secret
        page_size: int = 100

    class Accounts(Settings):
        sales: Annotated[str | None, Pick("accounts", "sales")] = None
        purchase: str | None = None

    class Pair(Settings):
        accounts: Accounts = Accounts()
        taxes: dict[str, dict[str, str]] = {}

    class Arrival(Settings):
        status: Literal["draft", "submitted", "authorised"] = "draft"

    def resource(name, shared):
        return Resource(name=name, type=shared, lift=lambda *a: None, lower=lambda *a: {}, id=("id",))

    @hookimpl
    def connectors():
        resources = (resource("Parties", Party), resource("Papers", Document))
        for name in ("ledgerly", "bookish"):
            yield Connector(
                name=name, title=name, settings=Given, resources=resources, hosts=lambda settings: ["x"],
                limits=Limits(minute=60, day=5000, minute_header="X"), pair=Pair, flow={Document: Arrival},
            )
"""

ENTITY = """
    from tieout.api.contract import Binding, Entity, Settings
    from tieout.api.hooks import hookimpl
    from tieout.api.model import Document, Party

    class Own(Settings):
        number_prefix: str = ""

    @hookimpl
    def entities():
        yield Entity(name="{name}", title="", model={model}, letter="X", key=(), after={after}, settings=Own)

    @hookimpl
    def bindings():
        for connector in ("ledgerly", "bookish"):
            yield Binding(entity="{name}", connector=connector, resource="{resource}")
"""

TEXT = """\
api = 1

[plugins]                  # on or off
ledgerly = true            # a system
"papers" = true            # needs the people
people = true
orders = false             # later

[connections.crm]
plugin = "ledgerly"
api-key = { env = "CRM_KEY" }

[connections.books]
plugin = "bookish"
api-key = { file = "books.key" }   # beside this file
limits = { minute = 30, speed = 10 }
tenant = "t-1"
grant = "firm"

[pairs.main]
source = "crm"
target = "books"
since = 2026-07-01
every = "15m"
accounts = { sales = "200", purchase = "300" }   # two of them
taxes.sales = { "GST 10%" = "OUTPUT" }

[pairs.main.flows.papers]
status = "submitted"
number-prefix = "A-"

[pairs.main.flows.orders]
nonsense = 1
"""


@pytest.fixture
def path(tmp_path: Path, distribute: Callable[..., None], monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delenv("TIEOUT_LEDGER", raising=False)
    entities = {
        "papers": ENTITY.format(name="papers", model="Document", resource="Papers", after=("people",)),
        "people": ENTITY.format(name="people", model="Party", resource="Parties", after=()),
        "orders": "raise RuntimeError('imported although it is off')",
    }
    modules = {"acme_systems": PLUGINS} | {f"acme_{name}": source for name, source in entities.items()}
    points = {"ledgerly": "acme_systems"} | {name: f"acme_{name}" for name in entities}
    distribute("acme", points, modules)
    file = tmp_path / "plugins.toml"
    file.write_text(TEXT)
    return file


def _config(path: Path) -> Config:
    raw = read(path)
    return validate(raw, load(raw.on, raw.off))


def _edit(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert text.count(old) == 1
    path.write_text(text.replace(old, new))


def test_the_first_pass_says_what_is_on(path: Path) -> None:
    raw = read(path)
    assert raw.on == {"ledgerly", "papers", "people"}
    assert raw.off == {"orders"}
    assert (raw.path, raw.folder) == (path, path.parent)


def test_the_second_pass_gives_every_section_its_model(path: Path) -> None:
    config = _config(path)
    crm, books = config.connections["crm"], config.connections["books"]
    assert (crm.plugin, crm.tenant, crm.grant, crm.limits.minute) == ("ledgerly", None, "crm", 60)
    assert (books.plugin, books.tenant, books.grant) == ("bookish", "t-1", "firm")
    assert books.limits == Limits(minute=30, day=5000, speed=10, minute_header="X")
    assert crm.settings.page_size == 100
    assert books.settings.api_key.file == path.parent / "books.key"
    pair = config.pairs["main"]
    assert (pair.source, pair.target, pair.since, pair.every) == (
        "crm",
        "books",
        date(2026, 7, 1),
        timedelta(minutes=15),
    )
    assert pair.entities == ("people", "papers")
    assert pair.settings.accounts.sales == "200"
    assert pair.settings.taxes == {"sales": {"GST 10%": "OUTPUT"}}
    assert (pair.flows["papers"].status, pair.flows["papers"].number_prefix) == ("submitted", "A-")
    assert not hasattr(pair.flows["people"], "status")
    assert config.idle == {}


def test_every_is_a_length_of_time(path: Path) -> None:
    for text, length in {"1h": timedelta(hours=1), "1d": timedelta(days=1), "90s": timedelta(seconds=90)}.items():
        path.write_text(TEXT.replace('"15m"', f'"{text}"'))
        assert _config(path).pairs["main"].every == length
    path.write_text(TEXT.replace('every = "15m"\n', ""))
    assert _config(path).pairs["main"].every is None


@pytest.mark.parametrize(
    ("old", "new", "where", "what", "fix"),
    [
        ("api = 1", "api = 2", "1 api", "reads configurations with api = 1", "Upgrade"),
        ("api = 1", "", " api", "reads configurations with api = 1", "Write api = 1"),
        ("api = 1", "api = 1\nplugin = 1", "2 plugin", "no such key", '"plugins"'),
        ("people = true", "people = 1", "6 plugins.people", "true (on) or false (off)", ""),
        ("people = true", "peopel = true", "6 plugins.peopel", "no plugin of this name", '"people"'),
        ("orders = false", "ordres = false", "7 plugins.ordres", "no plugin of this name", '"orders"'),
        (
            'plugin = "ledgerly"',
            'plugin = "ledgery"',
            "10 connections.crm.plugin",
            "no connector ledgery",
            '"ledgerly"',
        ),
        ('plugin = "ledgerly"', "", "9 connections.crm.plugin", "names its plugin", "ledgerly"),
        ('api-key = { env = "CRM_KEY" }', 'api-kye = "k-1"', "11 connections.crm.api-kye", "no such key", '"api-key"'),
        ('api-key = { env = "CRM_KEY" }', "", "9 connections.crm.api-key", "is missing", "[connections.crm]"),
        ('{ env = "CRM_KEY" }', '"k-1-hidden"', "11 connections.crm.api-key", "by reference", ""),
        ('{ env = "CRM_KEY" }', '{ evn = "CRM_KEY" }', "11 connections.crm.api-key.evn", "no such key", '"env"'),
        ("minute = 30", "minut = 30", "16 connections.books.limits.minut", "no such key", '"minute"'),
        ("minute = 30", "minute = 0", "16 connections.books.limits.minute", "whole number", ""),
        ('tenant = "t-1"', "tenant = 1", "17 connections.books.tenant", "a text", "quotes"),
        ('source = "crm"', 'source = "crn"', "21 pairs.main.source", "no connection crn", '"crm"'),
        ('target = "books"', 'target = "crm"', "22 pairs.main.target", "the same connection", ""),
        ('target = "books"', "", "20 pairs.main.target", "target is missing", "target ="),
        ("since = 2026-07-01", "", "20 pairs.main.since", "start date is missing", "since ="),
        ("since = 2026-07-01", 'since = "2026-07-01"', "23 pairs.main.since", "no date", "without quotes"),
        ("since = 2026-07-01", "since = 2026-07-01T10:00:00Z", "23 pairs.main.since", "no date", "without quotes"),
        ('every = "15m"', 'every = "soon"', "24 pairs.main.every", "no length of time", "15m"),
        ('every = "15m"', "evry = 1", "24 pairs.main.evry", "no such key", '"every"'),
        ('sales = "200"', 'sale = "200"', "25 pairs.main.accounts.sale", "no such key", '"sales"'),
        ('"OUTPUT" }', "5 }", "26 pairs.main.taxes.sales.GST 10%", "valid string", ""),
        ('"submitted"', '"submited"', "29 pairs.main.flows.papers.status", "'draft'", '"submitted"'),
        ("number-prefix", "number-prefx", "30 pairs.main.flows.papers.number-prefx", "no such key", '"number-prefix"'),
        ("flows.orders]", "flows.ordres]", "32 pairs.main.flows.ordres", "no plugin of this name", '"orders"'),
        (
            "[pairs.main]",
            "[pairs.main.on]\nopeple = false\n[pairs.main]",
            "21 pairs.main.on.opeple",
            "no plugin",
            '"people"',
        ),
    ],
)
def test_an_error_names_line_key_and_the_nearest_right_name(
    path: Path, old: str, new: str, where: str, what: str, fix: str
) -> None:
    _edit(path, old, new)
    with pytest.raises(ConfigError) as error:
        _config(path)
    line, _, key = where.partition(" ")
    assert error.value.where == (f"{path}:{line} {key}" if line else f"{path} {key}")
    assert what in error.value.problem.what
    assert fix in error.value.problem.fix
    assert "hidden" not in str(error.value)


def test_what_is_no_toml_names_the_line(path: Path) -> None:
    _edit(path, 'source = "crm"', "source = crm")
    with pytest.raises(ConfigError, match="no TOML") as error:
        read(path)
    assert error.value.where == f"{path}:21"


def test_a_missing_file_names_the_command(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="tieout init"):
        read(tmp_path / "plugins.toml")


@pytest.mark.parametrize("text", ["plugins = 1", "[plugins]\n[connections]\ncrm = 1", "pairs = []"])
def test_a_section_is_a_table(path: Path, text: str) -> None:
    path.write_text(f"api = 1\n{text}\n")
    with pytest.raises(ConfigError, match="this is a section"):
        read(path)


def test_what_hangs_on_something_off_rests_with_its_reason(path: Path) -> None:
    _edit(path, "ledgerly = true", "ledgerly = false")
    _edit(path, 'plugin = "bookish"', 'plugin = "ledgerly"')
    _edit(path, 'api-key = { env = "CRM_KEY" }', "anything = true")
    config = _config(path)
    assert config.connections == {} and config.pairs == {}
    assert config.idle["connections.crm"] == "the plugin ledgerly is off"
    assert "its connection crm rests" in config.idle["pairs.main"]


def test_a_plugin_that_is_off_may_be_gone(path: Path) -> None:
    _edit(path, "orders = false", "zebra-stripes = false")
    _edit(path, "[pairs.main.flows.orders]", "[pairs.main.flows.zebra-stripes]")
    assert _config(path).pairs["main"].entities == ("people", "papers")


def test_a_pair_switches_off_for_itself(path: Path) -> None:
    _edit(path, "[pairs.main]", "[pairs.main]\non = { papers = false }")
    assert _config(path).pairs["main"].entities == ("people",)


@pytest.mark.parametrize(
    ("given", "url"),
    [
        ("", "sqlite:///{folder}/.tieout/ledger.db"),
        ('ledger = "sqlite:///data/books.db"', "sqlite:///{folder}/data/books.db"),
        ('ledger = "sqlite:////var/lib/books.db"', "sqlite:////var/lib/books.db"),
        ('ledger = "postgresql://host/books"', "postgresql+psycopg://host/books"),
        ('ledger = { env = "BOOKS_LEDGER" }', "postgresql+psycopg://user:pw@host/books"),
    ],
)
def test_where_the_ledger_is(path: Path, monkeypatch: pytest.MonkeyPatch, given: str, url: str) -> None:
    monkeypatch.setenv("BOOKS_LEDGER", "postgresql+psycopg://user:pw@host/books")
    _edit(path, "api = 1", f"api = 1\n{given}")
    assert _config(path).ledger_url == url.format(folder=path.parent)
    monkeypatch.setenv("TIEOUT_LEDGER", "sqlite:////elsewhere.db")
    assert _config(path).ledger_url == "sqlite:////elsewhere.db"


@pytest.mark.parametrize("given", ['"mysql://x/y"', "5", '{ evn = "X" }'])
def test_a_ledger_that_cannot_be_is_told(path: Path, given: str) -> None:
    _edit(path, "api = 1", f"api = 1\nledger = {given}")
    with pytest.raises(ConfigError) as error:
        _config(path)
    assert error.value.where.startswith(f"{path}:2 ledger")


def _changed(before: str, after: str) -> list[str]:
    lines = difflib.unified_diff(before.splitlines(), after.splitlines(), n=0, lineterm="")
    return [line for line in lines if line[0] in "+-" and line[:3] not in ("+++", "---")]


def test_a_toggle_changes_one_word(path: Path) -> None:
    disable(path, "papers")
    assert _changed(TEXT, path.read_text()) == [
        '-"papers" = true            # needs the people',
        '+"papers" = false            # needs the people',
    ]
    enable(path, "papers")
    assert path.read_text() == TEXT


def test_a_toggle_of_a_pair_is_the_pair_s_own(path: Path) -> None:
    _edit(path, "[pairs.main]", "[pairs.main]\non = { papers = true }   # here")
    before = path.read_text()
    disable(path, "papers", pair="main")
    assert _changed(before, path.read_text()) == [
        "-on = { papers = true }   # here",
        "+on = { papers = false }   # here",
    ]
    assert _config(path).pairs["main"].entities == ("people",)


def test_a_plugin_that_is_not_named_yet_is_added(path: Path) -> None:
    _edit(path, "people = true\n", "")
    enable(path, "people")
    assert read(path).on == {"ledgerly", "papers", "people"}
    assert "# later" in path.read_text()


def test_an_unknown_name_changes_nothing(path: Path) -> None:
    with pytest.raises(ConfigError, match='Did you mean "papers"'):
        disable(path, "paper")
    assert path.read_text() == TEXT


def test_accounts_and_taxes_are_chosen_in_place(path: Path) -> None:
    choose(path, "main", ("accounts", "sales"), "210")
    choose(path, "main", ("taxes", "sales", "none"), "EXEMPT")
    changed = _changed(TEXT, path.read_text())
    assert [line.split("=")[0].strip() for line in changed] == [
        "-accounts",
        "-taxes.sales",
        "+accounts",
        "+taxes.sales",
    ]
    assert "# two of them" in changed[2]
    pair = _config(path).pairs["main"].settings
    assert (pair.accounts.sales, pair.accounts.purchase) == ("210", "300")
    assert pair.taxes == {"sales": {"GST 10%": "OUTPUT", "none": "EXEMPT"}}
    with pytest.raises(ConfigError, match='Did you mean "main"'):
        choose(path, "mian", ("accounts", "sales"), "1")


def test_a_choice_may_be_made_where_there_is_none_yet(path: Path) -> None:
    _edit(path, 'accounts = { sales = "200", purchase = "300" }   # two of them\n', "")
    choose(path, "main", ("accounts", "sales"), "210")
    assert _config(path).pairs["main"].settings.accounts.sales == "210"


def test_mode_line_ends_and_links_stay(path: Path, tmp_path: Path) -> None:
    path.write_bytes(TEXT.replace("\n", "\r\n").encode())
    path.chmod(0o640)
    link = tmp_path / "link" / "plugins.toml"
    link.parent.mkdir()
    link.symlink_to(path)
    disable(link, "people")
    assert link.is_symlink()
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert path.read_bytes() == TEXT.replace("people = true", "people = false").replace("\n", "\r\n").encode()
    assert sorted(one.name for one in tmp_path.iterdir() if one.name.startswith(".plugins")) == []


def test_a_failed_write_leaves_the_file_as_it_was(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        disable(path, "people")
    assert path.read_text() == TEXT
    assert [one.name for one in path.parent.iterdir() if one.name.startswith(".plugins")] == []


def test_editors_take_turns(path: Path) -> None:
    def one(number: int) -> None:
        choose(path, "main", ("taxes", "sales", f"tax {number}"), "X")

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(one, range(16)))
    sales: dict[str, Any] = read(path).data["pairs"]["main"]["taxes"]["sales"]
    assert set(sales) == {"GST 10%"} | {f"tax {number}" for number in range(16)}


_names = st.text(alphabet="abc-_ %.\"'äö\\", min_size=1, max_size=8)


@settings(max_examples=80, deadline=None)
@given(keys=st.lists(st.lists(_names, min_size=1, max_size=3), min_size=1, max_size=6))
def test_every_key_is_found_on_its_line(tmp_path_factory: pytest.TempPathFactory, keys: list[list[str]]) -> None:
    """However keys are quoted and dotted, the line of each is known."""
    path = tmp_path_factory.mktemp("toml") / "x.toml"
    lines, expected = [], {}
    for number, key in enumerate(keys, start=1):
        unique = (*key[:-1], f"{key[-1]}{number}") if len(key) == 1 else (f"{number}{key[0]}", *key[1:])
        quoted = ".".join('"' + part.replace("\\", "\\\\").replace('"', '\\"') + '"' for part in unique)
        lines.append(f"{quoted} = {number}  # a note = 1")
        expected[unique] = number
    path.write_text("\n".join(lines))
    found = read_toml(path)[1]
    assert {key: found.get(key) for key in expected} == expected
