from .chat_opening import (
    opening_prefix as opening_prefix,
    opening_text as opening_text,
    opening_turn as opening_turn,
)
from .language_detection import detect_language as detect_language, has_words as has_words
from .languages import (
    LANGUAGES as LANGUAGES,
    Language as Language,
    choose_language as choose_language,
    choose_screen_language as choose_screen_language,
    language as language,
)
from .macro_budget import MacroBudget as MacroBudget
from .macros import MacroValues as MacroValues, substitute_macros as substitute_macros
from .prompt import (
    ControlPart as ControlPart,
    Part as Part,
    PicturePart as PicturePart,
    Prompt as Prompt,
    TextPart as TextPart,
)
from .questions import Question as Question, question_turn as question_turn
from .turns import (
    BOS as BOS,
    END_OF_IMAGE as END_OF_IMAGE,
    END_OF_TURN as END_OF_TURN,
    START_OF_IMAGE as START_OF_IMAGE,
    START_OF_TURN as START_OF_TURN,
    ContextNote as ContextNote,
    Role as Role,
    Turn as Turn,
    build_prefix as build_prefix,
    build_prompt as build_prompt,
    build_turn as build_turn,
)
from .wording import get_wording as get_wording
