"""The options that `ask`, `talk` and the screens share, and how they override `config.yaml`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from refsheet_tui.config import Config
    from refsheet_tui.engine import GenerationSettings, LoadSettings

Command = TypeVar("Command", bound=Callable[..., Any])

_FILE = click.Path(path_type=Path)

_MODEL = (
    click.option("--model", metavar="NAME|PATH", help="Catalog name or GGUF file."),
    click.option(
        "--mmproj",
        type=_FILE,
        metavar="PATH|none",
        help="Vision projector (GGUF); none for text only.",
    ),
    click.option("--config", "config_file", type=_FILE, help="Settings file."),
    click.option(
        "--context-size", type=click.IntRange(256, 131_072), help="Context size in tokens."
    ),
    click.option("--threads", type=click.IntRange(1, 512), help="Processor threads."),
    click.option("--gpu-layers", type=click.IntRange(0), help="Model layers on the GPU."),
    click.option(
        "--pan-and-scan",
        type=click.Choice(("auto", "off")),
        help="Show crops of wide and tall pictures too.",
    ),
)
_GENERATION = (
    click.option("--max-new-tokens", type=click.IntRange(1), help="Maximum tokens per reply."),
    click.option("--sample/--greedy", default=None, help="Random, or always the likeliest token."),
    click.option("--temperature", type=click.FloatRange(0, 10), help="Higher is more surprising."),
    click.option(
        "--top-k", type=click.IntRange(0), help="Use only the K likeliest tokens; 0 uses all."
    ),
    click.option("--top-p", type=click.FloatRange(0, 1, min_open=True), help="1 is off."),
    click.option("--min-p", type=click.FloatRange(0, 1), help="0 is off."),
    click.option("--repeat-penalty", type=click.FloatRange(0, 10, min_open=True), help="1 is off."),
    click.option(
        "--dry-multiplier", type=click.FloatRange(0, 10), help="Discourage loops; 0 is off."
    ),
    click.option("--seed", type=click.IntRange(0, 2**32 - 2), help="Makes replies repeatable."),
)
_OUTPUT = (
    click.option("--json", "as_json", is_flag=True, help="Print a JSON object per reply."),
    click.option("--dump-prompt", is_flag=True, help="Print the prompt's tokens and exit."),
)


@dataclass(frozen=True)
class Settings:
    """The settings of `config.yaml`, overridden by the options of the command line.

    Attributes:
        config: All settings.
        load: How the model is loaded.
        generation: How replies are generated.
        generation_overrides: The generation options on the command line, by name.
        as_json: True if replies are printed as JSON.
        dump_prompt: True if only the prompt is printed.
    """

    config: Config
    load: LoadSettings
    generation: GenerationSettings
    generation_overrides: Mapping[str, Any]
    as_json: bool
    dump_prompt: bool

    @property
    def pan_and_scan(self) -> bool:
        """True if the model also sees crops of wide and tall pictures."""
        return self.config.pan_and_scan == "auto"


def model_options(command: Command) -> Command:
    """Add the options for the model and how it is loaded to a command."""
    return _add_options(command, _MODEL)


def reply_options(command: Command) -> Command:
    """Add all options of a command that prints replies to a command."""
    return _add_options(command, (*_MODEL, *_GENERATION, *_OUTPUT))


def _add_options(command: Command, options: tuple[Callable[[Command], Command], ...]) -> Command:
    for option in reversed(options):
        command = option(command)
    return command


def read_config(options: dict[str, Any]) -> Config:
    """Return the settings of `config.yaml`, overridden by `options`. Raises `ConfigError`."""
    from refsheet_tui.config import load_config

    config = load_config(options["config_file"])
    overrides = _select_options(options, set(type(config).model_fields))
    generation = config.generation.model_copy(
        update=_select_options(options, set(type(config.generation).model_fields))
    )
    if "model" in overrides and "mmproj" not in overrides:
        # The projector in the file belongs to the model in the file.
        overrides["mmproj"] = None
    return config.model_copy(update={**overrides, "generation": generation})


def read_settings(options: dict[str, Any]) -> Settings:
    """Return the settings of a command that prints replies.

    Raises `ConfigError`, `WeightsError`.
    """
    from refsheet_tui.cli.console import print_note
    from refsheet_tui.engine import GenerationSettings
    from refsheet_tui.weights import build_load_settings

    config = read_config(options)
    return Settings(
        config=config,
        load=build_load_settings(config, print_note),
        generation=GenerationSettings(**config.generation.model_dump()),
        generation_overrides=_select_options(options, set(type(config.generation).model_fields)),
        as_json=options["as_json"],
        dump_prompt=options["dump_prompt"],
    )


def _select_options(options: dict[str, Any], names: set[str]) -> dict[str, Any]:
    return {name: options[name] for name in names if options.get(name) is not None}
