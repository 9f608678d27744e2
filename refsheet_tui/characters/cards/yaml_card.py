"""Reading cards in YAML, in which the values of text fields are text whatever they look like."""

from __future__ import annotations

import json
import re
from typing import Any

import yaml

from refsheet_tui.characters.card_fields import field_of_key
from refsheet_tui.characters.cards.limits import ASK_FOR_COPY, too_large_error
from refsheet_tui.characters.cards.recognition import card_object
from refsheet_tui.errors import CardError
from refsheet_tui.i18n import N_, _
from refsheet_tui.untrusted import parse_json

# The YAML parser takes about a second for so many bytes, or so many values.
_MAX_BYTES = 256 << 10
_MAX_VALUES = 12_000
# Types that YAML sees in plain words such as `no`, `~` and `1e3`.
_BOOL_TAG, _NULL_TAG, *_NUMBER_TAGS = (
    f"tag:yaml.org,2002:{name}" for name in ("bool", "null", "int", "float")
)
_TRUE_WORDS, _FALSE_WORDS = ("yes", "true", "on"), ("no", "false", "off")
_NULL_WORD = "null"
_NULL_WORDS = ("", "~", _NULL_WORD)
# YAML has more numbers: in other bases, with `_` and `:` between their digits, and infinite ones.
# They stay texts.
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]{0,15})(?:\.[0-9]{1,16})?(?:[eE][-+]?[0-9]{1,2})?")
# Lorebook entries have texts as well.
_OTHER_TEXTS = {"keys", "key", "secondary_keys", "keysecondary", "content", "comment"}
_LINE_KEY = re.compile(r"""["']?([\w -]{1,40})["']?[ \t]*:(?:\s|$)""")
_NO_KEYS = ("#", "---", "%")
_HEAD_CHARACTERS = 2048
_NO_TEXTS = {"extensions", "character_book"}


class _UnusualYamlError(yaml.MarkedYAMLError):
    """YAML that is valid, but that no card has. Mostly a text that begins with its signs."""

    def __init__(self, mark: yaml.Mark) -> None:
        super().__init__(problem_mark=mark)


class _Loader(yaml.SafeLoader):
    """A YAML loader of bounded documents.

    It has no aliases: a few nested ones make a document of any size.
    """

    def __init__(self, stream: str) -> None:
        super().__init__(stream)
        self._values = 0

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        if self.check_event(yaml.events.AliasEvent):
            event = self.peek_event()  # type: ignore[no-untyped-call]
            raise _UnusualYamlError(event.start_mark)
        self._values += 1
        if self._values > _MAX_VALUES:
            raise too_large_error(N_("The text"))
        return super().compose_node(parent, index)


def read_yaml_card(data: bytes) -> dict[str, Any]:
    """Return the card in a YAML file. Raises `CardError` if there is none."""
    if len(data) > _MAX_BYTES:
        raise too_large_error(N_("The text"))
    try:
        text = data.decode("utf-8-sig")
    except ValueError as error:
        raise _no_card_error() from error
    try:
        document = _value(yaml.compose(text, _Loader))
    except yaml.YAMLError as error:
        raise (_damaged_error(error, text) if _begins_card(text) else _no_card_error()) from error
    except RecursionError as error:
        raise _no_card_error() from error
    first = document[0] if isinstance(document, list) and document else document
    if not isinstance(first, dict):
        raise _no_card_error()
    # What JSON can't hold, such as very deep values, could not be exported again.
    return card_object(parse_json(json.dumps(document).encode()))


def _no_card_error() -> CardError:
    return CardError(_("This isn't a PNG, CHARX, JSON, or YAML character card."), _(ASK_FOR_COPY))


def _begins_card(text: str) -> bool:
    """Return True if a text begins with a key, and has a field of a card in its first lines."""
    lines = filter(str.strip, text[:_HEAD_CHARACTERS].splitlines())
    keys = [_LINE_KEY.match(line) for line in lines if not line.startswith(_NO_KEYS)]
    fields = (field_of_key(key[1], {}) for key in keys if key is not None)
    return bool(keys) and keys[0] is not None and any(fields)


def _damaged_error(error: yaml.YAMLError, text: str) -> CardError:
    """Return the error for a card that can't be read, which mostly lacks quotation marks."""
    mark = getattr(error, "problem_mark", None)
    context_mark = getattr(error, "context_mark", None)
    if context_mark is not None and "quoted" in str(getattr(error, "context", "")):
        mark = context_mark  # a text without an end is found to have none at the end of the file
    position = getattr(error, "position", 0)
    line = text.count("\n", 0, position) if mark is None else mark.line
    problem = (
        _("Line {line} uses a feature of YAML that cards can't have.")
        if isinstance(error, _UnusualYamlError)
        else _("The text is damaged at line {line}: it isn't valid YAML.")
    )
    return CardError(
        problem.format(line=f"{line + 1:,}"),
        _("Write the text of that line in quotation marks, or ask the creator for another copy."),
    )


def _value(node: yaml.Node | None, *, is_text: bool = False, is_name: bool = False) -> object:
    """Return a node as a JSON value. What a tag asks for is not built.

    Args:
        node: The node; None for an empty document.
        is_text: Plain words are text: the node itself, or the items of a list.
        is_name: `null` is text, too, since a character can have it for a name.

    Raises:
        YAMLError: An object has a key that is no text.
    """
    if isinstance(node, yaml.MappingNode):
        return {(name := _key(key)): _value_of_key(name, value) for key, value in node.value}
    if isinstance(node, yaml.SequenceNode):
        return [_value(item, is_text=is_text) for item in node.value]
    if not isinstance(node, yaml.ScalarNode):
        return None
    word, text = node.value.lower(), str(node.value)
    if node.tag == _NULL_TAG and word in _NULL_WORDS:
        return text if is_name and word == _NULL_WORD else None
    if is_text:
        return text
    if node.tag == _BOOL_TAG and word in (*_TRUE_WORDS, *_FALSE_WORDS):
        return word in _TRUE_WORDS
    if node.tag in _NUMBER_TAGS and _NUMBER.fullmatch(text):
        return json.loads(text)
    return text


def _value_of_key(key: str, value: yaml.Node) -> object:
    field = field_of_key(key, {})
    is_text = key in _OTHER_TEXTS or (field is not None and field not in _NO_TEXTS)
    return _value(value, is_text=is_text, is_name=field == "name")


def _key(key: yaml.Node) -> str:
    if not isinstance(key, yaml.ScalarNode):
        raise _UnusualYamlError(key.start_mark)
    return str(key.value)
