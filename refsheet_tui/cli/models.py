"""`refsheet models`: get, check, choose and remove weights. What each does is in `weights`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from refsheet_tui.cli.model_files import ModelFiles

_JSON = click.option("--json", "as_json", is_flag=True, help="As JSON.")
_YES = click.option("--yes", is_flag=True, help="Don't ask.")


@click.group(invoke_without_command=True)
@click.option("--config", "config_file", type=click.Path(path_type=Path), help="Your settings.")
@click.option("--measure", is_flag=True, help="Measure this machine's speed anew (3 s).")
@_JSON
@click.pass_context
def models(context: click.Context, config_file: Path | None, measure: bool, as_json: bool) -> None:
    """Show the models that can be had, and what this machine makes of them."""
    from refsheet_tui.cli.model_files import ModelFiles
    from refsheet_tui.cli.model_table import print_table
    from refsheet_tui.config import load_config

    context.obj = ModelFiles(load_config(config_file), config_file)
    if context.invoked_subcommand is None:
        print_table(context.obj, measure=measure, as_json=as_json)


@models.command()
@click.argument("name", required=False)
@click.option("--accept-licence", is_flag=True, help="You have read its terms.")
@_JSON
@click.pass_obj
def download(files: ModelFiles, name: str | None, accept_licence: bool, as_json: bool) -> None:
    """Get a model, the default one without a NAME. Goes on where an earlier try stopped."""
    files.download(name, accepted=accept_licence, as_json=as_json)


@models.command()
@click.argument("name", required=False, metavar="[NAME|PATH]")
@click.option("--mmproj", type=click.Path(path_type=Path), help="The projector beside a PATH.")
@click.option("--quick", is_flag=True, help="Without reading the files as a whole.")
@_JSON
@click.pass_obj
def verify(
    files: ModelFiles, name: str | None, mmproj: Path | None, quick: bool, as_json: bool
) -> None:
    """Check that files are whole and belong together; without a NAME all that are there."""
    if not files.verify(name, mmproj, quick=quick, as_json=as_json):
        sys.exit(1)


@models.command()
@click.argument("name")
@_YES
@_JSON
@click.pass_obj
def remove(files: ModelFiles, name: str, yes: bool, as_json: bool) -> None:
    """Remove a model's files. It can be downloaded again."""
    files.remove(name, ask=not yes, as_json=as_json)


@models.command()
@click.argument("name")
@_JSON
@click.pass_obj
def path(files: ModelFiles, name: str, as_json: bool) -> None:
    """Print where a model's files are: the text model, all its parts, then its projector."""
    files.print_paths(name, as_json=as_json)


@models.command()
@click.argument("name", metavar="NAME|PATH")
@click.option("--mmproj", type=click.Path(path_type=Path), help="The projector beside a PATH.")
@_JSON
@click.pass_obj
def use(files: ModelFiles, name: str, mmproj: Path | None, as_json: bool) -> None:
    """Let a model speak from now on: writes it into your config.yaml."""
    files.use(name, mmproj, as_json=as_json)
