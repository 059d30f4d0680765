"""A firm's own profile: what differs from the shipped one, in a file beside the configuration; read and written.

Only what differs stands in the file. It is laid over the shipped profile, and what is wrong in it is told by file,
line and key, with the nearest right word.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, get_args, get_origin

from pydantic import BaseModel, BeforeValidator, ValidationError, ValidationInfo
from tieout import ConfigError, Finding, nearest, read_toml

from tieout_apptivo.shape.profile import KINDS, Profile, over_shipped, shipped

_BARE = re.compile(r"[A-Za-z0-9_-]+")


def load(path: Path) -> Profile:
    """The profile of a firm's file. Raises `ConfigError` with file, line and key for what is wrong in it."""
    if not path.is_file():
        raise ConfigError(
            f"there is no profile {path}",
            why="The connection names this file as the firm's own profile.",
            fix="Put it back, or take the key `profile` out of the connection and run `tieout doctor` with its name.",
        )
    changes, lines = read_toml(path)
    try:
        return Profile.model_validate(over_shipped(changes))
    except ValidationError as error:
        found = error.errors(include_url=False)
        first = next((one for one in found if one["type"] == "extra_forbidden"), found[0])
        key = _place(changes, tuple(str(part) for part in first["loc"]))
        line = next((lines[key[:end]] for end in range(len(key), 0, -1) if key[:end] in lines), None)
        what, fix = first["msg"].removeprefix("Value error, "), ""
        if first["type"] == "extra_forbidden":
            what, fix = "there is no such key", nearest(key[-1], _keys(key[:-1]))
        elif first["type"] == "literal_error":
            fix = nearest(str(first["input"]), [one.strip("' ") for one in _expected(first)])
        raise ConfigError(what, where=f"{path}{f':{line}' if line else ''} {'.'.join(key)}", fix=fix) from error


def differences(profile: Profile) -> dict[str, Any]:
    """What a profile says otherwise than the shipped one, as the sections of a firm's file."""
    found = _changed(shipped().model_dump(mode="json", by_alias=True), profile.model_dump(mode="json", by_alias=True))
    return found if isinstance(found, dict) else {}


def written(connection: str, profile: Profile, findings: Sequence[Finding]) -> str:
    """The text of a firm's file: TOML, one line for one path, and each open finding as a comment."""
    lines = [
        "# What this firm's Apptivo has otherwise than the profile that comes with Tieout; what does not stand here is",
        f"# as shipped. Written by `tieout doctor {connection}`, which keeps your own lines when it writes it",
        "# again, but not your comments. One line is enough to override one path.",
    ]
    left = [one for one in findings if one.state != "good" and one.fix]
    if left:
        lines += ["#", "# Still to be looked at:"]
        lines += [f"#   {one.topic}: {one.what} {one.fix}".replace("\n", " ") for one in left]
    changes = differences(profile)
    top = {key: value for key, value in changes.items() if not isinstance(value, Mapping)}
    lines += ["", *(f"{_key(key)} = {_value(value)}" for key, value in top.items())]
    for name, section in changes.items():
        if isinstance(section, Mapping) and section:
            lines += ["", f"[{_key(name)}]", *_paths(section)]
    return "\n".join(lines) + "\n"


def _changed(before: Any, after: Any) -> Any:
    if isinstance(before, dict) and isinstance(after, dict):
        return {name: _changed(before.get(name), value) for name, value in after.items() if value != before.get(name)}
    return after


def _place(changes: Mapping[str, Any], key: tuple[str, ...]) -> tuple[str, ...]:
    """The key as it stands in the file: in the app's own section, or in a common one that is laid under it."""
    common = [kind for kind, names in KINDS.items() if key[0] in names]
    places = [(section, *key[1:]) for section in (key[0], *common, "every-app")]
    return max(places, key=lambda place: _depth(changes, place))


def _depth(changes: Any, key: tuple[str, ...]) -> int:
    """How many parts of a key stand in the file."""
    for depth, part in enumerate(key):
        if not isinstance(changes, dict) or part not in changes:
            return depth
        changes = changes[part]
    return len(key)


def _keys(path: tuple[str, ...]) -> list[str]:
    """The keys that may stand below a place in the file."""
    if not path:
        return [*_names(Profile), *KINDS, "every-app"]
    model: Any = Profile
    for part in (KINDS.get(path[0], ("invoices",))[0] if path[0] in {*KINDS, "every-app"} else path[0], *path[1:]):
        fields = getattr(model, "model_fields", {})
        info = next((info for name, info in fields.items() if part in (name, info.alias)), None)
        model = info.annotation if info else next((one for one in get_args(model) if _shaped(one)), None)
        if get_origin(model) is UnionType:
            model = next((one for one in get_args(model) if _shaped(one)), None)
    return _names(model) if _shaped(model) else []


def _shaped(model: Any) -> bool:
    return isinstance(model, type) and issubclass(model, BaseModel)


def _names(model: type[BaseModel]) -> list[str]:
    return [info.alias or name for name, info in model.model_fields.items()]


def _expected(error: Any) -> list[str]:
    return str(error.get("ctx", {}).get("expected", "")).replace(" or ", ",").split(",")


def _paths(section: Mapping[str, Any], before: str = "") -> Iterator[str]:
    for key, value in section.items():
        if isinstance(value, Mapping):
            yield from _paths(value, f"{before}{_key(key)}.")
        else:
            yield f"{before}{_key(key)} = {_value(value)}"


def _key(key: str) -> str:
    return key if _BARE.fullmatch(key) else json.dumps(key, ensure_ascii=False)


def _value(value: Any) -> str:
    """Texts, lists of texts, numbers and flags are written in TOML as they are in JSON."""
    return json.dumps(value, ensure_ascii=False)


def _given(value: Any, info: ValidationInfo) -> Any:
    if isinstance(value, str):
        folder = (info.context or {}).get("folder", Path())
        return load(Path(folder) / value)
    return over_shipped(value) if isinstance(value, Mapping) else value


Overrides = Annotated[Profile, BeforeValidator(_given, json_schema_input_type=str | dict[str, Any])]
"""A firm's profile, given as the name of its file beside the configuration, or as the sections that differ."""
