"""The schema of the database, as migrations. A migration that was released is never changed.

Times are in seconds since 1970. A deleted row stays for some time, with the time of its deletion in
the column `deleted`.
"""

from __future__ import annotations

# The end of the year 9999, where `datetime` stops, less a day for the difference of time zones.
MAX_TIME_S = 253_402_300_799 - 24 * 3600

_INITIAL_SCHEMA = """
CREATE TABLE pictures (
    sha256 TEXT PRIMARY KEY,
    bytes INTEGER NOT NULL,
    created REAL NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE characters (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    version INTEGER,
    created REAL NOT NULL,
    used REAL NOT NULL,
    deleted REAL
) STRICT;

-- A version is never changed: chats keep the one they began with.
CREATE TABLE character_versions (
    id INTEGER PRIMARY KEY,
    character INTEGER NOT NULL REFERENCES characters ON DELETE CASCADE,
    content TEXT NOT NULL,
    created REAL NOT NULL
) STRICT;
CREATE INDEX versions_of ON character_versions (character);

CREATE TABLE version_pictures (
    version INTEGER NOT NULL REFERENCES character_versions ON DELETE CASCADE,
    position INTEGER NOT NULL,
    sha256 TEXT NOT NULL REFERENCES pictures,
    PRIMARY KEY (version, position)
) STRICT, WITHOUT ROWID;
CREATE INDEX versions_with ON version_pictures (sha256);

CREATE TABLE chats (
    id INTEGER PRIMARY KEY,
    version INTEGER REFERENCES character_versions,
    title TEXT,
    -- The first words of the user, or of the chat; lists show them if there is no title.
    beginning TEXT NOT NULL DEFAULT '',
    begun INTEGER NOT NULL DEFAULT 0,
    leaf INTEGER,
    draft TEXT NOT NULL DEFAULT '',
    note TEXT NOT NULL DEFAULT '',
    extra TEXT NOT NULL DEFAULT '{}',
    created REAL NOT NULL,
    used REAL NOT NULL,
    deleted REAL
) STRICT;
CREATE INDEX chats_of ON chats (version);
CREATE INDEX chats_by_use ON chats (used) WHERE deleted IS NULL;

CREATE TABLE messages (
    id INTEGER PRIMARY KEY,
    chat INTEGER NOT NULL REFERENCES chats ON DELETE CASCADE,
    parent INTEGER REFERENCES messages ON DELETE SET NULL,
    role TEXT NOT NULL CHECK (role IN ('user', 'model')),
    text TEXT NOT NULL,
    finish TEXT,
    extra TEXT NOT NULL DEFAULT '{}',
    created REAL NOT NULL,
    deleted REAL
) STRICT;
CREATE INDEX messages_of ON messages (chat, parent);
CREATE INDEX answers_to ON messages (parent);
CREATE INDEX messages_deleted ON messages (deleted) WHERE deleted IS NOT NULL;

CREATE TABLE message_pictures (
    message INTEGER NOT NULL REFERENCES messages ON DELETE CASCADE,
    position INTEGER NOT NULL,
    sha256 TEXT NOT NULL REFERENCES pictures,
    PRIMARY KEY (message, position)
) STRICT, WITHOUT ROWID;
CREATE INDEX messages_with ON message_pictures (sha256);

-- Trigrams find parts of words in every script; the text itself stays in `messages`.
CREATE VIRTUAL TABLE message_words USING fts5 (
    text, content='messages', content_rowid='id', tokenize='trigram'
);
CREATE TRIGGER message_written AFTER INSERT ON messages BEGIN
    INSERT INTO message_words (rowid, text) VALUES (new.id, new.text);
END;
CREATE TRIGGER message_changed AFTER UPDATE OF text ON messages BEGIN
    INSERT INTO message_words (message_words, rowid, text) VALUES ('delete', old.id, old.text);
    INSERT INTO message_words (rowid, text) VALUES (new.id, new.text);
END;
CREATE TRIGGER message_removed AFTER DELETE ON messages BEGIN
    INSERT INTO message_words (message_words, rowid, text) VALUES ('delete', old.id, old.text);
END;
"""

# The column for the context notes of a message, a JSON list of texts; and an index for finding
# characters.
_CONTEXT_NOTES_AND_CHARACTER_SEARCH = """
ALTER TABLE messages ADD COLUMN asides TEXT NOT NULL DEFAULT '[]';
-- The version that this one took the place of.
ALTER TABLE character_versions ADD COLUMN previous INTEGER;
-- When a character or a chat took another one in its place.
ALTER TABLE character_versions ADD COLUMN left REAL;

CREATE VIRTUAL TABLE character_words USING fts5 (name, text, tokenize='trigram');
CREATE VIEW words_of_characters AS
    SELECT c.id, c.name, (
        SELECT group_concat(atom, char(10))
        FROM json_tree(CASE WHEN json_valid(v.content) THEN v.content ELSE '{}' END)
        WHERE type = 'text' AND (
            fullkey IN (
                '$.description', '$.greeting', '$.person', '$.persona', '$.note', '$.examples',
                '$.card.personality', '$.card.scenario', '$.card.creator_notes'
            ) OR path IN ('$.tags', '$.alternate_greetings')
        )
    ) AS text
    FROM characters c JOIN character_versions v ON v.id = c.version;
INSERT INTO character_words (rowid, name, text) SELECT id, name, text FROM words_of_characters;
CREATE TRIGGER character_edited AFTER UPDATE OF version ON characters BEGIN
    DELETE FROM character_words WHERE rowid = new.id;
    INSERT INTO character_words (rowid, name, text)
        SELECT id, name, text FROM words_of_characters WHERE id = new.id;
END;
CREATE TRIGGER character_removed AFTER DELETE ON characters BEGIN
    DELETE FROM character_words WHERE rowid = old.id;
END;
"""

MIGRATIONS = (_INITIAL_SCHEMA, _CONTEXT_NOTES_AND_CHARACTER_SEARCH)
