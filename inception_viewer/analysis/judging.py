"""The whole verdict on an open checkpoint, with the sample photos as witnesses."""

from __future__ import annotations

from typing import TYPE_CHECKING

from inception_viewer import samples
from inception_viewer.checkpoints.inputs import convention
from inception_viewer.checkpoints.verdict import verdict
from inception_viewer.verdict_questions import Judge, Verdict

if TYPE_CHECKING:
    from inception_viewer.lab import Lab
    from inception_viewer.runner import Progress

HEADS_SHARE = 0.15
"""Share of the time that the heads' own answers take; the rest is for conventions."""


def answer(question: Judge, lab: Lab, progress: Progress) -> Verdict:
    """Answer :class:`Judge`: about a hundred forward passes, a batch of four at a time."""
    case = lab.case(question.checkpoint)
    net = lab.network(question.checkpoint, progress.lane)
    made = question.preprocessing or case.weights.preprocessing

    def heads(share: float) -> None:
        progress(HEADS_SHARE * share, text="asking the heads")

    def conventions(share: float) -> None:
        progress(HEADS_SHARE + (1 - HEADS_SHARE) * share, text="comparing inputs")

    cut = samples.pictures(made)
    said = samples.answers(net, cut, made, heads) or None
    verdicts = case.heads(said)
    trained = [one.head for one in verdicts if one.state in ("trained", "fitted")]
    suggestion = None
    if case.found["main"].learned or case.known is not None:
        own = convention(made, net.variant.transform_input)
        state = case.weights.state
        suggestion = samples.suggest(net, own, trained, state, conventions)
    return verdict(case, said, suggestion, question.preprocessing)
