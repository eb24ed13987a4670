"""The ways of making an input, and which of them the sample photos speak for."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest
import torch
from spoilt import (
    TRAINED,
    changed,
    demo_weights,
)
from torch import Tensor

from inception_viewer import samples
from inception_viewer.checkpoints import conventions
from inception_viewer.checkpoints.conventions import candidates
from inception_viewer.checkpoints.head_evidence import information
from inception_viewer.checkpoints.inputs import KNOWN, adapted, channels, name_of, same_range
from inception_viewer.checkpoints.weights import Weights
from inception_viewer.googlenet import variants
from inception_viewer.googlenet.architecture import GoogLeNet, empty, fold
from inception_viewer.images.preprocess import normalise
from inception_viewer.questions import Preprocessing
from inception_viewer.verdict_questions import Convention, Suggestion, Sureness

__all__ = ["demo_weights"]
"""Fixtures."""


# --- conventions -------------------------------------------------------------------------


def received(convention: Convention, picture: np.ndarray) -> Tensor:
    """What conv1 receives, through the program's own preprocessing and network."""
    net = empty(variants.torchvision(12, transform_input=convention.transform_input))
    x = torch.tensor(normalise(picture, convention.preprocessing))
    return net.transform(x[None])[0]


ALL = [*KNOWN, Convention("turned", Preprocessing(), True)]


@pytest.mark.parametrize("convention", ALL, ids=[one.name for one in ALL])
def test_conventions_are_the_numbers_that_conv1_receives(convention: Convention) -> None:
    picture = np.random.default_rng(0).integers(0, 256, (8, 9, 3), np.uint8)
    order, factor, offset = channels(convention)
    expected = picture[:, :, ::-1] if order == "BGR" else picture
    by_hand = (expected * factor + offset).transpose(2, 0, 1)
    np.testing.assert_allclose(received(convention, picture), by_hand, rtol=1e-5, atol=1e-4)
    for flag in (False, True):  # the same through a network with or without the flag
        same = Convention("", adapted(convention, flag), flag)
        np.testing.assert_allclose(received(same, picture), by_hand, rtol=1e-5, atol=1e-4)


def test_the_families_published_numbers() -> None:
    """A black and a white pixel, by the formulas of each family's own documentation."""
    ends = {one.name: [channels(one)[1] * v + channels(one)[2] for v in (0, 255)] for one in KNOWN}
    mean, std = np.array([0.485, 0.456, 0.406]), np.array([0.229, 0.224, 0.225])
    expected = [
        (-mean / std, (1 - mean) / std),
        (-np.ones(3), np.ones(3)),
        (np.zeros(3), np.ones(3)),
        (np.full(3, -117), np.full(3, 138)),
        (np.array([-104, -117, -123]), np.array([151, 138, 132])),
    ]
    for (black, white), (low, high) in zip(ends.values(), expected, strict=True):
        np.testing.assert_allclose(black, low, atol=1e-12)
        np.testing.assert_allclose(white, high, atol=1e-12)
    turned = Convention("", Preprocessing(), transform_input=True)
    assert same_range(turned, KNOWN[1])
    assert name_of(Preprocessing(), True).startswith("-1 to 1, RGB; shorter side 256")
    assert not same_range(Convention("", Preprocessing()), KNOWN[1])


@pytest.mark.parametrize("own_convention", ALL, ids=[one.name for one in ALL])
def test_candidates_are_all_different_and_cut_alike(own_convention: Convention) -> None:
    made = replace(own_convention.preprocessing, height=192, width=160, short_side=200)
    tried = candidates(replace(own_convention, preprocessing=made))
    assert tried[0].preprocessing == made
    assert len(tried) == 7
    assert len({one.name for one in tried}) == 7
    pairs = itertools.combinations(tried[:-1], 2)
    assert not any(same_range(one, other) for one, other in pairs)
    assert {(one.preprocessing.height, one.preprocessing.width) for one in tried} == {(192, 160)}
    assert {one.preprocessing.resize for one in tried[:-1]} == {"short_side"}
    assert tried[-1].preprocessing.resize == "squeeze"
    assert same_range(tried[-1], tried[0])


def test_information_is_the_mutual_information() -> None:
    logits = np.random.default_rng(0).normal(size=(12, 30)).astype(np.float32) * 3
    values = torch.from_numpy(logits).double().softmax(1)
    entropy = torch.distributions.Categorical(probs=values.mean(0)).entropy()
    mean = torch.distributions.Categorical(probs=values).entropy().mean()
    assert float(information(logits).mean()) == pytest.approx(float(entropy - mean), rel=1e-9)


def wanting(weights: Weights, wanted: Convention) -> tuple[Weights, Convention]:
    """A network that answers under ``wanted`` as the demo does under its own convention.

    Its conv1 undoes the difference, so that batch norm's record fits the new numbers too.
    """
    cut = weights.preprocessing
    made = replace(wanted.preprocessing, resize=cut.resize, short_side=cut.short_side)
    target = Convention("wanted", made)
    old = channels(Convention("", cut, weights.variant.transform_input))
    new = channels(target)
    ratio = old[1] / (new[1][::-1] if new[0] == "BGR" else new[1])
    shift = old[2] - ratio * (new[2][::-1] if new[0] == "BGR" else new[2])
    kernels = weights.state["conv1.conv.weight"]
    per_colour = torch.from_numpy(ratio).float().view(1, 3, 1, 1)
    lost = torch.einsum("kchw,c->k", kernels.double(), torch.from_numpy(shift)).float()
    changed_kernels = kernels * per_colour
    if new[0] == "BGR":
        changed_kernels = changed_kernels.flip(1)
    mean = weights.state["conv1.bn.running_mean"] - lost
    change = {"conv1.conv.weight": changed_kernels.contiguous(), "conv1.bn.running_mean": mean}
    return replace(changed(weights, change), preprocessing=made), target


def suggested(weights: Weights, own_convention: Convention, *, batch_norm: bool) -> Suggestion:
    net: GoogLeNet = fold(weights.network())
    record = weights.state if batch_norm else None
    found = samples.suggest(net, own_convention, tuple(TRAINED), record)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("place", "other", "batch_norm"),
    [(2, 3, True), (4, 0, False)],
    ids=["unit, with batch norm", "caffe, without"],
)
def test_a_right_convention_is_never_accused_and_a_wrong_one_is(
    demo: Weights, place: int, other: int, batch_norm: bool
) -> None:
    weights, right = wanting(demo, KNOWN[place])
    found = suggested(weights, right, batch_norm=batch_norm)
    assert found.better is None
    assert found.ranked[0].information == pytest.approx(found.own.information, abs=0.1)
    wrong = Convention("wrong", replace(right.preprocessing, **values_of(KNOWN[other])))
    accused = suggested(weights, wrong, batch_norm=batch_norm)
    assert accused.better is not None
    assert same_range(accused.better.convention, right)
    assert accused.sentence.startswith("12 sample photos speak for another input")


def values_of(convention: Convention) -> dict[str, object]:
    made = convention.preprocessing
    return {"channels": made.channels, "scale": made.scale, "mean": made.mean, "std": made.std}


@pytest.mark.slow
@pytest.mark.parametrize("place", range(len(KNOWN)), ids=[one.name for one in KNOWN])
@pytest.mark.parametrize("batch_norm", [True, False], ids=["batch_norm", "none"])
def test_every_convention_against_every_other(demo: Weights, place: int, batch_norm: bool) -> None:
    weights, right = wanting(demo, KNOWN[place])
    for other in KNOWN:
        tried = Convention("tried", replace(right.preprocessing, **values_of(other)))
        found = suggested(weights, tried, batch_norm=batch_norm)
        if same_range(tried, right):
            assert found.better is None
        elif found.better is not None:
            assert same_range(found.better.convention, right)


def test_sure_answers_that_are_the_same_for_all_photos_do_not_count() -> None:
    random = np.random.default_rng(0)
    said = random.normal(size=(12, 50)).astype(np.float32)
    stuck = np.zeros((12, 50), np.float32)
    stuck[:, 7] = 9.0
    given = [measured(said), measured(stuck)]
    assert given[1].top > 0.9 > given[0].top
    assert conventions.suggestion(given, [said, stuck]).better is None
    distinct = np.zeros((12, 50), np.float32)
    distinct[np.arange(12), np.arange(12)] = 9.0
    given[1] = measured(distinct)
    assert conventions.suggestion(given, [said, distinct]).better == given[1]


def measured(logits: np.ndarray) -> Sureness:
    values = torch.from_numpy(logits).double().softmax(1)
    return Sureness(
        Convention(f"top {float(values.max()):.3f}", Preprocessing()),
        Preprocessing(),
        top=float(values.max(1).values.mean()),
        entropy=float(torch.distributions.Categorical(probs=values).entropy().mean()),
        information=float(information(logits).mean()),
    )
