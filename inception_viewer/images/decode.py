"""From a file or bytes to upright RGB pixels, or to one sentence that says why not.

Whatever the bytes are, :func:`decode` raises nothing but
:class:`~inception_viewer.errors.ImageError`.
"""

from __future__ import annotations

import hashlib
import io
import stat
import warnings
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from inception_viewer.errors import ImageError
from inception_viewer.questions import ImageSource, Pixels

from .colours import to_rgb
from .formats import FORMATS, explain_foreign, identify
from .sources import expand, find, local_path, named

LARGEST = 100_000_000
"""Pixels that a photo may have: 300 MB of RGB, under 1 GB while it is decoded."""
LARGEST_FILE = 512 << 20
"""Bytes that a photo's file may have."""
ORIENTATION = 0x0112
"""The EXIF tag that says how the camera was held."""

TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""What makes a photo of each EXIF orientation upright."""

# Pillow warns of damaged EXIF data and of large pictures. Both are answered here, and
# silencing them around each call would not be safe in threads.
warnings.filterwarnings("ignore", category=UserWarning, module=r"PIL\.")
warnings.filterwarnings("ignore", category=Image.DecompressionBombWarning)


@dataclass(frozen=True, eq=False)
class Decoded:
    """A photo's pixels.

    Attributes
    ----------
    pixels
        RGB (height, width, 3), uint8, upright, C-contiguous, read-only.
    name
        For people.
    note
        What decoding did that one should know, or ``""``.
    """

    pixels: Pixels = field(repr=False)
    name: str
    note: str = ""


def decode(source: ImageSource) -> Decoded:
    """Read one photo.

    The first frame of an animation or page of a TIFF is read; EXIF orientation is
    applied; transparency is laid on white; 16-bit values are scaled to 8; CMYK, grey
    and palettes become RGB; a colour profile other than sRGB is converted to sRGB.

    Raises
    ------
    ImageError
        If it is no photo that can be read; one sentence that names the file.
    """
    source = named(source)
    data = source.data or _read(source)
    if not data:
        raise ImageError(f"“{source.name}” is empty (0 bytes).")
    format_ = identify(data)
    if format_ not in FORMATS:
        raise ImageError(explain_foreign(data, source.name))
    try:
        with Image.open(io.BytesIO(data), formats=[format_]) as image:
            _check_size(image.size, source.name)
            notes = _frames(image)
            image.load()
            _check_size(image.size, source.name)
            pixels, more = _upright_rgb(image)
    except ImageError:
        raise
    except Exception as error:  # any bytes at all may come in, and Pillow raises anything
        raise ImageError(_reason(error, source.name, format_)) from error
    return Decoded(pixels, source.name, "; ".join((*notes, *more)))


def from_pil(image: Image.Image, name: str = "picture") -> Decoded:
    """Take a PIL image of any mode as a photo, turned upright where its EXIF says so.

    Raises
    ------
    ImageError
        If it has no pixels, too many, or cannot be loaded.
    """
    _check_size(image.size, name)
    try:
        image.load()
        pixels, notes = _upright_rgb(image)
    except Exception as error:
        raise ImageError(_reason(error, name, image.format or "PIL")) from error
    return Decoded(pixels, name, "; ".join(notes))


def from_array(array: NDArray[Any], name: str = "array") -> Decoded:
    """Take an array uint8 (height, width, 3), RGB, as a photo; it is copied.

    Raises
    ------
    ImageError
        If it has another shape or type; the sentence says what to do.
    """
    array = np.asarray(array)
    shape = " x ".join(str(n) for n in array.shape) or "a single number"
    if array.ndim != 3 or array.shape[2] != 3:
        raise ImageError(
            f"The array must have the shape height x width x 3 (RGB), not {shape}{_hint(array)}."
        )
    if array.dtype != np.uint8:
        raise ImageError(
            f"The array must hold uint8 from 0 to 255, not {array.dtype};"
            " values in 0..1 need (array * 255).round().astype(numpy.uint8)."
        )
    _check_size((array.shape[1], array.shape[0]), name)
    return Decoded(_frozen(np.array(array, order="C")), name)


def content_id(pixels: Pixels) -> str:
    """Return a photo's identity: 64 hex digits over its shape and pixels (BLAKE2b)."""
    digest = hashlib.blake2b(repr(pixels.shape).encode(), digest_size=32)
    digest.update(np.ascontiguousarray(pixels).data)
    return digest.hexdigest()


def thumbnail(pixels: Pixels, side: int = 160) -> Pixels:
    """Return the photo at most ``side`` pixels wide and high, its aspect kept."""
    height, width = pixels.shape[:2]
    # Beyond eight pixels a thumbnail pixel every other one will do: much less to copy.
    step = max(1, max(height, width) // (side * 8))
    image = Image.fromarray(np.ascontiguousarray(pixels[::step, ::step]))
    factor = side / max(height, width)
    if factor < 1:
        size = (max(1, round(width * factor)), max(1, round(height * factor)))
        image = image.resize(size, Image.Resampling.BILINEAR, reducing_gap=2.0)
    return _frozen(np.asarray(image))


def _read(source: ImageSource) -> bytes:
    path = local_path(source.path)
    try:
        status = path.stat()
        if stat.S_ISDIR(status.st_mode):
            raise ImageError(f"“{source.name}” is a folder, not a photo.")
        if not stat.S_ISREG(status.st_mode):
            raise ImageError(f"“{source.name}” is not a file but a device or a pipe.")
        if status.st_size > LARGEST_FILE:
            raise ImageError(
                f"“{source.name}” has {status.st_size / 2**20:,.0f} MB;"
                f" photos of up to {LARGEST_FILE >> 20} MB are read."
            )
        return path.read_bytes()
    except FileNotFoundError:
        raise ImageError(f"“{source.name}” is no longer there ({path}).") from None
    except PermissionError:
        raise ImageError(f"“{source.name}” may not be read: permission denied.") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise ImageError(f"“{source.name}” cannot be read: {reason}.") from error


def _check_size(size: tuple[int, int], name: str) -> None:
    width, height = size
    if width <= 0 or height <= 0:
        raise ImageError(f"“{name}” has no pixels ({width} x {height}).")
    if width * height > LARGEST:
        raise ImageError(
            f"“{name}” would have {width * height / 1e6:,.0f} megapixels ({width} x {height});"
            f" photos of up to {LARGEST // 1_000_000} megapixels are read."
        )


def _frames(image: Image.Image) -> tuple[str, ...]:
    """Say that there is more than one frame or page; a damaged later one does not matter."""
    try:
        count = int(getattr(image, "n_frames", 1))
        image.seek(0)
    except (OSError, ValueError, SyntaxError, KeyError, IndexError, TypeError):
        count = 1
    word = "pages" if image.format == "TIFF" else "frames"
    return (f"first of {count} {word}",) if count > 1 else ()


def _upright_rgb(image: Image.Image) -> tuple[Pixels, tuple[str, ...]]:
    turn = TURNS.get(_orientation(image))
    profile = image.info.get("icc_profile")
    if turn is not None:
        # TIFF applies its orientation while loading and has dropped the tag by now.
        image = image.transpose(turn)
    pixels, notes = to_rgb(image, profile if isinstance(profile, bytes) else b"")
    if turn is not None:
        notes = ("turned upright as the camera says", *notes)
    return _frozen(pixels), notes


def _orientation(image: Image.Image) -> int:
    try:
        return int(image.getexif().get(ORIENTATION, 1))
    except Exception:  # damaged EXIF data of any kind: the photo is shown as it is stored
        return 1


def _frozen(pixels: NDArray[np.uint8]) -> Pixels:
    pixels = np.ascontiguousarray(pixels)
    pixels.setflags(write=False)
    return pixels


def _hint(array: NDArray[Any]) -> str:
    if array.ndim == 2:
        return "; for a grey one use numpy.stack([array] * 3, axis=-1)"
    if array.ndim == 3 and array.shape[0] == 3:
        return "; channels come last: array.transpose(1, 2, 0)"
    if array.ndim == 3 and array.shape[2] == 4:
        return "; leave the alpha channel out: array[..., :3]"
    return "; give one photo at a time: array[0]" if array.ndim == 4 else ""


def _reason(error: Exception, name: str, format_: str) -> str:
    text = " ".join(str(error).split()).rstrip(".")
    if isinstance(error, MemoryError):
        return f"“{name}” does not fit into the memory that is left."
    if "truncated" in text.lower() or isinstance(error, EOFError):
        return f"“{name}” is cut short: the {format_} file ends before the picture does."
    if isinstance(error, Image.DecompressionBombError | Image.DecompressionBombWarning):
        return f"“{name}” has too many pixels; up to {LARGEST // 1_000_000} megapixels are read."
    if isinstance(error, UnidentifiedImageError) or not text:
        return f"“{name}” begins like a {format_} file, but it is damaged."
    return f"“{name}” is a damaged {format_} file ({text[:120]})."


__all__ = [
    "Decoded",
    "content_id",
    "decode",
    "expand",
    "find",
    "from_array",
    "from_pil",
    "thumbnail",
]
