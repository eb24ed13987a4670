"""Distorted photos: against PIL, scipy and torchvision, and coordinates worked out by hand."""

from __future__ import annotations

import cmath
import math
from typing import Any

import numpy as np
import oracles
import pytest
from numpy.typing import NDArray
from PIL import Image
from scipy.ndimage import gaussian_filter
from torchvision.transforms import functional as vision

import inception_viewer as iv
from inception_viewer.edit_words import edited_words, short_words
from inception_viewer.images.distortion import GREY, Source, distorted
from inception_viewer.images.edits import check
from inception_viewer.images.preprocess import prepare
from inception_viewer.questions import Pixels, Preprocessing, Scene

SQUEEZE = Preprocessing(224, 224, "squeeze")
SHORT = Preprocessing(96, 128, "short_side", 140)
NEUTRAL = iv.Distortion()


@pytest.fixture(scope="module")
def cat() -> Pixels:
    """A photo with fine hair, (300, 451, 3)."""
    return oracles.photos()[2]


def apart(one: Pixels, other: Pixels) -> NDArray[np.int16]:
    return np.abs(one.astype(np.int16) - other.astype(np.int16))


def seen(photo: Pixels, made: Preprocessing, **done: Any) -> Pixels:
    return distorted(Source(photo), iv.Distortion(**done), made).picture


# --- where it lies -------------------------------------------------------------------


@pytest.mark.parametrize("made", [SQUEEZE, SHORT])
@pytest.mark.parametrize("size", [(1, 700), (700, 1), (3, 5), (1601, 2003)])
def test_neutral_is_what_it_is_without(size: tuple[int, int], made: Preprocessing) -> None:
    photo = np.random.default_rng(1).integers(0, 256, (*size, 3), np.uint8)
    found, plain = distorted(Source(photo), NEUTRAL, made), prepare(photo, made)
    assert np.array_equal(found.picture, plain.picture)
    assert np.array_equal(found.array, plain.array)
    assert found.crop == plain.crop
    assert seen(photo, made, rotation=30).shape == (made.height, made.width, 3)


@pytest.mark.parametrize("made", [SQUEEZE, SHORT])
def test_whole_pixels_are_moved_as_they_are(cat: Pixels, made: Preprocessing) -> None:
    plain = prepare(cat, made).picture
    moved = seen(cat, made, shift_x=20 / made.width, shift_y=-7 / made.height)
    assert apart(moved[:-7, 20:], plain[7:, :-20]).max() <= 1
    assert apart(seen(cat, made, mirror=True), plain[:, ::-1]).max() <= 1
    if made is SQUEEZE:  # the whole photo was seen: what comes in is from beyond it
        assert (moved[:, :20] == GREY).all()
        assert (moved[-7:] == GREY).all()


def test_quarter_turn_goes_against_the_clock(cat: Pixels) -> None:
    plain = prepare(cat, SQUEEZE).picture
    assert apart(seen(cat, SQUEEZE, rotation=90), np.rot90(plain)).max() <= 1


def test_rotation_is_torchvisions(cat: Pixels) -> None:
    smooth = np.rint(gaussian_filter(cat.astype(float), (4, 4, 0))).astype(np.uint8)
    plain = Image.fromarray(prepare(smooth, SQUEEZE).picture)
    bilinear = vision.InterpolationMode.BILINEAR
    theirs = np.asarray(vision.rotate(plain, 33.0, bilinear, fill=GREY))
    gap = apart(seen(smooth, SQUEEZE, rotation=33), theirs)
    y, x = np.indices(gap.shape[:2]) - 111.5
    assert gap[np.hypot(x, y) < 105].max() <= 5  # where the fur is finest
    assert gap[np.hypot(x, y) < 105].mean() < 0.6


@pytest.mark.parametrize(
    "done",
    [
        {"shift_x": 0.13, "shift_y": -0.081},
        {"scale": 1.7, "crop": 0.6, "crop_x": 0.2, "crop_y": 0.9},
        {"rotation": 25.0, "scale": 0.8, "shift_x": 0.1},
        {"rotation": -70.0, "mirror": True, "crop": 0.7, "crop_x": 1.0, "shift_y": 0.05},
    ],
)
def test_every_pixel_is_of_the_place_where_it_should_be(done: dict[str, Any]) -> None:
    """On a photo whose red is x and whose green is y, colours are coordinates."""
    y, x = np.indices((200, 250))
    photo = np.stack([x, y, x], 2).astype(np.uint8)
    made = Preprocessing(100, 125, "squeeze")
    one = iv.Distortion(**done)
    found = distorted(Source(photo), one, made)
    rows, columns = np.indices((100, 125)) + 0.5
    left, top = one.crop_x * (1 - one.crop) * 125, one.crop_y * (1 - one.crop) * 100
    middle = complex(62.5, 50)
    z = columns * one.crop + left + 1j * (rows * one.crop + top)
    z = z - middle - complex(one.shift_x * 125, one.shift_y * 100)
    z = z * cmath.exp(1j * math.radians(one.rotation)) / one.scale
    z = (-z.conjugate() if one.mirror else z) + middle
    expected = np.stack([z.real * 2 - 0.5, z.imag * 2 - 0.5], 2)
    inside = (expected > 6).all(2) & (expected[..., 0] < 243) & (expected[..., 1] < 193)
    assert inside.sum() > 2000
    assert np.abs(found.picture[..., :2] - expected)[inside].max() < 1.3  # it is rounded twice
    if not one.rotation:
        ends = found.crop[0] + (columns / 125) * (found.crop[2] - found.crop[0])
        assert np.allclose(ends, z.real * 2)
        assert found.crop[1] == pytest.approx(z[0, 0].imag * 2 - one.crop / one.scale)


def test_a_crop_is_as_sharp_as_the_photo(cat: Pixels) -> None:
    found = seen(cat, Preprocessing(96, 96, "squeeze"), crop=0.25, crop_x=0.4, crop_y=0.3)
    left, top = 0.4 * 0.75 * 451, 0.3 * 0.75 * 300
    box = (left, top, left + 0.25 * 451, top + 0.25 * 300)
    whole = Image.fromarray(cat)
    bilinear = Image.Resampling.BILINEAR
    theirs = np.asarray(whole.resize((96, 96), bilinear, box=box))
    enlarged = whole.resize((96, 96), bilinear).resize(
        (96, 96), bilinear, box=(28.8, 21.6, 52.8, 45.6)
    )
    gap = apart(found, theirs).mean()
    assert gap < 1.5
    assert apart(np.asarray(enlarged), theirs).mean() > 5 * gap


def test_large_photo_is_reduced_beforehand_without_being_seen() -> None:
    astronaut = Image.fromarray(oracles.photos()[0])
    large = np.asarray(astronaut.resize((2100, 1500), Image.Resampling.BICUBIC))
    exact = apart(
        seen(large, SQUEEZE, shift_x=10 / 224)[:, 10:], prepare(large, SQUEEZE).picture[:, :-10]
    )
    assert exact.mean() < 0.5
    assert exact.max() <= 4


# --- what it looks like --------------------------------------------------------------


def test_contrast_is_torchvisions(cat: Pixels) -> None:
    plain = prepare(cat, SQUEEZE).picture
    for factor in (0.0, 0.4, 1.8):
        theirs = np.asarray(vision.adjust_contrast(Image.fromarray(plain), factor))
        assert apart(seen(cat, SQUEEZE, contrast=factor), theirs).max() <= 1


@pytest.mark.parametrize("sigma", [0.3, 2.5, 20.0])
def test_blur_is_scipys(cat: Pixels, sigma: float) -> None:
    plain = prepare(cat, SHORT).picture.astype(float)
    theirs = np.rint(gaussian_filter(plain, (sigma, sigma, 0), mode="nearest"))
    gap = apart(seen(cat, SHORT, blur=sigma), theirs.astype(np.uint8))
    assert gap.max() <= 1
    assert (gap > 0).mean() < 1e-3


def test_noise_is_drawn_from_its_seed(cat: Pixels) -> None:
    plain = prepare(cat, SHORT).picture
    drawn = np.random.default_rng(7).normal(0, 12, plain.shape)
    theirs = np.rint(np.clip(plain + drawn, 0, 255)).astype(np.uint8)
    assert apart(seen(cat, SHORT, noise=12.0, seed=7), theirs).max() <= 1
    assert apart(seen(cat, SHORT, noise=12.0, seed=8), theirs).mean() > 5


# --- what cannot be done, and what is said -------------------------------------------


@pytest.mark.parametrize(
    ("edits", "words"),
    [
        ([iv.Distortion(shift_x=math.nan)], "shift_x is from -1 to 1, not nan"),
        ([iv.Distortion(crop=0.05)], "crop is from 0.1 to 1, not 0.05"),
        ([iv.Distortion(blur="much")], "blur is from 0 to 20, not 'much'"),  # type: ignore[arg-type]
        ([iv.Distortion(mirror=1)], "mirror is True or False"),  # type: ignore[arg-type]
        ([iv.Distortion(seed=-1)], "seed is a whole number"),
        ([iv.Adversarial("deepfool")], "fgsm or pgd, not 'deepfool'"),  # type: ignore[arg-type]
        ([iv.Adversarial(epsilon=0)], "epsilon is a whole number from 1 to 64"),
        ([iv.Adversarial(head="aux3")], "one of aux1, aux2, main"),
        ([iv.Adversarial(steps=1000)], "steps is a whole number from 1 to 100"),
        ([iv.Adversarial(step=0.0)], "step is from 0.01 to 64"),
        ([iv.Brush(()), NEUTRAL], "at most one Distortion, then brushes"),
        ([iv.Adversarial(), iv.Brush(())], "then at most one Adversarial"),
        ([NEUTRAL, NEUTRAL], "at most one Distortion"),
    ],
)
def test_what_cannot_be_done_is_said_in_a_sentence(edits: list[Any], words: str) -> None:
    with pytest.raises(iv.QuestionError, match=words) as told:
        check(edits)
    assert str(told.value).endswith(".")


def test_words() -> None:
    edits = (
        iv.Distortion(rotation=-15, shift_x=-0.1, shift_y=0.25, crop=0.5, crop_x=0, blur=2),
        iv.Brush((iv.Stroke(((112.0, 112.0),), 300.0),)),
        iv.Adversarial("pgd", 1, "aux2", 12),
    )
    scene = Scene("c", "i", Preprocessing(), edits)
    assert edited_words(scene) == (
        "photo rotated 15° clockwise, shifted 10 % left and 25 % down, cropped to 50 % at 0 %, "
        "50 %, blurred 2 px, 100 % painted over, grey, PGD of aux2 within 1 level towards class 12"
    )
    assert edited_words(scene, 1).startswith("photo rotated 15° clockwise and 3 more, 100 %")
    assert edited_words(scene, 4) == edited_words(scene)
    assert short_words(scene) == "distorted, 100 % painted over, misled"
    assert edited_words(Scene("c", "i", Preprocessing())) == ""
