"""Methods that integrate gradients along a way from a baseline to the photo."""

from __future__ import annotations

from .description import Cost, Method, Parameter, Settings
from .parameters import BASELINE, BASELINES, SEED, STEPS, baselines_at_most, path_cost


def _gradient_shap_cost(settings: Settings) -> Cost:
    samples = int(settings["samples"])
    return Cost(samples + baselines_at_most(settings) + 1, samples)


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
        misleads=(
            "It explains the difference to its baseline: from black, dark parts of the photo get "
            "next to nothing. Its value at single pixels is noisy."
        ),
    ),
    Method(
        name="gradient_shap",
        title="GradientShap",
        explanation=(
            "Integrated gradients from several baselines at once, at points drawn at random. "
            "On the average it shares out what the photo adds to the logit over the baselines."
        ),
        paper=(
            "Lundberg, Lee: A unified approach to interpreting model predictions, 2017, "
            "arXiv:1705.07874; Erion et al.: Learning explainable models using attribution "
            "priors, 2019, arXiv:1906.10670"
        ),
        target_kind="input",
        completeness="expected",
        function="gradient_shap:explain",
        group="Paths",
        cost=_gradient_shap_cost,
        parameters=(
            Parameter(
                "samples",
                "Samples",
                "int",
                60,
                "Points between the baselines and the photo; more are slower and more exact.",
                2,
                1000,
                "points",
            ),
            *BASELINES,
            SEED,
        ),
        misleads=(
            "It adds up on the average only: look at the completeness error before comparing "
            "small values, and try another seed."
        ),
    ),
)
