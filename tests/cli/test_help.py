"""Help, completion and wrong words: what the command line answers without running anything."""

import subprocess
import sys

import pytest
from conftest import Cli

HEAVY = {
    "tensorflow", "keras", "numpy", "pandas", "scipy", "yaml", "matplotlib", "jinja2", "PIL",
    "mnistbench.experiment.config", "mnistbench.running.runner",
}  # fmt: skip


@pytest.mark.parametrize(
    "command", ["", "train", "compare", "sweep", "profile", "report", "check", "new", "predict", "schema"]
)
def test_every_help_has_an_example_and_imports_nothing_heavy(command: str) -> None:
    code = f"""
import sys
from mnistbench.cli.app import app
try:
    app({[*command.split(), "--help"]!r})
except SystemExit as end:
    assert end.code == 0
print(" ".join(sorted(sys.modules)))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    *page, modules = done.stdout.splitlines()
    text = " ".join(" ".join(page).split())
    assert f"mnistbench {command}".strip() in text
    assert "Example: mnistbench" in text or "First try: mnistbench" in text
    assert not HEAVY & set(modules.split())


def test_a_mistyped_command_is_told_with_the_nearest(cli: Cli) -> None:
    done = cli("trian")
    assert done.returncode == 2
    assert "No such command 'trian'" in done.stderr
    assert "'train'" in done.stderr


def test_an_unknown_option_is_told_with_the_nearest(cli: Cli) -> None:
    done = cli("train", "--epoch", "3")
    assert done.returncode == 2
    assert "--epochs" in done.stderr


def test_version_is_shown(cli: Cli) -> None:
    assert cli("--version").stdout.startswith("mnistbench 0.")


def test_completion_knows_the_commands_and_options(cli: Cli) -> None:
    words = cli(_MNISTBENCH_COMPLETE="complete_bash", COMP_WORDS="mnistbench swe", COMP_CWORD="1").stdout
    options = cli(_MNISTBENCH_COMPLETE="complete_bash", COMP_WORDS="mnistbench train --hid", COMP_CWORD="2").stdout
    assert "sweep" in words
    assert "--hidden-size" in options
