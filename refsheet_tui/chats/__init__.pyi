from .branch import Branch as Branch
from .chat_commands import ChatCommands as ChatCommands
from .chat_store import Chat as Chat, ChatStore as ChatStore
from .conversation import (
    Attachment as Attachment,
    Conversation as Conversation,
    ReplyEvent as ReplyEvent,
    ReplyKind as ReplyKind,
)
from .files import (
    ChatFile as ChatFile,
    Omissions as Omissions,
    PortableChat as PortableChat,
    find_character_version as find_character_version,
    import_chat as import_chat,
    read_chat as read_chat,
    to_json as to_json,
    to_jsonl as to_jsonl,
    to_markdown as to_markdown,
    write_chat as write_chat,
)
from .impersonation import SpokeForUser as SpokeForUser
from .library import Library as Library
from .messages import Message as Message, PortableMessage as PortableMessage
from .opening import (
    check_known as check_known,
    open_conversation as open_conversation,
    with_own_settings as with_own_settings,
)
from .overflow import (
    ContextOverflow as ContextOverflow,
    LorebookOverflow as LorebookOverflow,
)
from .search import MessageMatch as MessageMatch, search_messages as search_messages
from .slash_commands import (
    COMMANDS as COMMANDS,
    SlashCommand as SlashCommand,
    complete as complete,
    escape as escape,
    is_command as is_command,
    parse as parse,
    unescape as unescape,
    usage_error as usage_error,
)
from .speakers import named_sides as named_sides
from .token_counter import count_texts as count_texts
from .turns import text_of as text_of
