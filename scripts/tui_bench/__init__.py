"""What `scripts/bench_tui.py` measures, and against what."""
