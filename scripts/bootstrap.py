"""Install refsheet into .venv: `bootstrap.py run|test STAMP`. Run by scripts/run and scripts/test.

Needs only Python 3.11 and its standard library. `test` also installs the test extras. If the
calling script finds STAMP in `.venv/installed-*`, it knows that all of this is done.
"""

from __future__ import annotations

import sys
from pathlib import Path

from installer import machine, stamps, terminal, venv
from installer.errors import SetupError
from installer.llama import LlamaInstaller, llama_works, pinned_version
from installer.packages import PackageInstaller

ROOT = Path(__file__).resolve().parent.parent


def main(target: str, stamp: str) -> int:
    try:
        with stamps.installation_lock(ROOT):
            if not stamps.is_valid(ROOT, target, stamp):
                install(target)
                stamps.write_stamp(ROOT, target, stamp)
    except SetupError as error:
        terminal.print_line(str(error))
        return 1
    except OSError as error:
        terminal.print_line(
            f"{error.filename or ROOT} can't be used: {error.strerror}. Correct that."
        )
        return 1
    except KeyboardInterrupt:
        terminal.print_line("stopped; the next run goes on from here.")
        return 130
    return 0


def install(target: str) -> None:
    terminal.print_line("setting up .venv; this happens once.")
    stamps.remove_stamps(ROOT)
    machine.check_space_for_packages(ROOT)
    environment = venv.prepare_environment(ROOT)
    packages = PackageInstaller(environment, ROOT)
    packages.log.write_bytes(b"")
    for variant in LlamaInstaller(packages, pinned_version(ROOT / "pyproject.toml")).try_variants():
        packages.install_project("[test]" if target == "test" else "")
        terminal.print_line("trying it with one picture and one sentence.")
        if llama_works(environment.python):
            return
        terminal.print_line(f"llama.cpp ({variant}) dies on this machine.")
    raise SetupError(
        "llama.cpp does not run on this machine, not even built with portable settings.",
        f"Please report it with {packages.log} and what "
        f"'{environment.python} -m refsheet_tui.engine.selfcheck' says.",
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2]))
