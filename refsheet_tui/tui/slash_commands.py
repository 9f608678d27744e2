"""What a person can type in place of a message: lines that begin with a slash."""

from __future__ import annotations

from dataclasses import dataclass

from refsheet_tui.errors import UsageError
from refsheet_tui.i18n import N_, _


@dataclass(frozen=True)
class Command:
    """`action` is the key's that does the same, if there is one; `argument` is what it needs behind
    its name, empty for nothing."""

    name: str
    about: str
    action: str = ""
    argument: str = ""


COMMANDS = (
    Command("regenerate", N_("another reply beside the last"), "screen.again"),
    Command("left", N_("the reply before this one"), "screen.swipe(-1)"),
    Command("right", N_("the reply after this one, or a new one"), "screen.swipe(1)"),
    Command("continue", N_("let the last reply go on"), "screen.more"),
    Command("edit", N_("change your last message"), "screen.edit"),
    Command("delete", N_("take the last message away"), "screen.delete_last"),
    Command("undo", N_("bring back what was deleted last"), "screen.undo"),
    Command(
        "note",
        N_("remind the character of something; - for nothing more than its own"),
        argument=N_("TEXT"),
    ),
    Command("save", N_("everything is kept as you say it; with FILE like /export")),
    Command(
        "system",
        N_("what the assistant is told before everything else; - for nothing"),
        argument=N_("TEXT"),
    ),
    Command("title", N_("call the chat something else"), argument=N_("TEXT")),
    Command("export", N_("write the chat as .json, .jsonl or .md"), argument=N_("FILE")),
    Command("new", N_("another chat with the same character"), "screen.new"),
    Command("picture", N_("send a picture with your next message"), argument=N_("FILE")),
    Command("chats", N_("all chats, and everything that was said"), "app.chats"),
    Command("settings", N_("how the program looks and works"), "app.settings"),
    Command("help", N_("every key and command"), "app.help"),
)
_BY_NAME = {command.name: command for command in COMMANDS}
# What `refsheet talk` calls the same.
_BY_NAME["again"] = _BY_NAME["regenerate"]


def is_command(text: str) -> bool:
    """Two slashes are one that is said."""
    return text.startswith("/") and not text.startswith("//")


def escaped(text: str) -> str:
    """As a person types it, who means no command."""
    return f"/{text}" if text.startswith("/") else text


def unescaped(text: str) -> str:
    """What is said with a text that is no command."""
    return text[1:] if text.startswith("//") else text


def parsed(text: str) -> tuple[Command, str]:
    """The command of a line, and what stands behind it. Raises `UsageError`."""
    name, *more = text[1:].strip().split(" ", 1)
    argument = more[0] if more else ""
    command = _BY_NAME.get(name.lower())
    if command is None:
        known = " ".join(f"/{each.name}" for each in COMMANDS)
        raise UsageError(
            _("There is no /{name}.").format(name=name),
            _("There are: {known}. // says a slash.").format(known=known),
        )
    if command.argument and not argument.strip():
        raise UsageError(
            _("It needs something more."),
            _("Type {command}").format(command=f"/{command.name} {_(command.argument)}"),
        )
    return command, argument.strip()


def completion(text: str) -> str:
    """What is missing of the first command that begins with `text`; empty where there is none."""
    if not is_command(text) or " " in text or "\n" in text:
        return ""
    found = (each.name for each in COMMANDS if each.name.startswith(text[1:].lower()))
    return next(found, "")[len(text) - 1 :]
