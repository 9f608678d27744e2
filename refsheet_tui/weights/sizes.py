"""Bytes as a person reads them."""

from __future__ import annotations


def in_gb(count: int) -> str:
    """In the unit that publishers and disks use: 10^9 bytes."""
    return f"{count / 1e9:.2f} GB" if count >= 10_000_000 else f"{count / 1e6:.2f} MB"
