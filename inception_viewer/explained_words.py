"""What an attribution explains, in words, for whoever knows the classes' names.

Free of torch: the window says it anew when classes are called otherwise.
"""

from __future__ import annotations

from collections.abc import Sequence

from .questions import Attribution, Neuron

AS_IT_IS = "Explains the network as it is, without the interventions."
"""Said beside what explains a network that is touched in the other views."""


def class_words(question: Attribution, target: int, classes: Sequence[str]) -> str:
    """Return ``"cup"``, or ``"cup against mug"`` where a difference is explained."""
    against = "" if question.against is None else f" against {classes[question.against]}"
    return classes[target] + against


def neuron_words(chosen: Neuron) -> str:
    """Return ``"inception4a, channel 3 at row 5, column 2"``."""
    words = f"{chosen.unit}, channel {chosen.channel}"
    if chosen.position is not None:
        words += f" at row {chosen.position[0]}, column {chosen.position[1]}"
    return words
