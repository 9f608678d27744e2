"""Imports: the program starts fast, and llama.cpp and Textual stay where they belong."""

from __future__ import annotations

from pathlib import Path

from helpers.imports import loaded_after

HEAVY = ("llama_cpp", "textual", "PIL", "numpy", "huggingface_hub", "pydantic", "aiohttp")


def modules_outside(root: Path, *packages: str) -> list[str]:
    """Return all modules of the project except those in `packages`."""
    package = root / "refsheet_tui"
    names = [
        ".".join(path.relative_to(root).with_suffix("").parts).removesuffix(".__init__")
        for path in sorted(package.rglob("*.py"))
        if path.name != "__main__.py"
    ]
    return [name for name in names if not f"{name}.".startswith(packages)]


def test_the_command_line_starts_without_anything_heavy() -> None:
    assert loaded_after("import refsheet_tui.cli", HEAVY) == set()


def test_no_part_but_the_native_engine_loads_llama_cpp(root: Path) -> None:
    names = modules_outside(root, "refsheet_tui.engine.native.", "refsheet_tui.tui.")
    assert "refsheet_tui.engine" in names
    imports = "\n".join(f"import {name}" for name in names)
    assert loaded_after(imports, ("llama_cpp", "textual")) == set()


def test_the_screens_do_not_load_llama_cpp(root: Path) -> None:
    names = modules_outside(root, "refsheet_tui.engine.native.")
    imports = "\n".join(f"import {name}" for name in names)
    assert loaded_after(imports, ("llama_cpp",)) == set()


def test_the_screens_open_without_what_downloads_need() -> None:
    assert loaded_after("import refsheet_tui.tui", ("huggingface_hub",)) == set()
