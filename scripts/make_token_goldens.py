#!/usr/bin/env python3
"""Write down how Gemma 3's published tokenizer splits the texts of `token_texts`.

`scripts/make_token_goldens.py FOLDER`: FOLDER holds `tokenizer.json` and `tokenizer_config.json` as
they are published with the model. Needs the extra `train`. Writes
`tests/data/goldens/gemma-tokens.json`.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from jinja2.sandbox import ImmutableSandboxedEnvironment
from tokenizers import Tokenizer

from token_texts import EXPECTED_DIFFERENCES, Conversation, conversations, texts

ROOT = Path(__file__).resolve().parent.parent
GOLDENS = ROOT / "tests" / "data" / "goldens" / "gemma-tokens.json"
VOCABULARY = 262_144


class TokenizerReference:
    """The published tokenizer and chat template."""

    def __init__(self, folder: Path) -> None:
        self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        config = json.loads((folder / "tokenizer_config.json").read_text(encoding="utf-8"))
        self._bos = config["bos_token"]
        # The same options as in transformers (`_compile_jinja_template`).
        environment = ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True)
        self._template = environment.from_string(config["chat_template"])

    def tokenize(self, text: str) -> list[int]:
        """Return the token ids of a text, with no `<bos>` in front."""
        ids: list[int] = self._tokenizer.encode(text, add_special_tokens=False).ids
        return ids

    def tokenize_conversation(self, conversation: Conversation) -> list[int]:
        """Return the token ids of a conversation and of the header of the model's next turn."""
        roles = ("user", "assistant")
        messages: list[dict[str, Any]] = [
            {"role": roles[number % 2], "content": text}
            for number, text in enumerate(conversation.turns)
        ]
        if conversation.system is not None:
            messages.insert(0, {"role": "system", "content": conversation.system})
        return self.tokenize(
            self._template.render(
                messages=messages, bos_token=self._bos, add_generation_prompt=True
            )
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, metavar="FOLDER")
    reference = TokenizerReference(parser.parse_args().folder)
    rows: list[dict[str, Any]] = []
    for text in texts():
        row: dict[str, Any] = {"kind": text.kind, "text": text.text}
        if text.kind in EXPECTED_DIFFERENCES:
            row["differs"] = EXPECTED_DIFFERENCES[text.kind]
        rows.append({**row, "ids": reference.tokenize(text.text)})
    for chat in conversations():
        rows.append(
            {
                "system": chat.system,
                "turns": chat.turns,
                "ids": reference.tokenize_conversation(chat),
            }
        )
    lines = ",\n".join(json.dumps(row, separators=(",", ":")) for row in rows)
    head = json.dumps({"vocabulary": VOCABULARY})[1:-1]
    GOLDENS.write_text(f'{{{head}, "rows": [\n{lines}\n]}}\n', encoding="utf-8")
    print(f"{len(rows)} rows, {GOLDENS.stat().st_size:,} bytes: {GOLDENS}")


if __name__ == "__main__":
    main()
