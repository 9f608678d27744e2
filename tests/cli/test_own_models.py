"""A model file of the user on the command line: its projector, and its place in the list."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from helpers.hub_user import HubUser
from refsheet_tui.paths import demo_mmproj, demo_model


def test_a_found_projector_that_does_not_fit_is_told_and_a_named_one_refused(
    hub_user: HubUser, tmp_path: Path
) -> None:
    own, mmproj = tmp_path / "mine.gguf", tmp_path / "mmproj-bad.gguf"
    shutil.copy(demo_model(), own)
    mmproj.write_bytes(demo_mmproj().read_bytes()[:-1])
    done = hub_user.run("models", "use", own)
    assert done.code == 0
    assert "No vision projector in the folder fits mine.gguf, so it is text-only." in done.err
    assert "mmproj-bad.gguf is incomplete" in done.err
    done = hub_user.run("models", "use", own, "--mmproj", mmproj)
    assert done.code == 1 and "mmproj-bad.gguf is incomplete" in done.problem


def test_a_file_of_the_user_stays_in_the_list(hub_user: HubUser, tmp_path: Path) -> None:
    own = tmp_path / "my model.gguf"
    shutil.copy(demo_model(), own)
    shutil.copy(demo_mmproj(), tmp_path / "mmproj-f16.gguf")
    assert hub_user.run("models", "use", own, "--mmproj", "none").code == 0
    assert "mmproj: none" in (hub_user.home / "config" / "config.yaml").read_text()
    assert hub_user.run("models", "use", "demo").code == 0
    command = f"refsheet models use '{own}' --mmproj none"
    assert f"To use your own file: {command}" in hub_user.run("models").out
    rows = json.loads(hub_user.run("models", "--json").out)["models"]
    (row,) = [each for each in rows if each["name"] == str(own)]
    assert not row["in_use"] and not row["sees_pictures"] and row["state"] == "on disk"
