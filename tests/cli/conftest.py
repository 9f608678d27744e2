from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from helpers.hub_user import HubUser, create_hub_user


@pytest.fixture
def hub_user(tmp_path: Path) -> Iterator[HubUser]:
    """A user with a catalog of two models, and a hub that has them."""
    with create_hub_user(tmp_path) as hub_user:
        yield hub_user
