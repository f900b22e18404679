"""The door of every command: what it imports is no garbage, and what a command leaves behind is."""

import gc
import subprocess
import sys

from scripts.cli import COMMANDS, tiezheng
from tests.servers.service import environment

PROBE = """
import gc, sys, types, click
from scripts import cli

@click.command()
def command():
    click.echo(f"{gc.isenabled()} {gc.get_freeze_count() > 1000}")
    raise FileNotFoundError("nothing")

sys.modules["probe"] = types.SimpleNamespace(command=command)
cli.COMMANDS["probe"] = "probe"
try:
    cli.main(["probe"])
except SystemExit as ended:
    click.echo(f"{gc.isenabled()} {ended.code}")
"""


def test_a_command_collects_its_garbage_and_leaves_alone_what_was_imported() -> None:
    done = subprocess.run([sys.executable, "-c", PROBE], capture_output=True, text=True, env=environment(), check=True)
    assert done.stdout.split() == ["True", "True", "True", "1"], done.stderr


def test_a_program_that_uses_the_commands_keeps_its_collector_as_it_is() -> None:
    frozen = gc.get_freeze_count()
    assert all(tiezheng.get_command(None, name) for name in COMMANDS)  # type: ignore[arg-type]  # no command asks for it
    assert gc.isenabled()
    assert gc.get_freeze_count() == frozen
