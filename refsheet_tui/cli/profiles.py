"""What can be said about a character on the command line, and in an editor."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from refsheet_tui.characters.profile import Profile

Command = TypeVar("Command", bound=Callable[..., Any])

_OPTIONS = (
    click.option("--name", help="What it is called."),
    click.option("--description", metavar="TEXT", help="What the picture doesn't say."),
    click.option("--greeting", metavar="TEXT", help="Instead of one it makes up."),
    click.option(
        "--alternate",
        metavar="TEXT",
        multiple=True,
        help='Another greeting, to swipe to; "" for none.',
    ),
    click.option("--language", metavar="LANGUAGE", help="A code or any name."),
    click.option("--person", help="What it calls you."),
    click.option("--persona", metavar="TEXT", help="Who you are to it."),
    click.option("--note", metavar="TEXT", help="What it is reminded of all the time."),
    click.option("--examples", metavar="TEXT", help="Dialogue that shows how it speaks."),
    click.option("--tag", "tags", multiple=True, help='To find it again; "" for none.'),
    click.option(
        "--set",
        "settings",
        metavar="SETTING=VALUE",
        multiple=True,
        help="A generation setting of its own, such as temperature=0.8; null takes it back.",
    ),
)


def profile_options(command: Command) -> Command:
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def changed(profile: Profile, given: Mapping[str, Any]) -> Profile:
    """`profile` with what was said in its place. Raises `ConfigError`, `click.UsageError`."""
    from refsheet_tui.prompting import language
    from refsheet_tui.untrusted import clean, one_line

    said = {key: clean(value) for key, value in given.items() if isinstance(value, str)}
    for line in ("name", "person"):
        if line in said:
            said[line] = one_line(said[line]).strip()
    if "language" in said:
        said["language"] = language(said["language"]).code
    lists = {
        field: tuple(text for text in map(clean, given[key]) if text.strip())
        for field, key in (("tags", "tags"), ("alternate_greetings", "alternate"))
        if given.get(key)
    }
    generation = _settings(given.get("settings", ()), profile.generation)
    return profile.model_copy(update={**said, **lists, "generation": generation})


def edited(profile: Profile) -> Profile | None:
    """As the person leaves it in their editor; None when they changed nothing."""
    import yaml
    from pydantic import ValidationError

    from refsheet_tui.characters.profile import Profile
    from refsheet_tui.errors import ConfigError
    from refsheet_tui.untrusted import one_line

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
                raise ConfigError("It is no list of names and values.", "Mend it.")
            unknown = read.keys() - fields.keys()
            if unknown:
                raise ConfigError(f"There is no {min(map(str, unknown))!r}.", "Mend it.")
            whole = Profile.model_validate({**profile.model_dump(), **read})
            _check_settings(whole.generation, profile.generation)
            texts = {name: value for name, value in read.items() if isinstance(value, str)}
            return changed(whole, {**texts, "tags": whole.tags})
        except ValidationError as error:
            problem = f"{error.errors()[0]['loc'][0]}: {error.errors()[0]['msg']}"
        except (yaml.YAMLError, ConfigError, ValueError, RecursionError) as error:
            problem = str(error)
        click.echo(f"refsheet: {one_line(problem)}", err=True)
        if not click.confirm("Open it again? What you wrote is lost otherwise.", default=True):
            return None


def _check_settings(
    new: Mapping[str, float | int | bool | None], old: Mapping[str, float | int | bool | None]
) -> None:
    """Those that were changed. What a card brought stays, though it may mean nothing here. Raises
    `ConfigError`."""
    from refsheet_tui.config import sound_generation
    from refsheet_tui.errors import ConfigError

    for name, value in new.items():
        if (name not in old or old[name] != value) and name not in sound_generation({name: value}):
            raise ConfigError(f"generation: {name} can't be {value}.", "Mend it.")


def _settings(
    said: Sequence[str], own: Mapping[str, float | int | bool | None]
) -> dict[str, float | int | bool | None]:
    import yaml

    from refsheet_tui.config import Generation, sound_generation

    settings = dict(own)
    for each in said:
        name, equals, text = each.partition("=")
        name = name.strip()
        if not equals:
            raise click.UsageError(f"{each!r} is no SETTING=VALUE, such as temperature=0.8.")
        if name not in Generation.model_fields:
            known = ", ".join(Generation.model_fields)
            raise click.UsageError(f"There is no setting {name!r}. There are: {known}.")
        try:
            value = yaml.safe_load(text)
        except (yaml.YAMLError, ValueError, RecursionError):
            value = text
        if value is None:
            settings.pop(name, None)
        elif name in sound_generation({name: value}):
            settings[name] = value
        else:
            raise click.UsageError(f"{text!r} is no value for {name}.")
    return settings
