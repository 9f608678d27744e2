"""Cards of other programs are imported completely, and exported for other programs to read."""

from __future__ import annotations

import base64
import codecs
import io
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest
import yaml
from PIL import Image

from helpers.cards import (
    PYGMALION,
    SHEET,
    V1,
    V2,
    V3,
    charx,
    compressed,
    encoded,
    international,
    png,
    text,
)
from refsheet_tui.characters.cards import (
    card_from_profile,
    is_newer_version,
    json_card,
    png_card,
    profile_from_card,
    read_card,
)
from refsheet_tui.characters.profile import Profile
from refsheet_tui.errors import CardError
from refsheet_tui.paths import samples_dir

FORMS: dict[str, tuple[str, bytes]] = {
    "V1 in PNG": ("x.png", png(text(b"chara", encoded(V1)))),
    "V2 in PNG": ("x.png", png(text(b"chara", encoded(V2)))),
    "V3 in PNG": ("x.png", png(text(b"chara", encoded(V2)), text(b"ccv3", encoded(V3)))),
    "before the pixels": ("x.png", png(text(b"chara", encoded(V2)), at_the_end=False)),
    "compressed": ("x.png", png(compressed(b"chara", encoded(V2)))),
    "international": ("x.png", png(international(b"chara", encoded(V2)))),
    "behind other texts": ("x.png", png(text(b"Comment", b"hi"), text(b"chara", encoded(V2)))),
    "V1 in JSON": ("x.json", json.dumps(V1).encode()),
    "V2 in JSON": ("x.json", json.dumps(V2, indent=4).replace("\n", "\r\n").encode()),
    "with a BOM": ("x.json", b"\xef\xbb\xbf" + json.dumps(V2).encode()),
    "Pygmalion": ("x.json", json.dumps(PYGMALION).encode()),
    "YAML": ("x.yaml", yaml.safe_dump(V2, allow_unicode=True).encode()),
    "CHARX": ("x.charx", charx(V3, assets__icon_png=b"")),
}


def read(folder: Path, name: str, data: bytes) -> Any:
    path = folder / name
    path.write_bytes(data)
    return read_card(path)


@pytest.mark.parametrize("form", FORMS)
def test_every_form_of_a_card_is_understood(tmp_path: Path, form: str) -> None:
    found = read(tmp_path, *FORMS[form])
    profile = profile_from_card(found.card, "en")
    assert profile.name == "Ember"
    assert profile.description == "A red dragon."
    assert profile.greeting.startswith("Roar!")
    assert "\r" not in profile.greeting
    assert profile.card["scenario"] == "A cave."
    if form.endswith("PNG"):
        assert found.picture == FORMS[form][1]


def test_the_newest_version_in_a_picture_wins(tmp_path: Path) -> None:
    found = read(tmp_path, *FORMS["V3 in PNG"])
    assert profile_from_card(found.card, "en").card["nickname"] == "Em"


def test_the_older_one_stands_in_for_a_damaged_newer_one(tmp_path: Path) -> None:
    data = png(text(b"chara", encoded(V2)), text(b"ccv3", base64.b64encode(b"{{")))
    assert profile_from_card(read(tmp_path, "x.png", data).card, "en").name == "Ember"


def test_a_charx_brings_its_icon(tmp_path: Path) -> None:
    card = json.loads(json.dumps(V3).replace("icon.png", "icon_png"))
    found = read(tmp_path, "x.charx", charx(card, assets__icon_png=SHEET))
    assert found.picture == SHEET


def test_a_newer_version_than_any_known_is_read_all_the_same(tmp_path: Path) -> None:
    newer = {**V3, "spec": "chara_card_v4", "spec_version": "4.0"}
    found = read(tmp_path, "x.json", json.dumps(newer).encode())
    assert profile_from_card(found.card, "en").name == "Ember"


@pytest.mark.parametrize("version", ["3.0", "2.0", "", None, "x", 3])
def test_a_version_that_is_known_is_not_newer(version: object) -> None:
    assert not is_newer_version({"spec_version": version})
    assert is_newer_version({"spec_version": "4.0"}) and is_newer_version({"spec_version": "10"})


@pytest.mark.parametrize(
    "card",
    [
        {"card": {**V3, "spec_version": "4.0"}},
        {"card": json.dumps({**V3, "spec_version": " 4.0"})},
        {"data": {**V3["data"], "spec_version": "4.0"}},
    ],
    ids=["envelope", "text", "in the data"],
)
def test_a_newer_version_is_found_wherever_it_stands(card: dict[str, Any]) -> None:
    assert is_newer_version(card)


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999"])
def test_a_number_that_json_has_not_becomes_null(tmp_path: Path, number: str) -> None:
    text = json.dumps({**V3["data"], "extensions": {"x": "?"}}).replace('"?"', number)
    profile = profile_from_card(read(tmp_path, "x.json", text.encode()).card, "")
    assert profile.name == V3["data"]["name"]
    assert profile.card["extensions"] == {"x": None}


def test_what_stands_beside_the_data_survives_too() -> None:
    card = {**V2, "name": "Ember", "avatar": "none", "vendor": {"x": [1, "ü"]}}
    again = card_from_profile(profile_from_card(card, "en"), 3)
    assert (again["avatar"], again["vendor"]) == ("none", {"x": [1, "ü"]})
    assert (again["name"], again["first_mes"]) == ("Ember", V1["first_mes"]), "as version 1 has it"
    renamed = profile_from_card(card, "en").model_copy(update={"name": "Ash"})
    assert card_from_profile(renamed, 3)["name"] == "Ash", "it would grow stale"


def test_yaml_has_more_than_json(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        "x.yaml",
        b"name: Ember\ngreeting: Hi\n1: one\nborn: 2001-02-03\nset: !!set {a, b}\n",
    )
    profile = profile_from_card(found.card, "en")
    assert (profile.name, profile.card["1"], profile.card["born"]) == ("Ember", "one", "2001-02-03")
    found = read(tmp_path, "x.yaml", b"name: Ember\ngreeting: Hi\nage: .nan")
    assert found.card["age"] == ".nan"


@pytest.mark.parametrize(
    "encoding",
    ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "big end and a mark", "cp1252"],
)
def test_other_encodings_of_texts_are_read(tmp_path: Path, encoding: str) -> None:
    def encode(text: str) -> bytes:
        if encoding == "big end and a mark":
            return codecs.BOM_UTF16_BE + text.encode("utf-16-be")
        return text.encode(encoding)

    card = {**V1, "description": "Grüße, “Jane” €"}
    json_text = json.dumps(card, ensure_ascii=False)
    assert read(tmp_path, "x.json", encode(json_text)).card == card
    assert read(tmp_path, "x.json", encode(f"\r\n  {json_text}\r\n")).card == card
    with zipfile.ZipFile(tmp_path / "x.charx", "w") as archive:
        archive.writestr("card.json", encode(json_text))
    assert read_card(tmp_path / "x.charx").card == card
    assert (
        read(tmp_path, "x.png", png(text(b"chara", base64.b64encode(encode(json_text))))).card
        == card
    )
    if not encoding.endswith(("le", "be")):  # nothing tells that such a text is one
        yaml_text = "name: Ember\r\ngreeting: Grüße, “Jane” €\r\n"
        found = read(tmp_path, "x.yaml", encode(yaml_text)).card
        assert found == {"name": "Ember", "greeting": "Grüße, “Jane” €"}


def test_large_lists_are_read_as_json(tmp_path: Path) -> None:
    messages = [{"role": "user", "content": "x" * 1000}] * 1000
    with pytest.raises(CardError, match="This is a chat, not a character card"):
        read(tmp_path, "x.json", json.dumps(messages).encode())
    with pytest.raises(CardError, match="it doesn't describe a character"):
        read(tmp_path, "x.json", json.dumps(["x"] * 100_000).encode())
    with pytest.raises(CardError, match="PNG, CHARX, JSON, or YAML"):
        read(tmp_path, "x.ini", b"[title]\nname: Ember\n")


def test_numbers_and_strings_are_exchanged_in_the_wild(tmp_path: Path) -> None:
    odd = {"name": 7, "first_mes": None, "tags": "dragon", "alternate_greetings": [1, None, "Hi"]}
    profile = profile_from_card(odd, "en")
    assert (profile.name, profile.greeting, profile.tags) == ("7", "", ("dragon",))
    assert profile.alternate_greetings == ("1", "Hi")


@pytest.mark.parametrize("card", [V1, V2, V3, PYGMALION], ids=["V1", "V2", "V3", "Pygmalion"])
@pytest.mark.parametrize("form", ["json", "png"])
def test_nothing_is_lost_on_the_way_in_and_out(
    tmp_path: Path, card: dict[str, Any], form: str
) -> None:
    first = profile_from_card(card, "zh-Hans")
    path = tmp_path / f"out.{form}"
    sheet = samples_dir() / "ember.png"
    path.write_bytes(png_card(first, sheet) if form == "png" else json_card(first))
    found = read_card(path)
    assert found.card["spec"] == "chara_card_v3"
    again = profile_from_card(found.card, "en")
    assert again.model_copy(update={"card": {}}) == first.model_copy(update={"card": {}})
    before = card.get("data", card)
    for key, value in before.items():
        if key == "extensions":
            assert value.items() <= found.card["data"]["extensions"].items()
        elif key == "character_book":
            book = found.card["data"][key]
            for entry, exported in zip(value["entries"], book["entries"], strict=True):
                assert entry.items() <= exported.items(), "what is missing is added"
                assert {"use_regex", "extensions", "insertion_order"} <= exported.keys()
        elif key not in PYGMALION and "\r" not in str(value):
            assert found.card["data"][key] == value, key


def test_an_exported_picture_is_the_same_picture_with_both_versions(tmp_path: Path) -> None:
    path = tmp_path / "out.png"
    path.write_bytes(png_card(profile_from_card(V3, "en"), samples_dir() / "ember.png"))
    with Image.open(path) as image, Image.open(io.BytesIO(SHEET)) as sheet:
        assert image.tobytes() == sheet.tobytes()
        assert isinstance(image.info, dict)
        versions = {
            keyword: json.loads(base64.b64decode(image.info[keyword]))["spec"]
            for keyword in ("chara", "ccv3")
        }
    assert versions == {"chara": "chara_card_v2", "ccv3": "chara_card_v3"}
    again = tmp_path / "again.png"
    again.write_bytes(png_card(profile_from_card(V2, "en"), path))
    assert again.read_bytes().count(b"ccv3\0") == 1


def test_a_jpeg_sheet_becomes_a_png_card(tmp_path: Path) -> None:
    sheet = tmp_path / "sheet.jpg"
    Image.new("RGB", (30, 20), "red").save(sheet)
    path = tmp_path / "out.png"
    path.write_bytes(png_card(Profile(name="Red"), sheet))
    assert profile_from_card(read_card(path).card, "en").name == "Red"


def test_version_2_has_every_field_that_it_wants() -> None:
    data = card_from_profile(Profile(name="X"), 2)["data"]
    wanted = set(V2["data"]) - {"character_book"}
    assert wanted <= set(data)


@pytest.mark.parametrize(
    ("name", "data", "problem"),
    [
        ("x.png", SHEET, "This picture doesn't contain a character card"),
        ("x.png", b"RIFF\0\0\0\0WEBPVP8 ", "This picture doesn't contain a character card"),
        ("x.png", png(text(b"chara", b"!!!")), "damaged"),
        ("x.json", b"{", "cut short"),
        ("x.json", b'{"a": NaN}', "doesn't describe a character"),
        ("x.json", b"[1, 2]", "This isn't a PNG, CHARX, JSON, or YAML character card"),
        ("x.txt", b"\xff\xfe\x00", "This isn't a PNG, CHARX, JSON, or YAML character card"),
        ("x.txt", b"just words", "This isn't a PNG, CHARX, JSON, or YAML character card"),
        ("x.txt", b"", "This file is empty"),
        ("x.charx", b"PK\x03\x04 not a zip", "no card.json"),
    ],
)
def test_what_is_no_card_is_told_in_a_sentence(
    tmp_path: Path, name: str, data: bytes, problem: str
) -> None:
    with pytest.raises(CardError, match=problem) as caught:
        read(tmp_path, name, data)
    assert name in caught.value.problem and caught.value.remedy.endswith(".")
