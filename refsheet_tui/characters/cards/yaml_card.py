"""Reading cards in YAML, in which the values of text fields are text whatever they look like."""

from __future__ import annotations

import json
from typing import Any

import yaml

from refsheet_tui.characters.card_fields import field_of_key
from refsheet_tui.characters.cards.limits import ASK_FOR_COPY, too_large_error
from refsheet_tui.characters.cards.recognition import card_object
from refsheet_tui.errors import CardError
from refsheet_tui.i18n import N_, _
from refsheet_tui.untrusted import parse_json

# The YAML parser takes about a second for this much.
_MAX_BYTES = 128 << 10
# Types that YAML sees in plain words such as `no`, `1e3` and `2001-02-03`.
_TAGS = tuple(f"tag:yaml.org,2002:{name}" for name in ("bool", "int", "float", "timestamp"))
_NULL_TAG, _TEXT_TAG = "tag:yaml.org,2002:null", "tag:yaml.org,2002:str"
_NULL_WORD = "null"
# Lorebook entries have texts as well.
_OTHER_TEXTS = {"keys", "key", "secondary_keys", "keysecondary", "content", "comment", "user"}
_NO_TEXTS = {"extensions", "character_book"}


class _Loader(yaml.SafeLoader):
    """A YAML loader without aliases: a few nested ones make a document of any size."""

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        if self.check_event(yaml.events.AliasEvent):
            raise yaml.YAMLError("aliases are not for cards")
        node = super().compose_node(parent, index)
        if isinstance(node, yaml.MappingNode):
            for key, value in node.value:
                name = str(key.value)
                field = field_of_key(name, {})
                if name in _OTHER_TEXTS or (field is not None and field not in _NO_TEXTS):
                    _make_text(value, is_name=field == "name")
        return node


def read_yaml_card(data: bytes) -> dict[str, Any]:
    """Return the card in a YAML file. Raises `CardError` if there is none."""
    if len(data) > _MAX_BYTES:
        raise too_large_error(N_("The text"))
    try:
        document = yaml.load(data.decode("utf-8-sig"), _Loader)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise CardError(
            _("This isn't a PNG, CHARX, JSON, or YAML character card."), _(ASK_FOR_COPY)
        ) from error
    first = document[0] if isinstance(document, list) and document else document
    if not isinstance(first, dict):
        raise CardError(
            _("This isn't a PNG, CHARX, JSON, or YAML character card."), _(ASK_FOR_COPY)
        )
    try:
        # YAML has keys and values that JSON doesn't have: numbers, dates, sets.
        json_text = json.dumps(document, default=str, skipkeys=True)
    except (ValueError, RecursionError) as error:
        raise CardError(
            _("The text contains values that no character card can have."), _(ASK_FOR_COPY)
        ) from error
    return card_object(parse_json(json_text.encode()))


def _make_text(node: yaml.Node, *, is_name: bool = False) -> None:
    """Make plain words texts: the node itself, or the items of a list.

    An empty field stays empty, and so does `null`, but a character can have it for a name.
    """
    if isinstance(node, yaml.SequenceNode):
        for item in node.value:
            _make_text(item)
    elif isinstance(node, yaml.ScalarNode) and (
        node.tag in _TAGS
        or (is_name and node.tag == _NULL_TAG and node.value.lower() == _NULL_WORD)
    ):
        node.tag = _TEXT_TAG
