"""The texts of a character as the model is told them and as the user is shown them."""

from __future__ import annotations

import pytest

from helpers.cost import assert_fast
from helpers.library import add_ember
from refsheet_tui.characters import Profile, RenderedProfile
from refsheet_tui.characters.cards import card_from_profile, profile_from_card
from refsheet_tui.chats import Library
from refsheet_tui.prompting import language

CARD = {
    "name": "Ember (v2, SFW)",
    "nickname": "Ember",
    "description": "{{char}} is {{personality}}. {{idle_duration}}{{// hidden}}",
    "personality": "brave",
    "scenario": "{{user}}'s cave.",
    "first_mes": "{{random:Hi,Hello}}! I am {{char}}, <bot>. {{user}}'s turn, {{description}}",
    "system_prompt": "{{original}} Be brief, <char>.",
    "post_history_instructions": "[Rules:\n1. Be brief.\n\n2. Be kind to {{user}}.]",
}


def render(code: str = "en", created: float = 0, **changes: object) -> RenderedProfile:
    profile = profile_from_card(CARD, code).model_copy(update=changes)
    return RenderedProfile(profile, language(code), created)


def test_the_nickname_takes_the_place_of_the_name() -> None:
    assert "I am Ember, Ember." in render().greetings()[0]
    assert "Be brief, Ember." in render().description()
    assert "v2" not in render().description()


def test_a_new_name_wins_over_the_nickname() -> None:
    assert "I am Cinder, Cinder." in render(name="Cinder").greetings()[0]
    assert "I am Ember," in render(name="Ember (v2, SFW) (copy)").greetings()[0]
    again = profile_from_card(card_from_profile(profile_from_card(CARD, "en"), 3), "en")
    assert again.spoken_name == "Ember" and again.name == "Ember (v2, SFW)"
    assert Profile(name="X", card={"nickname": "Y"}).spoken_name == "Y"
    assert Profile(name="X", card={"nickname": " "}).spoken_name == "X"


def test_macros_are_filled_in_or_removed() -> None:
    rendered = render(person="Jane")
    assert rendered.description().startswith("Ember is brave.\nbrave\nJane's cave.\nBe brief")
    assert rendered.greetings()[0].endswith("Jane's turn, Ember is .")
    assert rendered.note() == "[Rules:\n1. Be brief.\n\n2. Be kind to Jane.]"
    assert "{{" not in rendered.description() + rendered.greetings()[0]


@pytest.mark.parametrize(
    ("code", "told", "spoken"),
    [
        ("en", "Their cave.", "Your turn"),
        ("zh-Hans", "对方的 cave.", "你的 turn"),
        ("zh-Hant", "對方的 cave.", "你的 turn"),
        ("ja", "相手の cave.", "あなたの turn"),
    ],
)
def test_a_user_without_a_name_has_things(code: str, told: str, spoken: str) -> None:
    assert told in render(code).description()
    assert spoken in render(code).greetings()[0]
    without_blank = render(code, greeting="-{{user}}'s帽子").greetings()[0]
    assert without_blank.casefold() == f"-{spoken.removesuffix(' turn')}帽子".casefold()


def test_a_chat_that_is_opened_again_reads_the_same() -> None:
    texts = {"description": "Lucky number {{roll:d1000}}, {{pick::a::b}}, {{isodate}}."}
    with Library.in_memory() as library:
        saved = add_ember(library, **texts)
        chats = [library.chats.create_chat(saved.version) for _ in range(10)]
        first = [library.characters.build_character(saved, chat.created) for chat in chats]
        opened = [library.chats.get_chat(chat.id) for chat in chats]
        again = [library.characters.build_character(saved, chat.created) for chat in opened]
        assert [each.description for each in first] == [each.description for each in again]
        assert len({each.description for each in first}) > 1


def test_texts_in_a_wrong_encoding_are_told_right() -> None:
    damaged = "“A cave.”".encode().decode("latin-1")
    book = {"entries": [{"keys": ["x"], "content": damaged, "constant": True, "enabled": True}]}
    profile = profile_from_card({**CARD, "scenario": damaged, "character_book": book}, "en")
    rendered = RenderedProfile(profile, language("en"))
    assert "“A cave.”" in rendered.description()
    assert [entry.content for entry in rendered.lorebook().entries] == ["“A cave.”"]
    assert profile.card["scenario"] == damaged, "kept as it came"


def test_variables_of_the_description_hold_in_all_texts() -> None:
    get = "{{getvar::mood}}{{addvar::mood::!}}{{getvar::mood}}"
    book = {"entries": [{"keys": ["{{getvar::mood}}"], "content": get, "enabled": True}]}
    card = {
        "name": "Ember",
        "description": "{{setvar::mood::{{random::calm::calm}}}}A dragon.",
        "scenario": "So {{getvar::mood}}.",
        "first_mes": get,
        "alternate_greetings": [get],
        "mes_example": get,
        "post_history_instructions": get,
        "extensions": {"depth_prompt": {"prompt": get}},
        "character_book": book,
    }
    rendered = RenderedProfile(profile_from_card(card, "en"), language("en"))
    assert rendered.greetings() == ("calmcalm!", "calmcalm!")
    assert rendered.description() == "A dragon.\nSo calm."
    assert rendered.note() == rendered.depth_prompt().text == "calmcalm!"
    assert rendered.examples().endswith("\ncalmcalm!")
    (entry,) = rendered.lorebook().entries
    assert (entry.content, entry.keys[0].text) == ("calmcalm!", "calm")


def test_a_macro_has_the_names_of_all_programs() -> None:
    texts = "{{char_desc}}|{{char_persona}}|{{example_dialogue}}|{{charDepthPrompt}}"
    told = {"description": "A dragon.", "mes_example": "Roar!", "first_mes": texts}
    extensions = {"depth_prompt": {"prompt": "Be calm."}}
    profile = profile_from_card({**CARD, **told, "extensions": extensions}, "en")
    rendered = RenderedProfile(profile, language("en"))
    assert rendered.greetings() == ("A dragon.|brave|Roar!|Be calm.",)


def test_many_texts_repeat_little_together() -> None:
    entries = [{"keys": [f"k{n}"], "content": f"{n}{{{{description}}}}"} for n in range(400)]
    keys = [f"{{{{description}}}}{number}" for number in range(1000)]
    dice = "{{roll:99d6}}" * 20
    card = {
        **CARD,
        "description": "x" * 100_000,
        "alternate_greetings": ["{{description}}" + dice] * 500,
        "character_book": {"entries": [*entries, {"keys": keys, "content": dice * 1000}]},
    }
    profile = profile_from_card(card, "en")
    rendered = RenderedProfile(profile, language("en"))
    assert_fast(lambda: (rendered.lorebook(), rendered.greetings()))
    book = rendered.lorebook()
    assert sum(len(entry.content) for entry in book.entries) < 1_500_000
    assert sum(len(key.text) for entry in book.entries for key in entry.all_keys) < 10_000
    assert sum(map(len, rendered.greetings())) < 1_500_000
    assert book == rendered.lorebook(), "always the same"
    few = RenderedProfile(profile.model_copy(update={"alternate_greetings": ()}), language("en"))
    assert few.greetings()[0].count("x") == 100_000
