"""Dates and encodings of chats, as other programs write them."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path

import pytest

from helpers.chat_lines import HEAD, exported, jsonl, read, said, texts
from refsheet_tui.errors import ChatFileError


@pytest.mark.parametrize(
    ("date", "when"),
    [
        ("April 5, 2024 3:14pm", (15, 14, 0, 0)),
        ("April 5, 2024 3:14 PM", (15, 14, 0, 0)),
        ("2024-4-5@15h14m05s", (15, 14, 5, 0)),
        ("2024-4-5 @15h 14m 05s 123ms", (15, 14, 5, 123)),
        ("2024-04-05T15:14:05.123", (15, 14, 5, 123)),
        ("2024-04-05 15:14:05", (15, 14, 5, 0)),
        ("5. April 2024 15:14", (15, 14, 0, 0)),
        ("5 avril 2024 15:14", (15, 14, 0, 0)),
        ("5 апреля 2024 г., 15:14", (15, 14, 0, 0)),
        ("2024年4月5日 15:14", (15, 14, 0, 0)),
        ("2024年4月5日下午3点14分", (15, 14, 0, 0)),
        ("5 tháng 4 năm 2024 15:14", (15, 14, 0, 0)),
        ("5 Nisan 2024 15:14", (15, 14, 0, 0)),
        ("5. dubna 2024 15:14", (15, 14, 0, 0)),
        ("5 april 2024 om 15:14", (15, 14, 0, 0)),
        ("2024. ápr. 5. 15:14", (15, 14, 0, 0)),
        ("April 5, 2024 12:14am", (0, 14, 0, 0)),
        ("April 5, 2024", (0, 0, 0, 0)),
    ],
)
def test_dates_of_all_times(tmp_path: Path, date: str, when: tuple[int, int, int, int]) -> None:
    hour, minute, second, ms = when
    expected = datetime(2024, 4, 5, hour, minute, second, ms * 1000).timestamp()
    chat = read(tmp_path, jsonl(HEAD, said("Ember", "Hi.", send_date=date))).chat
    assert chat.messages[0].created == expected
    assert exported(chat)[1]["send_date"] == date


@pytest.mark.parametrize(
    "date",
    [
        "Fri Apr 05 2024 17:07:25 GMT+0200 (Central European Summer Time)",
        "Fri Apr 05 2024 17:07:25 GMT+02:00",
        "Fri, 05 Apr 2024 15:07:25 GMT",
        "Fri, 05 Apr 2024 11:07:25 -0400",
        "2024-04-05 15:07:25 UTC",
        "5 avril 2024 17:07:25+0200",
        "April 5, 2024 3:07:25 PM UTC",
        "Fri Apr 05 2024 20:37:25 GMT+0530",
    ],
)
def test_dates_with_a_time_zone(tmp_path: Path, date: str) -> None:
    chat = read(tmp_path, jsonl(HEAD, said("Ember", "Hi.", send_date=date))).chat
    assert chat.messages[0].created == 1712329645


@pytest.mark.parametrize(("month", "number"), [("března", 3), ("června", 6), ("července", 7)])
def test_similar_names_of_months(tmp_path: Path, month: str, number: int) -> None:
    date = f"5. {month} 2024 15:14"
    chat = read(tmp_path, jsonl(HEAD, said("Ember", "Hi.", send_date=date))).chat
    assert chat.messages[0].created == datetime(2024, number, 5, 15, 14).timestamp()


@pytest.mark.parametrize(
    "date", [1712329645000, 1712329645, "1712329645000", "2024-04-05T15:07:25Z"]
)
def test_dates_in_one_number(tmp_path: Path, date: object) -> None:
    chat = read(tmp_path, jsonl(HEAD, said("Ember", "Hi.", send_date=date))).chat
    assert chat.messages[0].created == 1712329645


@pytest.mark.parametrize(
    "date", ["", "yesterday", "May I?", "2024-99-99@99h99m99s", None, [], True]
)
def test_a_date_that_is_none_is_kept(tmp_path: Path, date: object) -> None:
    chat = read(tmp_path, jsonl(HEAD, said("Ember", "Hi.", send_date=date))).chat
    assert chat.messages[0].created is None
    assert exported(chat)[1]["send_date"] == date


# Encodings


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252", "latin-1"]
)
def test_other_encodings_are_read(tmp_path: Path, encoding: str) -> None:
    lines = [HEAD, said("Ember", "Grüße, “Jane”" if encoding != "latin-1" else "Grüße")]
    text = "\r\n".join(json.dumps(line, ensure_ascii=False) for line in lines)
    file = read(tmp_path, text.encode(encoding))
    chat = file.chat
    is_guess = encoding in ("cp1252", "latin-1")
    assert ("read as Windows-1252" in file.omissions.describe()) is is_guess
    assert texts(chat) == [lines[1]["mes"]]
    if encoding in ("utf-8-sig", "utf-16"):
        chat = read(tmp_path, f"\r\n {text}".encode(encoding)).chat
        assert texts(chat) == [lines[1]["mes"]]


@pytest.mark.parametrize("encoding", ["gbk", "shift-jis", "big5", "cp1251"])
def test_other_encodings_are_no_silent_damage(tmp_path: Path, encoding: str) -> None:
    word = {"gbk": "你好世界能\\再见", "shift-jis": "表", "big5": "功", "cp1251": "Привет"}[
        encoding
    ]
    lines = [json.dumps(said("Ember", word), ensure_ascii=False).encode(encoding)] * 3
    for data in (b"\n".join(lines), b"[" + b",".join(lines) + b"]"):
        try:
            notice = read(tmp_path, data).omissions.describe()
        except ChatFileError as error:
            notice = str(error)
        assert "isn't in UTF-8" in notice and "ave it as UTF-8" in notice


def test_large_files_of_other_encodings_are_bounded(tmp_path: Path) -> None:
    text = '{"mes": "' + "€" * (17 << 20) + '"}'
    with pytest.raises(ChatFileError, match="too large"):
        read(tmp_path, text.encode("cp1252"))


def test_a_line_of_megabytes_is_read(tmp_path: Path) -> None:
    line = said("Ember", "B", swipes=["A", "B"], swipe_info=[{"extra": "x" * (5 << 20)}])
    file = read(tmp_path, jsonl(HEAD, line))
    assert len(file.chat.messages) == 2 and not file.omissions.lines
