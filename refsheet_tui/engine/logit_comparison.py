"""Compare two computations of the same logits, such as a GPU's with the processor's.

The bound always comes from a control: two computations that are known to be right and differ only
in how they were split. Rounding differs between kernels, so no two of them are equal to the bit.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class LogitAgreement:
    """The agreement of two computations of the same positions.

    `mean_kl` is the mean Kullback-Leibler divergence in nats, `max_kl` that of the worst position.
    `top1` is the share of positions at which the most likely token is the same.
    """

    positions: int
    mean_kl: float
    max_kl: float
    top1: float


def compare_logits(reference: Floats, other: Floats) -> LogitAgreement:
    """Compare logits, both of shape (positions, vocabulary).

    Raises `ValueError` when the shapes differ or there is no position.
    """
    if reference.shape != other.shape or len(reference) == 0:
        raise ValueError(f"logits of shapes {reference.shape} and {other.shape}")
    divergences = kl_divergences(reference, other)
    same = np.argmax(reference, axis=-1) == np.argmax(other, axis=-1)
    return LogitAgreement(
        positions=len(reference),
        mean_kl=float(divergences.mean()),
        max_kl=float(divergences.max()),
        top1=float(same.mean()),
    )


def kl_divergences(reference: Floats, other: Floats) -> NDArray[np.float64]:
    """Return KL(reference ‖ other) in nats for each position of (positions, vocabulary) logits.

    A NaN in either makes that position's divergence infinite.
    """
    p, q = _log_probabilities(reference), _log_probabilities(other)
    divergences = (np.exp(p) * (p - q)).sum(axis=-1)
    return np.where(np.isnan(divergences), np.inf, divergences)


def _log_probabilities(logits: Floats) -> NDArray[np.float64]:
    shifted = logits.astype(np.float64) - logits.max(axis=-1, keepdims=True)
    result: NDArray[np.float64] = shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))
    return result
