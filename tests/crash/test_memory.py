"""Memory does not grow with the number of records: what is read is kept in the ledger, page by page."""

import subprocess
import sys

import pytest
from sandboxed import launched

RUN = """
import sys
from pathlib import Path
from tieout.desk import Desk
with Desk.open(Path(sys.argv[1])) as desk:
    desk.sync("main", lambda plan: True)
    desk.sync("main", lambda plan: True)
print(next(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM")))
"""


def peak(folder, copies):
    """The most memory that two syncs of a firm held, in bytes."""
    folder.mkdir()
    with launched(folder, size=1200, copies=copies) as systems:
        command = [sys.executable, "-c", RUN, str(systems.config)]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
    return int(done.stdout) * 1024


@pytest.mark.matrix
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the peak of a process is read from /proc")
def test_three_times_the_records_take_no_more_memory(tmp_path):
    # both firms fill the largest page that is read, which is held as a whole
    few, many = peak(tmp_path / "few", 0), peak(tmp_path / "many", 2)
    # parsed, an invoice takes about 20 kB: if the 2,400 more were held at once, it would be some 48 MB
    assert many - few < 24_000_000, (few, many)
