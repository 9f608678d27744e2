"""The contents and the requirements of an installation without a clone."""

from __future__ import annotations

import ast
import email
import re
import subprocess
import sys
import tarfile
import zipfile
from importlib.metadata import packages_distributions, requires, version
from pathlib import Path

import pytest
from packaging.requirements import Requirement


def build(kind: str, root: Path, folder: Path) -> Path:
    command = [sys.executable, "-m", "hatchling", "build", "-t", kind, "-d", str(folder)]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return next(folder.iterdir())


@pytest.fixture(scope="module")
def wheel(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build("wheel", root, tmp_path_factory.mktemp("wheel"))


def test_a_wheel_holds_what_the_program_needs_besides_code(wheel: Path, root: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        for name in (
            "config.yaml",
            "models/demo/demo.gguf",
            "models/demo/demo-mmproj.gguf",
            "models/catalog.yaml",
        ):
            assert archive.read(f"refsheet_tui/_shipped/{name}") == (root / name).read_bytes()
        names = set(archive.namelist())
    samples = {
        f"refsheet_tui/_shipped/{path.relative_to(root)}" for path in (root / "samples").iterdir()
    }
    assert len(samples) >= 7
    assert samples <= names
    catalogues = {str(path.relative_to(root)) for path in root.glob("refsheet_tui/locale/*.po")}
    assert catalogues and catalogues <= names
    assert any(name.endswith("licenses/LICENSE") for name in names)


def imported_modules(package: Path) -> dict[str, Path]:
    """Return the top-level modules that the package imports, each with a file that imports it."""
    found = {}
    for path in package.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                found.update({alias.name.split(".")[0]: path for alias in node.names})
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                found[node.module.split(".")[0]] = path
    return found


def _normal(name: str) -> str:
    """Return a name in the form in which package indexes compare names."""
    return re.sub(r"[-_.]+", "-", name).lower()


def test_whatever_is_imported_is_installed_with_the_program(root: Path) -> None:
    """A requirement of the tests, or of another package by chance, is not enough."""
    declared = {
        _normal(re.split(r"[<>=;\[ ]", each)[0])
        for each in requires("refsheet-tui") or []
        if "extra ==" not in each
    }
    homes = packages_distributions()
    for module, path in imported_modules(root / "refsheet_tui").items():
        if module in sys.stdlib_module_names or module == "refsheet_tui":
            continue
        if path.parent.name == "bench" and module == "matplotlib":
            continue  # a requirement of the extra `bench`
        # pydantic requires the version of pydantic_core that belongs to it.
        names = {"pydantic"} if module == "pydantic_core" else set()
        names |= {_normal(name) for name in homes[module]}
        assert names & declared, f"{path} imports {module}"


def test_what_is_installed_is_new_enough() -> None:
    """The minimums are the lowest versions without a known vulnerability."""
    for text in requires("refsheet-tui") or []:
        requirement = Requirement(text)
        if requirement.marker is None:
            installed = version(requirement.name)
            assert requirement.specifier.contains(installed), f"{text}, and {installed} is there"


@pytest.mark.parametrize(
    ("name", "vulnerable"), [("pillow", "12.9"), ("aiohttp", "3.14.4"), ("filelock", "4.2.0")]
)
def test_versions_with_a_known_vulnerability_are_refused(name: str, vulnerable: str) -> None:
    (requirement,) = (
        each for each in map(Requirement, requires("refsheet-tui") or []) if each.name == name
    )
    assert not requirement.specifier.contains(vulnerable)


def test_a_wheel_holds_nothing_else(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        tops = {name.split("/")[0].split("-")[0] for name in archive.namelist()}
        assert not [name for name in archive.namelist() if name.endswith((".pyc", ".log"))]
        assert "refsheet_tui/py.typed" in archive.namelist(), "type checkers would ignore its types"
    assert tops == {"refsheet_tui"}


def test_a_wheel_offers_the_command_and_names_its_licence(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        info = next(name for name in archive.namelist() if name.endswith("METADATA"))
        metadata = email.message_from_bytes(archive.read(info))
        entry_points = archive.read(info.replace("METADATA", "entry_points.txt")).decode()
    assert "refsheet = refsheet_tui.cli:main" in entry_points
    assert metadata["License-Expression"] == "MIT"
    assert metadata["Requires-Python"] == ">=3.11"


def test_an_unpacked_wheel_finds_what_it_holds(wheel: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path)
    code = (
        "from refsheet_tui import paths; from refsheet_tui.config import Config, load_config; "
        "assert load_config() == Config(); print(paths.demo_model()); print(paths.samples_dir())"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    shipped = tmp_path / "refsheet_tui" / "_shipped"
    assert done.stdout.split("\n") == [
        str(shipped / "models" / "demo" / "demo.gguf"),
        str(shipped / "samples"),
        "",
    ], done.stderr


def test_a_source_archive_can_build_the_wheel_and_run_the_tests(root: Path, tmp_path: Path) -> None:
    with tarfile.open(build("sdist", root, tmp_path)) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert {
        "LICENSE",
        "README.md",
        "config.yaml",
        "models/demo/demo.gguf",
        "refsheet_tui/errors.py",
        "samples/samples.yaml",
        "scripts/run",
        "tests/conftest.py",
    } <= names


def test_the_lock_file_has_a_version_that_is_allowed_for_every_requirement(root: Path) -> None:
    text = (root / "requirements.lock").read_text(encoding="utf-8")
    locked: dict[str, list[str]] = {}
    for name, locked_version in re.findall(r"^([\w.-]+)==([^ ;]+)", text, re.MULTILINE):
        locked.setdefault(_normal(name), []).append(locked_version)
    for each in requires("refsheet-tui") or []:
        requirement = Requirement(each)
        if "extra ==" not in each or 'extra == "test"' in each:
            versions = locked[_normal(requirement.name)]
            assert all(each_version in requirement.specifier for each_version in versions), each
