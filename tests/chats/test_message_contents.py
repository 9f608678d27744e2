"""Texts, pictures, files, thoughts and tools in messages, in every known form."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from refsheet_tui.chats.files import ChatFile, read_chat, to_json
from refsheet_tui.errors import ChatFileError
from refsheet_tui.paths import samples_dir

PICTURE = (samples_dir() / "miso.png").read_bytes()
BASE64 = base64.b64encode(PICTURE).decode()
ADDRESS = f"data:image/png;base64,{BASE64}"
NO_PICTURE = "1 picture was left out because the file doesn't contain it."
NOT_SHOWN = "1 part of a message, such as a file, isn't shown. Exports keep it."


def read(folder: Path, content: object) -> ChatFile:
    path = folder / "chat.json"
    path.write_text(json.dumps(content))
    return read_chat(path)


@pytest.mark.parametrize(
    "content",
    [
        "hi",
        ["hi"],
        {"text": "hi"},
        {"parts": ["hi"]},
        {"content_type": "text", "parts": ["hi"]},
        {"value": "hi"},
        [{"type": "text", "text": "hi"}],
        [{"type": "text", "text": {"value": "hi", "annotations": []}}],
        [{"type": "output_text", "text": "hi"}],
        [{"type": "refusal", "refusal": "hi"}],
        {"type": "message", "content": [{"type": "input_text", "text": "hi"}]},
    ],
)
def test_a_text_is_read_in_every_form(tmp_path: Path, content: object) -> None:
    file = read(tmp_path, [{"role": "assistant", "content": content}])
    assert [each.text for each in file.chat.messages] == ["hi"]
    assert file.omissions.describe() == ""
    lines = "".join(json.dumps({"role": "user", "content": content}) + "\n" for _ in range(2))
    path = tmp_path / "messages.jsonl"
    path.write_text(lines)
    assert [each.text for each in read_chat(path).chat.messages] == ["hi", "hi"]


def test_a_refusal_beside_no_content_is_a_text(tmp_path: Path) -> None:
    file = read(tmp_path, [{"role": "assistant", "content": None, "refusal": "No."}])
    assert [each.text for each in file.chat.messages] == ["No."]


def test_a_number_is_a_text(tmp_path: Path) -> None:
    assert read(tmp_path, [{"role": "user", "content": 123}]).chat.messages[0].text == "123"


@pytest.mark.parametrize(
    "part",
    [
        {"type": "image", "image": ADDRESS},
        {"type": "image_url", "image_url": {"url": ADDRESS}},
        {"type": "input_image", "image_url": ADDRESS},
        {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": BASE64}},
        {"inlineData": {"mimeType": "image/png", "data": BASE64}},
        {"inline_data": {"mime_type": "image/png", "data": BASE64}},
        {"type": "image", "data": f"{BASE64[:76]}\n{BASE64[76:]}", "mimeType": "image/png"},
    ],
)
def test_a_picture_is_read_in_every_form(tmp_path: Path, part: dict[str, Any]) -> None:
    file = read(tmp_path, [{"role": "user", "content": [part, {"type": "text", "text": "Look!"}]}])
    (message,) = file.chat.messages
    assert (message.text, message.pictures, message.extra) == ("Look!", (PICTURE,), {})
    assert file.omissions.describe() == ""


@pytest.mark.parametrize(
    "values",
    [
        {"images": [BASE64]},
        {"images": [ADDRESS]},
        {"files": [{"type": "image", "url": ADDRESS}]},
        {"attachments": [{"contentType": "image/png", "url": ADDRESS}]},
    ],
)
def test_a_picture_beside_the_text_is_attached(tmp_path: Path, values: dict[str, Any]) -> None:
    file = read(tmp_path, [{"role": "user", "content": "Look!", **values}])
    (message,) = file.chat.messages
    assert (message.pictures, message.extra) == ((PICTURE,), {})


@pytest.mark.parametrize(
    "part",
    [
        {"type": "image", "source": {"type": "url", "url": "https://example.com/x.png"}},
        {"content_type": "image_asset_pointer", "asset_pointer": "file-service://x"},
        {"type": "image_file", "image_file": {"file_id": "x"}},
        {"type": "image", "image": "words"},
    ],
)
def test_a_missing_picture_is_counted(tmp_path: Path, part: dict[str, Any]) -> None:
    file = read(tmp_path, [{"role": "user", "content": [part, "Look!"]}])
    assert file.omissions.describe() in (NO_PICTURE, NOT_SHOWN)
    assert file.chat.messages[0].extra == {"message": {"content": [part]}}


@pytest.mark.parametrize("key", ["images", "files"])
def test_the_address_of_a_missing_picture_is_kept(tmp_path: Path, key: str) -> None:
    pictures = [{"type": "image", "url": "https://example.com/x.png"}, ADDRESS]
    file = read(tmp_path, [{"role": "user", "content": "Look!", key: pictures}])
    assert file.omissions.describe() == NO_PICTURE
    assert file.chat.messages[0].extra == {"message": {key: pictures[:1]}}


@pytest.mark.parametrize(
    "part",
    [
        {"type": "thinking", "thinking": "Hm."},
        {"type": "reasoning", "text": "Hm."},
        {"text": "Hm.", "thought": True},
        {"type": "tool_use", "id": "1", "name": "f", "input": {}},
        {"type": "tool_result", "content": [{"type": "text", "text": "Hm."}]},
        {"type": "input_audio", "input_audio": {"data": "AAAA", "format": "wav"}},
        {"type": "document", "title": "x"},
        {"unknown": 1},
    ],
)
def test_other_parts_are_kept_and_counted(tmp_path: Path, part: dict[str, Any]) -> None:
    file = read(
        tmp_path, [{"role": "assistant", "content": [part, {"type": "text", "text": "Hi"}]}]
    )
    assert [each.text for each in file.chat.messages] == ["Hi"]
    assert file.omissions.describe() == NOT_SHOWN
    assert json.loads(to_json(file.chat))["messages"][0]["extra"]["message"]["content"] == [part]


@pytest.mark.parametrize("role", ["user", "assistant"])
@pytest.mark.parametrize("kind", ["tool_use", "tool_result"])
def test_a_message_of_a_tool_alone_is_counted(tmp_path: Path, role: str, kind: str) -> None:
    messages = [
        {"role": "user", "content": "Hi"},
        {"role": role, "content": [{"type": kind, "id": "1"}]},
        {"role": "assistant", "content": [{"type": "text", "text": "Ho"}]},
    ]
    file = read(tmp_path, messages)
    assert [each.text for each in file.chat.messages] == ["Hi", "Ho"]
    assert file.omissions.describe() == "1 tool or developer message was left out."


def test_every_value_of_a_message_is_kept(tmp_path: Path) -> None:
    values = {"data": {"x": 1}, "text": "another", "value": 3, "files": [{"name": "a.txt"}]}
    file = read(tmp_path, [{"role": "user", "content": "Hi", **values}])
    assert file.chat.messages[0].extra == {"message": values}
    assert file.omissions.describe() == NOT_SHOWN


def test_deep_contents_are_read(tmp_path: Path) -> None:
    content: object = "deep"
    for _ in range(25):
        content = [{"content": content}]
    assert read(tmp_path, [{"role": "user", "content": content}]).chat.messages[0].text == "deep"


# SillyTavern


@pytest.mark.parametrize(
    ("extra", "notice"),
    [
        ({"image": "user/images/Ember/x.png"}, NO_PICTURE),
        ({"media": [{"type": "image", "url": "user/images/x.png"}]}, NO_PICTURE),
        ({"file": {"name": "a.txt", "text": "words"}}, NOT_SHOWN),
        ({"files": [{"name": "a.txt", "url": "user/files/a.txt"}]}, NOT_SHOWN),
        ({"image": ADDRESS}, ""),
        ({"image": ""}, ""),
        ({"image": None, "api": "x"}, ""),
    ],
)
def test_what_is_attached_to_a_line_is_said(
    tmp_path: Path, extra: dict[str, Any], notice: str
) -> None:
    line = {"name": "Jane", "is_user": True, "mes": "", "extra": extra}
    file = read(tmp_path, [line])
    assert file.omissions.describe() == notice
    assert file.chat.messages[0].pictures == ((PICTURE,) if extra.get("image") == ADDRESS else ())
    assert file.chat.messages[0].extra["sillytavern"]["extra"] == extra


def test_a_line_with_parts_is_read(tmp_path: Path) -> None:
    parts = [
        {"type": "text", "text": "Look!"},
        {"type": "image_url", "image_url": {"url": ADDRESS}},
    ]
    (message,) = read(tmp_path, [{"name": "Jane", "is_user": True, "mes": parts}]).chat.messages
    assert (message.text, message.pictures) == ("Look!", (PICTURE,))


@pytest.mark.parametrize("item", [{"x": 1}, {"speaker": "Jane", "words": "Hi"}])
def test_messages_in_an_unknown_form_are_called_so(tmp_path: Path, item: object) -> None:
    with pytest.raises(ChatFileError, match="doesn't know the form of the messages"):
        read(tmp_path, {"messages": [item]})
