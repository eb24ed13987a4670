"""What is said of a network that is touched; neither torch nor Qt is imported."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from .edit_questions import Adversarial, Brush, Distortion
from .edit_words import edited_words
from .intervention_questions import BranchImportanceAnswer, Intervention
from .questions import Scene

MOST = 2
"""How many interventions a sentence names before it counts the rest."""
Row = tuple[str | int | float, ...]


def touched_words(interventions: Sequence[Intervention], most: int = MOST) -> str:
    """Return ``"inception4a/5x5 switched off, inception3a scaled by 0.5 and 2 more"``, or ``""``.

    Parameters
    ----------
    interventions
        What is done, in order.
    most
        How many are named.
    """
    named = [one.words for one in interventions[:most]]
    left = len(interventions) - len(named)
    if left:
        return f"{', '.join(named)} and {left} more"
    return " and ".join(filter(None, (", ".join(named[:-1]), *named[-1:])))


def scene_words(scene: Scene, ways: int | None = None) -> str:
    """Return what is done to a scene's photo and network, or ``""``.

    At most so many ``ways`` in which the photo is distorted are named, if that is given.
    """
    done = edited_words(scene, ways), touched_words(scene.interventions)
    return " and ".join(filter(None, done))


def before_words(scene: Scene) -> str:
    """Return what the marks of a scene's original values mean: ``"before painting"``, or ``""``."""
    kinds = {Distortion: "distorting", Brush: "painting", Adversarial: "misleading"}
    done = [word for kind, word in kinds.items() if any(isinstance(e, kind) for e in scene.edits)]
    if scene.interventions:
        done.append("intervening")
    said = " and ".join(filter(None, (", ".join(done[:-1]), *done[-1:])))
    return f"before {said}" if said else ""


def mark_words(one: Intervention, image: str = "") -> str:
    """Return a few letters for a mark: ``"off"``, ``"×0.5"``, ``"mean"``, ``"photo"``, ….

    ``image`` is the photo looked at: a unit that is taken from it is frozen.
    """
    if one.mode == "scale":
        return f"\N{MULTIPLICATION SIGN}{one.factor:.2g}"
    if one.mode == "patch":
        return "frozen" if one.images == (image,) else "photo"
    return {"zero": "off", "mean": "mean"}[one.mode]


def said_of(one: Intervention, photos: Mapping[str, str], image: str = "") -> str:
    """Return what is done to a unit, without its name: ``"switched off"``, ``"taken from b.jpg"``.

    Parameters
    ----------
    one
        What is done.
    photos
        Names of open photos by content hash.
    image
        The photo looked at.
    """
    if one.mode == "patch":
        name = photos.get(one.images[0], "another photo")
        return f"frozen as it is for {name}" if one.images == (image,) else f"taken from {name}"
    words = one.words
    return words[words.index(one.unit) + len(one.unit) + 1 :]


# --- the table of branches -----------------------------------------------------------


def importance_rows(answer: BranchImportanceAnswer, classes: Sequence[str]) -> tuple[Row, ...]:
    """Return a table of branches as rows for a CSV file, with a heading."""
    title: Row = (
        *("module", "branch", "logit_drop", "logit_spread"),
        *("probability_drop", "probability_spread", "conductance"),
        *("photos", "class", "head", "mode", "checkpoint"),
    )
    asked = answer.question
    same = set(answer.targets)
    of = classes[next(iter(same))] if len(same) == 1 else "each photo's top class"
    rows = [title]
    for module, row in answer.logit_drop.items():
        for branch in row:
            credit = (answer.conductance or {}).get(module, {}).get(branch, "")
            tables = (
                answer.logit_drop,
                answer.logit_spread,
                answer.probability_drop,
                answer.probability_spread,
            )
            numbers = tuple(table[module][branch] for table in tables)
            how = (answer.photos, of, asked.head, asked.mode, answer.provenance.fingerprint)
            rows.append((module, branch, *numbers, credit, *how))
    return tuple(rows)


def disagreeing(answer: BranchImportanceAnswer) -> dict[tuple[str, str], str]:
    """Return the sentences on which ablation and conductance disagree, by module and branch."""
    found = {}
    for sentence in answer.disagreements:
        place, _, _ = sentence.partition(": ")
        module, _, branch = place.partition(", ")
        found[module, branch] = sentence
    return found
