"""What happens to a firm in a few simulated days, all of it by seed; and the judgement at the end."""

import logging
import time
import traceback
from dataclasses import dataclass, field
from datetime import timedelta
from random import Random

from checker import duplicated, judge
from product import PAIR, Product, product
from tieout.api.errors import ContractError, LedgerError, ReauthNeeded, TieoutError
from tieout.testing.simulation import FAULTS, Dead, Weather
from workload import Workload

DEADLY = 0.002
"""How likely each signal of a bad day is to be the last one of its life."""
WORST = ("put.away", "batch.stored", "batch.answered", "grant.renewed")
"""Signals at which a death or a freeze is worst: something is known in one place alone. They meet it more often."""
# the pool complains of each connection that a death closed under it
logging.getLogger("sqlalchemy.pool").setLevel(logging.CRITICAL)

LEASE = 30.0
"""Seconds after which a silent process has lost its lease."""


@dataclass
class Ending:
    """How one seed ended: `failure` is empty when all was right, and `story` tells what happened."""

    seed: int
    digest: str = ""
    failure: str = ""
    cpu: float = 0.0
    story: list = field(default_factory=list)
    verdict: object = None

    @property
    def line(self):
        return f"seed {self.seed}: {self.failure or 'right'}; again with: make simulate SEED={self.seed}"


class Broken(Exception):
    """Something happened that must never happen."""


class Drama:
    """One product and what befalls it."""

    def __init__(self, product: Product, seed: int) -> None:
        self.product = product
        self.chance = Random(f"drama/{seed}")
        self.workload = Workload(product, self.chance)
        self.story = []
        self.bad = False
        self.ledger_lost = False
        product.simulation.fates = self.fate

    # what befalls a life at a signal

    def fate(self, life, name):
        if not self.bad:
            return
        drawn = self.chance.random() / (20 if name in WORST else 1)
        if drawn < DEADLY:
            self.tell(f"{life.name} died at {name}")
            life.die()
        elif drawn < DEADLY * 2:
            seconds = self.chance.uniform(LEASE, 4 * LEASE)
            self.tell(f"{life.name} froze at {name} for {seconds:.0f} s")
            life.frozen_until = self.product.simulation.now + timedelta(seconds=seconds)
            if self.chance.random() < 0.7:
                # a scheduler, or a person, finds that nothing moves
                self.product.simulation.begin(self.live(self.chance.uniform(LEASE, seconds)))
        elif drawn < DEADLY * 2.3:
            seconds = self.chance.choice([-3600, -90, 90, 3600])
            self.tell(f"the clock of {life.name} jumped by {seconds} s at {name}")
            life.ahead += timedelta(seconds=seconds)

    def tell(self, what):
        self.story.append(f"{self.product.simulation.now:%a %H:%M:%S}  {what}")

    # the days

    def play(self):
        for _ in range(self.chance.randint(2, 4)):
            self.day()
        self.rest()

    def day(self):
        for _ in range(self.chance.randint(0, 3)):
            self.workload.step()
            self.tell(self.workload.done[-1] if self.workload.done else "nothing")
        share = self.chance.choice([0.0, 0.05, 0.15, 0.3])
        faults = tuple(self.chance.sample(FAULTS, self.chance.randint(1, len(FAULTS))))
        self.product.simulation.network.weather = Weather(share, faults)
        self.bad = self.chance.random() < 0.7
        if self.chance.random() < 0.06:
            self.tell("the ledger was lost")
            self.product.lose_ledger()
            self.ledger_lost = True
        lives = [self.live(0.0)]
        if self.chance.random() < 0.3:
            lives.append(self.live(self.chance.uniform(0.0, 2 * LEASE)))
        for outcome in self.product.simulation.run(*lives):
            self.tell(f"a sync ended: {self.outcome(outcome)}")
        self.safe()
        self.product.simulation.pass_time(timedelta(seconds=self.chance.choice([5, 40, 400, 4_000, 86_400])))

    def live(self, later):
        """One sync; a second one begins later, perhaps when the first is frozen."""

        def sync(runtime):
            if later:
                runtime.clock.wait(later)
            return self.product.at_desk(lambda desk: desk.sync(PAIR, lambda plan: True))(runtime)

        return sync

    def outcome(self, outcome):
        """What a sync came to, in words. Raises `Broken` for what no sync may come to."""
        if isinstance(outcome, Dead):
            return "dead"
        if isinstance(outcome, ContractError | LedgerError) or not isinstance(outcome, TieoutError):
            if isinstance(outcome, BaseException):
                raise Broken(f"{type(outcome).__name__}: {outcome}") from outcome
            for name, counts in outcome.counts.items():
                if counts.problem():
                    raise Broken(f"the counts of {name} do not add up: {counts.problem()}")
            return outcome.state
        return f"{type(outcome).__name__}: {outcome}"

    def safe(self):
        """What must hold at every moment."""
        if found := duplicated(self.product.state("xero")):
            raise Broken(f"duplicated: {found}")

    # the end: no more faults

    def rest(self):
        self.bad = False
        self.product.simulation.network.weather = Weather()
        self.product.simulation.pass_time(timedelta(minutes=20))
        for turn in range(4):
            try:
                report = self.product.sync()
            except ReauthNeeded:
                # a person looks whether the connection is as bad as it is said to be
                self.product.alone(lambda desk: [desk.check(name) for name in desk.connection_names])
                report = self.product.sync()
            self.outcome(report)
            self.safe()
            planned = {name: counts.planned for name, counts in report.counts.items() if counts.planned}
            self.tell(f"sync {turn + 1} at rest planned {planned or 'nothing'}")
            if not planned:
                return
        raise Broken(f"it does not come to rest within three syncs: {planned}")


def play(seed):
    """Play one seed to its end."""
    ending, begun = Ending(seed), time.process_time()
    with product(seed) as made:
        drama = Drama(made, seed)
        try:
            drama.play()
            ending.verdict = _judged(made, drama)
            if not ending.verdict.right:
                ending.failure = "; ".join(ending.verdict.details())
        except BaseException as error:
            ending.failure = f"{type(error).__name__}: {error}"
            drama.story += traceback.format_exception(error)
        ending.story = drama.story
        ending.digest = made.simulation.network.digest()
    ending.cpu = time.process_time() - begun
    return ending


def _judged(product, drama):
    held, tie = product.alone(lambda desk: (everything_held(desk), desk.reconcile(PAIR)))
    excused = {(one.entity, one.source_id) for one in held}
    verdict = judge(product.state("apptivo"), product.state("xero"), product.simulation.network.exchanges, excused)
    # what is held differs until somebody says what is right, and both the hold and the tie-out say so
    waiting = [one for one in tie.unexplained() if (one.entity, one.source_id) in excused]
    if drama.ledger_lost:
        # what was removed in the source while nobody remembered its link is for a person to see
        waiting += [one for one in tie.unexplained() if one.state == "missing-here"]
    verdict.wrong += [f"the tie-out differs: {one}" for one in tie.unexplained() if one not in waiting]
    asked = {(one.entity, one.period) for one in waiting}
    unclear = [line for line in tie.lines if not line.clear and (line.entity, line.period) not in asked]
    verdict.wrong += [f"the tie-out differs: {line}" for line in unclear]
    return verdict


def everything_held(desk):
    """All records that are held or left out, from every page."""
    page, found = 1, []
    while records := desk.decisions.held(PAIR, number=page).records:
        found += records
        page += 1
    return [one for one in found if one.kind != "note"]
