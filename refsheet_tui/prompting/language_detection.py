"""Recognizing the language of a text: by its script, and by its most frequent words."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable

from refsheet_tui.prompting.languages import Language, language

# What is no language: macros, addresses, tags.
_NO_WORDS = re.compile(r"\{\{.{0,500}?\}\}|<[^<>\n]{0,200}>|https?://\S+", re.DOTALL)
_MAX_TEXT = 20_000  # characters, which are more than enough
_SCRIPTS = {
    "kana": re.compile("[\u3041-\u3096\u30a1-\u30fa\uff66-\uff9d]"),
    "hangul": re.compile("[\uac00-\ud7a3\u1100-\u11ff\u3131-\u318e]"),
    "han": re.compile("[\u3400-\u4dbf\u4e00-\u9fff]"),
    "cyrillic": re.compile("[\u0400-\u04ff]"),
    "arabic": re.compile("[\u0620-\u06d3]"),
    "latin": re.compile("[A-Za-z\u00c0-\u024f]"),
}
# One character of these scripts stands for about as many letters.
_WEIGHTS = {"kana": 2, "hangul": 2, "han": 3}
# Characters of which each is common in one of the two Chinese scripts and unknown in the other.
_SIMPLIFIED = frozenset(
    "这个们来时说对会过还没为发后么开关东见长马问间话该给让从头师爱现实点样动气听认识"
)
_TRADITIONAL = frozenset(
    "這個們來時說對會過還沒為發後麼開關東見長馬問間話該給讓從頭師愛現實點樣動氣聽認識"
)
# Letters that these scripts have in other languages than the known one.
_NOT_RUSSIAN, _NOT_ARABIC = frozenset("іїєґўјљњћђќѓѕџ"), frozenset("پچژگکیےٹڈ")
_WORDS = {
    "en": "the and you is of to her she his he with that it in are your for was i am my me hello"
    " this what have they",
    "fr": "le la les des une est et je tu vous que dans pour pas avec elle il sur qui ce suis moi"
    " mon ma bonjour salut j l d qu au du en",
    "de": "der die das und ich du ist nicht ein eine mit sie er zu den von auf es sich dem bin mein"
    " dein hallo wie dir mir im",
    "es": "el la los las una es y que de en con no está su se del pero al soy mi hola me lo por"
    " como cómo eres",
    # Languages that are not known here, so that they aren't taken for one of the others.
    "pt": "o os uma não você que de em com para é está seu sua um do da no na ele ela olá eu sou",
    "it": "il lo gli una è che di non con per sono della nel si un ti mi ma sei ciao io la e le",
    "nl": "het een van en ik je niet is dat op met zijn voor de te hij ze aan maar",
    "pl": "się nie jest na że to w i z do jak ale po tak co jej jego",
    "sv": "och att det är som en jag på för med inte du han hon av till ett den",
    "tr": "bir ve bu için ne da de çok ben sen ile ama gibi var",
}
_WORD_SETS = {code: frozenset(words.split()) for code, words in _WORDS.items()}
_UNKNOWN = {"pt", "it", "nl", "pl", "sv", "tr"}
_WORD = re.compile(r"[^\W\d_]+")
# Fewer words than these say too little, and another language must have clearly fewer of its own.
_MIN_WORDS, _MARGIN = 2, 1.2


def detect_language(texts: Iterable[str]) -> Language | None:
    """Return the language of the first of `texts` that shows one.

    Args:
        texts: Texts in one language, the most telling one first.

    Returns:
        One of `LANGUAGES`; None if the language is another one, or none can be told.
    """
    for text in texts:
        words = _NO_WORDS.sub(" ", text[:_MAX_TEXT])
        code = _detect(words)
        if code is not None:
            return language(code) if code else None
    return None


def _detect(text: str) -> str | None:
    """Return the code of the language, an empty text for one that is not known, or None."""
    counts = Counter(
        {
            script: len(letters.findall(text)) * _WEIGHTS.get(script, 1)
            for script, letters in _SCRIPTS.items()
        }
    )
    script, count = counts.most_common(1)[0]
    other_letters = sum(map(str.isalpha, text)) - sum(
        counts[each] // _WEIGHTS.get(each, 1) for each in _SCRIPTS
    )
    if not count:
        return "" if other_letters else None
    if other_letters > count:
        return ""
    if script in ("kana", "han"):
        # Japanese has kana in every sentence; a Chinese text has some in a name at most.
        if counts["kana"] * 8 > counts["han"]:
            return "ja"
        return _detect_chinese(text)
    if script == "hangul":
        return "ko"
    letters = frozenset(text.lower())
    if script == "cyrillic":
        return "" if letters & _NOT_RUSSIAN else "ru"
    if script == "arabic":
        return "" if letters & _NOT_ARABIC else "ar"
    return _detect_latin(text)


def _detect_chinese(text: str) -> str:
    traditional = sum(character in _TRADITIONAL for character in text)
    return (
        "zh-Hant"
        if traditional > sum(character in _SIMPLIFIED for character in text)
        else "zh-Hans"
    )


def _detect_latin(text: str) -> str | None:
    words = Counter(_WORD.findall(text.lower()))
    counts = Counter(
        {code: sum(words[word] for word in known) for code, known in _WORD_SETS.items()}
    )
    (code, count), (_, next_count) = counts.most_common(2)
    if count < _MIN_WORDS or count < next_count * _MARGIN:
        return None
    return "" if code in _UNKNOWN else code
