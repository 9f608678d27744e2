from __future__ import annotations

import json
import os
import signal
import subprocess
from contextlib import suppress
from pathlib import Path

import pytest

from helpers.command import ROOT, command, environment, refsheet

EMBER = "samples/ember.png"
# All tokens are about equally likely, and this seed's reply has 4,000 of them.
SAMPLED = ("--temperature", "10", "--top-k", "0", "--top-p", "1", "--max-new-tokens", "100000")
ENDLESS = (*SAMPLED, "--seed", "28")


def started(
    home: Path,
    *arguments: str,
    stdin: int = subprocess.DEVNULL,
    stdout: int = subprocess.PIPE,
) -> subprocess.Popen[bytes]:
    """Start a command that the test interrupts or leaves before its end."""
    return subprocess.Popen(
        command(*arguments),
        stdin=stdin,
        stdout=stdout,
        stderr=subprocess.PIPE,
        cwd=ROOT,
        env=environment(home),
    )


def test_ask_says_what_it_sees(tmp_path: Path) -> None:
    done = refsheet(tmp_path, "ask", "--greedy", EMBER, "What is in this picture?")
    assert done.code == 0
    assert done.out == "This is a red dragon with yellow eyes. It has big wings on its back.\n"
    assert "demo model" in done.err


def test_ask_works_without_pictures(tmp_path: Path) -> None:
    done = refsheet(tmp_path, "ask", "--greedy", "--system", "Be kind.", "Hello!")
    assert done.code == 0
    assert "demo model" in done.out


def test_a_sample_sheet_is_found_outside_of_a_clone(tmp_path: Path) -> None:
    done = subprocess.run(
        command("ask", "--greedy", "samples/miso.png", "What animal is this?"),
        capture_output=True,
        cwd=tmp_path,
        env={**environment(tmp_path), "PYTHONPATH": str(ROOT)},
        check=True,
    )
    assert b"cat" in done.stdout


def test_talk_greets_and_answers_every_line(tmp_path: Path) -> None:
    lines = b"What color are your eyes?\r\n\n  \nWhat are you wearing?"
    done = refsheet(tmp_path, "talk", "ember", "--greedy", "--json", stdin=lines)
    assert done.code == 0
    greeting, eyes, wearing = (json.loads(line) for line in done.out.splitlines())
    assert "Ember" in greeting["text"] and "red dragon" in greeting["text"]
    assert "yellow" in eyes["text"]
    assert "wings" in wearing["text"]
    assert greeting["event"] == "reply" and greeting["finish"] == "end_of_turn"
    assert greeting["reused_tokens"] == 0 < greeting["new_tokens"]
    assert set(greeting["timings"]) == {
        "load_s",
        "encode_s",
        "read_s",
        "first_token_s",
        "write_tps",
    }
    # The picture, the persona and the greeting are known.
    assert eyes["reused_tokens"] > greeting["prompt_tokens"]
    assert eyes["timings"]["encode_s"] == 0


def test_talk_takes_any_picture_and_language(tmp_path: Path) -> None:
    options = ("--extra", "samples/bolt.png", "--description", "你叫小雪。", "--language", "zh")
    done = refsheet(tmp_path, "talk", "samples/bolt.png", *options, "--greedy")
    assert done.code == 0
    assert "小雪" in done.out and "机器人" in done.out


def test_talk_goes_on_when_the_context_is_full(tmp_path: Path) -> None:
    options = ("talk", "ember", "--greedy", "--context-size", "256", "--max-new-tokens", "24")
    lines = b"What color are your eyes?\n" * 12
    done = refsheet(tmp_path, *options, "--json", stdin=lines)
    assert done.code == 0
    said = [json.loads(line) for line in done.out.splitlines()]
    overflows = [number for number, line in enumerate(said) if line["event"] == "overflow"]
    assert len(said) - len(overflows) == 13
    assert overflows and all(said[number + 1]["event"] == "reply" for number in overflows)
    assert set(said[overflows[0]]) == {"event", "oldest"}

    done = refsheet(tmp_path, *options, stdin=lines)
    assert done.code == 0
    notes = [line for line in done.err.splitlines() if "no longer fits the context" in line]
    assert len(notes) == len(overflows)
    assert "“What color are your eyes?”" in notes[0] and "context_size" in notes[0]


def test_dump_prompt_generates_nothing(tmp_path: Path) -> None:
    done = refsheet(tmp_path, "talk", EMBER, "--dump-prompt")
    parts = json.loads(done.out)["parts"]
    assert done.code == 0
    assert [part["kind"] for part in parts].count("picture") == 1
    picture = next(part for part in parts if part["kind"] == "picture")
    assert picture["positions"] == 16 and len(picture["sha256"]) == 64
    assert parts[0]["tokens"] == [2]
    assert parts[-1]["text"] == "model\n"


def test_a_reply_ends_at_the_wanted_length(tmp_path: Path) -> None:
    options = ("--greedy", "--max-new-tokens", "3", "--json")
    reply = json.loads(refsheet(tmp_path, "ask", *options, EMBER, "What is this?").out)
    assert (reply["finish"], reply["new_tokens"]) == ("max_tokens", 3)


def test_the_same_seed_gives_the_same_reply(tmp_path: Path) -> None:
    options = ("ask", *SAMPLED, "--max-new-tokens", "20", "Hello!")
    first, again, other = (refsheet(tmp_path, *options, "--seed", n).out for n in "556")
    assert first == again != other


def test_settings_come_from_config_and_options_win(tmp_path: Path) -> None:
    settings = tmp_path / "mine.yaml"
    settings.write_text("generation: {sample: false, max_new_tokens: 2}\n")
    options = ("ask", "--config", settings, "--json", "Hello!")
    assert json.loads(refsheet(tmp_path, *options).out)["new_tokens"] == 2
    more = json.loads(refsheet(tmp_path, *options, "--max-new-tokens", "4").out)
    assert more["new_tokens"] == 4


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_reply_is_kept_as_far_as_it_came(
    tmp_path: Path, number: signal.Signals
) -> None:
    running = started(tmp_path, "ask", *ENDLESS, "Hello!")
    assert running.stdout is not None
    begun = os.read(running.stdout.fileno(), 1)
    running.send_signal(number)
    out, err = running.communicate()
    assert running.returncode == 130
    assert begun and out.endswith(b"\n")
    assert b"Traceback" not in err


def test_an_interrupt_while_waiting_for_a_line_ends_the_talk(tmp_path: Path) -> None:
    running = started(tmp_path, "talk", "ember", "--json", stdin=subprocess.PIPE)
    assert running.stdout is not None
    assert running.stdout.readline().startswith(b"{")
    running.send_signal(signal.SIGINT)
    assert (
        running.wait() == 130
    )  # before standard input is closed, which would end the chat as well
    _, err = running.communicate()
    assert b"Traceback" not in err


def test_impatient_interrupts_do_not_cut_the_end_off(tmp_path: Path) -> None:
    running = started(
        tmp_path, "talk", "ember", "--json", stdin=subprocess.PIPE, stdout=subprocess.DEVNULL
    )
    assert running.stderr is not None
    err = running.stderr.readline()  # the model is loaded
    while running.poll() is None:
        running.send_signal(signal.SIGINT)
        with suppress(subprocess.TimeoutExpired):
            running.wait(timeout=0.02)
    assert running.returncode == 130
    assert b"Traceback" not in err + running.communicate()[1]


def test_a_reader_that_leaves_is_no_problem(tmp_path: Path) -> None:
    running = started(tmp_path, "ask", *ENDLESS, "Hello!")
    assert running.stdout is not None and running.stderr is not None
    os.read(running.stdout.fileno(), 1)
    running.stdout.close()
    err = running.stderr.read()
    running.stderr.close()
    assert running.wait() == 1
    assert b"Traceback" not in err and b"Exception" not in err


def test_a_reader_of_json_that_leaves_is_no_problem(tmp_path: Path) -> None:
    """The output is buffered, so that it is written only at the end."""
    running = started(tmp_path, "characters", "list", "--json")
    assert running.stdout is not None and running.stderr is not None
    running.stdout.close()
    err = running.stderr.read()
    running.stderr.close()
    assert running.wait() == 1
    assert not err


def test_help_and_version_are_there(tmp_path: Path) -> None:
    assert "talk" in refsheet(tmp_path, "--help").out
    assert "--min-p" in refsheet(tmp_path, "ask", "--help").out
    assert refsheet(tmp_path, "--version").out.startswith("refsheet ")
