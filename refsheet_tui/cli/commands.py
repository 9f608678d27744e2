"""The commands. What they need is imported when they run: `--help` must not wait for it."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from refsheet_tui.cli.backups import backup, restore
from refsheet_tui.cli.characters import characters
from refsheet_tui.cli.chats import chats
from refsheet_tui.cli.doctor_command import doctor
from refsheet_tui.cli.exits import InterruptedByPersonError
from refsheet_tui.cli.models import models
from refsheet_tui.cli.options import model_options, read_config, read_settings, reply_options
from refsheet_tui.cli.serve import serve
from refsheet_tui.cli.streams import abandon_output, mend_streams
from refsheet_tui.errors import RefsheetError

if TYPE_CHECKING:
    from refsheet_tui.engine import CacheSettings

_FAILED, _INTERRUPTED = 1, 130


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line, by default that of the process. Exit codes: 0, 1 failed, 2 usage, 130
    interrupted."""
    mend_streams()
    code = _run(arguments)
    # Nothing is left to stop: one more ctrl+c would only put a traceback into Python's own end.
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
    except (KeyboardInterrupt, click.Abort, InterruptedByPersonError):
        return _INTERRUPTED
    except BrokenPipeError:
        # Whoever read the output has seen enough.
        abandon_output()
        return _FAILED
    except Exception as error:
        from refsheet_tui.crash_report import crash

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
@click.option("--language", metavar="LANGUAGE", help="A code or any name.")
@click.option("--save", is_flag=True, help="Keep the chat: refsheet chats.")
@click.option("--chat", type=int, metavar="NUMBER", help="Go on with a chat that was kept.")
@click.option("--at", type=int, metavar="MESSAGE", help="Go on behind this message of it.")
@click.argument("image", metavar="IMAGE|NAME|SAMPLE", required=False)
def talk(
    image: str | None,
    extras: tuple[str, ...],
    description: str | None,
    language: str | None,
    save: bool,
    chat: int | None,
    at: int | None,
    **given: Any,
) -> None:
    """Let a character greet, and answer each line of standard input.

    In a chat that is kept, /help shows what else can be typed.
    """
    from contextlib import closing

    from refsheet_tui.cli.replies import run
    from refsheet_tui.cli.speaker import Speakers
    from refsheet_tui.cli.talk import talk as run_talk

    if (image is None) == (chat is None):
        raise click.UsageError("Name who to talk with, or a chat with --chat.")
    if at is not None and chat is None:
        raise click.UsageError("--at needs the chat that the message is in: --chat.")
    settings = read_settings(given)
    code = language or settings.config.language
    with closing(Speakers(extras, description, code)) as speakers:
        speaker = speakers.of_chat(chat, at) if chat is not None else speakers.of(image or "")
        if save:
            speaker = speakers.keep(speaker)
        keeps = save or chat is not None
        run(lambda: run_talk(settings, speaker, speakers.library if keeps else None))


@cli.command()
@model_options
@click.option("--llama-bin", type=click.Path(path_type=Path), metavar="DIR", help="llama.cpp's.")
@click.option("--runs", type=click.IntRange(1), default=3, show_default=True)
@click.option("--turns", type=click.IntRange(8), default=40, show_default=True)
@click.option("--typing", type=click.FloatRange(0), default=20.0, show_default=True, help="In s.")
@click.option("--json", "as_json", is_flag=True, help="Everything that was measured.")
@click.option("--plot", type=click.Path(path_type=Path), metavar="FILE.png", help="As a picture.")
def bench(
    llama_bin: Path | None,
    runs: int,
    turns: int,
    typing: float,
    as_json: bool,
    plot: Path | None,
    **given: Any,
) -> None:
    """Measure it against llama.cpp's own programs, on the same files.

    With a 4B model this takes about a quarter of an hour.
    """
    import asyncio

    from refsheet_tui.bench.ours import Plan
    from refsheet_tui.cli.bench import bench as run_bench
    from refsheet_tui.weights import load_settings

    settings = load_settings(read_config(given))
    plan = Plan(runs, turns, typing)
    click.echo(asyncio.run(run_bench(settings, plan, llama_bin, as_json=as_json, plot=plot)))


@cli.group(invoke_without_command=True)
@click.option("--config", "config_file", type=click.Path(path_type=Path), help="Your settings.")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@click.pass_context
def cache(context: click.Context, config_file: Path | None, as_json: bool) -> None:
    """Show what was seen and read, and is kept on disk for the next time."""
    from refsheet_tui.cli.cache import show
    from refsheet_tui.config import load_config
    from refsheet_tui.weights import cache_settings

    context.obj = cache_settings(load_config(config_file))
    if context.invoked_subcommand is None:
        click.echo(show(context.obj, as_json=as_json))


@cache.command()
@click.argument("kinds", nargs=-1, type=click.Choice(("pictures", "openings", "chats")))
@click.pass_obj
def clear(settings: CacheSettings, kinds: tuple[str, ...]) -> None:
    """Remove it, all or of some kinds. It can be made again; chats themselves stay."""
    from refsheet_tui.cli.cache import clear as run_clear

    click.echo(run_clear(settings, kinds))


cli.add_command(backup)
cli.add_command(restore)
cli.add_command(characters)
cli.add_command(chats)
cli.add_command(models)
cli.add_command(doctor)
cli.add_command(serve)


def _open_screens(given: dict[str, Any]) -> None:
    has_terminal = sys.stdin.isatty() and sys.stdout.isatty() and os.environ.get("TERM") != "dumb"
    # In a tab of `refsheet serve` they draw through a pipe.
    if not has_terminal and not os.environ.get("TEXTUAL_DRIVER"):
        raise RefsheetError(
            "The screens need a terminal.",
            "Open one, or use 'refsheet talk IMAGE' and 'refsheet ask', which don't.",
        )
    config = read_config(given)
    from refsheet_tui.tui import run

    sys.exit(run(config, given["config_file"]))
