"""Translations of the program's texts.

The code has the English texts; the other languages are gettext catalogs in `locale/`.
"""

from __future__ import annotations

import gettext
import io
from functools import cache
from pathlib import Path

_LOCALE_FOLDER = Path(__file__).resolve().parent / "locale"
_ENGLISH = "en"
_FULL_WIDTH_ENDS = ("。", "！", "？")
_catalogue = gettext.NullTranslations()
_current_code = _ENGLISH


def _(text: str) -> str:
    """Return `text` in the current language. Placeholders are filled in after the translation."""
    return _catalogue.gettext(text) if text else ""


def N_(text: str) -> str:  # noqa: N802 - its name among users of gettext
    """Return `text` unchanged: this marks a text that is translated when it is shown."""
    return text


def ngettext(one: str, many: str, count: int) -> str:
    """Return the plural form that `count` needs, in the current language."""
    return _catalogue.ngettext(one, many, count)


def join_sentences(*sentences: str) -> str:
    """Return the sentences that are not empty as one text.

    A blank separates them, except behind a full-width mark, which brings its own.
    """
    text = ""
    for sentence in filter(None, sentences):
        text += sentence if not text or text.endswith(_FULL_WIDTH_ENDS) else f" {sentence}"
    return text


def available_languages() -> tuple[str, ...]:
    """Return the codes of all available languages, English first."""
    return (_ENGLISH, *sorted(path.stem for path in _LOCALE_FOLDER.glob("*.po")))


def language() -> str:
    """Return the code of the current language."""
    return _current_code


def set_language(language: str) -> None:
    """Set the current language by its code.

    The output of commands stays English, because other programs read it.
    """
    global _catalogue, _current_code
    _catalogue = (
        gettext.NullTranslations() if language == _ENGLISH else _compile_catalogue(language)
    )
    _current_code = language


@cache
def _compile_catalogue(language: str) -> gettext.NullTranslations:
    """Compile the `.po` file of a language at run time, so that it is always up to date."""
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import read_po

    with (_LOCALE_FOLDER / f"{language}.po").open("rb") as file:
        catalogue = read_po(file)
    mo_file = io.BytesIO()
    write_mo(mo_file, catalogue)
    mo_file.seek(0)
    return gettext.GNUTranslations(mo_file)
