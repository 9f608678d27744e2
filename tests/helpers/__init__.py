"""Helpers for several tests: programs, models, servers, screens and comparisons."""
