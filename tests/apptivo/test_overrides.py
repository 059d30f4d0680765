"""A firm's profile in a file of its own: read, wrong, and written."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest
from tieout.api.contract import Finding
from tieout.api.errors import ConfigError
from tieout_apptivo.shape import overrides
from tieout_apptivo.shape.profile import shipped

Load = Callable[[str], object]


@pytest.fixture
def load(tmp_path: Path) -> Load:
    def turn(text: str) -> object:
        path = tmp_path / "crm.profile.toml"
        path.write_text(text, encoding="utf-8")
        return overrides.load(path)

    return turn


def test_an_override_of_one_path_is_one_line(load: Load) -> None:
    changed = load('invoices.fields.number = ["invoiceNo"]\n')
    assert changed.invoices.fields.number == ("invoiceNo",)  # type: ignore[attr-defined]
    assert overrides.differences(changed) == {  # type: ignore[arg-type]
        "invoices": {"fields": {"number": ["invoiceNo"]}}
    }


def test_the_file_lies_beside_the_configuration(tmp_path: Path, make_settings: object) -> None:
    settings = make_settings()  # type: ignore[operator]
    (tmp_path / "crm.profile.toml").write_text('date-format = "dd/MM/yyyy"\n', encoding="utf-8")
    given = settings.model_dump(by_alias=True, exclude={"profile"}) | {"profile": "crm.profile.toml"}
    found = type(settings).model_validate(given, context={"folder": tmp_path})
    assert found.profile.date_format == "dd/MM/yyyy"


@pytest.mark.parametrize(
    ("text", "place", "fix"),
    [
        ("\n[invoces]\n", ":2 invoces", "invoices"),
        ('invoices.feilds.number = ["x"]\n', ":1 invoices.feilds", "fields"),
        ('# mine\n[invoices]\nfields.nunber = ["x"]\n', ":3 invoices.fields.nunber", "number"),
        (
            '[invoices]\ntables.products.fields.quantty = ["x"]\n',
            ":2 invoices.tables.products.fields.quantty",
            "quantity",
        ),
        ('[every-document]\nfields.totl = ["x"]\n', ":2 every-document.fields.totl", "total"),
        ('[invoices]\nstatuses.Sent = "alive"\n', ":2 invoices.statuses.Sent", "live"),
        ('[invoices]\nrate-per = "owm"\n', ":2 invoices.rate-per", "own"),
        ('[invoices]\nfields.number = "invoiceNo"\n', ":2 invoices.fields.number", ""),
        ('[invoices]\nobject-id = "many"\n', ":2 invoices.object-id", ""),
        ("invoices = 5\n", ":1 invoices", ""),
    ],
)
def test_what_is_wrong_is_told_by_file_line_key_and_the_nearest_word(
    load: Load, text: str, place: str, fix: str
) -> None:
    with pytest.raises(ConfigError) as error:
        load(text)
    assert error.value.where.endswith(f"crm.profile.toml{place}")
    assert (f'"{fix}"' in error.value.problem.fix) if fix else True


def test_a_file_that_is_no_toml_or_not_there_is_told(load: Load, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="TOML"):
        load("[invoices\n")
    with pytest.raises(ConfigError, match="tieout doctor"):
        overrides.load(tmp_path / "other.toml")


def test_what_is_written_reads_back_as_the_same_profile(load: Load) -> None:
    text = """
    date-format = "dd/MM/yyyy"
    [invoices]
    statuses."On hold: \\"maybe\\"" = "draft"
    statuses.7 = "void"
    fields.number = ["a.b", "c"]
    states.paid = { name = "Bezahlt – ganz", id = 7 }
    tables.extras = { kind = "services", path = ["extras"], fields = { price = ["p"] } }
    [customers]
    person = true
    """
    profile = load(text)
    written = overrides.written("crm", profile, [Finding(topic="T", what="W", state="bad", fix="Do\nthis.")])  # type: ignore[arg-type]
    assert "#   T: W Do this." in written
    assert load(written) == profile


def test_nothing_is_written_of_what_is_as_shipped() -> None:
    assert tomllib.loads(overrides.written("crm", shipped(), [])) == {}
