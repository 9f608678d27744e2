"""`refsheet serve`: the interface in a browser."""

from __future__ import annotations

import asyncio
import os
import re
from typing import Any

import click

from refsheet_tui.cli.options import model_options, read_config
from refsheet_tui.i18n import set_language
from refsheet_tui.prompting import choose_screen_language
from refsheet_tui.serving import Address, serve as run_serve

# Characters that need no escaping in a URL or cookie, and enough of them to be hard to guess.
_TOKEN = re.compile(r"[A-Za-z0-9_-]{16,200}")


def _check_host(context: click.Context, option: click.Parameter, host: str) -> str:
    if not host.strip():
        raise click.BadParameter("the address is empty.")
    return host


def _check_token(context: click.Context, option: click.Parameter, token: str | None) -> str | None:
    if token is not None and not _TOKEN.fullmatch(token):
        raise click.BadParameter("must be 16 to 200 letters, digits, '-', or '_'.")
    return token


@click.command()
@model_options
@click.option("--port", type=click.IntRange(0, 65_535), default=8000, show_default=True)
@click.option(
    "--host",
    default="127.0.0.1",
    show_default=True,
    callback=_check_host,
    help="Address to listen on.",
)
@click.option("--token", envvar="REFSHEET_TOKEN", callback=_check_token, help="Access token.")
@click.pass_context
def serve(
    context: click.Context, /, port: int, host: str, token: str | None, **options: Any
) -> None:
    """Use RefSheet in a browser, on this computer only.

    With another --host, other computers can connect. They need the token, which is generated
    unless you set one.
    """
    # Read here as well, so that errors in the settings show in the terminal and not in the page.
    config = read_config(options)
    set_language(choose_screen_language(config.screens.language, os.environ))
    names = {option.name: option.opts[0] for option in context.command.params}
    arguments = [f"{names[name]}={value}" for name, value in options.items() if value is not None]
    asyncio.run(run_serve(Address.of(host, port, token), arguments, _print_url))


def _print_url(url: str) -> None:
    click.echo(f"RefSheet is running at {url} (press Ctrl+C to stop)")
