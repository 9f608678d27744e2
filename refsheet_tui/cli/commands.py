"""The commands. What they need is imported when they run: `--help` must not wait for it."""

from __future__ import annotations

import os
import sys
from typing import Any

import click

from refsheet_tui.cli.exits import InterruptedByPersonError
from refsheet_tui.cli.options import model_options, read_config, read_settings, reply_options
from refsheet_tui.cli.streams import abandon_output, mend_streams
from refsheet_tui.errors import RefsheetError

_FAILED, _INTERRUPTED = 1, 130


def main() -> None:
    """Run the command line. Exit codes: 0, 1 failed, 2 usage, 130 interrupted."""
    mend_streams()
    sys.exit(_run())


def _run() -> int:
    try:
        cli.main(prog_name="refsheet", standalone_mode=False)
    except click.exceptions.NoArgsIsHelpError as error:
        error.show()
        return error.exit_code
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except RefsheetError as error:
        click.echo(f"refsheet: {error}", err=True)
        return _FAILED
    except (KeyboardInterrupt, click.Abort, InterruptedByPersonError):
        return _INTERRUPTED
    except BrokenPipeError:
        # Whoever read the output has seen enough.
        abandon_output()
        return _FAILED
    except Exception as error:
        from refsheet_tui.crashes import crash

        click.echo(f"refsheet: {crash(error)}", err=True)
        return _FAILED
    return 0


@click.group(invoke_without_command=True, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="refsheet-tui", message="refsheet %(version)s")
@model_options
@click.pass_context
def cli(context: click.Context, /, **given: Any) -> None:
    """Talk with the character on a picture, offline.

    Without a command the screens open.
    """
    command = context.invoked_subcommand
    if command is None:
        _open_screens(given)
    else:
        # An option before the command means the same as one after it, which wins.
        defaults = {name: value for name, value in given.items() if value is not None}
        context.default_map = {command: defaults}


@cli.command()
@reply_options
@click.option("--system", metavar="TEXT", help="What the model is told before the question.")
@click.argument("images", nargs=-1, metavar="[IMAGE]...")
@click.argument("prompt")
def ask(images: tuple[str, ...], prompt: str, system: str | None, **given: Any) -> None:
    """Answer one question about pictures, or about none."""
    from refsheet_tui.cli.ask import ask as run_ask
    from refsheet_tui.cli.pictures import find_picture
    from refsheet_tui.cli.replies import run

    if not prompt.strip():
        raise click.UsageError("The prompt is empty.")
    settings = read_settings(given)
    pictures = [find_picture(image) for image in images]
    run(lambda: run_ask(settings, pictures, prompt, system))


@cli.command()
@reply_options
@click.option("--extra", "extras", multiple=True, metavar="IMAGE", help="Another picture of it.")
@click.option("--description", metavar="TEXT", help="What the picture doesn't say.")
@click.option("--language", metavar="CODE", help="en zh-Hans zh-Hant ja ko fr de es ru ar")
@click.argument("image", metavar="IMAGE|SAMPLE")
def talk(
    image: str,
    extras: tuple[str, ...],
    description: str | None,
    language: str | None,
    **given: Any,
) -> None:
    """Let a character greet, and answer each line of standard input."""
    from refsheet_tui.cli.replies import run
    from refsheet_tui.cli.speaker import speaker
    from refsheet_tui.cli.talk import talk as run_talk

    settings = read_settings(given)
    character = speaker(image, extras, description, language or settings.config.language)
    run(lambda: run_talk(settings, character))


def _open_screens(given: dict[str, Any]) -> None:
    if not (sys.stdin.isatty() and sys.stdout.isatty()) or os.environ.get("TERM") == "dumb":
        raise RefsheetError(
            "The screens need a terminal.",
            "Open one, or use 'refsheet talk IMAGE' and 'refsheet ask', which don't.",
        )
    config = read_config(given)
    from refsheet_tui.tui import run

    sys.exit(run(config))
