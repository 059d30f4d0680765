"""The sandbox that most tests here share."""

import pytest
from sandboxed import running


@pytest.fixture
def systems(tmp_path):
    """A sandbox with about 40 documents."""
    with running(tmp_path, size=24) as found:
        yield found
