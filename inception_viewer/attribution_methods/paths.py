"""Methods that integrate gradients along a way from a baseline to the photo."""

from __future__ import annotations

from .description import Method
from .parameters import BASELINE, STEPS, path_cost

METHODS = (
    Method(
        name="integrated_gradients",
        title="Integrated gradients",
        explanation=(
            "The gradient of the class's logit is averaged along the straight way from a "
            "baseline to the photo and multiplied by their difference. The map then adds up to "
            "what the photo adds to the logit over the baseline."
        ),
        paper=(
            "Sundararajan, Taly, Yan: Axiomatic attribution for deep networks, 2017, "
            "arXiv:1703.01365"
        ),
        target_kind="input",
        completeness="exact",
        function="integrated_gradients:explain",
        group="Paths",
        noise=True,
        cost=path_cost,
        parameters=(*STEPS, *BASELINE),
    ),
)
