"""Interventions: against torchvision's own class with hooks that replace outputs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

import inception_viewer as iv
from inception_viewer.api import Network
from inception_viewer.errors import QuestionError
from inception_viewer.intervention_questions import Intervention

BRANCH = {"1x1": "branch1", "3x3": "branch2", "5x5": "branch3", "pool_proj": "branch4"}
"""A unit's last module in torchvision's class."""


def theirs(unit: str) -> str:
    """Return torchvision's name of a branch's output or of a module."""
    module, _, branch = unit.partition("/")
    return f"{module}.{BRANCH[branch]}" if branch else module


@contextmanager
def replaced(peer: nn.Module, unit: str, instead: Callable[[Tensor], Tensor]) -> Iterator[None]:
    """Let torchvision's class compute with another output of one of its modules."""
    handle = peer.get_submodule(theirs(unit)).register_forward_hook(
        lambda module, inputs, output: instead(output)
    )
    try:
        yield
    finally:
        handle.remove()


def logits(peer: nn.Module, trace: iv.Trace) -> NDArray[np.float32]:
    """Return torchvision's main logits for the input of a trace."""
    with torch.no_grad():
        x = torch.tensor(trace.input)[None]
        found: Any = peer(x)
    return getattr(found, "logits", found)[0].numpy()


@pytest.fixture(scope="module")
def network(checkpoint: Path) -> Network:
    """The peer's weights, opened by us."""
    return iv.load(checkpoint)


@pytest.fixture(scope="module")
def other(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Another photo: the first one upside down, in other colours."""
    return np.ascontiguousarray(picture[::-1, :, ::-1])


@pytest.mark.parametrize("unit", ["inception3a/5x5", "inception4c/1x1", "inception5b/pool_proj"])
def test_a_branch_switched_off_is_torchvisions_with_zeros(
    network: Network, peer: nn.Module, photo: Path, unit: str
) -> None:
    plain = network.trace(photo)
    touched = network.trace(photo, interventions=[Intervention(unit)])
    with replaced(peer, unit, torch.zeros_like):
        expected = logits(peer, plain)
    assert np.abs(touched.logits["main"] - expected).max() < 1e-4
    assert np.abs(plain.logits["main"] - expected).max() > 1e-3
    assert not touched[unit].any()


def test_scaling_channels_is_torchvisions_with_scaled_channels(
    network: Network, peer: nn.Module, photo: Path
) -> None:
    channels = (0, 3, 17)

    def scaled(output: Tensor) -> Tensor:
        out = output.clone()
        out[:, list(channels)] *= 1.75
        return out

    one = Intervention("inception4a/3x3", "scale", channels, factor=1.75)
    touched = network.trace(photo, interventions=[one])
    with replaced(peer, "inception4a/3x3", scaled):
        expected = logits(peer, network.trace(photo))
    assert np.abs(touched.logits["main"] - expected).max() < 1e-4
    assert np.abs(network.trace(photo).logits["main"] - expected).max() > 1e-5


def test_the_mean_over_photos_stands_at_every_position(
    network: Network, peer: nn.Module, photo: Path, other: NDArray[np.uint8]
) -> None:
    unit = "inception4b/3x3"
    both = [network.trace(photo)[unit], network.trace(other)[unit]]
    mean = np.mean([values.astype(np.float64).mean((1, 2)) for values in both], axis=0)
    touched = network.trace(
        photo, interventions=[Intervention(unit, "mean", images=(photo, other))]
    )
    assert np.allclose(touched[unit], mean[:, None, None], atol=1e-5)
    constant = torch.tensor(mean, dtype=torch.float32).view(1, -1, 1, 1)
    with replaced(peer, unit, lambda output: constant.expand_as(output)):
        expected = logits(peer, network.trace(photo))
    assert np.abs(touched.logits["main"] - expected).max() < 1e-4


def test_patching_gives_torchvisions_answer_with_the_other_photos_module(
    network: Network, peer: nn.Module, photo: Path, other: NDArray[np.uint8]
) -> None:
    unit = "inception4d"
    source = torch.tensor(network.trace(other)[unit])[None]
    touched = network.trace(photo, interventions=[Intervention(unit, "patch", images=(other,))])
    with replaced(peer, unit, lambda output: source):
        expected = logits(peer, network.trace(photo))
    assert np.abs(touched.logits["main"] - expected).max() < 1e-4
    # All that reaches main goes through the module: the answer is the other photo's.
    assert np.allclose(touched.logits["main"], network.trace(other).logits["main"], atol=1e-4)
    assert np.allclose(touched.logits["aux1"], network.trace(photo).logits["aux1"], atol=1e-5)


def test_what_lies_before_is_not_computed_again(network: Network, photo: Path) -> None:
    lab = network._lab
    with network._scene(photo, None) as scene:
        plain = lab.trace(scene).batches
        one = Intervention("inception4c/5x5")
        touched = lab.trace(replace(scene, interventions=(one,))).batches
    before = [name for name in plain if touched[name] is plain[name]]
    assert before[-1] == "inception4c/pool_proj"
    assert {"conv1", "inception4b", "inception4c/1x1", "aux1/fc2"} <= set(before)
    behind = ["inception4c", "inception4d", "aux2/fc2", "inception5b", "fc"]
    assert not set(behind) & set(before)


def test_several_are_done_in_their_order(network: Network, photo: Path) -> None:
    unit = "inception3b/1x1"
    plain = network.trace(photo)[unit]
    both = network.trace(
        photo,
        interventions=[
            Intervention(unit, "scale", factor=2.0),
            Intervention(unit, "zero", (1,)),
            Intervention("inception5a/1x1"),
        ],
    )
    expected = 2 * plain
    expected[1] = 0
    assert np.allclose(both[unit], expected, rtol=1e-6)
    assert not both["inception5a/1x1"].any()


def test_what_is_not_finite_can_be_switched_off() -> None:
    from inception_viewer.googlenet.intervening import Touch

    x = torch.full((1, 2, 2, 2), torch.nan)
    assert torch.equal(Touch("any")(x), torch.zeros(1, 2, 2, 2))
    assert torch.isnan(Touch("any", (0,))(x)[0, 1]).all()


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (Intervention("inception9z/5x5"), "no unit “inception9z/5x5”"),
        (Intervention("fc"), "holds the answer itself"),
        (Intervention("inception3a/5x5", "mean"), "Choose the photos"),
        (Intervention("inception3a/5x5", "patch"), "Choose the one photo"),
        (Intervention("inception3a/5x5", channels=(32,)), "channels 0 to 31, not 32"),
        (Intervention("inception3a/5x5", channels=(-1,)), "no channel -1"),
    ],
)
def test_what_does_not_fit_is_said(
    network: Network, photo: Path, wrong: Intervention, words: str
) -> None:
    with pytest.raises(QuestionError, match=words):
        network.trace(photo, interventions=[wrong])


def test_words_say_what_was_touched() -> None:
    assert Intervention("inception4a/5x5").words == "inception4a/5x5 switched off"
    assert (
        Intervention("conv1", "scale", (5,), factor=0.5).words == "channel 5 of conv1 scaled by 0.5"
    )
    assert (
        Intervention("conv1", "mean", (5, 6), images=("a", "b")).words
        == "2 channels of conv1 held at its mean over 2 photos"
    )
