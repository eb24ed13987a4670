"""One sentence on the open photo, from computed facts."""

from __future__ import annotations

from .fitted import fitted_heads
from .questions import CheckpointInfo, Floats, Predictions

UNKNOWN_BELOW = 0.25
"""The main head's top probability below which a photo is probably of no known class.

For checkpoints that do not say better in their metadata (``unknown_below``): how sure a
network is depends on its classes and on how it was trained. Measured on an interim
checkpoint of 101 classes: of 303 photos of its classes 2 % fall below 0.25 and 3 % below
0.4; of 70 photos outside them 50 % and 79 %. Ranked by the top probability a known photo
stands above an unknown one in 95.3 % of the pairs, by entropy in 95.7 %: no reason to
prefer the number that is harder to explain.
"""

UNSURE_BELOW = 0.6
"""The top probability below which the runner-up is named too."""

AUXILIARY = ("aux1", "aux2")


def headline(predictions: Predictions, info: CheckpointInfo, done: str = "") -> str:
    """Return one sentence on what the heads say of a photo, or of what is left of it.

    Heads that were never trained, or are missing, are not quoted.

    Parameters
    ----------
    predictions
        The heads' answers.
    info
        The checkpoint that gave them.
    done
        What is done to the photo and the network (``"8 % painted over, grey"``,
        ``"inception4a/5x5 switched off"``), or ``""``.
    """
    said = _said(predictions, info)
    return f"With {done}: {said}" if done else said


def _said(predictions: Predictions, info: CheckpointInfo) -> str:
    if predictions.heads.get("main") == "untrained" or "main" not in predictions.probabilities:
        return _without_main(predictions, info)
    if is_unknown(predictions.probabilities["main"], info):
        count = len(predictions.classes)
        return f"{_named(info)} knows {count:,} classes and this is probably none of them."
    (_, best, share), *others = predictions.top("main", 2)
    sure = f"{best}, {percent(share)}"
    if others and share < UNSURE_BELOW:
        sure += f" (or {others[0][1]}, {percent(others[0][2])})"
    agreement = _auxiliaries(predictions, best)
    agreement += _fitted(predictions, info) if agreement else ""
    return f"{sure}; {agreement}." if agreement else f"{sure}."


def _without_main(predictions: Predictions, info: CheckpointInfo) -> str:
    """Say that the main head says nothing, and what the deepest trained one does."""
    for head in reversed(AUXILIARY):
        if head in predictions.probabilities and predictions.heads.get(head) != "untrained":
            _, best, share = predictions.top(head, 1)[0]
            name = "the demo" if info.name == "demo" else info.name
            return (
                f"The main head of {name} was never trained: its answers mean nothing. "
                f"{head} says {best}, {percent(share)}."
            )
    return f"{_named(info)} was never trained: its answers mean nothing."


def is_unknown(probabilities: Floats, info: CheckpointInfo) -> bool:
    """Whether a photo with these probabilities (classes,) is probably of no known class."""
    try:
        bound = float(info.metadata.get("unknown_below", UNKNOWN_BELOW))
    except ValueError:
        bound = UNKNOWN_BELOW
    return float(probabilities.max()) < bound


def percent(share: float) -> str:
    """Return a share in words that never claim certainty: ``"97 %"``, ``"over 99 %"``."""
    if share > 0.995:
        return "over 99 %"
    return "under 1 %" if share < 0.005 else f"{share * 100:.0f} %"


def _auxiliaries(predictions: Predictions, best: str) -> str:
    """Say what the trained auxiliary heads would have answered, or ``""``."""
    said = {
        head: predictions.top(head, 1)[0][1]
        for head in AUXILIARY
        if head in predictions.probabilities and predictions.heads.get(head) != "untrained"
    }
    names = list(said.values())
    if not said:
        return ""
    if names[0] == best:
        first, *rest = said
        differs = [head for head in rest if said[head] != best]
        but = f", but {differs[0]} {said[differs[0]]}" if differs else ""
        return f"{first} already said {best}{but}"
    if best in names:
        return f"aux1 said {names[0]}, aux2 already said {best}"
    if len(said) == 1:
        return f"{next(iter(said))} and main disagree: {names[0]} against {best}"
    if names[0] == names[1]:
        return f"aux1 and aux2 both disagree with main: {names[0]} against {best}"
    return f"all three heads disagree: aux1 {names[0]}, aux2 {names[1]}, main {best}"


def _fitted(predictions: Predictions, info: CheckpointInfo) -> str:
    """Say of heads that were fitted here that they were, or ``""``."""
    said = fitted_heads(predictions.heads, info.metadata)
    here = [head for head in AUXILIARY if head in said and head in predictions.probabilities]
    if not here:
        return ""
    who = "auxiliary heads" if len(here) == len(AUXILIARY) else here[0]
    return f" ({who} {said[here[0]]})"


def _named(info: CheckpointInfo) -> str:
    return "The demo" if info.name == "demo" else info.name
