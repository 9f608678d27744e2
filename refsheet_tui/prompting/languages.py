"""The languages a character can be asked to speak."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from refsheet_tui.errors import ConfigError


@dataclass(frozen=True)
class Language:
    """`code` is a BCP 47 tag; `english` and `chinese` name the language in the two languages
    that the persona prompt is written in, `native` in itself."""

    code: str
    english: str
    chinese: str
    native: str

    @property
    def is_chinese(self) -> bool:
        return self.code.startswith("zh")


LANGUAGES = (
    Language("en", "English", "英语", "English"),
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
    "zh": "zh-hans",
    "zh-cn": "zh-hans",
    "zh-sg": "zh-hans",
    "zh-tw": "zh-hant",
    "zh-hk": "zh-hant",
    "zh-mo": "zh-hant",
}
_BY_CODE = {each.code.lower(): each for each in LANGUAGES}


def language(code: str) -> Language:
    """The language of a tag such as `fr`, `zh-Hans` or `zh_TW`, in any case.

    Raises `ConfigError` that lists what there is.
    """
    tag = code.strip().replace("_", "-").lower()
    found = _BY_CODE.get(_ALIASES.get(tag, tag))
    if found is None:
        known = " ".join(each.code for each in LANGUAGES)
        raise ConfigError(f"There is no language {code!r}.", f"Choose one of: {known}.")
    return found


def chosen_language(code: str | None, environ: Mapping[str, str]) -> Language:
    """The language of `code`; without one Simplified Chinese where the person's locale is Chinese
    (`zh_CN.UTF-8`), else English.

    Raises `ConfigError` for an unknown code.
    """
    if code:
        return language(code)
    locale = next((environ[name] for name in _LOCALE if environ.get(name)), "")
    return language("zh-Hans" if locale.lower().startswith("zh") else "en")
