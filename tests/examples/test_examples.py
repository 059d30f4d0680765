"""Third parties: an entity and a connector, each its own distribution, built, installed beside ours, and run.

Nothing of ours is changed for them: all distributions are built as wheels and installed into an empty environment, to
which the environment of the tests only lends the libraries of others.
"""

from __future__ import annotations

import ast
import os
import subprocess
import sys
import sysconfig
import tomllib
import venv
from pathlib import Path
from typing import Any

import pytest
from hatchling.builders.wheel import WheelBuilder

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
ENTITY, CONNECTOR = HERE / "third_party_entity", HERE / "third_party_connector"
ARRIVING = HERE / "arriving.py"
OURS = (ROOT / "core", ROOT / "app", *sorted((ROOT / "plugins").iterdir()))
MODULES = {ENTITY: ("tieout_sales_orders.py", 30), CONNECTOR: ("tieout_ledgerly.py", 100)}
each_example = pytest.mark.parametrize("example", MODULES, ids=lambda path: path.name)


def project(folder: Path) -> dict[str, Any]:
    with (folder / "pyproject.toml").open("rb") as file:
        return tomllib.load(file)["project"]


@each_example
def test_it_is_short_as_the_formatter_leaves_it(example: Path) -> None:
    name, most = MODULES[example]
    written = (example / "src" / name).read_text(encoding="utf-8")
    command = [sys.executable, "-m", "ruff", "format", "--stdin-filename", str(example / "src" / name), "-"]
    formatted = subprocess.run(command, input=written, capture_output=True, text=True, check=True).stdout
    assert formatted == written
    assert len(formatted.splitlines()) <= most


@each_example
def test_it_depends_on_tieout_alone(example: Path) -> None:
    tree = ast.parse((example / "src" / MODULES[example][0]).read_text(encoding="utf-8"))
    imported = {
        node.module.partition(".")[0] for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module
    }
    imported |= {
        alias.name.partition(".")[0] for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names
    }
    assert imported - set(sys.stdlib_module_names) == {"tieout"}
    assert project(example)["dependencies"] == ["tieout-core>=0.1,<0.2"]
    assert list(project(example)["entry-points"]) == ["tieout"]


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The programs of an environment that holds our distributions and both examples, from wheels alone."""
    wheels, home = tmp_path_factory.mktemp("wheels"), tmp_path_factory.mktemp("environment")
    folders = (*OURS, ENTITY, CONNECTOR)
    built = [str(wheel) for one in folders for wheel in WheelBuilder(str(one)).build(directory=str(wheels))]
    assert len(built) == len(folders)
    venv.create(home, with_pip=False, symlinks=True)
    python, lent = str(home / "bin" / "python"), {"PYTHONPATH": sysconfig.get_path("purelib")}
    options = ("--quiet", "--no-index", "--no-deps", "--ignore-installed", "--disable-pip-version-check")
    run(python, "-m", "pip", "install", *options, *built, **lent)
    (installed,) = (home / "lib").glob("python*/site-packages")
    (installed / "libraries.pth").write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")
    found = run(python, "-c", "import tieout, tieout_ledgerly; print(tieout.__file__, tieout_ledgerly.__file__)")
    assert [Path(path).is_relative_to(home) for path in found.split()] == [True, True]
    return home / "bin"


def run(*command: str, cwd: Path | None = None, **environ: str) -> str:
    done = subprocess.run(command, cwd=cwd, env={**os.environ, **environ}, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{' '.join(command)}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def said(environment: Path, *files: Path, **environ: str) -> str:
    """What pytest says of these files in that environment; all of them pass."""
    options = ("-c", str(ENTITY / "pyproject.toml"), "--rootdir", str(HERE), "--import-mode=importlib", "-q", "-rA")
    # the examples need nothing of pytest but pytest itself
    given = {"PYTHONPATH": str(CONNECTOR), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", **environ}
    command = (str(environment / "python"), "-m", "pytest", *options, "-p", "no:cacheprovider", *map(str, files))
    return run(*command, cwd=HERE, **given)


@pytest.fixture(scope="module")
def kit(environment: Path) -> str:
    """What one process says of both examples: of their conformance, and of their work."""
    return said(environment, *(example / "conformance.py" for example in MODULES), ARRIVING)


@each_example
def test_it_passes_the_kit(kit: str, example: Path) -> None:
    assert f"PASSED {example.name}/conformance.py::" in kit


def test_sales_orders_arrive_as_draft_invoices(kit: str) -> None:
    assert "PASSED arriving.py::test_sales_orders_arrive_as_draft_invoices" in kit


def test_customers_and_items_arrive_in_ledgerly(kit: str) -> None:
    assert "PASSED arriving.py::test_customers_and_items_arrive_in_ledgerly" in kit


@pytest.mark.matrix
def test_both_arrive_between_processes_as_well(environment: Path) -> None:
    assert said(environment, ARRIVING, ARRIVING="processes").count("PASSED arriving.py::") == 2
