"""The simulation itself: one thread at a time, one order by seed, and a death after which nothing counts."""

import threading
from collections import Counter
from contextlib import contextmanager

import httpx
import pytest
from sqlalchemy import select
from tieout.api.errors import LeaseLost, LedgerError
from tieout.api.runtime import COMMITTED
from tieout.ledger import Ledger, lease
from tieout.ledger.tables import LeaseRow
from tieout.testing.simulation import Dead, Deadlock, Simulation, Weather


def answer(request):
    return httpx.Response(200, json={"path": request.url.path})


def simulated(seed, answer=answer):
    made = Simulation(seed)
    made.network.join("system:1", answer)
    return made


@pytest.fixture
def simulation():
    made = simulated(7)
    yield made
    made.close()


@pytest.fixture
def url(tmp_path):
    return f"sqlite:///{tmp_path}/ledger.db"


def get(runtime, path="/"):
    with httpx.Client(transport=runtime.transport(), base_url="http://system:1") as client:
        return client.get(path)


@contextmanager
def ledger(url, runtime):
    opened = Ledger(url, runtime)
    try:
        yield opened
    finally:
        opened.close()


def order(seed):
    """In which order four threads of two lives come to their calls."""
    simulation = simulated(seed)

    def live(name):
        def work(runtime):
            with runtime.threads.pool(2) as pool:
                for each in ("a", "b"):
                    pool.submit(lambda each=each: [get(runtime, f"/{name}{each}{n}") for n in range(3)])

        return work

    simulation.run(live("one"), live("two"))
    simulation.close()
    return [exchange.path for exchange in simulation.network.exchanges]


def test_a_seed_has_one_order_and_another_seed_another():
    assert order(1) == order(1)
    assert len({tuple(order(seed)) for seed in range(8)}) == 8
    assert len({tuple(sorted(order(seed))) for seed in range(8)}) == 1


def test_time_passes_only_when_all_wait(simulation):
    def work(runtime):
        before = runtime.clock.now()
        runtime.clock.wait(3600)
        return (runtime.clock.now() - before).total_seconds()

    assert simulation.run(work, work) == [3600, 3600]
    assert (simulation.now - simulation.scheduler.start).total_seconds() == 3600


def test_a_wait_ends_when_it_is_stopped(simulation):
    stop = threading.Event()

    def patient(runtime):
        runtime.clock.wait(3600, stop)
        return runtime.clock.monotonic()

    def hasty(runtime):
        runtime.clock.wait(5)
        stop.set()

    assert simulation.run(patient, hasty) == [5, None]


def test_a_lock_is_held_by_one_thread_across_waits_and_taken_again_by_its_holder(simulation):
    inside = Counter()

    def work(runtime):
        lock, most = runtime.threads.lock(), []

        def enter():
            with lock, lock:
                inside["now"] += 1
                most.append(inside["now"])
                runtime.clock.wait(1)
                inside["now"] -= 1

        with runtime.threads.pool(4) as pool:
            for _ in range(4):
                pool.submit(enter)
        return max(most), runtime.clock.monotonic()

    assert simulation.run(work) == [(1, 4)]


def test_slots_let_so_many_in(simulation):
    def work(runtime):
        slots = runtime.threads.slots(2)

        def enter():
            with slots:
                runtime.clock.wait(1)

        with runtime.threads.pool(4) as pool:
            tasks = [pool.submit(enter) for _ in range(4)]
            assert [task.error() for task in tasks] == [None] * 4
        return runtime.clock.monotonic()

    assert simulation.run(work) == [2]


def test_what_a_task_raises_is_its_result(simulation):
    def work(runtime):
        def fail():
            raise ValueError("no")

        with runtime.threads.pool(1) as pool:
            task = pool.submit(fail)
            assert pool.ended([task]) == [task]
            assert isinstance(task.error(), ValueError)
            task.result()

    (outcome,) = simulation.run(work)
    assert isinstance(outcome, ValueError)


def test_threads_that_wait_for_each_other_are_found(simulation):
    def work(runtime):
        simulation.scheduler.pause(lambda: False)

    with pytest.raises(Deadlock, match="life-1/main"):
        simulation.run(work)


def test_no_clean_up_of_a_dead_life_has_an_effect(simulation, url):
    """A `finally` that would give the lease back, one that would write, one that would call: none of it counts."""
    tried = []

    def attempt(name, act):
        try:
            act()
        except (Dead, LedgerError) as error:
            tried.append((name, type(error)))
        else:
            tried.append((name, None))

    def doomed(runtime):
        with ledger(url, runtime) as opened:
            taken = lease.take(opened, runtime.clock, "tenant")
            simulation.fates = lambda life, name: life.die() if name == "now" else None
            try:
                runtime.signal("now")
            finally:
                attempt("release", lambda: lease.release(opened, runtime.clock, taken))
                attempt("call", lambda: get(runtime, "/farewell"))
                attempt("time", runtime.clock.now)
                attempt("wait", lambda: runtime.clock.wait(1))
                attempt("chance", lambda: runtime.entropy.hex(4))
                attempt("signal", lambda: runtime.signal("again"))
                attempt("pool", lambda: runtime.threads.pool(1).submit(lambda: None))

    (outcome,) = simulation.run(doomed)
    assert isinstance(outcome, Dead)
    # the connection to the ledger was closed from outside, and everything else ends with the life
    assert tried.pop(0) == ("release", LedgerError)
    assert tried == [(name, Dead) for name in ("call", "time", "wait", "chance", "signal", "pool")]
    assert simulation.network.exchanges == []

    def heir(runtime):
        with ledger(url, runtime) as opened, opened.reading() as sql:
            row = sql.execute(select(LeaseRow)).one()
            return row.expires > runtime.clock.now(), row.token

    assert simulation.run(heir) == [(True, 1)]


def test_what_was_not_committed_at_the_death_is_undone(simulation, url):
    def doomed(runtime):
        with ledger(url, runtime) as opened:
            lease.take(opened, runtime.clock, "kept")
            with opened.writing() as sql:
                opened.put(sql, LeaseRow, [{"name": "lost", "holder": "x", "token": 1, "expires": runtime.clock.now()}])
                simulation.fates = lambda life, name: life.die()
                runtime.signal("in the middle")

    simulation.run(doomed)
    simulation.fates = lambda life, name: None

    def heir(runtime):
        with ledger(url, runtime) as opened, opened.reading() as sql:
            return set(sql.execute(select(LeaseRow.name)).scalars())

    assert simulation.run(heir) == [{"kept"}]


def test_the_lease_of_a_dead_process_is_taken_over_at_once(simulation, url):
    def doomed(runtime):
        with ledger(url, runtime) as opened, lease.held(opened, runtime.clock, "tenant"):
            simulation.fates = lambda life, name: life.die()
            runtime.signal("now")

    def heir(runtime):
        with ledger(url, runtime) as opened:
            return lease.take(opened, runtime.clock, "tenant").token

    simulation.run(doomed)
    simulation.fates = lambda life, name: None
    assert simulation.run(heir) == [2]


def test_who_was_frozen_past_its_lease_writes_nothing(simulation, url):
    def frozen(runtime):
        with ledger(url, runtime) as opened, lease.held(opened, runtime.clock, "tenant") as leases:
            runtime.signal("freeze")
            with opened.writing(*leases):
                pass

    def freeze(life, name):
        if name == "freeze":
            life.frozen_until = simulation.now + 2 * (simulation.now.resolution * 60_000_000)

    def second(runtime):
        runtime.clock.wait(40)
        with ledger(url, runtime) as opened, lease.held(opened, runtime.clock, "tenant") as (held,):
            return held.token

    simulation.fates = freeze
    outcome, token = simulation.run(frozen, second)
    assert isinstance(outcome, LeaseLost)
    assert token == 2
    assert simulation.signals[COMMITTED] > 0


def test_a_request_of_a_dead_caller_may_still_arrive(tmp_path):
    arrived = 0
    for seed in range(20):
        served = []
        simulation = simulated(seed, lambda request, served=served: served.append(1) or answer(request))

        def doomed(runtime):
            with runtime.threads.pool(1) as pool:
                pool.submit(lambda: get(runtime))
                runtime.clock.wait(0.005)
                runtime.signal("now")

        simulation.fates = lambda life, name: life.die() if name == "now" else None
        simulation.run(doomed)
        assert not served
        simulation.fates = lambda life, name: None
        simulation.run(lambda runtime: runtime.clock.wait(100))
        arrived += len(served)
        simulation.close()
    assert 0 < arrived < 20


FAULTS = {
    "refused": (False, "ConnectError"),
    "lost before the effect": (False, "ReadTimeout"),
    "lost after the effect": (True, "RemoteProtocolError"),
    "late": (True, "ReadTimeout"),
    "busy": (False, 429),
    "500 after the effect": (True, 500),
    "503 before the effect": (False, 503),
    "503 after the effect": (True, 503),
    "HTML": (False, 200),
    "half a body": (True, 200),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_each_fault_has_its_effect_there_and_its_answer_here(fault):
    served = []
    simulation = simulated(3, lambda request: served.append(1) or answer(request))
    simulation.network.weather = Weather(1.0, (fault,))

    def work(runtime):
        try:
            return get(runtime).status_code
        except httpx.TransportError as error:
            return type(error).__name__

    (seen,) = simulation.run(work)
    simulation.network.weather = Weather()
    simulation.run(lambda runtime: runtime.clock.wait(120))
    assert (bool(served), seen) == FAULTS[fault]
    simulation.close()
