#!/usr/bin/env python3
"""Feed millions of damaged files to the code that reads files from outside.

pip install -e '.[fuzz]' python scripts/fuzz.py cards FOLDER -max_total_time=600

There must be no crash, no hang and no memory problem. Kinds: `gguf` (the checks of model files),
`cards` (PNG, CHARX, JSON, YAML), `chats` (refsheet's own JSON, SillyTavern's JSONL, lists of
messages), `pictures`, `replies` (the text of a model as it is shown, exported and cut off). FOLDER
collects the files that reached new code; options of libFuzzer follow it. A file that takes 2 s or
300 MB (`gguf`: 5 s, 512 MB) counts as a problem.
"""

from __future__ import annotations

import base64
import io
import json
import sys
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import atheris
import gguf
import numpy as np
from PIL import Image, PngImagePlugin
from rich.console import Console
from rich.style import Style

with atheris.instrument_imports(include=["refsheet_tui"]):
    from refsheet_tui.characters import (
        RenderedProfile,
        ScanContext,
        card_from_profile,
        explain_lorebook,
        json_card,
        profile_from_card,
        read_card,
        replace_text_chunks,
    )
    from refsheet_tui.chats import read_chat, to_json, to_jsonl, to_markdown
    from refsheet_tui.chats.files.readable_markdown import readable_markdown
    from refsheet_tui.chats.impersonation import ImpersonationFilter
    from refsheet_tui.errors import CardError, ChatFileError, PictureError
    from refsheet_tui.pictures import PNG_SIGNATURE, open_picture, opening
    from refsheet_tui.prompting import LANGUAGES
    from refsheet_tui.tui.markdown.palette import make_palette
    from refsheet_tui.tui.markdown.view import render_markdown
    from refsheet_tui.untrusted import clean_text, one_line
    from refsheet_tui.weights import LocalFile, Verification

Check = Callable[[Path], None]

_CARD = {
    "spec": "chara_card_v2",
    "spec_version": "2.0",
    "data": {
        "name": "Seed",
        "description": "{{char}} and {{user}}",
        "mes_example": "<START>\n{{user}}: Hi",
        "alternate_greetings": ["Hi"],
        "tags": ["a"],
        "extensions": {"x": 1},
        "character_book": {"entries": [{"keys": ["hi"], "content": "x", "constant": False}]},
    },
}
_CHATS: dict[str, object] = {
    "own.json": {
        "format": "refsheet chat",
        "version": 1,
        "leaf": 0,
        "messages": [{"parent": None, "role": "user", "text": "Hi", "pictures": []}],
        "pictures": {},
    },
    "list.json": [{"role": "user", "content": [{"type": "text", "text": "Hi"}]}],
    "sharegpt.json": {"conversations": [{"from": "human", "value": "Hi"}]},
    "history.json": {"internal": [["Hi", "Yo"]], "visible": [["Hi", "Yo"]]},
    "histories.json": {"histories": [{"msgs": [{"text": "Hi", "src": {"is_human": True}}]}]},
}
_LINES = (
    {"user_name": "A", "character_name": "B", "create_date": "June 19, 2023 2:20pm"},
    {"name": "B", "is_user": False, "mes": "Hi", "swipes": ["Hi", "Yo"], "swipe_id": 0},
    {"name": "C", "is_system": True, "mes": "Yo", "swipes": ["Yo"], "swipe_info": [{"extra": {}}]},
    {"name": "A", "is_user": True, "mes": "Hm", "send_date": 1700000000000},
)
_REPLIES = {
    "marks.md": "# A *b* **c** ~~d~~ `e` <f> &amp; [g](h)\n\n> i\n\n- j\n  1. k\n\n2*3*4 \\\n\tl",
    "blocks.md": "|m|n|\n|-|-|\n|o|p|\n\n```python\nq = 1\n```\n[r]: s\n![t](u)",
    "label.txt": "Hi!\n**Jane** (smiling): Hello\nUser: x\n```\nJane: 1\n```\n",
}
_WIDTHS = (16, 40, 76)
_PALETTE = make_palette(lambda _: Style())
# The real limit takes half a gigabyte, which is no finding.
opening.MAX_PIXELS = 1 << 20


def check_model(path: Path) -> None:
    for projector in (None, LocalFile.outside_store(path)):
        report = Verification([LocalFile.outside_store(path)], projector, lambda file, count: None)
        for each in report.run(quick=True).checks:
            assert each.finding.message == one_line(each.finding.message)


def check_card(path: Path) -> None:
    """Read the file as it is, and as the card in pictures and in an archive.

    A damaged checksum or archive would keep nearly all of the card from being read.
    """
    data = path.read_bytes()
    archive = _in_an_archive(data)
    for variant in (data, _in_a_picture(data), archive, b"\xff\xd8" + archive, _in_a_webp(data)):
        path.write_bytes(variant)
        try:
            card = read_card(path)
        except CardError as error:
            assert str(error) == one_line(str(error))
            continue
        profile = profile_from_card(card.card, "en")
        for text in (profile.name, profile.description, profile.greeting, *profile.tags):
            assert text == clean_text(text)
        for language in LANGUAGES[:2]:
            rendered = RenderedProfile(profile, language)
            texts = (rendered.description(), *rendered.greetings())
            assert all(text == clean_text(text) for text in texts)
            lorebook = rendered.lorebook()
            counts = {entry.content: len(entry.content) for entry in lorebook.entries}
            explain_lorebook(lorebook, ScanContext(["hi", "x"]), counts, 8192)
        json_card(profile)
        copy = profile_from_card(card_from_profile(profile, 3), "zh")
        assert copy.model_copy(update={"card": {}}) == profile.model_copy(update={"card": {}})


def check_chat(path: Path) -> None:
    try:
        file = read_chat(path)
    except ChatFileError as error:
        assert str(error) == one_line(str(error))
        return
    draft, notice = file.chat, file.omissions.describe()
    assert notice == one_line(notice)
    for message in draft.messages:
        assert message.text == clean_text(message.text)
        assert message.speaker == one_line(message.speaker)
    to_markdown(draft)
    path.write_bytes(to_json(draft))
    assert read_chat(path).chat == draft
    if not draft.path():
        return
    path.write_bytes(to_jsonl(draft))
    again = read_chat(path)
    assert not again.omissions.lines
    path.write_bytes(to_jsonl(again.chat))
    assert read_chat(path) == again


def check_picture(path: Path) -> None:
    try:
        picture = open_picture(path)
    except PictureError as error:
        assert str(error) == one_line(str(error))
    else:
        assert picture.mode == "RGB"


def check_reply(path: Path) -> None:
    """Compare what is shown and exported with the text: no letter and no digit may be missing."""
    text = clean_text(path.read_bytes().decode("utf-8", "replace"))
    width = _WIDTHS[len(text) % len(_WIDTHS)]
    console = Console(width=width, color_system=None, theme=_PALETTE.elements)
    lines = console.render_lines(render_markdown(text, width, _PALETTE.code))
    shown = "".join(segment.text for line in lines for segment in line)
    # The lines of a high cell of a table stand beside those of the next cell.
    assert sorted(filter(str.isalnum, shown)) == sorted(filter(str.isalnum, text))
    readable_markdown(text)
    whole, in_pieces = (ImpersonationFilter("Jane Doe", "Ember") for _ in range(2))
    kept = whole.filter_text(text) + whole.flush()
    assert kept == "".join(map(in_pieces.filter_text, text)) + in_pieces.flush()
    assert text.startswith(kept)


def _in_a_picture(data: bytes) -> bytes:
    return replace_text_chunks(PNG_SIGNATURE, {b"chara": base64.b64encode(data)})


def _in_a_webp(data: bytes) -> bytes:
    """Return `data` as the EXIF data of a WEBP without pixels."""
    body = b"WEBPEXIF" + len(data).to_bytes(4, "little") + data
    return b"RIFF" + len(body).to_bytes(4, "little") + body


def _in_an_archive(data: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("card.json", data)
    return out.getvalue()


def write_model(folder: Path) -> None:
    """Write a complete but tiny model, so that the damaged files come from a good one."""
    writer = gguf.GGUFWriter(folder / "seed.gguf", "gemma3")
    writer.add_name("Seed")
    writer.add_embedding_length(32)
    writer.add_context_length(512)
    writer.add_token_list(["<bos>", "<start_of_turn>", "<end_of_turn>", "a"])
    writer.add_token_types([3, 3, 3, 1])
    writer.add_chat_template("<start_of_turn>")
    writer.add_tensor("token_embd.weight", np.zeros((4, 32), np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def write_card(folder: Path) -> None:
    data = json.dumps(_CARD).encode()
    (folder / "seed.json").write_bytes(data)
    (folder / "seed.png").write_bytes(_in_a_picture(data))
    (folder / "seed.charx").write_bytes(_in_an_archive(data))
    (folder / "seed.yaml").write_text("name: Seed\ntags: [a]\n")


def write_chat(folder: Path) -> None:
    for name, content in _CHATS.items():
        (folder / name).write_text(json.dumps(content))
    (folder / "silly.jsonl").write_text("\n".join(map(json.dumps, _LINES)))
    (folder / "group.jsonl").write_text("\n".join(map(json.dumps, _LINES[1:])))
    roles = [{"role": role, "content": "Hi"} for role in ("system", "user", "tool", "assistant")]
    (folder / "roles.jsonl").write_text("\n".join(map(json.dumps, roles)))
    (folder / "utf16.jsonl").write_text("\n".join(map(json.dumps, _LINES)), encoding="utf-16")


def write_picture(folder: Path) -> None:
    picture = Image.new("RGBA", (9, 7), (200, 30, 30, 128))
    exif = picture.getexif()
    exif[0x0112] = 6  # the orientation
    exif[0x010E] = "a description"
    texts = PngImagePlugin.PngInfo()
    texts.add_text("chara", "text", zip=True)
    for suffix in ("jpg", "webp", "gif", "bmp", "avif"):
        picture.convert("RGB").save(folder / f"seed.{suffix}", exif=exif)
    frames = [picture.rotate(90 * turns) for turns in range(3)]
    for suffix in ("png", "webp"):
        name = folder / f"moving.{suffix}"
        picture.save(name, save_all=True, append_images=frames, exif=exif, pnginfo=texts)


def write_reply(folder: Path) -> None:
    for name, text in _REPLIES.items():
        (folder / name).write_text(text)


_KINDS: dict[str, tuple[Callable[[Path], None], Check, tuple[str, ...]]] = {
    "gguf": (write_model, check_model, ("-timeout=5", "-rss_limit_mb=512")),
    "cards": (write_card, check_card, ("-timeout=2", "-rss_limit_mb=300")),
    "pictures": (write_picture, check_picture, ("-timeout=2", "-rss_limit_mb=300")),
    "replies": (write_reply, check_reply, ("-timeout=2", "-rss_limit_mb=300")),
    "chats": (write_chat, check_chat, ("-timeout=2", "-rss_limit_mb=300")),
}


def main() -> None:
    if len(sys.argv) < 3 or sys.argv[1] not in _KINDS or sys.argv[2].startswith("-"):
        sys.exit(f"Name what to read ({', '.join(_KINDS)}) and the folder to keep files in.")
    write_seeds, check, limits = _KINDS[sys.argv[1]]
    folder = Path(sys.argv[2])
    folder.mkdir(parents=True, exist_ok=True)
    write_seeds(folder)
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None) as work:
        path = Path(work) / "fuzzed"

        def run(data: bytes) -> None:
            path.write_bytes(data)
            check(path)

        atheris.Setup([sys.argv[0], *limits, "-max_len=4096", *sys.argv[2:]], run)
        atheris.Fuzz()


if __name__ == "__main__":
    main()
