"""kill -9 at random moments, and two processes at once, over the whole firm that the sandbox ships."""

import os
import random
import signal
import subprocess
import sys

import pytest
from sandboxed import launched

RUN = "import sys; from tieout_app.cli import main; sys.exit(main(sys.argv[1:]))"


@pytest.fixture
def systems(tmp_path):
    """A sandbox of real processes with about 40 documents."""
    with launched(tmp_path, size=24) as found:
        yield found


def begin(systems):
    command = [sys.executable, "-c", RUN, "--config", str(systems.config), "sync", "--yes", "--json"]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


@pytest.mark.matrix
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_ten_kills_and_then_every_document_exactly_once(tmp_path, seed):
    chance = random.Random(seed)
    with launched(tmp_path, size=400) as systems:
        killed = 0
        for _ in range(10):
            process = begin(systems)
            try:
                process.wait(timeout=chance.uniform(0.4, 2.0))
            except subprocess.TimeoutExpired:
                os.kill(process.pid, signal.SIGKILL)
                killed += process.wait() != 0
            assert systems.doubled() == []
        assert killed
        systems.agreed()


def test_two_processes_at_once_write_everything_once(systems):
    processes = [begin(systems) for _ in range(3)]
    assert 0 in {process.wait(timeout=60) for process in processes}
    systems.agreed()


def test_a_terminated_sync_ends_its_batch_and_goes_on_later(systems):
    process = begin(systems)
    while not systems.calls(systems.xero, "/api.xro/2.0/"):
        assert process.poll() is None
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=30) in (0, 130)
    systems.agreed()
