"""Times the parts that are run again and again, and compares them with what each may take; `make budget` runs it."""

import subprocess
import sys
import time

PARTS = {
    "make check": 60,
    "make test": 120,
    "make matrix": 600,
    ".ci/run": 900,
}
"""Seconds that each part may take on two idle cores, installed and warm; `.ci/run` is the sum and its setting up."""
TIMED = ("check", "test", "matrix")


def main():
    """Run each part, and return 1 when one failed or took too long."""
    spent, over = {}, False
    for target in TIMED:
        begun = time.monotonic()
        done = subprocess.run(["make", "--silent", target], stdout=subprocess.DEVNULL)
        spent[f"make {target}"] = time.monotonic() - begun
        if done.returncode:
            sys.stdout.write(f"make {target} failed with exit code {done.returncode}: run it to see why\n")
            return 1
    spent[".ci/run"] = sum(spent.values())
    for part, seconds in spent.items():
        late = seconds > PARTS[part]
        over |= late
        sys.stdout.write(f"{part:12} {seconds:6.0f} s of {PARTS[part]:4} s{'   too long' if late else ''}\n")
    return 1 if over else 0


if __name__ == "__main__":
    sys.exit(main())
