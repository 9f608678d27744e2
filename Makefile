.PHONY: check format run

# Format, lint, types, layers, tests.
check:
	@scripts/test

# Rewrite the code as `make check` wants it.
format:
	@.venv/bin/python -m ruff format .
	@.venv/bin/python -m ruff check --fix .

run:
	@scripts/run
