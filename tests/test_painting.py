"""Painting over the picture: the mask, the fills, and what the heads say of what is left."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from oracles import torchvision_activations
from PIL import Image
from torch import nn
from torchvision.transforms.functional import gaussian_blur

import inception_viewer as iv
from inception_viewer.edit_words import painted_words
from inception_viewer.images.painting import BLUR, mask, painted, share
from inception_viewer.lab import Lab
from inception_viewer.questions import Glance, Overview, PassingOverview, Scene

RNG = np.random.default_rng(5)
ZIGZAG = ((6.3, 8.1), (25.7, 12.4), (12.2, 30.9), (38.6, 33.3))
FINE = 16
"""Samples along each side of a pixel."""


def supersampled(strokes: tuple[iv.Stroke, ...], height: int, width: int) -> NDArray[np.float64]:
    """How much of each pixel is within the radius of a line, by counting points in it."""
    at = (np.arange(FINE) + 0.5) / FINE
    x = (np.arange(width)[:, None] + at).ravel()[None, :]
    y = (np.arange(height)[:, None] + at).ravel()[:, None]
    covered = np.zeros((height, width))
    for stroke in strokes:
        nearest = np.full((y.size, x.size), np.inf)
        for begin, end in zip(stroke.points, stroke.points[1:] or stroke.points, strict=False):
            # Points as complex numbers: projection on the segment, in another notation.
            z = x + 1j * y - complex(*begin)
            way = complex(*end) - complex(*begin)
            along = np.clip((z * way.conjugate()).real / (abs(way) ** 2 or 1), 0, 1)
            nearest = np.minimum(nearest, abs(z - along * way))
        inside = (nearest <= stroke.radius).astype(float)
        part = inside.reshape(height, FINE, width, FINE).mean((1, 3))
        covered = np.minimum(covered, 1 - part) if stroke.erases else np.maximum(covered, part)
    return covered


# --- the mask --------------------------------------------------------------------------------


@pytest.mark.parametrize("radius", [2.0, 5.5, 14.0])
def test_mask_is_the_share_of_each_pixel_under_the_brush(radius: float) -> None:
    line = (iv.Stroke(ZIGZAG[:2], radius),)
    gap = mask(line, 40, 48) - supersampled(line, 40, 48)
    # The edge is taken for straight, and as if it ran along rows or columns.
    assert np.abs(gap).max() < 0.11
    bent = (iv.Stroke(ZIGZAG, radius),)
    gap = mask(bent, 40, 48) - supersampled(bent, 40, 48)
    assert np.abs(gap).max() < 0.25  # in the notches, of which there are two
    assert (np.abs(gap) > 0.11).sum() <= 4
    assert abs(gap.mean()) < 0.002


def test_area_of_a_line_is_that_of_a_rectangle_and_two_half_circles() -> None:
    line = (iv.Stroke(((30.0, 40.0), (90.0, 70.0)), 11.0),)
    area = math.pi * 11**2 + 2 * 11 * math.dist((30, 40), (90, 70))
    assert mask(line, 112, 128).sum() == pytest.approx(area, rel=2e-3)
    assert share((iv.Brush(line),), 112, 128) == pytest.approx(area / (112 * 128), rel=2e-3)
    dab = (iv.Stroke(((50.2, 60.7),), 9.0),)
    assert mask(dab, 112, 128).sum() == pytest.approx(math.pi * 81, rel=3e-3)


def test_point_is_in_pixels_with_x_to_the_right_and_y_down() -> None:
    found = mask((iv.Stroke(((10.5, 3.5),), 0.5),), 8, 20)
    assert np.argwhere(found > 0.5).tolist() == [[3, 10]]
    assert found[3, 10] == 1.0


def test_erasing_takes_away_what_was_before_it_and_nothing_after() -> None:
    strokes = (
        iv.Stroke(((4.0, 20.0), (44.0, 20.0)), 8.0),
        iv.Stroke(((24.0, 4.0), (24.0, 36.0)), 5.0, True),
        iv.Stroke(((24.0, 30.0),), 4.0),
    )
    found = mask(strokes, 40, 48)
    assert np.abs(found - supersampled(strokes, 40, 48)).max() < 0.13
    assert found[20, 24] == 0
    assert found[20, 10] == found[30, 24] == 1
    assert not mask((*strokes, iv.Stroke(((24.0, 20.0),), 60.0, True)), 40, 48).any()


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.tuples(st.floats(-30, 80), st.floats(-30, 80)), min_size=1, max_size=5, unique=True
    ),
    st.floats(0.3, 40),
    st.booleans(),
)
def test_any_stroke_wherever_it_runs(
    points: list[tuple[float, float]], radius: float, erases: bool
) -> None:
    """By a plain loop over pixels and segments; what lies outside the picture does no harm."""
    whole = iv.Stroke(((20.0, 20.0),), 12.0)
    stroke = iv.Stroke(tuple(points), radius, erases)
    found, before = mask((whole, stroke), 24, 32), mask((whole,), 24, 32)
    for row, column in [(0, 0), (23, 31), (20, 20), (7, 29), (12, 3)]:
        near = min(
            _distance((column + 0.5, row + 0.5), begin, end)
            for begin, end in zip(points, points[1:] or points, strict=False)
        )
        part = min(1.0, max(0.0, radius + 0.5 - near)) * min(1.0, 2 * radius)
        old = float(before[row, column])
        expected = min(old, 1 - part) if erases else max(old, part)
        assert found[row, column] == pytest.approx(expected, abs=1e-5)


def _distance(
    at: tuple[float, float], begin: tuple[float, float], end: tuple[float, float]
) -> float:
    length = math.dist(begin, end)
    if length == 0:
        return math.dist(at, begin)
    ways = [(b - a) / length for a, b in zip(begin, end, strict=True)]
    along = sum((p - a) * w for p, a, w in zip(at, begin, ways, strict=True))
    along = min(length, max(0.0, along))
    return math.dist(at, [a + along * w for a, w in zip(begin, ways, strict=True)])


def test_mask_of_a_growing_stroke_is_that_of_the_whole() -> None:
    """Piece by piece, each from the mask before it, and at once."""
    points = tuple((float(x), 20 + 9 * math.sin(x / 5)) for x in range(2, 46, 2))
    pieces = tuple(iv.Stroke(points[i : i + 2], 5.0) for i in range(len(points) - 1))
    for count in range(1, len(pieces) + 1):
        grown = mask(pieces[:count], 40, 48)
    at_once = mask((iv.Stroke(points, 5.0),), 40, 48)
    assert np.array_equal(grown, at_once)
    with pytest.raises(ValueError, match="read-only"):
        grown[0, 0] = 1


# --- the fills -------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def small(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return np.array(Image.fromarray(picture).resize((48, 40)))


STROKES = (iv.Stroke(ZIGZAG, 5.5),)


def blended(picture: NDArray[np.uint8], fill: NDArray[np.float64]) -> NDArray[np.float64]:
    part = mask(STROKES, *picture.shape[:2]).astype(float)[..., None]
    return np.rint(picture * (1 - part) + fill * part)


def test_grey_is_128(small: NDArray[np.uint8]) -> None:
    found = painted(small, (iv.Brush(STROKES),))
    assert np.array_equal(found, blended(small, np.full(small.shape, 128.0)))
    assert found.dtype == np.uint8


def test_mean_is_the_mean_colour_of_what_is_left(small: NDArray[np.uint8]) -> None:
    left = 1 - mask(STROKES, 40, 48).astype(float)
    colour = [
        sum(left[r, c] * small[r, c, i] for r in range(40) for c in range(48)) / left.sum()
        for i in range(3)
    ]
    found = painted(small, (iv.Brush(STROKES, "mean"),))
    assert np.abs(found - blended(small, np.array(colour)[None, None])).max() <= 1
    every = painted(small, (iv.Brush((iv.Stroke(((20.0, 20.0),), 90.0),), "mean"),))
    assert np.abs(every - small.mean((0, 1))).max() <= 0.5


def test_blur_is_torchvisions_gaussian(small: NDArray[np.uint8]) -> None:
    sigma = BLUR * 40
    reach = math.ceil(4 * sigma)
    padded = np.pad(small, ((reach, reach), (reach, reach), (0, 0)), "edge").astype(float)
    tensor = torch.tensor(padded).permute(2, 0, 1)
    blurred = gaussian_blur(tensor, [2 * reach + 1] * 2, [sigma] * 2)
    inner = blurred[:, reach:-reach, reach:-reach].permute(1, 2, 0).numpy()
    found = painted(small, (iv.Brush(STROKES, "blur"),))
    assert np.abs(found - blended(small, inner)).max() <= 1


def test_inpainting_equals_relaxation_to_the_mean_of_the_neighbours(
    small: NDArray[np.uint8],
) -> None:
    """Jacobi's method, whose fixed point is the solution of the equations."""
    gone = mask(STROKES, 40, 48) > 0
    values = np.where(gone[..., None], 100.0, small.astype(float))
    weights = np.array([[1.0, 2.0, 1.0], [2.0, 0.0, 2.0], [1.0, 2.0, 1.0]])
    there = np.pad(np.ones((40, 48)), 1)
    for _ in range(3000):
        padded = np.pad(values, ((1, 1), (1, 1), (0, 0)))
        total, count = np.zeros_like(values), np.zeros((40, 48))
        for row in range(3):
            for column in range(3):
                part = slice(row, row + 40), slice(column, column + 48)
                total += weights[row, column] * padded[part]
                count += weights[row, column] * there[part]
        values[gone] = (total / count[..., None])[gone]
    found = painted(small, (iv.Brush(STROKES, "inpaint"),))
    assert np.abs(found - blended(small, values)).max() <= 1


def test_inpainting_continues_a_slope() -> None:
    slope = np.broadcast_to((np.arange(48) * 4 + 20)[None, :, None], (40, 48, 3)).astype(np.uint8)
    found = painted(slope, (iv.Brush((iv.Stroke(((22.0, 20.0),), 9.0),), "inpaint"),))
    assert np.abs(found.astype(int) - slope).max() <= 1


def test_brushes_paint_one_after_the_other(small: NDArray[np.uint8]) -> None:
    first, second = iv.Brush(STROKES), iv.Brush((iv.Stroke(((20.0, 20.0),), 8.0),), "blur")
    both = painted(small, (first, second))
    assert np.array_equal(both, painted(painted(small, (first,)), (second,)))
    assert not np.array_equal(both, painted(small, (second, first)))
    union = 1 - (1 - mask(first.strokes, 40, 48)) * (1 - mask(second.strokes, 40, 48))
    assert share((first, second), 40, 48) == pytest.approx(union.mean(), abs=1e-6)


@pytest.mark.parametrize(
    ("edit", "words"),
    [
        ("grey", "An edit is a Brush"),
        (iv.Brush(STROKES, "pink"), "fills with grey, mean, blur, inpaint, not with “pink”"),  # type: ignore[arg-type]
        (iv.Brush(list(STROKES)), "a tuple"),  # type: ignore[arg-type]
        (iv.Brush(("here",)), "has strokes"),  # type: ignore[arg-type]
        (iv.Brush((iv.Stroke((), 3.0),)), "at least one point"),
        (iv.Brush((iv.Stroke(([1, 2],), 3.0),)), "a tuple"),  # type: ignore[arg-type]
        (iv.Brush((iv.Stroke(((1.0, 2.0),), 0.0),)), "radius above zero"),
        (iv.Brush((iv.Stroke(((1.0, math.nan),), 3.0),)), "finite"),
    ],
)
def test_edits_that_cannot_be_painted(small: NDArray[np.uint8], edit: object, words: str) -> None:
    with pytest.raises(iv.QuestionError, match=words):
        painted(small, (edit,))  # type: ignore[arg-type]


# --- what the heads say ----------------------------------------------------------------------


@pytest.fixture(scope="module")
def net(checkpoint: Path) -> iv.Network:
    return iv.load(checkpoint)


@pytest.fixture(scope="module")
def seen(net: iv.Network, picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """What the network sees, so that it is not resized any more."""
    return net.trace(picture).picture.copy()


BRUSH = iv.Brush((iv.Stroke(((112.0, 90.0),), 60.0),))


def painted_by_hand(
    seen: NDArray[np.uint8], x: float = 112, y: float = 90, radius: float = 60
) -> NDArray[np.uint8]:
    """A grey disc, from the distance of each pixel's middle to its own."""
    made = seen.astype(float)
    for row, column in np.ndindex(seen.shape[:2]):
        part = min(1.0, max(0.0, radius + 0.5 - math.hypot(column + 0.5 - x, row + 0.5 - y)))
        made[row, column] += part * (128 - made[row, column])
    return np.rint(made).astype(np.uint8)


def test_heads_say_of_a_painted_photo_what_torchvision_says_of_one_painted_by_hand(
    net: iv.Network, peer: nn.Module, picture: NDArray[np.uint8], seen: NDArray[np.uint8]
) -> None:
    found = net.trace(picture, edits=[BRUSH])
    by_hand = painted_by_hand(seen)
    assert np.array_equal(found.picture, by_hand)
    x = torch.tensor(by_hand / 255, dtype=torch.float32).permute(2, 0, 1)
    mean, std = (
        torch.tensor(v).view(3, 1, 1) for v in (net.preprocessing.mean, net.preprocessing.std)
    )
    x = (x - mean) / std
    assert np.abs(found.input - x.numpy()).max() < 1e-5
    with torch.no_grad():
        theirs = torchvision_activations(peer, x[None])
    untouched = net.trace(picture)
    for head, unit in (("aux1", "aux1/fc2"), ("aux2", "aux2/fc2"), ("main", "fc")):
        expected = theirs[unit][0].numpy()
        bound = 1e-4 * np.abs(expected).max()
        assert np.abs(found.logits[head] - expected).max() < bound
        assert np.abs(untouched.logits[head] - expected).max() > 100 * bound
    assert untouched.crop == found.crop


def test_attribution_explains_the_painted_picture(
    net: iv.Network, picture: NDArray[np.uint8], seen: NDArray[np.uint8]
) -> None:
    asked = {"method": "saliency", "target": 4}
    found = iv.attribute(net, picture, edits=(BRUSH,), **asked)  # type: ignore[arg-type]
    by_hand = iv.attribute(net, painted_by_hand(seen), preprocessing=_as_it_is(net), **asked)  # type: ignore[arg-type]
    assert np.abs(found.raw - by_hand.raw).max() < 1e-5 * np.abs(by_hand.raw).max()
    assert found.question.scene.edits == (BRUSH,)
    assert painted_words(found.question.scene) == "23 % painted over, grey"


def _as_it_is(net: iv.Network) -> iv.Preprocessing:
    return replace(net.preprocessing, resize="squeeze")


def test_another_photo_as_a_baseline_is_not_painted(
    net: iv.Network, picture: NDArray[np.uint8], seen: NDArray[np.uint8]
) -> None:
    """From the painted to the untouched picture, the path runs under the paint only."""
    found = iv.attribute(
        net, picture, edits=(BRUSH,), steps=2, adapt="off", baseline=picture, target=3
    )
    outside = mask(BRUSH.strokes, 224, 224) == 0
    assert not found.raw[:, outside].any()
    assert found.raw.any()


def test_grades_are_of_the_painted_picture(net: iv.Network, picture: NDArray[np.uint8]) -> None:
    small = iv.Preprocessing(64, 64, "squeeze")
    brush = iv.Brush((iv.Stroke(((30.0, 25.0),), 17.0),))

    def graded(image: NDArray[np.uint8], edits: tuple[iv.Brush, ...] = ()) -> float:
        asked = {"method": "saliency", "measure": "deletion", "target": 4}
        return iv.grade(net, image, edits=edits, preprocessing=small, **asked).value  # type: ignore[arg-type]

    seen = net.trace(picture, preprocessing=small).picture
    by_hand = painted_by_hand(seen, 30, 25, 17)
    found = graded(picture, (brush,))
    assert found == pytest.approx(graded(by_hand), abs=1e-5)
    assert found != pytest.approx(graded(picture), abs=1e-5)


def test_bad_edits_are_refused_before_anything_is_opened(
    net: iv.Network, picture: NDArray[np.uint8]
) -> None:
    with pytest.raises(iv.QuestionError, match="radius above zero"):
        net.trace(picture, edits=[iv.Brush((iv.Stroke(((1.0, 1.0),), -2.0),))])
    assert not net._lab._photos


# --- what is kept ----------------------------------------------------------------------------


class Idle:
    """Progress that nobody watches."""

    lane = "live"

    def __call__(self, fraction: float, answer: object = None, text: str = "") -> None:
        """Nothing to do."""

    def notice(self, notice: object) -> None:
        """Nothing to do."""


def test_of_a_passing_overview_nothing_is_kept_and_its_numbers_are_the_overviews(
    checkpoint: Path, picture: NDArray[np.uint8]
) -> None:
    from inception_viewer.analysis import answer
    from inception_viewer.images.decode import from_array

    lab = Lab()
    info = lab.open_checkpoint(checkpoint)
    photo = lab.add_image(from_array(picture))
    scene = Scene(info.fingerprint, photo.id, info.preprocessing, (BRUSH,))
    passing = answer(PassingOverview(scene, "inception4a"), lab, Idle())
    assert lab._traces.bytes == 0
    assert not PassingOverview.cached
    whole = answer(Overview(scene, "inception4a"), lab, Idle())
    kept = lab._traces.bytes
    assert kept > 0
    assert np.array_equal(passing.picture, whole.picture)
    logits = passing.predictions.logits["main"]
    assert np.array_equal(logits, whole.predictions.logits["main"])
    assert passing.scene == whole.scene == scene
    # What the photo says by itself is another answer.
    plain = answer(Glance(replace(scene, edits=())), lab, Idle())
    assert not np.array_equal(plain.logits["main"], logits)


MIDDLE = ((112.0, 112.0),)


@pytest.mark.parametrize(
    ("edits", "words"),
    [
        ((), ""),
        ((iv.Brush((iv.Stroke(MIDDLE, 300.0),), "mean"),), "100 % painted over, mean colour"),
        ((iv.Brush((iv.Stroke(MIDDLE, 3.0),), "blur"),), "under 1 % painted over, blurred"),
        (
            (BRUSH, iv.Brush((iv.Stroke(((10.0, 10.0),), 9.0),), "inpaint")),
            "23 % painted over, grey, inpainted",
        ),
    ],
)  # fmt: skip
def test_words(edits: tuple[iv.Brush, ...], words: str) -> None:
    assert painted_words(Scene("c", "i", iv.Preprocessing(), edits)) == words
