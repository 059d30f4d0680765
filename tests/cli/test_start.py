"""How the program starts: what is not needed is not imported, and help says what the commands say themselves."""

import subprocess
import sys

import pytest
from tieout_app.cli.listing import OWN, command_of, extras

HEAVY = ("pydantic", "sqlalchemy", "sqlmodel", "httpx", "alembic", "authlib", "jinja2")
SCRIPT = """
import sys
from tieout_app.cli import main
code = main(sys.argv[1:])
print(*sorted(sys.modules), file=sys.stderr)
sys.exit(code)
"""


@pytest.mark.parametrize(("line", "code"), [(["--version"], 0), (["--help"], 0), (["syng"], 2), (["--nonsense"], 2)])
def test_help_and_errors_in_arguments_import_neither_libraries_nor_plugins(line, code, tmp_path):
    done = subprocess.run([sys.executable, "-c", SCRIPT, *line], capture_output=True, text=True, cwd=tmp_path)
    loaded = set(done.stderr.splitlines()[-1].split())
    assert done.returncode == code, done.stderr
    assert not loaded & set(HEAVY)
    ours = {name for name in loaded if name.startswith("tieout_")}
    assert {name.partition(".")[0] for name in ours} == {"tieout_app"}


@pytest.mark.parametrize("listed", OWN, ids=lambda one: one.name)
def test_help_says_of_each_command_what_it_says_itself(listed):
    command = command_of(listed)
    own = (command.help or "").partition("\n\n")[0]
    assert " ".join(own.split()) == listed.line
    assert command.rich_help_panel == listed.group


def test_commands_of_plugins_are_listed_by_the_first_line_of_their_module(tmp_path):
    listed = {name: one.line for name, (one, _) in extras(tmp_path / "plugins.toml").items()}
    assert listed["serve"].startswith("Open the page in a browser")
    assert listed["sandbox"].startswith("Start a fake Apptivo and a fake Xero")


def test_a_plugin_that_is_switched_off_lists_no_command(tmp_path):
    config = tmp_path / "plugins.toml"
    config.write_text("[plugins]\nsandbox = false\n", encoding="utf-8")
    assert "sandbox" not in extras(config)
    assert "serve" in extras(config)


def test_a_command_of_a_plugin_is_found_and_run():
    done = subprocess.run([sys.executable, "-c", SCRIPT, "serve", "--help"], capture_output=True, text=True)
    assert done.returncode == 0
    assert "--set-password" in done.stdout
