"""What is said of a photo that was distorted, painted over or made to mislead; without Qt."""

from __future__ import annotations

from .edit_questions import Adversarial, Brush, Distortion, Fill
from .images.painting import share
from .questions import Scene

FILL_WORDS: dict[Fill, str] = {
    "grey": "grey",
    "mean": "mean colour",
    "blur": "blurred",
    "inpaint": "inpainted",
}
"""A fill as people read it."""


def edited_words(scene: Scene, most: int | None = None) -> str:
    """Return all that is done to a scene's photo, or ``""``.

    ``"photo rotated 15°, blurred 2 px, 8 % painted over, grey, FGSM within 4 levels"``;
    at ``most`` so many ways in which it is distorted are named, and the rest counted.
    """
    moved = [distortion_words(one, most) for one in scene.edits if isinstance(one, Distortion)]
    attacks = [attack_words(one) for one in scene.edits if isinstance(one, Adversarial)]
    return ", ".join(filter(None, (*moved, painted_words(scene), *attacks)))


def short_words(scene: Scene) -> str:
    """Return the same where there is little room: ``"distorted, 8 % painted over, misled"``."""
    painted = painted_words(scene).partition(",")[0]  # the fill is said elsewhere
    parts = (
        "distorted" if any(isinstance(one, Distortion) for one in scene.edits) else "",
        painted,
        "misled" if any(isinstance(one, Adversarial) for one in scene.edits) else "",
    )
    return ", ".join(filter(None, parts))


def distortion_words(distortion: Distortion, most: int | None = None) -> str:
    """Return ``"photo rotated 15°, blurred 2 px"``; ``""`` where nothing is done.

    Of more than ``most`` ways the rest is counted: ``"photo rotated 15° and 2 more"``.
    """
    d = distortion
    where = f" at {100 * d.crop_x:.0f} %, {100 * d.crop_y:.0f} %"
    at = where if (d.crop_x, d.crop_y) != (0.5, 0.5) else ""
    ways = (
        "mirrored" if d.mirror else "",
        _turned(d.rotation),
        f"scaled by {d.scale:.3g}" if d.scale != 1 else "",
        _shifted(d),
        f"cropped to {100 * d.crop:.3g} %{at}" if d.crop < 1 else "",
        f"contrast times {d.contrast:.3g}" if d.contrast != 1 else "",
        f"blurred {d.blur:.3g} px" if d.blur else "",
        f"noise of {d.noise:.3g} levels (seed {d.seed})" if d.noise else "",
    )
    parts = [way for way in ways if way]
    more = f" and {len(parts) - most} more" if most is not None and len(parts) > most else ""
    said = ", ".join(parts[:most] if more else parts) + more
    return f"photo {said}" if said else ""


def attack_words(attack: Adversarial) -> str:
    """Return ``"PGD of aux1 within 4 levels towards class 12"``; the main head goes unsaid."""
    of = f" of {attack.head}" if attack.head != "main" else ""
    levels = "level" if attack.epsilon == 1 else "levels"
    to = f" towards class {attack.target}" if attack.target is not None else ""
    return f"{attack.method.upper()}{of} within {attack.epsilon} {levels}{to}"


def _turned(degrees: float) -> str:
    if not degrees:
        return ""
    return f"rotated {abs(degrees):.3g}°{' clockwise' if degrees < 0 else ''}"


def _shifted(distortion: Distortion) -> str:
    ways = (
        (distortion.shift_x, "right" if distortion.shift_x > 0 else "left"),
        (distortion.shift_y, "down" if distortion.shift_y > 0 else "up"),
    )
    said = [f"{100 * abs(share):.3g} % {way}" for share, way in ways if share]
    return f"shifted {' and '.join(said)}" if said else ""


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
