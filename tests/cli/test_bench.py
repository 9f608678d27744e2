"""The commands `refsheet bench` and `refsheet cache` with the demo model."""

from __future__ import annotations

import json
from pathlib import Path

from PIL import Image

from helpers.command import refsheet

QUICK = ("--runs", "1", "--turns", "8", "--typing", "0", "--context-size", "2048", "--threads", "1")


def test_a_bench_alone_measures_itself_and_the_stock_handler(tmp_path: Path) -> None:
    plot = tmp_path / "plot.png"
    done = refsheet(tmp_path, "bench", *QUICK, "--json", "--plot", str(plot))
    assert done.code == 0, done.problem
    found = json.loads(done.out)
    ours = found["values"]["refsheet"]
    for case in ("load", "cold", "turn 2", "again", "edit", "reopen", "description", "restart"):
        assert ours[case][0] > 0
    assert len(ours["last turn"]) == 3
    assert set(found["values"]) == {"refsheet", "stock handler"}
    assert found["machine"]["bandwidth"] > 0
    with Image.open(plot) as image:
        assert image.format == "PNG"


def test_programs_that_are_not_there_are_named(tmp_path: Path) -> None:
    done = refsheet(tmp_path, "bench", *QUICK, "--llama-bin", str(tmp_path))
    assert done.code == 1
    assert "There is no llama-server" in done.problem
    assert "--llama-bin" in done.problem


def test_what_is_kept_is_shown_and_cleared(tmp_path: Path) -> None:
    def entry_counts() -> dict[str, int]:
        shown = refsheet(tmp_path, "cache", "--json")
        assert shown.code == 0
        return {each["kind"]: each["entries"] for each in json.loads(shown.out)}

    assert entry_counts() == {"pictures": 0, "openings": 0, "chats": 0}
    assert refsheet(tmp_path, "ask", "samples/ember.png", "Who is it?", "--greedy").code == 0
    assert entry_counts() == {"pictures": 1, "openings": 1, "chats": 0}
    table = refsheet(tmp_path, "cache")
    assert "pictures the model has seen" in table.out
    cleared = refsheet(tmp_path, "cache", "clear", "openings")
    assert cleared.code == 0 and "Freed" in cleared.out
    assert entry_counts() == {"pictures": 1, "openings": 0, "chats": 0}
    assert refsheet(tmp_path, "cache", "clear").code == 0
    assert entry_counts() == {"pictures": 0, "openings": 0, "chats": 0}
    assert refsheet(tmp_path, "cache", "clear", "nonsense").code == 2


def test_a_second_question_about_a_picture_does_not_look_again(tmp_path: Path) -> None:
    question = ("ask", "samples/ember.png", "Who is it?", "--greedy", "--json")
    first, again = (json.loads(refsheet(tmp_path, *question).out) for _ in range(2))
    assert again["text"] == first["text"]
    assert again["timings"]["encode_s"] == 0
    assert again["reused_tokens"] == again["prompt_tokens"]
