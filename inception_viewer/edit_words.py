"""What is said of a photo that was painted over; neither torch nor Qt is imported."""

from __future__ import annotations

from .edit_questions import Brush, Fill
from .images.painting import share
from .questions import Scene

FILL_WORDS: dict[Fill, str] = {
    "grey": "grey",
    "mean": "mean colour",
    "blur": "blurred",
    "inpaint": "inpainted",
}
"""A fill as people read it."""


def painted_words(scene: Scene) -> str:
    """Return ``"8 % painted over, grey"``; ``""`` where nothing was painted."""
    brushes = brushes_of(scene)
    if not brushes:
        return ""
    fills = dict.fromkeys(FILL_WORDS[brush.fill] for brush in brushes)
    return f"{_percent(painted_share(scene))} painted over, {', '.join(fills)}"


def painted_share(scene: Scene) -> float:
    """Return how much of the network's picture is painted over, in [0, 1]."""
    made = scene.preprocessing
    return share(brushes_of(scene), made.height, made.width)


def brushes_of(scene: Scene) -> tuple[Brush, ...]:
    """Return what is painted over a scene's picture."""
    return tuple(one for one in scene.edits if isinstance(one, Brush))


def _percent(part: float) -> str:
    if 0 < part < 0.01:
        return "under 1 %"
    return "over 99 %" if 0.99 < part < 1 else f"{100 * part:.0f} %"
