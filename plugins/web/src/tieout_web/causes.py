"""What a page offers for a cause: the one button that fixes it, and whether it goes away by itself."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from urllib.parse import urlencode

from tieout.desk import HoldGroup, Problem

WAITS = ("waiting", "parent-skipped", "period-locked", "due-again")
"""Causes that end without anybody touching the record itself."""

MATCHES = ("match", "number-taken", "twin")
CONFLICTS = ("conflict", "deletion")
"""Kinds of questions, by the page on which they are answered."""

_SETTING = re.compile(r"\b(accounts|taxes|rounding|guard)\.([a-z-]+)\b")
_MATCHING = frozenset({"same-key", "several-matches", "weak-match"})
_BOTH = frozenset({"changed-on-both-sides", "settled-in-target", "not-ours", "deleted-in-source"})


@dataclass(frozen=True, slots=True)
class Fix:
    """A button: where it leads, or with `values` what it sends there."""

    words: str
    path: str
    values: dict[str, str] = field(default_factory=dict)


def fix(problem: Problem) -> Fix | None:
    """What solves this cause on one of our own pages; None where it is solved in one of the systems."""
    if problem.cause == "app-off":
        return Fix(f"Switch {problem.about} on", f"/settings/apps/{problem.about}", {"on": "true"})
    if problem.cause in _MATCHING or problem.cause.endswith("-taken"):
        return Fix("Review matches", "/matches")
    if problem.cause in _BOTH:
        return Fix("Decide", "/conflicts")
    if named := _SETTING.search(problem.fix):
        anchor = {"taxes": f"taxes-{named[2]}", "accounts": "accounts"}.get(named[1], "rules")
        return Fix("Map it" if named[1] == "taxes" else "Choose it", f"/settings#{anchor}")
    if problem.cause.startswith("account-"):
        return Fix("Choose an account", "/settings#accounts")
    return None


def listing(group: HoldGroup, tab: str) -> str:
    """The address of a group's records."""
    about = group.problem.about if group.problem.about not in group.examples else ""
    wanted = {"tab": tab, "cause": group.problem.cause, "about": about, "entity": group.entity}
    return f"/attention?{urlencode({name: value for name, value in wanted.items() if value})}"
