"""Writes docs/reference/ from the docstrings: `python docs/write_reference.py`."""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import Any

import typer
from rich.text import Text
from tieout import errors, hooks
from tieout.cli.app import app

FOLDER = Path(__file__).parent / "reference"
MARK = "<!-- Written by docs/write_reference.py from the docstrings; change those and run it again. -->\n"
_GROUPS = (
    ("Declare: once, at load", ("entities", "connectors", "bindings")),
    ("Consent", ("authorise", "complete", "disconnect", "auth")),
    ("Work: once for each connection, page or batch", ("check", "reference", "fetch", "transform", "find", "push")),
    ("Watch and add", ("observe", "commands", "sandbox")),
)
_ENDINGS = (
    (0, "Done: synced, planned or tied out, and nothing waits for you."),
    (1, "Something unexpected: a fault of Tieout, of a plugin, or of the machine."),
    (2, "Wrong use or a wrong configuration; nothing was done."),
    (3, "Done, and something needs attention: it does not tie out, a record was refused, or a plan waits for go-live."),
    (4, "Somebody has to connect again: `tieout connect NAME`."),
    (5, "A system is unavailable, or a connection is paused until a time that is told."),
    (6, "Another process took over; this one wrote nothing more."),
    (7, "The ledger cannot be used."),
    (70, "A plugin broke the contract; the message names it."),
    (130, "Stopped by Ctrl-C or SIGTERM after the current batch; what was done is kept."),
)


def pages() -> dict[str, str]:
    """The pages of the reference by file name."""
    return {"hooks.md": _hooks(), "exit-codes.md": _exit_codes(), "commands.md": _commands()}


def _hooks() -> str:
    text = [MARK, "# Hooks\n", inspect.getdoc(hooks), ""]
    for title, names in _GROUPS:
        text.append(f"## {title}\n")
        for name in names:
            hook = getattr(hooks.Tieout, name)
            signature = str(inspect.signature(hook)).replace("self, ", "").replace("(self)", "()").replace("'", "")
            text.append(f"### `{name}`\n\n```python\n{name}{signature}\n```\n\n{inspect.getdoc(hook)}\n")
    return "\n".join(text)


def _exit_codes() -> str:
    text = [MARK, "# Exit codes\n", "| Code | Meaning |", "| ---: | --- |"]
    text += [f"| {code} | {words} |" for code, words in _ENDINGS]
    text += [
        "",
        "## Errors\n",
        "Each error has a stable code, which a message ends with and `--json` gives as `cause`.\n",
    ]
    text += ["| Error | Code | Exit code | Meaning |", "| --- | --- | ---: | --- |"]
    found = [
        value for value in vars(errors).values() if inspect.isclass(value) and issubclass(value, errors.TieoutError)
    ]
    for error in found[1:]:
        words = " ".join((inspect.getdoc(error) or "").split())
        text.append(f"| `{error.__name__}` | `{error.code}` | {error.exit_code} | {words} |")
    return "\n".join([*text, ""])


def _commands() -> str:
    text = [
        MARK,
        "# Commands\n",
        "`tieout [--config FILE] COMMAND`; FILE is `plugins.toml` in this folder by default.\n",
    ]
    for path, command in _walk(("tieout",), typer.main.get_command(app)):
        text.append(f"## `{' '.join(path)}`\n\n{inspect.cleandoc(command.help or '')}\n")
        rows = [f"| `{_names(each)}` | {each.help or ''} |" for each in command.params if _names(each) != "--help"]
        text += ["| Option | Meaning |", "| --- | --- |", *rows, ""] if rows else []
        shown = Text.from_markup((command.epilog or "").partition("\n\n")[2])
        text.append(f"```console\n{shown}\n```\n")
    return "\n".join(text)


def _walk(path: tuple[str, ...], group: Any) -> list[tuple[tuple[str, ...], Any]]:
    found: list[tuple[tuple[str, ...], Any]] = []
    for name, command in group.commands.items():
        inside = getattr(command, "commands", None)
        found += _walk((*path, name), command) if inside else [((*path, name), command)]
    return found


def _names(parameter: Any) -> str:
    if parameter.param_type_name == "argument":
        return str(parameter.metavar or parameter.name)
    return ", ".join((*parameter.opts, *parameter.secondary_opts))


if __name__ == "__main__":
    for name, page in pages().items():
        (FOLDER / name).write_text(page, encoding="utf-8")
