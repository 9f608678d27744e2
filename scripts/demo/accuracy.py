"""Measure with the product's own engine how often the demo model is right on unseen sheets."""

from __future__ import annotations

import asyncio
import random
import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from demo.dialogues import Phrases, phrases
from demo.sheets import SheetSpec, draw_sheet
from refsheet_tui.characters import Character
from refsheet_tui.chats import Branch, Conversation, Library, open_conversation
from refsheet_tui.engine import GenerationSettings, LoadSettings, LocalEngine, ModelInfo, Vision
from refsheet_tui.prompting import Language, language

FIRST_SEED = 20_000_000
"""The first seed of the sheets drawn here. Sheets for training have smaller ones."""

GREEDY_SETTINGS = GenerationSettings(sample=False, max_new_tokens=80)
TOPICS = ("species", "color", "eyes", "accessory")

UNTRAINED_TALK = {
    "en": (
        "I just got a new skateboard and fell off twice.",
        "Do you believe in ghosts?",
        "My sister plays the violin very badly.",
        "What would you do with a million dollars?",
        "It's raining cats and dogs outside!",
        "I can't sleep tonight.",
        "Have you met the mayor of our town?",
        "I love the smell of fresh paint.",
    ),
    "zh": (
        "我刚买了一个滑板，摔了两次。",
        "你相信有鬼吗？",
        "我妹妹小提琴拉得很难听。",
        "如果你有一百万会做什么？",
        "外面下着倾盆大雨！",
        "我今晚睡不着。",
        "你见过我们的市长吗？",
        "我喜欢新油漆的味道。",
    ),
}


@dataclass(frozen=True)
class AccuracyScores:
    """The shares of right answers by what was asked, and the small talk."""

    greeting: dict[str, float]
    follow_ups: dict[str, float]
    small_talk: list[tuple[str, str]]


async def measure_accuracy(model: Path, mmproj: Path, code: str, sheets: int) -> AccuracyScores:
    """Let the model greet on `sheets` new sheets, and ask four questions on each.

    `code` is `en` or `zh`.
    """
    words = phrases(code)
    spoken_language = language("en" if code == "en" else "zh-Hans")
    engine = LocalEngine()
    info = await engine.load(LoadSettings(model, mmproj, context_size=2048))
    rng = random.Random(code)
    greeting: Counter[str] = Counter()
    follow_ups: Counter[str] = Counter()
    small_talk: list[tuple[str, str]] = []
    try:
        with tempfile.TemporaryDirectory() as folder, Library.in_memory() as library:
            for number in range(sheets):
                spec = SheetSpec.random(rng)
                conversation = _open_conversation(
                    engine, info, library, spec, FIRST_SEED + number, Path(folder), spoken_language
                )
                reply = await _reply(conversation)
                for topic in TOPICS:
                    greeting[topic] += is_greeting_right(reply, words, spec, topic)
                for topic in rng.sample(TOPICS, 4):
                    reply = await _ask(conversation, rng.choice(words["questions"][topic]["ask"]))
                    follow_ups[topic] += is_answer_right(reply, words, spec, topic)
                if number < len(UNTRAINED_TALK[code]):
                    question = UNTRAINED_TALK[code][number]
                    small_talk.append((question, await _ask(conversation, question)))
    finally:
        await engine.close()
    return AccuracyScores(
        _divide_counts(greeting, sheets), _divide_counts(follow_ups, sheets), small_talk
    )


async def measure_description_knowledge(
    model: Path, mmproj: Path, code: str, sheets: int
) -> dict[str, float]:
    """Return the share of chats in which the model knows the name and the hobby of its description.

    It is asked right after the greeting.
    """
    words = phrases(code)
    spoken_language = language("en" if code == "en" else "zh-Hans")
    engine = LocalEngine()
    info = await engine.load(LoadSettings(model, mmproj, context_size=2048))
    rng = random.Random(code)
    correct_counts: Counter[str] = Counter()
    try:
        with tempfile.TemporaryDirectory() as folder, Library.in_memory() as library:
            for number in range(sheets):
                facts = {"name": rng.choice(words["names"]), "hobby": rng.choice(words["hobbies"])}
                description = words["descriptions"][2].format(
                    **facts, trait=rng.choice(words["traits"])
                )
                conversation = _open_conversation(
                    engine,
                    info,
                    library,
                    SheetSpec.random(rng),
                    FIRST_SEED + number,
                    Path(folder),
                    spoken_language,
                    description,
                )
                await _reply(conversation)
                for fact, value in facts.items():
                    reply = await _ask(conversation, rng.choice(words[fact]["ask"]))
                    correct_counts[fact] += value in reply
    finally:
        await engine.close()
    return {fact: correct_counts[fact] / sheets for fact in ("name", "hobby")}


def is_greeting_right(reply: str, words: Phrases, spec: SheetSpec, topic: str) -> bool:
    """Return whether a greeting names this trait as the sheet shows it, and no other value."""
    if topic == "accessory":
        return _names_only(reply, words["wearing"], spec.accessory)
    if topic == "eyes":
        eyes = words["colors"][spec.eyes]
        return f"{eyes} eyes" in reply or f"眼睛是{eyes}" in reply
    if topic == "species":
        return _names_only(reply, words["species"], spec.species)
    names = (words["colors"][spec.color], words["species"][spec.species])
    return " ".join(names) in reply or f"{names[0]}的" in reply.split("眼睛")[0]


def is_answer_right(reply: str, words: Phrases, spec: SheetSpec, topic: str) -> bool:
    """Return whether an answer names the value asked for, and no other."""
    names = {"species": "species", "accessory": "wearing"}.get(topic, "colors")
    return _names_only(reply, words[names], getattr(spec, topic))


def _names_only(reply: str, names: dict[str, str], expected: str) -> bool:
    return [key for key, name in names.items() if name in reply] == [expected]


def _open_conversation(
    engine: LocalEngine,
    info: ModelInfo,
    library: Library,
    spec: SheetSpec,
    seed: int,
    folder: Path,
    spoken_language: Language,
    description: str = "",
) -> Conversation:
    sheet = folder / f"{seed}.png"
    draw_sheet(spec, seed).save(sheet, compress_level=1)
    character = Character(sheet, spoken_language, description=description)
    branch = Branch(library.tree, library.chats.create_chat(None).id)
    vision = Vision(info, pan_and_scan=True)
    return open_conversation(engine, GREEDY_SETTINGS, vision, branch, character)


async def _ask(conversation: Conversation, text: str) -> str:
    conversation.add_user_message(text)
    return await _reply(conversation)


async def _reply(conversation: Conversation) -> str:
    async for _ in conversation.reply():
        pass
    text = conversation.turns[-1].content[-1]
    return text if isinstance(text, str) and conversation.turns[-1].role == "model" else ""


def _divide_counts(counts: Counter[str], total: int) -> dict[str, float]:
    return {topic: counts[topic] / total for topic in TOPICS}


def print_table(model: Path, mmproj: Path, sheets: int) -> None:
    """Measure both languages and print a Markdown table and the small talk."""
    print(f"| greedy, {sheets} unseen sheets | species | colour | eyes | accessory |")
    print("|---|---|---|---|---|")
    small_talks: list[Sequence[tuple[str, str]]] = []
    for code in ("en", "zh"):
        scores = asyncio.run(measure_accuracy(model, mmproj, code, sheets))
        for label, shares in (("greeting", scores.greeting), ("follow-ups", scores.follow_ups)):
            cells = " | ".join(f"{100 * shares[topic]:.1f} %" for topic in TOPICS)
            print(f"| {code}, {label} | {cells} |")
        small_talks.append(scores.small_talk)
    print("\n| recalls of its description | name | hobby |\n|---|---|---|")
    for code in ("en", "zh"):
        shares = asyncio.run(measure_description_knowledge(model, mmproj, code, sheets))
        print(f"| {code} | {100 * shares['name']:.1f} % | {100 * shares['hobby']:.1f} % |")
    for pairs in small_talks:
        print()
        for question, reply in pairs:
            print(f"- {question} → {reply}")
