"""Measure how fast RefSheet is, and compare it with other programs on the same files."""
