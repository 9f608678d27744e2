"""Saved characters and chats on the command line."""

from __future__ import annotations

import json
import signal
import subprocess
from pathlib import Path

from helpers.command import ROOT, command, environment, refsheet
from helpers.library_command import EMBER, TALK, add, chats, read


def test_a_talk_that_is_saved_goes_on_where_it_was(tmp_path: Path) -> None:
    first = refsheet(tmp_path, "talk", "ember", "--save", *TALK, stdin=b"What are you?\n")
    assert first.code == 0, first.err
    (chat,) = chats(tmp_path)
    assert (chat["title"], chat["character"]) == ("What are you?", "Ember")
    said = read(tmp_path, "chats", "show", str(chat["id"]))["messages"]
    assert [each["role"] for each in said] == ["model", "user", "model"]
    assert first.out.splitlines() == [said[0]["text"], said[2]["text"]]
    second = refsheet(tmp_path, "talk", "--chat", str(chat["id"]), *TALK, stdin="你好!\n".encode())
    assert second.code == 0, second.err
    assert said[2]["text"] in second.err, "a reminder of what was said last"
    again = read(tmp_path, "chats", "show", str(chat["id"]))["messages"]
    assert [each["text"] for each in again[:3]] == [each["text"] for each in said]
    assert again[3]["text"] == "你好!" and again[4]["text"] == second.out.strip()


def test_without_save_nothing_is_kept(tmp_path: Path) -> None:
    assert refsheet(tmp_path, "talk", "ember", *TALK).code == 0
    assert chats(tmp_path) == []


def test_the_same_sample_is_one_character(tmp_path: Path) -> None:
    for _ in range(2):
        assert refsheet(tmp_path, "talk", "ember", "--save", *TALK).code == 0
    assert len(read(tmp_path, "characters", "list")["characters"]) == 1
    assert len(chats(tmp_path)) == 2


def test_a_character_is_talked_with_by_its_name(tmp_path: Path) -> None:
    add(tmp_path, "Red One", "--greeting", "Roar, friend!", "--person", "Jane")
    done = refsheet(tmp_path, "talk", "red one", "--save", *TALK, stdin=b"Hi\n")
    assert done.code == 0, done.err
    assert done.out.splitlines()[0] == "Roar, friend!"
    shown = read(tmp_path, "characters", "show", "Red One")
    assert (shown["greeting"], shown["person"]) == ("Roar, friend!", "Jane")
    assert Path(shown["pictures"][0]).read_bytes() == (ROOT / EMBER).read_bytes()


def test_a_name_that_two_have_asks_for_a_number(tmp_path: Path) -> None:
    one, two = add(tmp_path), add(tmp_path)
    done = refsheet(tmp_path, "characters", "show", "Ember")
    assert f"Use a number instead: {two}, {one}" in done.problem
    assert read(tmp_path, "characters", "show", str(one))["id"] == one


def test_deleting_says_how_to_undo(tmp_path: Path) -> None:
    number = add(tmp_path)
    done = refsheet(tmp_path, "characters", "delete", "Ember")
    assert f"refsheet characters delete {number} --undo" in done.out
    assert "Unknown character Ember" in refsheet(tmp_path, "characters", "show", "Ember").problem
    assert refsheet(tmp_path, "characters", "delete", str(number), "--undo").code == 0
    refsheet(tmp_path, "talk", "Ember", "--save", *TALK)
    (chat,) = chats(tmp_path)
    assert "--undo" in refsheet(tmp_path, "chats", "delete", str(chat["id"])).out
    assert chats(tmp_path) == []
    gone = refsheet(tmp_path, "chats", "show", str(chat["id"]))
    assert f"Chat {chat['id']} doesn't exist" in gone.problem
    assert refsheet(tmp_path, "chats", "delete", str(chat["id"]), "--undo").code == 0
    assert len(chats(tmp_path)) == 1


def test_words_are_found_in_any_language(tmp_path: Path) -> None:
    refsheet(tmp_path, "talk", "ember", "--save", *TALK, stdin="你喜欢蓝色的鲸鱼吗\n".encode())
    for words in ("蓝色的", "鲸鱼", "Hey"):
        matches = read(tmp_path, "chats", "search", words)["matches"]
        assert matches and words in matches[0]["text"]
    done = refsheet(tmp_path, "chats", "search", "nowhere")
    assert (done.code, done.out) == (0, "")


def test_a_killed_talk_keeps_what_was_said(tmp_path: Path) -> None:
    talking = subprocess.Popen(
        command("talk", "ember", "--save", *TALK),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        cwd=ROOT,
        env=environment(tmp_path),
    )
    assert talking.stdin is not None and talking.stdout is not None
    assert talking.stdout.readline()
    talking.stdin.write(b"What are you?\n")
    talking.stdin.flush()
    assert talking.stdout.read(1)
    talking.send_signal(signal.SIGKILL)
    talking.wait()
    (chat,) = chats(tmp_path)
    said = read(tmp_path, "chats", "show", str(chat["id"]))["messages"]
    assert [each["text"] for each in said][1] == "What are you?"


def test_a_reply_that_was_cut_off_goes_on(tmp_path: Path) -> None:
    whole = refsheet(tmp_path, "talk", "ember", "--greedy").out.strip()
    cut = refsheet(tmp_path, "talk", "ember", "--save", "--greedy", "--max-new-tokens", "6")
    assert len(cut.out) < len(whole)
    left = refsheet(tmp_path, "talk", "--chat", "1", "--greedy")
    assert left.out == "" and "/continue" in left.err, "nobody asked for more"
    rest = refsheet(tmp_path, "talk", "--chat", "1", "--greedy", stdin=b"/continue\n")
    assert rest.code == 0, rest.err
    assert cut.out.strip() in rest.err, "a reminder of how it began"
    (said,) = read(tmp_path, "chats", "show", "1")["messages"]
    assert said["text"] == whole
    assert said["finish"] == "end_of_turn"


def test_hostile_words_do_not_reach_the_terminal(tmp_path: Path) -> None:
    add(tmp_path, "E\x1b[31mvil\x07", "--description", "a\x1b]0;x\x07b")
    for arguments in (("characters", "list"), ("characters", "show", "1")):
        shown = refsheet(tmp_path, *arguments)
        assert shown.code == 0, shown.err
        assert "\x1b" not in shown.out and "\x07" not in shown.out


def test_a_name_with_a_dot_is_a_name(tmp_path: Path) -> None:
    made = refsheet(tmp_path, "characters", "add", EMBER, "--name", "Dr. Who", "--greeting", "Hm.")
    assert "refsheet talk 'Dr. Who' --save" in made.out
    assert refsheet(tmp_path, "talk", "Dr. Who", *TALK).out == "Hm.\n"


def test_nothing_is_kept_of_an_import_that_fails(tmp_path: Path) -> None:
    good, bad = tmp_path / "good.json", tmp_path / "bad.json"
    good.write_text('[{"role": "user", "content": "Hi"}]')
    bad.write_text("[")
    assert refsheet(tmp_path, "chats", "import", good, bad).code == 1
    assert chats(tmp_path) == []
    done = refsheet(tmp_path, "chats", "import", good)
    assert "refsheet chats update 1 --character NAME" in done.err
    assert "--character NAME" in refsheet(tmp_path, "talk", "--chat", "1").problem
    add(tmp_path)
    assert refsheet(tmp_path, "chats", "update", "1", "--character", "Ember").code == 0
    assert refsheet(tmp_path, "talk", "--chat", "1", *TALK).out.strip()


def test_what_is_neither_file_nor_name_is_told(tmp_path: Path) -> None:
    missing = "refsheet: {} doesn't exist."
    for name in ("nobody.png", "nobody"):
        for save in ((), ("--save",)):
            assert missing.format(name) in refsheet(tmp_path, "talk", name, *save).problem
    add(tmp_path)
    assert "Unknown character nobody" in refsheet(tmp_path, "talk", "nobody").problem
    assert refsheet(tmp_path, "talk").code == 2


def test_a_library_of_a_newer_version_is_refused(tmp_path: Path) -> None:
    import sqlite3

    add(tmp_path)
    database = sqlite3.connect(tmp_path / "data" / "library.db")
    database.execute("PRAGMA user_version = 99")
    database.close()
    done = refsheet(tmp_path, "characters", "list")
    assert "newer version of RefSheet" in done.problem and "Update RefSheet" in done.problem


def test_a_card_comes_in_and_goes_out(tmp_path: Path) -> None:
    add(tmp_path, "Ember", "--description", "Red.", "--greeting", "Roar!", "--tag", "dragon")
    for name in ("out.png", "out.json"):
        file = tmp_path / name
        assert refsheet(tmp_path, "characters", "export", "Ember", file).code == 0
        assert "--force" in refsheet(tmp_path, "characters", "export", "Ember", file).problem
        assert refsheet(tmp_path, "characters", "export", "Ember", file, "--force").code == 0
    wrong = refsheet(tmp_path, "characters", "export", "Ember", "out.txt")
    assert "out.txt must end in .png or .json" in wrong.problem
    other = tmp_path / "other"
    first = read(other, "characters", "import", tmp_path / "out.png")["characters"][0]
    assert (first["name"], first["greeting"], first["tags"]) == ("Ember", "Roar!", ["dragon"])
    without = refsheet(other, "characters", "import", tmp_path / "out.json")
    assert "--sheet IMAGE" in without.problem
    second = refsheet(other, "characters", "import", tmp_path / "out.json", "--sheet", EMBER)
    assert second.code == 0, second.err
    done = refsheet(other, "talk", str(first["id"]), *TALK)
    assert done.out.strip() == "Roar!"


def test_a_picture_without_a_card_is_told_from_one_with(tmp_path: Path) -> None:
    problem = refsheet(tmp_path, "characters", "import", EMBER).problem
    assert "This picture doesn't contain a character card" in problem
    assert "Use it as a plain picture" in problem
    missing = refsheet(tmp_path, "characters", "import", "none.png").problem
    assert "none.png doesn't exist" in missing


def test_a_chat_goes_out_and_comes_in(tmp_path: Path) -> None:
    refsheet(tmp_path, "talk", "ember", "--save", *TALK, stdin="你好\n".encode())
    (chat,) = chats(tmp_path)
    said = read(tmp_path, "chats", "show", str(chat["id"]))["messages"]
    for kind in ("json", "jsonl", "md"):
        file = tmp_path / f"out.{kind}"
        done = refsheet(tmp_path, "chats", "export", str(chat["id"]), file)
        assert done.code == 0, done.err
        assert "你好" in file.read_text(encoding="utf-8")
    assert "--force" in refsheet(tmp_path, "chats", "export", str(chat["id"]), file).problem
    for kind in ("json", "jsonl"):
        (made,) = read(tmp_path, "chats", "import", tmp_path / f"out.{kind}")["chats"]
        assert made["character"] == "Ember" and made["title"] == "你好"
        again = read(tmp_path, "chats", "show", str(made["id"]))["messages"]
        assert [each["text"] for each in again] == [each["text"] for each in said]
    going_on = refsheet(tmp_path, "talk", "--chat", str(made["id"]), *TALK, stdin=b"Hi\n")
    assert going_on.code == 0, going_on.err
    other = refsheet(tmp_path, "chats", "import", "config.yaml")
    assert "This isn't a RefSheet chat" in other.problem


def test_what_was_backed_up_can_be_restored(tmp_path: Path) -> None:
    refsheet(tmp_path, "talk", "ember", "--save", *TALK, stdin=b"Hello\n")
    before = read(tmp_path, "chats", "show", "1")
    file = tmp_path / "mine.refsheet"
    assert refsheet(tmp_path, "backup", file).code == 0
    assert "--force" in refsheet(tmp_path, "backup", file).problem
    other = tmp_path / "other"
    assert refsheet(other, "restore", file).code == 0
    assert read(other, "chats", "show", "1") == before
    shown = read(other, "characters", "show", "Ember")
    assert Path(shown["pictures"][0]).read_bytes() == (ROOT / EMBER).read_bytes()
    assert refsheet(other, "talk", "--chat", "1", *TALK, stdin=b"Hi\n").code == 0


def test_a_restore_never_takes_what_is_there(tmp_path: Path) -> None:
    add(tmp_path, "First")
    file = tmp_path / "mine.refsheet"
    refsheet(tmp_path, "backup", file)
    add(tmp_path, "Second")
    refused = refsheet(tmp_path, "restore", file)
    assert "--replace" in refused.problem
    assert len(read(tmp_path, "characters", "list")["characters"]) == 2
    done = refsheet(tmp_path, "restore", file, "--replace")
    assert done.code == 0, done.err
    (kept,) = read(tmp_path, "characters", "list")["characters"]
    assert kept["name"] == "First"
    aside = next((tmp_path / "data").glob("before-restore-*"))
    assert str(aside) in done.out and (aside / "library.db").exists()


def test_what_is_no_backup_is_told(tmp_path: Path) -> None:
    assert "isn't a RefSheet backup" in refsheet(tmp_path, "restore", EMBER).problem
    assert "Can't read none.refsheet" in refsheet(tmp_path, "restore", "none.refsheet").problem


def test_a_card_is_told_to_the_model_with_names_in_their_places(tmp_path: Path) -> None:
    card = {
        "spec": "chara_card_v2",
        "data": {
            "name": "Ember",
            "description": "{{char}} is red.",
            "personality": "Bold to {{USER}}.",
            "scenario": "A cave.",
            "first_mes": "Roar, {{user}}!",
            "mes_example": "<START>\n<USER>: Hi\n<BOT>: Roar",
            "extensions": {"refsheet": {"person": "Jane", "persona": "A painter."}},
        },
    }
    file = tmp_path / "card.json"
    file.write_text(json.dumps(card))
    assert refsheet(tmp_path, "characters", "import", file, "--sheet", EMBER).code == 0
    dumped = refsheet(tmp_path, "talk", "Ember", "--dump-prompt")
    told = "".join(part["text"] for part in json.loads(dumped.out)["parts"])
    for words in (
        "Additional info: Ember is red.\nBold to Jane.\nA cave.\n",
        "The person you talk with is called Jane. A painter.",
        "How you speak:\nJane: Hi\nEmber: Roar",
    ):
        assert words in told
    assert "{{" not in told and "<USER>" not in told
    assert refsheet(tmp_path, "talk", "Ember", *TALK).out.strip() == "Roar, Jane!"


def test_a_card_speaks_the_language_of_its_texts(tmp_path: Path) -> None:
    file = tmp_path / "card.json"
    file.write_text(json.dumps({"name": "エンバー", "first_mes": "こんにちは、私です。"}))
    command = ("characters", "import", file, "--sheet", EMBER)
    done = refsheet(tmp_path, *command)
    assert done.code == 0 and "Language: 日本語" in done.err and "--language CODE" in done.err
    done = refsheet(tmp_path, *command, "--language", "fr")
    assert done.code == 0 and "Language" not in done.err
    characters = read(tmp_path, "characters", "list")["characters"]
    assert sorted(each["language"] for each in characters) == ["fr", "ja"]


def test_a_file_that_is_no_card_is_named_as_what_it_is(tmp_path: Path) -> None:
    file = tmp_path / "preset.json"
    file.write_text(json.dumps({"temperature": 0.7, "top_p": 0.9}))
    done = refsheet(tmp_path, "characters", "import", file, "--sheet", EMBER)
    assert done.code == 1 and "preset" in done.problem and str(file) in done.problem
    assert "not a character card" in done.problem


def test_what_is_said_now_wins_over_what_is_kept(tmp_path: Path) -> None:
    add(tmp_path, "Ember", "--description", "Old.", "--greeting", "Roar!")
    said = ("--description", "New.", "--language", "zh-Hans")
    told = refsheet(tmp_path, "talk", "Ember", "--dump-prompt", *said).out
    assert "New." in told and "Old." not in told
    assert refsheet(tmp_path, "talk", "Ember", "--save", *TALK, *said).code == 0
    (kept,) = read(tmp_path, "characters", "list")["characters"]
    assert kept["description"] == "Old.", "it was said of this chat alone"
    told = refsheet(tmp_path, "talk", "--chat", "1", "--dump-prompt").out
    assert "New." in told and "Old." not in told


def test_settings_of_a_card_are_taken_within_bounds(tmp_path: Path) -> None:
    own = {"max_new_tokens": 3, "temperature": -5, "top_k": "many", "unknown": 1}
    card = {"name": "Ember", "extensions": {"refsheet": {"generation": own}}}
    file = tmp_path / "card.json"
    file.write_text(json.dumps(card))
    refsheet(tmp_path, "characters", "import", file, "--sheet", EMBER)
    done = refsheet(tmp_path, "talk", "Ember", "--greedy", "--json")
    assert done.code == 0, done.err
    assert json.loads(done.out)["new_tokens"] == 3
    longer = refsheet(tmp_path, "talk", "Ember", "--greedy", "--json", "--max-new-tokens", "5")
    assert json.loads(longer.out)["new_tokens"] == 5
