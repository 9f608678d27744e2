"""Editing a character's profile, by options or in a text editor."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

import click
import yaml
from pydantic import ValidationError

from refsheet_tui.characters import Profile
from refsheet_tui.config import GenerationConfig, valid_generation
from refsheet_tui.errors import ConfigError
from refsheet_tui.prompting import language
from refsheet_tui.untrusted import clean_text, one_line

Command = TypeVar("Command", bound=Callable[..., Any])

_OPTIONS = (
    click.option("--name", help="Character's name."),
    click.option("--description", metavar="TEXT", help="What the picture doesn't show."),
    click.option("--greeting", metavar="TEXT", help="Greeting, instead of a generated one."),
    click.option(
        "--alternate",
        metavar="TEXT",
        multiple=True,
        help='Alternate greeting; "" removes all.',
    ),
    click.option("--language", metavar="LANGUAGE", help="Language code or name."),
    click.option("--person", help="Your name."),
    click.option("--persona", metavar="TEXT", help="Your role."),
    click.option("--note", metavar="TEXT", help="Author's note (always in view)."),
    click.option("--examples", metavar="TEXT", help="Example dialogue."),
    click.option("--tag", "tags", multiple=True, help='Tag; "" removes all.'),
    click.option(
        "--set",
        "settings",
        metavar="SETTING=VALUE",
        multiple=True,
        help="Generation setting, such as temperature=0.8; null resets it.",
    ),
)


def profile_options(command: Command) -> Command:
    """Add all options that describe a character to a command."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def apply_options(profile: Profile, options: Mapping[str, Any]) -> Profile:
    """Return `profile` with `options` applied.

    Raises `ConfigError`, `click.UsageError`.
    """
    texts = {key: clean_text(value) for key, value in options.items() if isinstance(value, str)}
    for field in ("name", "person"):
        if field in texts:
            texts[field] = one_line(texts[field]).strip()
    if "language" in texts:
        texts["language"] = language(texts["language"]).code
    lists = {
        field: tuple(text for text in map(clean_text, options[key]) if text.strip())
        for field, key in (("tags", "tags"), ("alternate_greetings", "alternate"))
        if options.get(key)
    }
    generation = _merge_settings(options.get("settings", ()), profile.generation)
    return profile.model_copy(update={**texts, **lists, "generation": generation})


class _Dumper(yaml.SafeDumper):
    """A YAML dumper that writes a text of several lines as these lines."""


_Dumper.add_representer(
    str,
    lambda dumper, text: dumper.represent_scalar(
        "tag:yaml.org,2002:str", text, style="|" if "\n" in text else None
    ),
)


def edit_profile(profile: Profile) -> Profile | None:
    """Open `profile` in the user's text editor, and return the result.

    Returns None if the user changed nothing.
    """
    fields = profile.model_dump(mode="json", exclude={"card", "card_outside"})
    text = yaml.dump(fields, Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=80)
    while True:
        edited_text = click.edit(text, extension=".yaml")
        if edited_text is None or edited_text == text:
            return None
        text = edited_text
        try:
            values = yaml.safe_load(edited_text)
            if not isinstance(values, dict):
                raise ConfigError("This isn't a list of names and values.", "Correct the text.")
            unknown = values.keys() - fields.keys()
            if unknown:
                raise ConfigError(f"Unknown field {min(map(str, unknown))!r}.", "Correct the text.")
            new_profile = Profile.model_validate({**profile.model_dump(), **values})
            _check_settings(new_profile.generation, profile.generation)
            texts = {name: value for name, value in values.items() if isinstance(value, str)}
            return apply_options(new_profile, {**texts, "tags": new_profile.tags})
        except ValidationError as error:
            problem = f"{error.errors()[0]['loc'][0]}: {error.errors()[0]['msg']}"
        except (yaml.YAMLError, ConfigError, ValueError, RecursionError) as error:
            problem = str(error)
        click.echo(f"refsheet: {one_line(problem)}", err=True)
        if not click.confirm("Edit again? Otherwise, your changes will be lost.", default=True):
            return None


def _check_settings(
    new: Mapping[str, float | int | bool | None], old: Mapping[str, float | int | bool | None]
) -> None:
    """Check the settings that differ from `old`.

    Unchanged settings are not checked, since a card may have brought unknown ones. Raises
    `ConfigError`.
    """
    for name, value in new.items():
        if (name not in old or old[name] != value) and name not in valid_generation({name: value}):
            raise ConfigError(f"generation: {name} can't be {value}.", "Correct the value.")


def _merge_settings(
    assignments: Sequence[str], current: Mapping[str, float | int | bool | None]
) -> dict[str, float | int | bool | None]:
    settings = dict(current)
    for assignment in assignments:
        name, equals, text = assignment.partition("=")
        name = name.strip()
        if not equals:
            raise click.UsageError(
                f"{assignment!r} must be SETTING=VALUE, such as temperature=0.8."
            )
        if name not in GenerationConfig.model_fields:
            available = ", ".join(GenerationConfig.model_fields)
            raise click.UsageError(f"Unknown setting {name!r}. Available: {available}.")
        try:
            value = yaml.safe_load(text)
        except (yaml.YAMLError, ValueError, RecursionError):
            value = text
        if value is None:
            settings.pop(name, None)
        elif name in valid_generation({name: value}):
            settings[name] = value
        else:
            raise click.UsageError(f"{text!r} isn't a valid value for {name}.")
    return settings
