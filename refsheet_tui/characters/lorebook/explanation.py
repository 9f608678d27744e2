"""Explaining a lorebook to the user: each entry, its trigger, its tokens, and why it is told."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from refsheet_tui.characters.lorebook.budget import choose_within_budget
from refsheet_tui.characters.lorebook.entry import (
    ActivationRules,
    Lorebook,
    LorebookEntry,
    SelectiveLogic,
)
from refsheet_tui.characters.lorebook.matching import Keyword
from refsheet_tui.characters.lorebook.scanning import (
    Evaluation,
    ScanContext,
    Status,
    evaluate_entries,
)
from refsheet_tui.i18n import N_, _, ngettext
from refsheet_tui.untrusted import one_line

_BYTES_PER_TOKEN = 3  # about, in most languages
_MAX_NAMES = 3
_MAX_LISTED_KEYS = 12
_REASONS = {
    Status.IN_OPENING: N_("Told at the beginning of every chat."),
    Status.CONSTANT: N_("Told, because it needs no keyword."),
    Status.DISABLED: N_("Left out: disabled in the card."),
    Status.EMPTY: N_("Left out: it has no text."),
    Status.NEVER: N_("Left out: the card says never to tell it."),
    Status.NO_KEYS: N_("Left out: it has no keywords."),
    Status.PATTERN: N_("Left out: its keywords are a regular expression, which isn't supported."),
    Status.NOT_TRIGGERED: N_("Not triggered."),
    Status.TOO_EARLY: N_(
        "Left out: the chat hasn't reached the number of replies that the card asks for."
    ),
    Status.OTHER_GREETING: N_("Left out: it belongs to another greeting."),
    Status.CONTEXT_FULL: N_("Left out: the context is full."),
    Status.CHANCE: N_("Left out by chance: it is told with a probability of {probability}%."),
    Status.TOLD_ALREADY: N_("Left out: the model still knows it."),
    Status.OVER_BUDGET: N_("Left out: it doesn't fit the token budget."),
}
_LOGIC_TEXTS = {
    SelectiveLogic.AND_ANY: N_("and any of: {keys}"),
    SelectiveLogic.NOT_ALL: N_("but not all of: {keys}"),
    SelectiveLogic.NOT_ANY: N_("but none of: {keys}"),
    SelectiveLogic.AND_ALL: N_("and all of: {keys}"),
}


@dataclass(frozen=True)
class EntryExplanation:
    """An entry of a lorebook, as the views show it.

    Attributes:
        entry: The entry.
        tokens: How many tokens its text takes.
        status: Why it is told or left out.
        trigger: What triggers it, in the user's language.
        reason: Why it is told or left out, in the user's language.
    """

    entry: LorebookEntry
    tokens: int
    status: Status
    trigger: str
    reason: str

    @property
    def is_told(self) -> bool:
        """True if the model is told the entry."""
        return self.status in (Status.IN_OPENING, Status.TRIGGERED, Status.CONSTANT)

    @property
    def is_notable(self) -> bool:
        """True if the reason is worth showing although no message was tried."""
        return self.status is not Status.NOT_TRIGGERED


def explain_lorebook(
    lorebook: Lorebook,
    context: ScanContext,
    token_counts: Mapping[str, int],
    context_size: int,
) -> tuple[EntryExplanation, ...]:
    """Explain for each entry of a lorebook if the model is told it, and why.

    Args:
        lorebook: The lorebook.
        context: The messages that are searched for keywords.
        token_counts: The number of tokens of each entry's text.
        context_size: The size of the context in tokens.

    Returns:
        The entries in the order in which they are told.
    """
    budget = lorebook.budget_in(context_size)
    in_opening = (Evaluation(each, Status.IN_OPENING) for each in lorebook.opening_entries)
    opening, used = _within_budget(tuple(in_opening), budget, token_counts)
    others, _used = _within_budget(evaluate_entries(lorebook, context), budget - used, token_counts)
    by_entry = {id(each.entry): each for each in (*opening, *others)}
    return tuple(
        _explain(by_entry[id(entry)], token_counts.get(entry.content, 0))
        for entry in lorebook.entries
    )


def count_estimate(text: str) -> int:
    """Return about how many tokens a text has, for want of a model."""
    return -(-len(text.encode()) // _BYTES_PER_TOKEN)


def list_names(entries: Iterable[LorebookEntry]) -> str:
    """Return the names of the first entries in one line."""
    names = [one_line(entry.label) for entry in entries]
    return ", ".join(names[:_MAX_NAMES]) + ("…" if len(names) > _MAX_NAMES else "")


def _within_budget(
    evaluations: tuple[Evaluation, ...], budget: int, token_counts: Mapping[str, int]
) -> tuple[tuple[Evaluation, ...], int]:
    due = [each.entry for each in evaluations if each.is_due or each.status is Status.IN_OPENING]
    told, used = choose_within_budget(due, budget, lambda text: token_counts.get(text, 0))
    left_out = {id(entry) for entry in due} - {id(entry) for entry in told}
    marked = (
        replace(each, status=Status.OVER_BUDGET) if id(each.entry) in left_out else each
        for each in evaluations
    )
    return tuple(marked), used


def _explain(evaluation: Evaluation, tokens: int) -> EntryExplanation:
    entry = evaluation.entry
    return EntryExplanation(entry, tokens, evaluation.status, _trigger(entry), _reason(evaluation))


def _trigger(entry: LorebookEntry) -> str:
    if entry.is_constant:
        parts = [_("always")]
    else:
        parts = [_list_keys(entry.keys, entry.patterns) or _("no keywords")]
        if entry.secondary_keys:
            text = _(_LOGIC_TEXTS[entry.logic])
            parts.append(text.format(keys=_list_keys(entry.secondary_keys)))
    conditions: tuple[tuple[str, tuple[Keyword, ...]], ...] = (
        (N_("and any of: {keys}"), entry.additional_keys),
        (N_("but none of: {keys}"), entry.excluded_keys),
    )
    parts += [_(text).format(keys=_list_keys(keys)) for text, keys in conditions if keys]
    return "; ".join((*parts, *_list_rules(entry.rules)))


def _list_rules(rules: ActivationRules) -> Iterator[str]:
    if rules.min_replies:
        text = ngettext("after {count} reply", "after {count} replies", rules.min_replies)
        yield text.format(count=f"{rules.min_replies:,}")
    if rules.every_nth_reply > 1:
        yield _("every {count} replies").format(count=f"{rules.every_nth_reply:,}")
    if rules.greeting is not None:
        yield _("only after greeting {number}").format(number=f"{rules.greeting + 1:,}")
    if rules.probability < 100:
        yield _("with a probability of {probability}%").format(probability=f"{rules.probability:g}")


def _list_keys(keys: tuple[Keyword, ...], patterns: tuple[str, ...] = ()) -> str:
    texts = (*(key.text for key in keys), *patterns)
    listed = ", ".join(one_line(text) for text in texts[:_MAX_LISTED_KEYS])
    return f"{listed}…" if len(texts) > _MAX_LISTED_KEYS else listed


def _reason(evaluation: Evaluation) -> str:
    key, source = one_line(evaluation.key), one_line(evaluation.source)
    if evaluation.status is Status.TRIGGERED:
        if not source:
            return _("Told, because “{key}” came up.").format(key=key)
        text = _("Told, because “{key}” came up in the entry “{name}”.")
        return text.format(key=key, name=source)
    if evaluation.status is Status.CONDITION_FAILED:
        if not key:
            return _("Left out: its other conditions aren't met.")
        return _("Left out: “{key}” came up, but its other conditions aren't met.").format(key=key)
    probability = f"{evaluation.entry.rules.probability:g}"
    return _(_REASONS[evaluation.status]).format(probability=probability)
