"""Inception Viewer: see what happens inside GoogLeNet.

The window is ``python -m inception_viewer``; in a notebook::

    import inception_viewer as iv

    net = iv.load("demo")
    trace = net.trace("cup.jpg")
    trace["inception4a/3x3"]            # (channels, height, width), after its ReLU
    iv.attribute(net, "cup.jpg", method="integrated_gradients").map
    iv.inspect("mine.pth").phrase       # what a checkpoint is; evaluate, fit_heads, get

The public names are resolved when they are first used: importing this package
imports neither torch nor Qt, so that a window is on screen before either.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .analysis.trace import Trace
    from .api import Network, attribute, grade, load, measures, methods, tcav
    from .checkpoints.catalogue import Published
    from .compare_api import (
        branch_importance,
        branch_profile,
        compare_checkpoints,
        compare_groups,
        decisive_channels,
        photo_map,
    )
    from .concept_questions import ConceptAnswer
    from .edit_questions import Adversarial, Brush, Distortion, Stroke
    from .errors import CheckpointError, ImageError, QuestionError, ViewerError
    from .folder_api import (
        evaluate,
        fit_heads,
        get,
        index,
        inspect,
        published,
        top_photos,
    )
    from .folder_questions import EvaluationAnswer, FittedHeads
    from .grade_questions import GradeAnswer
    from .index_questions import IndexAnswer, TopPhotosAnswer
    from .intervention_questions import Intervention
    from .questions import AttributionAnswer, CheckpointInfo, Preprocessing
    from .verdict_questions import Verdict

__version__ = "0.1.0"

_HOMES = {
    "load": "api",
    "attribute": "api",
    "methods": "api",
    "grade": "api",
    "branch_importance": "compare_api",
    "branch_profile": "compare_api",
    "compare_checkpoints": "compare_api",
    "compare_groups": "compare_api",
    "decisive_channels": "compare_api",
    "photo_map": "compare_api",
    "Intervention": "intervention_questions",
    "measures": "api",
    "tcav": "api",
    "evaluate": "folder_api",
    "fit_heads": "folder_api",
    "get": "folder_api",
    "index": "folder_api",
    "inspect": "folder_api",
    "published": "folder_api",
    "top_photos": "folder_api",
    "Network": "api",
    "Trace": "analysis.trace",
    "AttributionAnswer": "questions",
    "Adversarial": "edit_questions",
    "Brush": "edit_questions",
    "Distortion": "edit_questions",
    "Stroke": "edit_questions",
    "GradeAnswer": "grade_questions",
    "CheckpointInfo": "questions",
    "ConceptAnswer": "concept_questions",
    "EvaluationAnswer": "folder_questions",
    "FittedHeads": "folder_questions",
    "IndexAnswer": "index_questions",
    "Preprocessing": "questions",
    "Published": "checkpoints.catalogue",
    "TopPhotosAnswer": "index_questions",
    "Verdict": "verdict_questions",
    "ViewerError": "errors",
    "CheckpointError": "errors",
    "ImageError": "errors",
    "QuestionError": "errors",
}
"""Public names and the modules they live in."""

__all__ = [
    "Adversarial",
    "AttributionAnswer",
    "Brush",
    "CheckpointError",
    "CheckpointInfo",
    "ConceptAnswer",
    "Distortion",
    "EvaluationAnswer",
    "FittedHeads",
    "GradeAnswer",
    "ImageError",
    "IndexAnswer",
    "Intervention",
    "Network",
    "Preprocessing",
    "Published",
    "QuestionError",
    "Stroke",
    "TopPhotosAnswer",
    "Trace",
    "Verdict",
    "ViewerError",
    "attribute",
    "branch_importance",
    "branch_profile",
    "compare_checkpoints",
    "compare_groups",
    "decisive_channels",
    "evaluate",
    "fit_heads",
    "get",
    "grade",
    "index",
    "inspect",
    "load",
    "measures",
    "methods",
    "photo_map",
    "published",
    "tcav",
    "top_photos",
]


def __getattr__(name: str) -> Any:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f".{home}", __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
