"""Compare what a GPU computes with what the processor computes.

Some drivers and backends compute wrongly without an error; pictures are known for it (llama.cpp
#13046, #18164). The demo model is small enough to find out at the first load on a device, in a
second or so; `scripts/check_gpu.py` does the same with any other model.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import numpy as np
from llama_cpp import llama_cpp as llama

from refsheet_tui.engine.events import GpuFault
from refsheet_tui.engine.file_checks import read_mmproj_header, read_model_header
from refsheet_tui.engine.gpu_checks import MAX_TRIES, GpuCheckResult, GpuCheckStore, gpu_checks_file
from refsheet_tui.engine.logit_comparison import compare_logits
from refsheet_tui.engine.native.llama_context import Floats, LlamaContext
from refsheet_tui.engine.native.llama_model import LlamaModel
from refsheet_tui.engine.native.projector import Projector
from refsheet_tui.engine.native.threads import performance_cores
from refsheet_tui.engine.native.tokenizer import Tokenizer
from refsheet_tui.engine.settings import LoadSettings
from refsheet_tui.paths import demo_mmproj, demo_model
from refsheet_tui.pictures import PreparedPicture

# Correct devices stay far below, and wrong ones are far above: see docs/performance.md, "GPUs".
MAX_TEXT_KL = 0.05
MAX_PICTURE_ERROR = 0.1
_ALL_LAYERS = 999
_CONTEXT = 512
_NEW_TOKENS = 32
_PROMPT_TEXT = "You are the character in the image, use English. Hello! What color are your eyes?"


@dataclass(frozen=True)
class CheckOutput:
    """The results of a computation, to compare with another device's.

    `soft_tokens` are the picture's, shape (positions, width), None without a projector. `logits`
    are those behind every token of text, shape (positions, vocabulary). `written_tokens` were
    chosen greedily.
    """

    soft_tokens: Floats | None
    logits: Floats
    written_tokens: tuple[int, ...]


def find_gpu_fault(gpu: str) -> GpuFault:
    """Return what the GPU computes wrongly, found with the demo model.

    The result is saved, so that each build of llama.cpp is checked once.
    """
    store, key = GpuCheckStore(gpu_checks_file()), gpu_check_key(gpu)
    saved_result = store.get(key)
    if saved_result is not None and saved_result.fault is not None:
        return saved_result.fault
    tries = saved_result.tries if saved_result else 0
    if tries >= MAX_TRIES:
        return "text"
    # Written first: a check that takes the process down must not do so for ever.
    store.save(key, GpuCheckResult(None, tries + 1))
    result = check_gpu(demo_model(), demo_mmproj())
    store.save(key, result)
    return result.fault or ""


def gpu_check_key(gpu: str) -> str:
    """Return the key of a GPU's check result.

    It contains the build, because another may be right.
    """
    folder = Path(llama.__file__).parent / "lib"
    file_stats = ((file.name, file.stat()) for file in sorted(folder.iterdir()))
    files = [(name, stat.st_size, stat.st_mtime_ns) for name, stat in file_stats]
    build = hashlib.sha256(repr(files).encode()).hexdigest()[:12]
    return f"{gpu}, llama-cpp-python {version('llama-cpp-python')} {build}"


def check_gpu(model: Path, mmproj: Path | None) -> GpuCheckResult:
    """Compute the same on the processor and with all layers on the GPU, and compare."""
    cpu_output = compute_check_output(model, mmproj, gpu_layers=0)
    return judge_outputs(
        cpu_output,
        compute_check_output(
            model, mmproj, gpu_layers=_ALL_LAYERS, written_tokens=cpu_output.written_tokens
        ),
    )


def judge_outputs(cpu_output: CheckOutput, gpu_output: CheckOutput) -> GpuCheckResult:
    """Compare a GPU's computation with the processor's.

    Text behind a wrong picture is wrong as well, so text is blamed only where the picture is right.
    """
    error = picture_error(cpu_output, gpu_output)
    kl = compare_logits(cpu_output.logits, gpu_output.logits).mean_kl
    fault: GpuFault = ""
    if error > MAX_PICTURE_ERROR:
        fault = "pictures"
    elif not kl <= MAX_TEXT_KL:
        fault = "text"
    return GpuCheckResult(fault, text_kl=kl, picture_error=error)


def picture_error(cpu_output: CheckOutput, gpu_output: CheckOutput) -> float:
    """Return the length of the soft tokens' difference, relative to the length of the processor's.

    It is infinite if one is not a number, and 0 without pictures.
    """
    if cpu_output.soft_tokens is None or gpu_output.soft_tokens is None:
        return 0.0
    difference = np.linalg.norm(cpu_output.soft_tokens - gpu_output.soft_tokens)
    error = float(difference / np.linalg.norm(cpu_output.soft_tokens))
    return error if np.isfinite(error) else float("inf")


def compute_check_output(
    model_file: Path,
    mmproj: Path | None,
    *,
    gpu_layers: int,
    written_tokens: Sequence[int] | None = None,
    batch_size: int = _CONTEXT,
) -> CheckOutput:
    """Read a picture and a few words, then write greedily, or read `written_tokens` instead.

    `batch_size` is how many tokens are read at once. Raises `EngineError`, `WeightsError`.
    """
    settings = LoadSettings(model_file, mmproj, context_size=_CONTEXT)
    threads = performance_cores()
    with ExitStack() as resources:
        model = LlamaModel(settings, lambda _: True, gpu_layers=gpu_layers)
        resources.callback(model.close)
        soft_tokens = _encode_test_picture(model, settings, threads)
        picture_tokens = 0 if soft_tokens is None else len(soft_tokens)
        context = LlamaContext(
            model, settings, threads=threads, picture_tokens=picture_tokens, all_logits=True
        )
        resources.callback(context.close)
        if soft_tokens is not None:
            context.read_picture(soft_tokens, 0, want_logits=False)
        logits: list[Floats] = []

        def read(tokens: Sequence[int]) -> None:
            context.read_tokens(tokens, picture_tokens + len(logits), want_logits=True)
            logits.extend(context.get_logits(index) for index in range(len(tokens)))

        prompt_tokens = Tokenizer(
            model, read_model_header(model_file), picture_tokens
        ).tokenize_text(_PROMPT_TEXT)
        for begin in range(0, len(prompt_tokens), batch_size):
            read(prompt_tokens[begin : begin + batch_size])
        reply_tokens: list[int] = []
        for index in range(_NEW_TOKENS):
            reply_tokens.append(
                int(logits[-1].argmax()) if written_tokens is None else written_tokens[index]
            )
            read(reply_tokens[-1:])
        return CheckOutput(soft_tokens, np.stack(logits), tuple(reply_tokens))


def _encode_test_picture(model: LlamaModel, settings: LoadSettings, threads: int) -> Floats | None:
    if settings.mmproj is None:
        return None
    size = read_mmproj_header(settings.mmproj).get_integer("clip.vision.image_size")
    projector = Projector(
        model, settings, picture_size=size, threads=threads, on_progress=lambda _: True
    )
    try:
        return projector.encode(_draw_test_picture(size))
    finally:
        projector.close()


def _draw_test_picture(size: int) -> PreparedPicture:
    """Draw shapes of several sizes and colors. A plain picture would hide what is wrong."""
    y, x = np.mgrid[0:size, 0:size] / size
    channels = (np.sin(20 * x * y), np.cos(9 * x) * np.sin(31 * y), (x - 0.5) ** 2 + y**2)
    pixels = np.stack(channels, axis=-1)
    pixels = (255 * (pixels - pixels.min()) / np.ptp(pixels)).astype(np.uint8)
    rgb = pixels.tobytes()
    return PreparedPicture(size, rgb, hashlib.sha256(rgb).hexdigest())
