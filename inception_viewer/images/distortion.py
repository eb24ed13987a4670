"""A photo moved, turned, enlarged, dimmed and blurred on its way to the network's picture.

Pixel (row, column) of a picture covers ``[column, column + 1)`` along x and ``[row, row + 1)``
along y. Nothing here imports torch.
"""

from __future__ import annotations

import math
from functools import lru_cache
from numbers import Integral, Real

import numpy as np
from PIL import Image

from inception_viewer.edit_questions import Distortion
from inception_viewer.errors import QuestionError
from inception_viewer.moved_strokes import Motion, motion
from inception_viewer.questions import Floats, Pixels, Preprocessing

from .preprocess import Box, Prepared, normalise, prepare

GREY = 128
"""What lies beyond the photo, in every channel."""
GAP = 3
"""Pixels of a photo that was reduced beforehand to one of the picture, at least."""
MARGIN = 3
"""Pixels around what is seen that the interpolation may look at."""
LUMA = (0.299, 0.587, 0.114)
"""A colour's grey, as PIL has it (ITU-R BT.601)."""
BOUNDS: dict[str, tuple[float, float]] = {
    "shift_x": (-1, 1),
    "shift_y": (-1, 1),
    "rotation": (-180, 180),
    "scale": (0.25, 4),
    "crop": (0.1, 1),
    "crop_x": (0, 1),
    "crop_y": (0, 1),
    "contrast": (0, 2),
    "blur": (0, 20),
    "noise": (0, 128),
}


class Source:
    """A photo, ready to be looked at from anywhere at any size.

    It is also kept at halves of its size, so that a slider over a photo of many megapixels
    need not go through all of them again.

    Parameters
    ----------
    pixels
        RGB uint8 (height, width, 3), upright.
    """

    def __init__(self, pixels: Pixels) -> None:
        self.pixels = pixels
        self._levels = [Image.fromarray(np.ascontiguousarray(pixels))]

    @property
    def nbytes(self) -> int:
        """Bytes that it may come to: PIL takes four a pixel, and all halves a third more."""
        return int(np.prod(self.pixels.shape[:2])) * 4 * 4 // 3

    def reduced(self, by: float) -> tuple[Image.Image, int]:
        """Return the photo at the largest power of two not above ``by``, and that power."""
        level = max(0, math.floor(math.log2(max(1.0, by))))
        while len(self._levels) <= level:
            self._levels.append(self._levels[-1].reduce(2))
        return self._levels[level], 1 << level


def distorted(
    source: Source,
    distortion: Distortion,
    preprocessing: Preprocessing,
    before: Prepared | None = None,
) -> Prepared:
    """Return a distorted photo as a network receives it.

    Parameters
    ----------
    source
        The photo.
    distortion
        What is done. A neutral one gives exactly what :func:`~.preprocess.prepare` does.
    preprocessing
        How the photo becomes the input.
    before
        What ``prepare`` makes of the photo, if it is known already.

    Returns
    -------
    Prepared
        Its ``crop`` is the upright box around what is seen of the photo, in the photo's pixels;
        unless the photo was turned or mirrored it is what is seen.

    Raises
    ------
    QuestionError
        If a value is out of range.
    """
    check(distortion)
    found = before or prepare(source.pixels, preprocessing)
    picture, crop = found.picture, found.crop
    moves = motion(distortion, preprocessing.height, preprocessing.width)
    if moves != motion(Distortion(), preprocessing.height, preprocessing.width):
        picture = _moved(source, crop, moves, preprocessing)
        crop = _box(crop, moves, preprocessing)
    picture = _shaded(picture, distortion)
    if picture is found.picture:
        return found
    picture.setflags(write=False)
    return Prepared(picture, crop, normalise(picture, preprocessing))


def check(distortion: Distortion) -> None:
    """Make sure that a photo can be distorted so.

    Raises
    ------
    QuestionError
        In one sentence, if not.
    """
    for name, (low, high) in BOUNDS.items():
        value = getattr(distortion, name)
        if not fits(value, low, high):
            raise QuestionError(
                f"A distortion's {name} is from {low:g} to {high:g}, not {value!r}."
            )
    if not isinstance(distortion.mirror, bool):
        raise QuestionError(f"A distortion's mirror is True or False, not {distortion.mirror!r}.")
    if not fits(distortion.seed, 0, 2**63, whole=True):
        raise QuestionError(
            f"A distortion's seed is a whole number from 0 on, not {distortion.seed!r}."
        )


def fits(value: object, low: float, high: float, *, whole: bool = False) -> bool:
    """Whether it is a number from ``low`` to ``high``, be it Python's or numpy's."""
    if isinstance(value, bool) or not isinstance(value, Integral if whole else Real):
        return False
    return low <= float(value) <= high


# --- where it lies -------------------------------------------------------------------


def _box(crop: Box, moves: Motion, made: Preprocessing) -> Box:
    """Return the upright box around what is seen, on the photo."""
    back = moves.back()
    wide, high = made.width, made.height
    corners = [back.at(one) for one in ((0, 0), (wide, 0), (0, high), (wide, high))]
    per_x, per_y = (crop[2] - crop[0]) / wide, (crop[3] - crop[1]) / high
    x = [crop[0] + per_x * corner[0] for corner in corners]
    y = [crop[1] + per_y * corner[1] for corner in corners]
    return min(x), min(y), max(x), max(y)


def _moved(source: Source, crop: Box, moves: Motion, made: Preprocessing) -> Pixels:
    """Return the picture after a motion, sampled from the photo itself.

    First the part of the photo that is seen is resized, as for the picture that nobody moved,
    to the size at which it is seen; then it is put in its place, by cubic interpolation between
    its pixels.
    """
    height, width = source.pixels.shape[:2]
    # Pixels of the photo to one of the picture that nobody moved.
    per_x, per_y = (crop[2] - crop[0]) / made.width, (crop[3] - crop[1]) / made.height
    size = (
        max(1, round(width / per_x * moves.size)),
        max(1, round(height / per_y * moves.size)),
    )
    x, y = size[0] / width, size[1] / height
    box = _box(crop, moves, made)
    left, right = _span(box[0] * x, box[2] * x, size[0])
    top, bottom = _span(box[1] * y, box[3] * y, size[1])
    if right <= left or bottom <= top:
        return np.full((made.height, made.width, 3), GREY, np.uint8)
    part = _resized(source, size, (left, top, right, bottom))
    # From the result to the picture before, to the photo, to the resized one, to the canvas.
    back = moves.back()
    row = (back.a * per_x * x, back.b * per_x * x, (back.c * per_x + crop[0]) * x - left + MARGIN)
    column = (back.d * per_y * y, back.e * per_y * y, (back.f * per_y + crop[1]) * y - top + MARGIN)
    return _put(part, (*row, *column), made)


def _put(part: Image.Image, way: tuple[float, ...], made: Preprocessing) -> Pixels:
    """Return the picture whose points ``way`` takes into a part of a photo, grey around it."""
    canvas = Image.new("RGB", (part.width + 2 * MARGIN, part.height + 2 * MARGIN), (GREY,) * 3)
    canvas.paste(part, (MARGIN, MARGIN))
    put = Image.Transform.AFFINE, way, Image.Resampling.BICUBIC
    # Of whole numbers PIL cuts the fractions off, which darkens by half a level.
    channels = [
        np.asarray(channel.convert("F").transform((made.width, made.height), *put, fillcolor=GREY))
        for channel in canvas.split()
    ]
    found: Pixels = np.rint(np.clip(np.stack(channels, 2), 0, 255)).astype(np.uint8)
    return found


def _span(begin: float, end: float, size: int) -> tuple[int, int]:
    """Return the first of the pixels that a stretch of them needs, and the one after the last."""
    return max(0, math.floor(begin) - MARGIN), min(size, math.ceil(end) + MARGIN)


def _resized(source: Source, size: tuple[int, int], part: tuple[int, int, int, int]) -> Image.Image:
    """Return a part of the photo that is resized to (width, height), in its pixels then."""
    height, width = source.pixels.shape[:2]
    x, y = width / size[0], height / size[1]
    level, by = source.reduced(min(x, y) / GAP)
    box = (
        *(part[0] * x / by, part[1] * y / by),
        *(min(part[2] * x, width) / by, min(part[3] * y, height) / by),
    )
    wanted = part[2] - part[0], part[3] - part[1]
    return level.resize(wanted, Image.Resampling.BILINEAR, box=box)


# --- what it looks like --------------------------------------------------------------


def _shaded(picture: Pixels, distortion: Distortion) -> Pixels:
    """Return a picture with its contrast changed, then blurred, then with noise.

    It is cut off at 0 and 255 after the contrast and at the end, and rounded at the end.
    """
    if (distortion.contrast, distortion.blur, distortion.noise) == (1, 0, 0):
        return picture
    values = picture.astype(np.float32)
    if distortion.contrast != 1:
        grey = np.float32(values.mean((0, 1), np.float64) @ LUMA)
        values = np.clip(grey + np.float32(distortion.contrast) * (values - grey), 0, 255)
    if distortion.blur:
        values = _blurred(values, float(distortion.blur))
    if distortion.noise:
        drawn = np.random.default_rng(distortion.seed).standard_normal(values.shape)
        values = values + np.float32(distortion.noise) * drawn.astype(np.float32)
    shaded: Pixels = np.rint(np.clip(values, 0, 255)).astype(np.uint8)
    return shaded


def _blurred(values: Floats, sigma: float) -> Floats:
    """Return a picture (height, width, 3) under a Gaussian; its edge goes on beyond it.

    Two products of matrices are what a filter's taps come to, several times faster.
    """
    height, width, _ = values.shape
    down = gaussian(height, sigma) @ values.reshape(height, -1)
    across = gaussian(width, sigma)
    blurred: Floats = np.matmul(across, down.reshape(height, width, 3))
    return blurred


@lru_cache(maxsize=4)
def gaussian(length: int, sigma: float) -> Floats:
    """Return the matrix (length, length) that blurs a column, cut off at 4 ``sigma``.

    What lies beyond either end is like the end.
    """
    reach = int(4 * sigma + 0.5)
    away = np.arange(-reach, reach + 1)
    weights = np.exp(-0.5 * (away / sigma) ** 2)
    rows = np.arange(length)[:, None]
    columns = np.clip(rows + away, 0, length - 1)
    matrix = np.zeros((length, length))
    np.add.at(matrix, (np.broadcast_to(rows, columns.shape), columns), weights / weights.sum())
    return matrix.astype(np.float32)
