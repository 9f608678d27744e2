"""Models in several files, and models that only continue text, on the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from helpers.hub_user import HubUser
from helpers.pretrained_model import pretrained_model
from helpers.split_model import split_model
from refsheet_tui.paths import demo_mmproj


def test_a_model_of_several_files_is_used_by_any_of_them(hub_user: HubUser, tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    parts = split_model(folder, (0, 40, 40))
    before = sorted(folder.iterdir())
    verified = hub_user.run("models", "verify", parts[2], "--mmproj", demo_mmproj())
    assert verified.code == 0, verified.out
    assert "all 3 parts present, 80 tensors" in verified.out
    for part in parts:
        assert str(part) in verified.out
    done = hub_user.run("models", "use", parts[1], "--mmproj", demo_mmproj())
    assert done.code == 0, done.err
    config = (hub_user.home / "config" / "config.yaml").read_text()
    assert f"model: {parts[0]}" in config
    reply = hub_user.run("talk", "ember", "--greedy", "--max-new-tokens", "4", stdin="Hi\n")
    assert reply.code == 0, reply.err
    doctor = hub_user.run("doctor", "--json")
    findings = json.loads(doctor.out)["findings"]
    assert [each["remedy"] for each in findings if each["topic"] == "model in use"] == [""]
    shown = json.loads(hub_user.run("models", "path", parts[2], "--json").out)
    assert shown["model"] == str(parts[0]) and shown["parts"] == [str(part) for part in parts]
    assert sorted(folder.iterdir()) == before, "nothing is written beside them"


@pytest.mark.parametrize("command", ["use", "verify", "talk"])
def test_a_part_that_is_missing_is_named(hub_user: HubUser, tmp_path: Path, command: str) -> None:
    parts = split_model(tmp_path / "mine", (0, 40, 40))
    parts[1].unlink()
    if command == "talk":
        done = hub_user.run("talk", "ember", "--model", parts[2], stdin="Hi\n")
    else:
        done = hub_user.run("models", command, parts[2])
    assert done.code == 1
    assert (
        "demo-00002-of-00003.gguf, one of the 3 parts of this model, is missing"
        in done.out + done.err
    )
    assert "Traceback" not in done.err


def test_a_model_in_parts_from_the_hub_is_one_model(hub_user: HubUser, tmp_path: Path) -> None:
    parts = split_model(tmp_path / "mine", (0, 40, 40))
    for part in parts:
        hub_user.hub.put("somebody/split-GGUF", part.name, part)
    files = [{"repository": "somebody/split-GGUF", "file": part.name} for part in parts]
    entry = {"title": "In parts", "model": files[0], "more_parts": files[1:]}
    catalog = hub_user.home / "config" / "catalog.yaml"
    catalog.write_text(json.dumps({"models": {"split": entry}}))
    done = hub_user.get("split")
    size = sum(part.stat().st_size for part in parts)
    assert f"In parts is downloaded ({size / 1e6:.2f}" in done.out
    assert hub_user.run("models", "verify").code == 0
    where = [Path(line) for line in hub_user.run("models", "path", "split").out.splitlines()]
    assert [path.name for path in where] == [part.name for part in parts]
    table = json.loads(hub_user.run("models", "--json").out)["models"]
    (row,) = [model for model in table if model["name"] == "split"]
    assert (row["state"], row["in_use"]) == ("on disk", True)
    assert row["memory_bytes"] > sum(part.stat().st_size for part in parts)
    where[1].unlink()
    assert f"{parts[1].name} is missing" in hub_user.run("models", "verify", "split").problem
    hub_user.get("split")
    removed = json.loads(hub_user.run("models", "remove", "split", "--yes", "--json").out)
    assert len(removed["removed"]) == len(parts)
    assert not (hub_user.models / "somebody").exists()


def test_a_model_that_only_continues_text_is_named(hub_user: HubUser, tmp_path: Path) -> None:
    model = pretrained_model(tmp_path / "gemma-3-270m.gguf")
    sentence = "isn't instruction-tuned: it continues text instead of answering"
    used = hub_user.run("models", "use", model)
    assert used.code == 0 and f"gemma-3-270m.gguf {sentence}" in used.err
    assert "Now in use" in used.out, "it is a warning"
    assert sentence in hub_user.run("models", "verify", model).out
    asked = hub_user.run("ask", "Hello", "--max-new-tokens", "2")
    assert asked.code == 0 and asked.err.count(sentence) == 1
    tuned = json.loads(hub_user.run("models", "use", "demo", "--json").out)
    assert tuned["instruction_tuned"] is True
    assert sentence not in hub_user.run("ask", "Hello", "--max-new-tokens", "2").err
