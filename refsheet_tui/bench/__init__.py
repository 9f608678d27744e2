"""How fast it is, against others in the same run on the same files."""
