"""The page of pains names all fifty, and only tests that there are."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ROWS = {
    int(number): shown
    for number, shown in re.findall(
        r"^\| P(\d+) \|.*\| ([^|]+) \|$", (ROOT / "docs" / "pains.md").read_text(encoding="utf-8"), re.MULTILINE
    )
}


def _tests(path: Path) -> set[str]:
    """The tests of a file, those of a class with its name before them."""
    found = set()
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        inner = node.body if isinstance(node, ast.ClassDef) else []
        found |= {f"{node.name}::{one.name}" for one in inner if isinstance(one, ast.FunctionDef)}
        if isinstance(node, ast.FunctionDef):
            found.add(node.name)
    return found


def test_all_fifty_are_there() -> None:
    assert list(ROWS) == list(range(1, 51))


@pytest.mark.parametrize("number", ROWS)
def test_every_test_that_is_named_exists(number: int) -> None:
    named = re.findall(r"`(tests/[^:`]+)::([^`]+)`", ROWS[number])
    assert named
    for path, test in named:
        assert test in _tests(ROOT / path), f"{path}::{test}"
