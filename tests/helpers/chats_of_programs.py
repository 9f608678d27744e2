"""A short chat in the forms in which other programs export it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

WHEN = datetime(2024, 4, 5, 15, 14, 5, tzinfo=UTC)
SECONDS, MS, ISO = WHEN.timestamp(), WHEN.timestamp() * 1000, WHEN.isoformat()


def node(parent: str | None, role: str = "", text: str = "", **values: object) -> dict[str, Any]:
    message = {
        "author": {"role": role, "name": None},
        "create_time": SECONDS,
        "content": {"content_type": "text", "parts": [text]},
        "recipient": "all",
        "metadata": {},
        **values,
    }
    return {"parent": parent, "children": [], "message": message if role else None}


HIDDEN = {"metadata": {"is_visually_hidden_from_conversation": True}}
CHATGPT = {
    "title": "About dragons",
    "current_node": "d2",
    "mapping": {
        "root": node(None),
        "s": node("root", "system", "", **HIDDEN),
        "u": node("s", "user", "Hi"),
        "t": node("u", "assistant", "search()", recipient="browser"),
        "d1": node("t", "assistant", "Hm"),
        "d2": node("t", "assistant", "Ho"),
    },
}
CLAUDE = {
    "uuid": "x",
    "name": "About dragons",
    "chat_messages": [
        {"sender": "human", "text": "Hi", "content": [{"type": "text", "text": "Hi"}]},
        {"sender": "assistant", "text": "Ho", "content": [], "created_at": ISO},
    ],
}
OPEN_WEBUI = {
    "id": "x",
    "chat": {
        "title": "About dragons",
        "messages": [{"role": "user", "content": "Hi"}],
        "history": {
            "currentId": "c",
            "messages": {
                "c": {"parentId": "a", "role": "assistant", "content": "Ho", "timestamp": SECONDS},
                "b": {"parentId": "a", "role": "assistant", "content": "Hm"},
                "a": {"parentId": None, "role": "user", "content": "Hi"},
            },
        },
    },
}
LM_STUDIO = {
    "name": "About dragons",
    "systemPrompt": "",
    "messages": [
        {
            "versions": [
                {"type": "singleStep", "role": "user", "content": [{"type": "text", "text": "Hi"}]}
            ],
            "currentlySelected": 0,
        },
        {
            "versions": [
                {
                    "type": "multiStep",
                    "role": "assistant",
                    "steps": [
                        {"type": "contentBlock", "content": [{"type": "text", "text": text}]},
                        {"type": "debugInfoBlock", "debugInfo": "x"},
                    ],
                }
                for text in ("Hm", "Ho")
            ],
            "currentlySelected": 1,
        },
    ],
}
AGNAI = {
    "name": "About dragons",
    "greeting": "",
    "messages": [
        {"userId": "1", "msg": "Hi", "handle": "You"},
        {"characterId": "2", "msg": "Ho", "handle": "Ember"},
    ],
}
RISU = {
    "type": "risuChat",
    "ver": 2,
    "data": {
        "name": "About dragons",
        "note": "Be brief.",
        "message": [{"role": "user", "data": "Hi"}, {"role": "char", "data": "Ho", "time": MS}],
    },
}
CAI = {
    "turns": [
        {
            "author": {"name": "Ember"},
            "create_time": "2024-04-05T15:14:05Z",
            "candidates": [
                {"candidate_id": "1", "raw_content": "Hm"},
                {"candidate_id": "2", "raw_content": "Ho"},
            ],
            "primary_candidate_id": "2",
        },
        {
            "author": {"name": "Jane", "is_human": True},
            "create_time": "2024-04-05T15:14:00Z",
            "candidates": [{"candidate_id": "3", "raw_content": "Hi"}],
        },
    ]
}
AI_STUDIO = {
    "systemInstruction": {},
    "chunkedPrompt": {
        "chunks": [
            {"role": "user", "text": "Hi"},
            {"role": "model", "text": "Hm, what to say?", "isThought": True},
            {"role": "model", "text": "Ho", "finishReason": "STOP"},
        ]
    },
}
DISCORD = {
    "guild": {"name": "x"},
    "messages": [
        {"type": "Default", "content": "Hi", "author": {"name": "jane", "isBot": False}},
        {"type": "Default", "content": "Ho", "author": {"name": "Ember", "isBot": True}},
    ],
}
WEBUI = {
    "internal": [["Hi", "Ho"]],
    "visible": [["Hi", "Ho"]],
    "metadata": {
        "user_0": {"timestamp": "Apr 05, 2024 15:14"},
        "assistant_0": {
            "timestamp": "Apr 05, 2024 15:15",
            "versions": [
                {"content": "Hm", "visible_content": "Hm", "timestamp": "Apr 05, 2024 15:15"},
                {"content": "Ho", "visible_content": "Ho", "timestamp": "Apr 05, 2024 15:16"},
            ],
            "current_version_index": 1,
        },
    },
}
GEMINI = {
    "contents": [
        {"role": "user", "parts": [{"text": "Hi"}]},
        {"role": "model", "parts": [{"text": "Ho"}]},
    ]
}
ALL: dict[str, dict[str, Any]] = {
    "chatgpt": CHATGPT,
    "claude": CLAUDE,
    "open webui": OPEN_WEBUI,
    "lm studio": LM_STUDIO,
    "agnai": AGNAI,
    "risu": RISU,
    "cai": CAI,
    "ai studio": AI_STUDIO,
    "discord": DISCORD,
    "gemini": GEMINI,
    "webui": WEBUI,
}
