"""The sections of a configuration as forms, and what is typed into them put into the file."""

import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Literal

import pytest
from pydantic import Field as Described
from tieout.api.contract import Pick, Settings
from tieout.api.model import Account, Amount, TaxRate, Tracking
from tieout.api.secret import Secret
from tieout.desk import Changed, ConfigError, Desk, Form, Refused
from tieout.desk.fields import Field, Option, fields, typed
from tieout.desk.offers import Offers

TEXT = """# ours
api = 1

[plugins]
apptivo = true
xero = true
items = true # the goods
invoices = true
customers = false

[connections.crm]
plugin = "apptivo"
api-key = { env = "NOWHERE_KEY" }
access-key = { file = "keys.env", key = "ACCESS" }

[connections.books]
plugin = "xero"
client-id = "app"

[pairs.main]
source = "crm"
target = "books"
since = 2026-07-01
every = "20m"
accounts = { payment = "090", sales = { code = "200", id = "a-1" } }
"""
SECOND = TEXT[TEXT.index("[pairs.main]") :].replace("[pairs.main]", "[pairs.other]")


@contextmanager
def opened(folder: Path, text: str = TEXT) -> Iterator[Desk]:
    path = folder / "plugins.toml"
    if not path.exists():
        path.write_text(text, encoding="utf-8")
    with Desk.open(path, who="ana") as desk:
        yield desk


def stored(folder: Path) -> dict[str, Any]:
    return tomllib.loads((folder / "plugins.toml").read_text(encoding="utf-8"))


class Inner(Settings):
    depth: int = Described(default=3, title="How deep")


class Model(Settings):
    """Every sort of field."""

    on: bool = False
    mode: Literal["fast", "very-slow"] = "fast"
    account: Annotated[str | None, Pick("accounts", "sales")] = None
    map: dict[str, Annotated[str, Pick("taxes", "sales")]] = Described(default_factory=dict)
    name: str
    hosts: tuple[str, ...] = ()
    most: int | None = None
    price: Amount = Decimal("1.5")
    first: date | None = None
    key: Secret | None = None
    inner: Inner = Described(default=Inner(), title="Within", description="What is inside.")
    odd: dict[str, dict[str, int]] = Described(default_factory=dict)


ACCOUNTS = (
    Account(id="1", code="200", name="Sales", type="REVENUE", category="REVENUE", roles=frozenset({"sales"})),
    Account(id="2", code="300", name="Purchases", type="EXPENSE", category="EXPENSE", roles=frozenset({"purchase"})),
    Account(
        id="3", code="210", name="Old", type="REVENUE", category="REVENUE", active=False, roles=frozenset({"sales"})
    ),
)
TAXES = (
    TaxRate(id="OUT", code="OUT", name="On income", rate=Decimal("10.0"), categories=frozenset({"REVENUE"})),
    TaxRate(id="IN", code="IN", name="On expenses", rate=Decimal(10), categories=frozenset({"EXPENSE"})),
)
OFFERS = Offers(
    {"accounts": ACCOUNTS, "taxes": TAXES, "tracking": (Tracking(id="t", name="Region", options=("North", "South")),)},
    {"accounts": {"sales": "200"}},
)


def described(section: dict[str, Any]) -> dict[str, Field]:
    return {one.name: one for one in fields(Model, section, OFFERS)}


def test_a_settings_model_is_a_form() -> None:
    found = described({"name": "x", "on": True, "key": {"env": "A_KEY"}, "map": {"GST": "OUT"}, "hosts": ["a", "b"]})
    sorts = {name: one.sort for name, one in found.items()}
    assert sorts == {
        "on": "switch",
        "mode": "choice",
        "account": "pick",
        "map": "table",
        "name": "text",
        "hosts": "list",
        "most": "number",
        "price": "amount",
        "first": "date",
        "key": "secret",
        "inner.depth": "number",
        "odd": "kept",
    }
    assert (found["on"].value, found["mode"].value, found["mode"].usual) == ("true", "", "fast")
    assert found["mode"].options[1] == Option("very-slow", "Very slow")
    assert (found["price"].usual, found["hosts"].value, found["name"].required) == ("1.5", "a, b", True)
    assert (found["inner.depth"].group, found["inner.depth"].about, found["inner.depth"].title) == (
        "Within",
        "What is inside.",
        "How deep",
    )
    assert (found["key"].value, found["key"].usual) == ("", "the environment variable A_KEY")
    assert [(row.name, row.value) for row in found["map"].rows] == [("GST", "OUT")]


def test_drop_downs_offer_what_is_active_and_legal() -> None:
    found = described({"name": "x", "map": {"GST": "OUT"}})
    assert [one.label for one in found["account"].options] == ["200 - Sales (Revenue)"]
    assert [(one.value, one.rate) for one in found["map"].rows[0].options] == [("OUT", Decimal(10))]


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("210", "210 - Old (Revenue) - archived"),
        ("300", "300 - Purchases (Expense) - not legal here"),
        ("9", "9 - not there any more"),
    ],
)
def test_what_is_chosen_and_not_legal_any_more_is_shown_as_such(code: str, told: str) -> None:
    account = described({"name": "x", "account": code})["account"]
    assert account.chosen is not None
    assert (account.chosen.label, account.chosen.legal) == (told, False)


@pytest.mark.parametrize(
    ("sort", "text", "value"),
    [
        ("switch", "true", True),
        ("switch", "false", False),
        ("number", " 12 ", 12),
        ("number", "twelve", "twelve"),
        ("date", "2026-07-01", date(2026, 7, 1)),
        ("date", "2026-02-30", "2026-02-30"),
        ("list", "a, b,\nc,", ["a", "b", "c"]),
        ("amount", "0.05", "0.05"),
        ("text", "   ", None),
    ],
)
def test_what_is_typed_becomes_what_stands_in_the_file(sort: Any, text: str, value: object) -> None:
    assert typed(Field(key=("x",), sort=sort, title="X"), text) == value


def save(desk: Desk, form: Form, **given: Any) -> None:
    desk.settings.save(
        form.name, form.digest, {name.replace("__", ".").replace("_", "-"): value for name, value in given.items()}
    )


def test_one_key_is_changed_and_every_comment_stays(tmp_path: Path) -> None:
    with opened(tmp_path) as desk:
        save(desk, desk.settings.pair("main"), accounts__purchase="300", since="2026-08-01")
    text = (tmp_path / "plugins.toml").read_text(encoding="utf-8")
    accounts = {"payment": "090", "sales": {"code": "200", "id": "a-1"}, "purchase": "300"}
    assert stored(tmp_path)["pairs"]["main"]["accounts"] == accounts
    assert text.startswith("# ours\n")
    assert "items = true # the goods" in text
    assert stored(tmp_path)["pairs"]["main"]["since"] == date(2026, 8, 1)


def test_what_is_saved_as_it_stands_changes_nothing(tmp_path: Path) -> None:
    with opened(tmp_path) as desk:
        form = desk.settings.pair("main")
        given = {one.name: one.value for one in form.fields if one.sort not in ("table", "secret", "kept")}
        desk.settings.save(form.name, form.digest, given)
    assert (tmp_path / "plugins.toml").read_text(encoding="utf-8") == TEXT


def test_an_emptied_field_leaves_its_key_out(tmp_path: Path) -> None:
    with opened(tmp_path) as desk:
        save(desk, desk.settings.pair("main"), every="", accounts__payment="")
    pair = stored(tmp_path)["pairs"]["main"]
    assert "every" not in pair
    assert "payment" not in pair["accounts"]


def test_what_is_wrong_names_its_key_and_writes_nothing(tmp_path: Path) -> None:
    with opened(tmp_path) as desk:
        form = desk.settings.pair("main")
        with pytest.raises(ConfigError) as wrong:
            save(desk, form, rounding__tolerance="0.5", since="2026-08-01")
        assert wrong.value.key == ("pairs", "main", "rounding", "tolerance")
        with pytest.raises(Refused, match="no key colour"):
            save(desk, form, colour="red")
    assert (tmp_path / "plugins.toml").read_text(encoding="utf-8") == TEXT


def test_a_section_that_was_changed_meanwhile_is_not_overwritten(tmp_path: Path) -> None:
    with opened(tmp_path) as desk:
        pair, flow = desk.settings.pair("main"), desk.settings.flow("main", "invoices")
        save(desk, pair, since="2026-08-01")
        with pytest.raises(Changed):
            save(desk, pair, since="2026-09-01")
        save(desk, flow, number_prefix="A-")  # another section is not concerned
    assert stored(tmp_path)["pairs"]["main"]["since"] == date(2026, 8, 1)
    assert stored(tmp_path)["pairs"]["main"]["flows"]["invoices"] == {"number-prefix": "A-"}


def test_the_schedule_offers_what_a_person_wrote_into_the_file(tmp_path: Path) -> None:
    with opened(tmp_path) as desk:
        every = desk.settings.pair("main").field("every")
    assert every.chosen == Option("20m", "Every 20 minutes")
    assert Option("1h", "Every hour") in every.options


def test_an_account_by_code_and_id_is_shown_by_its_code_and_kept(tmp_path: Path) -> None:
    with opened(tmp_path) as desk:
        form = desk.settings.pair("main")
        assert form.field("accounts.sales").value == "200"
        save(desk, form, accounts__sales="200")
    assert stored(tmp_path)["pairs"]["main"]["accounts"]["sales"] == {"code": "200", "id": "a-1"}


def test_apps_are_those_that_are_on_and_then_the_others(tmp_path: Path) -> None:
    with opened(tmp_path) as desk:
        apps = desk.settings.apps("main")
    assert [(app.name, app.on) for app in apps[:2]] == [("items", True), ("invoices", True)]
    off = {app.name: app.title for app in apps if not app.on}
    assert off["customers"] == "Customers"
    assert off["purchase-orders"] == "Purchase orders"
    assert not {"apptivo", "xero", "sandbox", "web"} & {app.name for app in apps}


def test_with_one_pair_an_app_is_switched_for_all(tmp_path: Path) -> None:
    with opened(tmp_path) as desk:
        desk.settings.switch("main", "items", False)
    assert stored(tmp_path)["plugins"]["items"] is False
    assert "on" not in stored(tmp_path)["pairs"]["main"]


def test_with_several_pairs_an_app_is_switched_in_one_of_them(tmp_path: Path) -> None:
    with opened(tmp_path, TEXT + SECOND) as desk:
        desk.settings.switch("main", "items", False)
        desk.settings.switch("other", "customers", True)
    found = stored(tmp_path)
    assert found["plugins"]["items"] is True
    assert found["plugins"]["customers"] is True
    assert found["pairs"]["main"]["on"] == {"items": False, "customers": False}
    assert found["pairs"]["other"]["on"] == {"customers": True}


def test_a_typed_secret_goes_into_a_file_of_its_owners_and_the_others_stay(tmp_path: Path) -> None:
    (tmp_path / "secrets.env").write_text("OTHER=kept\n", encoding="utf-8")
    (tmp_path / "secrets.env").chmod(0o600)
    with opened(tmp_path) as desk:
        save(desk, desk.settings.connection("crm"), api_key="s3cret-value")
    assert stored(tmp_path)["connections"]["crm"]["api-key"] == {"file": "secrets.env", "key": "CRM_API_KEY"}
    assert (tmp_path / "secrets.env").read_text(encoding="utf-8") == "OTHER=kept\nCRM_API_KEY=s3cret-value\n"
    assert (tmp_path / "secrets.env").stat().st_mode & 0o077 == 0
    with opened(tmp_path) as desk:
        assert desk.settings.connection("crm").field("api-key").usual == "the file secrets.env"


@pytest.mark.parametrize("name", ["ledger", "pairs.nowhere", "connections.nowhere", "pairs.main.flows.customers", ""])
def test_a_section_that_is_none_is_refused(tmp_path: Path, name: str) -> None:
    with opened(tmp_path) as desk, pytest.raises(Refused, match="no section"):
        desk.settings.form(name)
