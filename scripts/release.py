"""Check that version, change log and tag agree, and build the wheel and the source archive."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def problems(version: str, changes: str, tags: list[str], status: str) -> list[str]:
    """Return what prevents a release of `version`.

    Args:
        version: The version in `pyproject.toml`.
        changes: The text of `CHANGELOG.md`.
        tags: The tags of the commit that is checked out.
        status: The output of `git status --porcelain`.

    Returns:
        A sentence for each problem.
    """
    messages = []
    heading = re.search(r"^## \[(?!Unreleased)([^\]]+)\] - (\S+)$", changes, re.MULTILINE)
    if heading is None:
        messages.append("CHANGELOG.md has no released version: rename [Unreleased].")
    elif heading[1] != version:
        messages.append(f"CHANGELOG.md ends with {heading[1]}, and pyproject.toml has {version}.")
    elif not re.fullmatch(r"\d{4}-\d{2}-\d{2}", heading[2]):
        messages.append(f"The date of {version} in CHANGELOG.md is not YYYY-MM-DD: {heading[2]}.")
    unreleased = re.search(
        r"^## \[Unreleased\]\n(.*?)(?=^## |\Z)", changes, re.MULTILINE | re.DOTALL
    )
    if heading is not None and unreleased is not None and unreleased[1].strip():
        messages.append("CHANGELOG.md has changes under [Unreleased]: move them to the version.")
    if f"v{version}" not in tags:
        messages.append(f"This commit has no tag v{version}: git tag v{version}")
    if status.strip():
        messages.append("There are changes that are not committed: git status")
    return messages


def main() -> int:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    changes = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    tags = _git("tag", "--points-at", "HEAD").split()
    messages = problems(project["version"], changes, tags, _git("status", "--porcelain"))
    for problem in messages:
        print(problem, file=sys.stderr)
    if messages:
        return 1
    return subprocess.run([sys.executable, "-m", "build"], cwd=ROOT, check=False).returncode


def _git(*arguments: str) -> str:
    result = subprocess.run(
        ["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return result.stdout


if __name__ == "__main__":
    sys.exit(main())
