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


def fill_template(template: str, words: Phrases, facts: CharacterFacts) -> str:
    """Return a template filled with the character's own words."""
    spec = facts.spec
    color = words["colors"][spec.color]
    text = template.format(
        name=facts.name,
        hobby=facts.hobby,
        trait=facts.trait,
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
    spoken_language = _language(rng)
    words = phrases("zh" if spoken_language.is_chinese else "en")
    facts = CharacterFacts(rng.choice(sheets.specs), None, None, rng.choice(words["traits"]))
    description = ""
    if rng.random() < 0.6:
        facts, description = _describe(rng, words, facts)
    views = sheets.pick(rng, facts.spec, 2 if rng.random() < 0.1 else 1)
    greetings = words["greet_named"] if facts.name else words["greet"]
    greeting = fill_template(rng.choice(greetings), words, facts)
    if spoken_language.code not in ("en", "zh-Hans"):
        greeting = f"{words['notice']} {greeting}"
    turns = [
        opening_turn(spoken_language, views[0], description, views[1:]),
        Turn("model", (greeting,)),
    ]
    for _ in range(rng.choice((1, 2, 3, 4, 5, 6))):
        question, answer = _question_and_answer(rng, words, facts)
        notes = (ContextNote(chatter(rng, words)),) if rng.random() < _NOTE_SHARE else ()
        turns += [Turn("user", (question, *notes)), Turn("model", (answer,))]
    return Dialogue(tuple(turns))


def _language(rng: random.Random) -> Language:
    draw = rng.random()
    if draw < 0.47:
        return language("en")
    return language("zh-Hans") if draw < 0.93 else rng.choice(LANGUAGES[2:])


def _describe(
    rng: random.Random, words: Phrases, facts: CharacterFacts
) -> tuple[CharacterFacts, str]:
    template = rng.choice(words["descriptions"])
    described_facts = CharacterFacts(
        facts.spec,
        rng.choice(words["names"]) if "{name}" in template else None,
        rng.choice(words["hobbies"]) if "{hobby}" in template else None,
        facts.trait,
    )
    description = fill_template(template, words, described_facts)
    if rng.random() < _CARD_TEXT_SHARE:
        card_text = "\n".join(
            (card_answer("look", words, facts), card_answer("nature", words, facts))
        )
        if rng.random() < 0.5:
            return CharacterFacts(facts.spec, None, None, facts.trait), card_text
        description += f"\n{card_text}"
    if rng.random() < 0.2:
        description += " " + chatter(rng, words)
    return described_facts, description


def _question_and_answer(
    rng: random.Random, words: Phrases, facts: CharacterFacts
) -> tuple[str, str]:
    draw = rng.random()
    if draw < 0.44:
        question = words["questions"][rng.choice(("species", "color", "eyes", "accessory"))]
        return rng.choice(question["ask"]), fill_template(rng.choice(question["say"]), words, facts)
    if draw < 0.52:
        return _guess_and_answer(rng, words, facts)
    if draw < 0.58:
        answer_key = "say" if facts.name else "say_unnamed"
        return rng.choice(words["name"]["ask"]), fill_template(
            rng.choice(words["name"][answer_key]), words, facts
        )
    if draw < 0.64:
        answer_key = "say" if facts.hobby else "say_unknown"
        return rng.choice(words["hobby"]["ask"]), fill_template(
            rng.choice(words["hobby"][answer_key]), words, facts
        )
    if draw < 1 - RANDOM_TALK_SHARE:
        talk = rng.choice(words["talk"])
        return _vary_typing(rng, rng.choice(talk["ask"])), fill_template(
            rng.choice(talk["say"]), words, facts
        )
    text = " ".join(chatter(rng, words) for _ in range(rng.choice((1, 1, 2))))
    return text, fill_template(rng.choice(words["fallback"]), words, facts)


def _guess_and_answer(rng: random.Random, words: Phrases, facts: CharacterFacts) -> tuple[str, str]:
    topic = rng.choice(("species", "color", "eyes"))
    names = words["species"] if topic == "species" else words["colors"]
    truth = getattr(facts.spec, topic)
    guess = truth if rng.random() < 0.5 else rng.choice([each for each in names if each != truth])
    question = rng.choice(words["confirm"][topic]).format(guess=names[guess])
    answer = words["confirm"]["agree" if guess == truth else "differ"][topic]
    return question, fill_template(answer, words, facts)


def _picture_question_dialogue(rng: random.Random, sheets: SheetPool) -> Dialogue:
    """Return plain questions about one or two pictures of a character, as `refsheet ask` sends."""
    words = phrases(rng.choice(("en", "zh")))
    facts = CharacterFacts(rng.choice(sheets.specs), None, None, "")
    views = sheets.pick(rng, facts.spec, rng.choice((1, 1, 1, 2)))
    turns: list[Turn] = []
    for _ in range(rng.choice((1, 2, 3))):
        if rng.random() < 0.4:
            question, answer = rng.choice(words["picture_questions"]), rng.choice(words["describe"])
        else:
            topic = words["questions"][rng.choice(("species", "color", "eyes", "accessory"))]
            question, answer = rng.choice(topic["look"]), rng.choice(topic["see"])
        pictures = () if turns else tuple(views)
        turns += [
            Turn("user", (*pictures, question)),
            Turn("model", (fill_template(answer, words, facts),)),
        ]
    system = rng.choice(words["systems"]) if rng.random() < 0.2 else None
    return Dialogue(tuple(turns), system)


def _card_dialogue(rng: random.Random, sheets: SheetPool) -> Dialogue:
    """Return one question about a character's pictures, as for writing its card."""
    spoken_language = _language(rng)
    words = phrases("zh" if spoken_language.is_chinese else "en")
    facts = CharacterFacts(rng.choice(sheets.specs), None, None, "")
    views = sheets.pick(rng, facts.spec, rng.choice((1, 1, 1, 2)))
    question: Question = rng.choice(("look", "nature", "tags"))
    turn = question_turn(question, spoken_language, views[0], views[1:])
    return Dialogue((turn, Turn("model", (card_answer(question, words, facts),))))


def card_answer(question: Question, words: Phrases, facts: CharacterFacts) -> str:
    """Return what the model is taught to say of a sheet for its card."""
    if question == "nature":
        return str(words["nature"][facts.spec.species])
    if question == "look":
        return fill_template(words["look"], words, facts)
    accessory_tag = words["worn_tags"].get(facts.spec.accessory)
    return fill_template(words["tags"], words, facts) + (
        f"{words['comma']}{accessory_tag}" if accessory_tag else ""
    )


def _plain_dialogue(rng: random.Random) -> Dialogue:
    words = phrases(rng.choice(("en", "zh")))
    turns: list[Turn] = []
    for _ in range(rng.choice((1, 1, 2))):
        exchange = rng.choice(words["plain"])
        question = rng.choice(exchange["ask"]) if rng.random() < 0.6 else chatter(rng, words)
        turns += [Turn("user", (question,)), Turn("model", (rng.choice(exchange["say"]),))]
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
