"""Find out what this machine has: disk space, compiler, processor, GPU."""

from __future__ import annotations

import platform
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

from installer.errors import SetupError

_GIB = 1 << 30
_PACKAGES_BYTES = _GIB // 2
_BUILD_BYTES = 2 * _GIB

# ggml's build options for x86-64, with the names of the processor's features in /proc/cpuinfo and
# in macOS's sysctl. AMX is left out on purpose: some virtual machines advertise it and then fault.
_X86_OPTIONS = {
    "SSE42": ({"sse4_2"}, {"SSE4.2"}),
    "AVX": ({"avx"}, {"AVX1.0"}),
    "AVX2": ({"avx2"}, {"AVX2"}),
    "FMA": ({"fma"}, {"FMA"}),
    "F16C": ({"f16c"}, {"F16C"}),
    "BMI2": ({"bmi2"}, {"BMI2"}),
    "AVX512": (
        {"avx512f", "avx512cd", "avx512vl", "avx512dq", "avx512bw"},
        {"AVX512F", "AVX512CD", "AVX512VL", "AVX512DQ", "AVX512BW"},
    ),
    "AVX512_VNNI": ({"avx512f", "avx512_vnni"}, {"AVX512F", "AVX512VNNI"}),
}


def check_space_for_packages(root: Path) -> None:
    _check_space(root, _PACKAGES_BYTES, "Free some space there")


def check_can_build() -> None:
    """Check that llama.cpp can be compiled here. Raises `SetupError` if it can't."""
    compilers = [name for name in ("c++", "g++", "clang++") if shutil.which(name)]
    # Until its tools are installed, macOS has compilers that only say so.
    if platform.system() == "Darwin" and not _output("xcode-select", "-p"):
        compilers = []
    if not compilers:
        raise SetupError(
            "llama.cpp has to be built on this machine, and there is no C++ compiler.",
            "Install one (apt install build-essential, dnf install gcc-c++, xcode-select "
            "--install) and run this again.",
        )
    temporary = Path(tempfile.gettempdir())
    _check_space(temporary, _BUILD_BYTES, "Free some space there, or point TMPDIR elsewhere")


def _check_space(folder: Path, needed: int, remedy: str) -> None:
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise SetupError(
            f"{folder} has {free / _GIB:.1f} GiB of free disk space and {needed / _GIB:.1f} GiB "
            "are needed.",
            f"{remedy} and run this again.",
        )


def portable_options() -> str:
    """Return CMake options for ggml that use what the processor has, except AMX."""
    options = ["-DGGML_NATIVE=OFF"]
    if platform.machine().lower() in {"x86_64", "amd64"}:
        features = _features()
        options += [
            f"-DGGML_{name}={'ON' if any(names <= features for names in spellings) else 'OFF'}"
            for name, spellings in _X86_OPTIONS.items()
        ]
    return " ".join(options)


def _features() -> set[str]:
    if platform.system() == "Darwin":
        text = _output("sysctl", "-n", "machdep.cpu.features", "machdep.cpu.leaf7_features")
        return set(text.split())
    try:
        text = Path("/proc/cpuinfo").read_text()
    except OSError:
        return set()
    # Use only what every core has: a container may move between the cores of a mixed machine.
    cores = [set(line.split()) for line in re.findall(r"^flags\s*:(.*)$", text, re.MULTILINE)]
    return set.intersection(*cores) if cores else set()


def cuda_version() -> tuple[int, int] | None:
    """Return the newest CUDA that the NVIDIA driver supports; None without such a GPU."""
    match = re.search(r"CUDA Version:\s*(\d+)\.(\d+)", _output("nvidia-smi"))
    return (int(match[1]), int(match[2])) if match else None


def _output(*command: str) -> str:
    try:
        result = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return result.stdout
