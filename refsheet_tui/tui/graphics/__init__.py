"""Drawing pictures in a terminal, with the best protocol that it supports."""
