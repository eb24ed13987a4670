"""From any of Pillow's modes to 8-bit RGB: transparency, 16 bit, CMYK, colour profiles."""

from __future__ import annotations

import io
from collections.abc import Callable
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms

STRIP = 4_000_000
"""Pixels converted at a time, so that a large photo exists once and a strip of it twice."""

Convert = Callable[[Image.Image], Image.Image]


def to_rgb(image: Image.Image, profile: bytes = b"") -> tuple[NDArray[np.uint8], tuple[str, ...]]:
    """Return an image's pixels as RGB (height, width, 3), and what was done to get there."""
    notes: list[str] = []
    if image.mode in ("I", "F") or image.mode.startswith("I;16"):
        grey, note = _deep(image)
        return np.repeat(grey[:, :, None], 3, axis=2), (note,)
    transform = _profile_transform(profile, _plain_mode(image), notes)
    if _has_alpha(image):
        notes.append("transparency on white")
    if image.mode == "CMYK":
        notes.append("from CMYK")
    if image.mode == _plain_mode(image) == "RGB" and transform is None:
        convert: Convert = _unchanged
    else:

        def convert(part: Image.Image) -> Image.Image:
            return _strip_to_rgb(part, transform)

    return _by_strips(image, convert), tuple(notes)


def _unchanged(image: Image.Image) -> Image.Image:
    return image


def _by_strips(image: Image.Image, convert: Convert) -> NDArray[np.uint8]:
    width, height = image.size
    rows = max(1, STRIP // width)
    if rows >= height:
        return np.asarray(convert(image))
    pixels = np.empty((height, width, 3), np.uint8)
    for top in range(0, height, rows):
        bottom = min(top + rows, height)
        pixels[top:bottom] = np.asarray(convert(image.crop((0, top, width, bottom))))
    return pixels


def _has_alpha(image: Image.Image) -> bool:
    return image.mode in ("LA", "La", "PA", "RGBA", "RGBa") or "transparency" in image.info


def _plain_mode(image: Image.Image) -> str:
    """Return the mode in which a colour profile is applied to an image."""
    if image.mode == "1":
        return "L"
    if image.mode in ("RGB", "L", "CMYK", "LAB") and "transparency" not in image.info:
        return image.mode
    return "RGBA" if _has_alpha(image) else "RGB"


def _strip_to_rgb(image: Image.Image, transform: ImageCms.ImageCmsTransform | None) -> Image.Image:
    plain = _plain_mode(image)
    if image.mode in ("La", "RGBa"):
        # Pillow has no way from premultiplied grey straight to RGBA.
        image = image.convert("LA" if image.mode == "La" else "RGBA")
    if image.mode != plain:
        image = image.convert(plain)
    if transform is not None:
        image = ImageCms.applyTransform(image, transform) or image
    if image.mode == "RGBA":
        white = Image.new("RGB", image.size, "white")
        white.paste(image, mask=image)
        return white
    return _lab_to_rgb(image) if image.mode == "LAB" else image.convert("RGB")


def _lab_to_rgb(image: Image.Image) -> Image.Image:
    transform = ImageCms.buildTransform(
        ImageCms.createProfile("LAB"), ImageCms.createProfile("sRGB"), "LAB", "RGB"
    )
    return ImageCms.applyTransform(image, transform) or image


def _profile_transform(
    profile: bytes, mode: str, notes: list[str]
) -> ImageCms.ImageCmsTransform | None:
    if not profile or mode == "LAB":
        return None
    name, transform = _transform(profile, mode)
    if transform is not None:
        notes.append(f"colours converted from {name} to sRGB")
    elif name:
        notes.append(name)
    return transform


@lru_cache(maxsize=16)
def _transform(profile: bytes, mode: str) -> tuple[str, ImageCms.ImageCmsTransform | None]:
    """Return (the profile's name, what converts it to sRGB), or (a remark, None).

    Cached: a folder's photos mostly come from one camera.
    """
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        name = " ".join((source.profile.profile_description or "its colour profile").split())[:60]
        if "srgb" in name.lower():
            return "", None
        target = ImageCms.createProfile("sRGB")
        output = mode if mode in ("RGB", "RGBA") else "RGB"
        intent = ImageCms.Intent.RELATIVE_COLORIMETRIC
        transform = ImageCms.buildTransform(source, target, mode, output, intent)
    except (OSError, ValueError, TypeError, ImageCms.PyCMSError):
        return "its colour profile does not fit and was ignored", None
    return name, transform


def _deep(image: Image.Image) -> tuple[NDArray[np.uint8], str]:
    """Scale a grey image of 16 or 32 bits, integer or floating, to 8 bits."""
    values = np.asarray(image)
    if values.dtype.kind == "u" and values.dtype.itemsize == 2:
        return _scaled(values, 0.0, 65535.0), "16-bit values scaled to 8"
    with np.errstate(all="ignore"):
        finite = values[np.isfinite(values)] if values.dtype.kind == "f" else values
    low, high = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 1.0)
    ranges = (1.0, 255.0, 65535.0) if values.dtype.kind == "f" else (255.0, 65535.0)
    top = next((limit for limit in ranges if low >= 0 and high <= limit), None)
    if top is not None:
        return _scaled(values, 0.0, top), f"values of 0 to {top:.0f} scaled to 8 bits"
    return _scaled(values, low, high), f"values of {low:.4g} to {high:.4g} stretched to 8 bits"


def _scaled(values: NDArray[np.generic], low: float, high: float) -> NDArray[np.uint8]:
    """Map ``low`` to 0 and ``high`` to 255, a strip at a time; what is not a number to 0."""
    span = (high - low) or 1.0
    scaled = np.empty(values.shape, np.uint8)
    rows = max(1, STRIP // values.shape[1])
    for top in range(0, len(values), rows):
        part = values[top : top + rows].astype(np.float64)
        part = np.nan_to_num((part - low) * (255 / span), nan=0.0, posinf=255.0, neginf=0.0)
        scaled[top : top + rows] = np.rint(part).clip(0, 255)
    return scaled
