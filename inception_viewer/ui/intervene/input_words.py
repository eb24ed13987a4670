"""What the Input page says: of the difference of two pictures, and of what misled a network."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from ...edit_questions import Adversarial
from ...images.differences import HALF, ROOM, Difference
from ...questions import Predictions, Scene
from ..attribution.words import number

Against = Literal["whole", "attack"]
"""What the picture is compared with: as it was, or before it was misled."""
BEFORE: Mapping[Against, str] = {"whole": "As it was", "attack": "Before misleading"}
AFTER = "As the network sees it"
TIMES = "\N{MULTIPLICATION SIGN}"


def factor_text(factor: float) -> str:
    """Return ``"×16"``, or ``"×½"``."""
    return f"{TIMES}½" if factor == HALF else f"{TIMES}{factor:g}"


def titles(against: Against, factor: float) -> tuple[str, str, str]:
    """Return what stands over the three pictures."""
    return BEFORE[against], AFTER, f"Difference {factor_text(factor)}"


def difference_sentence(found: Difference, factor: float) -> str:
    """Return the numbers of a difference, and how it is drawn."""
    if not found.largest:
        return "No value differs."
    pixels = number(100 * found.changed) if found.changed < 0.995 else f"{100 * found.changed:.0f}"
    said = (
        f"Largest difference {found.largest} of 255, mean {number(found.mean)}; "
        f"{pixels} % of the pixels differ."
    )
    drawn = f" Drawn {factor_text(factor)} around grey"
    if found.largest * factor > ROOM + 1:
        return f"{said}{drawn}, cut off beyond ±{number(ROOM / factor)}."
    return f"{said}{drawn}."


def outcome_sentence(attack: Adversarial, before: Predictions, after: Predictions) -> str:
    """Return what came of misleading a head: ``"main: cup 61.9 % → ewer 43.1 %, …"``."""
    head = attack.head
    if head not in before.probabilities or head not in after.probabilities:
        return ""
    was, now = before.top(head, 1)[0], after.top(head, 1)[0]
    said = f"{head}: {_share(was)} → {_share(now)}"
    if was[0] == now[0]:
        said = f"{head} still says {was[1]}: {_percent(was[2])} → {_percent(now[2])}"
    elif attack.target is None:
        said += f" ({was[1]} now {_percent(float(after.probabilities[head][was[0]]))})"
    if attack.target is not None and attack.target not in (was[0], now[0]):
        name = after.classes[attack.target]
        there, then = (float(one.probabilities[head][attack.target]) for one in (before, after))
        said += f"; {name} {_percent(there)} → {_percent(then)}"
    return f"{said}. No value changed by more than {attack.epsilon} of 255."


def export_caption(
    photo: str, done: str, against: Against, sentence: str, outcome: str, scene: Scene
) -> str:
    """Return what stands below saved pictures: all that was done, and which weights."""
    said = f"{photo}: {done}." if done else f"{photo}, as it is."
    compared = f"{BEFORE[against]}, as the network sees it, and the difference."
    weights = f"Checkpoint {scene.checkpoint[:12]}."
    return " ".join(filter(None, (said, outcome, compared, sentence, weights)))


def _share(top: tuple[int, str, float]) -> str:
    return f"{top[1]} {_percent(top[2])}"


def _percent(share: float) -> str:
    """Return a share that never claims certainty."""
    if share > 0.9995:
        return "over 99.9 %"
    return "under 0.1 %" if share < 0.0005 else f"{100 * share:.1f} %"
