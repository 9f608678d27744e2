"""How often the demo model is right, through the product's own engine, on sheets it never saw."""

from __future__ import annotations

import asyncio
import random
import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from demo.dialogues import Phrases, phrases
from demo.sheets import Spec, draw_sheet
from refsheet_tui.characters import Character
from refsheet_tui.chats import Conversation
from refsheet_tui.engine import GenerationSettings, LoadSettings, LocalEngine, ModelInfo, Vision
from refsheet_tui.prompting import Language, language

FIRST_SEED = 20_000_000
"""Sheets drawn for training have smaller seeds."""

GREEDY = GenerationSettings(sample=False, max_new_tokens=80)
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
class Scores:
    """Shares right by what was asked, and the small talk as it went."""

    greeting: dict[str, float]
    follow_ups: dict[str, float]
    small_talk: list[tuple[str, str]]


async def measure(model: Path, mmproj: Path, code: str, sheets: int) -> Scores:
    """`code` is `en` or `zh`; greets on `sheets` new sheets and asks four questions on each."""
    words = phrases(code)
    spoken = language("en" if code == "en" else "zh-Hans")
    engine = LocalEngine()
    info = await engine.load(LoadSettings(model, mmproj, context_size=2048))
    rng = random.Random(code)
    greeting: Counter[str] = Counter()
    follow_ups: Counter[str] = Counter()
    small_talk: list[tuple[str, str]] = []
    try:
        with tempfile.TemporaryDirectory() as folder:
            for number in range(sheets):
                spec = Spec.random(rng)
                talk = _conversation(engine, info, spec, FIRST_SEED + number, Path(folder), spoken)
                said = await _reply(talk)
                for topic in TOPICS:
                    greeting[topic] += greets_right(said, words, spec, topic)
                for topic in rng.sample(TOPICS, 4):
                    said = await _answer(talk, rng.choice(words["questions"][topic]["ask"]))
                    follow_ups[topic] += answers_right(said, words, spec, topic)
                if number < len(UNTRAINED_TALK[code]):
                    asked = UNTRAINED_TALK[code][number]
                    small_talk.append((asked, await _answer(talk, asked)))
    finally:
        await engine.close()
    return Scores(_shares(greeting, sheets), _shares(follow_ups, sheets), small_talk)


async def recall(model: Path, mmproj: Path, code: str, sheets: int) -> dict[str, float]:
    """Share of chats in which it still knows the name and the hobby of its description, asked
    right after the greeting."""
    words = phrases(code)
    spoken = language("en" if code == "en" else "zh-Hans")
    engine = LocalEngine()
    info = await engine.load(LoadSettings(model, mmproj, context_size=2048))
    rng = random.Random(code)
    right: Counter[str] = Counter()
    try:
        with tempfile.TemporaryDirectory() as folder:
            for number in range(sheets):
                known = {"name": rng.choice(words["names"]), "hobby": rng.choice(words["hobbies"])}
                described = words["descriptions"][2].format(
                    **known, trait=rng.choice(words["traits"])
                )
                talk = _conversation(
                    engine,
                    info,
                    Spec.random(rng),
                    FIRST_SEED + number,
                    Path(folder),
                    spoken,
                    described,
                )
                await _reply(talk)
                for fact, value in known.items():
                    said = await _answer(talk, rng.choice(words[fact]["ask"]))
                    right[fact] += value in said
    finally:
        await engine.close()
    return {fact: right[fact] / sheets for fact in ("name", "hobby")}


def greets_right(said: str, words: Phrases, spec: Spec, topic: str) -> bool:
    """Whether a greeting names this trait as the sheet shows it, and no other value of it."""
    if topic == "accessory":
        return _only(said, words["wearing"], spec.accessory)
    if topic == "eyes":
        eyes = words["colors"][spec.eyes]
        return f"{eyes} eyes" in said or f"眼睛是{eyes}" in said
    if topic == "species":
        return _only(said, words["species"], spec.species)
    named = (words["colors"][spec.color], words["species"][spec.species])
    return " ".join(named) in said or f"{named[0]}的" in said.split("眼睛")[0]


def answers_right(said: str, words: Phrases, spec: Spec, topic: str) -> bool:
    """Whether an answer names the value asked for, and no other."""
    names = {"species": "species", "accessory": "wearing"}.get(topic, "colors")
    return _only(said, words[names], getattr(spec, topic))


def _only(said: str, names: dict[str, str], truth: str) -> bool:
    return [key for key, name in names.items() if name in said] == [truth]


def _conversation(
    engine: LocalEngine,
    info: ModelInfo,
    spec: Spec,
    seed: int,
    folder: Path,
    spoken: Language,
    description: str = "",
) -> Conversation:
    sheet = folder / f"{seed}.png"
    draw_sheet(spec, seed).save(sheet, compress_level=1)
    character = Character(sheet, spoken, description=description)
    opening = character.opening(Vision(info, pan_and_scan=True))
    return Conversation(engine, GREEDY, opening, context_size=info.context_size)


async def _answer(talk: Conversation, text: str) -> str:
    talk.say(text)
    return await _reply(talk)


async def _reply(talk: Conversation) -> str:
    async for _ in talk.reply():
        pass
    said = talk.turns[-1].content[-1]
    return said if isinstance(said, str) and talk.turns[-1].role == "model" else ""


def _shares(counts: Counter[str], total: int) -> dict[str, float]:
    return {topic: counts[topic] / total for topic in TOPICS}


def print_table(model: Path, mmproj: Path, sheets: int) -> None:
    """Measure both languages and print a Markdown table and the small talk."""
    print(f"| greedy, {sheets} unseen sheets | species | colour | eyes | accessory |")
    print("|---|---|---|---|---|")
    talks: list[Sequence[tuple[str, str]]] = []
    for code in ("en", "zh"):
        scores = asyncio.run(measure(model, mmproj, code, sheets))
        for label, shares in (("greeting", scores.greeting), ("follow-ups", scores.follow_ups)):
            cells = " | ".join(f"{100 * shares[topic]:.1f} %" for topic in TOPICS)
            print(f"| {code}, {label} | {cells} |")
        talks.append(scores.small_talk)
    print("\n| recalls of its description | name | hobby |\n|---|---|---|")
    for code in ("en", "zh"):
        shares = asyncio.run(recall(model, mmproj, code, sheets))
        print(f"| {code} | {100 * shares['name']:.1f} % | {100 * shares['hobby']:.1f} % |")
    for talk in talks:
        print()
        for asked, said in talk:
            print(f"- {asked} → {said}")
