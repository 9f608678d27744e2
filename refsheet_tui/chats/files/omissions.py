"""A list of everything that a chat file contains, but the chat does not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from refsheet_tui.i18n import _, join_sentences, ngettext

# So many line numbers are named.
_MAX_NAMED = 10


@dataclass(frozen=True)
class Omissions:
    """Counts of everything that was left out, or changed, when a chat file was read.

    Attributes:
        lines: The numbers of lines that are damaged or hold no message, from 1.
        tool_messages: The number of messages from or to tools, and of developer messages.
        other_messages: The number of other items that aren't messages of a known role.
        pictures: The number of pictures that aren't in the file, or can't be decoded.
        parts: The number of parts of messages that are kept, but not shown, such as files.
        ends_with_system: A system message at the end became a message of the user.
        is_encoding_guessed: The file isn't in UTF-8 or UTF-16.
        conversations: The number of conversations in the file. Each is a branch of the chat.
    """

    lines: tuple[int, ...] = ()
    tool_messages: int = 0
    other_messages: int = 0
    pictures: int = 0
    parts: int = 0
    ends_with_system: bool = False
    is_encoding_guessed: bool = False
    conversations: int = 1

    def plus(
        self,
        *,
        tool_messages: int = 0,
        other_messages: int = 0,
        pictures: int = 0,
        parts: int = 0,
    ) -> Omissions:
        """Return these counts with others added."""
        return replace(
            self,
            tool_messages=self.tool_messages + tool_messages,
            other_messages=self.other_messages + other_messages,
            pictures=self.pictures + pictures,
            parts=self.parts + parts,
        )

    def describe(self) -> str:
        """Return this in sentences for the user; empty if nothing was left out or changed."""
        return join_sentences(
            self._describe_lines(),
            _count(
                self.tool_messages,
                ngettext(
                    "{count} tool or developer message was left out.",
                    "{count} tool and developer messages were left out.",
                    self.tool_messages,
                ),
            ),
            _count(
                self.other_messages,
                ngettext(
                    "{count} message with an unknown role was left out.",
                    "{count} messages with unknown roles were left out.",
                    self.other_messages,
                ),
            ),
            _count(
                self.pictures,
                ngettext(
                    "{count} picture was left out because the file doesn't contain it.",
                    "{count} pictures were left out because the file doesn't contain them.",
                    self.pictures,
                ),
            ),
            _count(
                self.parts,
                ngettext(
                    "{count} part of a message, such as a file, isn't shown. Exports keep it.",
                    "{count} parts of messages, such as files, aren't shown. Exports keep them.",
                    self.parts,
                ),
            ),
            _("The system message at the end was kept as a message of yours.")
            if self.ends_with_system
            else "",
            _(
                "The file isn't in UTF-8, so it was read as Windows-1252. If letters look wrong, "
                "save it as UTF-8, then import it again."
            )
            if self.is_encoding_guessed
            else "",
            _count(
                self.conversations if self.conversations > 1 else 0,
                _("The file contains {count} conversations. Each is a branch of this chat."),
            ),
        )

    def _describe_lines(self) -> str:
        if not self.lines:
            return ""
        return ngettext(
            "{count} damaged line was left out: line {numbers}.",
            "{count} damaged lines were left out: lines {numbers}.",
            len(self.lines),
        ).format(count=len(self.lines), numbers=list_numbers(self.lines))


def list_numbers(numbers: Sequence[int]) -> str:
    """Return the first few of `numbers`, separated by commas."""
    named = ", ".join(map(str, numbers[:_MAX_NAMED]))
    return f"{named}, …" if len(numbers) > _MAX_NAMED else named


def _count(count: int, text: str) -> str:
    return text.format(count=count) if count else ""
