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


def changed(profile: Profile, given: Mapping[str, Any]) -> Profile:
    """Return `profile` with the options in `given` applied.

    Raises `ConfigError`, `click.UsageError`.
    """
    said = {key: clean_text(value) for key, value in given.items() if isinstance(value, str)}
    for line in ("name", "person"):
        if line in said:
            said[line] = one_line(said[line]).strip()
    if "language" in said:
        said["language"] = language(said["language"]).code
    lists = {
        field: tuple(text for text in map(clean_text, given[key]) if text.strip())
        for field, key in (("tags", "tags"), ("alternate_greetings", "alternate"))
        if given.get(key)
    }
    generation = _settings(given.get("settings", ()), profile.generation)
    return profile.model_copy(update={**said, **lists, "generation": generation})


def edited(profile: Profile) -> Profile | None:
    """Open `profile` in the user's text editor, and return the result.

    Returns None if the user changed nothing.
    """
    fields = profile.model_dump(mode="json", exclude={"card", "card_outside"})
    text = yaml.safe_dump(fields, allow_unicode=True, sort_keys=False, width=80)
    while True:
        found = click.edit(text, extension=".yaml")
        if found is None or found == text:
            return None
        text = found
        try:
            read = yaml.safe_load(found)
            if not isinstance(read, dict):
                raise ConfigError("This isn't a list of names and values.", "Correct the text.")
            unknown = read.keys() - fields.keys()
            if unknown:
                raise ConfigError(f"Unknown field {min(map(str, unknown))!r}.", "Correct the text.")
            whole = Profile.model_validate({**profile.model_dump(), **read})
            _check_settings(whole.generation, profile.generation)
            texts = {name: value for name, value in read.items() if isinstance(value, str)}
            return changed(whole, {**texts, "tags": whole.tags})
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


def _settings(
    said: Sequence[str], own: Mapping[str, float | int | bool | None]
) -> dict[str, float | int | bool | None]:
    settings = dict(own)
    for each in said:
        name, equals, text = each.partition("=")
        name = name.strip()
        if not equals:
            raise click.UsageError(f"{each!r} must be SETTING=VALUE, such as temperature=0.8.")
        if name not in GenerationConfig.model_fields:
            known = ", ".join(GenerationConfig.model_fields)
            raise click.UsageError(f"Unknown setting {name!r}. Available: {known}.")
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
