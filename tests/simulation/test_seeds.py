"""The whole product by seed: whatever befalls it, both systems agree in the end and nothing is ever doubled."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from drama import Ending, play
from known import KNOWN

HERE = Path(__file__).parent
DIGEST = "import sys; from drama import play; print(*[play(int(seed)).digest for seed in sys.argv[1:]])"


def right(seed):
    ending = play(seed)
    assert not ending.failure, "\n".join([*ending.story, ending.line])
    return ending


@pytest.mark.parametrize("seed", [seed for seed in range(1, 9) if seed not in KNOWN])
def test_a_seed_ends_well(seed):
    right(seed)


@pytest.mark.matrix
@pytest.mark.parametrize("seed", [seed for seed in range(9, 61) if seed not in KNOWN])
def test_many_seeds_end_well(seed):
    right(seed)


def test_seeds_that_are_known_to_fail_still_do():
    """Whoever mends a fault takes its seeds off the list."""
    assert [seed for seed, words in KNOWN.items() if words not in play(seed).failure] == []


def digests(seeds, hash_seed):
    """The digests of seeds in a process of their own, whose sets and dictionaries have an order of their own."""
    command = [sys.executable, "-c", DIGEST, *map(str, seeds)]
    environment = {**os.environ, "PYTHONHASHSEED": str(hash_seed), "PYTHONPATH": str(HERE)}
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=True)
    return done.stdout.split()


def test_a_seed_is_the_same_in_every_process():
    assert digests((5,), 4711) == [play(5).digest]


@pytest.mark.nightly
def test_a_seed_played_a_hundred_times_in_four_processes_is_always_the_same():
    found = [digest for hash_seed in range(4) for digest in digests([7] * 25, hash_seed)]
    assert len(found) == 100
    assert len(set(found)) == 1


def simulate(*arguments):
    command = [sys.executable, str(HERE), *arguments]
    return subprocess.run(command, capture_output=True, text=True)


def test_the_command_says_how_a_seed_ended():
    done = simulate("5")
    assert done.returncode == 0
    assert "seed 5: right; again with: make simulate SEED=5" in done.stdout
    assert "0 lost, 0 duplicated, 0 unexpected, 0 wrong" in done.stdout


@pytest.mark.parametrize("text", ["", "x", "3-", "9-2", "-4", "1.5"])
def test_a_seed_that_is_none_is_refused_in_one_sentence(text):
    done = simulate("--", text)
    assert done.returncode == 2
    assert f"{text!r} is no seed: give a whole number, such as 7, or a range, such as 1-60" in done.stderr


def test_a_failing_seed_names_the_command_that_replays_it():
    assert Ending(5, failure="lost: INV-1").line == "seed 5: lost: INV-1; again with: make simulate SEED=5"
