"""Whether a network has the head and the class that are meant."""

from __future__ import annotations

from ..errors import QuestionError
from .architecture import LOGITS, GoogLeNet


def check_target(net: GoogLeNet, head: str, target: int) -> None:
    """Raise QuestionError unless the network has the head and the class."""
    if head not in LOGITS:
        raise QuestionError(f"There is no head “{head}”; there are {', '.join(LOGITS)}.")
    if head not in net.variant.heads:
        present = ", ".join(net.variant.heads)
        raise QuestionError(f"This checkpoint has no head “{head}”; it has {present}.")
    if not 0 <= target < net.variant.classes:
        raise QuestionError(
            f"Class {target} is out of range: this checkpoint's go from 0 to "
            f"{net.variant.classes - 1}."
        )
