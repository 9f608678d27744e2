"""Check docstrings and words: `check_wording.py` names every place that breaks a rule.

- The first line of a docstring says what something is or does. It begins with no *What*, *Whether*,
  *That*, *Those*, *Of* or *Raises*, which leave the reader to guess the subject.
- Those who use the program are "the user", and on the screen "you". A few words that no native
  speaker would say are not used at all.
"""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
_BAD_BEGINNING = re.compile(r"(What|Whether|That|Those|Of|Raises)\b")
# "The person you talk with" is what a character is told of the user.
_BAD_WORDS = re.compile(r"\bthe persons?\b(?! you talk with)|\banew\b|\bwhoever\b", re.IGNORECASE)
_KINDS = (".py", ".md", ".yaml", ".yml", ".toml", ".tcss", ".po", ".sh", ".txt")
_OWN = Path(__file__).name  # names the words that it looks for


def docstring_problems(source: str) -> Iterator[tuple[int, str]]:
    """Yield the line and the first line of each docstring that begins with a bad word."""
    kinds = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, kinds) and (text := ast.get_docstring(node)):
            first = text.splitlines()[0]
            if _BAD_BEGINNING.match(first):
                yield node.body[0].lineno, first


def word_problems(text: str) -> Iterator[tuple[int, str]]:
    """Yield the line number and the word of each bad word."""
    for number, line in enumerate(text.splitlines(), 1):
        for match in _BAD_WORDS.finditer(line):
            yield number, match[0]


def main() -> int:
    result = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    count = 0
    for name in result.stdout.splitlines():
        path = ROOT / name
        if path.suffix not in _KINDS or path.name == _OWN or not path.is_file():
            continue
        text = path.read_text(encoding="utf-8")
        problems = list(word_problems(text))
        if path.suffix == ".py":
            problems += docstring_problems(text)
        for line, problem in problems:
            print(f"{name}:{line}: {problem}")
        count += len(problems)
    if count:
        print(f"{count} places to reword.")
    return 1 if count else 0


if __name__ == "__main__":
    sys.exit(main())
