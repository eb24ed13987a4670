"""Channels that keep or flip an answer: every claim is tried on torchvision's own class."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
import torch
from test_interventions import logits, replaced
from torch import Tensor, nn

import inception_viewer as iv
from inception_viewer.api import Network
from inception_viewer.errors import QuestionError


@pytest.fixture(scope="module")
def network(checkpoint: Path) -> Network:
    """The peer's weights, opened by us."""
    return iv.load(checkpoint)


def top(peer: nn.Module, trace: iv.Trace, module: str, kept: Sequence[int]) -> int:
    """Return torchvision's top class when only some of a module's channels are there."""

    def only(output: Tensor) -> Tensor:
        out = torch.zeros_like(output)
        out[:, list(kept)] = output[:, list(kept)]
        return out

    with replaced(peer, module, only):
        return int(logits(peer, trace).argmax())


@pytest.mark.parametrize("module", ["inception3b", "inception5a"])
def test_each_set_does_what_is_said_and_has_none_to_spare(
    network: Network, peer: nn.Module, photo: Path, module: str
) -> None:
    trace = network.trace(photo)
    found = iv.decisive_channels(network, photo, module)
    everything = range(found.channels)
    assert found.target == int(logits(peer, trace).argmax())
    assert found.keeps is not None
    assert top(peer, trace, module, found.keeps) == found.target
    for channel in found.keeps:
        spared = [one for one in found.keeps if one != channel]
        assert top(peer, trace, module, spared) != found.target
    assert found.flips is not None
    rest = [one for one in everything if one not in found.flips]
    assert top(peer, trace, module, rest) == found.becomes != found.target
    for channel in found.flips:
        assert top(peer, trace, module, [*rest, channel]) == found.target
    assert 0 < len(found.flips) < found.channels / 2


def test_margins_are_those_of_the_logits(network: Network, peer: nn.Module, photo: Path) -> None:
    found = iv.decisive_channels(network, photo, "inception5b")
    values = np.sort(logits(peer, network.trace(photo)))
    assert found.flip_margins[0] == pytest.approx(values[-1] - values[-2], abs=1e-4)
    assert found.flip_margins[-1] < 0 <= found.flip_margins[-2]
    assert found.keep_margins[0] <= 0 < found.keep_margins[-1] or found.keeps == ()


def test_behind_5b_the_network_is_linear_and_greed_finds_the_fewest(
    network: Network, peer: nn.Module, photo: Path
) -> None:
    """Between two classes the fewest channels that flip are the largest contributions."""
    trace = network.trace(photo)
    found = iv.decisive_channels(network, photo, "inception5b")
    assert found.becomes is not None
    weight = peer.get_submodule("fc").weight.detach().numpy()
    pooled = trace["inception5b"].mean((1, 2))
    whole = trace.logits["main"]
    fewest = len(pooled)
    for other in range(len(whole)):
        if other == found.target:
            continue
        gains = np.sort((weight[found.target] - weight[other]) * pooled)[::-1]
        left = whole[found.target] - whole[other] - np.cumsum(gains)
        if (left <= 0).any():
            fewest = min(fewest, int(np.argmax(left <= 0)) + 1)
    assert found.flips is not None
    assert len(found.flips) <= fewest + 1


@pytest.mark.parametrize(
    ("module", "head", "words"),
    [
        ("inception3a/5x5", "main", "is no Inception module"),
        ("inception9z", "main", "is no Inception module"),
        ("inception5a", "aux1", "comes after aux1"),
    ],
)
def test_what_cannot_be_asked_is_said(
    network: Network, photo: Path, module: str, head: str, words: str
) -> None:
    with pytest.raises(QuestionError, match=words):
        iv.decisive_channels(network, photo, module, head=head)
