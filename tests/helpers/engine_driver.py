"""Helpers for the engine's tests: pictures, prompts, and running a generation."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from gguf import GGUFReader, GGUFWriter

from refsheet_tui.engine import (
    Engine,
    EngineEvent,
    GenerationSettings,
    LoadSettings,
    PictureProgress,
    PromptProgress,
    ReplyFinished,
    TextDelta,
)
from refsheet_tui.paths import demo_mmproj, demo_model
from refsheet_tui.pictures import PictureView, PreparedPicture
from refsheet_tui.prompting import Prompt, Turn, build_prompt

PICTURE_SIZE = 224
GREEDY = GenerationSettings(max_new_tokens=24, sample=False)
# All tokens are equally likely, so the weights don't matter and the seed makes the reply long. It
# has 2,450 tokens before one of the first eight of some 2,000 tokens is drawn, which end a turn.
ENDLESS = GenerationSettings(
    max_new_tokens=5000, temperature=1e6, top_k=0, top_p=1.0, min_p=0.0, seed=2741
)


def demo(context_size: int = 8192, *, sees: bool = True) -> LoadSettings:
    return LoadSettings(
        demo_model(), demo_mmproj() if sees else None, context_size=context_size, threads=1
    )


def picture(number: int, size: int = PICTURE_SIZE) -> PreparedPicture:
    """Return a picture that is different for each number."""
    rgb = bytes((x * number + y) % 256 for y in range(size) for x in range(size * 3))
    return PreparedPicture(size, rgb, hashlib.sha256(rgb).hexdigest())


def user(*content: str | PreparedPicture) -> Turn:
    views = (PictureView(item) if isinstance(item, PreparedPicture) else item for item in content)
    return Turn("user", tuple(views))


def model(text: str) -> Turn:
    return Turn("model", (text,))


def ask(*content: str | PreparedPicture) -> Prompt:
    return build_prompt([user(*content)])


def long_text(words: int) -> str:
    return " ".join(f"word {number}" for number in range(words))


def tiny_copy(path: Path, target: Path, size: int) -> Path:
    """Copy the first `size` bytes of a file."""
    target.write_bytes(path.read_bytes()[:size])
    return target


@lru_cache(maxsize=1)
def _demo_reader() -> GGUFReader:
    """Return a reader of the demo model, cached because reading takes most of a second."""
    return GGUFReader(demo_model())


def with_tokens(
    target: Path, changes: Mapping[str, tuple[str, int]], *, zeroed: bool = False
) -> Path:
    """Write a copy of the demo model with other names and types for some tokens.

    If `zeroed`, its embeddings are all zeros, so that it always predicts the first token.
    """
    reader = _demo_reader()
    writer = GGUFWriter(target, "gemma3")
    names = reader.fields["tokenizer.ggml.tokens"].contents()
    types = reader.fields["tokenizer.ggml.token_type"].contents()
    for old, (new, kind) in changes.items():
        index = names.index(old)
        names[index], types[index] = new, kind
    changed = {"tokenizer.ggml.tokens": names, "tokenizer.ggml.token_type": types}
    for key, field_ in reader.fields.items():
        if not key.startswith("GGUF.") and key != "general.architecture":
            value = changed.get(key) or field_.contents()
            writer.add_key_value(key, value, field_.types[0], field_.types[-1])
    for tensor in reader.tensors:
        is_zero = zeroed and tensor.name == "token_embd.weight"
        data = tensor.data * 0 if is_zero else tensor.data
        writer.add_tensor(tensor.name, data, raw_dtype=tensor.tensor_type)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return target


def retype(path: Path, token: str, kind: int) -> None:
    """Change the type of a token in a model file."""
    reader = GGUFReader(path, "r+")
    tokens = reader.fields["tokenizer.ggml.tokens"]
    names = [bytes(tokens.parts[index]).decode() for index in tokens.data]
    types = reader.fields["tokenizer.ggml.token_type"]
    types.parts[types.data[names.index(token)]][0] = kind
    reader.data.flush()


@dataclass
class Reply:
    """All events of one generation."""

    events: list[EngineEvent] = field(default_factory=list)

    @property
    def text(self) -> str:
        return "".join(event.text for event in self.events if isinstance(event, TextDelta))

    @property
    def looks(self) -> list[PictureProgress]:
        return [event for event in self.events if isinstance(event, PictureProgress)]

    @property
    def readings(self) -> list[PromptProgress]:
        return [event for event in self.events if isinstance(event, PromptProgress)]

    @property
    def finished(self) -> ReplyFinished:
        last = self.events[-1]
        assert isinstance(last, ReplyFinished)
        return last


async def reply(engine: Engine, prompt: Prompt, settings: GenerationSettings = GREEDY) -> Reply:
    return Reply([event async for event in engine.generate(prompt, settings)])


async def reply_cancelled_at(
    engine: Engine, kind: type, prompt: Prompt, settings: GenerationSettings = ENDLESS
) -> Reply:
    """Generate a reply, cancel it at the first event of `kind`, and return all events."""
    heard = Reply()
    asked = False
    async for event in engine.generate(prompt, settings):
        heard.events.append(event)
        if isinstance(event, kind) and not asked:
            asked = True
            await engine.cancel()
    return heard
