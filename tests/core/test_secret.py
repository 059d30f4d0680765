"""Secrets by reference, and their redaction."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError
from tieout.api.errors import ConfigError
from tieout.api.secret import Secret, redact, remember


def test_a_secret_is_read_from_where_it_lies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BOOKS_SECRET", "from-the-environment\n")
    (tmp_path / "secret").write_text("from-a-file\n")
    (tmp_path / "secrets").write_text("A=first\nB = from-a-line\n")
    program = [sys.executable, "-c", "print('from-a-command')"]
    folder = {"folder": tmp_path}
    given: dict[str, dict[str, Any]] = {
        "from-the-environment": {"env": "BOOKS_SECRET"},
        "from-a-file": {"file": "secret"},
        "from-a-line": {"file": "secrets", "key": "B"},
        "from-a-command": {"command": program},
    }
    for value, reference in given.items():
        assert Secret.model_validate(reference, context=folder).reveal() == value


@pytest.mark.parametrize(
    ("reference", "says"),
    [
        ({"env": "NOT_SET_ANYWHERE"}, "NOT_SET_ANYWHERE is not set"),
        ({"file": "missing"}, "cannot be read"),
        ({"file": "lines", "key": "C"}, "has no line C="),
        ({"file": "empty"}, "is empty"),
        ({"command": ["false"]}, "failed"),
    ],
)
def test_a_missing_secret_says_what_to_do(tmp_path: Path, reference: dict[str, Any], says: str) -> None:
    (tmp_path / "empty").write_text(" \n")
    (tmp_path / "lines").write_text("A=1\n")
    secret = Secret.model_validate(reference, context={"folder": tmp_path})
    with pytest.raises(ConfigError, match=says) as error:
        secret.reveal()
    assert error.value.problem.fix


@pytest.mark.parametrize(
    "value", ["hunter2-hunter2", {}, {"env": "A", "file": "b"}, {"env": "A", "key": "B"}, {"evn": "A"}]
)
def test_a_secret_names_exactly_one_place(value: object) -> None:
    with pytest.raises(ValidationError) as error:
        Secret.model_validate(value)
    assert "hunter2" not in error.value.errors(include_input=False)[0]["msg"]


def test_what_was_revealed_is_taken_out_of_texts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BOOKS_SECRET", "very-hidden-value")
    secret = Secret(env="BOOKS_SECRET")
    assert "very-hidden-value" in redact("very-hidden-value is unknown so far")
    secret.reveal()
    assert redact("key=very-hidden-value!") == "key=[secret]!"
    assert "very-hidden-value" not in repr(secret)


def test_a_longer_secret_goes_before_the_one_inside_it() -> None:
    remember("abcdefgh")
    remember("abcdefgh-and-more")
    assert redact("x abcdefgh-and-more y") == "x [secret] y"


def test_ordinary_words_are_left_alone() -> None:
    remember("tax")
    assert redact("tax is due") == "tax is due"
