"""`refsheet serve`: the screens in a browser."""

from __future__ import annotations

import os
import re
from typing import Any

import click

from refsheet_tui.cli.options import model_options, read_config

# What stands in an address and a cookie as it is, and can't be guessed.
_TOKEN = re.compile(r"[A-Za-z0-9_-]{16,200}")


def _host(context: click.Context, option: click.Parameter, host: str) -> str:
    if not host.strip():
        raise click.BadParameter("an address is missing.")
    return host


def _token(context: click.Context, option: click.Parameter, token: str | None) -> str | None:
    if token is not None and not _TOKEN.fullmatch(token):
        raise click.BadParameter("16 to 200 letters, digits, '-' and '_'.")
    return token


@click.command()
@model_options
@click.option("--port", type=click.IntRange(0, 65_535), default=8000, show_default=True)
@click.option(
    "--host", default="127.0.0.1", show_default=True, callback=_host, help="To listen at."
)
@click.option("--token", envvar="REFSHEET_TOKEN", callback=_token, help="Who has it may come in.")
@click.pass_context
def serve(context: click.Context, /, port: int, host: str, token: str | None, **given: Any) -> None:
    """Show the screens in a browser, to this machine alone.

    With another --host others can reach them; they need the token, which is made up where you
    give none.
    """
    import asyncio

    from refsheet_tui.i18n import speak
    from refsheet_tui.prompting import screens_language
    from refsheet_tui.serving import Address
    from refsheet_tui.serving import serve as run_serve

    # What is wrong with it is told here rather than in the page.
    config = read_config(given)
    speak(screens_language(config.screens.language, os.environ))
    names = {option.name: option.opts[0] for option in context.command.params}
    options = [f"{names[name]}={value}" for name, value in given.items() if value is not None]
    asyncio.run(run_serve(Address.of(host, port, token), options, _opened))


def _opened(url: str) -> None:
    click.echo(f"RefSheet is at {url} until you press ctrl+c here.")
