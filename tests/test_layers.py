"""The parts of the package are listed in the layer contract and in the architecture document."""

from __future__ import annotations

import ast
import re
import tomllib
from pathlib import Path


def parts(root: Path) -> set[str]:
    """Return the modules and packages directly inside of `refsheet_tui`."""
    found = {path.stem for path in (root / "refsheet_tui").glob("*.py")}
    found |= {path.parent.name for path in (root / "refsheet_tui").glob("*/__init__.py")}
    return found - {"__init__", "__main__"}


def test_every_part_stands_in_the_layer_contract(root: Path) -> None:
    settings = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    contracts = settings["tool"]["importlinter"]["contracts"]
    layers = next(each["layers"] for each in contracts if each["type"] == "layers")
    named = {name for layer in layers for name in re.findall(r"refsheet_tui\.(\w+)", layer)}
    assert named == parts(root)


def test_every_part_stands_in_the_table_of_the_architecture_document(root: Path) -> None:
    text = (root / "docs" / "architecture.md").read_text(encoding="utf-8")
    cells = re.findall(r"^\| (`[^|]+`) \|", text, re.MULTILINE)
    named = {name for cell in cells for name in re.findall(r"`(\w+)(?:\.py|/)`", cell)}
    assert named == parts(root)


def test_a_part_imports_another_by_its_front_door(root: Path) -> None:
    inner = []
    for path in (root / "refsheet_tui").glob("*/**/*.py"):
        own = path.relative_to(root).parts[1]
        for node in ast.walk(ast.parse(path.read_bytes())):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("refsheet_tui."):
                _, part, *rest = str(node.module).split(".")
                if rest and part != own:
                    inner.append(f"{path.relative_to(root)}: {node.module}")
    assert not inner
