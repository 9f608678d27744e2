"""Changing the interface language while the program runs."""
