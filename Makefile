.PHONY: check format lock release run

# Format, lint, types, layers, tests.
check:
	@scripts/test

# Rewrite the code as `make check` wants it.
format:
	@.venv/bin/python -m ruff format .
	@.venv/bin/python -m ruff check --fix .

# Write the newest versions that pyproject.toml allows, with their hashes, for every system.
lock:
	@pipx run uv pip compile pyproject.toml --extra test --extra bench --universal \
		--python-version 3.11 --generate-hashes --no-header --no-emit-index-url --no-annotate \
		--upgrade --quiet --output-file requirements.lock

run:
	@scripts/run

# Check that version, change log and tag agree, and build what is published into dist.
release:
	@.venv/bin/python -m pip install -q build
	@.venv/bin/python scripts/release.py
