"""The conversations of several tests, and helpers to run them."""

from __future__ import annotations

from helpers.cold_runs import ColdReader, runner
from helpers.figures import Figures
from refsheet_tui.engine import GenerationSettings, ReplyFinished, TextDelta
from refsheet_tui.engine.native.cancel_token import CancelToken
from refsheet_tui.engine.native.loaded_model import LoadedModel
from refsheet_tui.engine.native.reply_stats import ReplyStats
from refsheet_tui.prompting import Prompt, Turn, build_prompt

SYSTEM = (
    "You are Vesper, a grey cat who keeps a lighthouse on a rock in the northern sea. Your coat "
    "has eleven brass buttons; the twelfth is missing. You speak in short sentences and never "
    "lie. You collect clocks, and the oldest runs backwards, with your own name on its back."
)
QUESTIONS = (
    "Good evening! I saw your light from the ship. May I come in?",
    "Thank you. What is that ticking?",
    "你会说中文吗？请用一句话回答。",
    "And who brings you your bread?",
    "Почему у вас не хватает одной пуговицы?",
    "Tell me about the clock that runs backwards: where did it come from, and who gave it to you?",
    "Is there anything that you are afraid of? I won't tell anybody. 🐦",
    "It is late. What will you do tomorrow?",
)
WRITE = GenerationSettings(max_new_tokens=24, temperature=0.8, seed=11)
GREEDY = GenerationSettings(max_new_tokens=24, sample=False)
# All tokens are equally likely, so that no reply ends early, whatever the weights.
RAMBLE = GenerationSettings(max_new_tokens=1, temperature=1e6, top_k=0, top_p=1.0, seed=3)


def user(text: str) -> Turn:
    return Turn("user", (text,))


def model(text: str) -> Turn:
    return Turn("model", (text.strip() or "Yes.",))


def prompt_of(turns: list[Turn]) -> Prompt:
    return build_prompt(turns, SYSTEM)


def write(session: LoadedModel, prompt: Prompt, settings: GenerationSettings = WRITE) -> str:
    return write_and_finish(session, prompt, settings)[0]


def write_and_finish(
    session: LoadedModel, prompt: Prompt, settings: GenerationSettings = WRITE
) -> tuple[str, ReplyFinished]:
    """Generate a reply, and return its text and its end."""
    events = list(session.generate(prompt, settings, ReplyStats(), CancelToken()))
    last = events[-1]
    assert isinstance(last, ReplyFinished)
    return "".join(event.text for event in events if isinstance(event, TextDelta)), last


def past_the_window(session: LoadedModel) -> int:
    """Return the length of a reply, in tokens, after which window layers forget its beginning."""
    kv = runner(session)._kv
    return kv.context.free_positions(kv.positions) + 2


def judge(
    figures: Figures, what: str, session: LoadedModel, prompt: Prompt, cold: ColdReader
) -> None:
    """Check that `session`, which has just read `prompt`, predicts what a cold run predicts."""
    comparison = cold.compare(session, prompt)
    figures.add(f"KL from a cold run: {what}", f"{comparison.kl:.5f}", f"{comparison.bound:.5f}")
    assert comparison.agrees, comparison
