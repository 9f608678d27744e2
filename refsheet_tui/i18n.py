"""What the program says, in the language of who reads it: English in the code, others from gettext
catalogues in `locale/`."""

from __future__ import annotations

import gettext
import io
from functools import cache
from pathlib import Path

_FOLDER = Path(__file__).resolve().parent / "locale"
_ENGLISH = "en"
_catalogue = gettext.NullTranslations()
_spoken = _ENGLISH


def _(text: str) -> str:
    """`text` in the language of the moment. What is put into it is put in afterwards."""
    return _catalogue.gettext(text) if text else ""


def N_(text: str) -> str:  # noqa: N802 - its name among users of gettext
    """Marks a text that is translated when it is shown."""
    return text


def ngettext(one: str, many: str, count: int) -> str:
    """That of the two which `count` asks for."""
    return _catalogue.ngettext(one, many, count)


def languages() -> tuple[str, ...]:
    """Codes of those that there are, English first."""
    return (_ENGLISH, *sorted(path.stem for path in _FOLDER.glob("*.po")))


def language() -> str:
    """The code of that of the moment."""
    return _spoken


def speak(language: str) -> None:
    """From now on, in the language of that code. Commands, whose output other programs read, stay
    with English."""
    global _catalogue, _spoken
    _catalogue = gettext.NullTranslations() if language == _ENGLISH else _read(language)
    _spoken = language


@cache
def _read(language: str) -> gettext.NullTranslations:
    """Made from the text that people write, so that it is never older than that."""
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import read_po

    with (_FOLDER / f"{language}.po").open("rb") as file:
        catalogue = read_po(file)
    compiled = io.BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)
