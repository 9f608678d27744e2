"""A fake engine process that sends invalid data. `NONSENSE` chooses the kind."""

from __future__ import annotations

import os
import sys
import time

WORDS = {
    "chatter": "llama_print_timings: hello\n",
    "broken_json": '{"type": "Envelope", "id": 1, "body"\n',
    "unknown_type": '{"type": "Surprise", "id": 1}\n',
    "no_newline": "half a line",
}

words = os.environ["NONSENSE"]
if words == "last_words":
    print("\x1b[31mGGML_ASSERT(red) failed\x1b[0m\x07", file=sys.stderr)
    sys.exit(3)
sys.stdout.write(WORDS[words])
sys.stdout.flush()
if words != "no_newline":
    time.sleep(600)
