"""Tests of any Gemma 3 file: `scripts/test --real FILE [MMPROJ]`.

They are not part of the usual run, because they need a file that is too large to ship.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from helpers.figures import Figures
from refsheet_tui.engine import CacheSettings, LoadSettings
from refsheet_tui.engine.file_checks import CheckedFiles, check_model_files
from refsheet_tui.engine.process import DEFAULT_ENVIRONMENT
from refsheet_tui.errors import WeightsError

if TYPE_CHECKING:
    from helpers.cold_runs import ColdReader
    from refsheet_tui.engine.native.loaded_model import LoadedModel

CONTEXT = 4096
_FIGURES = pytest.StashKey[Figures]()
_FILES = pytest.StashKey[CheckedFiles]()


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("real", "a Gemma 3 file to test")
    group.addoption("--real", type=Path, metavar="FILE", help="a Gemma 3 in GGUF format")
    group.addoption("--mmproj", type=Path, metavar="MMPROJ", help="its vision projector")


def pytest_configure(config: pytest.Config) -> None:
    if config.getoption("--real") is None:
        raise pytest.UsageError("Name a Gemma 3 file: scripts/test --real FILE [MMPROJ].")
    try:
        config.stash[_FILES] = check_model_files(_settings(config))
    except WeightsError as error:
        raise pytest.UsageError(str(error)) from None
    config.stash[_FIGURES] = Figures()
    # Later imports load llama.cpp into this process. It must find the variables that the engine
    # process begins with.
    for name, value in DEFAULT_ENVIRONMENT.items():
        os.environ.setdefault(name, value)


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    terminalreporter.write_line("")
    for line in config.stash[_FIGURES].lines():
        terminalreporter.write_line(line)


def _settings(config: pytest.Config) -> LoadSettings:
    return LoadSettings(config.getoption("--real"), config.getoption("--mmproj"), CONTEXT)


@pytest.fixture(scope="session")
def files(pytestconfig: pytest.Config) -> CheckedFiles:
    """Return the headers of the files."""
    return pytestconfig.stash[_FILES]


@pytest.fixture(scope="session")
def figures(pytestconfig: pytest.Config) -> Figures:
    """Return the table that is printed at the end."""
    return pytestconfig.stash[_FIGURES]


@pytest.fixture(scope="session")
def load_settings(pytestconfig: pytest.Config) -> LoadSettings:
    """Return the settings that load the files without a disk cache."""
    return _settings(pytestconfig)


@pytest.fixture(scope="module")
def kept_settings(
    load_settings: LoadSettings, tmp_path_factory: pytest.TempPathFactory
) -> LoadSettings:
    """Return the settings that load the files with a disk cache."""
    return replace(load_settings, cache=CacheSettings(tmp_path_factory.mktemp("engine")))


# A module uses one of these two, so that with the cold reader the memory holds the model twice.
@pytest.fixture(scope="module")
def session(load_settings: LoadSettings) -> Iterator[LoadedModel]:
    """Yield the loaded model. Its KV cache holds what the last test left there."""
    yield from _loaded(load_settings)


@pytest.fixture(scope="module")
def keeping(kept_settings: LoadSettings) -> Iterator[LoadedModel]:
    """Yield the loaded model, with a disk cache."""
    yield from _loaded(kept_settings)


def _loaded(settings: LoadSettings) -> Iterator[LoadedModel]:
    from refsheet_tui.engine.native.loaded_model import LoadedModel

    session = LoadedModel()
    session.load(settings, lambda _: True)
    yield session
    session.close()


@pytest.fixture(scope="session")
def cold(load_settings: LoadSettings) -> Iterator[ColdReader]:
    """Yield the same model once more, for cold runs."""
    from helpers.cold_runs import ColdReader

    reader = ColdReader(load_settings, first=64, last=64, calibrations=2)
    yield reader
    reader.close()
