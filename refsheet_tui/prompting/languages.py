"""The languages a character can be asked to speak: ten, and any other that a person names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from refsheet_tui.errors import ConfigError
from refsheet_tui.i18n import _
from refsheet_tui.untrusted import one_line

# Characters: enough for "Brazilian Portuguese, as it is spoken in Recife".
_LONGEST = 60


@dataclass(frozen=True)
class Language:
    """`code` is a BCP 47 tag; the others are its names in English, in Chinese and in itself. One
    that a person typed is all four as they typed it."""

    code: str
    english: str
    chinese: str
    native: str

    @property
    def is_chinese(self) -> bool:
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

# The order in which a POSIX system looks for the language of messages.
_LOCALE = ("LC_ALL", "LC_MESSAGES", "LANG")

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
    """The language of a tag such as `fr`, `zh-Hans` or `zh_TW`, or of a name in English, Chinese or
    itself, in any case; any other one as it was typed.

    Raises `ConfigError` for what is no name of a language.
    """
    typed = one_line(name).strip()
    found = _BY_NAME.get(typed.replace("_", "-").casefold())
    if found is not None:
        return found
    if not typed or len(typed) > _LONGEST:
        raise ConfigError(
            _("{name} is no language.").format(name=repr(typed[:_LONGEST])),
            _("Type its name, of at most {count} characters.").format(count=_LONGEST),
        )
    return Language(typed, typed, typed, typed)


def screens_language(name: str | None, environ: Mapping[str, str]) -> str:
    """What the screens are written in: the code `name`; without one Chinese for whoever's locale
    is, else English."""
    return name or ("zh-Hans" if chosen_language(None, environ).is_chinese else "en")


def chosen_language(name: str | None, environ: Mapping[str, str]) -> Language:
    """The language of `name`; without one Simplified Chinese where the person's locale is Chinese
    (`zh_CN.UTF-8`), else English.

    Raises `ConfigError` for what is no name of a language.
    """
    if name:
        return language(name)
    locale = next((environ[name] for name in _LOCALE if environ.get(name)), "")
    return language("zh-Hans" if locale.lower().startswith("zh") else "en")
