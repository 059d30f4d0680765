"""The rules for every connector, as tests: what it declares, reads and lifts."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from types import ModuleType
from typing import Any, ClassVar

import pytest

from tieout.api import codec
from tieout.api.contract import Connection, Connector, Resource, Settings, Wire
from tieout.api.errors import ReauthNeeded, TieoutError, Unavailable
from tieout.api.model import Record
from tieout.api.work import Key, Page, Reject, Work
from tieout.host.facade import Facade
from tieout.host.plugins import Plugins, admit
from tieout.testing import rules
from tieout.testing.doubles import FakeClock, FakeHttp, forward, reply
from tieout.testing.samples import Sample

NOT_JSON = reply(200, content=b"<html>down for maintenance</html>", headers={"Content-Type": "text/html"})


class ConnectorSuite:
    """Proves that a connector keeps the contract: subclass it, name your plugin and give two or three fixtures.

        class TestLedgerly(ConnectorSuite):
            plugin = tieout_ledgerly
            settings = {"client-id": "...", "client-secret": {"env": "LEDGERLY_SECRET"}}

            @pytest.fixture
            def connection(self): ...      # a Connection to a fresh fake system that holds some records

            @pytest.fixture
            def samples(self, connection): ...     # a Sample for each binding

    `plugin` is the module that the entry point names, `settings` the connection's section as TOML gives it. `held`
    tells the ids that the system holds, by resource; each resource named there is read from its beginning to its end.
    A connector that also writes is proved by `TargetSuite` with the same fixtures.
    """

    plugin: ClassVar[ModuleType]
    settings: ClassVar[Mapping[str, Any]] = {}

    @pytest.fixture
    def connection(self) -> Iterator[Connection]:
        """A connection to a system that holds some records; a fresh one for each test."""
        pytest.fail("give a fixture `connection`")

    @pytest.fixture
    def samples(self) -> Sequence[Sample]:
        """A sample for each binding."""
        pytest.fail("give a fixture `samples`")

    @pytest.fixture
    def held(self) -> Mapping[str, set[str]]:
        """The ids of all records that the system holds, by the name of the resource."""
        pytest.fail("give a fixture `held`")

    @cached_property
    def facade(self) -> Facade:
        """The plugin's hooks."""
        return self._admitted.facade

    @cached_property
    def declared(self) -> Connector:
        """The connector under test."""
        (found,) = self._admitted.connectors.values()
        return found

    @cached_property
    def _admitted(self) -> Plugins:
        return admit({"plugin": self.plugin})

    def test_the_plugin_is_admitted(self) -> None:
        """Core takes the plugin in: its hooks exist, take no default arguments and answer what they should."""
        assert self.declared.title

    def test_settings_are_forms(self) -> None:
        """All settings models are closed and spelt with hyphens, and the section given is accepted."""
        connector = self.declared
        for model in (connector.settings, connector.pair, *connector.flow.values()):
            rules.settings_are_a_form(model)
        assert list(connector.hosts(self._settings())), "a connector without hosts can call nobody"

    def _settings(self) -> Settings:
        return self.declared.settings.model_validate(dict(self.settings))

    def test_hosts_are_names(self) -> None:
        """Hosts are names, not addresses: they are compared with the host of each call."""
        for host in self.declared.hosts(self._settings()):
            assert host, "an empty host"
            assert "/" not in host, f"{host} is an address: give the host's name"

    def test_limits_are_declared(self) -> None:
        """Every limit that is given is a positive number, and some call is allowed."""
        limits = self.declared.limits
        for given in (limits.second, limits.minute, limits.day):
            assert given is None or given > 0
        assert limits.concurrent > 0
        assert limits.speed > 0

    def test_resources_are_consistent(self) -> None:
        """Names are unique, models exact, batches possible; `find`, `unique` and `lossy` name fields of the model."""
        resources = self.declared.resources
        assert len({resource.name for resource in resources}) == len(resources), "two resources of one name"
        for resource in resources:
            rules.model_is_exact(resource.type)
            fields = resource.type.model_fields.keys()
            assert resource.id, f"{resource.name}: without an id nothing can be linked"
            assert resource.batch > 0 and resource.bytes > 0 and resource.settle >= 0 and resource.key_seconds >= 0
            lossy = {name.partition(".")[0] for name in resource.lossy}
            assert {*resource.find, *resource.unique, *lossy} <= fields, (
                f"{resource.name} names fields that {resource.type.__name__} lacks"
            )
            assert set(resource.unique) <= set(resource.find), f"{resource.name}: what must be unique can be looked up"

    def test_bindings_name_resources(self) -> None:
        """The plugin's own bindings to this connector name resources that exist, and their constants are JSON."""
        for binding in self._admitted.bindings.values():
            if binding.connector == self.declared.name:
                self.declared.resource(binding.resource)
                rules.wire_is_exact(dict(binding.constants))

    def test_check_reaches_the_tenant(self, connection: Connection) -> None:
        """The check tells an id and a name, the same each time, and writes nothing."""
        http = FakeHttp(forward(connection.http))
        seen = replace(connection, http=http)
        once, again = self.facade.check(seen), self.facade.check(seen)
        assert once.tenant.id and once.tenant.name
        assert once.tenant == again.tenant
        assert not http.written, "a check changes nothing"

    def test_reference_data_is_read(self, connection: Connection) -> None:
        """Every declared kind of reference data can be read, each row once, and nothing is written."""
        http = FakeHttp(forward(connection.http))
        for kind, seconds in self.declared.reference.items():
            rows = self.facade.reference(replace(connection, http=http), kind)
            assert len({row.id for row in rows}) == len(rows), f"{kind}: an id twice"
            assert seconds > 0, f"{kind} is never fresh"
        assert not http.written, "reading changes nothing"

    def test_a_pass_reads_every_record_exactly_once(self, connection: Connection, held: Mapping[str, set[str]]) -> None:
        """A pass begun without a cursor ends, and what it read is all that the system holds, each record once."""
        for resource in self._listed(held):
            read = [resource.identify(wire) for page in self._pass(connection, resource) for wire in page.wires]
            assert len(read) == len(set(read)), f"{resource.name}: a record was read twice in one pass"
            assert set(read) == held[resource.name], f"{resource.name}: not what the system holds"

    def test_a_page_is_one_call(self, connection: Connection, held: Mapping[str, set[str]]) -> None:
        """One fetch makes one call and writes nothing: limits and wrappers see each page.

        The first page of a pass may ask once more, for the tenant's own shape.
        """
        for resource in self._listed(held):
            http = FakeHttp(forward(connection.http))
            pages = len(self._pass(replace(connection, http=http), resource))
            assert pages <= len(http.asked) <= pages + 1, f"{resource.name}: {pages} pages took {len(http.asked)} calls"
            assert not http.written, "reading changes nothing"

    def test_a_resumed_pass_reads_nothing_new(self, connection: Connection, held: Mapping[str, set[str]]) -> None:
        """Going on at `resume` when nothing has changed ends, and brings no record that was not read before."""
        for resource in self._listed(held):
            last = self._pass(connection, resource)[-1]
            known = held[resource.name]
            again = self._pass(connection, resource, last.resume)
            fresh = {resource.identify(wire) for page in again for wire in page.wires} - known
            assert last.resume is not None, f"{resource.name}: without `resume` every run reads everything"
            assert not fresh, f"{resource.name}: {fresh} appeared from nowhere"

    def test_wires_are_exact(self, connection: Connection, held: Mapping[str, set[str]]) -> None:
        """What is read is JSON without a float."""
        for resource in self._listed(held):
            for page in self._pass(connection, resource):
                for wire in page.wires:
                    rules.wire_is_exact(wire)

    def test_find_answers_every_key(self, connection: Connection, held: Mapping[str, set[str]]) -> None:
        """Each key is answered: a known id with its record alone, an unknown one with nothing."""
        for resource in self._listed(held):
            ids = sorted(held[resource.name])[:3]
            some = self._pass(connection, resource)[0].wires[0]
            missing = Key("id", _other(resource.identify(some)))
            keys = [*(Key("id", one) for one in ids), missing]
            answer = self.facade.find(connection, resource, keys)
            assert set(answer) == set(keys), f"{resource.name}: not every key was answered"
            assert list(answer[missing]) == [], f"{resource.name}: an unknown id was found"
            for key in keys[:-1]:
                assert [resource.identify(wire) for wire in answer[key]] == [key.value]

    def test_lift_is_pure(self, connection: Connection, samples: Sequence[Sample]) -> None:
        """Lifting makes no call, changes nothing and gives the same record twice, of the resource's type."""
        assert any(sample.wires for sample in samples), "give at least one wire"
        for sample in samples:
            for wire in sample.wires:
                record = rules.pure(lambda given: self._lift(connection, sample, given), wire)  # noqa: B023 used at once
                assert isinstance(record, Record), f"{sample.name}: {record}"

    def test_what_is_not_json_is_unavailable(self, connection: Connection, held: Mapping[str, set[str]]) -> None:
        """An answer that cannot be read is a failure of the system, never an empty page."""
        self._fetch_raises(Unavailable, connection, held, lambda call: NOT_JSON)

    def test_a_failing_system_is_unavailable(self, connection: Connection, held: Mapping[str, set[str]]) -> None:
        """A 5xx while reading is a failure of the system, never an empty page."""
        self._fetch_raises(Unavailable, connection, held, lambda call: reply(503))

    def test_an_ended_consent_asks_for_a_new_one(self, connection: Connection, held: Mapping[str, set[str]]) -> None:
        """A 401 is not swallowed: the connection is paused and a person asked."""
        self._fetch_raises(ReauthNeeded, connection, held, lambda call: reply(401))

    def _fetch_raises(
        self,
        expected: type[TieoutError],
        connection: Connection,
        held: Mapping[str, set[str]],
        answer: Callable[[Any], Any],
    ) -> None:
        for resource in self._listed(held):
            with pytest.raises(expected):
                self.facade.fetch(replace(connection, http=FakeHttp(answer), clock=FakeClock()), resource, None)

    def _listed(self, held: Mapping[str, set[str]]) -> list[Resource]:
        assert held, "name the ids that the system holds, for at least one resource"
        assert all(held.values()), "the system holds at least one record of each resource that is read"
        return [self.declared.resource(name) for name in held]

    def _pass(self, connection: Connection, resource: Resource, cursor: Wire | None = None) -> list[Page]:
        pages: list[Page] = []
        seen = []
        while True:
            page = self.facade.fetch(connection, resource, cursor)
            pages.append(page)
            if page.next is None:
                return pages
            assert page.next not in seen, f"{resource.name}: the cursor {page.next} came twice, the pass never ends"
            seen.append(page.next)
            cursor = codec.loads(codec.dumps(page.next))

    def _lift(self, connection: Connection, sample: Sample, wire: Wire) -> Record | Reject | None:
        quiet = replace(connection, http=FakeHttp())
        resource = self.declared.resource(sample.binding.resource)
        work = Work(way="lift", items=(wire,), binding=sample.binding, resource=resource, terms=sample.terms)
        (record,) = self.facade.transform(quiet, work)
        assert record is None or isinstance(record, Record | Reject)
        return record


def _other(id: str) -> str:
    """An id of the same shape that stands for nothing: each digit and letter is another one."""
    turned = str.maketrans("0123456789abcdef", "9876543210fedcba")
    return id.translate(turned)
