"""Macros of cards are replaced, or removed, wherever a text is shown or told."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime

import pytest
from hypothesis import given, settings, strategies as st

from helpers.cost import assert_fast
from refsheet_tui.prompting import LANGUAGES, MacroValues, language, substitute_macros

CREATED = datetime(2026, 11, 28, 15, 5).timestamp()
JANE = MacroValues("Ember", "Jane", created=CREATED)
NOBODY = replace(JANE, user="you", user_possessive="your")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{{char}} and {{user}}", "Ember and Jane"),
        ("{{Char}}, {{ USER }}, <BOT>, <char>, <user>", "Ember, Jane, Ember, Ember, Jane"),
        ("{{{char}}}", "{Ember}"),
        ("<user>Who I am</user>", "<user>Who I am</user>"),
        ("{{用户}}和{{角色}}", "Jane和Ember"),
        ("${char} {char} %char% {{1, 2}} {{}}", "${char} {char} %char% {{1, 2}} {{}}"),
        ("{{user}}'s hat", "Jane's hat"),
        ("a{{// {{char}} hides this}}b", "ab"),
        ("One.\n{{comment: hidden}}\nTwo.", "One.\nTwo."),
        ("{{//\nmany\nlines\n}}\nOne.", "One."),
        ("Hi {{hidden_key:x}} there{{unknown}}.", "Hi there."),
        ('{{bias "x"}}{{getvar::mood}}{{setvar::mood::a b c d}}{{#if x}}yes{{/if}}', "yes"),
        ("{{setvar::hp::10}}HP {{getvar::hp}}", "HP 10"),
        ("{{setvar::a::{{char}}::b}}{{GetVar:: a }}, {{getvar::b}}", "Ember::b, "),
        ("{{setglobalvar::x::1}}{{setvar::x::2}}{{getglobalvar::x}}{{getvar::x}}", "12"),
        (
            "{{setvar::n::5}}{{addvar::n::2.5}}{{getvar::n}} {{incvar::n}} {{decvar::n}}",
            "7.5 8.5 7.5",
        ),
        ("{{incvar::n}}{{incvar::n}}{{addvar::n::0}}{{decvar::n}}", "121"),
        ("{{addvar::t::a }}{{addvar::t::nan}}{{getvar::t}}", "anan"),
        ("{{setdefaultvar::x::1}}{{setdefaultvar::x::2}}{{getvar::x}}", "1"),
        ("{{setvar::x::{{getvar::x}}1}}{{setvar::x::{{getvar::x}}2}}{{getvar::x}}", "12"),
        ("{{if char}}{{setvar::x::1}}{{else}}{{setvar::x::2}}{{/if}}{{getvar::x}}", "1"),
        ("{{if !char}}{{setvar::x::1}}{{else}}{{setvar::x::2}}{{/if}}{{getvar::x}}", "2"),
        ("{{setvar::x::{{user}}}}{{reverse::{{getvar::x}}!}}", "!Jane"),
        ("a{{newline::2}}b{{br}}c{{ space }}d{{space::3}}e{{tab}}f", "a\n\nb\nc d   e\tf"),
        ("a{{newline::x}}b{{br:0}}c", "a\nbc"),
        ("{{upper::{{char}} a}} {{lower:ÀB}} {{capitalize::ember B}}", "EMBER A àb Ember B"),
        (
            "{{trim:: a }}b {{dice::2d1}} {{rollp::1}} {{randint::3::3}}{{randint::a::b}}",
            "ab 2 1 3",
        ),
        ("{{date::YYYY-MM-DD}} {{time::HH:mm}} {{date: D MMM}}", "2026-11-28 15:05 28 Nov"),
        ("{{date::DDDD}} {{date::YYYY::1000000000000}} {{date:}}", "332 2001 November 28, 2026"),
        ("{{date of birth}} {{time::}}", "November 28, 2026 3:05 PM"),
        ("{{original}} Be brief.", "Be brief."),
        ("{{original}}\nStay calm, {{char}}.", "Stay calm, Ember."),
        ("One.\n\n{{trim}}\n\nTwo.{{newline}}Three.{{noop}}", "One.Two.\nThree."),
        ("{{trim}}\nOne.\n{{trim}}\n{{trim}}\n\nTwo.\n{{trim}}", "One.Two."),
        ("{{datetimeformat [[at] [Do] YYYY}}", "[at Do 2026"),
        ("{{datetimeformat MMMM Do, YYYY}}", "November 28th, 2026"),
        ("{{reverse:abc}} {{reverse::{{char}}!}}", "cba !Ember"),
        ("{{roll:1}} {{roll:d1}} {{roll::3d1+2}} {{roll 2d1-1}} {{roll:x}}.", "1 1 5 1 ."),
        ("{{random:same,same}} {{pick::a, b::a, b}} {{random:x\\,y}}", "same a, b x,y"),
        ("{{random:a::a}} {{pick: a :: a }} {{random ::a::a}} {{random a::a}}", "a a a a"),
        ("{{random::same,same}} {{pick:same}} {{pick::same}}", "same same same"),
        ("{{random:{{// hidden}}a,a{{noop}}}} {{reverse:b{{noop}}\n{{trim}}a}}.", "a ab."),
        ("{{roll:100d1}} {{roll:999d1}}", "100 999"),
        ("{{random:{{char}},{{char}}}}", "Ember"),
        ("{{isodate}} {{isotime}} {{time}}", "2026-11-28 15:05 3:05 PM"),
        ("{{date}}, {{weekday}}", "November 28, 2026, Saturday"),
        ("{{datetimeformat DD.MM.YYYY [at] HH:mm}}", "28.11.2026 at 15:05"),
        ("{{Ember is a small red dragon.}}", "Ember is a small red dragon."),
        ("{{Space is big and {{char}} small.}}", "Space is big and Ember small."),
        ("{{time for us to go}} {{upper floor of it}}", "time for us to go upper floor of it"),
        ("an open {{char and no closed brace", "an open {{char and no closed brace"),
        ("{{getvar::x", "{{getvar::x"),
        ("<START>\n{{user}}: hi", "\nJane: hi"),
        ("{{noop}}\x01 0\x01\x02", "0"),
    ],
)
def test_each_macro_is_replaced(text: str, expected: str) -> None:
    assert substitute_macros(text, JANE) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Take {{user}}'s hat. {{user}}’s hat!", "Take your hat. Your hat!"),
        ("Hi, {{user}}. {{user}}? *{{user}}*", "Hi, you. You? *You*"),
        ("{{user}} there!\n{{user}}: hi", "You there!\nYou: hi"),
        ("{{random::{{user}}'s}} <USER>'s", "Your your"),
        ("{{random::{{user}} smiles}}. {{pick: {{user}} }}", "You smiles. You"),
        ("Hi, {{random::{{user}}::{{user}}}}, {{random:{{user}}}}", "Hi, you, you"),
        ('"{{random:*{{user}}*,*{{user}}*}}"', '"*You*"'),
        ("{{random::Hello, {{user}}::Hello, {{user}}}}!", "Hello, you!"),
        ("{{random::{{random::{{user}}}}}}! {{reverse:, {{user}}}}", "You! you ,"),
    ],
)
def test_a_user_without_a_name_is_spoken_of_in_good_english(text: str, expected: str) -> None:
    assert substitute_macros(text, NOBODY) == expected


def test_names_are_not_searched_for_macros() -> None:
    values = replace(JANE, character="{{user}}, the 1st::", user="{{char}}")
    assert substitute_macros("{{char}} {{user}}", values) == "{{user}}, the 1st:: {{char}}"
    assert substitute_macros("{{random:{{char}},{{char}}}}", values) == "{{user}}, the 1st::"


def test_texts_are_repeated_once_and_not_in_themselves() -> None:
    texts = {"description": "{{char}} is {{personality}}{{description}}.", "personality": "brave"}
    values = replace(JANE, texts=texts)
    assert substitute_macros("{{Personality}}: {{description}}", values) == "brave: Ember is ."


CONDITIONS = {"personality": "brave", "scenario": " \n", "persona": ""}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{{if personality}}yes{{/if}}", "yes"),
        ("{{if scenario}}yes{{/if}}", ""),
        ("{{if personality}}yes{{else}}no{{/if}}", "yes"),
        ("{{if persona}}yes{{else}}no{{/if}}", "no"),
        ("{{#IF {{personality}} }}yes{{else}}no{{/if}}", "yes"),
        ("{{if::{{scenario}}}}yes{{else}}no{{/if}}", "no"),
        ("{{if !scenario}}none{{/if}}{{if !char}}none{{/if}}", "none"),
        ("{{if <char>}}{{char}}{{/if}}{{if user}}, {{user}}{{/if}}", "Ember, Jane"),
        ("{{if persona}}a{{if char}}b{{/if}}{{else}}c{{if char}}d{{else}}e{{/if}}{{/if}}", "cd"),
        ("One.\n{{if scenario}}\nScenario: {{scenario}}\n{{/if}}\nTwo.", "One.\nTwo."),
        ("One.\n{{if char}}\nTwo.\n{{/if}}\nThree.", "One.\nTwo.\nThree."),
        ("{{if personality::It is {{personality}}.}}{{if persona::x}}", "It is brave."),
        ("{{if::!persona::none}}", "none"),
        ("{{random::{{if persona}}a{{else}}b{{/if}}::b}}", "b"),
        # What can't be decided stays as it is.
        ("{{if unknown}}yes{{else}}no{{/if}}", "yesno"),
        ("{{if {{getvar::x}}}}yes{{/if}}{{if {{random::1}}}}yes{{/if}}", "yesyes"),
        ("{{if unknown}}{{if persona}}a{{else}}b{{/if}}{{else}}c{{/if}}", "bc"),
        ("{{if persona}}a{{else if char}}b{{else}}c{{/if}}", "abc"),
        ("{{if persona}}a{{elseif char}}b{{/if}}", "ab"),
        ("{{if persona}}no end{{else}} to it", "no end to it"),
        ("{{/if}}a{{else}}b{{if}}c{{if unknown::d}}", "abc"),
    ],
)
def test_conditions_are_decided_where_they_can_be(text: str, expected: str) -> None:
    assert substitute_macros(text, replace(JANE, texts=CONDITIONS)) == expected


def test_a_user_without_a_name_has_none() -> None:
    text = "{{if user}}Hi, {{user}}!{{else}}Hi!{{/if}}"
    assert substitute_macros(text, JANE) == "Hi, Jane!"
    assert substitute_macros(text, NOBODY) == "Hi!"


def test_conditions_are_decided_in_repeated_texts_too() -> None:
    texts = {**CONDITIONS, "description": "{{if persona}}yes{{else}}no{{/if}}{{personality}}"}
    assert substitute_macros("{{description}}", replace(JANE, texts=texts)) == "no"


def test_a_long_name_is_not_told_many_times() -> None:
    long = replace(JANE, character="x" * 100_000)
    assert len(substitute_macros("{{char}}" * 1000, long)) < 500_000


def test_chance_is_the_same_in_one_chat_and_not_in_all() -> None:
    text = "{{random:" + ",".join(map(str, range(1000))) + "}}"
    chats = [replace(JANE, created=CREATED + number) for number in range(20)]
    results = [substitute_macros(text, chat) for chat in chats]
    assert results == [substitute_macros(text, chat) for chat in chats]
    assert len(set(results)) > 10
    assert len(set(substitute_macros(f"{text} " * 20, JANE).split())) > 10


def test_dice_fall_on_all_their_sides() -> None:
    chats = [replace(JANE, created=number) for number in range(200)]
    assert {substitute_macros("{{roll:d6}}", chat) for chat in chats} == set("123456")


def test_a_time_zone_can_be_given() -> None:
    values = replace(JANE, language=language("de"))
    at_zero, at_offset = (
        datetime.strptime(substitute_macros(text, values), "%H:%M")
        for text in ("{{time_UTC+0}}", "{{time_UTC-4}}")
    )
    assert (at_zero - at_offset).seconds == 4 * 3600
    for newer, older in (("UTC-4", "-4"), ("utc +5:30", "+5:30"), ("UTC", "+0")):
        texts = (f"{{{{time::{newer}}}}}", f"{{{{time_UTC{older}}}}}")
        assert len({substitute_macros(text, values) for text in texts}) == 1


@pytest.mark.parametrize("each", [*LANGUAGES, language("Latin")], ids=lambda each: each.code)
def test_dates_are_written_in_every_language(each: object) -> None:
    assert isinstance(each, type(LANGUAGES[0]))
    text = substitute_macros("{{date}} {{weekday}} {{time}}", replace(JANE, language=each))
    assert "2026" in text and "05" in text and "{" not in text
    if each.code == "zh-Hans":
        assert text == "2026年11月28日 星期六 15:05"


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("en", "1st 2nd 3rd 4th 11th 12th 13th 21st 22nd 23rd 31st"),
        ("fr", "1er 2 3 4 11 12 13 21 22 23 31"),
        ("de", "1. 2. 3. 4. 11. 12. 13. 21. 22. 23. 31."),
        ("ja", "1日 2日 3日 4日 11日 12日 13日 21日 22日 23日 31日"),
        ("ar", "1 2 3 4 11 12 13 21 22 23 31"),
    ],
)
def test_days_are_ordinal_numbers_where_a_pattern_says_so(code: str, expected: str) -> None:
    days = [datetime(2026, 12, int(re.sub(r"\D", "", each))) for each in expected.split()]
    chats = [replace(JANE, language=language(code), created=day.timestamp()) for day in days]
    assert [substitute_macros("{{datetimeformat Do}}", chat) for chat in chats] == expected.split()


@pytest.mark.parametrize(
    "text",
    [
        "{{" * 200_000,
        "{{random:" * 50_000 + "}}" * 50_000,
        "{{roll:99d999999}}" * 20_000,
        "{{roll:999d999999}}" * 20_000,
        "{{user}}" * 50_000,
        "{{description}}" * 50_000,
        "{{random:" + "a," * 1_000_000 + "}}",
        "\n" * 1_000_000 + "{{trim}}",
        "{{char}}" + "\n" * 1_000_000,
        "{{char}}" + "\n{{trim}}" * 100_000,
        "{{datetimeformat " + "[" * 1_000_000 + "}}",
        (" " * 1000 + "{{x}}") * 1000,
        "{{time}}" * 50_000,
        "{{if" + " " * 1_000_000 + "?}}",
        "{{if ::" + " " * 100_000 + "!" + " " * 100_000 + "a" * 100_000 + "?}}",
        "{{random" + " " * 1_000_000 + "{{user}}}}" + "{{random:{{user}}," + "{{user}}," * 20_000,
        "{{if char}}{{else}}" * 30_000 + "{{/if}}" * 30_000,
        "{{if user}}x" * 30_000 + "{{else}}{{/if}}" * 30_000,
        "{{setvar::x::x}}" + "{{addvar::x::{{getvar::x}}}}" * 20_000,
        "{{addvar::x::y}}" * 50_000,
        "{{setvar::x::" + "x" * 1_000_000 + "}}" + "{{getvar::x}}" * 50_000,
        "{{setvar::x::" * 50_000 + "}}" * 50_000,
        "{{if user}}" * 50_000 + "{{setvar::x::1}}" * 20_000,
        "{{br::999}}" * 50_000,
        "{{upper::" * 15 + "{{char}}" * 50_000 + "}}" * 15,
        "".join(f"{{{{setvar::{number}::x}}}}" for number in range(50_000)),
    ],
    ids=lambda text: text[:24],
)
def test_hostile_texts_take_little_time(text: str) -> None:
    values = replace(NOBODY, texts={"description": "x" * 1000})
    assert_fast(lambda: substitute_macros(text, values))
    assert len(substitute_macros(text, values)) < len(text) + 3_000_000


PIECES = st.sampled_from(
    [
        *("{{", "}}", "{", "}", "char", "user", ":", "::", ",", "//", "random", "reverse", "trim"),
        *("\n", "{{if char}}", "{{if !user}}", "{{else}}", "{{/if}}"),
        *("{{setvar::x::", "{{addvar::x::", "{{getvar::x}}", "{{br::2}}", "{{upper::"),
    ]
)


@settings(max_examples=100, deadline=None)
@given(st.lists(PIECES | st.text(max_size=3), max_size=20).map("".join))
def test_any_text_keeps_what_is_outside_of_braces(text: str) -> None:
    result = substitute_macros(text, JANE)
    assert "\x01" not in result and "\x02" not in result and "\x03" not in result
    if "{{" not in text and "<" not in text:
        assert result == re.sub("[\x00-\x08]", "", text)
