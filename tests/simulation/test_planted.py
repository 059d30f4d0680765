"""The seeds find what they are there to find: each planted fault fails a seed that ends well without it."""

import pytest
from drama import play
from planted import PLANTED, planted

FOUND_BY = {
    "an unknown outcome is retried without a look-up": 8,
    "the fencing token is ignored": 8,
    "a dead run's batches are taken as never sent": 19,
}
"""The first seed that finds each fault."""
MOST = 200


@pytest.mark.parametrize("fault", FOUND_BY)
def test_a_planted_fault_is_found(fault):
    with planted(fault):
        assert "duplicated" in play(FOUND_BY[fault]).failure
    assert not play(FOUND_BY[fault]).failure


@pytest.mark.nightly
@pytest.mark.parametrize("fault", PLANTED)
def test_a_planted_fault_is_found_by_many_seeds(fault):
    found = 0
    for seed in range(1, MOST + 1):
        with planted(fault):
            found += "duplicated" in play(seed).failure
    assert found >= 2
