"""The command line: its group of commands, and how a command ends."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Sequence
from typing import Any

import click

from refsheet_tui.cli.exits import InterruptedByUserError
from refsheet_tui.cli.lazy_group import LazyGroup
from refsheet_tui.cli.options import model_options, read_config
from refsheet_tui.cli.streams import abandon_output, repair_streams
from refsheet_tui.errors import RefsheetError

_FAILED, _INTERRUPTED = 1, 130
# Their modules, and the first sentences of their help.
_COMMANDS = {
    "ask": ("refsheet_tui.cli.ask", "Answer one question, with or without pictures."),
    "backup": ("refsheet_tui.cli.backups", "Save characters, pictures, and chats in FILE."),
    "bench": ("refsheet_tui.cli.bench", "Measure the speed on this computer."),
    "cache": ("refsheet_tui.cli.cache", "Show the disk cache, which makes replies start faster."),
    "characters": ("refsheet_tui.cli.characters", "Manage your characters."),
    "chats": ("refsheet_tui.cli.chats", "Manage your chats."),
    "doctor": ("refsheet_tui.cli.doctor", "Find problems, and show how to fix them."),
    "models": (
        "refsheet_tui.cli.models",
        "Show all models, and how well they run on this computer.",
    ),
    "restore": (
        "refsheet_tui.cli.backups",
        "Restore a backup from FILE.",
    ),
    "serve": ("refsheet_tui.cli.serve", "Use RefSheet in a browser, on this computer only."),
    "talk": (
        "refsheet_tui.cli.talk",
        "Chat with a character.",
    ),
}


def main(arguments: Sequence[str] | None = None) -> None:
    """Run a command, and exit the process.

    Args:
        arguments: The command line without the program's name; None means `sys.argv`.

    Raises:
        SystemExit: Always. Its code is 0 if the command succeeded, 1 if it failed, 2 for wrong
            usage, and 130 if it was interrupted.
    """
    repair_streams()
    code = _run(arguments)
    # The command has ended. One more Ctrl+C would only print a traceback while Python exits.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    sys.exit(code)


def _run(arguments: Sequence[str] | None) -> int:
    try:
        cli.main(arguments, prog_name="refsheet", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except RefsheetError as error:
        click.echo(f"refsheet: {error}", err=True)
        return _FAILED
    except (KeyboardInterrupt, click.Abort, InterruptedByUserError):
        return _INTERRUPTED
    except BrokenPipeError:
        # The program that reads the output has closed it.
        abandon_output()
        return _FAILED
    except Exception as error:
        from refsheet_tui.crash_report import write_crash_report

        click.echo(f"refsheet: {write_crash_report(error)}", err=True)
        return _FAILED
    return 0


@click.group(
    cls=LazyGroup,
    lazy_commands=_COMMANDS,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.version_option(package_name="refsheet-tui", message="refsheet %(version)s")
@model_options
@click.pass_context
def cli(context: click.Context, /, **options: Any) -> None:
    """Chat with the character in a picture, offline.

    Without a command, RefSheet opens full-screen.
    """
    command = context.invoked_subcommand
    if command is None:
        _open_screens(options)
    else:
        # An option before the command means the same as after it; the one after it wins.
        defaults = {name: value for name, value in options.items() if value is not None}
        context.default_map = {command: defaults}


def _open_screens(options: dict[str, Any]) -> None:
    has_terminal = sys.stdin.isatty() and sys.stdout.isatty() and os.environ.get("TERM") != "dumb"
    # In a tab of `refsheet serve` the program draws through a pipe.
    if not has_terminal and not os.environ.get("TEXTUAL_DRIVER"):
        raise RefsheetError(
            "The full-screen interface needs a terminal.",
            "Run refsheet in a terminal, or use 'refsheet talk IMAGE' or 'refsheet ask'.",
        )
    config = read_config(options)
    from refsheet_tui.tui import run

    sys.exit(run(config, options["config_file"]))
