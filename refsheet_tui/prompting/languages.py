"""The languages that a character can speak: ten known ones, and any other that the user names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from refsheet_tui.errors import ConfigError
from refsheet_tui.i18n import _
from refsheet_tui.untrusted import one_line

# In characters, which is enough for "Brazilian Portuguese, as it is spoken in Recife".
_MAX_NAME_LENGTH = 60


@dataclass(frozen=True)
class Language:
    """A language that a character speaks.

    A language that the user typed, and that is not known, has the typed text in all fields.

    Attributes:
        code: Its BCP 47 tag.
        english: Its name in English.
        chinese: Its name in Chinese.
        native: Its name in the language itself.
    """

    code: str
    english: str
    chinese: str
    native: str

    @property
    def is_chinese(self) -> bool:
        """True for Simplified and Traditional Chinese."""
        return self.code.startswith("zh")


ENGLISH = Language("en", "English", "英语", "English")
LANGUAGES = (
    ENGLISH,
    Language("zh-Hans", "Simplified Chinese", "简体中文", "简体中文"),
    Language("zh-Hant", "Traditional Chinese", "繁体中文", "繁體中文"),
    Language("ja", "Japanese", "日语", "日本語"),
    Language("ko", "Korean", "韩语", "한국어"),
    Language("fr", "French", "法语", "Français"),
    Language("de", "German", "德语", "Deutsch"),
    Language("es", "Spanish", "西班牙语", "Español"),
    Language("ru", "Russian", "俄语", "Русский"),
    Language("ar", "Arabic", "阿拉伯语", "العربية"),
)

# The variables that name the language of messages, in the order in which a POSIX system reads them.
_LOCALE_VARIABLES = ("LC_ALL", "LC_MESSAGES", "LANG")

_ALIASES = {
    "zh": "zh-Hans",
    "zh-cn": "zh-Hans",
    "zh-sg": "zh-Hans",
    "zh-tw": "zh-Hant",
    "zh-hk": "zh-Hant",
    "zh-mo": "zh-Hant",
    "chinese": "zh-Hans",
    "中文": "zh-Hans",
}
_BY_CODE = {each.code: each for each in LANGUAGES}
_BY_NAME = {
    name.casefold(): each
    for each in LANGUAGES
    for name in (each.code, each.english, each.chinese, each.native)
} | {alias: _BY_CODE[code] for alias, code in _ALIASES.items()}


def language(name: str) -> Language:
    """Return the language of a tag or a name.

    Args:
        name: A tag such as `fr`, `zh-Hans` or `zh_TW`, or a name in English, in Chinese or in the
            language itself, in upper or lower case. Any other text is taken for the name of a
            language that is not known.

    Returns:
        One of `LANGUAGES`, or a new language with the typed name.

    Raises:
        ConfigError: The name is empty or too long.
    """
    typed_name = one_line(name).strip()
    known_language = _BY_NAME.get(typed_name.replace("_", "-").casefold())
    if known_language is not None:
        return known_language
    if not typed_name or len(typed_name) > _MAX_NAME_LENGTH:
        raise ConfigError(
            _("{name} isn't a valid language name.").format(
                name=repr(typed_name[:_MAX_NAME_LENGTH])
            ),
            _("Enter a language name of up to {count} characters.").format(count=_MAX_NAME_LENGTH),
        )
    return Language(typed_name, typed_name, typed_name, typed_name)


def choose_screen_language(name: str | None, environ: Mapping[str, str]) -> str:
    """Return the code of the language of the screens.

    Args:
        name: The code that the user chose; None lets the locale decide.
        environ: The environment variables, which contain the locale.

    Returns:
        `name`, or `zh-Hans` for a Chinese locale, or `en`.
    """
    return name or ("zh-Hans" if choose_language(None, environ).is_chinese else "en")


def choose_language(name: str | None, environ: Mapping[str, str]) -> Language:
    """Return the language that characters speak.

    Args:
        name: The tag or name that the user chose; None lets the locale decide.
        environ: The environment variables, which contain the locale, such as `zh_CN.UTF-8`.

    Returns:
        The language of `name`, or Simplified Chinese for a Chinese locale, or English.

    Raises:
        ConfigError: The name is too long.
    """
    if name:
        return language(name)
    locale = next((environ[name] for name in _LOCALE_VARIABLES if environ.get(name)), "")
    return language("zh-Hans" if locale.lower().startswith("zh") else "en")
