"""`tiezheng`: one door for every command. Commands load only when called, so `verify` never imports the service.

Exit status: 0 only when all is well, 1 on findings or refusals, 2 on wrong usage, 3 on self-consistent only.
"""

import gc
import importlib
import io
import sys
from typing import Any

import click

from scripts.settings import language_of_terminal

COMMANDS = {
    "serve": "scripts.serve",
    "work": "scripts.work",
    "tsa": "scripts.authority",
    "dock": "scripts.dock",
    "watch": "scripts.watch",
    "enrol": "scripts.enrol",
    "verify": "scripts.verify",
    "audit": "scripts.audit",
    "witness": "scripts.witness",
    "keeper": "scripts.keeper",
    "admin": "scripts.admin",
    "demo": "scripts.demo",
    "bench": "scripts.bench",
}


class Doors(click.Group):
    """A group whose commands are imported when they are asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = importlib.import_module(COMMANDS[cmd_name]).command
        _begin_collecting()
        return command


def _begin_collecting() -> None:
    """Look for garbage from now on, and never among what was imported, which stays: a fifth of a start went there."""
    if not gc.isenabled():
        gc.freeze()
        gc.enable()


@click.command(cls=Doors, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(package_name="tiezheng", prog_name="tiezheng")
def tiezheng() -> None:
    """Tiezheng 铁证: evidence recordings, received, sealed, playable and provable."""


def main(arguments: list[str] | None = None) -> Any:
    """Run one command; an error with a stable code becomes one line on stderr and exit status 1."""
    from player.language import use_terminal_language

    gc.disable()
    use_terminal_language(language_of_terminal())
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # a name that the terminal cannot show ends no command
    try:
        return tiezheng.main(args=arguments, standalone_mode=True)
    except Exception as error:
        code = "file-error" if isinstance(error, OSError) else getattr(error, "code", None)
        if not isinstance(code, str):
            raise
        click.echo(f"error: {code}: {error}", err=True)
        sys.exit(1)
    finally:
        gc.enable()


if __name__ == "__main__":
    main()
