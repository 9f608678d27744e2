"""Markdown as a terminal shows it: with every character that was written."""
