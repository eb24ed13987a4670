"""From a photo's pixels to a network's input, as torchvision does it on PIL images."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from numbers import Integral, Real
from typing import Any

import numpy as np
from PIL import Image

from inception_viewer.errors import ImageError, QuestionError
from inception_viewer.questions import Floats, Pixels, Preprocessing

BOX_FROM = 4_000_000
"""Pixels of a resized photo from which only the crop is computed (see ``_short_side``)."""

LARGEST = 4096
"""Pixels of an input's side, as in checkpoints."""

Box = tuple[float, float, float, float]


@dataclass(frozen=True, eq=False)
class Prepared:
    """A photo as a network receives it.

    Attributes
    ----------
    picture
        RGB uint8 (height, width, 3): what the network sees, before scale, mean and
        standard deviation, whatever order of channels it reads.
    crop
        (left, top, right, bottom) of the picture on the photo, in the photo's pixels.
        It reaches beyond the photo where the picture was padded.
    array
        float32 (3, height, width): scaled, mean subtracted, divided by the standard
        deviation, channels in the network's order.
    """

    picture: Pixels = field(repr=False)
    crop: Box
    array: Floats = field(repr=False)


def prepare(pixels: Pixels, preprocessing: Preprocessing) -> Prepared:
    """Resize, crop and normalise a photo.

    Equals torchvision's ``Resize(antialias=True)``, ``CenterCrop``, ``ToTensor`` and
    ``Normalize`` on a PIL image for ``"short_side"``, and PIL's bilinear ``resize``
    for ``"squeeze"``: exactly, but for photos so long and narrow that the resized one
    would be over 4 megapixels, where it is within one grey level.

    Parameters
    ----------
    pixels
        RGB uint8 (height, width, 3), any size.
    preprocessing
        What to do.

    Raises
    ------
    ImageError
        If ``pixels`` is not uint8 (height, width, 3), or has no pixels.
    """
    if pixels.dtype != np.uint8 or pixels.ndim != 3 or pixels.shape[2] != 3 or not pixels.size:
        raise ImageError(f"A photo must be uint8 height x width x 3, not {pixels.shape}.")
    image = Image.fromarray(np.ascontiguousarray(pixels))
    if preprocessing.resize == "squeeze":
        size = (preprocessing.width, preprocessing.height)
        picture = image.resize(size, Image.Resampling.BILINEAR)
        crop: Box = (0.0, 0.0, float(image.width), float(image.height))
    else:
        picture, crop = _short_side(image, preprocessing)
    seen = np.asarray(picture)
    seen.setflags(write=False)
    return Prepared(seen, crop, normalise(seen, preprocessing))


def check(preprocessing: Preprocessing) -> None:
    """Make sure that photos can be prepared so.

    Raises
    ------
    QuestionError
        In one sentence, if not.
    """
    made = preprocessing
    for name in ("height", "width", "short_side"):
        if not _whole(side := getattr(made, name), 1, LARGEST):
            raise QuestionError(
                f"A preprocessing's {name} is a whole number from 1 to {LARGEST:,}, not {side!r}."
            )
    if made.resize not in ("squeeze", "short_side"):
        raise QuestionError(f"Photos are resized by squeeze or short_side, not {made.resize!r}.")
    if made.channels not in ("RGB", "BGR"):
        raise QuestionError(f"Channels come as RGB or BGR, not as {made.channels!r}.")
    if not _finite(made.scale) or not made.scale:
        raise QuestionError(f"A preprocessing's scale is a number, not {made.scale!r}.")
    for name in ("mean", "std"):
        values = getattr(made, name)
        fitting = isinstance(values, tuple) and len(values) == 3 and all(map(_finite, values))
        if not fitting or (name == "std" and not all(value > 0 for value in values)):
            raise QuestionError(
                f"A preprocessing's {name} is a tuple of three numbers"
                f"{' above 0' * (name == 'std')}, not {values!r}."
            )


def _whole(value: Any, low: int, high: int) -> bool:
    number = isinstance(value, Integral) and not isinstance(value, bool)
    return number and low <= value <= high


def _finite(value: Any) -> bool:
    number = isinstance(value, Real) and not isinstance(value, bool)
    return number and math.isfinite(value)


def normalise(picture: Pixels, preprocessing: Preprocessing) -> Floats:
    """Return what the network receives (3, H, W), float32, for the picture (H, W, 3) it sees."""
    ordered = picture if preprocessing.channels == "RGB" else picture[:, :, ::-1]
    mean = np.array(preprocessing.mean, np.float64)
    std = np.array(preprocessing.std, np.float64)
    # One table look-up a value: there are 256 of them.
    table = (np.arange(256) * preprocessing.scale)[None, :] - mean[:, None]
    table = (table / std[:, None]).astype(np.float32)
    array = np.stack([table[channel][ordered[:, :, channel]] for channel in range(3)])
    array.setflags(write=False)
    return array


def resized_size(width: int, height: int, short_side: int) -> tuple[int, int]:
    """Return the (width, height) that brings the shorter side to ``short_side``.

    The longer side is rounded down, as torchvision does.
    """
    if width <= height:
        return short_side, int(short_side * height / width)
    return int(short_side * width / height), short_side


def _short_side(image: Image.Image, preprocessing: Preprocessing) -> tuple[Image.Image, Box]:
    """Resize the shorter side and crop the centre; pad with black what is missing.

    A photo of 1 x 20,000 pixels would become one of 256 x 5,120,000 to be cropped to a
    224 x 224; then the crop alone is computed, from the box it comes from.
    """
    size = resized_size(*image.size, preprocessing.short_side)
    wanted = (preprocessing.width, preprocessing.height)
    spans = [_centre(whole, part) for whole, part in zip(size, wanted, strict=True)]
    (left, right), (top, bottom) = spans
    scale_x, scale_y = image.width / size[0], image.height / size[1]
    crop = (left * scale_x, top * scale_y, right * scale_x, bottom * scale_y)
    if size[0] * size[1] <= BOX_FROM:
        resized = image.resize(size, Image.Resampling.BILINEAR)
        # PIL fills what lies outside with black, as torchvision's padding does.
        return resized.crop((left, top, right, bottom)), crop
    inner = (max(left, 0), max(top, 0), min(right, size[0]), min(bottom, size[1]))
    box = (inner[0] * scale_x, inner[1] * scale_y, inner[2] * scale_x, inner[3] * scale_y)
    box = (*box[:2], min(box[2], image.width), min(box[3], image.height))
    part = (inner[2] - inner[0], inner[3] - inner[1])
    picture = Image.new("RGB", wanted)
    resized = image.resize(part, Image.Resampling.BILINEAR, box=box)
    picture.paste(resized, (inner[0] - left, inner[1] - top))
    return picture, crop


def _centre(whole: int, part: int) -> tuple[int, int]:
    """Return where the centred ``part`` of ``whole`` begins and ends (torchvision's rounding)."""
    begin = -((part - whole) // 2) if part > whole else round((whole - part) / 2)
    return begin, begin + part
