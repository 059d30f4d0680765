"""Rules of the house that no linter knows."""

import inspect
import re
import runpy
import tomllib
from pathlib import Path

import pytest
from tieout import desk
from tieout.api import hooks
from tieout.host import config
from tieout.host.plugins import installed, load

ROOT = Path(__file__).resolve().parents[2]
HOOKS = [name for name, member in vars(hooks.Tieout).items() if inspect.isfunction(member)]
REFERENCE = runpy.run_path(str(ROOT / "docs" / "write_reference.py"))["pages"]()


def test_no_module_passes_400_lines() -> None:
    modules = [*ROOT.glob("core/src/**/*.py"), *ROOT.glob("plugins/*/src/**/*.py")]
    lengths = {str(path.relative_to(ROOT)): len(path.read_text(encoding="utf-8").splitlines()) for path in modules}
    assert lengths
    assert {name: length for name, length in lengths.items() if length > 400} == {}


@pytest.mark.parametrize("name", HOOKS)
def test_every_hook_is_documented_where_it_is_declared_and_in_the_reference(name: str) -> None:
    words = inspect.getdoc(getattr(hooks.Tieout, name))
    assert words
    assert f"### `{name}`" in REFERENCE["hooks.md"]
    assert words in REFERENCE["hooks.md"]


@pytest.mark.parametrize("name", sorted(REFERENCE))
def test_the_reference_is_what_the_docstrings_say(name: str) -> None:
    written = (ROOT / "docs" / "reference" / name).read_text(encoding="utf-8")
    assert written == REFERENCE[name], "run: python docs/write_reference.py"


def test_every_key_of_core_is_in_the_reference() -> None:
    for key in (*config._TOP, *config._CONNECTION, *config._PAIR, *config._FLOW):
        assert f"| `{key}` |" in REFERENCE["settings.md"]


def test_every_setting_of_ours_is_in_the_reference() -> None:
    plugins = load(frozenset(entry.name for entry in installed() if not entry.extra), frozenset())
    models = [model for one in plugins.connectors.values() for model in (one.settings, *one.flow.values())]
    for model in (*models, *(entity.settings for entity in plugins.entities.values())):
        for name, field in model.model_fields.items():
            assert f"| `{field.alias or name}" in REFERENCE["settings.md"]


def test_the_exact_installs_name_no_host_and_have_hashes() -> None:
    for path in (ROOT / "requirements").glob("*.txt"):
        text = path.read_text(encoding="utf-8")
        assert "://" not in text
        assert not re.search(r"^\s*(--(extra-)?index|--find|-i\b)", text, re.MULTILINE)
        packages = re.findall(r"^[A-Za-z0-9._-]+(?:\[[^]]*\])?==.*", text, re.MULTILINE)
        assert packages
        assert len(re.findall(r"--hash=sha256:[0-9a-f]{64}", text)) >= len(packages)


def test_the_second_transport_stays_out_of_the_exact_installs() -> None:
    assert not re.search(r"^httpx2\b", (ROOT / "requirements" / "dev.txt").read_text(encoding="utf-8"), re.MULTILINE)


def test_the_configuration_of_the_demo_is_the_one_that_init_writes() -> None:
    def toggled_on(text: str) -> str:
        return re.sub(r"^([a-z-]+ = )false\b", r"\1true", text, flags=re.MULTILINE)

    assert toggled_on((ROOT / "plugins.toml").read_text(encoding="utf-8")) == toggled_on(desk.starter())


def test_the_first_configuration_names_every_plugin_of_ours_but_the_sandbox() -> None:
    named = set(tomllib.loads(desk.starter())["plugins"])
    ours: set[str] = set()
    for path in ROOT.glob("plugins/*/pyproject.toml"):
        ours |= (
            tomllib.loads(path.read_text(encoding="utf-8"))["project"].get("entry-points", {}).get("tieout", {}).keys()
        )
    assert named == ours - {"sandbox"}


@pytest.mark.parametrize(
    "page", sorted(ROOT.glob("docs/**/*.md")) + sorted(ROOT.glob("*.md")), ids=lambda path: path.name
)
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8")):
        assert (page.parent / target).exists(), target


@pytest.mark.parametrize(
    ("page", "plugin"),
    [
        ("entity", "third_party_entity/src/tieout_sales_orders.py"),
        ("connector", "third_party_connector/src/tieout_ledgerly.py"),
    ],
)
def test_a_tutorial_shows_the_code_that_the_tests_run(page: str, plugin: str) -> None:
    text = (ROOT / "docs" / "tutorial" / f"{page}.md").read_text(encoding="utf-8")
    code = (ROOT / "tests" / "examples" / plugin).read_text(encoding="utf-8")
    shown = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    assert shown
    for block in shown:
        assert block.strip() in code
