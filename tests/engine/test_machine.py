"""A shop and a book changed at random on both sides, with faults and crashes in between: both agree in the end."""

import tempfile
from collections import Counter
from decimal import Decimal

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from tieout.errors import OutcomeUnknown
from tieout.reconcile import tie_out
from world import Office

FAULTS = st.sampled_from(["throttle", "drop-before", "drop-after", "fail", "late", "reorder", "partial", None])
CENTS = st.integers(1, 10_000).map(lambda cents: Decimal(cents) / 100)


class Machine(RuleBasedStateMachine):
    """People and bills in the shop; what a person does in the book is remembered, so that nothing undoes it."""

    def __init__(self):
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.office = Office(self.folder.name, batch=3, page=2)
        self.touched = set()
        self.voided_there = set()

    def teardown(self):
        try:
            self.agree()
        finally:
            self.office.ledger.close()
            self.folder.cleanup()

    def agree(self):
        self.office.book.faults = []
        self.office.clock.wait(60)
        for _ in range(2):
            report = self.office.sync()
            assert all(counts.problem() == "" for counts in report.counts.values())
        assert sum(counts.planned for counts in report.counts.values()) == 0
        for one, wire in self.office.shop.bills.items():
            docs = self.office.docs(wire["number"])
            if wire.get("standing") == "void":
                assert all(doc["standing"] == "void" for doc in docs) or one in self.touched
            else:
                assert len(docs) == 1
                if one not in self.touched:
                    assert docs[0]["total"] == wire["total"]
        tie = tie_out(self.office.engine(), "main")
        wrong = {item.label for item in tie.differences if item.state in ("missing", "doubled", "different")}
        assert wrong <= {self.office.shop.bills[one]["number"] for one in self.touched}

    @rule(count=st.integers(1, 4))
    def people_come(self, count):
        for _ in range(count):
            self.office.person(f"p{len(self.office.shop.people)}")

    @precondition(lambda self: self.office.shop.people)
    @rule(total=CENTS, data=st.data())
    def a_bill_is_written(self, total, data):
        party = data.draw(st.sampled_from(sorted(self.office.shop.people)))
        self.office.bill(f"b{len(self.office.shop.bills)}", party=party, total=total)

    @precondition(lambda self: self.office.shop.bills)
    @rule(total=CENTS, data=st.data())
    def a_bill_is_changed(self, total, data):
        one = data.draw(st.sampled_from(sorted(self.office.shop.bills)))
        self.office.shop.write("bills", one, total=total)

    @precondition(lambda self: self.office.shop.bills)
    @rule(data=st.data())
    def a_bill_is_voided(self, data):
        one = data.draw(st.sampled_from(sorted(self.office.shop.bills)))
        self.office.shop.write("bills", one, standing="void")

    @precondition(lambda self: self.office.book.docs)
    @rule(data=st.data(), what=st.sampled_from(["due", "total", "void"]))
    def somebody_works_in_the_book(self, data, what):
        doc = self.office.book.docs[data.draw(st.sampled_from(sorted(self.office.book.docs)))]
        change = {"due": {"due": "2026-12-24"}, "total": {"total": Decimal("0.07")}, "void": {"standing": "void"}}[what]
        self.office.book.write("docs", "update", change, doc["id"])
        self.touched |= {one for one, wire in self.office.shop.bills.items() if wire["number"] == doc["number"]}

    @rule(tick=st.integers(1, 60), faults=st.lists(FAULTS, max_size=4))
    def a_sync_dies(self, tick, faults):
        self.office.book.faults = faults
        self._may_end_unknown(lambda: self.office.sync_and_die_at(tick))

    @rule(faults=st.lists(FAULTS, max_size=4))
    def a_sync_runs(self, faults):
        self.office.book.faults = faults
        self._may_end_unknown(self.office.sync)

    def _may_end_unknown(self, sync):
        try:
            sync()
        except OutcomeUnknown:
            self.office.clock.wait(31)

    @rule(seconds=st.integers(1, 900))
    def time_passes(self, seconds):
        self.office.clock.wait(seconds)

    @invariant()
    def nothing_stands_twice(self):
        standing = Counter(doc["number"] for doc in self.office.book.docs.values() if doc["standing"] != "void")
        assert all(count == 1 for count in standing.values()), standing
        made = Counter(doc["number"] for doc in self.office.book.docs.values())
        assert all(count == 1 for count in made.values()), made

    @invariant()
    def nobody_stands_twice(self):
        names = Counter(party["name"] for party in self.office.book.parties.values())
        assert all(count == 1 for count in names.values()), names


TestMachine = Machine.TestCase
TestMachine.settings = settings(
    max_examples=25, stateful_step_count=20, deadline=None, suppress_health_check=list(HealthCheck)
)
