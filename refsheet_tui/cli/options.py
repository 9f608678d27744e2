"""The options that `ask`, `talk` and the screens share, and what they mean together with
`config.yaml`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from refsheet_tui.config import Config
    from refsheet_tui.engine import GenerationSettings, LoadSettings

Command = TypeVar("Command", bound=Callable[..., Any])

_FILE = click.Path(path_type=Path)

_MODEL = (
    click.option("--model", metavar="NAME|PATH", help="From the catalogue, or a GGUF file."),
    click.option("--mmproj", type=_FILE, help="Its vision projector, a GGUF file."),
    click.option("--config", "config_file", type=_FILE, help="Settings instead of your own."),
    click.option("--context-size", type=click.IntRange(256, 131_072), help="In tokens."),
    click.option("--threads", type=click.IntRange(1, 512), help="Processor threads."),
    click.option("--gpu-layers", type=click.IntRange(0), help="Layers on the GPU."),
    click.option(
        "--pan-and-scan",
        type=click.Choice(("auto", "off")),
        help="Whether wide and tall pictures are also seen in crops.",
    ),
)
_GENERATION = (
    click.option("--max-new-tokens", type=click.IntRange(1), help="End a reply after so many."),
    click.option("--sample/--greedy", default=None, help="By chance, or always the likeliest."),
    click.option("--temperature", type=click.FloatRange(0, 10)),
    click.option("--top-k", type=click.IntRange(0), help="0: all."),
    click.option("--top-p", type=click.FloatRange(0, 1, min_open=True)),
    click.option("--min-p", type=click.FloatRange(0, 1)),
    click.option("--repeat-penalty", type=click.FloatRange(0, 10, min_open=True)),
    click.option("--dry-multiplier", type=click.FloatRange(0, 10), help="Against loops; 0: off."),
    click.option("--seed", type=click.IntRange(0, 2**32 - 2), help="For the same reply again."),
)
_OUTPUT = (
    click.option("--json", "as_json", is_flag=True, help="One JSON object for each reply."),
    click.option("--dump-prompt", is_flag=True, help="Print the prompt's tokens, and stop."),
)


@dataclass(frozen=True)
class Settings:
    """`config.yaml` with the command line's options over it."""

    config: Config
    load: LoadSettings
    generation: GenerationSettings
    said: Mapping[str, Any]
    as_json: bool
    dump_prompt: bool

    def of_its_own(self, own: Mapping[str, float | int | bool | None]) -> GenerationSettings:
        """How a character writes that has settings of its own; what is no such setting, or out of
        its bounds, is left out. What the command line says wins."""
        from refsheet_tui.config import sound_generation

        return replace(self.generation, **{**sound_generation(own), **self.said})

    @property
    def pan_and_scan(self) -> bool:
        return self.config.pan_and_scan == "auto"


def model_options(command: Command) -> Command:
    """The options that say what is loaded and how."""
    return _decorated(command, _MODEL)


def reply_options(command: Command) -> Command:
    """All options of a command that prints replies."""
    return _decorated(command, (*_MODEL, *_GENERATION, *_OUTPUT))


def _decorated(command: Command, options: tuple[Callable[[Command], Command], ...]) -> Command:
    for option in reversed(options):
        command = option(command)
    return command


def read_config(given: dict[str, Any]) -> Config:
    """`config.yaml`, and over it what was given. Raises `ConfigError`."""
    from refsheet_tui.config import load_config

    config = load_config(given["config_file"])
    top = _given(given, set(type(config).model_fields))
    generation = config.generation.model_copy(
        update=_given(given, set(type(config.generation).model_fields))
    )
    if "model" in top and "mmproj" not in top:
        # The projector in the file belongs to the model in the file.
        top["mmproj"] = None
    return config.model_copy(update={**top, "generation": generation})


def read_settings(given: dict[str, Any]) -> Settings:
    """Everything that a command which prints replies needs. Raises `ConfigError`,
    `WeightsError`."""
    from refsheet_tui.engine import GenerationSettings
    from refsheet_tui.weights import load_settings

    config = read_config(given)
    return Settings(
        config=config,
        load=load_settings(config),
        generation=GenerationSettings(**config.generation.model_dump()),
        said=_given(given, set(type(config.generation).model_fields)),
        as_json=given["as_json"],
        dump_prompt=given["dump_prompt"],
    )


def _given(given: dict[str, Any], names: set[str]) -> dict[str, Any]:
    return {name: given[name] for name in names if given.get(name) is not None}
