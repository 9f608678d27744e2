"""`refsheet models`: the click commands that download, verify, choose and remove models."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from refsheet_tui.cli.model_files import ModelFiles
from refsheet_tui.cli.model_table import print_table
from refsheet_tui.config import load_config

_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
_MMPROJ = click.option(
    "--mmproj",
    type=click.Path(path_type=Path),
    metavar="PATH|none",
    help="Vision projector, for a PATH; none for text only.",
)
_YES = click.option("--yes", is_flag=True, help="Don't ask.")


@click.group(invoke_without_command=True)
@click.option("--config", "config_file", type=click.Path(path_type=Path), help="Settings file.")
@click.option("--measure", is_flag=True, help="Measure this computer's speed again (3 s).")
@_JSON
@click.pass_context
def models(context: click.Context, config_file: Path | None, measure: bool, as_json: bool) -> None:
    """Show all models, and how well they run on this computer."""
    context.obj = ModelFiles(load_config(config_file), config_file)
    if context.invoked_subcommand is None:
        print_table(context.obj, measure=measure, as_json=as_json)


@models.command()
@click.argument("name", required=False)
@click.option("--accept-licence", is_flag=True, help="Accept the model's license.")
@_JSON
@click.pass_obj
def download(files: ModelFiles, name: str | None, accept_licence: bool, as_json: bool) -> None:
    """Download or resume a model. Without NAME, the default model."""
    files.download(name, accept_terms=accept_licence, as_json=as_json)


@models.command()
@click.argument("name", required=False, metavar="[NAME|PATH]")
@_MMPROJ
@click.option("--quick", is_flag=True, help="Skip the checksums.")
@_JSON
@click.pass_obj
def verify(
    files: ModelFiles, name: str | None, mmproj: Path | None, quick: bool, as_json: bool
) -> None:
    """Verify a model's files. Without NAME, all downloaded models."""
    if not files.verify(name, mmproj, quick=quick, as_json=as_json):
        sys.exit(1)


@models.command()
@click.argument("name")
@_YES
@_JSON
@click.pass_obj
def remove(files: ModelFiles, name: str, yes: bool, as_json: bool) -> None:
    """Remove a model's files. You can download it again."""
    files.remove(name, ask=not yes, as_json=as_json)


@models.command()
@click.argument("name")
@_JSON
@click.pass_obj
def path(files: ModelFiles, name: str, as_json: bool) -> None:
    """Print the paths of a model's files.

    All parts of the model come first, then the vision projector.
    """
    files.print_paths(name, as_json=as_json)


@models.command()
@click.argument("name", metavar="NAME|PATH")
@_MMPROJ
@_JSON
@click.pass_obj
def use(files: ModelFiles, name: str, mmproj: Path | None, as_json: bool) -> None:
    """Use a model from now on. This changes your config.yaml."""
    files.use(name, mmproj, as_json=as_json)
