"""The firms that ship with the sandbox, realistic and awkward, the same at every start."""

from dataclasses import replace
from pathlib import Path
from random import Random

from tieout_sandbox.apptivo.folder import Making, Records
from tieout_sandbox.apptivo.layout import Layout
from tieout_sandbox.apptivo.layoutfile import usual
from tieout_sandbox.firm import consultancy, distributor, exporter
from tieout_sandbox.firm.dressed import dressed
from tieout_sandbox.firm.papers import papers
from tieout_sandbox.firm.payments import pay

SHIPPED = {folder.name: folder for folder in sorted((Path(__file__).parent / "shipped").iterdir())}
"""The folders of the firms that ship, by name."""

_TRADES = {"distributor": distributor.records, "services": consultancy.records, "multicurrency": exporter.records}
_USUAL = Making("distributor", 20260401, {})


def generate(making: Making = _USUAL, layout: Layout | None = None) -> Records:
    """All records of a made-up firm, by collection, in the wire shape of its layout; nothing depends on the day."""
    shape = layout or usual()
    records = _TRADES[making.trade](Random(making.seed), making.counts)
    pay(Random(making.seed + 1), records)
    if replace(shape, name=usual().name) != usual():
        records = {
            name: [dressed(record, name, shape) for record in held]
            for name, held in records.items()
            if name in shape.apps
        }
    return records | {"documents": papers(records, shape)}
