"""Telling the user what of a card's lorebook can't be used."""

from __future__ import annotations

from collections.abc import Iterator

from refsheet_tui.characters.lorebook.entry import Lorebook
from refsheet_tui.characters.lorebook.explanation import list_names
from refsheet_tui.i18n import _, join_sentences, ngettext
from refsheet_tui.untrusted import one_line

_MAX_NAME = 60
_MAX_BOOKS = 3


def import_notice(lorebook: Lorebook) -> str:
    """Return a notice about what can't be used; empty if all can."""
    return join_sentences(*_sentences(lorebook))


def _sentences(lorebook: Lorebook) -> Iterator[str]:
    if entries := lorebook.pattern_entries:
        yield ngettext(
            "{count} lorebook entry needs a regular expression, which isn't supported: {names}.",
            "{count} lorebook entries need regular expressions, which aren't supported: {names}.",
            len(entries),
        ).format(count=len(entries), names=list_names(entries))
    if entries := lorebook.entries_without_keys:
        yield ngettext(
            "{count} lorebook entry has no keywords, so it is never told ({names}).",
            "{count} lorebook entries have no keywords, so they are never told ({names}).",
            len(entries),
        ).format(count=len(entries), names=list_names(entries))
    entries = tuple(each for each in lorebook.entries if each.unused_options)
    if entries:
        options = ", ".join(dict.fromkeys(name for each in entries for name in each.unused_options))
        yield ngettext(
            "{count} lorebook entry is used without options that aren't supported: {options}.",
            "{count} lorebook entries are used without options that aren't supported: {options}.",
            len(entries),
        ).format(count=len(entries), options=options)
    if lorebook.unread_count:
        yield ngettext(
            "{count} lorebook entry is beyond the limit and isn't used.",
            "{count} lorebook entries are beyond the limit and aren't used.",
            lorebook.unread_count,
        ).format(count=lorebook.unread_count)
    if lorebook.unknown_count:
        yield ngettext(
            "{count} lorebook entry is in an unknown form, so it is kept but not used.",
            "{count} lorebook entries are in an unknown form, so they are kept but not used.",
            lorebook.unknown_count,
        ).format(count=lorebook.unknown_count)
    if books := lorebook.unread_books:
        names = ", ".join(one_line(name)[:_MAX_NAME] for name in books[:_MAX_BOOKS])
        yield ngettext(
            "{names} of the card is kept but not used as a lorebook.",
            "{names} of the card are kept but not used as lorebooks.",
            len(books),
        ).format(names=names + ("…" if len(books) > _MAX_BOOKS else ""))
    if lorebook.linked_name:
        yield _("The card names the lorebook “{name}”, but the file doesn't contain it.").format(
            name=one_line(lorebook.linked_name)[:_MAX_NAME]
        )
