"""An input as it is typed, and the arithmetic between conventions; the formula is the oracle."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
import torch
from torchvision.models import GoogLeNet

from inception_viewer.checkpoints.inputs import KNOWN, adapted, convention
from inception_viewer.questions import Preprocessing
from inception_viewer.ui.input.draft import (
    BY_HAND,
    CHOICES,
    OWN,
    Fields,
    choice_of,
    chosen,
    fields_of,
    read,
)
from inception_viewer.verdict_questions import Convention

OWN_INPUT = convention(Preprocessing(), transform_input=True)
"""As torchvision's own file has it."""


def received(made: Preprocessing, transform_input: bool, value: int) -> torch.Tensor:
    """What conv1 receives for a grey of that value; the flag is torchvision's own code."""
    x = (value * made.scale - torch.tensor(made.mean)) / torch.tensor(made.std)
    net = GoogLeNet(num_classes=2, aux_logits=False, transform_input=transform_input,
                    init_weights=False)  # fmt: skip
    return net._transform_input(x.view(1, 3, 1, 1)).flatten()


def fields(**changes: object) -> Fields:
    return replace(fields_of(OWN_INPUT), **changes)


# --- the arithmetic ---------------------------------------------------------------------


@pytest.mark.parametrize("wanted", KNOWN, ids=lambda one: one.name[:12])
@pytest.mark.parametrize("wants_flag", [False, True])
@pytest.mark.parametrize("has_flag", [False, True])
def test_a_network_receives_what_was_wanted_whatever_its_flag(
    wanted: Convention, wants_flag: bool, has_flag: bool
) -> None:
    wanted = replace(wanted, transform_input=wants_flag)
    made = adapted(wanted, has_flag)
    for value in (0, 100, 255):
        right = received(wanted.preprocessing, wants_flag, value)
        torch.testing.assert_close(received(made, has_flag, value), right, atol=2e-4, rtol=1e-5)


def test_the_window_may_import_the_arithmetic_without_torch() -> None:
    code = (
        "import sys, inception_viewer.ui.input.draft, inception_viewer.checkpoint_questions; "
        "sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


# --- what is typed ----------------------------------------------------------------------


def test_what_is_not_touched_keeps_all_its_digits() -> None:
    odd = Preprocessing(mean=(1 / 3, 2 / 7, 0.1), std=(0.123456789123, 0.2, 0.3), scale=1 / 254)
    base = convention(odd, transform_input=False)
    assert read(fields_of(base), base, 15).convention == base
    edited = read(replace(fields_of(base), width="200"), base, 15).convention
    assert edited is not None
    assert edited.preprocessing == replace(odd, width=200)


@pytest.mark.parametrize(
    ("text", "value"),
    [("1/255", 1 / 255), (" 0.25 ", 0.25), ("0,25", 0.25), ("2.5e-1", 0.25), ("3 / 4", 0.75)],
)
def test_numbers_may_be_written_in_many_ways(text: str, value: float) -> None:
    made = read(fields(scale=text), OWN_INPUT, 15).convention
    assert made is not None
    assert made.preprocessing.scale == pytest.approx(value, rel=1e-15)


@pytest.mark.parametrize(
    ("name", "field", "text", "words"),
    [
        ("std", "std", ("0.2", "0", "0.2"), "above 0"),
        ("std", "std", ("-1", "1", "1"), "above 0"),
        ("std", "std", ("0.2", "", "0.2"), "missing"),
        ("std", "std", ("1e-9", "1", "1"), "too small"),
        ("mean", "mean", ("nan", "0", "0"), "finite"),
        ("mean", "mean", ("inf", "0", "0"), "finite"),
        ("mean", "mean", ("0", "0", "1e7"), "too large"),
        ("mean", "mean", ("0", "two", "0"), "“two” is no number"),
        ("scale", "scale", "0", "above 0"),
        ("scale", "scale", "1/0", "divides by 0"),
        ("scale", "scale", "1/2/3", "no number"),
        ("size", "height", "14", "at least 15 pixels"),
        ("size", "width", "1025", "At most 1,024"),
        ("size", "width", "22.5", "whole numbers"),
        ("size", "width", "1e400", "finite"),
        ("short_side", "short_side", "0", "at least 1 pixel a"),
        ("short_side", "short_side", "5000", "At most 4,096"),
    ],
)
def test_each_field_says_what_is_wrong_with_it(
    name: str, field: str, text: object, words: str
) -> None:
    draft = read(fields(**{field: text}), OWN_INPUT, 15)
    assert draft.convention is None
    assert list(draft.errors) == [name]
    assert words in draft.errors[name]


def test_several_wrong_fields_are_all_named() -> None:
    draft = read(fields(scale="x", std=("0", "1", "1"), height="9"), OWN_INPUT, 15)
    assert set(draft.errors) == {"scale", "std", "size"}


def test_the_shorter_side_does_not_matter_where_photos_are_squeezed() -> None:
    draft = read(fields(resize="squeeze", short_side="nonsense"), OWN_INPUT, 15)
    assert draft.convention is not None
    assert draft.convention.preprocessing.resize == "squeeze"


def test_a_crop_larger_than_the_photo_is_said() -> None:
    assert "black" in read(fields(short_side="100"), OWN_INPUT, 15).notes["short_side"]
    assert not read(fields(short_side="224"), OWN_INPUT, 15).notes


# --- named conventions ------------------------------------------------------------------


def test_every_known_convention_can_be_chosen_and_is_known_again() -> None:
    ids = [value for value, _ in CHOICES]
    assert ids == [OWN, *map(str, range(len(KNOWN))), "samples", BY_HAND]
    cut = Preprocessing(height=160, width=192, resize="squeeze", short_side=180)
    for place, known in enumerate(KNOWN):
        made = chosen(str(place), OWN_INPUT, cut)
        p = made.preprocessing
        assert (p.height, p.width, p.resize, p.short_side) == (160, 192, "squeeze", 180)
        assert (p.channels, p.scale, p.mean, p.std) == (
            known.preprocessing.channels,
            known.preprocessing.scale,
            known.preprocessing.mean,
            known.preprocessing.std,
        )
        assert not made.transform_input
        assert choice_of(made, OWN_INPUT) == str(place)


def test_the_own_input_by_another_name_keeps_the_name_that_was_chosen() -> None:
    own = convention(Preprocessing(), transform_input=False)
    assert choice_of(own, own) == OWN
    assert choice_of(own, own, now="0") == "0"  # ImageNet's, which it is
    assert choice_of(own, own, now="1") == OWN  # -1 to 1, which it is not
    by_hand = replace(own, preprocessing=Preprocessing(mean=(0.4, 0.4, 0.4)))
    assert choice_of(by_hand, own, now="0") == BY_HAND


def test_imagenets_numbers_with_the_flag_are_minus_one_to_one() -> None:
    own = convention(Preprocessing(scale=0.5), transform_input=False)
    assert choice_of(replace(own, preprocessing=Preprocessing(), transform_input=True), own) == "1"
    at = received(Preprocessing(), True, 255)
    np.testing.assert_allclose(at, 1, atol=1e-5)
