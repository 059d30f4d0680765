"""What only a write can tell: tried on the one record that is allowed, and put back."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tieout.api.contract import Proposal
from tieout.api.errors import Refused
from tieout.api.runtime import Runtime
from tieout.desk import Desk
from tieout.testing import FakeClock
from tieout_sandbox.clock import Clock
from tieout_sandbox.inprocess import InProcess
from tieout_sandbox.writeconfig import write_config


@pytest.fixture(scope="module")
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture(scope="module")
def firm(tmp_path_factory: pytest.TempPathFactory, clock: FakeClock) -> Iterator[InProcess]:
    """A firm whose servers stand elsewhere, and whose customers want another parameter than the shipped one."""
    folder = tmp_path_factory.mktemp("firm")
    (folder / "firm.toml").write_text('utc-offset = "-03:30"\n[apps.customers]\nattributes = "attributeNames"\n')
    stamps = {"creationDate": "07/{:02d}/2025 09:00:00", "lastUpdateDate": "07/{:02d}/2025 09:05:00"}
    customers = [
        {"id": str(one), "customerId": one, "customerName": f"Firm {one}", "customAttributes": []}
        | {name: form.format(one) for name, form in stamps.items()}
        for one in range(1, 29)
    ]
    (folder / "customers.json").write_text(json.dumps(customers))
    with InProcess(firm=folder, clock=Clock(source=clock.now), seed=1) as sandbox:
        yield sandbox


@pytest.fixture
def config(firm: InProcess, clock: FakeClock, tmp_path: Path, below: Callable[[Runtime], None]) -> Path:
    """A configuration with customers alone."""
    below(Runtime(clock=clock, transport=lambda: firm.transport(clock.wait)))
    path = tmp_path / "plugins.toml"
    write_config(firm, path)
    text = path.read_text(encoding="utf-8")
    for app in ("contacts", "suppliers", "items", "invoices", "supplier-invoices", "purchase-orders", "payments"):
        text = text.replace(f"{app} = true", f"{app} = false")
    path.write_text(text, encoding="utf-8")
    return path


def probed(config: Path, scratch: str | None) -> Proposal:
    with Desk.open(config) as desk:
        return desk.probe("crm", scratch)


def record(firm: InProcess, id: str) -> dict[str, Any]:
    [found] = [one for one in firm.state("apptivo")["customers"] if one["id"] == id]
    return found


def said(wire: dict[str, Any]) -> list[str]:
    return [one.get("customAttributeValue", "") for one in wire["customAttributes"]]


def test_the_clock_of_the_stamps_and_the_parameter_of_updates_show_in_a_write(firm: InProcess, config: Path) -> None:
    proposal = probed(config, "customers/7")
    assert proposal.settings["server-utc-offset"] == "-03:30"
    assert json.loads(proposal.files["crm.capabilities.json"])["offset_minutes"] == -210
    assert 'attribute-parameter = "attributeNames"' in proposal.files["crm.profile.toml"]
    told = " ".join(one.what for one in proposal.findings if one.topic == "Writing")
    assert "put back" in told
    assert "changes the record's time of change" in told


def test_the_record_is_left_as_it_was_and_no_other_is_touched(firm: InProcess, config: Path) -> None:
    others = [one for one in firm.state("apptivo")["customers"] if one["id"] != "8"]
    probed(config, "customers/8")
    assert set(said(record(firm, "8"))) <= {""}
    assert [one for one in firm.state("apptivo")["customers"] if one["id"] != "8"] == others


def test_without_a_record_that_may_be_written_to_nothing_is(firm: InProcess, config: Path) -> None:
    before = firm.state("apptivo")["customers"]
    proposal = probed(config, None)
    assert "server-utc-offset" not in proposal.settings
    assert firm.state("apptivo")["customers"] == before


@pytest.mark.parametrize("scratch", ["7", "customers/", "payments/7", "custmers/7", "customers/999"])
def test_a_record_that_is_not_there_is_refused(config: Path, scratch: str) -> None:
    with pytest.raises(Refused):
        probed(config, scratch)
