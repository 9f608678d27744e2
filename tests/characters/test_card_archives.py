"""Archives as people and programs pack them: in folders, with other names, with passwords."""

from __future__ import annotations

import io
import json
import struct
import zipfile
from pathlib import Path
from typing import Any

import pytest

from helpers.cards import SHEET, V3
from refsheet_tui.characters.cards import read_card
from refsheet_tui.errors import CardError


def packed(folder: Path, files: dict[str, bytes]) -> Path:
    path = folder / "x.charx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            entry = zipfile.ZipInfo("x")
            entry.filename = name  # the constructor would change its slashes on some systems
            archive.writestr(entry, content)
    return path


def card_with_icons(*uris: str) -> bytes:
    assets = [{"type": "icon", "name": f"icon {uri}", "uri": uri} for uri in uris]
    return json.dumps({**V3, "data": {**V3["data"], "assets": assets}}).encode()


@pytest.mark.parametrize(
    ("card", "icon"),
    [
        ("card.json", "assets/icon.png"),
        ("Ember/card.json", "Ember/assets/icon.png"),
        ("Ember/card.json", "assets/icon.png"),
        ("downloads/my Ember/card.json", "downloads/my Ember/assets/icon.png"),
        ("Ember\\card.json", "Ember\\assets\\icon.png"),
        ("./card.json", "./assets/icon.png"),
        ("Card.json", "Assets/Icon.PNG"),
        ("CARD.JSON", "assets/icon.png"),
    ],
)
def test_a_card_and_its_icon_in_a_folder_or_in_other_letters(
    card: str, icon: str, tmp_path: Path
) -> None:
    found = read_card(packed(tmp_path, {card: json.dumps(V3).encode(), icon: SHEET}))
    assert (found.card, found.picture) == (V3, SHEET)


def test_the_card_at_the_root_counts(tmp_path: Path) -> None:
    other = json.dumps({"name": "Ash", "first_mes": "Hi"}).encode()
    files = {"old/card.json": other, "card.json": json.dumps(V3).encode(), "Card.json": other}
    assert read_card(packed(tmp_path, files)).card == V3


def test_several_cards_in_folders_are_said(tmp_path: Path) -> None:
    card = json.dumps(V3).encode()
    with pytest.raises(CardError, match=r"x\.charx: This ZIP file has several characters in it"):
        read_card(packed(tmp_path, {"a/card.json": card, "b/card.json": card}))


@pytest.mark.parametrize(
    ("uri", "name"),
    [
        ("embeded://assets/a%20b.png", "assets/a b.png"),
        ("embeded://assets/%C3%BC.png", "assets/ü.png"),
        ("embeded://assets/a%20b.png", "assets/a%20b.png"),
        ("embedded://assets/a b.png", "assets/a b.png"),
        ("EMBEDED:///assets/a.png", "assets/a.png"),
        ("embeded://./assets/a.png", "assets/a.png"),
    ],
)
def test_the_names_of_icons(uri: str, name: str, tmp_path: Path) -> None:
    path = packed(tmp_path, {"card.json": card_with_icons(uri), name: SHEET})
    assert read_card(path).picture == SHEET


def test_an_icon_that_is_no_picture_is_passed_over(tmp_path: Path) -> None:
    card = card_with_icons("embeded://a.txt", "embeded://gone.png", "embeded://b.png")
    path = packed(tmp_path, {"card.json": card, "a.txt": b"not a picture", "b.png": SHEET})
    assert read_card(path).picture == SHEET
    path = packed(tmp_path, {"card.json": card, "a.txt": b"not a picture"})
    assert read_card(path).picture is None


def changed(card: bytes, place: int, kind: str, value: int) -> bytes:
    """Return an archive with a value of the card's entry in its directory changed."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("card.json", card)
    data = bytearray(out.getvalue())
    struct.pack_into(kind, data, data.rfind(b"PK\1\2") + place, value)
    return bytes(data)


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        ((8, "<H", 0x1), r"card\.json in this ZIP file is protected by a password"),
        ((8, "<H", 0x41), r"card\.json in this ZIP file is protected by a password"),
        ((8, "<H", 0x20), r"card\.json in this ZIP file is compressed in an uncommon way"),
        ((16, "<I", 1), r"card\.json in this ZIP file is damaged"),
        ((24, "<I", 2**31), r"The text is too large"),
    ],
)
def test_what_is_wrong_with_a_card_in_an_archive(value: Any, problem: str, tmp_path: Path) -> None:
    path = tmp_path / "x.charx"
    path.write_bytes(changed(json.dumps(V3).encode(), *value))
    with pytest.raises(CardError, match=problem):
        read_card(path)


DEFAULT_ICON = {"type": "icon", "name": "main", "uri": "ccdefault:", "ext": "png"}


@pytest.mark.parametrize("assets", [None, [DEFAULT_ICON]])
@pytest.mark.parametrize(
    "names",
    [
        ["assets/icon/image/1.png"],
        ["main.png"],
        ["assets/icon/image/1.png", "assets/emotion/image/smile.png"],
        ["Ember/Assets/Icon/1.PNG", "other.png"],
    ],
)
def test_the_only_picture_of_an_archive_is_that_of_the_card(
    tmp_path: Path, assets: Any, names: list[str]
) -> None:
    card = {**V3, "data": {**V3["data"], "assets": assets}}
    others = {name: b"\x89PNG other" for name in names[1:]}
    files = {"card.json": json.dumps(card).encode(), names[0]: SHEET, **others}
    assert read_card(packed(tmp_path, files)).picture == SHEET


@pytest.mark.parametrize("names", [[], ["a.png", "b.png"], ["icon/a.png", "icon/b.png"], ["a.txt"]])
def test_no_picture_is_guessed_among_several(tmp_path: Path, names: list[str]) -> None:
    card = {**V3, "data": {**V3["data"], "assets": []}}
    files = {"card.json": json.dumps(card).encode(), **dict.fromkeys(names, SHEET)}
    assert read_card(packed(tmp_path, files)).picture is None


def test_what_to_do_with_a_pack_of_cards_is_said(tmp_path: Path) -> None:
    with pytest.raises(CardError) as caught:
        read_card(packed(tmp_path, {"ember.png": SHEET, "ash.png": SHEET}))
    assert caught.value.remedy == "If there are cards in it, unpack it and import each one."
