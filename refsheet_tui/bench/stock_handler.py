"""Measure llama-cpp-python's own vision handler in two turns.

It runs in a process of its own, because it redirects the descriptors of standard output and error.
"""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
from pathlib import Path
from time import monotonic
from typing import Any

from refsheet_tui.bench.chat_content import CHAT_TEMPLATE, QUESTION, BenchCharacter
from refsheet_tui.bench.llama_server import BenchError
from refsheet_tui.bench.measurements import STOCK_HANDLER, Measurements
from refsheet_tui.engine import LoadSettings

_TOKENS = 8


def measure(settings: LoadSettings, threads: int, character: BenchCharacter) -> Measurements:
    """Measure one run, which is enough: each turn takes as long as the first.

    Raises `BenchError`.
    """
    request = {
        "model": str(settings.model),
        "mmproj": str(settings.mmproj),
        "context": settings.context_size,
        "threads": threads,
        "text": character.opening_text,
        "png": base64.b64encode(character.png).decode(),
    }
    root = str(Path(__file__).parents[2])
    result = subprocess.run(
        [sys.executable, "-m", __name__],
        input=json.dumps(request),
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": root},
    )
    if result.returncode != 0:
        last_line = (result.stderr.strip().splitlines() or ["it said nothing"])[-1]
        raise BenchError(f"llama-cpp-python's own handler failed: {last_line}", "Leave it out.")
    measurements = Measurements()
    for case, seconds in json.loads(result.stdout).items():
        measurements.add_value(STOCK_HANDLER, case, seconds)
    return measurements


def main() -> None:
    from llama_cpp import Llama
    from llama_cpp.llama_chat_format import MTMDChatHandler

    output = os.fdopen(os.dup(1), "w")
    request = json.load(sys.stdin)
    handler = MTMDChatHandler(clip_model_path=request["mmproj"], verbose=False)
    llama = Llama(
        model_path=request["model"],
        chat_handler=handler,
        n_ctx=request["context"],
        n_threads=request["threads"],
        n_threads_batch=request["threads"],
        flash_attn=True,
        verbose=False,
    )
    llama.metadata.setdefault("tokenizer.chat_template", CHAT_TEMPLATE)
    picture = {"url": "data:image/png;base64," + request["png"]}
    parts = [{"type": "image_url", "image_url": picture}, {"type": "text", "text": request["text"]}]
    messages: list[Any] = [{"role": "user", "content": parts}]
    first_token_times = {}
    for case in ("cold", "turn 2"):
        begin, first_token_s, text = monotonic(), 0.0, ""
        events: Any = llama.create_chat_completion(
            messages=messages, max_tokens=_TOKENS, temperature=0.0, stream=True
        )
        for event in events:
            piece = event["choices"][0]["delta"].get("content")
            if piece:
                first_token_s = first_token_s or monotonic() - begin
                text += piece
        first_token_times[case] = first_token_s or monotonic() - begin
        messages += [
            {"role": "assistant", "content": text},
            {"role": "user", "content": QUESTION},
        ]
    json.dump(first_token_times, output)
    output.flush()
    os._exit(0)


if __name__ == "__main__":
    main()
