"""Tests of small parts that need no model."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from helpers.engine_driver import GREEDY, ask, demo, picture
from refsheet_tui.engine import (
    LoadProgress,
    ModelInfo,
    PictureProgress,
    PromptProgress,
    ReplyFinished,
    TextDelta,
    Timings,
    TokenizedPart,
    logfile,
    wire,
)
from refsheet_tui.engine.ipc_messages import (
    CancelRequest,
    Envelope,
    GenerateRequest,
    LoadRequest,
    RequestFailed,
    TokenizeRequest,
    TokenizeResult,
)
from refsheet_tui.engine.native.cache_contents import CacheContents, PictureUnit
from refsheet_tui.engine.native.detokenizer import ReplyDetokenizer
from refsheet_tui.engine.native.embedding_cache import EmbeddingCache
from refsheet_tui.engine.native.job import Job
from refsheet_tui.engine.native.reply_stats import ReplyStats
from refsheet_tui.engine.native.threads import _parse_cpu_list, performance_cores
from refsheet_tui.engine.native.utf8_decoder import Utf8Decoder
from refsheet_tui.engine.pixel_folder import PixelFolder
from refsheet_tui.errors import EngineError, PromptTooLongError

END = ReplyFinished("end_of_turn", 9, 3, 4, Timings(0.1, 0.2, 0.3, 0.4, 5.0))
BODIES = [
    LoadRequest(demo()),
    LoadRequest(demo(sees=False)),
    GenerateRequest(ask(picture(1), "你好 \u2028 \ud800 <end_of_turn>\n"), GREEDY),
    TokenizeRequest(ask("Hello")),
    CancelRequest(),
    LoadProgress(0.5),
    ModelInfo("demo", True, 8192, 224, 16, "CPU"),
    PictureProgress(1, 2),
    PromptProgress(1, 2, 0),
    TextDelta("\x1b\n"),
    END,
    TokenizeResult(
        (TokenizedPart("text", "a", (1, 2), 2), TokenizedPart("picture", "", (), 16, "f0"))
    ),
    RequestFailed("WeightsError", "No.", "Yes."),
]


@pytest.mark.parametrize("body", BODIES, ids=lambda body: type(body).__name__)
def test_a_message_arrives_as_it_was_sent(tmp_path: Path, body: object) -> None:
    pixels = PixelFolder(tmp_path / "pixels")
    envelope = Envelope(7, body)  # type: ignore[arg-type]
    line = wire.encode(envelope, pixels)
    assert line.endswith(b"\n") and line.count(b"\n") == 1 and line.isascii()
    assert wire.decode(line, pixels) == envelope
    assert len(line) < 3000, "pixels don't travel in lines"


@settings(deadline=None)  # a busy machine is not a failure
@given(st.text())
def test_any_text_arrives_in_one_line(text: str) -> None:
    pixels = PixelFolder(Path("unused"))
    line = wire.encode(Envelope(1, TextDelta(text)), pixels)
    assert line.count(b"\n") == 1 == len(line.splitlines())
    assert wire.decode(line, pixels) == Envelope(1, TextDelta(text))


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"\n",
        b"{}\n",
        b"[]\n",
        b"\xff\n",
        b"[" * 100_000,
        b'{"type":"Envelope"}\n',
        b'{"type":"Envelope","id":"1","body":null}\n',
        b'{"type":"LoadProgress","fraction":1}\n',
        b'{"type":"PreparedPicture"}\n',
        b'{"type":"Path"}\n',
        b'{"type":["Envelope"],"id":1,"body":null}\n',
    ],
    ids=range(12),
)
def test_what_is_no_message_is_noticed(tmp_path: Path, line: bytes) -> None:
    with pytest.raises(wire.WireError):
        wire.decode(line, PixelFolder(tmp_path))


def test_an_error_keeps_its_type(tmp_path: Path) -> None:
    error = RequestFailed.from_error(PromptTooLongError("Too long.", "Shorten it.")).to_error()
    assert isinstance(error, PromptTooLongError)
    assert str(error) == "Too long. Shorten it."


@settings(deadline=None)  # a busy machine is not a failure
@given(st.text(), st.data())
def test_characters_come_whole_wherever_they_are_cut(text: str, data: st.DataObject) -> None:
    whole = text.encode("utf-8", "replace")
    cuts = sorted(data.draw(st.lists(st.integers(0, len(whole)))))
    edges = list(zip([0, *cuts], [*cuts, len(whole)], strict=True))
    characters = Utf8Decoder()
    pieces = [characters.feed(whole[begin:end]) for begin, end in edges]
    assert "".join(pieces) == whole.decode()


def test_what_is_no_character_is_replaced_and_an_unfinished_one_is_never_shown() -> None:
    characters = Utf8Decoder()
    assert characters.feed(b"\xff") == "\ufffd"
    assert characters.feed("🐉".encode()[:3]) == ""


def _unused(token: int) -> bytes:
    return b"" if token == 0 else f"<unused{token}>".encode()


def _written(token: int) -> bytes:
    return {1: b"Hi", 2: "你".encode()[:1], 3: "你".encode()[1:]}.get(token) or _unused(token)


def test_unused_tokens_are_held_back_until_something_follows_them() -> None:
    text = ReplyDetokenizer(_written, max_tokens=100)
    assert [text.feed(token) for token in (9, 0, 1, 8, 2, 3)] == [
        "",
        "",
        "<unused9>Hi",
        "",
        "<unused8>",
        "你",
    ]
    assert (text.feed(7), text.finish(), text.finish()) == ("", "<unused7>", "")


def test_only_unused_tokens_in_a_row_end_a_reply() -> None:
    text = ReplyDetokenizer(_written, max_tokens=100)
    said = [text.feed(token) for token in ([9] * 31 + [1]) * 3]
    assert "".join(said) == ("<unused9>" * 31 + "Hi") * 3
    with pytest.raises(EngineError, match="wrote unused tokens instead of text"):
        for token in range(32):
            text.feed(token % 2 * 9)


def test_the_ledger_compares_pictures_by_content() -> None:
    ledger = CacheContents([1, PictureUnit("a", 16), 2], batch_starts=(0, 1, 2))
    assert ledger.count_reusable([1, PictureUnit("a", 16), 2, 3], window=0) == 3
    assert ledger.count_reusable([1, PictureUnit("b", 16), 2], window=0) == 1


def test_the_last_batch_is_read_where_its_logits_are_not_kept() -> None:
    units = [1, 2, 3, 4]
    assert CacheContents(units, batch_starts=(0, 2)).count_reusable(units, window=0) == 2
    assert CacheContents(units, batch_starts=(0, 3)).count_reusable(units, window=0) == 3
    assert (
        CacheContents(units, batch_starts=(0, 2), logit_ends=(4,)).count_reusable(units, window=0)
        == 4
    )
    assert (
        CacheContents(units, batch_starts=(0, 2), logit_ends=(4,)).count_reusable(
            [*units, 5], window=0
        )
        == 4
    )


def test_a_batch_is_not_broken_for_a_few_positions() -> None:
    units = list(range(100))
    ledger = CacheContents(units, batch_starts=(0, 50))
    for same, reused in ((10, 0), (16, 0), (17, 17), (50, 50), (66, 50), (67, 67), (99, 99)):
        assert ledger.count_reusable([*units[:same], -1, -2], window=0) == reused
    assert ledger.count_reusable([*units, -1], window=0) == 100


def test_going_back_needs_what_the_window_has_to_see() -> None:
    """With a window of 64, position 90 sees from 26 on."""
    units = list(range(100))
    other = [*units[:90], -1, -2]
    assert CacheContents(units, oldest_position=26).count_reusable(other, window=64) == 90
    assert CacheContents(units, oldest_position=27).count_reusable(other, window=64) == 0
    assert (
        CacheContents(units, oldest_position=27).count_reusable([*units, -1], window=64) == 100
    ), "nothing is forgotten"
    assert CacheContents(units, oldest_position=99).count_reusable(other, window=0) == 90, (
        "no layer has a window"
    )


def _spell(token: int) -> bytes:
    return {1: b"", 2: b"Hel", 3: b"lo", 4: b"Hello", 5: b" you"}[token]


def _part(text: str, *tokens: int) -> TokenizedPart:
    return TokenizedPart("text", text, tokens, len(tokens))


def test_a_text_is_split_as_it_was_read() -> None:
    ledger = CacheContents([1, 2, 3], unread_tokens=[5])
    control = TokenizedPart("control", "<bos>", (1,), 1)
    assert list(ledger.match_prompt([control, _part("Hello", 4)], _spell)) == [1, 2, 3]
    assert list(ledger.match_prompt([control, _part("Hello you", 4, 5)], _spell)) == [1, 2, 3, 5]
    assert list(ledger.match_prompt([control, _part("Hel", 2)], _spell)) == [1, 2]
    edited = [control, _part("Hello Hello", 4, 4)]
    assert list(ledger.match_prompt(edited, _spell)) == [1, 4, 4], "what differs is the tokenizer's"
    assert list(ledger.match_prompt([_part("Hello", 4)], _spell)) == [4], "not at its place"


def test_the_least_recently_used_picture_is_forgotten_first() -> None:
    row = np.zeros((1, 4), np.float32)
    cache = EmbeddingCache(None, "projector", (1, 4), capacity=2 * row.nbytes)
    cache.put("a", row)
    cache.put("b", row)
    assert cache.get("a") is not None
    cache.put("c", row)
    assert [name for name in "abc" if cache.get(name) is not None] == ["a", "c"]


def test_a_job_answers_once() -> None:
    sent: list[Envelope] = []
    job = Job(3, GenerateRequest(ask("Hello"), GREEDY), sent.append)
    job.send_progress(PictureProgress(1, 1))
    job.cancel()
    job.send_progress(TextDelta("late"))
    job.send_answer(END)
    job.cancel()
    assert [each.body for each in sent] == [
        PictureProgress(1, 1),
        job.stats.make_finished_event("cancelled"),
    ]


def test_a_cancelled_load_is_a_failure() -> None:
    sent: list[Envelope] = []
    Job(3, LoadRequest(demo()), sent.append).cancel()
    assert isinstance(sent[0].body, RequestFailed)


def test_one_token_has_no_speed() -> None:
    meter = ReplyStats()
    meter.record_reply_token()
    assert meter.make_finished_event("max_tokens").timings.write_tps == 0.0
    meter.record_reply_token()
    assert meter.make_finished_event("max_tokens").timings.write_tps > 0.0


def test_there_is_at_least_one_core_and_no_more_than_there_are() -> None:
    assert 1 <= performance_cores() <= (os.cpu_count() or 1)


def test_the_kernel_lists_cpus_in_spans() -> None:
    assert _parse_cpu_list("0-2,7") == {0, 1, 2, 7}
    assert _parse_cpu_list("") == set()


def test_only_the_latest_logs_are_kept(tmp_path: Path) -> None:
    logs = [logfile.create_log(tmp_path) for _ in range(15)]
    assert len(set(logs)) == 15
    assert len(list(tmp_path.iterdir())) == 10


def test_last_words_are_cleaned(tmp_path: Path) -> None:
    log = tmp_path / "engine.log"
    said = b"Fatal one\nnews\n\x1btwo failed\x07\n\xff GGML_ASSERT(three)\nmore news\n"
    log.write_bytes(b"old error\n" * 5000 + said)
    words = "Fatal one | two failed | \ufffd GGML_ASSERT(three)"
    assert logfile.last_errors(log) == words
    assert logfile.last_errors(tmp_path / "none") == ""
