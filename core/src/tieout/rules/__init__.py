"""The rules, as pure functions, and the values that travel between the storeys."""
