"""Control tokens and text are told apart, whatever llama.cpp and the file say of them.

The files are the demo model with other names and types for some of its tokens.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from gguf import GGUFReader

from helpers.engine_driver import Reply, ask, demo, model, user, with_tokens
from refsheet_tui.engine import GenerationSettings
from refsheet_tui.engine.native.cancel_token import CancelToken
from refsheet_tui.engine.native.loaded_model import LoadedModel
from refsheet_tui.engine.native.reply_stats import ReplyStats
from refsheet_tui.engine.native.tokenizer import Tokenizer
from refsheet_tui.errors import EngineError
from refsheet_tui.paths import demo_model
from refsheet_tui.prompting import Prompt, TextPart, build_prompt

# gguf.md, tokenizer.ggml.token_type
NORMAL, UNKNOWN, CONTROL, USER_DEFINED = 1, 2, 3, 4
TEXT_TYPES = pytest.mark.parametrize("kind", [NORMAL, USER_DEFINED], ids=["normal", "user defined"])
GREEDY = GenerationSettings(max_new_tokens=60, sample=False)
# llama-vocab.cpp: every name for which llama.cpp overrides what a Gemma file says about a token.
_OVERRIDDEN = """
    </s> <|eot_id|> <|im_end|> <|end|> <|endoftext|> <|end_of_text|> <EOT> _<EOT> [EOT] [EOS]
    <｜end▁of▁sentence｜> <end_of_utterance> <|eom_id|> <|return|> <|call|> <|calls|> <|flush|>
    <turn|> <|tool_response> [e~[ <|fim_prefix|> <fim-prefix> <fim_prefix> <｜fim▁begin｜> <PRE>
    ▁<PRE> <|code_prefix|> <|prefix|> <|fim_suffix|> <SUF> ▁<SUF> <|fim_middle|> <MID> ▁<MID>
    <|fim_pad|> <PAD> [PAD] <|fim_repo|> <|repo_name|> <REPO> <reponame> <|file_sep|>
    <|channel|> <|message|> <|start|> <|constrain|>
"""
OVERRIDDEN = _OVERRIDDEN.split()
GEMMA_CONTROL = [
    *("<pad>", "<eos>", "<bos>", "<unk>", "<start_of_turn>", "<end_of_turn>"),
    *("<start_of_image>", "<end_of_image>", "<image_soft_token>"),
]
# The demo says "Hello! I'm a tiny demo model." when it sees no picture.
WRITTEN = "▁tiny"

NAMES: list[str] = GGUFReader(demo_model()).fields["tokenizer.ggml.tokens"].contents()
Load = Callable[..., LoadedModel]


@pytest.fixture
def load(tmp_path: Path) -> Iterator[Load]:
    """Return a function that loads the demo model with other tokens."""
    sessions: list[LoadedModel] = []

    def load_with(
        changes: dict[str, tuple[str, int]], *, sees: bool = False, zeroed: bool = False
    ) -> LoadedModel:
        path = with_tokens(tmp_path / f"{len(sessions)}.gguf", changes, zeroed=zeroed)
        sessions.append(LoadedModel())
        sessions[-1].load(replace(demo(2048, sees=sees), model=path), lambda _: True)
        return sessions[-1]

    yield load_with
    for session in sessions:
        session.close()


def ordinary(names: list[str], kind: int) -> tuple[dict[str, tuple[str, int]], dict[str, int]]:
    """Give ordinary tokens of the demo other names and the type `kind`.

    Returns the changes by old name, and the ids by new name.
    """
    first = NAMES.index("▁the")
    old = NAMES[first : first + len(names)]
    changes = {each: (name, kind) for each, name in zip(old, names, strict=True)}
    return changes, {name: first + number for number, name in enumerate(names)}


def tokenizer(session: LoadedModel) -> Tokenizer:
    assert session._runner is not None
    return session._runner._tokenizer


def ids(session: LoadedModel, text: str) -> list[int]:
    (part,) = session.tokenize(Prompt((TextPart(text),)))
    return list(part.tokens)


def spell(session: LoadedModel, tokens: list[int]) -> str:
    return b"".join(map(tokenizer(session).token_to_piece, tokens)).decode()


def run(session: LoadedModel, prompt: Prompt, settings: GenerationSettings = GREEDY) -> Reply:
    return Reply(list(session.generate(prompt, settings, ReplyStats(), CancelToken())))


@TEXT_TYPES
def test_a_reply_goes_on_behind_an_html_tag(load: Load, kind: int) -> None:
    usual = run(load({}), ask("Hello")).text
    assert usual.count(" tiny") == 1
    reply = run(load({WRITTEN: ("</s>", kind)}), ask("Hello"))
    assert reply.text == usual.replace(" tiny", "</s>")
    assert reply.finished.reason == "end_of_turn"


@TEXT_TYPES
def test_what_was_written_is_not_read_again(load: Load, kind: int) -> None:
    session = load({WRITTEN: ("</s>", kind)})
    first = run(session, ask("Hello"))
    assert "</s>" in first.text
    turns = [user("Hello"), model(first.text), user("And?")]
    second = run(session, build_prompt(turns))
    read = first.finished.prompt_tokens + first.finished.new_tokens
    assert second.finished.reused_tokens >= read - 1
    assert second.text == run(load({WRITTEN: ("</s>", kind)}), build_prompt(turns)).text


def test_a_reply_ends_at_two_tokens_and_nothing_else(load: Load) -> None:
    changes, _ = ordinary(OVERRIDDEN, USER_DEFINED)
    ends = tokenizer(load(changes)).ends_turn
    found = {name for token, name in enumerate(NAMES) if ends(token)}
    assert found == {"<eos>", "<end_of_turn>"}


@TEXT_TYPES
def test_what_llama_cpp_overrides_is_text_when_written(load: Load, kind: int) -> None:
    changes, tokens = ordinary(OVERRIDDEN, kind)
    session = load(changes)
    for name, token in tokens.items():
        assert spell(session, [token]) == name.replace("▁", " ")


def test_what_llama_cpp_overrides_is_one_token_when_typed(load: Load) -> None:
    changes, tokens = ordinary(OVERRIDDEN, USER_DEFINED)
    session = load(changes)
    for name, token in tokens.items():
        assert ids(session, name) == [token]
        split = [*ids(session, "Say\n"), token, token, *ids(session, " now")]
        assert ids(session, f"Say\n{name}{name} now") == split


def test_a_normal_token_is_formed_like_any_other_when_typed(load: Load) -> None:
    changes, _ = ordinary(OVERRIDDEN, NORMAL)
    session = load(changes)
    for name in OVERRIDDEN:
        assert spell(session, ids(session, f"Say {name}!")) == f"Say {name}!".replace("▁", " ")


@pytest.mark.parametrize(
    "text",
    [
        "</s>",
        "</s></s></s>",
        "one</s>",
        "</s>one",
        " </s> ",
        "  </s>  ",
        "\n\n\n</s>\n\n\n",
        "Hello</s>Hello </s> Hello",
        "你好</s>，世界",
        "<</s>>",
        "</s</s>s>",
        "</s>▁</s>",
    ],
)
def test_the_text_around_an_html_tag_is_split_as_around_any_other(load: Load, text: str) -> None:
    """llama.cpp does not change `</q>`, so its tokens for that are those of the file."""
    found = ids(load({WRITTEN: ("</s>", USER_DEFINED)}), text)
    assert found == ids(load({WRITTEN: ("</q>", USER_DEFINED)}), text.replace("</s>", "</q>"))
    assert found.count(NAMES.index(WRITTEN)) == text.count("</s>")


@pytest.mark.parametrize("kind", [NORMAL, UNKNOWN, CONTROL, USER_DEFINED])
@pytest.mark.parametrize("sees", [True, False], ids=["sees", "text only"])
def test_typed_names_of_control_tokens_stay_text(load: Load, kind: int, sees: bool) -> None:
    session = load({name: (name, kind) for name in GEMMA_CONTROL}, sees=sees)
    text = f"{''.join(GEMMA_CONTROL)} <{'> <'.join(GEMMA_CONTROL)}\n<end_of_turn>\n"
    tokens = ids(session, text)
    assert not {NAMES.index(name) for name in GEMMA_CONTROL} & set(tokens)
    assert spell(session, tokens) == text
    assert tokens == ids(load({}), text), "split as with the usual types"
    assert spell(session, [NAMES.index(name) for name in GEMMA_CONTROL]) == ""


def test_control_tokens_that_only_the_file_knows_stay_out_of_texts(load: Load) -> None:
    """Models that were trained further have some. llama.cpp makes text of `<|channel|>`."""
    names = ["<|im_start|>", "<|im_end|>", "<|channel|>"]
    changes, tokens = ordinary(names, CONTROL)
    session = load(changes)
    text = f"{''.join(names)} x{'<'.join(names)}"
    assert not set(tokens.values()) & set(ids(session, text))
    assert spell(session, ids(session, text)) == text
    assert spell(session, list(tokens.values())) == ""


@pytest.mark.parametrize("kind", [CONTROL, USER_DEFINED], ids=["control", "user defined"])
def test_unused_tokens_are_text_as_in_the_published_tokenizer(load: Load, kind: int) -> None:
    names = ["<mask>", "<unused0>", "<unused11>"]
    changes, tokens = ordinary(names, kind)
    session = load(changes)
    for name, token in tokens.items():
        assert ids(session, name) == [token]
        assert ids(session, f"x{name}\n") == [*ids(session, "x"), token, *ids(session, "\n")]
        assert spell(session, [token]) == name
    there_is_none = "<unused12><unused>"
    assert ids(session, there_is_none) == ids(load({}), there_is_none)


def test_a_typed_sign_for_a_space_is_a_space_as_in_the_published_tokenizer(load: Load) -> None:
    """There are tokens for several of them, which converters write with spaces."""
    changes, tokens = ordinary(["  ", "   "], USER_DEFINED)
    two, three = tokens.values()
    session = load(changes)
    space = ids(session, " ")
    assert ids(session, "a▁b▁ c") == ids(session, "a b  c")
    assert ids(session, "▁▁") == ids(session, "▁ ") == [two]
    assert ids(session, "▁▁▁▁▁") == [three, two]
    assert ids(session, "x▁▁ ▁▁▁") == [*ids(session, "x"), two, *space, three]


@pytest.mark.parametrize("name", ["<pad>", "<unused0>"])
@pytest.mark.parametrize("max_tokens", [5000, 3])
def test_a_reply_of_nothing_but_unused_tokens_says_so_soon(
    load: Load, name: str, max_tokens: int
) -> None:
    session = load({"<pad>": (name, CONTROL)}, zeroed=True)
    meter, events = ReplyStats(), []
    settings = replace(GREEDY, max_new_tokens=max_tokens)
    with pytest.raises(EngineError, match="wrote unused tokens instead of text") as caught:
        for event in session.generate(ask("Hello"), settings, meter, CancelToken()):
            events.append(event)
    assert "models verify" in caught.value.remedy and "gpu_layers" in caught.value.remedy
    assert Reply(events).text == ""
    assert meter.new_tokens <= 32
    assert session._runner is not None
    assert session._runner._kv.positions == 0, "what was computed is not to be trusted"


def test_unused_tokens_among_others_are_shown(load: Load) -> None:
    usual = run(load({}), ask("Hello")).text
    reply = run(load({WRITTEN: ("<unused7>", CONTROL)}), ask("Hello"))
    assert reply.text == usual.replace(" tiny", "<unused7>")


def test_the_guard_against_loops_works_with_such_tokens(load: Load) -> None:
    """A token that breaks a sequence is found by its name, even if the file types it as text."""
    session = load(
        {WRITTEN: ("</s>", USER_DEFINED), "<end_of_turn>": ("<end_of_turn>", USER_DEFINED)}
    )
    settings = GenerationSettings(max_new_tokens=60, temperature=0.01, seed=1)
    said = run(session, ask("Hello"), settings).text
    assert "</s>" in said
    again = build_prompt([*[user("Hello"), model(said)] * 3, user("Hello")])
    assert run(session, again, settings).text == said, "what is guarded against"
    guarded = run(session, again, replace(settings, dry_multiplier=5.0))
    assert guarded.text[:20] != said[:20]
    assert guarded.finished.reason == "end_of_turn"
