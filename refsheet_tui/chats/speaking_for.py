"""The character does not speak for the person: where it begins to, its reply ends."""

from __future__ import annotations

_COLONS = (":", "：")


class LinesOfThePerson:
    """Looks for a line that begins with the person's name and a colon, in a text that arrives in
    pieces. A plain "You" is no name: people say it to each other."""

    def __init__(self, person: str) -> None:
        """An empty name: nothing is ever found."""
        name = person.strip().casefold()
        self._begins = tuple(f"{name}{colon}" for colon in _COLONS) if name else ()
        self._held = ""
        self.found = False

    def feed(self, piece: str) -> str:
        """What may be shown of it: nothing of what may yet turn out to be such a line, and nothing
        after one."""
        if self.found or not self._begins:
            return "" if self.found else piece
        text = self._held + piece
        shown = ""
        while (place := text.find("\n")) >= 0:
            line = text[place + 1 :].lstrip("\n *_").casefold()
            if line.startswith(self._begins):
                self.found = True
                self._held = ""
                return (shown + text[:place]).rstrip()
            if not line or any(begin.startswith(line) for begin in self._begins):
                break
            shown, text = shown + text[: place + 1], text[place + 1 :]
        else:
            place = len(text)
        shown += text[:place]
        # Blanks before such a line are trimmed, so they wait for what comes behind them.
        end = len(shown.rstrip())
        self._held = shown[end:] + text[place:]
        return shown[:end]

    def rest(self) -> str:
        """What was held back, once nothing comes any more."""
        held, self._held = self._held, ""
        return held
