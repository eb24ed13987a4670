"""Methods that attribute to a unit's channels and positions."""

from __future__ import annotations

from .description import Cost, Method, Parameter

METHODS = (
    Method(
        name="layer_grad_cam",
        title="Grad-CAM",
        explanation=(
            "Each channel of a unit is weighted by how much the class's logit rises with it on "
            "average, and the weighted maps are summed. It shows where the unit finds evidence "
            "for the class, at the unit's own resolution."
        ),
        paper=(
            "Selvaraju et al.: Grad-CAM: visual explanations from deep networks via "
            "gradient-based localization, 2017, arXiv:1610.02391"
        ),
        target_kind="layer",
        completeness="",
        function="grad_cam:explain",
        group="Layers",
        cost=lambda settings: Cost(1, 1),
        parameters=(
            Parameter(
                "relu",
                "Only evidence for",
                "choice",
                "off",
                "On, as in the paper, evidence against the class is set to zero; off, it is "
                "kept as negative values.",
                choices=(("on", "on"), ("off", "off")),
            ),
        ),
    ),
)
