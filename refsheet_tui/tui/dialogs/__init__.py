"""Dialogs: an error, a question, a path to type."""
