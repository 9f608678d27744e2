"""The goldens of Gemma's tokenizer have the texts that the script makes today."""

from __future__ import annotations

from helpers.gemma_tokens import CONVERSATIONS, DIFFERENT, TEXTS
from token_texts import EXPECTED_DIFFERENCES, Conversation, SampleText, conversations, texts


def test_the_goldens_are_of_these_texts() -> None:
    assert texts() == [SampleText(row["kind"], row["text"]) for row in TEXTS]


def test_the_goldens_are_of_these_conversations() -> None:
    assert conversations() == [
        Conversation(row["system"], tuple(row["turns"])) for row in CONVERSATIONS
    ]


def test_there_are_as_many_as_the_documents_say() -> None:
    assert (len(TEXTS), len(CONVERSATIONS)) == (1000, 50)
    assert max(len(row["turns"]) for row in CONVERSATIONS) == 7


def test_each_deliberate_difference_has_its_reason() -> None:
    assert {row["kind"]: row["differs"] for row in DIFFERENT} == EXPECTED_DIFFERENCES
