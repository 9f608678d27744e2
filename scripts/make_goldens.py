#!/usr/bin/env python3
"""Write down what the reference implementation says with the demo weights, for the tests.

Needs the extra `train`. Writes `tests/data/goldens/tokens.json` (prompts as token ids) and
`tests/data/goldens/logits.json` (the most likely next tokens, teacher-forced).
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch
from PIL import Image

from demo.dialogues import phrases
from demo.reference import DemoReference
from refsheet_tui.prompting import LANGUAGES, opening_text

ROOT = Path(__file__).resolve().parent.parent

GOLDENS = ROOT / "tests" / "data" / "goldens"
DEMO = ROOT / "models" / "demo"
ENGLISH, CHINESE = LANGUAGES[0], LANGUAGES[1]
SAMPLES = ("ember", "miso", "clover", "bolt", "dream", "coral")

Message = dict[str, Any]


def picture(name: str) -> Message:
    """Return the message part for a picture, by its path below the root of the project."""
    return {"type": "image", "path": name}


def sheet(sample: str) -> Message:
    return picture(f"samples/{sample}.png")


def text(words: str) -> Message:
    return {"type": "text", "text": words}


def user(*content: Message) -> Message:
    return {"role": "user", "content": list(content)}


def assistant(words: str) -> Message:
    return {"role": "assistant", "content": [text(words)]}


def system(words: str) -> Message:
    return {"role": "system", "content": [text(words)]}


def opening(sample: str, language: int = 0, description: str = "", *extras: Message) -> Message:
    persona = opening_text(LANGUAGES[language], description, has_extras=bool(extras))
    return user(sheet(sample), text(persona), *extras)


WIDE = picture("tests/data/pictures/three-across.png")
TALL = picture("tests/data/pictures/three-down.png")

PROMPTS: dict[str, list[Message]] = {
    "text only": [user(text("Hello, who are you?"))],
    "one picture": [user(sheet("ember"), text("What is in this picture?"))],
    "picture after text": [user(text("Look at this:"), sheet("miso"))],
    "several pictures": [user(sheet("ember"), sheet("miso"), text("Who are they?"), sheet("bolt"))],
    "opening": [opening("clover")],
    "opening with description": [opening("dream", 0, "Dream, a shy little bird.\nLoves singing.")],
    "opening with extras": [opening("bolt", 0, "A calm robot.", sheet("bolt"), sheet("ember"))],
    "Chinese": [
        opening("coral", 1, "你叫珊瑚,性格开朗。"),
        assistant("你好呀!"),
        user(text("你是谁?")),
    ],
    "Traditional Chinese": [opening("coral", 2)],
    "Arabic and Russian": [user(text("مرحبا، من أنت؟ Привет, кто ты?"))],
    "emoji": [user(text("Hi 🐉🔥 👨‍👩‍👧 n\u0303 e\u0301!")), assistant("🙂"), user(text("👍🏽"))],
    "system text": [system("Answer briefly."), user(sheet("miso"), text("What is it?"))],
    "system text and no picture": [system("Be kind.\nBe short. "), user(text("Hi"))],
    "five turns": [
        opening("ember"),
        assistant("Hi! I'm a dragon."),
        user(text("What color are you?")),
        assistant("Red, of course!"),
        user(text("Do you like cats?")),
        assistant("I do."),
        user(text("Why?")),
        assistant("They purr."),
        user(text("Bye!")),
    ],
    "white space": [
        user(text("  two  spaces \n\n\n three lines\t\ttabs  \n")),
        assistant(" x "),
        user(text("\n\ny")),
    ],
    "code and digits": [user(text("def f(x):\n    return x**2  # 1234567890 <b>&amp;</b>"))],
    "picture in a later turn": [
        user(text("Hi")),
        assistant("Hello!"),
        user(sheet("dream"), text("And this?")),
    ],
    "pan and scan, wide": [user(WIDE, text("What do the notes say?"))],
    "pan and scan, tall": [system("Be exact."), user(TALL, text("Describe it."))],
    "pan and scan, wide, in an opening": [
        user(WIDE, text(opening_text(ENGLISH, "Shy.", has_extras=True)), sheet("miso"), TALL)
    ],
}


def encode(reference: DemoReference, messages: list[Message], *, answer: bool = True) -> Any:
    """Return the reference processor's whole output for a conversation."""
    pictures = [
        Image.open(ROOT / item["path"]).convert("RGB")
        for message in messages
        for item in message["content"]
        if item["type"] == "image"
    ]
    rendered = reference.processor.apply_chat_template(messages, add_generation_prompt=answer)
    return reference.processor(
        # The template has written <bos> already.
        text=rendered,
        images=pictures or None,
        return_tensors="pt",
        add_special_tokens=False,
        images_kwargs={"do_pan_and_scan": True},
    )


@torch.no_grad()
def conversation(reference: DemoReference, sample: str, language: int) -> list[Message]:
    """Return a chat about everything a sheet shows, in the reference's own greedy words."""
    words = phrases("zh" if language else "en")
    questions = [words["questions"][topic]["ask"][1] for topic in words["questions"]]
    questions += [talk["ask"][0] for talk in words["talk"][:4]]
    messages = [opening(sample, language)]
    end = reference.tokenizer.convert_tokens_to_ids("<end_of_turn>")
    for question in [*questions, None]:
        inputs = encode(reference, messages)
        length = inputs["input_ids"].shape[1]
        reply_tokens = reference.model.generate(
            **inputs, max_new_tokens=60, do_sample=False, eos_token_id=end, pad_token_id=0
        )[0, length:]
        reply = reference.tokenizer.decode(reply_tokens, skip_special_tokens=True)
        messages.append(assistant(reply))
        if question:
            messages.append(user(text(question)))
    return [*messages, user(text("Bye!"))]


@torch.no_grad()
def next_tokens(reference: DemoReference, messages: list[Message]) -> dict[str, Any]:
    """Return the five most likely tokens after every position.

    Also returns the positions at which the model speaks.
    """
    inputs = encode(reference, messages)
    logits = reference.model(**inputs).logits[0]
    top_tokens = logits.topk(5)
    return {
        "messages": messages,
        "speaks": model_positions(reference, inputs["input_ids"][0].tolist()),
        "tokens": top_tokens.indices.tolist(),
        "logits": [[round(value, 4) for value in row] for row in top_tokens.values.tolist()],
    }


def model_positions(reference: DemoReference, ids: list[int]) -> list[int]:
    """Return the positions whose next token is the model's own, its end of turn included."""
    find = reference.tokenizer.convert_tokens_to_ids
    start, end, model = find("<start_of_turn>"), find("<end_of_turn>"), find("model")
    positions: list[int] = []
    speaking = False
    for position, token in enumerate(ids[:-1]):
        if token == start:
            # <start_of_turn> model \n: the newline is the first position that the model answers.
            speaking = ids[position + 1] == model
            header = position + 2
        if speaking and position >= header and end not in ids[header:position]:
            positions.append(position)
            speaking = ids[position + 1] != end
    return positions


def main() -> None:
    reference = DemoReference(DEMO / "demo.gguf", DEMO / "demo-mmproj.gguf")
    tokens = [
        {
            "name": name,
            "messages": messages,
            "ids": encode(reference, messages)["input_ids"][0].tolist(),
        }
        for name, messages in PROMPTS.items()
    ]
    _write("tokens.json", tokens)
    chats = [
        next_tokens(reference, conversation(reference, sample, number % 2))
        for number, sample in enumerate(SAMPLES)
    ]
    print(sum(len(chat["speaks"]) for chat in chats), "positions at which the model speaks")
    _write("logits.json", chats)


def _write(name: str, goldens: list[dict[str, Any]]) -> None:
    GOLDENS.mkdir(parents=True, exist_ok=True)
    rows = ",\n".join(json.dumps(each, ensure_ascii=False) for each in goldens)
    (GOLDENS / name).write_text(f"[\n{rows}\n]\n", encoding="utf-8")


if __name__ == "__main__":
    main()
