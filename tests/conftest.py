"""What the whole suite tells at its end."""

from collections import Counter


def pytest_terminal_summary(terminalreporter):
    """How many crash points were tried, of how many there are, by case."""
    tried, there = Counter(), {}
    for outcome in ("passed", "failed"):
        for report in terminalreporter.stats.get(outcome, []):
            for name, value in getattr(report, "user_properties", []):
                if name == "crash points":
                    case, points, gaps = value
                    tried[case] += points
                    there[case] = gaps
    if tried:
        listed = ", ".join(f"{case} {tried[case]} of {there[case]}" for case in sorted(tried))
        terminalreporter.write_line(f"crash points tried: {sum(tried.values())} ({listed})")
