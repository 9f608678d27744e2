"""The help is shown without the commands, and says what they say."""

from __future__ import annotations

import click
import pytest

from helpers.imports import loaded_after
from refsheet_tui.cli.main import cli

CONTEXT = click.Context(cli)
HELP = """
import contextlib, io
from refsheet_tui.cli.main import cli
with contextlib.redirect_stdout(io.StringIO()):
    cli.main(["--help"], standalone_mode=False)
"""


@pytest.mark.parametrize("name", cli.list_commands(CONTEXT))
def test_the_help_of_a_command_begins_as_the_list_says(name: str) -> None:
    command = cli.get_command(CONTEXT, name)
    assert command is not None and command.help is not None
    listed = cli.get_help(CONTEXT).partition("Commands:")[2]
    words = listed.partition(f"  {name} ")[2].splitlines()[0].strip()
    assert command.help.startswith(words)


def test_the_help_needs_no_command() -> None:
    commands = ("refsheet_tui.cli.talk", "refsheet_tui.chats", "refsheet_tui.engine", "pydantic")
    assert loaded_after(HELP, commands) == set()


def test_there_is_no_other_command() -> None:
    assert cli.get_command(CONTEXT, "nothing") is None
