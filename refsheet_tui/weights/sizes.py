"""Sizes of files as text for the user."""

from __future__ import annotations


def format_bytes(count: int) -> str:
    """Return a size in GB or MB of 10^9 or 10^6 bytes, as publishers and disk makers do."""
    return f"{count / 1e9:.2f} GB" if count >= 10_000_000 else f"{count / 1e6:.2f} MB"
