"""Dialogues about drawn sheets, in the product's own prompts."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import yaml

from demo.sheets import SheetSpec
from refsheet_tui.pictures import PictureView, PreparedPicture
from refsheet_tui.prompting import (
    LANGUAGES,
    ContextNote,
    Language,
    Question,
    Turn,
    language,
    opening_turn,
    question_turn,
)

Phrases = Mapping[str, Any]
RANDOM_TALK_SHARE = 0.16
"""The share of turns made of random words, because unknown ones need a sane answer, too."""
_NOTE_SHARE = 0.04
"""The share of the user's turns that have a note to the character behind them."""
_CARD_TEXT_SHARE = 0.1
"""The share of descriptions that also hold what a card says of the sheet."""


@dataclass(frozen=True)
class Dialogue:
    """Turns that end with the model's, and a system text or None."""

    turns: tuple[Turn, ...]
    system: str | None = None


@dataclass(frozen=True)
class SheetPool:
    """The numbers of the drawn sheets, by what they show."""

    by_spec: Mapping[SheetSpec, Sequence[int]]

    @cached_property
    def specs(self) -> tuple[SheetSpec, ...]:
        return tuple(self.by_spec)

    def pick(self, rng: random.Random, spec: SheetSpec, count: int) -> list[PictureView]:
        """Return stand-ins for `count` of the sheets that show `spec`."""
        return [picture(number) for number in rng.choices(self.by_spec[spec], k=count)]


@dataclass(frozen=True)
class CharacterFacts:
    """The facts that the model can know of itself, from its sheet and from a description."""

    spec: SheetSpec
    name: str | None
    hobby: str | None
    trait: str


@cache
def phrases(code: str) -> Phrases:
    """Return the phrases of `en` or `zh`."""
    text = Path(__file__).with_name(f"phrases_{code}.yaml").read_text(encoding="utf-8")
    loaded: Phrases = yaml.safe_load(text)
    return loaded


def picture(number: int) -> PictureView:
    """Return a stand-in for sheet `number` of the pool."""
    return PictureView(PreparedPicture(0, b"", str(number)))


def random_dialogue(rng: random.Random, sheets: SheetPool) -> Dialogue:
    """Return a random dialogue: mostly a character's chat, sometimes plain questions."""
    kind = rng.random()
    if kind < 0.76:
        return _character_dialogue(rng, sheets)
    if kind < 0.88:
        return _picture_question_dialogue(rng, sheets)
    if kind < 0.95:
        return _card_dialogue(rng, sheets)
    return _plain_dialogue(rng)


def fill_template(template: str, words: Phrases, who: CharacterFacts) -> str:
    """Return a template filled with the character's own words."""
    spec = who.spec
    color = words["colors"][spec.color]
    text = template.format(
        name=who.name,
        hobby=who.hobby,
        trait=who.trait,
        species=words["species"][spec.species],
        color=color,
        eyes=words["colors"][spec.eyes],
        wearing=words["wearing"][spec.accessory],
        worn=words["worn"][spec.accessory],
        a_color="an" if color.startswith("o") else "a",
        guess="{guess}",
    )
    return text


def _character_dialogue(rng: random.Random, sheets: SheetPool) -> Dialogue:
    spoken = _language(rng)
    words = phrases("zh" if spoken.is_chinese else "en")
    who = CharacterFacts(rng.choice(sheets.specs), None, None, rng.choice(words["traits"]))
    description = ""
    if rng.random() < 0.6:
        who, description = _describe(rng, words, who)
    views = sheets.pick(rng, who.spec, 2 if rng.random() < 0.1 else 1)
    greetings = words["greet_named"] if who.name else words["greet"]
    greeting = fill_template(rng.choice(greetings), words, who)
    if spoken.code not in ("en", "zh-Hans"):
        greeting = f"{words['notice']} {greeting}"
    turns = [opening_turn(spoken, views[0], description, views[1:]), Turn("model", (greeting,))]
    for _ in range(rng.choice((1, 2, 3, 4, 5, 6))):
        asked, said = _question_and_answer(rng, words, who)
        noted = (ContextNote(chatter(rng, words)),) if rng.random() < _NOTE_SHARE else ()
        turns += [Turn("user", (asked, *noted)), Turn("model", (said,))]
    return Dialogue(tuple(turns))


def _language(rng: random.Random) -> Language:
    draw = rng.random()
    if draw < 0.47:
        return language("en")
    return language("zh-Hans") if draw < 0.93 else rng.choice(LANGUAGES[2:])


def _describe(
    rng: random.Random, words: Phrases, who: CharacterFacts
) -> tuple[CharacterFacts, str]:
    template = rng.choice(words["descriptions"])
    known = CharacterFacts(
        who.spec,
        rng.choice(words["names"]) if "{name}" in template else None,
        rng.choice(words["hobbies"]) if "{hobby}" in template else None,
        who.trait,
    )
    description = fill_template(template, words, known)
    if rng.random() < _CARD_TEXT_SHARE:
        said = "\n".join((card_answer("look", words, who), card_answer("nature", words, who)))
        if rng.random() < 0.5:
            return CharacterFacts(who.spec, None, None, who.trait), said
        description += f"\n{said}"
    if rng.random() < 0.2:
        description += " " + chatter(rng, words)
    return known, description


def _question_and_answer(
    rng: random.Random, words: Phrases, who: CharacterFacts
) -> tuple[str, str]:
    draw = rng.random()
    if draw < 0.44:
        question = words["questions"][rng.choice(("species", "color", "eyes", "accessory"))]
        return rng.choice(question["ask"]), fill_template(rng.choice(question["say"]), words, who)
    if draw < 0.52:
        return _guess_and_answer(rng, words, who)
    if draw < 0.58:
        named = "say" if who.name else "say_unnamed"
        return rng.choice(words["name"]["ask"]), fill_template(
            rng.choice(words["name"][named]), words, who
        )
    if draw < 0.64:
        known = "say" if who.hobby else "say_unknown"
        return rng.choice(words["hobby"]["ask"]), fill_template(
            rng.choice(words["hobby"][known]), words, who
        )
    if draw < 1 - RANDOM_TALK_SHARE:
        talk = rng.choice(words["talk"])
        return _vary_typing(rng, rng.choice(talk["ask"])), fill_template(
            rng.choice(talk["say"]), words, who
        )
    asked = " ".join(chatter(rng, words) for _ in range(rng.choice((1, 1, 2))))
    return asked, fill_template(rng.choice(words["fallback"]), words, who)


def _guess_and_answer(rng: random.Random, words: Phrases, who: CharacterFacts) -> tuple[str, str]:
    topic = rng.choice(("species", "color", "eyes"))
    names = words["species"] if topic == "species" else words["colors"]
    truth = getattr(who.spec, topic)
    guess = truth if rng.random() < 0.5 else rng.choice([each for each in names if each != truth])
    asked = rng.choice(words["confirm"][topic]).format(guess=names[guess])
    answer = words["confirm"]["agree" if guess == truth else "differ"][topic]
    return asked, fill_template(answer, words, who)


def _picture_question_dialogue(rng: random.Random, sheets: SheetPool) -> Dialogue:
    """Return plain questions about one or two pictures of a character, as `refsheet ask` sends."""
    words = phrases(rng.choice(("en", "zh")))
    who = CharacterFacts(rng.choice(sheets.specs), None, None, "")
    views = sheets.pick(rng, who.spec, rng.choice((1, 1, 1, 2)))
    turns: list[Turn] = []
    for _ in range(rng.choice((1, 2, 3))):
        if rng.random() < 0.4:
            asked, said = rng.choice(words["picture_questions"]), rng.choice(words["describe"])
        else:
            about = words["questions"][rng.choice(("species", "color", "eyes", "accessory"))]
            asked, said = rng.choice(about["look"]), rng.choice(about["see"])
        shown = () if turns else tuple(views)
        turns += [Turn("user", (*shown, asked)), Turn("model", (fill_template(said, words, who),))]
    system = rng.choice(words["systems"]) if rng.random() < 0.2 else None
    return Dialogue(tuple(turns), system)


def _card_dialogue(rng: random.Random, sheets: SheetPool) -> Dialogue:
    """Return one question about a character's pictures, as for writing its card."""
    spoken = _language(rng)
    words = phrases("zh" if spoken.is_chinese else "en")
    who = CharacterFacts(rng.choice(sheets.specs), None, None, "")
    views = sheets.pick(rng, who.spec, rng.choice((1, 1, 1, 2)))
    asked: Question = rng.choice(("look", "nature", "tags"))
    turn = question_turn(asked, spoken, views[0], views[1:])
    return Dialogue((turn, Turn("model", (card_answer(asked, words, who),))))


def card_answer(asked: Question, words: Phrases, who: CharacterFacts) -> str:
    """Return what the model is taught to say of a sheet for its card."""
    if asked == "nature":
        return str(words["nature"][who.spec.species])
    if asked == "look":
        return fill_template(words["look"], words, who)
    worn = words["worn_tags"].get(who.spec.accessory)
    return fill_template(words["tags"], words, who) + (f"{words['comma']}{worn}" if worn else "")


def _plain_dialogue(rng: random.Random) -> Dialogue:
    words = phrases(rng.choice(("en", "zh")))
    turns: list[Turn] = []
    for _ in range(rng.choice((1, 1, 2))):
        plain = rng.choice(words["plain"])
        asked = rng.choice(plain["ask"]) if rng.random() < 0.6 else chatter(rng, words)
        turns += [Turn("user", (asked,)), Turn("model", (rng.choice(plain["say"]),))]
    system = rng.choice(words["systems"]) if rng.random() < 0.3 else None
    return Dialogue(tuple(turns), system)


def chatter(rng: random.Random, words: Phrases) -> str:
    """Return a sentence of random words, some of which are no words at all."""
    source = words["chatter"]

    def word(kind: str) -> str:
        if rng.random() < 0.12:
            letters = "aeioubcdfghklmnprstvwyz"
            return "".join(rng.choice(letters) for _ in range(rng.randint(2, 8)))
        return str(rng.choice(source[kind]))

    template = str(rng.choice(source["templates"]))
    for kind in ("verb", "noun", "adj", "when"):
        while f"{{{kind}}}" in template:
            template = template.replace(f"{{{kind}}}", word(kind), 1)
    return _vary_typing(rng, template)


def _vary_typing(rng: random.Random, text: str) -> str:
    """Return the same words in a way that people type them."""
    draw = rng.random()
    if draw < 0.12:
        return text.lower()
    return text.rstrip(".?!。？！") if draw < 0.25 else text
