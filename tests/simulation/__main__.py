"""`make simulate SEED=n`: play seeds and say how they ended."""

import argparse
import os
import sys
import time
from multiprocessing import get_context


def seeds(text):
    """Read one seed (`7`), or a range of them (`1-1000`)."""
    first, dash, last = text.partition("-")
    whole = first.isdigit() and (last.isdigit() if dash else not last)
    if not whole or int(last or first) < int(first):
        raise argparse.ArgumentTypeError(
            f"{text!r} is no seed: give a whole number, such as 7, or a range, such as 1-60"
        )
    return range(int(first), int(last or first) + 1)


def main():
    """Play the seeds that are asked for, on all cores; return 1 if one of them failed."""
    parser = argparse.ArgumentParser(
        prog="make simulate", description="Play a firm's days by seed: no socket, no real time, every fault by chance."
    )
    parser.add_argument("seeds", type=seeds, metavar="SEED", help="a seed, such as 7, or a range, such as 1-60")
    parser.add_argument("--story", action="store_true", help="tell what happened, also where all was right")
    given = parser.parse_args()
    from drama import play

    failed, begun = [], time.monotonic()
    with get_context("spawn").Pool(min(len(given.seeds), os.cpu_count() or 1), maxtasksperchild=100) as pool:
        for ending in pool.imap(play, given.seeds):
            _tell(ending, whole=given.story or len(given.seeds) == 1)
            failed += [ending.seed] if ending.failure else []
    wall = time.monotonic() - begun
    _say(f"{len(given.seeds)} seeds in {wall:.0f} s, {len(failed)} failed{': ' if failed else ''}{_listed(failed)}")
    return 1 if failed else 0


def _tell(ending, whole):
    if whole or ending.failure:
        _say("\n".join(ending.story))
    if whole and ending.verdict is not None:
        _say(f"{ending.verdict.line()}; {ending.cpu:.2f} CPU s; digest {ending.digest[:16]}")
    if whole or ending.failure:
        _say(ending.line)


def _listed(numbers):
    return ", ".join(map(str, numbers))


def _say(text):
    sys.stdout.write(f"{text}\n")


if __name__ == "__main__":
    sys.exit(main())
