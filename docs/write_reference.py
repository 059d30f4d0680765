"""Writes docs/reference/ from the docstrings: `python docs/write_reference.py`."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from types import NoneType
from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel
from rich.text import Text
from tieout.api import errors, hooks
from tieout.api.contract import Pick
from tieout.api.secret import Secret
from tieout.host.mail import Mail
from tieout.host.plugins import installed, load
from tieout.rules.guard import Guard
from tieout_app.cli.listing import OWN, command_of

FOLDER = Path(__file__).parent / "reference"
MARK = "<!-- Written by docs/write_reference.py from the docstrings; change those and run it again. -->\n"
_GROUPS = (
    ("Declare: once, at load", ("entities", "connectors", "bindings")),
    ("Consent", ("authorise", "complete", "disconnect", "auth")),
    (
        "Work: once for each connection, page or batch",
        ("check", "probe", "reference", "fetch", "transform", "find", "push", "files", "attach", "annotate"),
    ),
    ("Watch and add", ("observe", "sandbox")),
)
_CORE = {
    "At the top": {
        "api": "the version of the file's format: 1",
        "ledger": "where the ledger is: `sqlite:///PATH` or `postgresql://...`, also as a secret; default "
        "`sqlite:///.tieout/ledger.db`, beside the file. `TIEOUT_LEDGER` in the environment goes before it",
        "plugins": "which plugins are on: `NAME = true` or `false`",
        "connections": "one section for each connection: `[connections.NAME]`",
        "pairs": "one section for each pair: `[pairs.NAME]`",
    },
    "In every connection": {
        "plugin": "the connector's name",
        "tenant": "id or name of the one organisation that is allowed; any other is refused",
        "grant": "another connection's name, to share its consent",
        "limits": "`second`, `minute`, `day` and `concurrent` calls, and `speed`, which is 1 but for a sandbox",
    },
    "In every pair": {
        "source": "the connection whose records are kept",
        "target": "the connection whose books are kept",
        "since": "the first day: no document that is older and not linked is sent",
        "every": 'how often `tieout run` syncs it: `"30s"`, `"15m"`, `"2h"`, `"1d"`',
        "plans-expire": 'for how long a stored plan can be carried out: `"24h"` unless it says otherwise',
        "keep": 'for how long what was read of each record is kept for `tieout explain`, compressed: `"90d"` unless it '
        "says otherwise",
        "on": "apps that this pair leaves out although they are on: `{ items = false }`",
        "guard": "how much one plan may take back unasked: `{ records = 20, percent = 10, money = 10000 }`",
        "mail": 'who is told by e-mail: `{ to = ["ana@firm.example"], server = "smtp.firm.example:587" }`',
        "flows": "the settings of one app: `[pairs.NAME.flows.APP]`",
    },
    "In every flow": {
        "owns": 'who has the last word on a field: `{ due = "target", reference = "source" }`. What the target owns is '
        "never overwritten; what the source owns goes although the target changed it too",
        "on-conflict": "what happens to any other field that both sides changed: `ask` (the default), `keep-source` or "
        "`keep-target`",
    },
}
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
    return {
        "hooks.md": _hooks(),
        "exit-codes.md": _exit_codes(),
        "commands.md": _commands(),
        "settings.md": _settings(),
    }


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
    for path, command in (found for one in OWN for found in _walk(("tieout", one.name), command_of(one))):
        text.append(f"## `{' '.join(path)}`\n\n{inspect.cleandoc(command.help or '')}\n")
        rows = [f"| `{_names(each)}` | {each.help or ''} |" for each in command.params if _names(each) != "--help"]
        text += ["| Option | Meaning |", "| --- | --- |", *rows, ""] if rows else []
        shown = Text.from_markup((command.epilog or "").partition("\n\n")[2])
        text.append(f"```console\n{shown}\n```\n")
    return "\n".join(text)


def _settings() -> str:
    text = [
        MARK,
        "# Settings\n",
        "The sections of `plugins.toml`. Each model of a plugin is also a form on the page.\n",
    ]
    for title, keys in _CORE.items():
        text += [f"## {title}\n", "| Key | Meaning |", "| --- | --- |"]
        text += [f"| `{key}` | {words} |" for key, words in keys.items()]
        text.append("")
    text += _form("The guard of a pair (`guard`)", Guard) + _form("The mail of a pair (`mail`)", Mail)
    plugins = load(frozenset(entry.name for entry in installed() if not entry.extra), frozenset())
    for name, connector in sorted(plugins.connectors.items()):
        text += _form(f'A connection to {connector.title} (`plugin = "{name}"`)', connector.settings)
        text += _form(f"A pair whose target is {connector.title}", connector.pair)
        for kind, model in connector.flow.items():
            text += _form(f"A flow of {kind.__name__.lower()}s to {connector.title}", model)
    for entity in plugins.entities.values():
        text += _form(f"The flow `{entity.name}`", entity.settings)
    return "\n".join(text)


def _form(title: str, model: type[BaseModel]) -> list[str]:
    rows = [f"| `{key}` | {kind} | {default} | {words} |" for key, kind, default, words in _fields(model, "")]
    if not rows:
        return []
    words = inspect.getdoc(model) or ""
    return [
        f"## {title}\n",
        f"{words}\n",
        "| Key | Value | Default | Meaning |",
        "| --- | --- | --- | --- |",
        *rows,
        "",
    ]


def _fields(model: type[BaseModel], before: str) -> Iterator[tuple[str, str, str, str]]:
    for name, field in model.model_fields.items():
        key = f"{before}{field.alias or name}"
        if inner := _flat(field.annotation):
            yield from _fields(inner, f"{key}.")
            continue
        default = "" if field.is_required() else "derived" if field.default_factory else _shown(field.default)
        picked = [f"picked from the target's {mark.kind}" for mark in field.metadata if isinstance(mark, Pick)]
        yield key, _kind(field.annotation), default, field.description or field.title or "".join(picked)


def _table(kind: Any) -> type[BaseModel] | None:
    """The model of a field that is a table and nothing else."""
    parts = [part for part in get_args(kind) if part is not NoneType] or [kind]
    one = parts[0]
    return (
        one if len(parts) == 1 and isinstance(one, type) and issubclass(one, BaseModel) and one is not Secret else None
    )


def _flat(kind: Any) -> type[BaseModel] | None:
    """The same, when its keys are worth a row each: a table of tables has too many."""
    model = _table(kind)
    deep = model is None or any(_table(field.annotation) for field in model.model_fields.values())
    return None if deep else model


def _kind(kind: Any) -> str:
    if get_origin(kind) is Literal:
        return " or ".join(f"`{value}`" for value in get_args(kind))
    if get_args(kind) and get_origin(kind) is not dict:
        return ", or ".join(dict.fromkeys(_kind(part) for part in get_args(kind) if part is not NoneType))
    named = {str: "text", int: "whole number", bool: "`true` or `false`", Decimal: "number", Secret: "secret"}
    return named.get(kind, "table")


def _shown(value: Any) -> str:
    return "" if value in (None, "", {}) else f"`{str(value).lower() if isinstance(value, bool) else value}`"


def _walk(path: tuple[str, ...], command: Any) -> list[tuple[tuple[str, ...], Any]]:
    inside = getattr(command, "commands", None)
    if not inside:
        return [(path, command)]
    return [found for name, one in inside.items() for found in _walk((*path, name), one)]


def _names(parameter: Any) -> str:
    if parameter.param_type_name == "argument":
        return str(parameter.metavar or parameter.name)
    return ", ".join((*parameter.opts, *parameter.secondary_opts))


if __name__ == "__main__":
    for name, page in pages().items():
        (FOLDER / name).write_text(page, encoding="utf-8")
