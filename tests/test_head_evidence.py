"""Whether a head was trained: the demo's real weights, spoilt in known ways.

The references are torchvision's own class and initialisers, and permutations counted one by
one.
"""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from spoilt import (
    TRAINED,
    answers,
    changed,
    demo_logits,
    demo_weights,
    noise,
    shuffled,
    spoilt,
    states,
    torchvision_heads,
)
from torch import Tensor, nn
from torchvision.models import GoogLeNet as TorchvisionGoogLeNet

from inception_viewer import samples
from inception_viewer.checkpoints.head_evidence import from_weights, information, judge, relation
from inception_viewer.checkpoints.initialisers import strongest_direction, untouched
from inception_viewer.checkpoints.read import read_checkpoint
from inception_viewer.checkpoints.verdict import open_case
from inception_viewer.checkpoints.weights import Weights
from inception_viewer.googlenet.architecture import fold
from inception_viewer.questions import Preprocessing

__all__ = ["demo_logits", "demo_weights"]
"""Fixtures."""


# --- heads: the weights ------------------------------------------------------------------


def test_the_demos_heads_are_trained_by_all_witnesses(
    demo: Weights, demo_answers: Mapping[str, np.ndarray]
) -> None:
    assert states(demo) == TRAINED
    found = from_weights(demo)
    assert all(one.learned and not one.random for one in found.values())
    for one in judge(found, demo_answers):
        assert one.state == "trained"
        assert one.entropy is not None
        assert 0 < one.entropy < math.log(101)
        if one.head != "main":
            assert one.same is not None
            assert one.same >= 9
            assert one.above_chance is not None
            assert one.above_chance > 15


@pytest.mark.parametrize("init_weights", [True, False])
@pytest.mark.filterwarnings("ignore:The default weight initialization:FutureWarning")
def test_a_network_fresh_from_torchvision_is_untrained(init_weights: bool, tmp_path: Path) -> None:
    torch.manual_seed(0)
    net = TorchvisionGoogLeNet(num_classes=10, aux_logits=True, init_weights=init_weights)
    torch.save(net.state_dict(), tmp_path / "fresh.pth")
    weights = read_checkpoint(tmp_path / "fresh.pth")
    found = from_weights(weights)
    assert all(one.random and not one.learned for one in found.values())
    assert set(states(weights).values()) == {"untrained"}
    origin = "torchvision's" if init_weights else "PyTorch's nn.Linear"
    assert f"Its classifier still is as it was initialised: {origin}." in found["main"].evidence


@pytest.mark.parametrize("init_weights", [True, False])
@pytest.mark.filterwarnings("ignore:The default weight initialization:FutureWarning")
def test_fresh_heads_on_a_trained_trunk(demo: Weights, init_weights: bool) -> None:
    weights = changed(demo, torchvision_heads(101, init_weights=init_weights))
    assert states(weights) == {"aux1": "untrained", "aux2": "untrained", "main": "trained"}
    (batch_norm, classifier) = from_weights(weights)["aux2"].evidence
    assert batch_norm.startswith("Its batch norm has the weight 1 and the bias 0 in all 128")
    assert "as it was initialised" in classifier
    # The photos agree, though nobody needs to ask them.
    judged = {one.head: one for one in judge(from_weights(weights), answers(weights))}
    assert {head: one.state for head, one in judged.items()} == states(weights)
    assert all(abs(judged[head].above_chance or 0) < 4 for head in ("aux1", "aux2"))


def test_weight_decay_without_a_loss_is_no_training(demo: Weights) -> None:
    """SGD with ``zero_grad(set_to_none=False)`` shrinks what no loss reaches."""
    fresh = {name: 0.97 * t for name, t in torchvision_heads(101, init_weights=False).items()}
    assert states(changed(demo, fresh))["aux1"] == "untrained"


@pytest.mark.parametrize(
    "initialise",
    [
        lambda w: nn.init.xavier_uniform_(w),
        lambda w: nn.init.xavier_normal_(w),
        lambda w: nn.init.kaiming_uniform_(w, nonlinearity="relu"),
        lambda w: nn.init.kaiming_normal_(w, nonlinearity="relu"),
        lambda w: nn.init.trunc_normal_(w, 0, 0.01, -0.02, 0.02),
        lambda w: nn.init.normal_(w, std=0.01),
        lambda w: nn.init.uniform_(w, -math.sqrt(3 / w.shape[1]), math.sqrt(3 / w.shape[1])),
        lambda w: nn.init.zeros_(w),
    ],
    ids=["xavier_u", "xavier_n", "kaiming_u", "kaiming_n", "truncated", "normal", "caffe", "zero"],
)
@pytest.mark.parametrize("classes", [2, 10, 365])
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_initialisers_are_known_again(
    initialise: Callable[[Tensor], Tensor], classes: int, dtype: torch.dtype
) -> None:
    torch.manual_seed(classes)
    weight = initialise(torch.empty(classes, 1024)).to(dtype).float()
    assert untouched(weight, torch.zeros(classes))
    assert untouched(weight, torch.full((classes,), 0.2))
    if bool(weight.any()):
        assert not untouched(weight, torch.randn(classes) * 0.2)
        assert not untouched(1.3 * weight, torch.zeros(classes))


def test_a_few_steps_of_training_are_seen(demo: Weights) -> None:
    """A fresh classifier, 20 steps of Adam on what the demo's own head sees of 12 photos."""
    net, made = demo.network(), demo.preprocessing
    kept: list[Tensor] = []
    dense = net.by_name["aux1/fc1"].module
    assert dense is not None
    hook = dense.register_forward_hook(lambda _m, _i, out: kept.append(out.detach()))
    said = samples.answers(net, samples.pictures(made), made)
    hook.remove()
    hidden, target = torch.cat(kept).clone(), torch.tensor(said["main"]).softmax(1)
    torch.manual_seed(0)
    fresh = nn.Linear(1024, 101)
    names = ("aux1.fc2.linear.weight", "aux1.fc2.linear.bias")
    before = (fresh.weight.detach().clone(), fresh.bias.detach().clone())
    assert states(changed(demo, dict(zip(names, before, strict=True))))["aux1"] == "untrained"
    optimizer = torch.optim.Adam(fresh.parameters(), 1e-3)
    for _ in range(20):
        loss = -(target * fresh(hidden).log_softmax(1)).sum(1).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    after = (fresh.weight.detach(), fresh.bias.detach())
    weights = changed(demo, dict(zip(names, after, strict=True)))
    assert not from_weights(weights)["aux1"].random
    assert states(weights, answers(weights)) == TRAINED


def test_strongest_direction_is_the_largest_singular_value() -> None:
    generator = torch.Generator().manual_seed(3)
    matrix = torch.randn(40, 300, generator=generator)
    expected = math.sqrt(40) + math.sqrt(300)
    assert strongest_direction(matrix) < 1.02
    strong = matrix + 2.0 * torch.outer(torch.ones(40), torch.linspace(-1, 1, 300))
    centred = strong - strong.mean()
    top = float(torch.linalg.svdvals(centred)[0]) / float(centred.square().mean().sqrt())
    assert strongest_direction(strong) == pytest.approx(top / expected, rel=1e-4)
    assert strongest_direction(torch.zeros(3, 4)) == 0


# --- heads: the photos -------------------------------------------------------------------


@pytest.mark.parametrize("how", [noise, shuffled], ids=["noise", "shuffled"])
def test_noise_of_the_same_statistics_is_caught_by_the_photos(
    demo: Weights, how: Callable[[Tensor, int], Tensor]
) -> None:
    weights = spoilt(demo, ("aux1", "aux2"), how)
    assert states(weights) == TRAINED  # the weights alone do not tell
    assert open_case(weights, "").undecided
    judged = {one.head: one for one in judge(from_weights(weights), answers(weights))}
    assert {head: one.state for head, one in judged.items()} == {
        "aux1": "untrained",
        "aux2": "untrained",
        "main": "trained",
    }
    assert "have nothing to do with the main head's" in judged["aux1"].evidence[0]


def test_one_head_of_noise_does_not_harm_the_others(demo: Weights) -> None:
    for head in ("aux1", "main"):
        weights = spoilt(demo, (head,), noise)
        assert states(weights, answers(weights)) == {**TRAINED, head: "untrained"}


def test_classes_in_another_order_are_noise(demo: Weights) -> None:
    """Trained weights whose outputs stand for other classes say nothing of these."""
    order = torch.randperm(101, generator=torch.Generator().manual_seed(0))
    named = [f"aux2.fc2.linear.{leaf}" for leaf in ("weight", "bias")]
    weights = changed(demo, {name: demo.state[name][order] for name in named})
    assert states(weights, answers(weights)) == {**TRAINED, "aux2": "untrained"}


def test_a_new_classifier_on_the_trunk_is_untrained_and_the_others_stay(demo: Weights) -> None:
    torch.manual_seed(0)
    fresh = nn.Linear(1024, 101)
    new = {"fc.linear.weight": fresh.weight.data, "fc.linear.bias": fresh.bias.data}
    weights = changed(demo, new)
    expected = {**TRAINED, "main": "untrained"}
    assert states(weights) == expected
    assert states(weights, answers(weights)) == expected


def test_a_frozen_batch_norm_is_no_proof(demo: Weights) -> None:
    """Batch norm at 1 and 0, its scale moved into the convolution: the head knows what it knew."""
    norm = {leaf: demo.state[f"aux1.conv.bn.{leaf}"] for leaf in ("weight", "bias", "running_var")}
    idle = {
        "aux1.conv.bn.weight": torch.ones(128),
        "aux1.conv.bn.bias": torch.zeros(128),
        "aux1.conv.bn.running_var": norm["running_var"],
    }
    weights = replace(changed(demo, idle), heads={**TRAINED, "aux1": "untrained"})
    assert states(weights, answers(weights))["aux1"] == "trained"


def cut_down(weights: Weights, keep: Tensor) -> Weights:
    """The network as one of few of its classes."""
    named = [n for n in weights.state if re.match(r"(fc|aux\d\.fc2)\.linear\.", n)]
    return replace(
        changed(weights, {name: weights.state[name][keep] for name in named}),
        variant=replace(weights.variant, classes=len(keep)),
        classes=tuple(weights.classes[int(index)] for index in keep),
    )


@pytest.mark.parametrize("count", [2, 8, 15, 30])
def test_classes_that_no_photo_shows_accuse_nobody(
    demo: Weights, demo_answers: Mapping[str, np.ndarray], count: int
) -> None:
    shown = {int(top) for logits in demo_answers.values() for top in logits.argmax(1)}
    rest = [index for index in range(101) if index not in shown]
    for seed in range(6):
        keep = torch.from_numpy(np.random.default_rng(seed).choice(rest, count, replace=False))
        few = cut_down(demo, keep)
        said = {head: logits[:, keep.numpy()] for head, logits in demo_answers.items()}
        assert states(few, said) == TRAINED


def test_a_main_head_that_sees_nothing_is_no_witness(demo: Weights) -> None:
    """Under a range a hundred times too large all heads answer nonsense; none is accused."""
    made = Preprocessing(resize="squeeze", scale=1.0, mean=(117.0,) * 3, std=(1.0,) * 3)
    said = samples.answers(fold(demo.network()), samples.pictures(made), made)
    assert float(information(said["main"]).mean()) < 0.3
    assert states(demo, said) == TRAINED


def test_chance_is_that_of_all_permutations() -> None:
    """Mean and deviation by counting all 40,320 permutations of eight classes."""
    random = np.random.default_rng(0)
    one, other = random.normal(size=(2, 6, 8)).astype(np.float32)
    logs = [torch.from_numpy(x).double().log_softmax(1).numpy() for x in (one, other)]
    a, b = (x - x.mean(0) for x in logs)
    orders = np.array(list(itertools.permutations(range(8))))
    sums = np.zeros(len(orders))
    for photo in range(6):
        sums += (a[photo][orders] * b[photo]).sum(1)
    given = (a * b).sum()
    found = relation(one, other)
    assert found.deviations == pytest.approx((given - sums.mean()) / sums.std(), rel=1e-6)
    assert (sums >= given).mean() > 0.01
    assert found.agree is False
    assert relation(one, one).agree is True
    assert relation(one[:, :7], other[:, :7]).agree is None
    assert relation(one, np.zeros_like(one)).agree is None


def test_heads_that_know_nothing_are_at_chance() -> None:
    random = np.random.default_rng(1)
    for classes in (10, 40, 1000):
        found = [
            relation(*random.normal(size=(2, 12, classes)).astype(np.float32)) for _ in range(20)
        ]
        assert all(abs(one.deviations or 9) < 4 for one in found)
        assert sum(one.agree is not False for one in found) <= 1
