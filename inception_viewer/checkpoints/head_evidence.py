"""Was a head trained? By its weights, and by what it answers on photos.

A head that no loss ever reached answers all the same, with probabilities that look like
anybody's. Two independent witnesses tell: its weights still are what an initialiser made
them, and its answers have nothing to do with those of a head that knows something.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from inception_viewer.fitted import fitted_phrase
from inception_viewer.googlenet.architecture import LOGITS, module_path
from inception_viewer.googlenet.variants import HEADS
from inception_viewer.questions import Floats, HeadState
from inception_viewer.verdict_questions import HeadVerdict

from .initialisers import LEARNED, bias_untouched, strongest_direction, untouched
from .weights import Weights

MANY_CLASSES = 20
"""From here on deviations from chance are counted in standard ones; below, permutations."""
CHANCE, AGREED = 4.0, 6.0
"""Standard deviations below which two heads have nothing to do with each other, and from which
on they know the same.

The trained heads of two networks lie at 21 to 28 with 101 classes, on photos of classes that
they do not know at 19 and more, cut to 20 classes at 7; noise stays between -4 and 4."""
BY_CHANCE, NOT_BY_CHANCE = 0.005, 2e-4
"""The same in shares of permutations. Trained heads cut to 8 to 19 classes: 2e-4 at most."""
PERMUTATIONS = 20_000
FEWEST_CLASSES = 8
"""With 7 there are 5,040 permutations, and trained heads come out at up to 7e-4."""
TELLING = 0.3
"""Nats by which the main head must tell the photos apart to be a witness. Trained ones do by
1.6; under a range a hundred times too large or too small, by 0.28 at most."""

Answers = Mapping[str, Floats]
"""Each head's logits (photos, classes)."""


@dataclass(frozen=True)
class FromWeights:
    """What a head's weights alone tell.

    Attributes
    ----------
    state
        The verdict if nothing else is known.
    random
        Whether the classifier certainly is as it was initialised, so that no photo need be shown.
    learned
        Whether its classifier has directions that no random matrix has.
    evidence
        Sentences.
    """

    state: HeadState
    random: bool = False
    learned: bool = False
    evidence: tuple[str, ...] = ()


def from_weights(weights: Weights) -> dict[str, FromWeights]:
    """Return what the weights tell of each head; a file's own word for "fitted" is taken."""
    return {head: _from_weights(weights, head) for head in HEADS}


def _from_weights(weights: Weights, head: str) -> FromWeights:
    if head not in weights.variant.heads:
        return FromWeights("absent", evidence=("The file has no weights for it.",))
    said = weights.heads[head]
    path = module_path(LOGITS[head])
    weight, bias = (weights.state[f"{path}.linear.{leaf}"] for leaf in ("weight", "bias"))
    strength, origin = strongest_direction(weight), untouched(weight, bias)
    evidence = _idle_batch_norm(weights.state, head)
    if origin:
        evidence.append(f"Its classifier still is as it was initialised: {origin}.")
    elif said == "untrained" and bias_untouched(bias, weight.shape[1]):
        evidence.append("The biases of its classifier are as they were before training.")
    idle = bool(evidence) or said == "untrained"
    # A frozen batch norm or a frozen bias is idle too, in a head that learned all the same.
    fresh = bool(origin) or (idle and strength <= LEARNED)
    if not fresh:
        evidence.append(_learned(strength))
    if said == "fitted" and not origin:
        here = fitted_phrase(weights.metadata)
        return FromWeights("fitted", False, strength > LEARNED, (f"{here or 'fitted here'}.",))
    state: HeadState = "untrained" if fresh else "trained"
    return FromWeights(state, bool(origin), strength > LEARNED and not fresh, tuple(evidence))


def _learned(strength: float) -> str:
    if strength > LEARNED:
        return (
            f"The strongest direction in its classifier's weights is {strength:.2f} times what "
            "random numbers would have."
        )
    return "Its classifier's weights cannot be told from random numbers by their size alone."


def _idle_batch_norm(state: Mapping[str, Tensor], head: str) -> list[str]:
    """Say so if an auxiliary head's batch norm is as it was initialised.

    Weight decay without a loss shrinks all weights alike and leaves biases of zero there.
    """
    weight, bias = state.get(f"{head}.conv.bn.weight"), state.get(f"{head}.conv.bn.bias")
    if weight is None or bias is None:
        return []
    if not bool((weight == weight[0]).all()) or not bool((bias == 0).all()):
        return []
    return [
        f"Its batch norm has the weight {float(weight[0]):g} and the bias 0 in all "
        f"{len(weight)} channels, as before training (pytorch/vision#821)."
    ]


def worth_asking(found: Mapping[str, FromWeights], classes: int) -> bool:
    """Whether photos can tell more of the auxiliary heads than the weights did."""
    others = [found[head] for head in ("aux1", "aux2")]
    open_cases = [one for one in others if one.state != "absent" and not one.random]
    return bool(open_cases) and found["main"].learned and classes >= FEWEST_CLASSES


# --- answers -------------------------------------------------------------------------


def log_softmax(logits: Floats) -> NDArray[np.float64]:
    """Return the logarithms of the probabilities of logits (photos, classes)."""
    shifted = logits.astype(np.float64) - logits.max(1, keepdims=True)
    return np.asarray(shifted - np.log(np.exp(shifted).sum(1, keepdims=True)))


@dataclass(frozen=True)
class Relation:
    """Whether two heads know the same.

    Attributes
    ----------
    deviations
        How far their answers go together, in standard deviations above chance.
    agree
        True: certainly; False: no more than by chance; None: that cannot be told.
    """

    deviations: float | None
    agree: bool | None


def relation(one: Floats, other: Floats) -> Relation:
    """Compare two heads' answers with chance.

    Chance is any other assignment of one head's outputs to the classes: for a head that
    knows nothing of the classes all assignments are equally likely. The statistic is the
    sum over photos and classes of the products of the log-probabilities, each less its
    mean over the photos; its mean and variance over all permutations of the classes are
    exact (Hoeffding, 1951).

    Parameters
    ----------
    one, other
        Logits (photos, classes).
    """
    a, b = (log_softmax(logits) for logits in (one, other))
    products = (a - a.mean(0)).T @ (b - b.mean(0))
    classes = len(products)
    centred = products - products.mean(0) - products.mean(1, keepdims=True) + products.mean()
    spread = math.sqrt(float(np.square(centred).sum()) / max(1, classes - 1))
    if classes < FEWEST_CLASSES or spread <= 1e-9 * max(1.0, float(np.abs(products).max())):
        return Relation(None, None)
    deviations = float(np.trace(centred)) / spread
    if classes >= MANY_CLASSES:
        low, high = deviations < CHANCE, deviations >= AGREED
    else:
        share = _share_as_high(products)
        low, high = share > BY_CHANCE, share <= NOT_BY_CHANCE
    return Relation(deviations, False if low else True if high else None)


def _share_as_high(products: NDArray[np.float64]) -> float:
    """Return the share of permutations of the classes that fit as well, the given one included."""
    classes = len(products)
    random = np.random.default_rng(0).random((PERMUTATIONS, classes))
    fits = products[np.arange(classes), random.argsort(1)].sum(1)
    given = float(np.trace(products))
    return float(1 + (fits >= given - 1e-9 * abs(given)).sum()) / (PERMUTATIONS + 1)


def information(logits: Floats) -> NDArray[np.float64]:
    """Return how much each photo's answer differs from the mean answer (photos,), in nats.

    The divergence of the answer from the mean over the photos; its mean is the mutual
    information of photo and answer. Sureness alone would mislead: a network whose input
    is a hundred times too large gives one class 80 % whatever the photo.
    """
    logs = log_softmax(logits)
    values = np.exp(logs)
    mean = np.log(np.maximum(values.mean(0), 1e-300))
    return np.asarray((values * (logs - mean)).sum(1))


def _entropy(logits: Floats) -> float:
    logs = log_softmax(logits)
    return float(-(np.exp(logs) * logs).sum(1).mean())


# --- both ----------------------------------------------------------------------------


def judge(
    found: Mapping[str, FromWeights],
    answers: Answers | None = None,
    known: Mapping[str, HeadState] | None = None,
) -> tuple[HeadVerdict, ...]:
    """Return the verdict on all three heads.

    Parameters
    ----------
    found
        What the weights tell.
    answers
        What the heads that there are answer on some photos of different things; None if
        they were not asked.
    known
        The states of a published file that this is, which settle the matter.
    """
    main = answers.get("main") if answers else None
    verdicts = []
    for head in HEADS:
        logits = answers.get(head) if answers else None
        if found[head].state == "absent" or logits is None or main is None:
            verdicts.append(HeadVerdict(head, found[head].state, found[head].evidence))
        elif head == "main":
            verdicts.append(_judged_main(found, answers or {}))
        else:
            verdicts.append(_judged(head, found, logits, main))
    if known is None:
        return tuple(verdicts)
    return tuple(_as_known(verdict, known.get(verdict.head)) for verdict in verdicts)


def _judged(
    head: str, found: Mapping[str, FromWeights], logits: Floats, main: Floats
) -> HeadVerdict:
    """Judge an auxiliary head by its weights and by the main head, where that knows something."""
    own, related = found[head], relation(logits, main)
    same = int((logits.argmax(1) == main.argmax(1)).sum())
    telling = found["main"].learned and float(information(main).mean()) >= TELLING
    agree = related.agree if telling or related.agree else None
    state, evidence = own.state, own.evidence
    if agree is not None and not own.random:
        if own.state != "fitted":
            state = "trained" if agree else "untrained"
        evidence = (_relation_in_words(related, same, len(logits)), *evidence)
    deviations = related.deviations
    return HeadVerdict(head, state, evidence, _top(logits), _entropy(logits), same, deviations)


def _relation_in_words(related: Relation, same: int, photos: int) -> str:
    go = "go with" if related.agree else "have nothing to do with"
    return (
        f"On {photos} sample photos its answers {go} the main head's: the same class first on "
        f"{same}, {related.deviations or 0.0:.1f} standard deviations above chance."
    )


def _judged_main(found: Mapping[str, FromWeights], answers: Answers) -> HeadVerdict:
    """Judge the main head: one that cannot be told from noise by the two others, if they agree."""
    own, main = found["main"], answers["main"]
    top, entropy = _top(main), _entropy(main)
    sentence = (
        f"On {len(main)} sample photos its first class has {top:.0%} on the average; the entropy "
        f"is {entropy:.2f} of {math.log(main.shape[1]):.2f} nats."
    )
    state = own.state
    others = [answers[head] for head in ("aux1", "aux2") if head in answers]
    with_main = [relation(one, main).agree for one in others]
    if not own.learned and len(others) == 2 and with_main == [False, False]:
        if relation(*others).agree:
            state = "untrained"
            sentence = f"The auxiliary heads agree with each other, but not with it. {sentence}"
    elif not own.random and state == "untrained" and any(with_main):
        state = "trained"
        sentence = f"An auxiliary head agrees with it. {sentence}"
    return HeadVerdict("main", state, (sentence, *own.evidence), top, entropy)


def _top(logits: Floats) -> float:
    return float(np.exp(log_softmax(logits)).max(1).mean())


def _as_known(verdict: HeadVerdict, state: HeadState | None) -> HeadVerdict:
    if state is None or verdict.state == "absent":
        return verdict
    sentence = f"Known: in the published file, which this is, it is {state}."
    return replace(verdict, state=state, evidence=(sentence, *verdict.evidence))
