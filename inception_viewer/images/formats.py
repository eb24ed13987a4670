"""What a file is, by its first bytes: names lie, and browsers drop anything."""

from __future__ import annotations

import importlib

PLUGINS = {
    "JPEG": "PIL.JpegImagePlugin",
    "PNG": "PIL.PngImagePlugin",
    "WEBP": "PIL.WebPImagePlugin",
    "BMP": "PIL.BmpImagePlugin",
    "GIF": "PIL.GifImagePlugin",
    "TIFF": "PIL.TiffImagePlugin",
    "AVIF": "PIL.AvifImagePlugin",
}
FORMATS = frozenset(PLUGINS)
"""The formats that are read, by Pillow's names."""

MAGIC = (
    (b"\xff\xd8\xff", "JPEG"),
    (b"\x89PNG\r\n\x1a\n", "PNG"),
    (b"GIF87a", "GIF"),
    (b"GIF89a", "GIF"),
    (b"BM", "BMP"),
    (b"II*\0", "TIFF"),
    (b"MM\0*", "TIFF"),
    (b"II+\0", "TIFF"),
    (b"MM\0+", "TIFF"),
    (b"%PDF", "PDF"),
    (b"PK\x03\x04", "ZIP"),
    (b"8BPS", "PSD"),
    (b"\0\0\x01\0", "ICO"),
    (b"\0\0\0\x0cjP  ", "JPEG 2000"),
    (b"\xff\x0a", "JPEG XL"),
    (b"\0\0\0\x0cJXL ", "JPEG XL"),
    (b"\x1aE\xdf\xa3", "video"),
    (b"FUJIFILM", "RAW"),
    (b"\x93NUMPY", "NPY"),
)
"""How files begin, and what they then are."""

ADVICE = {
    "HEIC": "a HEIC photo, which cannot be read here; save it as JPEG (an iPhone does so by"
    " itself with Settings > Camera > Formats > Most Compatible)",
    "SVG": "an SVG drawing, which has no pixels; export it as PNG",
    "HTML": "a web page, not a photo; save the photo itself and open that",
    "PDF": "a PDF document; export its picture as PNG or JPEG",
    "ZIP": "an archive; unpack it and open the photos in it",
    "PSD": "a Photoshop document; export it as PNG or JPEG",
    "ICO": "an icon; export it as PNG",
    "JPEG 2000": "a JPEG 2000 picture, which cannot be read here; save it as PNG or JPEG",
    "JPEG XL": "a JPEG XL picture, which cannot be read here; save it as PNG or JPEG",
    "RAW": "a raw photo; develop it to JPEG or PNG",
    "NPY": "a NumPy array; open it in Python with numpy.load and pass it on",
    "video": "a video; save one frame of it as PNG or JPEG",
    "text": "a text file, not a photo",
}
"""What to do with files that are not read."""


def identify(data: bytes) -> str:
    """Return the format that ``data`` begins like, or ``""``; its reader is then at hand."""
    format_ = _by_magic(data)
    if format_ in PLUGINS:
        # Pillow would otherwise import all of its forty readers to find this one.
        importlib.import_module(PLUGINS[format_])
    return format_


def explain_foreign(data: bytes, name: str) -> str:
    """Return the sentence that says what a file is that is not among :data:`FORMATS`."""
    format_ = _by_magic(data) or _by_text(data[:4096])
    if format_ in ADVICE:
        return f"“{name}” is {ADVICE[format_]}."
    return (
        f"“{name}” is not a photo that can be read here"
        " (JPEG, PNG, WebP, BMP, GIF, TIFF and AVIF are)."
    )


def _by_magic(data: bytes) -> str:
    if data[:4] == b"RIFF":
        return {b"WEBP": "WEBP", b"AVI ": "video"}.get(data[8:12], "")
    if data[4:8] == b"ftyp":
        return _by_brand(data[8:12])
    for begin, format_ in MAGIC:
        if data.startswith(begin):
            return format_
    return ""


def _by_brand(brand: bytes) -> str:
    """Tell the ISO base media files apart."""
    if brand in (b"avif", b"avis"):
        return "AVIF"
    if brand in (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"):
        return "HEIC"
    return "RAW" if brand == b"crx " else "video"


def _by_text(begin: bytes) -> str:
    try:
        text = begin.decode("utf-8")
    except UnicodeDecodeError as error:
        if len(begin) - error.start > 3:  # otherwise the last character was cut in two
            return ""
        text = begin[: error.start].decode("utf-8")
    if not text or any(ord(sign) < 32 and sign not in "\t\n\r\f" for sign in text):
        return ""
    lower = text.lstrip("\ufeff \t\r\n").lower()
    if "<svg" in lower:
        return "SVG"
    return "HTML" if lower.startswith(("<!doctype html", "<html", "<head")) else "text"
