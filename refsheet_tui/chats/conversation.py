"""One conversation while it is being held: turns in order, and the reply being written."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing, suppress
from dataclasses import dataclass, replace

from refsheet_tui.characters import Character
from refsheet_tui.chats.counts import TokenCounts
from refsheet_tui.chats.reminders import Reminders
from refsheet_tui.chats.speaking_for import LinesOfThePerson
from refsheet_tui.chats.window import BEGINNING, Window
from refsheet_tui.engine import (
    Engine,
    Event,
    Finished,
    GenerationSettings,
    TextDelta,
    Timings,
    Vision,
)
from refsheet_tui.errors import RefsheetError, StoppedError, UsageError
from refsheet_tui.i18n import _
from refsheet_tui.pictures import PictureView
from refsheet_tui.prompting import Aside, Prompt, Turn, build_prefix, build_prompt
from refsheet_tui.untrusted import one_line

_QUOTED = 40  # characters: enough to find the place again


@dataclass(frozen=True)
class Overflow:
    """The chat has outgrown the context: the model sees the opening, the greeting, and the turns
    from index `oldest` on, which is `turn`."""

    oldest: int
    turn: Turn

    def __str__(self) -> str:
        """For the person."""
        words = _(
            "The chat has outgrown the model's context: it still knows how the chat began, and "
            "what was said from “{words}” on. A larger context_size holds more."
        )
        return words.format(words=_first_words(self.turn))


class Conversation:
    """Turns that always alternate, whatever is cancelled or dies on the way.

    A reply belongs to the conversation from its first character on: one that is stopped, or cut
    off by a dying engine, is kept as far as it came. One that never began leaves the person's
    turn open, and what they say next is added to it.
    """

    def __init__(
        self,
        engine: Engine,
        settings: GenerationSettings,
        opening: Turn | None,
        system: str | None = None,
        *,
        context_size: int,
        person: str = "",
        reminders: Reminders | None = None,
        is_unknown: bool = False,
    ) -> None:
        """`opening` is what a character is told before it speaks, None for a plain assistant.
        `context_size` is that of the loaded model, in tokens. `person` is the name that the
        character has for whom it talks with; it does not speak for them. `reminders`: see
        there. `is_unknown`: `opening` does not say who the character is."""
        self._engine = engine
        self._settings = settings
        self._system = system
        self._turns = [opening] if opening is not None else []
        self._window = Window.of(context_size, settings.max_new_tokens)
        self._counts = TokenCounts(engine, system)
        self._told = BEGINNING
        self._replying = False
        self._person = person
        self._reminders = reminders or Reminders()
        self._is_unknown = is_unknown

    @classmethod
    def with_character(
        cls,
        engine: Engine,
        settings: GenerationSettings,
        character: Character,
        vision: Vision,
        note: str,
    ) -> Conversation:
        """Begin a conversation with `character`, which a text-only model knows by its texts alone.
        `note` is what it is reminded of. Opens its pictures. Raises `PictureError`."""
        return cls(
            engine,
            settings,
            character.opening(vision),
            context_size=vision.info.context_size,
            person=character.person,
            reminders=Reminders(note, character.book),
            is_unknown=not (vision.info.sees_pictures or character.is_described),
        )

    def check_known(self, begun: str = "") -> None:
        """Raise `UsageError` where the model knows nothing of the character, neither from the
        opening nor from what it has said, `begun` included: it would make up a stranger."""
        has_spoken = begun or any(turn.role == "model" for turn in self._turns)
        if self._is_unknown and not has_spoken:
            raise UsageError(
                _("This character has only a picture, and the model is text-only."),
                _("Add a description or choose a vision model (4B or larger)."),
            )

    @property
    def turns(self) -> tuple[Turn, ...]:
        return tuple(self._turns)

    async def prompt(self) -> Prompt:
        """What the model reads to write its next turn. Raises `ValueError` when it is not its
        turn, `EngineError`."""
        return self._prompt(await self.oldest())

    def set_note(self, note: str) -> None:
        """Remind the character of something else from now on."""
        self._reminders = self._reminders.with_note(note)

    def reminders_for(self, text: str) -> tuple[Aside, ...]:
        """What the character is to be told beside `text`, which the person will say next."""
        return self._reminders.due(self._seen(self._told)[1:], text)

    def say(
        self, text: str, pictures: Sequence[PictureView] = (), asides: Sequence[Aside] | None = None
    ) -> None:
        """Add what the person says; `reply` answers it. `asides`: what was told beside it; None for
        what is due now."""
        told = self.reminders_for(text) if asides is None else asides
        if not self._turns or self._turns[-1].role == "model":
            self._turns.append(Turn("user", (*pictures, text, *told)))
            return
        last = self._turns[-1]
        said = [item for item in last.content if not isinstance(item, Aside)]
        before = [item for item in last.content if isinstance(item, Aside)]
        end = said[-1]
        if isinstance(end, str) and not pictures:
            # Texts of a turn are put together as they are: the break has to be inside of one.
            said[-1] = f"{end}\n{text}"
        else:
            said += [*pictures, text]
        self._turns[-1] = Turn("user", (*said, *before, *told))

    def hear(self, text: str) -> None:
        """Add what the model said at another time; `reply` makes it say something new."""
        if not self._turns:  # in the chat of another program; Gemma's begin with the person
            self._turns.append(Turn("user", ("",)))
        if self._turns[-1].role == "model":
            text = f"{_text(self._turns.pop())}\n{text}"
        self._turns.append(Turn("model", (text,)))

    def forget_reply(self) -> None:
        """Take back the last reply, so that `reply` writes another one."""
        if self._turns[-1].role == "model":
            self._turns.pop()

    def restore(self, turns: tuple[Turn, ...]) -> None:
        """Go back to what `turns` was before something was said or forgotten."""
        self._turns = list(turns)

    async def reply(self) -> AsyncGenerator[Event | Overflow, None]:
        """Write the model's next turn. Raises `EngineError`; what was written until then stays.
        Raises `UsageError` for an unknown character.

        An `Overflow` comes first when turns have left the context since the last reply.
        """
        async with aclosing(self._reply("")) as events:
            async for event in events:
                yield event

    async def go_on(self) -> AsyncGenerator[Event | Overflow, None]:
        """Write on where the last reply was cut off; white space at its end is written anew. See
        `reply`."""
        async with aclosing(self._reply(_text(self._turns.pop()).rstrip())) as events:
            async for event in events:
                yield event

    async def _reply(self, begun: str) -> AsyncGenerator[Event | Overflow, None]:
        self.check_known(begun)
        written = begun
        self._replying = True
        try:
            try:
                oldest = await self.oldest()
            except StoppedError:
                yield Finished("cancelled", 0, 0, 0, Timings())
                return
            prompt = self._prompt(oldest, begun)
            if oldest != self._told:
                self._told = oldest
                if oldest > BEGINNING:
                    yield Overflow(oldest, self._turns[oldest])
            async with aclosing(self._written(prompt)) as events:
                async for event in events:
                    if isinstance(event, TextDelta):
                        written += event.text
                    yield event
        finally:
            self._replying = False
            if written.strip():
                self._turns.append(Turn("model", (written,)))

    async def _written(self, prompt: Prompt) -> AsyncGenerator[Event, None]:
        """What the model writes, up to where it would speak for the person."""
        lines = LinesOfThePerson(self._person)
        stopping: asyncio.Task[None] | None = None
        async with aclosing(self._engine.generate(prompt, self._settings)) as events:
            async for event in events:
                if isinstance(event, TextDelta):
                    shown = lines.feed(event.text)
                    if shown:
                        yield replace(event, text=shown)
                    if lines.found and stopping is None:
                        stopping = asyncio.create_task(self._engine.cancel())
                elif isinstance(event, Finished):
                    if rest := lines.rest():
                        yield TextDelta(rest)
                    yield replace(event, finish="end_of_turn") if lines.found else event
                else:
                    yield event
        if stopping is not None:
            await stopping

    async def prewarm(self, on_event: Callable[[Event], None] = lambda _: None) -> None:
        """Let the engine read what the next prompt will begin with, while the person types;
        `on_event` hears how far it is.

        Raises nothing, and does nothing while a reply is written: the next prompt will have it.
        """
        turns = self.turns
        if not turns:
            return
        with suppress(RefsheetError):
            oldest = await self.oldest()
            # Read after what was said meanwhile, it would take the place of that.
            if self.turns == turns and not self._replying:
                prefix = build_prefix(self._seen(oldest), self._system)
                await self._engine.prewarm(prefix, on_event)

    def _prompt(self, oldest: int, begun: str = "") -> Prompt:
        return build_prompt(self._seen(oldest), self._system, begun)

    def _seen(self, oldest: int) -> Sequence[Turn]:
        return (*self._turns[:BEGINNING], *self._turns[oldest:])

    async def oldest(self) -> int:
        """See `Window.oldest`, for the turn that the person has said or will say next. Raises
        `EngineError`."""
        if len(self._turns) <= BEGINNING + 1:  # nothing that could leave: no need to count
            return BEGINNING
        counts = await self._counts.of(self.turns)
        return self._window.oldest(counts if len(counts) % 2 else [*counts, 0])


def _text(turn: Turn) -> str:
    return "".join(item for item in turn.content if isinstance(item, str))


def _first_words(turn: Turn) -> str:
    words = one_line(" ".join(item for item in turn.content if isinstance(item, str)))
    return words if len(words) <= _QUOTED else f"{words[:_QUOTED].rstrip()}…"
