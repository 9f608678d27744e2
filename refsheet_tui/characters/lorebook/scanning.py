"""Deciding which entries of a lorebook are due with a message, before the budget is considered."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from refsheet_tui.characters.lorebook.entry import Lorebook, LorebookEntry, SelectiveLogic
from refsheet_tui.characters.lorebook.matching import SearchText, normalize

# The most characters that are searched for the keys of one entry.
_MAX_TEXT = 16_000
# How many times entries may trigger more entries.
_MAX_ROUNDS = 3
# Among so many entries the one is looked for in which a keyword came up.
_MAX_NAMED = 50


class Status(Enum):
    """Why an entry is told or left out."""

    IN_OPENING = "in opening"
    TRIGGERED = "triggered"
    CONSTANT = "constant"
    DISABLED = "disabled"
    EMPTY = "empty"
    NEVER = "never"
    NO_KEYS = "no keys"
    PATTERN = "pattern"
    NOT_TRIGGERED = "not triggered"
    CONDITION_FAILED = "condition failed"
    TOO_EARLY = "too early"
    OTHER_GREETING = "other greeting"
    CONTEXT_FULL = "context full"
    CHANCE = "chance"
    TOLD_ALREADY = "told already"
    OVER_BUDGET = "over budget"


@dataclass(frozen=True)
class ScanContext:
    """The course of a chat up to a message that is searched for keywords.

    Attributes:
        messages: The texts of the messages, the one that is searched last.
        notes: What the model was told with each of the user's messages that it still sees, oldest
            first.
        earlier_texts: What the model was told anywhere in the chat.
        reply_count: How many messages of the character there are, with the greeting.
        greeting: The index of the greeting; None if the model has generated it.
        is_context_full: True if turns have left the context.
        seed: A text that is the same whenever the same message of the same chat is searched.
    """

    messages: Sequence[str]
    notes: Sequence[Sequence[str]] = ()
    earlier_texts: frozenset[str] = frozenset()
    reply_count: int = 0
    greeting: int | None = None
    is_context_full: bool = False
    seed: str = ""


@dataclass(frozen=True)
class Evaluation:
    """An entry, and why it is told or left out.

    Attributes:
        entry: The entry.
        status: Why it is told or left out.
        key: The keyword that came up; empty if none did.
        source: The label of the entry in which the keyword came up; empty for a message.
    """

    entry: LorebookEntry
    status: Status
    key: str = ""
    source: str = ""

    @property
    def is_due(self) -> bool:
        """True if the entry is told with the message if it fits."""
        return self.status in (Status.TRIGGERED, Status.CONSTANT)


def evaluate_entries(lorebook: Lorebook, context: ScanContext) -> tuple[Evaluation, ...]:
    """Return for each entry that is not part of the opening if it is due with the last message.

    The same chat gives the same result each time that it is searched.
    """
    scan = _Scan(lorebook, context)
    return scan.run()


class _Scan:
    def __init__(self, lorebook: Lorebook, context: ScanContext) -> None:
        self._lorebook = lorebook
        self._context = context
        messages = context.messages[-_longest_scan(lorebook) :]
        self._messages = [normalize(text[-_MAX_TEXT:]) for text in messages]
        self._texts: dict[int, SearchText] = {}

    def run(self) -> tuple[Evaluation, ...]:
        """Search the messages, and then the entries that they trigger, as often as it goes on."""
        results: dict[int, Evaluation] = {}
        waiting = list[int]()
        for number, entry in enumerate(self._lorebook.entries):
            if entry.is_in_opening:
                continue
            results[number] = self._evaluate(number, entry)
            if results[number].status is Status.NOT_TRIGGERED and not entry.recursion.is_excluded:
                waiting.append(number)
        if self._lorebook.is_recursive:
            due = [each for each in results.values() if each.is_due]
            sources = [*self._lorebook.opening_entries, *(each.entry for each in due)]
            self._search_entries(results, waiting, sources)
        return tuple(results[number] for number in sorted(results))

    def _search_entries(
        self, results: dict[int, Evaluation], waiting: list[int], sources: list[LorebookEntry]
    ) -> None:
        for _ in range(_MAX_ROUNDS):
            sources = [source for source in sources if not source.recursion.is_last]
            if not sources or not waiting:
                return
            text = _text_of_entries(sources)
            named_texts = [(_text_of_entries([each]), each) for each in sources[:_MAX_NAMED]]
            triggered = list[LorebookEntry]()
            for number in list(waiting):
                entry = self._lorebook.entries[number]
                result = self._evaluate(number, entry, text)
                if result.status is not Status.NOT_TRIGGERED:
                    waiting.remove(number)
                    keys = [key for key in entry.keys if key.text == result.key]
                    labels = (each.label for said, each in named_texts if said.find(keys))
                    label = next(labels, sources[0].label)
                    results[number] = Evaluation(entry, result.status, result.key, label)
                    triggered += [entry] if result.is_due else []
            sources = triggered

    def _evaluate(
        self, number: int, entry: LorebookEntry, entries_text: SearchText | None = None
    ) -> Evaluation:
        """Search one entry's keys in the messages, or in `entries_text` if it is given."""
        obstacle = _obstacle(entry, self._context)
        if obstacle is not None:
            return Evaluation(entry, obstacle)
        was_told = entry.content in self._context.earlier_texts
        if entry.rules.is_told_once and was_told:
            return Evaluation(entry, Status.TOLD_ALREADY)
        text = entries_text or self._messages_for(entry)
        key, status = "", Status.CONSTANT
        if not entry.is_constant and not (entry.rules.stays_active and was_told):
            if entry.recursion.is_delayed and entries_text is None:
                return Evaluation(entry, Status.NOT_TRIGGERED)
            found = text.find(entry.keys)
            if found is None:
                is_pattern = bool(entry.patterns)
                return Evaluation(entry, Status.PATTERN if is_pattern else Status.NOT_TRIGGERED)
            key, status = found.text, Status.TRIGGERED
            if not _secondary_keys_agree(entry, text):
                return Evaluation(entry, Status.CONDITION_FAILED, key)
        if not _other_keys_agree(entry, text):
            return Evaluation(entry, Status.CONDITION_FAILED, key)
        if _is_in_view(entry, self._context):
            return Evaluation(entry, Status.TOLD_ALREADY, key)
        if not _has_luck(entry, number, self._context.seed):
            return Evaluation(entry, Status.CHANCE, key)
        return Evaluation(entry, status, key)

    def _messages_for(self, entry: LorebookEntry) -> SearchText:
        depth = self._lorebook.scan_depth if entry.scan_depth is None else entry.scan_depth
        if depth not in self._texts:
            text = "\n".join(self._messages[-depth:] if depth else ())
            self._texts[depth] = SearchText(text[-_MAX_TEXT:])
        return self._texts[depth]


def _longest_scan(lorebook: Lorebook) -> int:
    depths = (each.scan_depth for each in lorebook.entries if each.scan_depth is not None)
    return max(lorebook.scan_depth, *depths, 1)


def _obstacle(entry: LorebookEntry, context: ScanContext) -> Status | None:
    """Return what keeps the entry from being told whatever its keys are; None if nothing does."""
    rules = entry.rules
    is_too_early = (
        context.reply_count < rules.min_replies or context.reply_count % rules.every_nth_reply != 0
    )
    is_other_greeting = None not in (rules.greeting, context.greeting) and (
        rules.greeting != context.greeting
    )
    has_keys = bool(entry.keys) or entry.is_constant
    obstacles = {
        Status.DISABLED: not entry.is_enabled,
        Status.NEVER: rules.is_never_told,
        Status.EMPTY: not entry.content,
        Status.PATTERN: not has_keys and bool(entry.patterns),
        Status.NO_KEYS: not has_keys,
        Status.TOO_EARLY: is_too_early,
        Status.OTHER_GREETING: is_other_greeting,
        Status.CONTEXT_FULL: rules.needs_free_context and context.is_context_full,
    }
    return next((status for status, applies in obstacles.items() if applies), None)


def _secondary_keys_agree(entry: LorebookEntry, text: SearchText) -> bool:
    if not entry.secondary_keys:
        return True
    matches = (text.find((key,)) is not None for key in entry.secondary_keys)
    if entry.logic is SelectiveLogic.AND_ALL:
        return all(matches)
    if entry.logic is SelectiveLogic.NOT_ALL:
        return not all(matches)
    return any(matches) is (entry.logic is SelectiveLogic.AND_ANY)


def _other_keys_agree(entry: LorebookEntry, text: SearchText) -> bool:
    if entry.additional_keys and text.find(entry.additional_keys) is None:
        return False
    return text.find(entry.excluded_keys) is None


def _is_in_view(entry: LorebookEntry, context: ScanContext) -> bool:
    """Return True if the model sees the entry, and not too far back.

    A message and its answer are two messages, so an entry at depth 4 is told with every third
    message of the user.
    """
    notes = context.notes
    if entry.depth is not None:
        recent = repeat_interval(entry.depth) - 1
        notes = notes[len(notes) - min(recent, len(notes)) :]
    return any(entry.content in texts for texts in notes)


def repeat_interval(depth: int) -> int:
    """Return with every how many messages of the user a note has to be told.

    At most `depth` messages follow it then.
    """
    return depth // 2 + 1


def _text_of_entries(entries: Sequence[LorebookEntry]) -> SearchText:
    text = ""
    for entry in entries:
        text += f"{entry.content[:_MAX_TEXT]}\n"
        if len(text) > _MAX_TEXT:
            break
    return SearchText(normalize(text[:_MAX_TEXT])[:_MAX_TEXT])  # which may make it longer


def _has_luck(entry: LorebookEntry, number: int, seed: str) -> bool:
    if entry.rules.probability >= 100:
        return True
    digest = hashlib.sha256(f"{seed}\0{number}\0{entry.content}".encode()).digest()
    return int.from_bytes(digest[:8]) / 2**64 * 100 < entry.rules.probability
