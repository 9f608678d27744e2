"""What scripts/bootstrap.py is made of. Standard library alone."""
