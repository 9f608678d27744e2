"""Install refsheet into .venv: `bootstrap.py run|test STAMP`. Run by scripts/run and scripts/test.

Needs Python 3.11 and its standard library. `test` also installs the test extras. STAMP is what
the calling script wants to find in `.venv/installed-*` to know that all of this is done.
"""

from __future__ import annotations

import sys
from pathlib import Path

from installer import machine, stamps, terminal, venv
from installer.errors import SetupError
from installer.llama import Llama, pinned_version, works
from installer.packages import Packages

ROOT = Path(__file__).resolve().parent.parent


def main(goal: str, stamp: str) -> int:
    try:
        with stamps.lock(ROOT):
            if not stamps.valid(ROOT, goal, stamp):
                install(goal)
                stamps.write(ROOT, goal, stamp)
    except SetupError as error:
        terminal.say(str(error))
        return 1
    except OSError as error:
        terminal.say(f"{error.filename or ROOT} can't be used: {error.strerror}. Correct that.")
        return 1
    except KeyboardInterrupt:
        terminal.say("stopped; the next run goes on from here.")
        return 130
    return 0


def install(goal: str) -> None:
    terminal.say("setting up .venv; this happens once.")
    stamps.remove(ROOT)
    machine.check_space_for_packages(ROOT)
    environment = venv.prepare(ROOT)
    packages = Packages(environment, ROOT)
    packages.log.write_bytes(b"")
    for way in Llama(packages, pinned_version(ROOT / "pyproject.toml")).ways():
        packages.project("[test]" if goal == "test" else "")
        terminal.say("trying it with one picture and one sentence.")
        if works(environment.python):
            return
        terminal.say(f"llama.cpp ({way}) dies on this machine.")
    raise SetupError(
        "llama.cpp does not run on this machine, not even built with portable settings.",
        f"Please report it with {packages.log} and what "
        f"'{environment.python} -m refsheet_tui.engine.selfcheck' says.",
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2]))
