"""A shop and a book in memory, as plugins: small systems of which every fault can be made to happen at any moment."""

import copy
import os
import sqlite3
import threading
import uuid
from contextlib import closing, contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from weakref import WeakSet

import pytest
from sqlalchemy import create_engine, make_url, update
from tieout.api.clock import Clock
from tieout.api.codec import digest
from tieout.api.contract import Binding, Check, Connection, Connector, Entity, File, Resource, Settings, Tenant
from tieout.api.errors import OutcomeUnknown, Problem, Rejected, Throttled, Unavailable
from tieout.api.hooks import hookimpl
from tieout.api.model import Document, Line, Mark, Party, Payment, Ref, Settlement
from tieout.api.runtime import Runtime
from tieout.api.threads import Threads
from tieout.api.work import Page, Receipt, Reject
from tieout.engine import Engine
from tieout.host.plugins import admit
from tieout.ledger import Ledger
from tieout.ledger.standing import Standing
from tieout.ledger.tables import LeaseRow
from tieout.rules.guard import Guard

SERVER = "TIEOUT_TEST_POSTGRESQL"
"""The variable that names a PostgreSQL on which every office is to keep its ledger, each in a database of its own."""
TEMPLATE = "tieout_template"
ON_FILE = pytest.mark.skipif(SERVER in os.environ, reason="what befalls a file befalls no server")
SPEEDY = "/dev/shm" if Path("/dev/shm").is_dir() else None
"""Where ledgers are kept in memory; None where there is no such folder."""
DONE = {}
"""What `once` has done, and how it left both systems and the ledger."""
LEDGERS = WeakSet()
"""Those of all offices, to be closed when a test ends."""
MADE = []
"""The names of the databases that were made for them."""


class Crash(BaseException):
    """The process dies here: nothing after this line runs."""


class AtOnce(Threads):
    """All in the caller's thread: with others beside it the same steps meet a crash at another place each time."""

    class Done:
        """Work that was done when it was handed over."""

        def __init__(self, work):
            self.came = self.raised = None
            try:
                self.came = work()
            except BaseException as error:
                self.raised = error

        def result(self):
            if self.raised is not None:
                raise self.raised
            return self.came

        def error(self):
            return self.raised

    class Pool(nullcontext):
        """A pool that nobody waits for."""

        def submit(self, work):
            return AtOnce.Done(work)

        def ended(self, tasks):
            return list(tasks)

        def __enter__(self):
            return self

    def pool(self, size):
        return AtOnce.Pool()

    def every(self, seconds, work):
        return nullcontext()


class Shape(Settings):
    """Where a system keeps what may lie elsewhere in another one."""

    due: str = "due"
    paid: str = "paid"


class FakeClock(Clock):
    """Time that moves when somebody waits."""

    def __init__(self):
        self.time = datetime(2026, 11, 1, tzinfo=UTC)

    def now(self):
        return self.time

    def monotonic(self):
        return self.time.timestamp()

    def wait(self, seconds, stop=None):
        self.time += timedelta(seconds=seconds)


@dataclass
class Shop:
    """The source: people and bills, each with a version that every edit raises."""

    people: dict = field(default_factory=dict)
    bills: dict = field(default_factory=dict)
    gone: dict = field(default_factory=lambda: {"people": {}, "bills": {}})
    stamp: int = 0

    def delete(self, kind, one):
        """Delete a record for good; the list of what was deleted tells so."""
        self.stamp += 1
        del getattr(self, kind)[one]
        self.gone[kind][one] = self.stamp

    def write(self, kind, one, **values):
        self.stamp += 1
        held = getattr(self, kind)
        held[one] = {**held.get(one, {}), "id": one, **values, "at": self.stamp}


@dataclass
class Book:
    """The target: refuses doubled live names, remembers idempotency keys, and fails when told to."""

    parties: dict = field(default_factory=dict)
    docs: dict = field(default_factory=dict)
    receipts: dict = field(default_factory=dict)
    keys: dict = field(default_factory=dict)
    faults: list = field(default_factory=list)
    calls: list = field(default_factory=list)
    stamp: int = 0
    pending: list = field(default_factory=list)
    closed_until: date | None = None
    lock: threading.Lock = field(default_factory=threading.Lock)

    def catch_up(self, key=None):
        """Do what is still under way and due by now, or is asked for again under its key."""
        due = [one for one in self.pending if one[0] <= self.clock.now() or one[2].idempotency_key == key]
        self.pending = [one for one in self.pending if one not in due]
        for _, kind, batch in due:
            self._do(kind, batch)

    def _do(self, kind, batch):
        receipts = [self._one(kind, batch.op, step) for step in batch.steps]
        self.keys[batch.idempotency_key] = (digest([s.body for s in batch.steps]), receipts)
        return receipts

    def write(self, kind, op, body, one=None):
        held = getattr(self, kind)
        if kind == "parties" and op == "create" and any(p["name"] == body["name"] for p in held.values()):
            return None, "That name is taken."
        self.stamp += 1
        one = one or f"{kind}-{self.stamp}"
        if op == "create" and one in held:
            return None, "There already."
        held[one] = {**held.get(one, {}), **body, "id": one, "at": self.stamp}
        return held[one], ""

    def push(self, kind, batch, die):
        with self.lock:
            self.calls.append((kind, batch.op, len(batch.steps)))
            # parties are protected by their names, so what is late is all but those: nothing but care protects that
            ready = self.faults and (self.faults[0] != "late" or kind != "parties")
            fault = self.faults.pop(0) if ready else None
            if fault == "throttle":
                raise Throttled("too many", until=self.clock.now() + timedelta(seconds=5), scope="minute")
            if fault == "drop-before":
                raise OutcomeUnknown("the line went dead")
            if fault == "fail":
                raise OutcomeUnknown("status 500", answered=True)
            if fault == "refuse-big" and len(batch.steps) > 1:
                self.faults.insert(0, fault)
                raise Rejected(Problem(cause="too-big", what="The whole batch was refused."))
            self.catch_up(batch.idempotency_key)
            known = self.keys.get(batch.idempotency_key)
            if known is None and fault == "late":
                # it took the call, works on it for a while, and the caller does not hear of it
                self.pending.append((self.clock.now() + timedelta(seconds=20), kind, batch))
                raise OutcomeUnknown("timed out")
            if known is None:
                receipts = self._do(kind, batch)
            else:
                assert known[0] == digest([s.body for s in batch.steps]), "another body under the same key"
                receipts = known[1]
            die()
            if fault == "drop-after":
                raise OutcomeUnknown("the answer was lost")
            if fault == "partial":
                return receipts[:1]
            return list(reversed(receipts)) if fault == "reorder" else list(receipts)

    def merge(self, loser, heir):
        """What a person does with two parties that are one."""
        self.write("parties", "update", {"standing": "archived", "merged": heir}, loser)

    def closed(self, *wires):
        """Whether one of these, as it is or as it shall be, is dated in a period that is locked."""
        days = [wire["date"] for wire in wires if wire and "date" in wire]
        return self.closed_until is not None and any(day <= self.closed_until.isoformat() for day in days)

    def _one(self, kind, op, step):
        if self.closed(step.body, getattr(self, kind).get(step.id)):
            return Receipt(key=step.key, outcome="rejected", problems=(CLOSED,))
        wire, said = self.write(kind, op, step.body, step.id)
        if wire is None:
            return Receipt(key=step.key, outcome="rejected", problems=(Problem(cause="refused", what=said),))
        outcome = "created" if op == "create" else "updated"
        return Receipt(key=step.key, outcome=outcome, id=wire["id"], version=str(wire["at"]), wire=copy.deepcopy(wire))


def lift_person(wire, terms):
    return Party(
        name=wire["name"],
        external=wire.get("external"),
        counterpart=wire.get("known"),
        standing=wire.get("standing", "live"),
    )


def lower_person(record, terms, now):
    return {"name": record.name, "external": record.external}


def lift_bill(wire, terms):
    return Document(
        number=wire["number"],
        date=date.fromisoformat(wire["date"]),
        due=date.fromisoformat(wire[terms.connection.due]) if wire.get(terms.connection.due) else None,
        party=Ref(entity="people", id=wire["party"]) if wire.get("party") else None,
        lines=(Line(description="Work", price=wire["total"], amount=wire["total"]),),
        total=wire["total"],
        standing=wire.get("standing", "live"),
    )


def lower_bill(record, terms, now):
    return {
        "number": record.number,
        "date": record.date.isoformat(),
        "due": record.due.isoformat() if record.due else None,
        "party": record.party.id if record.party else None,
        "total": record.total,
        "standing": "void" if record.standing == "void" else "live",
    }


def parts(wire, settings):
    """The payments inside a bill of the shop, each with an id of its own."""
    paid = wire.get(settings.paid, {})
    return [{"id": f"{wire['id']}/{one}", "bill": wire["id"], **payment} for one, payment in paid.items()]


def lift_part(wire, terms):
    return Payment(
        document=Ref(entity="bills", id=wire["bill"]), date=date.fromisoformat(wire["date"]), amount=wire["amount"]
    )


def lift_receipt(wire, terms):
    return Payment(
        document=Ref(entity="bills", side="target", id=wire["doc"]),
        date=date.fromisoformat(wire["date"]),
        amount=wire["amount"],
        external=wire.get("external"),
        standing=wire.get("standing", "live"),
    )


def lower_receipt(record, terms, now):
    return {
        "doc": record.document.id if record.document else None,
        "date": record.date.isoformat(),
        "amount": record.amount,
        "external": record.external,
        "standing": "void" if record.standing == "void" else "live",
    }


def lift_settled(wire, terms):
    paid = wire.get("settled", Decimal(0))
    state = "paid" if paid == wire["total"] else "part-paid" if paid else "open"
    return Settlement(state=state, paid=paid, due=wire["total"] - paid)


def lower_settled(record, terms, now):
    wanted = {"settled": record.state, "paid_there": record.paid}
    return {} if wanted.items() <= now.items() or record.state == now.get("settled", "open") == "open" else wanted


def lower_mark(record, terms, now):
    wanted = {"mark": record.status, "why": record.reason, "there": record.target_id}
    return {} if wanted.items() <= now.items() else wanted


def resources(batch):
    kinds = (
        (("people", "parties"), Party, lift_person, lower_person),
        (("bills", "docs"), Document, lift_bill, lower_bill),
    )
    for names, kind, lift, lower in kinds:
        for name in names:
            yield Resource(
                name=name,
                type=kind,
                lift=lift,
                lower=lower,
                id=("id",),
                version=("at",),
                find=("external", "name") if kind is Party else ("number",),
                unique=("name",) if name == "parties" else (),
                batch=batch,
                key_seconds=300,
                heir=(lambda wire: wire.get("merged")) if name == "parties" else None,
                also_lift={Settlement: lift_settled} if name == "docs" else {},
                also_lower={Settlement: lower_settled, Mark: lower_mark} if name in ("people", "bills") else {},
            )
    yield Resource(name="paid", type=Payment, lift=lift_part, lower=lower_receipt, id=("id",), inside={"bills": parts})
    yield Resource(
        name="receipts",
        type=Payment,
        lift=lift_receipt,
        lower=lower_receipt,
        id=("id",),
        version=("at",),
        find=("external",),
        batch=batch,
        key_seconds=300,
        around=frozenset({"document"}),
    )


def bodies(steps):
    """What is to be sent, or nothing of what cannot be."""
    return () if isinstance(steps, Reject) else [step.body for step in steps]


CLOSED = Problem(cause="period-closed", what="It is dated in a closed period.", fix="Open the period.")
TOO_MUCH = Problem(cause="too-much", what="It is more than is due.", fix="Correct it.")


class Systems:
    """The plugin of both systems and of the two entities between them."""

    def __init__(self, office):
        self.office = office

    @hookimpl
    def connectors(self):
        every = tuple(resources(self.office.batch))
        yield Connector(name="shop", title="Shop", settings=Settings, resources=every[::2], hosts=lambda _: ())
        yield Connector(name="book", title="Book", settings=Settings, resources=every[1::2], hosts=lambda _: ())

    @hookimpl
    def entities(self):
        yield Entity(name="people", title="People", model=Party, letter="P", key=("name",), ties=("name",))
        yield Entity(
            name="bills",
            title="Bills",
            model=Document,
            letter="B",
            key=("number",),
            agrees=("total",),
            after=("people",),
            follows=("party",),
            ties=("total",),
            skip=lambda record, _: "It is a draft." if record.standing == "draft" else None,
            check=lambda record, _: (
                ()
                if record.party
                else (Problem(cause="party-missing", what="It has no party.", why="One is needed.", fix="Choose one."),)
            ),
        )

        yield Entity(
            name="payments",
            title="Payments",
            model=Payment,
            letter="Y",
            key=("document", "date", "amount"),
            repeats=True,
            removal="void",
            after=("bills",),
            follows=("document",),
            ties=("amount",),
        )
        yield Entity(name="settlements", title="Paid", model=Settlement, letter="S", key=(), direction="back")
        yield Entity(name="marks", title="Marks", model=Mark, letter="M", key=(), direction="back", of=("bills",))

    @hookimpl
    def bindings(self):
        yield Binding(entity="payments", connector="shop", resource="paid")
        yield Binding(entity="payments", connector="book", resource="receipts")
        yield Binding(entity="people", connector="shop", resource="people")
        yield Binding(entity="people", connector="book", resource="parties")
        yield Binding(entity="bills", connector="shop", resource="bills")
        yield Binding(entity="bills", connector="book", resource="docs")

    @hookimpl
    def check(self, connection):
        return Check(tenant=Tenant(f"{connection.plugin}-1", connection.plugin.title()))

    @hookimpl
    def fetch(self, connection, resource, cursor):
        self.office.book.catch_up()
        self.office.out_of_order()
        world = self.office.shop if connection.plugin == "shop" else self.office.book
        held = getattr(world, resource.name)
        # read on from the last change seen, never from a place in the list: what moves meanwhile is not passed over
        since = (cursor or {}).get("since", 0)
        newest = sorted((w for w in held.values() if w["at"] > since), key=lambda w: w["at"])
        page = newest[: self.office.page]
        gone = getattr(world, "gone", {}).get(resource.name, {})
        lost = {one: at for one, at in gone.items() if at > since}
        resume = {"since": max([w["at"] for w in newest] + list(lost.values()), default=since)}
        wires = tuple(copy.deepcopy(page))
        following = {"since": page[-1]["at"]} if len(newest) > len(page) else None
        return Page(wires, deletions=tuple(sorted(lost)), next=following, resume=resume)

    @hookimpl
    def find(self, connection, resource, keys):
        self.office.book.catch_up()
        self.office.out_of_order()
        held = getattr(self.office.book, resource.name).values()
        names = {"id": "id", "external": "external", "name": "name", "number": "number"}
        return {
            key: [copy.deepcopy(wire) for wire in held if str(wire.get(names[key.field])) == key.value] for key in keys
        }

    @hookimpl
    def transform(self, connection, work):
        told = work.each()
        if work.way == "lower" and self.office.book.closed_until is not None:
            told = [
                Reject((CLOSED,)) if self.office.book.closed(item.now, *bodies(steps)) else steps
                for item, steps in zip(work.items, told, strict=True)
            ]
        if work.way == "lower" and work.resource.name == "receipts":
            return [
                Reject((TOO_MUCH,))
                if item.record.document and item.around[item.record.document.id]["total"] < item.record.amount
                else steps
                for item, steps in zip(work.items, told, strict=True)
            ]
        if work.way == "lift" or work.resource.name != "parties":
            return told
        note = Problem(cause="mark-dropped", what="Its mark was left out.", why="No marks.", fix="Remove it.")
        return [
            tuple(replace(step, notes=(note,)) for step in steps) if item.record.name.endswith("!") else steps
            for item, steps in zip(work.items, told, strict=True)
        ]

    @hookimpl
    def files(self, connection, resource, id):
        return [
            File(name=name, media="text/plain", size=len(text), content=text.encode)
            for name, text in self.office.files.get(id, {}).items()
        ]

    @hookimpl
    def attach(self, connection, resource, id, file):
        self.office.tick("before attach")
        if file.name.endswith(".exe"):
            raise Rejected(Problem(cause="file-refused", what="No programs.", why="Never.", fix="Send a document."))
        self.office.attached.append((id, file.name, file.content()))
        self.office.tick("after attach")
        return True

    @hookimpl
    def annotate(self, connection, resource, id, text):
        self.office.notes.append((id, text))
        self.office.tick("after note")
        return True

    @hookimpl
    def push(self, connection, batch):
        self.office.tick("before push")
        if connection.plugin == "shop":
            return self.office.write_back(batch)
        return self.office.book.push(batch.resource.name, batch, lambda: self.office.tick("after push"))


class Watched(Ledger):
    """A ledger whose every transaction is a moment at which the process may die."""

    office = None

    @contextmanager
    def writing(self, *leases):
        self.office.tick("before write")
        with super().writing(*leases) as sql:
            yield sql
        self.office.tick("after write")


def fresh():
    """The address of a new database where the tests are to run on PostgreSQL; empty where they are not."""
    if SERVER not in os.environ:
        return ""
    address, name = make_url(os.environ[SERVER]), f"t{uuid.uuid4().hex}"
    server = create_engine(address, isolation_level="AUTOCOMMIT")
    with server.connect() as sql:
        sql.exec_driver_sql(f"CREATE DATABASE {name} TEMPLATE {TEMPLATE}")
    server.dispose()
    MADE.append(name)
    return address.set(database=name).render_as_string(hide_password=False)


def forget():
    """Close what `once` has kept."""
    while DONE:
        (ledger, _), _ = DONE.popitem()[1]
        ledger.close()


def drop():
    """Close the ledgers of a test that has ended, and drop their databases."""
    while LEDGERS:
        LEDGERS.pop().close()
    if MADE:
        server = create_engine(os.environ[SERVER], isolation_level="AUTOCOMMIT")
        with server.connect() as sql:
            while MADE:
                sql.exec_driver_sql(f"DROP DATABASE {MADE.pop()} WITH (FORCE)")
        server.dispose()


@dataclass
class Office:
    """Both systems, a ledger, and as many processes one after the other as a test wants."""

    folder: object
    batch: int = 5
    page: int = 4
    entities: tuple = ("people", "bills")
    backs: tuple = ()
    threads: Threads = field(default_factory=Threads)
    guard: Guard = field(default_factory=Guard)
    url: str = ""
    shop: Shop = field(default_factory=Shop)
    book: Book = field(default_factory=Book)
    clock: FakeClock = field(default_factory=FakeClock)
    shape: Shape = field(default_factory=Shape)
    written: list = field(default_factory=list)
    files: dict = field(default_factory=dict)
    attached: list = field(default_factory=list)
    notes: list = field(default_factory=list)
    refusal: Problem | None = None
    reads_fail: int = 0
    ticks: int = 0
    die_at: int | None = None
    moments: list | None = None

    def __post_init__(self):
        self.book.clock = self.clock
        self.plugins = admit({"systems": Systems(self)})
        self.pair = SimpleNamespace(
            name="main",
            source="here",
            target="there",
            since=date(2026, 1, 1),
            entities=self.entities,
            backs=self.backs,
            guard=self.guard,
            plans_expire=timedelta(hours=24),
            keep=timedelta(days=90),
            settings=Settings(),
            flows={name: Settings() for name in (*self.entities, *self.backs)},
            owns={},
        )
        address = self.url or fresh() or f"sqlite:///{self.folder}/ledger.db"
        self.ledger = Watched(address, Runtime(threads=self.threads))
        self.ledger.office = self
        LEDGERS.add(self.ledger)

    def tick(self, where):
        self.ticks += 1
        if self.moments is not None:
            self.moments.append(self.kept())
        if self.die_at is not None and self.ticks >= self.die_at:
            raise Crash(where)

    def out_of_order(self):
        """Fail one read, if so told: the systems cannot be reached for as long as `reads_fail` says."""
        if self.reads_fail > 0:
            self.reads_fail -= 1
            raise Unavailable("It cannot be reached.")

    def ready(self, name):
        """A connection, as core's own would be."""
        plugin = {"here": "shop", "there": "book"}[name]
        http = SimpleNamespace(calls=SimpleNamespace(reads=0, writes=0))
        tenant = Tenant(f"{plugin}-1", plugin.title())
        settings = self.shape if plugin == "shop" else Shape()
        return Connection(name, plugin, settings, http, self.clock, {}, tenant)

    def engine(self):
        config = SimpleNamespace(pairs={"main": self.pair})
        return Engine(
            config,
            self.plugins,
            self.ledger,
            self.clock,
            SimpleNamespace(ready=self.ready, open=self.ready, standing=Standing(self.ledger, self.clock, "person")),
            lambda name, data: None,
            threading.Event(),
            "tester",
        )

    def sync(self):
        """One process: a whole run."""
        return self.engine().run(self.pair, lambda plan: True)

    def sync_and_die_at(self, tick, pause=31):
        """One process that dies at its n-th moment; tells whether it lived to the end."""
        self.ticks, self.die_at = 0, tick
        try:
            self.sync()
        except Crash:
            return False
        finally:
            self.die_at = None
            self.bury(pause)
        return True

    def bury(self, pause=31):
        """A dead process holds no lease: its heartbeat has stopped, and the lease runs out."""
        self.clock.wait(pause)
        with self.ledger.writing() as sql:
            sql.execute(update(LeaseRow).values(expires=self.clock.now()))

    def kept(self):
        """Both systems and the ledger as they stand, for `again_as`."""
        ledger = sqlite3.connect(":memory:", check_same_thread=False)
        with closing(sqlite3.connect(self.ledger.engine.url.database)) as file:
            file.backup(ledger)
        return ledger, copy.deepcopy([values for _, values in self._worlds()])

    def again_as(self, moment):
        """Be as it was then."""
        ledger, worlds = moment
        with closing(sqlite3.connect(self.ledger.engine.url.database)) as file:
            ledger.backup(file)
        for (one, _), values in zip(self._worlds(), copy.deepcopy(worlds), strict=True):
            vars(one).update(values)

    def _worlds(self):
        book = {name: value for name, value in vars(self.book).items() if name not in ("clock", "lock")}
        mine = {name: getattr(self, name) for name in ("written", "files", "attached", "notes", "refusal")}
        return ((self.shop, vars(self.shop)), (self.book, book), (self.clock, vars(self.clock)), (self, mine))

    def write_back(self, batch):
        (step,) = batch.steps
        if self.refusal:
            return [Receipt(key=step.key, outcome="rejected", problems=(self.refusal,))]
        self.written.append((batch.resource.name, step.id, dict(step.body)))
        self.shop.write(batch.resource.name, step.id, **step.body)
        self.tick("after push")
        return [Receipt(key=step.key, outcome="updated", id=step.id)]

    def bill(self, one, **values):
        base = {"number": f"B-{one}", "date": "2026-08-01", "party": "p1", "total": Decimal("10.00")}
        self.shop.write("bills", one, **{**base, **values})

    def person(self, one, name=None, **values):
        self.shop.write("people", one, name=name or f"Person {one}", **values)

    def docs(self, number):
        return [d for d in self.book.docs.values() if d["number"] == number]


def once(office, bring_about, *told):
    """Call `bring_about(office, *told)`, for the first test that asks; for others, be as that one was left.

    What comes back is shared. The office must be the same each time until then, and so must all that is done to it.
    """
    if SERVER in os.environ:
        return bring_about(office, *told)
    key = (bring_about.__module__, bring_about.__qualname__, told)
    if key not in DONE:
        came = bring_about(office, *told)
        DONE[key] = office.kept(), came
    else:
        office.again_as(DONE[key][0])
    return DONE[key][1]


def deaths(make, folder, pause=31):
    """Offices whose process died in a sync, one for each moment of it; the last one lived to the end.

    `make` gives the office before the sync, in a folder. In a file the sync runs once and each moment of it is kept;
    on a server each is a sync of its own. Either way it is one thread that dies, so that every moment is met.
    """
    if SERVER in os.environ:
        alive, tick = False, 0
        while not alive:
            tick += 1
            office = make(folder)
            alive = office.sync_and_die_at(tick, pause)
            yield office
            office.ledger.close()
        return
    office = make(folder)
    office.moments = []
    office.sync()
    moments, office.moments = [*office.moments, office.kept()], None
    told = None
    try:
        for ledger, worlds in moments:
            # where nothing became durable and nothing changed outside, the process dies as it did a moment before
            stands = (ledger.serialize(), worlds)
            if stands != told:
                office.again_as((ledger, worlds))
                office.bury(pause)
                yield office
            told = stands
    finally:
        for ledger, _ in moments:
            ledger.close()
