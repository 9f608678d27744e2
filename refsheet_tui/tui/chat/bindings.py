"""The keys of a chat."""

from __future__ import annotations

from textual.binding import Binding, BindingType

from refsheet_tui.i18n import N_

# What keys do while a message is edited, by their actions.
EDIT_LABELS = {"send": N_("Save"), "stop": N_("Cancel")}

CHAT_BINDINGS: list[BindingType] = [
    Binding("escape", "stop", N_("Stop"), id="chat.stop"),
    Binding("ctrl+r", "again", N_("Regenerate"), id="chat.again"),
    Binding(
        "alt+left",
        "swipe(-1)",
        N_("Swipe"),
        key_display="Alt+←→",
        tooltip=N_("Previous reply (swipe)"),
        id="chat.before",
    ),
    Binding("alt+right", "swipe(1)", N_("Next reply (swipe)"), show=False, id="chat.after"),
    Binding("ctrl+g", "more", N_("Continue"), show=False, id="chat.more"),
    Binding("alt+v", "paste_picture", N_("Paste picture"), show=False, id="chat.picture"),
    Binding("alt+x", "no_pictures", N_("Remove pictures"), show=False, id="chat.no_pictures"),
    Binding("alt+z", "undo", N_("Undo deletion"), show=False, id="chat.undo"),
    Binding("ctrl+n", "new", N_("New chat"), id="chat.new"),
    Binding("ctrl+b", "fold", N_("Toggle sidebar"), show=False, id="chat.fold"),
    Binding("ctrl+up", "earlier", N_("Earlier messages"), show=False, id="chat.earlier"),
    Binding("ctrl+o", "back", N_("Home"), id="chat.back"),
]
