"""The rules for a connector that writes, as tests: lowering, the way there and back, and pushing."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from dataclasses import replace
from decimal import ROUND_HALF_UP, Decimal
from functools import cached_property
from types import ModuleType
from typing import Any, ClassVar

import pytest

from tieout.api import codec
from tieout.api.contract import Connection, Resource
from tieout.api.errors import OutcomeUnknown, ReauthNeeded, TieoutError, Unavailable
from tieout.api.model import Document, Item, Record
from tieout.api.work import Batch, Key, Lowering, Receipt, Reject, Step, Work
from tieout.host.facade import Facade
from tieout.host.plugins import Plugins, admit
from tieout.testing import rules
from tieout.testing.connector import NOT_JSON
from tieout.testing.doubles import Answer, FakeHttp, forward, reordered, reply
from tieout.testing.samples import Sample

BIG = Decimal("987654321098765.43")
"""Seventeen digits: a float cannot keep them."""


class TargetSuite:
    """Proves that a connector writes as the contract says; used beside `ConnectorSuite`, with the same fixtures.

        class TestLedgerly(ConnectorSuite): ...

        class TestLedgerlyWrites(TargetSuite):
            plugin = tieout_ledgerly
            connection = TestLedgerly.connection
            samples = TestLedgerly.samples

    Each sample gives three `records` or more, and one that the system refuses where it has a rule to refuse by.
    """

    plugin: ClassVar[ModuleType]

    @pytest.fixture
    def connection(self) -> Iterator[Connection]:
        """A connection to a system that may be written to; a fresh one for each test."""
        pytest.fail("give a fixture `connection`")

    @pytest.fixture
    def samples(self) -> Sequence[Sample]:
        """A sample for each binding, with records to send."""
        pytest.fail("give a fixture `samples`")

    @cached_property
    def facade(self) -> Facade:
        """The plugin's hooks."""
        return self._admitted.facade

    @cached_property
    def _admitted(self) -> Plugins:
        return admit({"plugin": self.plugin})

    def test_there_is_something_to_send(self, samples: Sequence[Sample]) -> None:
        """Each sample has enough records to tell one from another."""
        assert samples
        for sample in samples:
            assert len(sample.records) >= 3, f"{sample.name}: give at least three records"

    def test_lower_is_pure(self, connection: Connection, samples: Sequence[Sample]) -> None:
        """Lowering makes no call, changes nothing and gives the same steps twice."""
        for sample in samples:
            for record in sample.records:
                rules.pure(lambda given: self._lower(connection, sample, given), record)  # noqa: B023 used at once

    def test_bodies_are_exact_and_fit(self, connection: Connection, samples: Sequence[Sample]) -> None:
        """A body is JSON without a float, and a batch of one stays within the resource's bytes."""
        for sample in samples:
            for step in self._creates(connection, sample):
                rules.wire_is_exact(step.body)
                assert len(codec.dumps(step.body)) <= self._resource(sample).bytes

    def test_a_reference_is_copied_as_it_is(self, connection: Connection, samples: Sequence[Sample]) -> None:
        """The id of a followed reference stands in the body unchanged: a placeholder is found there again."""
        for sample in samples:
            for record in sample.records:
                party = getattr(record, "party", None)
                if party is not None:
                    body = self._create(connection, sample, record).body
                    assert party.id in _texts(body), f"{sample.name}: {party.id} is not in {body}"

    def test_the_way_there_and_back_loses_nothing_undeclared(
        self, connection: Connection, samples: Sequence[Sample]
    ) -> None:
        """What is sent lifts to the record again, but for the fields declared as lossy."""
        for sample in samples:
            for record in sample.records:
                back = self._back(connection, sample, record)
                rules.same(record, back, self._resource(sample).lossy | sample.binding.lossy)

    def test_seventeen_digits_survive(self, connection: Connection, samples: Sequence[Sample]) -> None:
        """A large amount comes back to the cent."""
        for sample in samples:
            record = _with_big_amount(sample.records[0])
            if record is not None:
                back = self._back(connection, sample, record)
                assert _big_amount(back) == BIG, f"{sample.name}: {BIG} became {_big_amount(back)}"

    def test_a_batch_is_one_call_with_a_receipt_for_each_step(
        self, connection: Connection, samples: Sequence[Sample]
    ) -> None:
        """One push makes one call; what was created has an id, and the wire that came back is the record."""
        for sample in samples:
            http = FakeHttp(forward(connection.http))
            batch = self._batch(sample, self._creates(connection, sample))
            receipts = self.facade.push(replace(connection, http=http), batch)
            assert len(http.written) == 1, f"{sample.name}: a batch took {len(http.written)} writing calls"
            self._all_created(connection, sample, batch, receipts)

    def test_receipts_are_matched_by_key_in_whatever_order_answers_come(
        self, connection: Connection, samples: Sequence[Sample]
    ) -> None:
        """An answer in another order books no id to the wrong record."""
        for sample in samples:
            batch = self._batch(sample, self._creates(connection, sample))
            receipts = self.facade.push(replace(connection, http=FakeHttp(reordered(connection.http))), batch)
            self._all_created(connection, sample, batch, receipts)

    def test_one_bad_record_stops_no_other(self, connection: Connection, samples: Sequence[Sample]) -> None:
        """The record that the system refuses is rejected with a problem, the others are created."""
        for sample in samples:
            if sample.refused is None:
                continue
            first, *rest = self._creates(connection, sample)
            bad = replace(self._create(connection, sample, sample.refused), key="bad")
            receipts = self.facade.push(connection, self._batch(sample, [first, bad, *rest]))
            outcomes = {receipt.key: receipt for receipt in receipts}
            assert outcomes.pop("bad").outcome == "rejected"
            assert {receipt.outcome for receipt in outcomes.values()} == {"created"}, f"{sample.name}: {receipts}"
            (refused,) = [receipt for receipt in receipts if receipt.key == "bad"]
            assert all(problem.cause and problem.what for problem in refused.problems)
            assert refused.problems, f"{sample.name}: rejected without a reason"

    def test_what_was_created_is_found(self, connection: Connection, samples: Sequence[Sample]) -> None:
        """A created record is found by its id and by each field that the resource names, before any retry."""
        for sample in samples:
            resource = self._resource(sample)
            receipts = self.facade.push(connection, self._batch(sample, self._creates(connection, sample)))
            for receipt in receipts:
                assert receipt.id is not None and receipt.wire is not None
                record = self._lift(connection, sample, receipt.wire)
                values = {name: getattr(record, name) for name in resource.find}
                keys = [Key(name, str(value)) for name, value in {"id": receipt.id, **values}.items() if value]
                answer = self.facade.find(connection, resource, keys)
                for key in keys:
                    found = {resource.identify(wire) for wire in answer[key]}
                    assert receipt.id in found, f"{sample.name}: not found by {key.field}"

    def test_a_write_that_fails_in_the_system_is_unknown(
        self, connection: Connection, samples: Sequence[Sample]
    ) -> None:
        """A 5xx, or an answer that cannot be read, leaves open what happened: it is looked up, never sent again."""
        for answer in (lambda call: reply(500), lambda call: NOT_JSON):
            for sample in samples:
                self._push_is_unknown(connection, sample, answer)

    def test_a_refused_token_stops_the_batch(self, connection: Connection, samples: Sequence[Sample]) -> None:
        """A 401 is not swallowed, and no record is blamed for it."""
        for sample in samples:
            self._push_raises(ReauthNeeded, connection, sample, lambda call: reply(401))

    def test_an_unreachable_system_did_nothing(self, connection: Connection, samples: Sequence[Sample]) -> None:
        """A refused connection is `Unavailable`: nothing was sent."""

        def refused(call: Any) -> Any:
            raise Unavailable("the connection was refused")

        for sample in samples:
            self._push_raises(Unavailable, connection, sample, refused)

    def _push_is_unknown(self, connection: Connection, sample: Sample, answer: Answer) -> None:
        batch = self._batch(sample, self._creates(connection, sample))
        try:
            receipts = self.facade.push(replace(connection, http=FakeHttp(answer)), batch)
        except OutcomeUnknown:
            return
        assert {receipt.outcome for receipt in receipts} == {"unknown"}, f"{sample.name}: {receipts}"

    def _push_raises(self, expected: type[TieoutError], connection: Connection, sample: Sample, answer: Answer) -> None:
        batch = self._batch(sample, self._creates(connection, sample))
        with pytest.raises(expected):
            self.facade.push(replace(connection, http=FakeHttp(answer)), batch)

    def _all_created(self, connection: Connection, sample: Sample, batch: Batch, receipts: Sequence[Receipt]) -> None:
        sent = {step.key: step for step in batch.steps}
        assert sorted(receipt.key for receipt in receipts) == sorted(sent), f"{sample.name}: one receipt per step"
        assert len({receipt.id for receipt in receipts}) == len(sent), f"{sample.name}: an id twice"
        for receipt in receipts:
            assert receipt.outcome == "created", f"{sample.name}: {receipt}"
            assert receipt.wire is not None, f"{sample.name}: without the wire nothing can be checked"
            assert receipt.id == self._resource(sample).identify(receipt.wire)
            wanted = self._lift(connection, sample, sent[receipt.key].body)
            came = self._lift(connection, sample, receipt.wire)
            for name in self._resource(sample).find:
                assert getattr(came, name) == getattr(wanted, name), f"{sample.name}: receipts were mixed up by {name}"

    def _resource(self, sample: Sample) -> Resource:
        (connector,) = self._admitted.connectors.values()
        return connector.resource(sample.binding.resource)

    def _batch(self, sample: Sample, steps: Sequence[Step]) -> Batch:
        return Batch(self._resource(sample), "create", tuple(steps), str(uuid.uuid4()))

    def _creates(self, connection: Connection, sample: Sample) -> list[Step]:
        steps = [self._create(connection, sample, record) for record in sample.records]
        return [replace(step, key=f"record-{place}") for place, step in enumerate(steps)]

    def _create(self, connection: Connection, sample: Sample, record: Record) -> Step:
        steps = self._lower(connection, sample, record)
        assert not isinstance(steps, Reject), f"{sample.name}: {[str(problem) for problem in steps.problems]}"
        assert [step.op for step in steps] == ["create"], f"{sample.name}: a new record is one create"
        return steps[0]

    def _lower(self, connection: Connection, sample: Sample, record: Record) -> tuple[Step, ...] | Reject:
        quiet = replace(connection, http=FakeHttp())
        (steps,) = self.facade.transform(quiet, self._work(sample, "lower", Lowering(record)))
        return steps  # type: ignore[no-any-return]

    def _lift(self, connection: Connection, sample: Sample, wire: Any) -> Record:
        quiet = replace(connection, http=FakeHttp())
        (record,) = self.facade.transform(quiet, self._work(sample, "lift", wire))
        assert isinstance(record, Record), f"{sample.name}: {record}"
        return record

    def _work(self, sample: Sample, way: Any, item: Any) -> Work:
        return Work(way=way, items=(item,), binding=sample.binding, resource=self._resource(sample), terms=sample.terms)

    def _back(self, connection: Connection, sample: Sample, record: Record) -> Record:
        body = codec.loads(codec.dumps(self._create(connection, sample, record).body))
        return self._lift(connection, sample, body)


def _texts(value: Any) -> set[str]:
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list | tuple):
        return {text for inner in value for text in _texts(inner)}
    return {value} if isinstance(value, str) else set()


def _with_big_amount(record: Record) -> Record | None:
    if isinstance(record, Item):
        return record.model_copy(update={"price": BIG})
    if isinstance(record, Document):
        line = record.lines[0].model_copy(
            update={"quantity": Decimal(1), "price": BIG, "discount": None, "discount_rate": None, "amount": BIG}
        )
        rate = line.tax_rate or Decimal(0)
        over = 100 + rate if record.tax_mode == "inclusive" else Decimal(100)
        tax = (BIG * rate / over).quantize(Decimal("0.01"), ROUND_HALF_UP)
        total = BIG if record.tax_mode == "inclusive" else BIG + tax
        return record.model_copy(update={"lines": (line,), "tax": tax, "total": total})
    return None


def _big_amount(record: Record) -> Decimal | None:
    if isinstance(record, Item):
        return record.price
    return record.lines[0].amount if isinstance(record, Document) else None
