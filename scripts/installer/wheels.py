"""Find out where ready-made llama-cpp-python wheels for this machine are, if anywhere."""

from __future__ import annotations

import os
import platform
import urllib.error
import urllib.request
from collections.abc import Iterator

from installer import machine

_INDEX = "https://abetlen.github.io/llama-cpp-python/whl"
_TIMEOUT_S = 4
_PAGE_BYTES = 4 << 20
# The CUDA releases that wheels are built for, newest first.
_CUDA = ((13, 0), (12, 8), (12, 6), (12, 5), (12, 4), (12, 3), (12, 2), (12, 1))


def find_wheel_indexes(version: str) -> Iterator[tuple[str, str]]:
    """Yield the backends and indexes that offer wheels of `version`, best first.

    Backends are `metal`, `cu124`, `cpu` and so on. An index that does not answer within seconds
    ends the search. `REFSHEET_WHEELS` names a mirror; if it is empty, no ready-made wheels are
    used.
    """
    base = os.environ.get("REFSHEET_WHEELS", _INDEX).rstrip("/")
    if not base:
        return
    for backend in _backends():
        try:
            if _has_wheel(f"{base}/{backend}", version):
                yield backend, f"{base}/{backend}"
        except urllib.error.HTTPError:
            continue
        except (OSError, ValueError):
            return


def _backends() -> Iterator[str]:
    if platform.system() == "Darwin" and platform.machine() == "arm64":
        yield "metal"
    cuda = machine.cuda_version()
    if cuda is not None:
        # A driver runs programs built for any older release of the same CUDA generation.
        for major, minor in _CUDA:
            if major == cuda[0] and minor <= cuda[1]:
                yield f"cu{major}{minor}"
    yield "cpu"


def _has_wheel(index: str, version: str) -> bool:
    page = urllib.request.urlopen(f"{index}/llama-cpp-python/", timeout=_TIMEOUT_S)
    with page:
        return f"llama_cpp_python-{version}".encode() in page.read(_PAGE_BYTES)
