"""`refsheet models` as users and scripts run it, with a hub on this machine."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from helpers.command import ROOT, CommandResult
from helpers.hub_server import Fault
from helpers.hub_user import HubUser
from helpers.terminal import on_a_terminal
from refsheet_tui.paths import demo_mmproj, demo_model

CTRL_C = b"\x03"


def test_from_one_command_to_a_chat(hub_user: HubUser) -> None:
    """Two commands are enough: one downloads a model, and the next chats with it."""
    done = hub_user.run("models", "download", "--accept-licence")
    assert done.code == 0, done.err
    assert "Small one is downloaded" in done.out
    assert "Now in use" in done.out
    assert "ai.google.dev/gemma/terms" in (hub_user.models / "NOTICE.txt").read_text()
    # Nothing else is needed: the hub is gone, and the network is forbidden.
    hub_user.hub.files.clear()
    reply = hub_user.run(
        *("talk", "ember", "--greedy", "--json", "--max-new-tokens", "16"),
        stdin="Hello!\n",
        HF_HUB_OFFLINE="1",
    )
    assert reply.code == 0, reply.err
    replies = [json.loads(line) for line in reply.out.splitlines()]
    assert len(replies) == 2 and all(each["text"] for each in replies)
    where = hub_user.run("models", "path", "small").out.splitlines()
    assert where == [
        str(hub_user.models / "somebody/demo-GGUF/demo.gguf"),
        str(hub_user.models / "somebody/mmproj-GGUF/demo-mmproj.gguf"),
    ]


def test_the_terms_come_first(hub_user: HubUser) -> None:
    refused = hub_user.run("models", "download")
    assert refused.code == 1
    assert "Gemma Terms of Use" in refused.problem
    assert "--accept-licence" in refused.problem
    assert hub_user.hub.requests == []
    hub_user.get()
    assert "Terms" not in hub_user.get().err, "once is enough"


def test_json_says_what_was_done(hub_user: HubUser) -> None:
    done = hub_user.run("models", "download", "small", "--accept-licence", "--json")
    answer = json.loads(done.out)
    assert (answer["name"], answer["in_use"]) == ("small", True)
    assert [file["source"] for file in answer["files"]] == ["catalogue", "hub"]
    assert all(len(file["sha256"]) == 64 for file in answer["files"])
    assert [file["linked"] for file in answer["files"]] == [False, False]


def test_a_failed_download_says_why_and_the_next_goes_on(hub_user: HubUser) -> None:
    hub_user.hub.faults = [Fault(announces=1_000_000, times=99)]
    failed = hub_user.run("models", "download", "--accept-licence")
    assert failed.code == 1
    assert "the download will resume" in failed.problem
    assert "Traceback" not in failed.err
    speaking = hub_user.run("talk", "ember", "--model", "small")
    assert "small is incomplete" in speaking.problem
    assert "refsheet models download small" in speaking.problem
    hub_user.hub.faults = []
    hub_user.get()


def test_on_a_terminal_it_asks_and_shows_how_far_it_is(hub_user: HubUser) -> None:
    hub_user.hub.faults = [Fault(pause_s=0.02, times=1)]
    arguments = ("models", "download")
    with on_a_terminal(hub_user.home, *arguments, variables=hub_user.environment) as (
        process,
        shown,
    ):
        shown.until(b"Do you accept the Gemma Terms of Use?")
        shown.press(b"y\n")
        shown.until(b"B/s")
        shown.until(b"Now in use")
        shown.rest()
        assert process.wait() == 0


def test_ctrl_c_stops_and_keeps(hub_user: HubUser) -> None:
    hub_user.hub.faults = [Fault(pause_s=0.02, times=1)]
    arguments = ("models", "download", "--accept-licence")
    with on_a_terminal(hub_user.home, *arguments, variables=hub_user.environment) as (
        process,
        shown,
    ):
        shown.until(b"B/s")
        shown.press(CTRL_C)
        shown.until(b"To resume the download")
        shown.rest()
        assert process.wait() == 130
    hub_user.hub.requests.clear()
    hub_user.get()
    (asked,) = hub_user.hub.requests_for("/cdn/somebody/demo-GGUF")
    assert asked["range"].startswith("bytes=")


def test_verify_names_every_check(hub_user: HubUser) -> None:
    hub_user.get()
    done = hub_user.run("models", "verify")
    assert done.code == 0, done.err
    for name in ("format", "size", "content", "kind", "control tokens", "chat template", "width"):
        assert f"  {name} " in done.out
    answer = json.loads(hub_user.run("models", "verify", "small", "--quick", "--json").out)
    assert answer["models"][0]["good"] is True


def test_verify_finds_a_changed_byte_and_download_mends_it(hub_user: HubUser) -> None:
    hub_user.get()
    file = hub_user.models / "somebody/demo-GGUF/demo.gguf"
    with file.open("r+b") as stream:
        stream.seek(1_500_000)
        stream.write(b"\xff\x00\xff")
    done = hub_user.run("models", "verify", "small")
    assert done.code == 1
    assert "FAIL content" in done.out and "Download it again" in done.out
    hub_user.get()
    assert hub_user.run("models", "verify", "small").code == 0


def test_verify_takes_any_pair_of_files(hub_user: HubUser) -> None:
    done = hub_user.run("models", "verify", demo_model(), "--mmproj", demo_mmproj(), "--quick")
    assert done.code == 0
    assert "demo-mmproj.gguf" in done.out
    assert hub_user.run("models", "verify", demo_mmproj(), "--quick").code == 1


def test_verify_of_nothing_says_so(hub_user: HubUser) -> None:
    done = hub_user.run("models", "verify")
    assert "No models in" in done.problem
    assert "refsheet models download" in done.problem


def test_what_a_twin_needs_is_not_removed(hub_user: HubUser) -> None:
    hub_user.get("small")
    hub_user.get("twin")
    assert hub_user.run("models", "remove", "small", "--yes").code == 0
    assert not (hub_user.models / "somebody/demo-GGUF/demo.gguf").exists()
    assert (hub_user.models / "somebody/mmproj-GGUF/demo-mmproj.gguf").exists()
    removed = json.loads(hub_user.run("models", "remove", "twin", "--yes", "--json").out)
    assert len(removed["removed"]) == 2
    assert not (hub_user.models / "somebody").exists()


def test_what_is_being_downloaded_is_not_removed(hub_user: HubUser) -> None:
    has_been_refused = threading.Event()
    hub_user.hub.faults = [Fault(pause_s=0.02, holds_end_until=has_been_refused)]
    arguments = ("models", "download", "--accept-licence")
    with on_a_terminal(hub_user.home, *arguments, variables=hub_user.environment) as (
        process,
        shown,
    ):
        shown.until(b"B/s")
        try:
            done = hub_user.run("models", "remove", "small", "--yes")
        finally:
            has_been_refused.set()
        assert "is downloading" in done.problem
        shown.until(b"Now in use")
        shown.rest()
        assert process.wait() == 0
    assert hub_user.run("models", "verify", "small").code == 0


def test_remove_warns_of_a_model_in_use(hub_user: HubUser) -> None:
    hub_user.get()
    done = hub_user.run("models", "remove", "small", "--yes")
    assert "refsheet models use demo" in done.err
    assert "refsheet models download small" in done.out


def test_use_leaves_comments_and_can_be_taken_back(hub_user: HubUser) -> None:
    hub_user.get("twin")
    config = hub_user.home / "config" / "config.yaml"
    config.write_text("# mine\nmodel: demo  # the small one\nthreads: 1\n")
    done = hub_user.run("models", "use", "twin")
    assert "To switch back: refsheet models use demo" in done.out
    assert config.read_text() == "# mine\nmodel: twin  # the small one\nthreads: 1\n"
    assert hub_user.run("models", "use", "demo").code == 0
    assert config.read_text() == "# mine\nmodel: demo  # the small one\nthreads: 1\n"


def test_a_name_means_the_catalogue_wherever_one_is(hub_user: HubUser, tmp_path: Path) -> None:
    hub_user.get("twin")
    (tmp_path / "twin").mkdir()
    (tmp_path / "mine").write_bytes(demo_model().read_bytes())
    done = subprocess.run(
        [sys.executable, "-m", "refsheet_tui", "models", "path", "twin"],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env={**hub_user.environment, "PYTHONPATH": str(ROOT)},
        check=True,
    )
    assert done.stdout.splitlines()[0] == str(hub_user.models / "somebody/twin-GGUF/demo.gguf")


def test_a_file_of_ones_own_is_used_from_everywhere(hub_user: HubUser, tmp_path: Path) -> None:
    folder = tmp_path / "my files"
    folder.mkdir()
    for file in (demo_model(), demo_mmproj()):
        (folder / file.name).write_bytes(file.read_bytes())
    relative = os.path.relpath(folder / "demo.gguf", ROOT)
    done = hub_user.run("models", "use", relative, "--mmproj", folder / "demo-mmproj.gguf")
    assert done.code == 0, done.err
    config = (hub_user.home / "config" / "config.yaml").read_text()
    assert str(folder / "demo.gguf") in config
    assert str(folder / "demo-mmproj.gguf") in config
    back = hub_user.run("models", "use", "demo").out
    assert f"use '{folder / 'demo.gguf'}' --mmproj '{folder / 'demo-mmproj.gguf'}'" in back


def test_a_file_that_is_cut_short_is_not_used(hub_user: HubUser, tmp_path: Path) -> None:
    for original in (demo_model(), demo_mmproj()):
        (tmp_path / original.name).write_bytes(original.read_bytes()[:-1])
    done = hub_user.run("models", "use", tmp_path / "demo.gguf", "--mmproj", demo_mmproj())
    assert done.code == 1 and "demo.gguf is incomplete: the end is missing" in done.problem
    done = hub_user.run("models", "use", demo_model(), "--mmproj", tmp_path / "demo-mmproj.gguf")
    assert done.code == 1 and "demo-mmproj.gguf is incomplete: the end is missing" in done.problem
    assert not (hub_user.home / "config" / "config.yaml").exists()


def test_a_downloaded_file_is_known_by_its_path_too(hub_user: HubUser) -> None:
    hub_user.get()
    file = hub_user.models / "somebody/demo-GGUF/demo.gguf"
    with file.open("r+b") as stream:
        stream.seek(1_500_000)
        stream.write(b"\xff\x00\xff")
    done = hub_user.run("models", "verify", file)
    assert done.code == 1
    assert "FAIL content" in done.out


def test_a_catalogue_cannot_speak_to_the_terminal(hub_user: HubUser) -> None:
    catalog = hub_user.home / "config" / "catalog.yaml"
    catalog.write_text(catalog.read_text().replace("Small one", '"Sm\\e]0;pwned\\aall"'))
    done = hub_user.get()
    shown = done.out + done.err + hub_user.run("models").out
    assert "\x1b" not in shown and "\x07" not in shown and "Sm]0;pwnedall is downloaded" in shown


def test_use_of_what_is_not_here_changes_nothing(hub_user: HubUser) -> None:
    done = hub_user.run("models", "use", "twin")
    assert "twin isn't downloaded yet" in done.problem
    assert not (hub_user.home / "config" / "config.yaml").exists()


def test_the_table_shows_what_this_machine_makes_of_each(hub_user: HubUser) -> None:
    hub_user.get()
    done = hub_user.run("models")
    assert done.code == 0, done.err
    assert "small" in done.out and "on disk" in done.out and "27b" in done.out
    assert "\x1b" not in done.out
    models = json.loads(hub_user.run("models", "--json").out)["models"]
    four = next(model for model in models if model["name"] == "4b")
    assert four["state"] == "available"
    assert four["memory_bytes"] == pytest.approx(4.1e9, rel=0.03)
    assert four["tokens_per_s"] > 0
    small = next(model for model in models if model["name"] == "small")
    assert small["state"] == "on disk" and small["in_use"]


def test_the_scripts_of_a_clone_do_the_same(hub_user: HubUser) -> None:
    def script(name: str, *arguments: str) -> CommandResult:
        done = subprocess.run(
            [sys.executable, ROOT / "scripts" / name, *arguments],
            capture_output=True,
            env={**hub_user.environment, "PYTHON": sys.executable},
            check=False,
        )
        return CommandResult(done.returncode, done.stdout.decode(), done.stderr.decode())

    if not os.access(ROOT / ".venv" / "bin" / "refsheet", os.X_OK):
        pytest.skip("the clone is not installed into .venv")
    assert script("download_models.py", "small", "--accept-licence").code == 0
    assert "content" in script("verify_models.py").out
