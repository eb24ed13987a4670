"""The verdict on a checkpoint: all that is known of it, with and without photos."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from inception_viewer.googlenet.architecture import empty
from inception_viewer.googlenet.cost import costs
from inception_viewer.googlenet.variants import HEADS
from inception_viewer.questions import HeadState, Preprocessing
from inception_viewer.verdict_questions import HeadVerdict, Suggestion, Verdict

from . import describe, head_evidence, inputs, labels, own
from .catalogue import PUBLISHED, Published
from .digests import digest_of, matches
from .head_evidence import Answers, FromWeights
from .weights import Weights

TRAINED: Mapping[str, HeadState] = {"aux1": "trained", "aux2": "trained", "main": "trained"}
KNOWN_HEADS: Mapping[str, Mapping[str, HeadState]] = {
    "torchvision": {"aux1": "untrained", "aux2": "untrained", "main": "trained"},
    "inception5h": TRAINED,
    "bvlc": TRAINED,
}
"""Heads of the published files (pytorch/vision#821; the others' publishers)."""

HASH_IN_NAME = re.compile(r"-([0-9a-f]{8,64})\.\w+$")
"""How torch.hub names files: the first digits of their SHA-256 before the suffix."""

NEVER = "Never trained: "
"""How the sentence of the dialects begins that a verdict may have to take back."""


@dataclass(frozen=True, eq=False)
class Case:
    """What is known of a checkpoint before a photo was shown to it.

    Attributes
    ----------
    weights
        The checkpoint.
    fingerprint
        Of the weights.
    path
        Its file, or None.
    sha256
        Of the file, or ``""``.
    published
        The published file that it is, or None.
    found
        What the weights tell of each head.
    named
        Where the class names in use come from, if they are not the file's own.
    """

    weights: Weights
    fingerprint: str
    path: Path | None
    sha256: str
    published: Published | None
    found: Mapping[str, FromWeights]
    named: str = ""

    @property
    def known(self) -> Mapping[str, HeadState] | None:
        """The heads' states, where the file is a published one."""
        return None if self.published is None else KNOWN_HEADS.get(self.published.name)

    @property
    def undecided(self) -> bool:
        """Whether photos can tell more of the auxiliary heads."""
        classes = self.weights.variant.classes
        return self.known is None and head_evidence.worth_asking(self.found, classes)

    def heads(self, answers: Answers | None = None) -> tuple[HeadVerdict, ...]:
        """Return the verdict on each head, with what they answer on the samples if asked."""
        return head_evidence.judge(self.found, answers, self.known)


def open_case(weights: Weights, fingerprint: str, path: Path | None = None) -> Case:
    """Look at a checkpoint's file and weights."""
    sha256, published = "", None
    if path is not None:
        try:
            sha256, published = digest_of(path, "sha256"), _published(path)
        except OSError:  # it has gone since it was read
            path = None
    found = head_evidence.from_weights(weights)
    return Case(weights, fingerprint, path, sha256, published, found)


def _published(path: Path) -> Published | None:
    size = path.stat().st_size
    return next((one for one in PUBLISHED if one.fits(size) and matches(path, one.digest)), None)


def with_heads(weights: Weights, heads: tuple[HeadVerdict, ...]) -> Weights:
    """Return the weights with the states that were found, and the warning that follows."""
    states = {one.head: one.state for one in heads}
    untrained = [head for head in HEADS if states[head] == "untrained"]
    warnings = tuple(said for said in weights.warnings if not said.startswith(NEVER))
    if untrained:
        warnings += (f"{NEVER}{', '.join(untrained)}; what they say means nothing.",)
    return replace(weights, heads=states, warnings=warnings)


def verdict(
    case: Case,
    answers: Answers | None = None,
    suggestion: Suggestion | None = None,
    preprocessing: Preprocessing | None = None,
) -> Verdict:
    """Return everything there is to say.

    Parameters
    ----------
    case
        From :func:`open_case`.
    answers
        The heads' logits on the sample photos, if they were asked.
    suggestion
        What the samples say about the convention.
    preprocessing
        The one in use, where it is not the checkpoint's own.
    """
    heads = case.heads(answers)
    weights = with_heads(case.weights, heads)
    variant, made = weights.variant, preprocessing or weights.preprocessing
    adds, adds_main = multiply_adds(weights, made)
    return Verdict(
        phrase=describe.verdict(weights),
        family=weights.family,
        recognised=weights.evidence,
        known_as=case.published.title if case.published else "",
        kernel_5x5=variant.kernel_5x5,
        normalisation=variant.normalisation,
        classes=variant.classes,
        class_source=case.named or class_source(weights, case.path),
        heads=heads,
        convention=inputs.convention(made, variant.transform_input),
        parameters=weights.parameters,
        multiply_adds=adds,
        multiply_adds_main=adds_main,
        fingerprint=case.fingerprint,
        sha256=case.sha256,
        suggestion=suggestion,
        warnings=(*weights.warnings, *_more_warnings(case, heads, suggestion)),
        metadata=weights.metadata,
    )


def multiply_adds(weights: Weights, made: Preprocessing) -> tuple[int, int]:
    """Return the multiply-adds of one photo, with all heads of the file and without auxiliary ones.

    Both are 0 for an input that is too small for the network.
    """
    try:
        known = costs(empty(weights.variant), made.height, made.width)
    except ValueError:
        return 0, 0
    auxiliary = sum(
        cost.multiply_adds for name, cost in known.items() if name.startswith(("aux1/", "aux2/"))
    )
    total = sum(cost.multiply_adds for cost in known.values())
    return total, total - auxiliary


def _more_warnings(
    case: Case, heads: tuple[HeadVerdict, ...], suggestion: Suggestion | None
) -> list[str]:
    warnings = []
    hashed = HASH_IN_NAME.search(case.path.name) if case.path is not None else None
    if hashed and case.sha256 and not case.sha256.startswith(hashed[1]):
        warnings.append(
            f"The file's name ends in {hashed[1]}, as that of a file whose SHA-256 begins so, but "
            f"its own begins with {case.sha256[:8]}: it was changed, renamed or damaged."
        )
    warnings += [
        f"{one.head} was fitted here. {one.evidence[0]}"
        for one in heads
        if one.state == "fitted" and "nothing to do" in one.evidence[0]
    ]
    if case.found["main"].state == "trained" and not case.found["main"].learned:
        warnings.append(
            "The main head's classifier cannot be told from random numbers; nothing but its biases "
            "shows that it was trained."
        )
    if suggestion is not None and suggestion.better is not None:
        warnings.append(suggestion.sentence)
    return warnings


def class_source(weights: Weights, path: Path | None) -> str:
    """Return where the class names come from, in words."""
    classes, count = weights.classes, weights.variant.classes
    if own.SAYS_ITSELF in weights.evidence:
        return "the file itself"
    for suffix in (".txt", ".json"):
        beside = path.with_suffix(suffix) if path is not None else None
        if beside is not None and beside.is_file() and labels.read_names(beside) == classes:
            return f"{beside.name}, beside the file"
    if _said(weights.metadata.get("classes", "")) == list(classes):
        return "the file itself"
    if classes == tuple(f"class {index}" for index in range(count)):
        return "nowhere: they are numbered"
    usual = {
        1000: "ImageNet's 1000, sorted by WordNet id",
        1008: "Inception 5h's 1008: ImageNet's in the order of ILSVRC 2012, and eight dummies",
        365: "Places365",
    }
    return usual.get(count, "a list that was opened")


def _said(text: str) -> object:
    try:
        return json.loads(text)
    except ValueError:
        return None
