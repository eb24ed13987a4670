"""Heads and classifiers in ``.caffemodel`` files: missing, untrained, renamed, fine-tuned."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from caffe_files import Layer, with_splits
from caffe_network import (
    CLASSES,
    Blobs,
    Open,
    changed,
    classifier_of,
    deployed_layers,
    googlenet_layers,
    layer_blobs,
    one_folder,
    opener,
    refusal,
    without,
)

from inception_viewer.googlenet import variants

__all__ = ["deployed_layers", "googlenet_layers", "layer_blobs", "one_folder", "opener"]
"""Fixtures."""


# --- heads -------------------------------------------------------------------------------


def test_deployed_network_has_no_auxiliary_heads(short: list[Layer], opened: Open) -> None:
    weights = opened(short)
    assert weights.heads == {"aux1": "absent", "aux2": "absent", "main": "trained"}
    assert weights.variant.heads == ("main",)


def test_head_as_initialised_is_untrained(layers: list[Layer], blobs: Blobs, opened: Open) -> None:
    zero = np.zeros(CLASSES, np.float32)
    fresh = {"loss2/classifier": (blobs["loss2/classifier"][0], zero)}
    weights = opened(layers, fresh)
    assert weights.heads == {"aux1": "trained", "aux2": "untrained", "main": "trained"}
    assert "Never trained: aux2; what they say means nothing." in weights.warnings
    assert any(s.startswith("aux2: all biases of its classifier are 0") for s in weights.evidence)
    fresh = {"loss3/classifier": (blobs["loss3/classifier"][0], zero + np.float32(0.2))}
    assert opened(layers, fresh).heads["main"] == "untrained"


def test_head_with_other_classes_is_left_out(layers: list[Layer], opened: Open) -> None:
    net = changed(layers, "loss1/classifier", settings={"num_output": 7})
    weights = opened(net, {"loss1/classifier": classifier_of(7)})
    assert weights.heads == {"aux1": "absent", "aux2": "trained", "main": "trained"}
    assert "aux1 was left out: it has 7 classes and main 12." in weights.warnings


@pytest.mark.parametrize("part", ["conv", "fc", "classifier"])
def test_head_without_a_part_is_left_out(part: str, layers: list[Layer], opened: Open) -> None:
    weights = opened(without(layers, f"loss2/{part}"))
    assert weights.variant.heads == ("aux1", "main")
    assert "aux2 was left out: a part of loss2 is missing." in weights.warnings


# --- fine-tuned networks -----------------------------------------------------------------


def renamed(layers: Sequence[Layer], blobs: Blobs, names: dict[str, str]) -> tuple[Any, Blobs]:
    net = list(layers)
    for old, new in names.items():
        net = changed(net, old, name=new, tops=(new,))
    return net, {new: blobs[old] for old, new in names.items()}


@pytest.mark.parametrize("split", [False, True])
def test_renamed_classifiers_are_found_by_what_they_read(
    split: bool, layers: list[Layer], blobs: Blobs, opened: Open
) -> None:
    names = {
        "loss1/classifier": "my_first",
        "loss2/classifier": "loss2/classifier_flickr",
        "loss3/classifier": "fc_flickr",
    }
    net, own_blobs = renamed(layers, blobs, names)
    weights = opened(with_splits(net) if split else net, own_blobs)
    assert weights.heads == {"aux1": "trained", "aux2": "trained", "main": "trained"}
    expected = torch.from_numpy(blobs["loss2/classifier"][0]).half().float()
    assert torch.equal(weights.state["aux2.fc2.linear.weight"], expected)
    assert "“fc_flickr” is the classifier of main: it reads there." in weights.evidence
    nan = {"fc_flickr": (blobs["loss3/classifier"][0] * np.nan, blobs["loss3/classifier"][1])}
    text = refusal(opened, net, {**own_blobs, **nan})
    assert "“fc_flickr.weight” holds 12288 values that are not finite" in text


def test_two_classifiers_are_not_guessed_between(
    short: list[Layer], blobs: Blobs, opened: Open
) -> None:
    net, own_blobs = renamed(short, blobs, {"loss3/classifier": "fc_colour"})
    net = [*net, replace(net[-1], name="fc_make", tops=("fc_make",))]
    text = refusal(opened, net, {**own_blobs, "fc_make": classifier_of(5)})
    assert "two layers may be its classifier: “fc_colour” and “fc_make”" in text
    net = [*short, replace(short[-1], name="fc_make", tops=("fc_make",))]
    assert opened(net, {"fc_make": classifier_of(5)}).variant.classes == CLASSES


def test_file_with_weights_only(layers: list[Layer], blobs: Blobs, opened: Open) -> None:
    """Written by tools: no pools, nothing of what reads what."""
    net = [
        replace(layer, bottoms=(), tops=(), settings={}) for layer in layers if layer.name in blobs
    ]
    weights = opened(net)
    assert weights.variant == replace(variants.paper(CLASSES, batch_norm=False), name="bvlc")
    assert any("weights only" in sentence for sentence in weights.warnings)
    net, own_blobs = renamed(net, blobs, {"loss3/classifier": "fc_new"})
    assert opened(net, own_blobs).heads["main"] == "trained"


def test_transposed_inner_product(short: list[Layer], blobs: Blobs, opened: Open) -> None:
    net = changed(short, "loss3/classifier", settings={"transpose": 1})
    weight, bias = blobs["loss3/classifier"]
    weights = opened(net, {"loss3/classifier": (np.ascontiguousarray(weight.T), bias)})
    expected = torch.from_numpy(weight).half().float()
    assert torch.equal(weights.state["fc.linear.weight"], expected)


def test_one_class_is_enough(short: list[Layer], opened: Open) -> None:
    one = {"loss3/classifier": classifier_of(1)}
    for old in (False, True):
        assert opened(short, one, old=old).variant.classes == 1
