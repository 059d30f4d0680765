"""The sandbox that most tests here share."""

import pytest
from sandboxed import running


@pytest.fixture
def systems(tmp_path):
    """A sandbox with about 20 documents."""
    with running(tmp_path, size=10) as found:
        yield found
