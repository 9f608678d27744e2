"""Saved characters: each version stays as long as something needs it, and no longer."""

from __future__ import annotations

from pathlib import Path

import pytest

from helpers.library import add_ember, saved_picture_names
from refsheet_tui.characters.profile import Profile
from refsheet_tui.chats.library import Library
from refsheet_tui.errors import NotFoundError, PictureError
from refsheet_tui.paths import samples_dir


@pytest.fixture
def library(tmp_path: Path) -> Library:
    return Library.open(tmp_path)


def test_a_character_is_there_again_with_all_of_it(library: Library, tmp_path: Path) -> None:
    profile = Profile(
        name="小墨",
        language="zh-Hans",
        description="A fox.\nInk on the tail.",
        greeting="你好",
        alternate_greetings=("嗨", " "),
        person="Jane",
        persona="A painter.",
        note="Short replies.",
        examples="<START>",
        tags=("fox", "ink"),
        generation={"temperature": 0.7},
        card={"creator": "somebody", "extensions": {"x": [1, None]}},
    )
    pictures = [samples_dir() / "miso.png", samples_dir() / "dream.png"]
    kept = library.characters.add_character(profile, pictures)
    library.database.close()
    again = Library.open(tmp_path)
    (found,) = again.characters.latest_characters()
    assert found == kept and found.profile == profile
    assert found.profile.greetings == ("你好", "嗨")
    speaking = again.characters.build_character(found)
    assert speaking.sheet.read_bytes() == pictures[0].read_bytes()
    assert [each.read_bytes() for each in speaking.extra_pictures] == [pictures[1].read_bytes()]


@pytest.mark.parametrize(
    ("profile", "is_described"),
    [
        ({}, False),
        ({"description": " \n"}, False),
        ({"person": "Jane", "persona": "A painter."}, False),
        ({"greeting": "Roar!", "note": "Short replies."}, False),
        ({"description": "Red."}, True),
        ({"person": "Jane", "description": "Red."}, True),
        ({"persona": "A painter.", "examples": "{{char}}: Roar!"}, True),
        ({"card": {"personality": "Brave."}}, True),
        ({"card": {"scenario": "A lighthouse."}}, True),
    ],
)
def test_who_the_user_is_does_not_describe_the_character(
    library: Library, profile: dict[str, object], is_described: bool
) -> None:
    character = library.characters.build_character(add_ember(library, **profile))
    assert character.is_described is is_described


def test_a_chat_keeps_the_version_it_began_with(library: Library) -> None:
    before = add_ember(library, description="Red.")
    chat = library.chats.create_chat(before.version)
    after = library.characters.edit_character(before.id, Profile(name="Ember", description="Blue."))
    assert (
        library.characters.get_version(
            library.chats.get_chat(chat.id).character_version or 0
        ).profile
        == before.profile
    )
    assert library.characters.get_character(before.id).profile.description == "Blue."
    assert after.pictures == before.pictures
    library.chats.set_character_version(chat.id, after.version)
    assert library.chats.get_chat(chat.id).character_version == after.version


def test_a_picture_is_kept_once_and_as_long_as_somebody_needs_it(library: Library) -> None:
    one, other = add_ember(library), add_ember(library)
    assert saved_picture_names(library) == set(one.pictures) == set(other.pictures)
    library.characters.delete_character(one.id)
    library.characters.purge_deleted(0)
    assert saved_picture_names(library) == set(other.pictures)
    library.characters.delete_character(other.id)
    library.characters.purge_deleted(0)
    assert saved_picture_names(library) == set()


def test_a_chat_keeps_its_character_and_pictures(library: Library) -> None:
    ember = add_ember(library)
    chat = library.chats.create_chat(ember.version)
    library.characters.delete_character(ember.id)
    library.characters.purge_deleted(0)
    assert library.characters.latest_characters() == ()
    assert library.characters.get_version(ember.version).profile.name == "Ember"
    library.chats.delete_chat(chat.id)
    library.chats.purge_deleted(0)
    library.characters.purge_deleted(0)
    assert saved_picture_names(library) == set()


def test_deleting_can_be_undone(library: Library) -> None:
    ember = add_ember(library)
    library.characters.delete_character(ember.id)
    with pytest.raises(NotFoundError, match="This character doesn't exist"):
        library.characters.get_character(ember.id)
    library.characters.purge_deleted(3600)
    library.characters.undelete_character(ember.id)
    assert library.characters.get_character(ember.id) == ember


def test_versions_that_nobody_needs_leave(library: Library) -> None:
    ember = add_ember(library)
    for number in range(5):
        profile = Profile(name="Ember", description=str(number))
        library.characters.edit_character(ember.id, profile, [samples_dir() / "coral.png"])
    library.characters.purge_deleted(0)
    assert library.database.fetch_row("SELECT count(*) FROM character_versions") == (1,)
    assert len(saved_picture_names(library)) == 1


def test_what_is_no_picture_is_not_kept(library: Library, tmp_path: Path) -> None:
    bad = tmp_path / "bad.png"
    bad.write_bytes(b"not a picture")
    with pytest.raises(PictureError):
        library.characters.add_character(Profile(name="X"), [bad])
    assert library.characters.latest_characters() == ()
    assert saved_picture_names(library) == set()


def test_who_is_talked_with_is_the_first_of_all(library: Library) -> None:
    first = add_ember(library)
    chat = library.chats.create_chat(first.version)
    second = add_ember(library)
    assert library.characters.latest_characters()[0].id == second.id
    library.tree.add_message(chat.id, None, "user", "Hello again")
    assert library.characters.latest_characters()[0].id == first.id


def test_a_name_finds_all_who_have_it(library: Library) -> None:
    add_ember(library)
    add_ember(library)
    add_ember(library, name="Straße")
    assert len(library.characters.find_by_name(" EMBER ")) == 2
    assert len(library.characters.find_by_name("strasse")) == 1


def test_what_a_newer_version_wrote_stays(library: Library) -> None:
    kept = add_ember(library, voice="deep")
    edited = library.characters.edit_character(
        kept.id, kept.profile.model_copy(update={"note": "x"})
    )
    assert edited.profile.model_dump()["voice"] == "deep"
