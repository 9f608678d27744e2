from .cards import (
    PROFILE_KEYS as PROFILE_KEYS,
    card_from_profile as card_from_profile,
    import_card as import_card,
    json_card as json_card,
    profile_from_card as profile_from_card,
    read_card as read_card,
    write_card as write_card,
)
from .cards.png import replace_text_chunks as replace_text_chunks
from .character import Character as Character
from .character_store import (
    CharacterStore as CharacterStore,
    SavedCharacter as SavedCharacter,
    profile_from_character as profile_from_character,
    read_pictures as read_pictures,
)
from .character_writer import (
    PROFILE_FIELDS as PROFILE_FIELDS,
    CharacterWriter as CharacterWriter,
    ProfileField as ProfileField,
)
from .lorebook import (
    DepthPrompt as DepthPrompt,
    EntryExplanation as EntryExplanation,
    Keyword as Keyword,
    Lorebook as Lorebook,
    LorebookEntry as LorebookEntry,
    ScanContext as ScanContext,
    choose_within_budget as choose_within_budget,
    count_estimate as count_estimate,
    evaluate_entries as evaluate_entries,
    explain_lorebook as explain_lorebook,
    fits_surely as fits_surely,
    import_notice as import_notice,
    list_names as list_names,
    lorebook_from_card as lorebook_from_card,
    repeat_interval as repeat_interval,
)
from .mojibake import repair_mojibake as repair_mojibake
from .profile import Profile as Profile, default_name as default_name
from .rendered_profile import RenderedProfile as RenderedProfile
from .samples import load_samples as load_samples
from .search import CharacterMatch as CharacterMatch, search_characters as search_characters
