"""The conformance kit: point it at your plugin, and pytest proves that it keeps the contract.

`EntitySuite`, `ConnectorSuite` and `TargetSuite` are classes of tests; subclass one in your own tests, name your
plugin's module and give it some records. `connect` reaches your system, or its stand-in, as core would; `FakeHttp`,
`FakeClock`, `FakeVault` and `terms` stand in for what core gives your functions, and `rules` are the rules themselves.
Install it with `pip install tieout[testing]`.
"""

from tieout.testing import rules
from tieout.testing.connector import ConnectorSuite
from tieout.testing.doubles import Answer, Call, FakeClock, FakeHttp, forward, reordered, reply
from tieout.testing.entity import EntitySuite
from tieout.testing.live import FakeVault, connect
from tieout.testing.samples import Sample, terms
from tieout.testing.target import TargetSuite

__all__ = [
    "Answer",
    "Call",
    "ConnectorSuite",
    "EntitySuite",
    "FakeClock",
    "FakeHttp",
    "FakeVault",
    "Sample",
    "TargetSuite",
    "connect",
    "forward",
    "reordered",
    "reply",
    "rules",
    "terms",
]
