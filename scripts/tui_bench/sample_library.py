"""The content of the screens while they are measured: a library on disk, and a long reply."""

from __future__ import annotations

import random
from pathlib import Path

from refsheet_tui.characters import Profile
from refsheet_tui.chats import Library, PortableMessage
from refsheet_tui.paths import samples_dir

CHARACTER = "Ember"
# The first word of a chat's last message, and nowhere else.
LAST_WORD = "Quetzalcoatl"
_WORDS = (
    *("dragon", "whale", "painting", "silver", "forest", "river", "mountain", "lantern", "paper"),
    *("story", "colour", "window", "morning", "wing", "scale", "letter", "garden", "evening"),
)


def create_sample_library(folder: Path, messages: int) -> None:
    """Create a library with one character and one chat of `messages` messages.

    A model is already chosen.
    """
    (folder / "config").mkdir(parents=True)
    (folder / "config" / "config.yaml").write_text("model: demo\n")
    library = Library.open(folder / "data")
    profile = Profile(name=CHARACTER, description="A dragon who tends a lighthouse.")
    version = library.characters.add_character(profile, [samples_dir() / "ember.png"]).version
    rng = random.Random(0)
    drafts = [
        PortableMessage(
            parent=number - 1 if number else None,
            role="user" if number % 2 else "model",
            text=_message_text(rng, is_last=number == messages - 1),
        )
        for number in range(messages)
    ]
    library.tree.add_messages(library.chats.create_chat(version).id, drafts, messages - 1)
    library.close()


def _message_text(rng: random.Random, *, is_last: bool) -> str:
    words = rng.choices(_WORDS, k=rng.randrange(5, 40))
    return " ".join([LAST_WORD, *words] if is_last else words)


def make_reply_pieces(tokens: int) -> list[str]:
    """Return a story in Markdown, in pieces as a model writes them."""
    rng = random.Random(1)
    pieces: list[str] = []
    while len(pieces) < tokens:
        pieces += ["*", *_sentence_pieces(rng, 8), "*\n\n"]
        for _ in range(rng.randrange(2, 5)):
            pieces += [*_sentence_pieces(rng, 14), ".", " **", rng.choice(_WORDS), "**"]
        pieces.append("\n\n")
        for _ in range(3):
            pieces += ["- ", *_sentence_pieces(rng, 5), "\n"]
        pieces.append("\n")
    return pieces[:tokens]


def _sentence_pieces(rng: random.Random, words: int) -> list[str]:
    first, *others = rng.choices(_WORDS, k=words)
    return [first.title(), *(f" {word}" for word in others)]
