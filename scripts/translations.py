#!/usr/bin/env python3
"""Update or check the translations of the screens: `translations.py update|check`.

`update` brings every catalogue in `refsheet_tui/locale` in line with the program: new messages get
an empty translation, and messages that are not used any more are removed. `check` lists what is
wrong.
"""

from __future__ import annotations

import argparse
import ast
import io
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po, write_po

from refsheet_tui.config import setting_explanations

PROGRAM = Path(__file__).resolve().parent.parent / "refsheet_tui"
LOCALE = PROGRAM / "locale"

_PLACEHOLDER = re.compile(r"\{\w*\}")
_WIDTH = 100


def extract_messages() -> Catalog:
    """Return every message of the program, without translations."""
    catalogue = Catalog()
    for path in sorted(PROGRAM.rglob("*.py")):
        for message in _messages(path):
            catalogue.add(message)
    for explanation in filter(None, setting_explanations().values()):
        catalogue.add(explanation)
    return catalogue


def _messages(path: Path) -> Iterator[str | tuple[str, str]]:
    """Yield the messages of a file.

    Babel's own extraction does not see into f-strings before Python 3.12.
    """
    for node in ast.walk(ast.parse(path.read_bytes())):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            texts = [each.value for each in node.args if isinstance(each, ast.Constant)]
            match node.func.id, texts:
                case ("_" | "N_", [str(text)]) if text:
                    yield text
                case "ngettext", [str(one), str(many)]:
                    yield one, many


def read_catalogues(folder: Path = LOCALE) -> dict[str, Catalog]:
    """Return the catalogues by their language codes."""
    return {path.stem: _read(path) for path in sorted(folder.glob("*.po"))}


def update(folder: Path = LOCALE) -> None:
    """Update all catalogues.

    The header of each is not changed: with a date in it, any two changes would conflict.
    """
    template = extract_messages()
    for code, catalogue in read_catalogues(folder).items():
        catalogue.update(template, no_fuzzy_matching=True)
        file, body = folder / f"{code}.po", io.BytesIO()
        write_po(
            body,
            catalogue,
            width=_WIDTH,
            no_location=True,
            omit_header=True,
            sort_output=True,
            ignore_obsolete=True,
        )
        head = file.read_bytes().partition(b"\n\n")[0]
        file.write_bytes(head + b"\n\n" + body.getvalue().strip() + b"\n")


def find_problems(catalogue: Catalog, template: Catalog) -> Iterator[str]:
    """Yield what is wrong with a catalogue, in a line each; nothing for a complete one."""
    for message in template:
        if message.id and catalogue.get(message.id) is None:
            yield f"lacking: {_describe_message(message)}"
    for message in catalogue:
        if not message.id:
            continue
        if template.get(message.id) is None:
            yield f"not used: {_describe_message(message)}"
        if message.fuzzy:
            yield f"fuzzy: {_describe_message(message)}"
        for translation in _translations(message, catalogue.num_plurals):
            yield from (
                f"{words}: {_describe_message(message)}"
                for words in _translation_problems(message, translation)
            )
    for obsolete in catalogue.obsolete.values():
        yield f"obsolete: {_describe_message(obsolete)}"


def _translation_problems(message: Message, translation: str) -> Iterator[str]:
    if not translation.strip():
        yield "not translated"
        return
    # If there are two forms, the last has every placeholder.
    original = message.id if isinstance(message.id, str) else message.id[-1]
    if _placeholders(original) != _placeholders(translation):
        yield "other placeholders"
    if _outer_whitespace(original) != _outer_whitespace(translation):
        yield "other blanks at its ends"


def _translations(message: Message, plurals: int) -> tuple[str, ...]:
    """Return a translation for each plural form of the language."""
    if isinstance(message.id, str):
        return (str(message.string or ""),)
    forms = (message.string,) if isinstance(message.string, str) else tuple(message.string or ())
    return (*forms, *[""] * plurals)[: max(plurals, len(forms))]


def _placeholders(text: str) -> list[str]:
    return sorted(_PLACEHOLDER.findall(text))


def _outer_whitespace(text: str) -> tuple[str, str]:
    return text[: len(text) - len(text.lstrip())], text[len(text.rstrip()) :]


def _describe_message(message: Message) -> str:
    return message.id if isinstance(message.id, str) else " / ".join(message.id)


def _read(path: Path) -> Catalog:
    with path.open("rb") as file:
        return read_po(file)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=["update", "check"])
    if parser.parse_args().what == "update":
        update()
        return 0
    template = extract_messages()
    problems = [
        f"{code}.po: {problem}"
        for code, catalogue in read_catalogues().items()
        for problem in find_problems(catalogue, template)
    ]
    print("\n".join(problems) or "Every message is translated.")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
