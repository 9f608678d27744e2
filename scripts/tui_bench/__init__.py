"""The parts of `scripts/bench_tui.py`."""
