"""Settings of hypothesis for the state machines that chat with the demo."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, Phase, settings

EXAMPLES = "REFSHEET_TEST_EXAMPLES"


def machine_settings(*, steps: int) -> settings:
    """Return settings for six fixed examples, or for `REFSHEET_TEST_EXAMPLES` random ones.

    `steps` is the number of steps of an example.
    """
    return settings(
        max_examples=int(os.environ.get(EXAMPLES, "6")),
        stateful_step_count=steps,
        deadline=None,
        derandomize=EXAMPLES not in os.environ,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.generate],
        print_blob=False,
    )
