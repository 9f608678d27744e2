"""GGUF files on disk."""

from refsheet_tui.weights.choice import DEMO_NOTICE, ModelChoice, choose_model

__all__ = ["DEMO_NOTICE", "ModelChoice", "choose_model"]
