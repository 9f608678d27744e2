#!/usr/bin/env python3
"""Throw millions of damaged GGUF files at the checks: no crash, no hang, no memory.

    pip install -e '.[fuzz]'
    python scripts/fuzz_gguf.py FOLDER -max_total_time=600

FOLDER keeps the files that led somewhere new; options of libFuzzer follow it. A file that takes
5 s or 512 MB counts as found.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import atheris
import gguf
import numpy as np

with atheris.instrument_imports(include=["refsheet_tui"]):
    from refsheet_tui.text import one_line
    from refsheet_tui.weights.content import Kept
    from refsheet_tui.weights.verify import Verification

_LIMITS = ("-timeout=5", "-rss_limit_mb=512", "-max_len=4096")


def write_seed(folder: Path) -> None:
    """A whole model of next to nothing: what is damaged starts from something good."""
    writer = gguf.GGUFWriter(folder / "seed.gguf", "gemma3")
    writer.add_name("Seed")
    writer.add_embedding_length(32)
    writer.add_context_length(512)
    writer.add_token_list(["<bos>", "<start_of_turn>", "<end_of_turn>", "a"])
    writer.add_token_types([3, 3, 3, 1])
    writer.add_chat_template("<start_of_turn>")
    writer.add_tensor("token_embd.weight", np.zeros((4, 32), np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def main() -> None:
    if len(sys.argv) < 2 or sys.argv[1].startswith("-"):
        sys.exit("Name the folder to keep files in.")
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    write_seed(folder)
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None) as work:
        path = Path(work) / "fuzz.gguf"

        def check(data: bytes) -> None:
            path.write_bytes(data)
            for kept in (None, Kept.beside(path)):
                report = Verification(Kept.beside(path), kept, lambda file, count: None)
                for each in report.run(quick=True).checks:
                    assert each.finding.words == one_line(each.finding.words)

        atheris.Setup([sys.argv[0], *_LIMITS, *sys.argv[1:]], check)
        atheris.Fuzz()


if __name__ == "__main__":
    main()
