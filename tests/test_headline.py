"""The sentence over the window, from numbers made for the purpose."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import ui_data

from inception_viewer.headline import UNKNOWN_BELOW, headline, percent
from inception_viewer.questions import CheckpointInfo, HeadState, Predictions

CLASSES = ("cup", "ewer", "lamp", "pagoda", "anchor")
TRAINED: dict[str, HeadState] = {"aux1": "trained", "aux2": "trained", "main": "trained"}


@pytest.fixture
def info() -> CheckpointInfo:
    return replace(
        ui_data.checkpoint_info(), name="demo", classes=CLASSES, heads=TRAINED, metadata={}
    )


def said(
    best: dict[str, tuple[str, float]], heads: dict[str, HeadState] | None = None
) -> Predictions:
    """Heads that give their best class that probability and share the rest evenly."""
    probabilities = {}
    for head, (name, share) in best.items():
        values = np.full(len(CLASSES), (1 - share) / (len(CLASSES) - 1), np.float32)
        values[CLASSES.index(name)] = share
        probabilities[head] = values
    logits = {head: np.log(values) for head, values in probabilities.items()}
    return Predictions(CLASSES, logits, probabilities, heads or TRAINED)


def test_heads_that_agree(info: CheckpointInfo) -> None:
    heads = said({"aux1": ("cup", 0.6), "aux2": ("cup", 0.8), "main": ("cup", 0.97)})
    assert headline(heads, info) == "cup, 97 %; aux1 already said cup."


def test_heads_that_find_it_on_the_way(info: CheckpointInfo) -> None:
    heads = said({"aux1": ("lamp", 0.6), "aux2": ("cup", 0.8), "main": ("cup", 0.97)})
    assert headline(heads, info) == "cup, 97 %; aux1 said lamp, aux2 already said cup."
    heads = said({"aux1": ("cup", 0.6), "aux2": ("lamp", 0.8), "main": ("cup", 0.97)})
    assert headline(heads, info) == "cup, 97 %; aux1 already said cup, but aux2 lamp."


def test_heads_that_disagree_with_main(info: CheckpointInfo) -> None:
    heads = said({"aux1": ("ewer", 0.6), "aux2": ("ewer", 0.8), "main": ("cup", 0.97)})
    expected = "cup, 97 %; aux1 and aux2 both disagree with main: ewer against cup."
    assert headline(heads, info) == expected
    heads = said({"aux1": ("ewer", 0.6), "aux2": ("lamp", 0.8), "main": ("cup", 0.97)})
    expected = "cup, 97 %; all three heads disagree: aux1 ewer, aux2 lamp, main cup."
    assert headline(heads, info) == expected


def test_single_auxiliary_head(info: CheckpointInfo) -> None:
    states: dict[str, HeadState] = {"aux1": "trained", "aux2": "absent", "main": "trained"}
    heads = said({"aux1": ("ewer", 0.6), "main": ("cup", 0.97)}, states)
    assert headline(heads, info) == "cup, 97 %; aux1 and main disagree: ewer against cup."


def test_heads_that_were_never_trained_are_not_quoted(info: CheckpointInfo) -> None:
    states: dict[str, HeadState] = {"aux1": "untrained", "aux2": "untrained", "main": "trained"}
    heads = said({"aux1": ("ewer", 0.6), "aux2": ("lamp", 0.8), "main": ("cup", 0.97)}, states)
    assert headline(heads, info) == "cup, 97 %."
    states["main"] = "untrained"
    heads = said({"main": ("cup", 0.97)}, states)
    assert headline(heads, info) == "The demo was never trained: its answers mean nothing."


def test_runner_up_is_named_when_it_is_unsure(info: CheckpointInfo) -> None:
    values = np.array([0.45, 0.35, 0.1, 0.05, 0.05], np.float32)
    predictions = Predictions(CLASSES, {"main": np.log(values)}, {"main": values}, TRAINED)
    assert headline(predictions, info) == "cup, 45 % (or ewer, 35 %)."


@pytest.mark.parametrize(("share", "unknown"), [(UNKNOWN_BELOW - 0.01, True), (0.26, False)])
def test_photo_outside_the_classes(info: CheckpointInfo, share: float, unknown: bool) -> None:
    sentence = headline(said({"main": ("cup", share)}), info)
    expected = "The demo knows 5 classes and this is probably none of them."
    assert (sentence == expected) is unknown
    assert ("cup" in sentence) is not unknown


def test_checkpoint_may_bring_its_own_bound(info: CheckpointInfo) -> None:
    own = replace(info, name="mine.pth", metadata={"unknown_below": "0.5"})
    expected = "mine.pth knows 5 classes and this is probably none of them."
    assert headline(said({"main": ("cup", 0.49)}), own) == expected
    assert headline(said({"main": ("cup", 0.51)}), own).startswith("cup, 51 %")
    broken = replace(info, metadata={"unknown_below": "much"})
    assert headline(said({"main": ("cup", 0.3)}), broken).startswith("cup, 30 %")


def test_network_of_one_class(info: CheckpointInfo) -> None:
    one = np.ones(1, np.float32)
    predictions = Predictions(("cup",), {"main": one}, {"main": one}, TRAINED)
    assert headline(predictions, info) == "cup, over 99 %."


@pytest.mark.parametrize(
    ("share", "words"),
    [(0.994, "99 %"), (0.9951, "over 99 %"), (1.0, "over 99 %"), (0.004, "under 1 %")],
)
def test_shares_do_not_claim_certainty(share: float, words: str) -> None:
    assert percent(share) == words
