"""Importing a card file as a profile and a picture."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from refsheet_tui.characters.card_fields import read_card_fields, split_card
from refsheet_tui.characters.cards.mapping import is_newer_version, profile_from_card
from refsheet_tui.characters.cards.reading import read_card
from refsheet_tui.characters.lorebook import import_notice, lorebook_from_card
from refsheet_tui.characters.profile import Profile, default_name
from refsheet_tui.i18n import _, join_sentences, ngettext
from refsheet_tui.pictures import ground_notice, open_picture_bytes
from refsheet_tui.prompting import Language, detect_language, has_words, language as language_of

# So many greetings show the language of a card, if any does.
_MAX_DETECTED_GREETINGS = 3


@dataclass(frozen=True)
class ImportedCard:
    """A card file, read and turned into a profile.

    Attributes:
        path: The card file.
        profile: The character in it.
        picture: The bytes of a picture file; None if the card has no picture.
        is_newer_version: The card has a newer version of the format than this program knows.
        detected_language: The language of the card's texts, if the card doesn't name one and it was
            recognized; the character speaks it.
        notice: What the user has to know of the parts of the card that can't be used, and of a
            language that wasn't recognized; mostly empty.
    """

    path: Path
    profile: Profile
    picture: bytes | None
    is_newer_version: bool
    detected_language: Language | None = None
    notice: str = ""

    def check_picture(self) -> str | None:
        """Open the picture, if any, to see that it can be opened.

        Returns:
            What to tell the user about how the picture is shown; None for most pictures.

        Raises:
            PictureError: The picture can't be opened. The error names the card file.
        """
        if self.picture is None:
            return None
        return ground_notice(open_picture_bytes(self.picture, str(self.path)))


def import_card(path: Path, language: str, *, detect: bool = True) -> ImportedCard:
    """Read a card file.

    Args:
        path: A PNG, CHARX, JSON or YAML file.
        language: The language of the character if the card doesn't say.
        detect: The language of the card's texts counts before `language`. If it can't be told,
            the notice says which one is used.

    Returns:
        The character, with the bytes of its picture, which are not checked yet. A character without
        a name has that of the file.

    Raises:
        CardError: The file can't be read, or holds no card: a `NoCardError` if it is a picture.
    """
    card_file = read_card(path)
    profile = profile_from_card(card_file.card, "")
    detected_language, language_notice = None, ""
    if detect and not profile.language:
        texts = [*profile.greetings[:_MAX_DETECTED_GREETINGS], profile.description]
        detected_language = detect_language(texts)
        if detected_language is None and has_words(texts):
            language_notice = _(
                "The language of the card wasn't recognized, so the character speaks {language}."
                " To change this, edit the character."
            ).format(language=language_of(language).native)
    code = profile.language or (detected_language.code if detected_language else language)
    name = profile.name if profile.name.strip() else default_name(path)
    return ImportedCard(
        path,
        profile.model_copy(update={"language": code, "name": name}),
        card_file.picture,
        is_newer_version(card_file.card),
        detected_language,
        join_sentences(_notice(card_file.card, profile), language_notice),
    )


def _notice(card: dict[str, Any], profile: Profile) -> str:
    fields = read_card_fields(*split_card(card))
    greetings = ngettext(
        "{count} greeting is beyond the limit and isn't used.",
        "{count} greetings are beyond the limit and aren't used.",
        fields.unread_greetings,
    ).format(count=f"{fields.unread_greetings:,}")
    tags = ngettext(
        "{count} tag is beyond the limit and isn't used.",
        "{count} tags are beyond the limit and aren't used.",
        fields.unread_tags,
    ).format(count=f"{fields.unread_tags:,}")
    return join_sentences(
        import_notice(lorebook_from_card({**profile.card_outside, **profile.card})),
        greetings if fields.unread_greetings else "",
        tags if fields.unread_tags else "",
    )
