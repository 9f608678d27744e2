.PHONY: check format release run

# Format, lint, types, layers, tests.
check:
	@scripts/test

# Rewrite the code as `make check` wants it.
format:
	@.venv/bin/python -m ruff format .
	@.venv/bin/python -m ruff check --fix .

run:
	@scripts/run

# Check that version, change log and tag agree, and build what is published into dist.
release:
	@.venv/bin/python -m pip install -q build
	@.venv/bin/python scripts/release.py
