"""Who is spoken to."""

from refsheet_tui.characters.character import Character
from refsheet_tui.characters.samples import Sample, samples

__all__ = ["Character", "Sample", "samples"]
