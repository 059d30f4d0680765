"""People work in a shop and a book at random, while runs meet faults and die: what must hold after every run.

The shop's records are all that is known for certain; the machine remembers besides what people did in the book and
what they decided, because from then on the two sides may differ for a reason.
"""

import tempfile
from collections import Counter
from contextlib import suppress
from datetime import date, timedelta
from decimal import Decimal
from types import SimpleNamespace

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from sqlalchemy import select
from tieout.api.errors import OutcomeUnknown, Refused, Unavailable
from tieout.desk.decisions import Decisions
from tieout.desk.undo import Undo
from tieout.engine.reconcile import tie_out
from tieout.ledger.runs import RunRow
from tieout.ledger.tables import DueRow, HeldRow, InboxRow, LinkRow
from world import SPEEDY, AtOnce, Office, Shape

FAULTS = ["throttle", "drop-before", "drop-after", "fail", "late", "reorder", "partial", "refuse-big", None]
CENTS = st.integers(1, 10_000).map(lambda cents: Decimal(cents) / 100)
DAYS = st.integers(0, 200).map(lambda days: (date(2026, 3, 1) + timedelta(days=days)).isoformat())
APPS = [("people",), ("people", "bills"), ("people", "bills", "payments")]
EVERYTHING = APPS[-1]
RESOURCES = {"people": "people", "bills": "bills", "payments": "paid"}


class Machine(RuleBasedStateMachine):
    """The shop, the book, and one process after the other between them."""

    def __init__(self):
        super().__init__()
        self.folder = tempfile.TemporaryDirectory(dir=SPEEDY)
        self.office = Office(self.folder.name, batch=3, page=2, entities=EVERYTHING, threads=AtOnce())
        self.dead_there = {"docs": set(), "receipts": set()}
        self.by_hand = set()
        self.worked_on = set()
        self.plan = None

    def teardown(self):
        try:
            self._agrees()
            self._reopened()
            self._agrees()
        finally:
            self.office.ledger.close()
            self.folder.cleanup()

    # what people do in the shop

    @initialize(backs=st.booleans(), synced=st.booleans())
    def begins(self, backs, synced):
        """A firm at work: some bills are paid, and as often as not everything is in the book already."""
        self.office.backs = self.office.pair.backs = ("settlements", "marks") if backs else ()
        self.office.pair.flows |= dict.fromkeys(self.office.backs, self.office.pair.settings)
        for one in ("p1", "p2"):
            self.office.person(one)
        for one, party in (("b1", "p1"), ("b2", "p1"), ("b3", "p2")):
            paid = {"1": {"date": "2026-08-05", "amount": Decimal(4)}} if one != "b3" else {}
            self.office.bill(one, party=party, paid=paid)
        if synced:
            self.office.sync()

    def _one_of(self, data, kind):
        return data.draw(st.sampled_from(sorted(kind)))

    @rule(count=st.integers(1, 3), namesake=st.sampled_from([False, False, False, True]))
    def people_come(self, count, namesake):
        for _ in range(count):
            one = f"p-{self.office.shop.stamp}"
            self.office.person(one, name="Anna" if namesake else None)

    @precondition(lambda self: self.office.shop.people)
    @rule(data=st.data())
    def somebody_is_renamed(self, data):
        one = self._one_of(data, self.office.shop.people)
        self.office.person(one, name=f"Person {one} {self.office.shop.stamp}")

    @precondition(lambda self: self.office.shop.people)
    @rule(total=CENTS, day=DAYS, there=st.sampled_from([None, None, None, "equal", "other"]), data=st.data())
    def a_bill_is_written(self, total, day, there, data):
        one = f"b-{self.office.shop.stamp}"
        if there:
            # somebody entered it in the book by hand, rightly or not
            entered = {"number": f"B-{one}", "date": day, "total": total if there == "equal" else Decimal("0.01")}
            doc, _ = self.office.book.write("docs", "create", {**entered, "standing": "live"})
            self.by_hand.add(doc["id"])
        self.office.bill(one, party=self._one_of(data, self.office.shop.people), total=total, date=day)

    @precondition(lambda self: self.office.shop.bills)
    @rule(data=st.data(), total=CENTS, day=DAYS, field=st.sampled_from(["total", "due", "standing", "party"]))
    def a_bill_is_changed(self, data, total, day, field):
        value = {"total": total, "due": day, "standing": "void", "party": None}[field]
        self.office.shop.write("bills", self._one_of(data, self.office.shop.bills), **{field: value})

    @precondition(lambda self: self.office.shop.bills)
    @rule(data=st.data(), amount=CENTS, day=DAYS)
    def a_bill_is_paid(self, data, amount, day):
        one = self._one_of(data, self.office.shop.bills)
        known = self.office.shop.bills[one].get("paid", {})
        paid = {"date": day, "amount": min(amount, self.office.shop.bills[one]["total"])}
        self.office.shop.write("bills", one, paid={**known, str(self.office.shop.stamp): paid})

    @precondition(lambda self: any(bill.get("paid") for bill in self.office.shop.bills.values()))
    @rule(data=st.data())
    def a_payment_is_taken_back(self, data):
        bills = {one: bill["paid"] for one, bill in self.office.shop.bills.items() if bill.get("paid")}
        one = self._one_of(data, bills)
        gone = self._one_of(data, bills[one])
        self.office.shop.write("bills", one, paid={key: paid for key, paid in bills[one].items() if key != gone})

    @precondition(lambda self: self.office.shop.bills)
    @rule(data=st.data())
    def a_bill_is_deleted(self, data):
        self.office.shop.delete("bills", self._one_of(data, self.office.shop.bills))

    @precondition(lambda self: len(self.office.shop.people) > 1)
    @rule(data=st.data())
    def somebody_is_deleted(self, data):
        self.office.shop.delete("people", self._one_of(data, self.office.shop.people))

    # what people do in the book

    @precondition(lambda self: self.office.book.docs)
    @rule(data=st.data(), what=st.sampled_from(["due", "total", "void"]))
    def somebody_works_in_the_book(self, data, what):
        doc = self.office.book.docs[self._one_of(data, self.office.book.docs)]
        change = {"due": {"due": "2026-12-24"}, "total": {"total": Decimal("0.07")}, "void": {"standing": "void"}}[what]
        self.office.book.write("docs", "update", change, doc["id"])
        self.worked_on.add(doc["id"])
        if what == "void":
            self.dead_there["docs"].add(doc["id"])

    @precondition(lambda self: self.office.book.receipts)
    @rule(data=st.data())
    def a_payment_is_removed_in_the_book(self, data):
        one = self._one_of(data, self.office.book.receipts)
        self.office.book.write("receipts", "update", {"standing": "void"}, one)
        self.worked_on.add(one)
        self.dead_there["receipts"].add(one)

    @precondition(lambda self: len([one for one in self.office.book.parties.values() if "merged" not in one]) > 1)
    @rule(data=st.data())
    def parties_are_merged(self, data):
        free = [one for one, party in self.office.book.parties.items() if "merged" not in party]
        loser, heir = data.draw(st.permutations(sorted(free)))[:2]
        self.office.book.merge(loser, heir)
        self.worked_on |= {loser, heir}

    @rule(until=st.sampled_from([None, date(2026, 4, 1), date(2026, 7, 1)]))
    def the_lock_date_moves(self, until):
        self.office.book.closed_until = until

    # what people decide

    def _desk(self):
        connections = {"here": SimpleNamespace(plugin="shop"), "there": SimpleNamespace(plugin="book")}
        config = SimpleNamespace(pairs={"main": self.office.pair}, connections=connections)
        return Decisions(self.office.ledger, self.office.clock, "ana", config, self.office.engine())

    @rule(due=st.sampled_from(["due", "pay_by"]))
    def the_profile_is_corrected(self, due):
        self.office.shape = Shape(due=due)

    @rule(apps=st.sampled_from(APPS))
    def apps_are_switched(self, apps):
        self.office.pair.entities = apps

    @rule(data=st.data(), reason=st.just("Not now."))
    def a_question_is_answered(self, data, reason):
        desk = self._desk()
        if not (asked := [one for one in desk.questions("main") if one.entity in self.office.pair.entities]):
            return
        one = data.draw(st.sampled_from(sorted(asked, key=lambda each: (each.entity, each.source_id))))
        option = data.draw(st.sampled_from(one.question.options))
        try:
            if option == "skip":
                desk.skip("main", one.entity, one.source_id, reason)
            else:
                desk.answer("main", one.entity, one.source_id, option)
        except Refused:
            return
        self.worked_on.add((one.entity, one.source_id))

    @precondition(lambda self: "bills" in self.office.pair.entities and self.office.shop.bills)
    @rule(data=st.data(), back=st.booleans())
    def a_bill_is_left_out_or_taken_back_in(self, data, back):
        one = self._one_of(data, self.office.shop.bills)
        try:
            self._desk().unskip("main", "bills", one) if back else self._desk().skip("main", "bills", one, "Not this.")
        except Refused:
            return

    # runs

    @rule(tick=st.integers(1, 80), faults=st.lists(st.sampled_from(FAULTS), max_size=4))
    def a_sync_dies(self, tick, faults):
        self.office.book.faults = list(faults)
        self._may_stop(lambda: self.office.sync_and_die_at(tick))

    @rule(faults=st.lists(st.sampled_from(FAULTS), max_size=4), reads_fail=st.sampled_from([0, 0, 0, 1]))
    def a_sync_runs(self, faults, reads_fail):
        self.office.book.faults = list(faults)
        self.office.reads_fail = reads_fail
        self._may_stop(lambda: self._adds_up(self.office.sync()))
        self.office.reads_fail = 0

    @rule()
    def a_plan_is_made(self):
        self._may_stop(self._planned)

    def _planned(self):
        self.plan = self.office.engine().plan(self.office.pair).id

    @precondition(lambda self: self.plan)
    @rule(faults=st.lists(st.sampled_from(FAULTS), max_size=4))
    def a_plan_is_carried_out(self, faults):
        """However much has changed since it was made."""
        self.office.book.faults = list(faults)
        with suppress(Refused):
            self._may_stop(lambda: self.office.engine().apply(self.office.pair, self.plan))

    @precondition(lambda self: self._runs())
    @rule(data=st.data())
    def a_run_is_undone(self, data):
        config = SimpleNamespace(pairs={"main": self.office.pair})
        run = data.draw(st.sampled_from(sorted(self._runs())))
        before = self._dead()
        self.office.book.faults = []
        with suppress(Refused):
            undoing = Undo(self.office.ledger, config, self.office.engine()).plan("main", run)
            if undoing.plan is not None:
                self.office.engine().apply(self.office.pair, undoing.plan.id)
        for kind, dead in self._dead().items():
            self.dead_there[kind] |= dead - before[kind]
            self.worked_on |= dead - before[kind]

    def _runs(self):
        return self._ids(RunRow.id)

    def _dead(self):
        kinds = ("docs", "receipts")
        return {k: {id for id, one in getattr(self.office.book, k).items() if one["standing"] == "void"} for k in kinds}

    @rule(seconds=st.integers(1, 900))
    def time_passes(self, seconds):
        self.office.clock.wait(seconds)

    def _may_stop(self, sync):
        try:
            sync()
        except (OutcomeUnknown, Unavailable):
            self.office.clock.wait(31)

    def _adds_up(self, report):
        for counts in report.counts.values():
            assert counts.problem() == ""
            became = counts.done + counts.wrong + counts.rejected + counts.unknown + counts.waiting + counts.stale
            assert counts.planned == became, counts
        return report

    # what must hold at every moment

    @invariant()
    def nothing_stands_twice(self):
        made = Counter(doc["number"] for one, doc in self.office.book.docs.items() if one not in self.by_hand)
        assert all(count == 1 for count in made.values()), made
        paid = Counter(one["external"] for one in self.office.book.receipts.values())
        assert all(count == 1 for count in paid.values()), paid

    @invariant()
    def nobody_stands_twice(self):
        names = Counter(party["name"] for party in self.office.book.parties.values())
        assert all(count == 1 for count in names.values()), names

    @invariant()
    def what_was_voided_in_the_book_stays_so(self):
        for kind, dead in self.dead_there.items():
            assert all(getattr(self.office.book, kind)[one]["standing"] == "void" for one in dead)

    @invariant()
    def nothing_read_is_lost(self):
        for entity in self.office.pair.entities:
            here = (InboxRow.tenant == "shop:shop-1", InboxRow.resource == RESOURCES[entity], InboxRow.gone.is_(False))
            with self.office.ledger.reading() as sql:
                read = set(sql.execute(select(InboxRow.id).where(*here)).scalars())
            if read and self._known(entity):
                kept = self._ids(LinkRow.source_id, LinkRow.entity == entity)
                kept |= self._ids(HeldRow.source_id, HeldRow.entity == entity)
                kept |= self._ids(DueRow.id, DueRow.entity == entity)
                assert read <= kept, (entity, read - kept)

    def _known(self, entity):
        """Whether the app has run before: all that is there is due to a new one."""
        return bool(self._ids(DueRow.id, DueRow.entity == entity) or self._ids(LinkRow.source_id))

    def _ids(self, column, *where):
        with self.office.ledger.reading() as sql:
            return set(sql.execute(select(column).where(*where)).scalars())

    # what must hold once the runs have come to rest

    def _rests(self):
        self.office.book.faults = []
        self.office.clock.wait(400)
        for _ in range(4):
            report = self._adds_up(self.office.sync())
            if not sum(counts.planned for counts in report.counts.values()):
                return
        raise AssertionError(f"it does not come to rest: {report.counts}")

    def _agrees(self):
        self._rests()
        assert not self._ids(DueRow.id, DueRow.entity.in_(self.office.pair.entities))
        links = self._links()
        held = self._ids(HeldRow.source_id, HeldRow.kind != "note")
        if "bills" in self.office.pair.entities:
            for one, bill in self.office.shop.bills.items():
                assert ("bills", one) in links or one in held, one
                if ("bills", one) in links and one not in held:
                    self._alike(one, bill, self.office.book.docs[links["bills", one]])
        if "payments" in self.office.pair.entities and "bills" in self.office.pair.entities:
            self._paid_alike(links, held)
        self._ties(links, held)

    def _links(self):
        with self.office.ledger.reading() as sql:
            return {(row.entity, row.source_id): row.target_id for row in sql.execute(select(LinkRow))}

    def _alike(self, one, bill, doc):
        if {doc["id"], ("bills", one)} & self.worked_on or doc["id"] in self.by_hand:
            return
        assert doc["standing"] == bill.get("standing", "live"), (bill, doc)
        if doc["standing"] == "live":
            due = bill.get(self.office.shape.due)
            assert (doc["total"], doc["due"], doc["date"]) == (bill["total"], due, bill["date"])

    def _paid_alike(self, links, held):
        wanted = {f"{one}/{part}" for one, bill in self.office.shop.bills.items() for part in bill.get("paid", {})}
        for part in wanted:
            assert ("payments", part) in links or part in held, part
        for (entity, part), target in links.items():
            receipt = self.office.book.receipts.get(target)
            if entity == "payments" and part not in held and target not in self.worked_on:
                assert receipt["standing"] == ("live" if part in wanted else "void"), (part, receipt)

    def _ties(self, links, held):
        waits = {target for (_, one), target in links.items() if one in held} | held
        for item in tie_out(self.office.engine(), "main").unexplained():
            if {item.source_id, item.target_id} & waits:
                continue  # the two differ until somebody says what is right, and both the hold and the tie-out say so
            told = {item.target_id, (item.entity, item.source_id), links.get((item.entity, item.source_id))}
            told |= {one for one, target in links.items() if target == item.target_id}
            assert told & (self.worked_on | self.by_hand), item

    def _reopened(self):
        """All periods open, all apps on, and what was refused is asked for again: nothing may be missing then."""
        self.office.book.closed_until = None
        self.office.pair.entities = EVERYTHING
        self._rests()
        desk = self._desk()
        for cause in {one.problems[0].cause for one in desk.held("main").records if one.kind == "hold"}:
            desk.retry_cause("main", cause)
        self._rests()
        causes = {problem["cause"] for problems in self._problems() for problem in problems}
        assert "period-closed" not in causes, causes

    def _problems(self):
        with self.office.ledger.reading() as sql:
            return list(sql.execute(select(HeldRow.problems).where(HeldRow.kind == "hold")).scalars())
