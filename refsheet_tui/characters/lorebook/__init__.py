"""A card's lorebook: what the model is told always, or when a keyword comes up, and why.

A card is untrusted input: every value is checked, and regular expressions are never run.
"""

from refsheet_tui.characters.lorebook.budget import choose_within_budget, fits_surely
from refsheet_tui.characters.lorebook.depth_prompt import DepthPrompt, depth_prompt_from_card
from refsheet_tui.characters.lorebook.entry import (
    ActivationRules,
    Lorebook,
    LorebookEntry,
    RecursionRules,
    SelectiveLogic,
)
from refsheet_tui.characters.lorebook.explanation import (
    EntryExplanation,
    count_estimate,
    explain_lorebook,
    list_names,
)
from refsheet_tui.characters.lorebook.exporting import with_complete_lorebook
from refsheet_tui.characters.lorebook.matching import Keyword
from refsheet_tui.characters.lorebook.notice import import_notice
from refsheet_tui.characters.lorebook.reading import lorebook_from_card
from refsheet_tui.characters.lorebook.scanning import (
    Evaluation,
    ScanContext,
    Status,
    evaluate_entries,
    repeat_interval,
)

__all__ = [
    "ActivationRules",
    "DepthPrompt",
    "EntryExplanation",
    "Evaluation",
    "Keyword",
    "Lorebook",
    "LorebookEntry",
    "RecursionRules",
    "ScanContext",
    "SelectiveLogic",
    "Status",
    "choose_within_budget",
    "count_estimate",
    "depth_prompt_from_card",
    "evaluate_entries",
    "explain_lorebook",
    "fits_surely",
    "import_notice",
    "list_names",
    "lorebook_from_card",
    "repeat_interval",
    "with_complete_lorebook",
]
