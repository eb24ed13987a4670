"""Copy as Python: the lines that change a photo's input as the Input page does."""

from __future__ import annotations

from dataclasses import replace

from ...changed_inputs import attack_in
from ...session import State
from .. import snippets
from .input_words import Against


def changed_input(state: State, against: Against, factor: float) -> str:
    """Return lines that give the three pictures of the page, and its numbers.

    Parameters
    ----------
    state
        Of the session, with a scene.
    against
        What the picture is compared with.
    factor
        By how much the difference is enlarged.
    """
    scene = state.scene
    assert scene is not None
    plain = replace(state, paintings=(), changed_inputs=())
    own = state.open_checkpoint.preprocessing if state.open_checkpoint else None
    options = "" if scene.preprocessing == own else ", preprocessing=made"
    options += ", interventions=interventions" if scene.interventions else ""
    head, first = "main", "[]"
    attack = attack_in(scene)
    if attack is not None:
        head = attack.head
        first = "edits[:-1]" if against == "attack" else "[]"
    lines = [
        *(snippets.edit_lines(scene.edits) or ["edits = []  # nothing is done to the photo"]),
        f"before = net.trace(photo{options}, edits={first})",
        f"after = net.trace(photo{options}, edits=edits)",
        "apart = after.picture.astype(int) - before.picture  # in grey levels of 255",
        "abs(apart).max(), abs(apart).mean()",
        f"enlarged = (128 + {factor:g} * apart).clip(0, 255).round().astype('uint8')",
        f"before.logits[{head!r}], after.logits[{head!r}]",
    ]
    return "\n".join([*snippets.opening_lines(plain), "", *lines]) + "\n"
