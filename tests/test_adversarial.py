"""Attacks: against slopes measured by differences, and what they must never do."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import replace
from pathlib import Path

import numpy as np
import oracles
import pytest
import torch
from numpy.typing import NDArray
from PIL import Image
from test_attribution import TINY

import inception_viewer as iv
from inception_viewer.googlenet import adversarial, variants
from inception_viewer.googlenet.adversarial import misled
from inception_viewer.googlenet.architecture import GoogLeNet, fold, initialise
from inception_viewer.images.decode import from_array
from inception_viewer.images.preprocess import normalise
from inception_viewer.intervention_questions import Intervention
from inception_viewer.lab import Lab
from inception_viewer.questions import Pixels, Preprocessing, Scene
from inception_viewer.runner import Cancel

MADE = Preprocessing(64, 72, "squeeze")


@pytest.fixture(scope="module")
def net() -> GoogLeNet:
    made = initialise(replace(variants.paper(5, batch_norm=False), table=TINY), 3)
    oracles.randomise(made, 3)
    return fold(made.eval()).requires_grad_(False)


@pytest.fixture(scope="module")
def seen() -> Pixels:
    """A picture with almost black and white in it: some values can move a part of the way."""
    small = np.array(Image.fromarray(oracles.photos()[0]).resize((72, 64)))
    small[:6], small[6:12] = small[:6] // 40, 255 - small[6:12] // 40
    return small


def logits(net: GoogLeNet, levels: NDArray[np.float64], head: str = "main") -> torch.Tensor:
    """In double precision, the input's formula written out."""
    double = net if net.fc.linear.weight.dtype is torch.float64 else deepcopy(net).double()
    mean, std = (np.array(v)[:, None, None] for v in (MADE.mean, MADE.std))
    x = (levels.transpose(2, 0, 1) / 255 - mean) / std
    with torch.no_grad():
        return double(torch.tensor(x)[None])[head][0]


def loss(net: GoogLeNet, levels: NDArray[np.float64], target: int, head: str = "main") -> float:
    return -float(torch.log_softmax(logits(net, levels, head), 0)[target])


def top(net: GoogLeNet, picture: Pixels, head: str = "main") -> int:
    return int(logits(net, picture.astype(float), head).argmax())


@pytest.mark.parametrize(("head", "target"), [("main", None), ("aux1", 3)])
def test_fgsm_goes_along_the_sign_of_the_slope(
    net: GoogLeNet, seen: Pixels, head: str, target: int | None
) -> None:
    made = misled(seen, iv.Adversarial("fgsm", 3, head, target), net, MADE)
    label = top(net, seen, head) if target is None else target
    way = 1 if target is None else -1
    double, rng = deepcopy(net).double(), np.random.default_rng(0)
    agreed, checked = 0, 0
    while checked < 40:
        place = tuple(int(rng.integers(n)) for n in seen.shape)
        around = [seen.astype(float), seen.astype(float)]
        around[0][place] -= 1e-3
        around[1][place] += 1e-3
        low, high = (loss(double, one, label, head) for one in around)
        if abs(high - low) < 1e-9:
            continue
        expected = np.clip(int(seen[place]) + way * 3 * np.sign(high - low), 0, 255)
        agreed += made[place] == expected
        checked += 1
    assert agreed >= 39  # a slope may turn within a thousandth of a level


def test_networks_that_are_sure_are_misled_too(net: GoogLeNet, seen: Pixels) -> None:
    """Captum takes slopes below 1e-6 for none."""
    sure = deepcopy(net)
    with torch.no_grad():
        linear = sure.get_submodule("fc.linear")
        linear.weight *= 60
        linear.bias *= 60
    before = torch.log_softmax(logits(sure, seen.astype(float)), 0)
    assert float(before.max()) > -1e-6
    made = misled(seen, iv.Adversarial("fgsm", 1), sure, MADE)
    inside = (seen > 1) & (seen < 254)
    assert (np.abs(made.astype(int) - seen)[inside] == 1).mean() > 0.95
    assert loss(sure, made.astype(float), top(sure, seen)) > 10 * -float(before.max())


def test_pgd_stays_within_and_goes_further_than_one_step(net: GoogLeNet, seen: Pixels) -> None:
    label = top(net, seen)
    found = [
        misled(seen, iv.Adversarial("pgd", 4, steps=steps, step=0.25), net, MADE)
        for steps in (4, 16, 40)
    ]
    for made in found:
        assert np.abs(made.astype(int) - seen).max() <= 4
    losses = [loss(net, one.astype(float), label) for one in (seen, *found)]
    assert losses == sorted(losses)
    once = misled(seen, iv.Adversarial("fgsm", 4), net, MADE)
    assert np.abs(once.astype(int) - seen).max() == 4
    assert loss(net, seen.astype(float), label) < loss(net, once.astype(float), label) < losses[-1]
    assert np.array_equal(
        found[1], misled(seen, iv.Adversarial("pgd", 4, steps=16, step=0.25), net, MADE)
    )


def test_pgd_goes_towards_a_class_and_leaves_the_network_as_it_was(
    net: GoogLeNet, seen: Pixels
) -> None:
    target = (top(net, seen) + 1) % 5
    told: list[float] = []
    with torch.inference_mode():  # as whoever asks may be in
        made = misled(
            seen, iv.Adversarial("pgd", 4, "main", target, 20, 0.25), net, MADE, report=told.append
        )
    assert loss(net, made.astype(float), target) < 0.85 * loss(net, seen.astype(float), target)
    assert told == [step / 20 for step in range(20)]
    assert all(one.grad is None and not one.requires_grad for one in net.parameters())
    assert not any(m._forward_hooks or m._backward_hooks for m in net.modules())


def test_blue_first_is_the_same_network_with_its_input_turned(net: GoogLeNet, seen: Pixels) -> None:
    other = deepcopy(net)
    with torch.no_grad():
        conv = other.get_submodule("conv1.conv")
        conv.weight.copy_(conv.weight.flip(1))
    turned = replace(MADE, channels="BGR", mean=MADE.mean[::-1], std=MADE.std[::-1])
    attack = iv.Adversarial("fgsm", 2)
    gap = misled(seen, attack, other, turned) != misled(seen, attack, net, MADE)
    assert gap.mean() < 1e-3
    x = torch.tensor(normalise(seen, turned))[None]
    assert torch.allclose(other(x)["main"], net(torch.tensor(normalise(seen, MADE))[None])["main"],
                          atol=1e-4)  # fmt: skip


def test_heads_and_classes_that_are_not_there(seen: Pixels, net: GoogLeNet) -> None:
    with pytest.raises(iv.QuestionError, match="go from 0 to 4"):
        misled(seen, iv.Adversarial(target=5), net, MADE)
    headless = initialise(replace(variants.paper(5), table=TINY, heads=("main",)), 0)
    with pytest.raises(iv.QuestionError, match="has no head “aux1”"):
        misled(seen, iv.Adversarial(head="aux1"), headless, MADE)


# --- in the lab and in a notebook ----------------------------------------------------


class Counted:
    """How often the attack was made."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.times = 0
        monkeypatch.setattr(adversarial, "misled", self)

    def __call__(self, *arguments: object) -> Pixels:
        self.times += 1
        return misled(*arguments)  # type: ignore[arg-type]


def test_an_attack_is_made_once(
    checkpoint: Path, picture: Pixels, monkeypatch: pytest.MonkeyPatch
) -> None:
    counted = Counted(monkeypatch)
    lab = Lab()
    info = lab.open_checkpoint(checkpoint)
    photo = lab.add_image(from_array(picture))
    made = replace(info.preprocessing, height=96, width=96, short_side=110)
    attack, turned = iv.Adversarial("fgsm", 4), iv.Distortion(rotation=20)
    scene = Scene(info.fingerprint, photo.id, made, (turned, attack))
    first = lab.trace(scene)
    touched = replace(scene, interventions=(Intervention("inception4a/5x5", "zero"),))
    assert np.array_equal(lab.trace(touched).picture, first.picture)
    before = lab.prepare(replace(scene, edits=(turned,)))
    assert np.abs(first.picture.astype(int) - before.picture).max() == 4
    lab._inputs.forget()  # as when sliders were moved a good deal
    assert np.array_equal(lab.prepare(scene).picture, first.picture)
    assert counted.times == 1
    assert np.array_equal(lab.trace(replace(scene, edits=(turned,))).picture, before.picture)
    lab.forget_image(photo.id)
    assert not len(lab._misled)
    assert not len(lab._inputs)
    assert not len(lab._sources)


def test_cancelled_attack_leaves_nothing_behind(checkpoint: Path, picture: Pixels) -> None:
    lab = Lab()
    info = lab.open_checkpoint(checkpoint)
    photo = lab.add_image(from_array(picture))
    made = replace(info.preprocessing, height=96, width=96, short_side=110)
    scene = Scene(info.fingerprint, photo.id, made, (iv.Adversarial("pgd", 4),))

    def stop(share: float) -> None:
        if share > 0.2:
            raise Cancel

    with pytest.raises(Cancel):
        lab.prepare(scene, stop)
    assert not len(lab._misled)
    assert lab.prepare(scene).picture.shape == (96, 96, 3)


def test_saved_as_png_it_still_misleads(checkpoint: Path, picture: Pixels, tmp_path: Path) -> None:
    network = iv.load(checkpoint)
    small = replace(network.preprocessing, height=96, width=96, resize="squeeze")
    name = network.classes[network.trace(picture, preprocessing=small).logits["main"].argmin()]
    edits = [iv.Distortion(scale=1.2), iv.Adversarial("fgsm", 8, target=name)]  # type: ignore[arg-type]
    found = network.trace(picture, preprocessing=small, edits=edits)
    before = network.trace(picture, preprocessing=small, edits=edits[:1])
    index = network.classes.index(name)
    assert found.probabilities["main"][index] > before.probabilities["main"][index]
    Image.fromarray(found.picture).save(tmp_path / "misled.png")
    again = network.trace(tmp_path / "misled.png", preprocessing=small)
    assert np.array_equal(again.logits["main"], found.logits["main"])
    ablated = iv.branch_importance(network, picture, preprocessing=small, edits=edits)
    assert ablated.question.scenes[0].edits[1].target == index  # type: ignore[union-attr]
    with pytest.raises(iv.QuestionError, match="no class of this network"):
        network.trace(picture, edits=[iv.Adversarial(target="unicorn")])  # type: ignore[arg-type]
