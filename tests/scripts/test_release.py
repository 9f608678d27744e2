"""The release script names everything that prevents a release."""

from __future__ import annotations

import pytest

from release import problems

CHANGES = "# Changelog\n\n## [Unreleased]\n\n## [1.2.0] - 2026-11-27\n\n### Added\n- Something.\n"


def test_a_release_that_agrees() -> None:
    assert problems("1.2.0", CHANGES, ["v1.2.0"], "") == []


@pytest.mark.parametrize(
    ("version", "changes", "tags", "status", "naming"),
    [
        ("1.3.0", CHANGES, ["v1.3.0"], "", "1.3.0"),
        ("1.2.0", CHANGES, [], "", "tag"),
        ("1.2.0", CHANGES, ["v1.1.0"], "", "tag"),
        ("1.2.0", CHANGES, ["v1.2.0"], " M README.md\n", "not committed"),
        ("1.2.0", "## [Unreleased]\n", ["v1.2.0"], "", "no released version"),
        ("1.2.0", CHANGES.replace("2026-11-27", "soon"), ["v1.2.0"], "", "soon"),
        ("1.2.0", CHANGES.replace("ed]\n", "ed]\n- New.\n"), ["v1.2.0"], "", "under [Unreleased]"),
    ],
)
def test_what_does_not_agree_is_named(
    version: str, changes: str, tags: list[str], status: str, naming: str
) -> None:
    (problem,) = problems(version, changes, tags, status)
    assert naming in problem
