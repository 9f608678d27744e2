"""The slash commands, which the user types in place of a message.

They are the same on the screens and in `refsheet talk`.
"""

from __future__ import annotations

from dataclasses import dataclass

from refsheet_tui.errors import UsageError
from refsheet_tui.i18n import N_, _


@dataclass(frozen=True)
class SlashCommand:
    """A slash command.

    `about` is its line in the help. `argument` names what follows the command: it is empty for a
    command without an argument, and in brackets for an optional one.
    """

    name: str
    about: str
    argument: str = ""

    @property
    def usage(self) -> str:
        """The command with its argument, as the help shows it."""
        return f"/{self.name} {_(self.argument) if self.argument else ''}".strip()


COMMANDS = (
    SlashCommand("regenerate", N_("Regenerate the last reply")),
    SlashCommand("left", N_("Show the previous reply")),
    SlashCommand("right", N_("Show the next reply, or generate a new one")),
    SlashCommand("continue", N_("Continue the last reply")),
    SlashCommand("edit", N_("Edit your last message"), N_("[TEXT]")),
    SlashCommand("rewrite", N_("Edit the last reply"), N_("[TEXT]")),
    SlashCommand("delete", N_("Delete the last message")),
    SlashCommand("undo", N_("Restore the last deleted message")),
    SlashCommand("note", N_("Set the author's note (- restores the character's own)"), N_("TEXT")),
    SlashCommand("system", N_("Set the Assistant's system prompt (- clears it)"), N_("TEXT")),
    SlashCommand("title", N_("Rename the chat"), N_("TEXT")),
    SlashCommand(
        "save", N_("Chats are saved automatically; with FILE, same as /export"), N_("[FILE]")
    ),
    SlashCommand("export", N_("Export the chat as .json, .jsonl, or .md"), N_("FILE")),
    SlashCommand("new", N_("Start a new chat with this character")),
    SlashCommand("picture", N_("Attach a picture to your next message"), N_("FILE")),
    SlashCommand("chats", N_("Search all chats and messages")),
    SlashCommand("settings", N_("Open the settings")),
    SlashCommand("help", N_("Show all keys and commands")),
)
_BY_NAME = {command.name: command for command in COMMANDS}
# SillyTavern's name for the same command.
_BY_NAME["again"] = _BY_NAME["regenerate"]


def is_command(text: str) -> bool:
    """Return True if `text` is a command. A message that begins with a slash is typed with two."""
    return text.startswith("/") and not text.startswith("//")


def escape(text: str) -> str:
    """Return the text to type for a message `text` that must not be taken for a command."""
    return f"/{text}" if text.startswith("/") else text


def unescape(text: str) -> str:
    """Return the message of a typed text that is not a command."""
    return text[1:] if text.startswith("//") else text


def parse(line: str) -> tuple[SlashCommand, str]:
    """Return the command of a line and its argument. Raises `UsageError`."""
    name, *rest = line[1:].strip().split(" ", 1)
    argument = rest[0].strip() if rest else ""
    command = _BY_NAME.get(name.lower())
    if command is None:
        names = " ".join(f"/{each.name}" for each in COMMANDS)
        raise UsageError(
            _("Unknown command /{name}.").format(name=name),
            _("Available: {known} (type // for a literal slash).").format(known=names),
        )
    if command.argument and not command.argument.startswith("[") and not argument:
        raise usage_error(command)
    return command, argument


def usage_error(command: SlashCommand) -> UsageError:
    """Return the error for a command whose argument is missing."""
    usage = command.usage.replace("[", "").replace("]", "")
    return UsageError(
        _("This command needs an argument."), _("Usage: {command}").format(command=usage)
    )


def complete(text: str) -> str:
    """Return the rest of the first command that begins with `text`; empty if there is none."""
    if not is_command(text) or " " in text or "\n" in text:
        return ""
    matches = (each.name for each in COMMANDS if each.name.startswith(text[1:].lower()))
    return next(matches, "")[len(text) - 1 :]
