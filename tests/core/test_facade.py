"""Routing to the owner, core's own answers, and the judgement of what plugins answer."""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from tieout.api.contract import Binding, Check, Connection, Connector, Event, Resource, Settings, Tenant, Terms
from tieout.api.errors import ContractError, OutcomeUnknown, Refused, Rejected, Throttled
from tieout.api.hooks import hookimpl
from tieout.api.model import Party, Reference
from tieout.api.secret import remember
from tieout.api.work import Batch, Key, Page, Receipt, Reject, Step, Work
from tieout.host.facade import Facade
from tieout.host.http import HttpAuth
from tieout.host.plugins import admit
from tieout.testing import FakeClock, FakeHttp

NOTES = Resource(
    name="Notes",
    type=Party,
    lift=lambda wire, terms: Party(name=wire["name"]),
    lower=lambda record, terms, now: {"name": record.name},
    id=("id",),
    find=("name",),
)
STEPS = tuple(Step(op="create", body={"name": name}, key=name) for name in ("a", "b", "c"))
BATCH = Batch(NOTES, "create", STEPS, "idempotency")


class System:
    """A plugin that owns one connector; its work hooks answer what the test says."""

    def __init__(self, name: str = "ledgerly", **answers: Callable[..., Any]) -> None:
        self.name = name
        self.answers = answers

    @hookimpl
    def connectors(self) -> list[Connector]:
        return [Connector(name=self.name, title="", settings=Settings, resources=(NOTES,), hosts=lambda settings: [])]

    def _answer(self, hook: str, *given: Any) -> Any:
        return self.answers[hook](*given) if hook in self.answers else None

    @hookimpl
    def check(self, connection: Connection) -> Any:
        return self._answer("check", connection)

    @hookimpl
    def reference(self, kind: str) -> Any:
        return self._answer("reference", kind)

    @hookimpl
    def fetch(self, resource: Resource, cursor: Any) -> Any:
        return self._answer("fetch", resource, cursor)

    @hookimpl
    def transform(self, work: Work) -> Any:
        return self._answer("transform", work)

    @hookimpl
    def find(self, keys: Any) -> Any:
        return self._answer("find", keys)

    @hookimpl
    def push(self, batch: Batch) -> Any:
        return self._answer("push", batch)

    @hookimpl
    def auth(self, connection: Connection) -> Any:
        return self._answer("auth", connection)


@pytest.fixture
def connection(clock: FakeClock) -> Connection:
    return Connection("books", "ledgerly", Settings(), FakeHttp(), clock, {})


def _facade(**answers: Callable[..., Any]) -> Facade:
    return admit({"acme": System(**answers)}).facade


def _work(way: Any, *items: Any) -> Work:
    tenant = Tenant("1", "One")
    terms = Terms("notes", {}, None, None, None, tenant, {}, {})
    binding = Binding(entity="notes", connector="ledgerly", resource="Notes")
    return Work(way=way, items=items, binding=binding, resource=NOTES, terms=terms)


def test_only_the_owner_is_asked_and_wrappers_always(connection: Connection) -> None:
    asked, wrapped = [], []

    def answering(name: str) -> Callable[..., Check]:
        def check(connection: Connection) -> Check:
            asked.append(name)
            return Check(tenant=Tenant(name, name))

        return check

    class Tracing:
        @hookimpl(wrapper=True)
        def check(self, connection: Connection) -> Generator[None, Check, Check]:
            wrapped.append(connection.name)
            return (yield)

    plugins = admit(
        {
            "one": System("ledgerly", check=answering("one")),
            "two": System("bookish", check=answering("two")),
            "tracing": Tracing(),
        }
    )
    assert plugins.facade.check(connection).tenant.id == "one"
    assert plugins.facade.check(replace(connection, name="more", plugin="bookish")).tenant.id == "two"
    assert (asked, wrapped) == (["one", "two"], ["books", "more"])


def test_a_connector_that_nobody_owns(connection: Connection) -> None:
    with pytest.raises(ContractError, match="no plugin owns the connector nowhere"):
        _facade().check(replace(connection, plugin="nowhere"))


@pytest.mark.parametrize(
    ("hook", "answer", "says"),
    [
        ("check", None, "check with NoneType in place of Check"),
        ("check", Tenant("1", "x"), "check with Tenant in place of Check"),
        ("reference", [1], "reference with int in place of Reference"),
        ("reference", None, "NoneType in place of list"),
        ("fetch", [], "fetch with list in place of Page"),
        ("fetch", Page(("wire",)), "no JSON object"),  # type: ignore[arg-type]
        ("find", [], "find with list in place of Mapping"),
        ("find", {Key("id", "1"): []}, "nothing for the key name = b"),
        ("auth", "Bearer", "auth with str in place of Auth"),
    ],
)
def test_a_wrong_answer_names_plugin_and_hook(connection: Connection, hook: str, answer: Any, says: str) -> None:
    facade = _facade(**{hook: lambda *given: answer})
    calls: dict[str, Callable[[], Any]] = {
        "check": lambda: facade.check(connection),
        "reference": lambda: facade.reference(connection, "accounts"),
        "fetch": lambda: facade.fetch(connection, NOTES, None),
        "find": lambda: facade.find(connection, NOTES, [Key("id", "1"), Key("name", "b")]),
        "auth": lambda: facade.auth(connection, None),  # type: ignore[arg-type]
    }
    with pytest.raises(ContractError, match=says) as error:
        calls[hook]()
    assert "the plugin acme" in str(error.value)


def test_right_answers_come_through(connection: Connection) -> None:
    rows, page, auth = [Reference(id="1", name="Sales")], Page(({"id": 1},), next={"page": 2}), HttpAuth()
    found = {Key("id", "1"): [{"id": 1}], Key("name", "x"): []}
    facade = _facade(
        reference=lambda kind: rows,
        fetch=lambda resource, cursor: page,
        find=lambda keys: found,
        auth=lambda connection: auth,
    )
    assert facade.reference(connection, "accounts") == rows
    assert facade.fetch(connection, NOTES, None) is page
    assert facade.find(connection, NOTES, list(found)) == found
    assert facade.auth(connection, None) is auth  # type: ignore[arg-type]


def test_a_connector_that_needs_no_authentication(connection: Connection) -> None:
    assert _facade().auth(connection, None) is None  # type: ignore[arg-type]
    with pytest.raises(Refused, match="needs no consent"):
        _facade().authorise(connection, "http://localhost/callback")


def test_core_turns_record_by_record_unless_the_connector_does(connection: Connection) -> None:
    lifted = _facade().transform(connection, _work("lift", {"name": "a"}, {"odd": 1}))
    assert lifted[0] == Party(name="a")
    assert isinstance(lifted[1], Reject) and lifted[1].problems[0].cause == "unreadable"
    own = _facade(transform=lambda work: [None, *work.each()[1:]])
    assert own.transform(connection, _work("lift", {"name": "a"}, {"name": "b"})) == [None, Party(name="b")]


@pytest.mark.parametrize(
    ("way", "answer"),
    [
        ("lift", []),
        ("lift", [STEPS]),
        ("lift", ["x"]),
        ("lower", [None]),
        ("lower", [Party(name="a")]),
        ("lower", [("x",)]),
    ],
)
def test_a_transform_answers_each_item_in_its_kind(connection: Connection, way: str, answer: list[Any]) -> None:
    with pytest.raises(ContractError, match="answered transform"):
        _facade(transform=lambda work: answer).transform(connection, _work(way, {"name": "a"}))


def test_receipts_are_matched_by_key_and_missing_ones_are_unknown(connection: Connection) -> None:
    given = [Receipt(key="c", outcome="created", id="3"), Receipt(key="a", outcome="created", id="1")]
    receipts = _facade(push=lambda batch: given).push(connection, BATCH)
    assert [(receipt.key, receipt.outcome, receipt.id) for receipt in receipts] == [
        ("a", "created", "1"),
        ("b", "unknown", None),
        ("c", "created", "3"),
    ]


@pytest.mark.parametrize(
    ("keys", "says"), [(["a", "z"], "unknown key z"), (["a", "b", "a"], "several receipts for the key a")]
)
def test_receipts_that_fit_no_step_are_refused(connection: Connection, keys: list[str], says: str) -> None:
    given = [Receipt(key=key, outcome="created") for key in keys]
    with pytest.raises(ContractError, match=says):
        _facade(push=lambda batch: given).push(connection, BATCH)


def _failing(error: Exception) -> Callable[..., Any]:
    def fail(*given: Any) -> Any:
        raise error

    return fail


def test_a_fault_of_a_plugin_is_a_bug_report_without_secrets(connection: Connection) -> None:
    remember("hidden-from-reports")
    facade = _facade(check=_failing(KeyError("hidden-from-reports")), push=_failing(KeyError("Contacts")))
    with pytest.raises(ContractError, match=r"plugin acme failed in check.*KeyError") as error:
        facade.check(connection)
    assert "hidden-from-reports" not in str(error.value)
    with pytest.raises(OutcomeUnknown, match="plugin acme failed in push"):
        facade.push(connection, BATCH)


def test_errors_of_the_tree_come_through(connection: Connection, clock: FakeClock) -> None:
    throttled = Throttled("wait", until=clock.now(), scope="day")
    for error in (throttled, Rejected(), ContractError("a host that is not declared")):
        with pytest.raises(type(error)) as raised:
            _facade(push=_failing(error)).push(connection, BATCH)
        assert raised.value is error


def test_watchers_are_all_told_whatever_one_of_them_does(capsys: pytest.CaptureFixture[str]) -> None:
    seen = []

    class Watcher:
        def __init__(self, name: str) -> None:
            self.name = name

        @hookimpl
        def observe(self, event: Event) -> None:
            seen.append(self.name)
            if self.name == "b":
                raise RuntimeError("broken watcher")

    facade = admit({name: Watcher(name) for name in "abc"}).facade
    facade.observe(Event("run.started", datetime.now(UTC), {}))
    assert sorted(seen) == ["a", "b", "c"]
    assert "broken watcher" in capsys.readouterr().err


def test_the_first_sandbox_is_taken() -> None:
    class Sandboxed:
        @hookimpl
        def sandbox(self, options: Any) -> Any:
            return dict(options)

    assert admit({"sandbox": Sandboxed()}).facade.sandbox({"port": 1}) == {"port": 1}
    assert admit({}).facade.sandbox({}) is None
