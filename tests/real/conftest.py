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
from refsheet_tui.engine.files import Files, check_files
from refsheet_tui.engine.process import TUNED
from refsheet_tui.errors import WeightsError

if TYPE_CHECKING:
    from helpers.cold_runs import ColdReader
    from refsheet_tui.engine.native.session import Session

CONTEXT = 4096
_FIGURES = pytest.StashKey[Figures]()
_FILES = pytest.StashKey[Files]()


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("real", "a Gemma 3 file to test")
    group.addoption("--real", type=Path, metavar="FILE", help="a Gemma 3 in GGUF format")
    group.addoption("--mmproj", type=Path, metavar="MMPROJ", help="its vision projector")


def pytest_configure(config: pytest.Config) -> None:
    if config.getoption("--real") is None:
        raise pytest.UsageError("Name a Gemma 3 file: scripts/test --real FILE [MMPROJ].")
    try:
        config.stash[_FILES] = check_files(_settings(config))
    except WeightsError as error:
        raise pytest.UsageError(str(error)) from None
    config.stash[_FIGURES] = Figures()
    # llama.cpp is loaded into this process, by what is imported later, and has to find what the
    # engine process begins with.
    for name, value in TUNED.items():
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
def files(pytestconfig: pytest.Config) -> Files:
    """The heads of the files."""
    return pytestconfig.stash[_FILES]


@pytest.fixture(scope="session")
def figures(pytestconfig: pytest.Config) -> Figures:
    """The table that is printed at the end."""
    return pytestconfig.stash[_FIGURES]


@pytest.fixture(scope="session")
def load_settings(pytestconfig: pytest.Config) -> LoadSettings:
    """The files as they are loaded, with nothing kept on disk."""
    return _settings(pytestconfig)


@pytest.fixture(scope="module")
def kept_settings(
    load_settings: LoadSettings, tmp_path_factory: pytest.TempPathFactory
) -> LoadSettings:
    """The files as they are loaded, with what is seen and read kept on disk."""
    return replace(load_settings, cache=CacheSettings(tmp_path_factory.mktemp("engine")))


# A module uses one of these two, so that with the cold reader the memory holds the model twice.
@pytest.fixture(scope="module")
def session(load_settings: LoadSettings) -> Iterator[Session]:
    """The model, loaded; what its KV cache holds is what the last test left there."""
    yield from _loaded(load_settings)


@pytest.fixture(scope="module")
def keeping(kept_settings: LoadSettings) -> Iterator[Session]:
    """The model, loaded, keeping what it sees and reads on disk."""
    yield from _loaded(kept_settings)


def _loaded(settings: LoadSettings) -> Iterator[Session]:
    from refsheet_tui.engine.native.session import Session

    session = Session()
    session.load(settings, lambda _: True)
    yield session
    session.close()


@pytest.fixture(scope="session")
def cold(load_settings: LoadSettings) -> Iterator[ColdReader]:
    """The same model once more, for cold runs."""
    from helpers.cold_runs import ColdReader

    reader = ColdReader(load_settings, first=64, last=64, calibrations=2)
    yield reader
    reader.close()
