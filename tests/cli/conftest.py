from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from helpers.hub_person import Person, at_home


@pytest.fixture
def person(tmp_path: Path) -> Iterator[Person]:
    """A user with a catalog of two models, and a hub that has them."""
    with at_home(tmp_path) as person:
        yield person
