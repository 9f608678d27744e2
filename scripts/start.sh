# Sourced by scripts/run and scripts/test. Sets `root` and `venv`, and installs what is missing.
# shellcheck shell=sh

root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd -P)
venv=$root/.venv

say() {
    printf 'refsheet: %s\n' "$*" >&2
}

# A stamp names the folder and the pyproject.toml that an installation was made for. It is compared
# here, without starting Python, because every later run pays for it.
installed() {
    [ -x "$venv/bin/python" ] && [ -f "$venv/installed-$1" ] &&
        [ "$(cat "$venv/installed-$1")" = "$root $(cksum <"$root/pyproject.toml")" ]
}

new_enough() {
    "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' </dev/null >/dev/null 2>&1
}

# Sets `python`.
find_python() {
    if [ -n "${PYTHON:-}" ]; then
        set -- "$PYTHON"
    else
        set -- python3 python3.14 python3.13 python3.12 python3.11
    fi
    for python in "$@"; do
        if command -v "$python" >/dev/null 2>&1 && new_enough "$python"; then
            return
        fi
    done
    version=$("$1" -V 2>/dev/null) || version='not to be found'
    say "Python 3.11 or newer is needed, and '$1' is ${version#Python }." \
        'Install one (apt install python3, brew install python, or from python.org),' \
        'or name one: PYTHON=/path/to/python3 scripts/run.'
    exit 1
}

# ensure_installed run|test
ensure_installed() {
    if ! installed "$1"; then
        find_python
        "$python" "$root/scripts/bootstrap.py" "$1" "$root $(cksum <"$root/pyproject.toml")"
    fi
}
