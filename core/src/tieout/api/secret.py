"""Secrets by reference: configuration says where a secret lies, never what it is.

Every secret that is revealed is remembered in this process, so that `redact` can take it out of whatever is logged or
shown.
"""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import Self

from pydantic import BaseModel, ConfigDict, model_validator

from tieout.api.errors import ConfigError

FILE = "secrets.env"
"""The file beside the configuration in which Tieout keeps secrets that were typed into it."""
_known: set[str] = set()
_SHORTEST = 6  # taking shorter ones out would eat ordinary words


def remember(value: str) -> None:
    """Count `value` (a key, a token) among the secrets that `redact` takes out."""
    if len(value) >= _SHORTEST:
        _known.add(value)


def redact(text: str) -> str:
    """The text without any secret known to this process."""
    for value in sorted(_known.copy(), key=len, reverse=True):
        text = text.replace(value, "[secret]")
    return text


class Secret(BaseModel):
    """A reference to a secret; `reveal()` reads it when it is needed.

    One of `{ env = "NAME" }`, `{ file = "path" }`, `{ file = "path", key = "NAME" }` (a file of `NAME=value` lines),
    `{ keyring = "service/name" }` or `{ command = ["program", "argument"] }`. Relative paths count from the
    configuration's folder, which core passes as the validation context `folder`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    env: str | None = None
    file: Path | None = None
    key: str | None = None
    keyring: str | None = None
    command: tuple[str, ...] | None = None

    @model_validator(mode="before")
    @classmethod
    def _by_reference(cls, value: object, info: object) -> object:
        if isinstance(value, str):
            raise ValueError('a secret is given by reference, for example { env = "NAME" }, never as text')
        folder = (getattr(info, "context", None) or {}).get("folder")
        if isinstance(value, dict) and folder and isinstance(value.get("file"), str):
            value = {**value, "file": Path(folder) / value["file"]}
        return value

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        given = [name for name in ("env", "file", "keyring", "command") if getattr(self, name) is not None]
        if len(given) != 1:
            raise ValueError("name exactly one of env, file, keyring and command")
        if self.key is not None and self.file is None:
            raise ValueError("key goes with file")
        return self

    def reveal(self) -> str:
        """The secret itself. Raises `ConfigError` when it is missing or empty."""
        value = self._read().strip()
        if not value:
            raise ConfigError(f"the secret {self} is empty", fix="Put the secret there and run the command again.")
        remember(value)
        return value

    def _read(self) -> str:
        if self.env is not None:
            if self.env not in os.environ:
                raise ConfigError(
                    f"the environment variable {self.env} is not set",
                    why="A secret of the configuration is read from it.",
                    fix=f"Set it, for example: export {self.env}=...",
                )
            return os.environ[self.env]
        if self.file is not None:
            return self._from_file(self.file)
        if self.keyring is not None:
            return self._from_keyring(self.keyring)
        return self._from_command(self.command or ())

    def _from_file(self, path: Path) -> str:
        try:
            text = path.read_text(encoding="utf-8")
        except OSError as error:
            raise ConfigError(
                f"the secret file {path} cannot be read",
                why=error.strerror or "",
                fix="Check the path and that you may read it.",
            ) from error
        if self.key is None:
            return text
        for line in text.splitlines():
            name, separator, value = line.partition("=")
            if separator and name.strip() == self.key:
                return value
        raise ConfigError(f"the secret file {path} has no line {self.key}=", fix="Add the line, or correct `key`.")

    def _from_keyring(self, name: str) -> str:
        try:
            import keyring
        except ImportError as error:
            raise ConfigError("the keyring is not installed", fix="pip install 'tieout[keyring]'") from error
        service, _, user = name.partition("/")
        value = keyring.get_password(service, user)
        if value is None:
            raise ConfigError(f"the keyring has no {name}", fix=f"keyring set {service} {user}")
        return str(value)

    def _from_command(self, command: tuple[str, ...]) -> str:
        try:
            done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
        except (OSError, subprocess.SubprocessError) as error:
            raise ConfigError(
                f"the secret command {command[0] if command else ''} failed",
                why=type(error).__name__,
                fix="Run it by hand and see what it says.",
            ) from error
        return done.stdout

    def __str__(self) -> str:
        for name in ("env", "file", "keyring"):
            if (value := getattr(self, name)) is not None:
                return f"{name} {value}{' ' + self.key if self.key else ''}"
        return f"command {self.command[0] if self.command else ''}"

    __repr__ = __str__
