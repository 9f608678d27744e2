"""Finding the modules that a piece of code imports."""

from __future__ import annotations

import subprocess
import sys


def loaded_after(code: str, names: tuple[str, ...]) -> set[str]:
    """Return those of `names` that a new interpreter has imported after `code`."""
    report = f"import sys; print(*[name for name in {names!r} if name in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", f"{code}\n{report}"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return set(done.stdout.split())
