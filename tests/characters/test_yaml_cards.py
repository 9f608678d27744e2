"""A card in YAML that isn't valid says where, and what to do."""

from __future__ import annotations

from pathlib import Path

import pytest

from refsheet_tui.characters.cards import read_card
from refsheet_tui.errors import CardError

SLIPS = {
    "a colon in the name": (1, "name: Kim: the fox\ncontext: A fox.\n"),
    "a colon in a text": (2, "name: Kim\ncontext: A fox: red.\n"),
    "a macro": (2, "name: Kim\ncontext: {{char}} is a fox.\n"),
    "a macro alone": (2, "name: Kim\ngreeting: {{char}}\n"),
    "an action": (3, "name: Kim\n\ngreeting: *She smiles* Hi.\n"),
    "an action of one word": (2, "name: Kim\ngreeting: *Smiles*\n"),
    "an alias": (2, "name: &a Kim\ngreeting: *a\n"),
    "a tab": (2, "name: Kim\n\tcontext: A fox.\ngreeting: Hi\n"),
    "an open quote": (2, 'name: Kim\ngreeting: "Hi, she says.\ncontext: A fox.\n'),
    "an open single quote": (2, "name: Kim\ngreeting: 'Hi\n\n\n"),
    "a backslash": (2, 'name: Kim\ngreeting: "a \\q b"\n'),
    "a percent sign": (2, "name: Kim\ngreeting: %s is nice\n"),
    "an at sign": (2, "name: Kim\ngreeting: @you\n"),
    "a control character": (2, "name: Kim\ngreeting: a\x01b\n"),
    "a bracket": (2, "name: Kim\ngreeting: [OOC] Hi\n"),
    "an indentation": (3, "name: Kim\ngreeting: Hi\n context: A fox.\n"),
    "a quoted key": (2, '"char_name": Kim\nchar_greeting: *Smiles.*\n'),
}


@pytest.mark.parametrize(("line", "text"), SLIPS.values(), ids=SLIPS)
def test_a_slip_is_told_with_its_line(tmp_path: Path, line: int, text: str) -> None:
    path = tmp_path / "kim.yaml"
    path.write_text(text)
    with pytest.raises(CardError) as caught:
        read_card(path)
    problem = caught.value.problem.removeprefix(f"{path}: ")
    assert problem in (
        f"The text is damaged at line {line}: it isn't valid YAML.",
        f"Line {line} uses a feature of YAML that cards can't have.",
    )
    assert "quotation marks" in caught.value.remedy


@pytest.mark.parametrize(
    "text", ["Dear diary: today: rain.\n", "- *a\n", "Note: *a*\nname of it: x: y\n"]
)
def test_other_texts_are_no_damaged_cards(tmp_path: Path, text: str) -> None:
    path = tmp_path / "kim.txt"
    path.write_text(text)
    with pytest.raises(CardError) as caught:
        read_card(path)
    assert "isn't a PNG, CHARX, JSON, or YAML" in caught.value.problem
