"""Values out of a TOML file that a person wrote, each checked where it is taken."""

import difflib
import tomllib
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any, Self, TypeVar

from tieout_sandbox.codec import MalformedFile

Choice = TypeVar("Choice", bound=str)


class Part:
    """One table of a file. What is wrong with it raises `MalformedFile` naming the file, the key and the reason."""

    def __init__(self, source: str, values: Mapping[str, Any], place: str = "") -> None:
        self._source = source
        self._place = place
        self.values = values

    @classmethod
    def of_file(cls, path: Path) -> Self:
        """The top of a TOML file. Raises `MalformedFile` with the line when it is no TOML."""
        try:
            return cls(str(path), tomllib.loads(path.read_text(encoding="utf-8-sig")))
        except tomllib.TOMLDecodeError as error:
            raise MalformedFile(f"{path}: {error}") from error
        except UnicodeDecodeError as error:
            raise MalformedFile(f"{path}: not UTF-8 text ({error.reason})") from error
        except OSError as error:
            raise MalformedFile(f"{path}: {error.strerror or error}") from error

    def wrong(self, key: str, reason: str) -> MalformedFile:
        """The error about one key."""
        return MalformedFile(f"{self._source}: {self._path(key)} {reason}")

    def only(self, known: Collection[str]) -> None:
        """Refuse every key that is not known, with the nearest right one."""
        for key in self.values:
            if key not in known:
                near = difflib.get_close_matches(key, known, 1)
                hint = f"the nearest known key is {near[0]!r}" if near else f"known are {', '.join(known)}"
                raise self.wrong(key, f"is not known here; {hint}")

    def text(self, key: str, default: str | None = None) -> str:
        """A text, which is empty only where the default is; without a default it must be there."""
        value = self.values.get(key, default)
        if not isinstance(value, str) or not (value or default == ""):
            raise self.wrong(key, "is missing" if value is None else f"is a text, not {value!r}")
        return value

    def choice(self, key: str, choices: tuple[Choice, ...], default: Choice | None = None) -> Choice:
        """A text out of a few."""
        value = self.text(key, default)
        for each in choices:
            if each == value:
                return each
        raise self.wrong(key, f"is one of {', '.join(choices)}, not {value!r}")

    def whole(self, key: str, default: int | None = None, least: int = 0) -> int:
        """A whole number of at least `least`; without a default it must be there."""
        value = self.values.get(key, default)
        if isinstance(value, bool) or not isinstance(value, int) or value < least:
            raise self.wrong(key, "is missing" if value is None else f"is a whole number from {least}, not {value!r}")
        return value

    def texts(self, key: str) -> tuple[str, ...]:
        """A list of texts, empty when it is not there."""
        value = self.values.get(key, [])
        if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
            raise self.wrong(key, f"is a list of texts, not {value!r}")
        return tuple(value)

    def part(self, key: str) -> "Part":
        """A table inside, empty when it is not there."""
        value = self.values.get(key, {})
        if not isinstance(value, Mapping):
            raise self.wrong(key, f"is a table, not {value!r}")
        return Part(self._source, value, self._path(key))

    def parts(self, *, short: str = "") -> Iterator[tuple[str, "Part"]]:
        """The tables inside by name, without those that are `false`; a text stands for a table with the key `short`."""
        for key, value in self.values.items():
            if value is False:
                continue
            if short and isinstance(value, str):
                yield key, Part(self._source, {short: value}, self._path(key))
            else:
                yield key, self.part(key)

    def over(self, usual: Mapping[str, Any]) -> "Part":
        """This table laid over a usual one, key by key and table by table."""
        return Part(self._source, merged(usual, self.values), self._place)

    def _path(self, key: str) -> str:
        shown = key if key.replace("-", "").replace("_", "").isalnum() else f'"{key}"'
        return f"{self._place}.{shown}" if self._place else shown


def merged(usual: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    """One table laid over another: tables are merged, everything else takes the place of what was there.

    A text over a table is that table with another `key`; that is how a field is given its own name in one line.
    """
    result = dict(usual)
    for key, value in own.items():
        before = result.get(key)
        if isinstance(before, Mapping) and isinstance(value, Mapping):
            result[key] = merged(before, value)
        elif isinstance(before, Mapping) and isinstance(value, str):
            result[key] = {**before, "key": value}
        else:
            result[key] = value
    return result
