"""`refsheet doctor`, as click sees it."""

from __future__ import annotations

import sys
from pathlib import Path

import click


@click.command()
@click.option("--config", "config_file", type=click.Path(path_type=Path), help="Your settings.")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@click.option(
    "--report", type=click.Path(path_type=Path), metavar="FILE", help="Write it for a bug report."
)
def doctor(config_file: Path | None, as_json: bool, report: Path | None) -> None:
    """Look at everything that refsheet needs, and say what is wrong with it."""
    from refsheet_tui.cli.doctor import examine

    if not examine(config_file, as_json=as_json, report=report):
        sys.exit(1)
