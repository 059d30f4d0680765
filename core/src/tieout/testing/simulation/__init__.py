"""Simulation: whole processes on a virtual clock, in one process, by seed.

`Simulation` runs lives of a program against remote systems that are synchronous functions. One thread runs at a time,
and the seed decides which, what the network does, and when a process freezes or dies.
"""

from tieout.testing.simulation.life import Dead, Life
from tieout.testing.simulation.network import FAULTS, Exchange, Network, Weather
from tieout.testing.simulation.schedule import Deadlock, Scheduler
from tieout.testing.simulation.simulation import Fates, Simulation

__all__ = [
    "FAULTS",
    "Dead",
    "Deadlock",
    "Exchange",
    "Fates",
    "Life",
    "Network",
    "Scheduler",
    "Simulation",
    "Weather",
]
