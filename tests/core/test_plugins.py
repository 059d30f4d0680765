"""Discovery, admission and isolation, with distributions made on the spot."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from pydantic import AwareDatetime, create_model
from tieout.api import hooks
from tieout.api.contract import Binding, Connector, Entity, Resource, Settings
from tieout.api.errors import PluginError
from tieout.api.hooks import hookimpl
from tieout.api.model import Document, Item, Party
from tieout.host.plugins import Status, admit, installed, load

ENTITY = """
    from tieout.api.contract import Entity
    from tieout.api.hooks import hookimpl
    from tieout.api.model import Party

    @hookimpl
    def entities():
        yield Entity(name="{name}", title="{name}", model=Party, letter="X", key=("name",))
"""


def _status(name: str, on: frozenset[str], off: frozenset[str] = frozenset()) -> Status:
    return next(status for status in load(on, off).status if status.name == name)


def test_what_is_installed_is_listed_without_importing_it(distribute: Callable[..., None]) -> None:
    distribute("acme-notes", {"notes": "acme_notes"}, {"acme_notes": "raise RuntimeError('imported')"})
    found = {(entry.name, entry.module, entry.distribution, entry.version) for entry in installed()}
    assert ("notes", "acme_notes", "acme-notes", "1.2") in found
    assert "acme_notes" not in sys.modules


def test_only_what_is_on_is_imported(distribute: Callable[..., None]) -> None:
    modules = {"acme_one": ENTITY.format(name="ones"), "acme_two": ENTITY.format(name="twos")}
    distribute("acme", {"ones": "acme_one", "twos": "acme_two"}, modules)
    plugins = load(frozenset({"ones"}))
    assert "acme_one" in sys.modules and "acme_two" not in sys.modules
    assert set(plugins.entities) == {"ones"}
    states = {status.name: status.state for status in plugins.status}
    assert (states["ones"], states["twos"]) == ("on", "off")


def test_extras_are_on_unless_set_false(distribute: Callable[..., None]) -> None:
    source = """
        from tieout.api.hooks import hookimpl

        @hookimpl
        def sandbox(options):
            return "greet"
    """
    distribute("acme-greet", {"greet": "acme_greet"}, {"acme_greet": source}, group="tieout.extras")
    assert _status("greet", frozenset(), frozenset({"greet"})).state == "off"
    assert "acme_greet" not in sys.modules
    assert load(frozenset(), frozenset({"sandbox"})).facade.sandbox({}) == "greet"


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("raise ValueError('no luck\\nthe last line')", "ValueError: the last line"),
        ("import sys; sys.exit(3)", "SystemExit: 3"),
        ("import nothing_of_that_name", "ModuleNotFoundError"),
        ("def (", "SyntaxError"),
        ("x = 1", "implements no hook"),
    ],
)
def test_a_broken_plugin_is_off_with_its_reason_and_the_rest_runs(
    distribute: Callable[..., None], source: str, reason: str
) -> None:
    distribute("acme-good", {"good": "acme_good"}, {"acme_good": ENTITY.format(name="goods")})
    distribute("acme-bad", {"bad": "acme_bad"}, {"acme_bad": source})
    plugins = load(frozenset({"good", "bad"}))
    assert set(plugins.entities) == {"goods"}
    bad = next(status for status in plugins.status if status.name == "bad")
    assert (bad.state, bad.on) == ("broken", True)
    assert reason in bad.reason


@pytest.mark.parametrize(
    ("requires", "state"),
    [
        ("tieout-core>=0.1", "on"),
        ("tieout-core>=99", "broken"),
        ("tieout-core<0.1", "broken"),
        ("tieout-core>=99; extra == 'testing'", "on"),
        ("", "on"),
        ("tieout-xero>=99", "on"),
    ],
)
def test_the_core_that_a_plugin_wants_is_compared_before_it_is_imported(
    distribute: Callable[..., None], requires: str, state: str
) -> None:
    distribute("acme", {"ones": "acme_one"}, {"acme_one": ENTITY.format(name="ones")}, requires)
    status = _status("ones", frozenset({"ones"}))
    assert status.state == state
    assert ("acme_one" in sys.modules) == (state == "on")


def test_two_distributions_that_claim_one_name(distribute: Callable[..., None]) -> None:
    distribute("acme-a", {"ones": "acme_a"}, {"acme_a": ENTITY.format(name="ones")})
    distribute("acme-b", {"ones": "acme_b"}, {"acme_b": ENTITY.format(name="others")})
    plugins = load(frozenset({"ones"}))
    states = [(status.distribution, status.state) for status in plugins.status if status.name == "ones"]
    assert states == [("acme-a", "on"), ("acme-b", "broken")]
    assert set(plugins.entities) == {"ones"}


def _entity(name: str = "notes", model: Any = Party, **more: Any) -> Entity:
    return Entity(name=name, title=name.title(), model=model, letter="N", key=("name",), **more)


def _connector(name: str = "ledgerly", *resources: Resource) -> Connector:
    return Connector(
        name=name, title=name.title(), settings=Settings, resources=resources, hosts=lambda settings: ["x"]
    )


def _resource(name: str, shared: Any) -> Resource:
    return Resource(name=name, type=shared, lift=lambda wire, terms: None, lower=lambda *given: {}, id=("id",))


class Plugin:
    """A plugin whose declare hooks yield what is given; other hooks are functions."""

    def __init__(self, **hooks_: Any) -> None:
        for hook, given in hooks_.items():
            setattr(self, hook, given if callable(given) else hookimpl(_yielding(given)))


def _yielding(value: Any) -> Callable[[], Any]:
    def declare() -> Any:
        return value

    return declare


def test_a_plugin_brings_entities_connectors_and_bindings() -> None:
    notes = Binding(entity="notes", connector="ledgerly", resource="Notes")
    plugins = admit(
        {
            "notes": Plugin(entities=[_entity()], bindings=[notes]),
            "ledgerly": Plugin(connectors=[_connector("ledgerly", _resource("Notes", Party))]),
        }
    )
    assert set(plugins.entities) == {"notes"}
    assert plugins.owners == {"ledgerly": "ledgerly"}
    assert plugins.bindings == {("notes", "ledgerly"): notes}


@hookimpl
def fetch(connection: Any, resource: Any, cursor: Any = None) -> None:
    """A hook implementation with a default."""


@hookimpl
def fecth(connection: Any) -> None:
    """A misspelt hook."""


@hookimpl
def push(connection: Any, batches: Any) -> None:
    """A hook implementation with an unknown argument."""


@hookimpl
def check(connection: Any) -> None:
    """A plain work hook."""


@hookimpl(wrapper=True)
def find(connection: Any) -> Any:
    """A wrapper around a work hook."""
    return (yield)


class WithFloat(Party):
    """A record with a float deep inside."""

    rates: dict[str, list[float | None]]


def test_faults_of_a_singlePlugin() -> None:
    naive = create_model("NaiveNote", __base__=Party, at=(datetime | None, None))
    aware = create_model("AwareNote", __base__=Party, at=(AwareDatetime | None, None))
    faults: dict[str, dict[str, Any]] = {
        "argument cursor of fetch has a default": {"connectors": [_connector()], "fetch": fetch},
        "no hook fecth.*Did you mean fetch": {"connectors": [_connector()], "fecth": fecth},
        "batches": {"connectors": [_connector()], "push": push},
        "implements check and has no connector": {"entities": [_entity()], "check": check},
        "both a connector and a wrapper": {"connectors": [_connector()], "find": find},
        "entities yields str": {"entities": ["customers"]},
        "failed in connectors.*TypeError": {"connectors": 5},
        "rates of notes is a float": {"entities": [_entity(model=WithFloat)]},
        "at of notes is a datetime that may be naive": {"entities": [_entity(model=naive)]},
    }
    for reason, declared in faults.items():
        with pytest.raises(PluginError, match=f"(?s){reason}"):
            admit({"acme": Plugin(**declared)})
    admit({"acme": Plugin(entities=[_entity(model=aware)]), "tracing": Plugin(find=find)})


def test_faults_between_plugins_name_both() -> None:
    party = _connector("ledgerly", _resource("Contacts", Party))
    bound = Binding(entity="notes", connector="ledgerly", resource="Contacts")
    faults: dict[str, dict[str, dict[str, Any]]] = {
        "entity notes belongs to one and to two": {"one": {"entities": [_entity()]}, "two": {"entities": [_entity()]}},
        "connector ledgerly belongs to one and to two": {
            "one": {"connectors": [party]},
            "two": {"connectors": [party]},
        },
        "binding of notes to ledgerly belongs to one and to two": {
            "one": {"bindings": [bound]},
            "two": {"bindings": [bound]},
        },
        "did you mean Contacts": {
            "one": {"connectors": [party]},
            "two": {"bindings": [Binding(entity="notes", connector="ledgerly", resource="Contact")]},
        },
        "notes is a Item, and ledgerly keeps Contacts as Party": {
            "one": {"connectors": [party]},
            "two": {"entities": [_entity(model=Item)], "bindings": [bound]},
        },
        "wait for each other: a, b": {
            "one": {"entities": [_entity("a", after=("b",))]},
            "two": {"entities": [_entity("b", after=("a",))]},
        },
    }
    for reason, declared in faults.items():
        with pytest.raises(PluginError, match=reason):
            admit({name: Plugin(**hooks_) for name, hooks_ in declared.items()})


def test_an_entity_of_another_type_may_bring_functions_of_its_own() -> None:
    whole = Binding(
        entity="notes", connector="ledgerly", resource="Contacts", lift=lambda *given: None, lower=lambda *given: {}
    )
    plugins = admit(
        {
            "one": Plugin(connectors=[_connector("ledgerly", _resource("Contacts", Party))]),
            "two": Plugin(entities=[_entity(model=Document)], bindings=[whole]),
        }
    )
    assert ("notes", "ledgerly") in plugins.bindings


def test_a_binding_waits_for_a_connector_that_is_off() -> None:
    plugins = admit({"one": Plugin(bindings=[Binding(entity="notes", connector="elsewhere", resource="Any")])})
    assert ("notes", "elsewhere") in plugins.bindings


def test_a_clash_takes_the_later_plugin_out_whole(distribute: Callable[..., None]) -> None:
    both = ENTITY.format(name="ones") + "        yield Entity(name='more', title='', model=Party, letter='Y', key=())\n"
    distribute("acme-a", {"a": "acme_a"}, {"acme_a": ENTITY.format(name="ones")})
    distribute("acme-b", {"b": "acme_b"}, {"acme_b": both})
    plugins = load(frozenset({"a", "b"}))
    assert set(plugins.entities) == {"ones"}
    assert "belongs to a and to b" in next(status.reason for status in plugins.status if status.name == "b")


def test_our_own_plugins_walk_the_same_road() -> None:
    """Every plugin of this workspace is admitted, and core imports none of them by itself."""
    names = frozenset(entry.name for entry in installed() if entry.distribution.startswith("tieout-"))
    assert {status.name: status.reason for status in load(names).status if status.name in names} == dict.fromkeys(
        names, ""
    )
    script = (
        "import sys, tieout.desk, tieout_app.cli; "
        "sys.exit(any(name.startswith('tieout_') and not name.startswith('tieout_app') for name in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0


def test_every_hook_is_a_documented_sentence() -> None:
    for name, hook in vars(hooks.Tieout).items():
        if not name.startswith("_"):
            assert hook.__doc__ and hook.__doc__.strip().endswith("."), name
