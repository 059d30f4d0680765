"""The kit itself: it passes a connector that keeps the contract, and names the rule that one breaks."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from pydantic import ConfigDict
from tieout.api.contract import Binding, Check, Connection, Connector, Resource, Settings, Tenant
from tieout.api.errors import OutcomeUnknown, Problem, ReauthNeeded, Throttled, TieoutError, Unavailable
from tieout.api.hooks import hookimpl
from tieout.api.model import Item, Line, Party, Ref
from tieout.api.work import Page, Receipt
from tieout.testing import (
    Call,
    ConnectorSuite,
    FakeClock,
    FakeHttp,
    Sample,
    TargetSuite,
    forward,
    reordered,
    reply,
    rules,
    terms,
)

BINDING = Binding(entity="items", connector="shelf", resource="things")
PAGE = 2


class Shelf:
    """A system that keeps things in order; `answer` is its whole API."""

    def __init__(self) -> None:
        self.things = [{"id": str(number), "sku": f"S-{number}", "price": Decimal("1.50")} for number in range(5)]

    def answer(self, call: Call) -> Any:
        """Company, list, search, or a batch of new things."""
        if call.url.endswith("/company"):
            return reply(200, {"id": "1", "name": "A shelf"})
        if call.url.endswith("/search"):
            wanted = call.body["keys"]
            return reply(200, {"found": [[row for row in self.things if row[at] == text] for at, text in wanted]})
        if call.way == "read":
            after = int(call.params.get("after", 0))
            return reply(200, {"rows": self.things[after : after + PAGE], "more": after + PAGE < len(self.things)})
        return reply(200, {"results": [self._put(row) for row in call.body["rows"]]})

    def _put(self, sent: dict[str, Any]) -> dict[str, Any]:
        if not sent["sku"]:
            return {"key": sent["key"], "error": "the sku is missing"}
        row = {"id": str(len(self.things)), "sku": sent["sku"], "price": sent["price"]}
        self.things.append(row)
        return {"key": sent["key"], "row": row}


def lift(wire: Any, terms: Any) -> Item:
    return Item(code=wire["sku"], price=wire["price"])


def lower(item: Item, terms: Any, now: Any) -> Any:
    return {"sku": item.code, "price": item.price}


class ShelfPlugin:
    """A connector that keeps the contract; the tests break one rule at a time."""

    lift: Callable[..., Any] = staticmethod(lift)
    lower: Callable[..., Any] = staticmethod(lower)

    def __init__(self, **broken: Any) -> None:
        for name, value in broken.items():
            setattr(self, name, value)

    @hookimpl
    def connectors(self) -> list[Connector]:
        lossy = frozenset(Item.model_fields) - {"code", "price"}
        things = Resource(
            name="things", type=Item, lift=self.lift, lower=self.lower, id=("id",), find=("code",), batch=9, lossy=lossy
        )
        return [
            Connector(name="shelf", title="Shelf", settings=Settings, resources=(things,), hosts=lambda _: ["shelf"])
        ]

    @hookimpl
    def check(self, connection: Connection) -> Check:
        found = connection.http.read("GET", "http://shelf/company").json()
        return Check(tenant=Tenant(found["id"], found["name"]))

    @hookimpl
    def fetch(self, connection: Connection, cursor: Any) -> Page:
        return self.read(connection, cursor)

    def read(self, connection: Connection, cursor: Any) -> Page:
        after = (cursor or {"after": 0})["after"]
        answer = connection.http.read("GET", "http://shelf/things", params={"after": after}).json()
        stands = {"after": after + len(answer["rows"])}
        return Page(tuple(answer["rows"]), next=stands if answer["more"] else None, resume=stands)

    @hookimpl
    def find(self, connection: Connection, keys: Any) -> Any:
        asked = [["id" if key.field == "id" else "sku", key.value] for key in keys]
        found = connection.http.read("POST", "http://shelf/search", body={"keys": asked}).json()["found"]
        return dict(zip(keys, found, strict=True))

    @hookimpl
    def push(self, connection: Connection, batch: Any) -> list[Receipt]:
        return self.send(connection, batch)

    def send(self, connection: Connection, batch: Any) -> list[Receipt]:
        rows = [{**step.body, "key": step.key} for step in batch.steps]
        answer = connection.http.write("POST", "http://shelf/things", body={"rows": rows}).json()
        return [_receipt(result["key"], result) for result in answer["results"]]


def _receipt(key: str, result: Any) -> Receipt:
    if "error" in result:
        return Receipt(key=key, outcome="rejected", problems=(Problem(cause="refused", what=result["error"]),))
    return Receipt(key=key, outcome="created", id=result["row"]["id"], wire=result["row"])


def by_position(connection: Connection, batch: Any) -> list[Receipt]:
    answer = connection.http.write("POST", "http://shelf/things", body={"rows": _rows(batch)}).json()
    return [_receipt(step.key, result) for step, result in zip(batch.steps, answer["results"], strict=True)]


def swallowing(connection: Connection, batch: Any) -> list[Receipt]:
    try:
        return by_position(connection, batch)
    except TieoutError:
        return [Receipt(key=step.key, outcome="rejected") for step in batch.steps]


def one_by_one(connection: Connection, batch: Any) -> list[Receipt]:
    receipts = []
    for row in _rows(batch):
        answer = connection.http.write("POST", "http://shelf/things", body={"rows": [row]}).json()
        receipts.append(_receipt(row["key"], answer["results"][0]))
    return receipts


def all_or_nothing(connection: Connection, batch: Any) -> list[Receipt]:
    if all(row["sku"] for row in _rows(batch)):
        return by_position(connection, batch)
    return [Receipt(key=step.key, outcome="rejected") for step in batch.steps]


def _rows(batch: Any) -> list[dict[str, Any]]:
    return [{**step.body, "key": step.key} for step in batch.steps]


def skipping(connection: Connection, cursor: Any) -> Page:
    page = ShelfPlugin().read(connection, cursor)
    return page if page.next is None else Page(page.wires, next={"after": page.next["after"] + 1})


def endless(connection: Connection, cursor: Any) -> Page:
    return Page((), next={"after": 0})


def one_page(connection: Connection, cursor: Any) -> Page:
    try:
        rows = connection.http.read("GET", "http://shelf/things").json()["rows"]
    except TieoutError:
        rows = []
    return Page(tuple(rows))


def chatty(connection: Connection, cursor: Any) -> Page:
    for _ in range(3):
        page = ShelfPlugin().read(connection, cursor)
    return page


def forgetful(connection: Connection, cursor: Any) -> Page:
    page = ShelfPlugin().read(connection, cursor)
    return Page(page.wires, next=page.next)


def greedy(wire: Any, terms: Any) -> Item:
    return Item(code=wire["sku"], price=wire.pop("price", None))


def rounding(item: Item, terms: Any, now: Any) -> Any:
    return {"sku": item.code, "price": Decimal(f"{float(item.price or 0):.2f}")}


def floating(item: Item, terms: Any, now: Any) -> Any:
    return {"sku": item.code, "price": float(item.price or 0)}


def shouting(item: Item, terms: Any, now: Any) -> Any:
    return {"sku": item.code.lower(), "price": item.price}


class Bench:
    """One test of a suite, run by hand against a plugin and a fresh shelf."""

    def __init__(self, plugin: ShelfPlugin) -> None:
        shelf = Shelf()
        http = FakeHttp(shelf.answer)
        self.connection = Connection("shelf", "shelf", Settings(), http, FakeClock(), {}, Tenant("1", "A shelf"))
        self.held = {"things": {row["id"] for row in shelf.things}}
        items = tuple(Item(code=f"NEW-{number}", price=Decimal("0.10") * number) for number in (1, 2, 3))
        self.samples = [
            Sample(
                binding=BINDING,
                terms=terms(BINDING),
                wires=({"id": "1", "sku": "S", "price": Decimal(1)},),
                records=items,
                refused=Item(code=""),
            )
        ]
        self.suites = [type("Bound", (suite,), {"plugin": plugin})() for suite in (ConnectorSuite, TargetSuite)]

    def run(self, name: str) -> None:
        """Run the suite's test of this name, giving it the fixtures that it asks for."""
        test = next(getattr(suite, name) for suite in self.suites if hasattr(suite, name))
        wanted = test.__func__.__code__.co_varnames[1 : test.__func__.__code__.co_argcount]
        test(**{fixture: getattr(self, fixture) for fixture in wanted})


TESTS = [name for suite in (ConnectorSuite, TargetSuite) for name in dir(suite) if name.startswith("test_")]


@pytest.mark.parametrize("name", sorted(set(TESTS)))
def test_a_connector_that_keeps_the_contract_passes(name: str) -> None:
    Bench(ShelfPlugin()).run(name)


@pytest.mark.parametrize(
    ("broken", "name"),
    [
        ({"read": skipping}, "test_a_pass_reads_every_record_exactly_once"),
        ({"read": endless}, "test_a_pass_reads_every_record_exactly_once"),
        ({"read": one_page}, "test_a_pass_reads_every_record_exactly_once"),
        ({"read": one_page}, "test_an_ended_consent_asks_for_a_new_one"),
        ({"read": one_page}, "test_a_failing_system_is_unavailable"),
        ({"read": one_page}, "test_what_is_not_json_is_unavailable"),
        ({"read": chatty}, "test_a_page_is_one_call"),
        ({"read": forgetful}, "test_a_resumed_pass_reads_nothing_new"),
        ({"lift": greedy}, "test_lift_is_pure"),
        ({"lower": rounding}, "test_seventeen_digits_survive"),
        ({"lower": floating}, "test_bodies_are_exact_and_fit"),
        ({"lower": shouting}, "test_the_way_there_and_back_loses_nothing_undeclared"),
        ({"send": by_position}, "test_receipts_are_matched_by_key_in_whatever_order_answers_come"),
        ({"send": one_by_one}, "test_a_batch_is_one_call_with_a_receipt_for_each_step"),
        ({"send": all_or_nothing}, "test_one_bad_record_stops_no_other"),
        ({"send": swallowing}, "test_a_write_that_fails_in_the_system_is_unknown"),
        ({"send": swallowing}, "test_a_refused_token_stops_the_batch"),
        ({"send": swallowing}, "test_an_unreachable_system_did_nothing"),
    ],
)
def test_a_broken_rule_is_named(broken: dict[str, Any], name: str) -> None:
    plugin = ShelfPlugin(**broken)
    with pytest.raises((AssertionError, pytest.fail.Exception)):
        Bench(plugin).run(name)


class Open(Settings):
    """Settings that accept what they do not know."""

    model_config = ConfigDict(extra="allow")


class Underscored(Settings):
    """Settings whose keys are not spelt as in TOML."""

    model_config = ConfigDict(alias_generator=None)

    base_url: str = ""


@pytest.mark.parametrize("model", [Open, Underscored])
def test_settings_that_are_no_form_are_named(model: type[Settings]) -> None:
    with pytest.raises(AssertionError, match=model.__name__):
        rules.settings_are_a_form(model)


def test_a_loss_is_named_unless_it_is_declared() -> None:
    left, right = Party(name="Acme", phone="1"), Party(name="Acme")
    with pytest.raises(AssertionError, match="phone"):
        rules.same(left, right)
    rules.same(left, right, frozenset({"phone"}))


def test_a_loss_inside_lines_is_declared_with_a_dot() -> None:
    reference: Ref[str] = Ref(entity="items", id="1")
    left, right = (SimpleRecord(lines=(Line(item=item),)) for item in (reference, None))
    with pytest.raises(AssertionError, match="lines"):
        rules.same(left, right)
    rules.same(left, right, frozenset({"lines.item"}))


class SimpleRecord(Party):
    """A record with lines and nothing else that matters."""

    name: str = ""
    lines: tuple[Line, ...] = ()


def test_references_are_the_same_by_id() -> None:
    source: Ref[str] = Ref(entity="customers", id="1", name="Acme")
    target: Ref[str] = Ref(entity="parties", side="target", id="1")
    rules.same(Party(name="A", parent=source), Party(name="A", parent=target))


@pytest.mark.parametrize(
    ("status", "of_a_read", "of_a_write"),
    [
        (401, ReauthNeeded, ReauthNeeded),
        (403, ReauthNeeded, ReauthNeeded),
        (429, Throttled, Throttled),
        (500, Unavailable, OutcomeUnknown),
        (503, Unavailable, OutcomeUnknown),
    ],
)
def test_statuses_mean_what_they_mean_in_core(
    status: int, of_a_read: type[TieoutError], of_a_write: type[TieoutError]
) -> None:
    http = FakeHttp(lambda call: reply(status))
    with pytest.raises(of_a_read):
        http.read("GET", "http://shelf/things")
    with pytest.raises(of_a_write):
        http.write("POST", "http://shelf/things")


def test_answers_come_in_order_and_calls_are_kept() -> None:
    http = FakeHttp(reply(200, {"price": Decimal("1.10")}), reply(404))
    assert http.read("GET", "http://shelf/1", params={"a": 1}).json() == {"price": Decimal("1.10")}
    assert http.write("POST", "http://shelf/2", body={"b": 2}).status == 404
    assert [(call.way, call.url, dict(call.params), call.body) for call in http.asked] == [
        ("read", "http://shelf/1", {"a": 1}, None),
        ("write", "http://shelf/2", {}, {"b": 2}),
    ]
    assert (http.calls.reads, http.calls.writes) == (1, 1)


def test_a_call_that_was_not_expected_fails_the_test() -> None:
    with pytest.raises(AssertionError, match="http://shelf/things"):
        FakeHttp().read("GET", "http://shelf/things")


def test_an_unreadable_answer_to_a_write_leaves_its_outcome_open() -> None:
    http = FakeHttp(reply(200, content=b"<html>"), reply(200, content=b"<html>"))
    with pytest.raises(Unavailable):
        http.read("GET", "http://shelf/things").json()
    with pytest.raises(OutcomeUnknown):
        http.write("POST", "http://shelf/things").json()


def test_only_answers_to_writes_are_reordered() -> None:
    system = FakeHttp(lambda call: reply(200, {"rows": [{"id": 1}, {"id": 2}], "codes": [1, 2]}))
    http = FakeHttp(reordered(system))
    assert http.read("GET", "http://shelf").json()["rows"] == [{"id": 1}, {"id": 2}]
    assert http.write("POST", "http://shelf").json() == {"rows": [{"id": 2}, {"id": 1}], "codes": [1, 2]}


def test_calls_are_forwarded_whole() -> None:
    system = FakeHttp(reply(200, {}))
    FakeHttp(forward(system)).write("POST", "http://shelf", form={"a": "b"}, headers={"X": "y"})
    (call,) = system.asked
    assert (call.way, call.form, call.headers) == ("write", {"a": "b"}, {"X": "y"})


def test_waiting_takes_no_time_and_moves_the_clock() -> None:
    clock = FakeClock()
    before = clock.now()
    clock.wait(90)
    assert (clock.now() - before).total_seconds() == 90
    assert clock.monotonic() == 90
