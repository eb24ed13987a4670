"""Decoding: every format and mode to the right pixels, everything else to one sentence."""

from __future__ import annotations

import io
import os
import struct
import subprocess
import sys
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import results
from hypothesis import example, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image, ImageCms

from inception_viewer.errors import ImageError
from inception_viewer.images import decode as module
from inception_viewer.images.decode import (
    content_id,
    decode,
    expand,
    find,
    from_array,
    from_pil,
    thumbnail,
)
from inception_viewer.questions import ImageSource

QUICK = settings(derandomize=True, deadline=None, max_examples=150)


def scene(height: int = 40, width: int = 60) -> NDArray[np.uint8]:
    """A picture without any symmetry."""
    y, x = np.mgrid[0:height, 0:width]
    planes = [x * 255 // (width - 1), y * 255 // (height - 1), (x * 3 + y * 2) % 256]
    return np.stack(planes, axis=2).astype(np.uint8)


def encoded(image: Image.Image, format_: str, **options: Any) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, format_, **options)
    return buffer.getvalue()


def from_bytes(data: bytes, name: str = "x") -> module.Decoded:
    return decode(ImageSource(data=data, name=name))


def check_form(decoded: module.Decoded) -> None:
    assert decoded.pixels.dtype == np.uint8
    assert decoded.pixels.ndim == 3
    assert decoded.pixels.shape[2] == 3
    assert decoded.pixels.flags.c_contiguous
    assert not decoded.pixels.flags.writeable


# --- formats and modes -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("format_", "options", "worst"),
    [
        ("PNG", {}, 0),
        ("BMP", {}, 0),
        ("TIFF", {}, 0),
        ("WEBP", {"lossless": True}, 0),
        ("JPEG", {"quality": 98, "subsampling": 0}, 12),
        ("AVIF", {"quality": 95, "subsampling": "4:4:4"}, 16),
    ],
)
def test_formats_give_the_pixels_that_went_in(
    format_: str, options: dict[str, Any], worst: int
) -> None:
    decoded = from_bytes(encoded(Image.fromarray(scene()), format_, **options))
    check_form(decoded)
    assert np.abs(decoded.pixels.astype(int) - scene()).max() <= worst
    assert decoded.note == ""


def test_jpeg_is_pillows_own_decoding() -> None:
    data = encoded(Image.fromarray(scene(97, 131)), "JPEG", quality=80)
    np.testing.assert_array_equal(from_bytes(data).pixels, np.asarray(Image.open(io.BytesIO(data))))


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("format_", ["JPEG", "PNG", "TIFF", "WEBP"])
def test_exif_orientation_shows_the_photo_upright(orientation: int, format_: str) -> None:
    """Store the picture as a camera held that way would (EXIF 2.3, 4.6.4); upright comes out."""
    upright = scene()
    stored = {
        1: upright,
        2: upright[:, ::-1],
        3: upright[::-1, ::-1],
        4: upright[::-1],
        5: upright.transpose(1, 0, 2),
        6: np.rot90(upright, 1),
        7: np.rot90(upright, 2).transpose(1, 0, 2),
        8: np.rot90(upright, -1),
    }[orientation]
    exif = Image.Exif()
    exif[0x0112] = orientation
    options: dict[str, Any] = {"exif": exif}
    if format_ in ("JPEG", "WEBP"):
        options |= {"quality": 100}
    image = Image.fromarray(np.ascontiguousarray(stored))
    decoded = from_bytes(encoded(image, format_, **options))
    assert decoded.pixels.shape == upright.shape
    assert np.abs(decoded.pixels.astype(int) - upright).mean() < 4
    if format_ in ("JPEG", "PNG", "WEBP"):
        assert ("upright" in decoded.note) == (orientation != 1)


@pytest.mark.parametrize("mode", ["RGBA", "LA", "PA-bytes", "P-index", "RGB-key", "L-key"])
def test_transparency_is_laid_on_white(mode: str) -> None:
    alpha = np.zeros((40, 60), np.uint8)
    alpha[:, 30:] = 255
    base = Image.fromarray(scene())
    options: dict[str, Any] = {}
    if mode in ("RGBA", "PA-bytes"):
        image = base.copy()
        image.putalpha(Image.fromarray(alpha))
        if mode == "PA-bytes":
            image = image.quantize(64)
    elif mode == "LA":
        image = Image.merge("LA", (base.convert("L"), Image.fromarray(alpha)))
    elif mode == "P-index":
        image = Image.fromarray((alpha // 255).astype(np.uint8), "L").convert("P")
        image.putpalette([10, 20, 30, 40, 50, 60])
        options = {"transparency": 0}
    else:
        key = {"RGB-key": (1, 2, 3), "L-key": 7}[mode]
        image = base if mode == "RGB-key" else base.convert("L")
        image.paste(key, (0, 0, 30, 40))  # type: ignore[arg-type]
        options = {"transparency": key}
    decoded = from_bytes(encoded(image, "PNG", **options))
    check_form(decoded)
    assert (decoded.pixels[:, :30] == 255).all()
    right = image.convert("RGBA").convert("RGB")
    np.testing.assert_array_equal(decoded.pixels[:, 30:], np.asarray(right)[:, 30:])
    assert "on white" in decoded.note


def test_half_transparent_is_half_white() -> None:
    image = Image.new("RGBA", (4, 4), (200, 100, 0, 128))
    assert np.abs(from_bytes(encoded(image, "PNG")).pixels[0, 0] - [227.0, 177.0, 127.0]).max() <= 1


def test_sixteen_bits_are_scaled_and_not_clipped() -> None:
    values = np.linspace(0, 65535, 60 * 40).reshape(40, 60).astype(np.uint16)
    for format_ in ("PNG", "TIFF"):
        decoded = from_bytes(encoded(Image.fromarray(values), format_))
        np.testing.assert_allclose(decoded.pixels[:, :, 1], values / 257, atol=0.51)
        assert "16-bit" in decoded.note


def test_big_endian_sixteen_bits_and_sixteen_bit_rgb() -> None:
    values = np.linspace(0, 65535, 64).reshape(8, 8)
    big = Image.frombytes("I;16B", (8, 8), values.astype(">u2").tobytes())
    np.testing.assert_allclose(from_pil(big).pixels[:, :, 0], values / 257, atol=0.51)
    rgb16 = _png(8, 8, 16, 2, np.repeat(values[:, :, None], 3, 2).astype(">u2"))
    np.testing.assert_allclose(from_bytes(rgb16).pixels[:, :, 2], values / 257, atol=1.0)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (np.linspace(0, 1, 64, dtype=np.float32), np.linspace(0, 255, 64)),
        (np.linspace(0, 255, 64, dtype=np.float32), np.linspace(0, 255, 64)),
        (np.linspace(-3, 5000, 64, dtype=np.float32), np.linspace(0, 255, 64)),
        (np.linspace(0, 65535, 64).astype(np.int32), np.linspace(0, 255, 64)),
        (np.linspace(-70000, 70000, 64).astype(np.int32), np.linspace(0, 255, 64)),
        (np.linspace(0, 200, 64).astype(np.int32), np.linspace(0, 200, 64)),
    ],
)
def test_thirty_two_bit_greys(values: NDArray[Any], expected: NDArray[np.float64]) -> None:
    image = Image.fromarray(values.reshape(8, 8))
    decoded = from_bytes(encoded(image, "TIFF"))
    np.testing.assert_allclose(decoded.pixels[:, :, 0].ravel(), expected, atol=1.01)
    assert "8 bits" in decoded.note


def test_values_that_are_no_numbers_do_not_spoil_the_rest() -> None:
    values = np.full((4, 4), np.nan, np.float32)
    values[0] = [0.0, 0.5, 1.0, np.inf]
    pixels = from_bytes(encoded(Image.fromarray(values), "TIFF")).pixels
    assert pixels[0, :, 0].tolist() == [0, 128, 255, 255]
    assert pixels[1, 0, 0] == 0


def test_cmyk_as_adobe_writes_it_inverted() -> None:
    """Pillow writes Adobe's inverted CMYK and reads it back; red stays red, paper white."""
    image = Image.new("CMYK", (32, 16), (0, 0, 0, 0))
    image.paste((0, 255, 255, 0), (0, 0, 16, 16))
    decoded = from_bytes(encoded(image, "JPEG", quality=100))
    assert np.abs(decoded.pixels[8, 4].astype(int) - (255, 0, 0)).max() <= 6
    assert np.abs(decoded.pixels[8, 28].astype(int) - (255, 255, 255)).max() <= 6
    assert "CMYK" in decoded.note


@pytest.mark.parametrize("mode", ["1", "L", "P", "YCbCr", "HSV", "LAB", "RGBa", "La", "RGBX"])
def test_other_modes(mode: str) -> None:
    base = Image.fromarray(scene())
    if mode == "La":
        image = base.convert("LA").convert("La")
    elif mode == "RGBa":
        image = base.convert("RGBA").convert("RGBa")
    elif mode == "LAB":
        sources = ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB")
        image = ImageCms.profileToProfile(base, *sources, outputMode="LAB")  # type: ignore[assignment,arg-type]
    else:
        image = base.convert(mode)
    decoded = from_pil(image)
    check_form(decoded)
    like = image if mode == "1" else base.convert("L") if mode in ("L", "La") else base
    error = np.abs(decoded.pixels.astype(int) - np.asarray(like.convert("RGB")).astype(int))
    assert error.mean() < (20 if mode == "P" else 4)  # Pillow's own palette has 216 colours


def test_a_colour_profile_is_converted_to_srgb() -> None:
    """A made-up profile with gamma 1.0: linear 0.5 is 188 in sRGB (IEC 61966-2-1)."""
    data = encoded(Image.new("RGB", (8, 8), (128, 128, 128)), "PNG", icc_profile=_linear_profile())
    decoded = from_bytes(data)
    assert np.abs(decoded.pixels[0, 0].astype(int) - 188).max() <= 1
    assert "sRGB" in decoded.note


def test_an_srgb_profile_changes_nothing() -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    decoded = from_bytes(encoded(Image.fromarray(scene()), "PNG", icc_profile=profile))
    np.testing.assert_array_equal(decoded.pixels, scene())
    assert decoded.note == ""


@pytest.mark.parametrize("profile", [b"rubbish", bytes(128), b"\xff" * 500])
def test_a_broken_or_unfitting_profile_is_ignored_and_said(profile: bytes) -> None:
    decoded = from_bytes(encoded(Image.fromarray(scene()), "PNG", icc_profile=profile))
    np.testing.assert_array_equal(decoded.pixels, scene())
    assert "ignored" in decoded.note
    grey = Image.fromarray(scene()).convert("L")
    unfitting = from_bytes(encoded(grey, "PNG", icc_profile=_linear_profile()))
    np.testing.assert_array_equal(unfitting.pixels[:, :, 0], np.asarray(grey))


def test_first_frame_and_first_page_are_said() -> None:
    frames = [Image.new("L", (8, 8), level) for level in (10, 120, 240)]
    gif = from_bytes(encoded(frames[0], "GIF", save_all=True, append_images=frames[1:]))
    tiff = from_bytes(encoded(frames[0], "TIFF", save_all=True, append_images=frames[1:]))
    assert gif.note == "first of 3 frames"
    assert tiff.note == "first of 3 pages"
    assert gif.pixels.max() == tiff.pixels.max() == 10


# --- what cannot be read ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"just some words\n" * 4, "text file"),
        (b"<!DOCTYPE html><html></html>", "web page"),
        (b'<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg"/>', "SVG"),
        (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "HEIC"),
        (b"\0\0\0\x18ftypmp42\0\0\0\0", "video"),
        (b"%PDF-1.7\n", "PDF"),
        (b"PK\x03\x04abc", "archive"),
        (bytes(range(1, 200)), "JPEG, PNG, WebP"),
        (b"\x89PNG\r\n\x1a\n" + bytes(40), "damaged"),
        (b"\xff\xd8\xff\xe0" + bytes(40), "damaged|cut short"),
    ],
)
def test_foreign_files_are_named(data: bytes, words: str) -> None:
    with pytest.raises(ImageError, match=words) as caught:
        from_bytes(data, "holiday.jpg")
    check_sentence(str(caught.value), "holiday.jpg")


def check_sentence(message: str, name: str) -> None:
    assert f"“{name}”" in message
    assert message.endswith(".")
    assert "\n" not in message
    assert "<_io" not in message
    assert len(message) < 260


@pytest.mark.parametrize("format_", ["JPEG", "PNG", "TIFF", "WEBP", "GIF", "BMP"])
def test_a_truncated_file_is_refused(format_: str) -> None:
    noise = np.random.default_rng(0).integers(0, 255, (90, 90, 3), np.uint8)
    data = encoded(Image.fromarray(noise), format_)
    with pytest.raises(ImageError) as caught:
        from_bytes(data[: len(data) // 2], "half.img")
    check_sentence(str(caught.value), "half.img")


def test_files_that_are_not_there_or_not_files(tmp_path: Path) -> None:
    empty = tmp_path / "empty.png"
    empty.touch()
    os.mkfifo(tmp_path / "pipe.png")
    for path, words in (
        (empty, "0 bytes"),
        (tmp_path / "gone.png", "no longer there"),
        (tmp_path, "a folder"),
        (tmp_path / "pipe.png", "not a file"),
        (tmp_path / ("n" * 300), "too long"),
        (tmp_path / "nul\0.png", "null"),
    ):
        with pytest.raises(ImageError, match=words):
            decode(ImageSource(path=str(path)))


@pytest.mark.skipif(os.geteuid() == 0, reason="the superuser may read everything")
def test_no_permission(tmp_path: Path) -> None:
    path = tmp_path / "secret.png"
    path.write_bytes(b"x")
    path.chmod(0)
    with pytest.raises(ImageError, match="permission"):
        decode(ImageSource(path=str(path)))


def test_no_permission_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(self: Path) -> bytes:
        raise PermissionError(13, "Permission denied")

    path = tmp_path / "secret.png"
    path.write_bytes(b"x")
    monkeypatch.setattr(Path, "read_bytes", refuse)
    with pytest.raises(ImageError, match=r"“secret.png” may not be read: permission denied"):
        decode(ImageSource(path=str(path)))


def test_a_decompression_bomb_is_refused_by_its_header() -> None:
    """30,000 x 30,000 pixels in a few hundred bytes: 2.7 GB if it were decoded."""
    for width, height in ((30_000, 30_000), (100_001, 1_000), (60_000, 60_000)):
        bomb = _png(width, height, 8, 2, np.zeros((1, 1, 3), np.uint8))
        with pytest.raises(ImageError, match="megapixels"):
            from_bytes(bomb)


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="Linux says what was taken")
def test_sixty_megapixels_take_less_than_a_gigabyte(tmp_path: Path) -> None:
    """Decoded, turned, prepared and made a thumbnail of, in a fresh process.

    ``resource.ru_maxrss`` will not do: it starts from what the process that began it took.
    """
    exif = Image.Exif()
    exif[0x0112] = 6
    path = tmp_path / "large.jpg"
    Image.new("RGB", (9_000, 6_700), "teal").save(path, exif=exif)
    script = f"""
import re, inception_viewer.images.decode as d, inception_viewer.images.preprocess as p
from inception_viewer.questions import ImageSource, Preprocessing
pixels = d.decode(d.ImageSource(path={str(path)!r})).pixels
assert pixels.shape == (9000, 6700, 3), pixels.shape
p.prepare(pixels, Preprocessing()); d.thumbnail(pixels); d.content_id(pixels)
print(re.search(r"VmHWM:\\s+(\\d+) kB", open("/proc/self/status").read())[1])
"""
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    peak = int(done.stdout) * 1024
    assert peak < 1e9
    files = ("decode", "preprocess", "colours", "formats")
    results.write(
        "sixty_megapixels",
        {"size": [9_000, 6_700], "peak_bytes": peak},
        [f"inception_viewer/images/{file}.py" for file in files],
    )


def test_damaged_exif_data_neither_warns_nor_hides_the_photo(tmp_path: Path) -> None:
    """In a process of its own: Pillow warns where the test run would make an error of it."""
    exif = b"Exif\0\0II*\0\x08\0\0\0" + b"\xff\x7f" + b"\x12\x01\x03\0" + b"\xff" * 30
    path = tmp_path / "odd.jpg"
    Image.fromarray(scene()).save(path, exif=exif)
    script = f"""
from inception_viewer.images.decode import decode
from inception_viewer.questions import ImageSource
print(decode(ImageSource(path={str(path)!r})).pixels.shape)
"""
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "(40, 60, 3)"
    assert done.stderr == ""


SEEDS = [
    encoded(Image.fromarray(scene(8, 9)), format_)
    for format_ in ("JPEG", "PNG", "TIFF", "WEBP", "GIF", "BMP", "AVIF")
]


@QUICK
@given(st.binary(max_size=600))
@example(b"")
@example(b"\0" * 100)
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    read_or_refuse(data)


@QUICK
@given(
    st.sampled_from(SEEDS),
    st.lists(st.tuples(st.floats(0, 1), st.binary(min_size=1, max_size=6)), max_size=6),
    st.floats(0, 1),
)
def test_damaged_files_are_read_or_refused(
    seed: bytes, patches: list[tuple[float, bytes]], keep: float
) -> None:
    """Real files with a few bytes overwritten and the end cut off."""
    data = bytearray(seed)
    for place, patch in patches:
        at = int(place * len(data))
        data[at : at + len(patch)] = patch
    read_or_refuse(bytes(data[: max(1, int(len(data) * (0.3 + 0.7 * keep)))]))


def read_or_refuse(data: bytes) -> None:
    try:
        decoded = from_bytes(data, "any.bin")
    except ImageError as error:
        if data:
            check_sentence(str(error), "any.bin")
    else:
        check_form(decoded)


# --- arrays, PIL images, identity, thumbnails ------------------------------------------


def test_an_array_is_copied() -> None:
    array = scene()
    decoded = from_array(array)
    array[0, 0] = 99
    check_form(decoded)
    np.testing.assert_array_equal(decoded.pixels, scene())
    np.testing.assert_array_equal(from_array(scene()[:, ::-1]).pixels, scene()[:, ::-1])


@pytest.mark.parametrize(
    ("array", "words"),
    [
        (np.zeros((4, 4, 3)), "uint8 from 0 to 255, not float64"),
        (np.zeros((4, 4), np.uint8), "not 4 x 4; for a grey one"),
        (np.zeros((3, 8, 9), np.uint8), "channels come last"),
        (np.zeros((4, 4, 4), np.uint8), "alpha"),
        (np.zeros((1, 4, 4, 3), np.uint8), "one photo at a time"),
        (np.zeros((0, 4, 3), np.uint8), "no pixels"),
        (np.uint8(3), "a single number"),
    ],
)
def test_arrays_that_are_no_photo_say_what_to_do(array: NDArray[Any], words: str) -> None:
    with pytest.raises(ImageError, match=words):
        from_array(array)


def test_a_pil_image_gives_what_its_file_gives(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    path = tmp_path / "turned.jpg"
    Image.fromarray(scene()).save(path, exif=exif)
    with Image.open(path) as image:
        pixels = from_pil(image).pixels
    np.testing.assert_array_equal(pixels, decode(ImageSource(path=str(path))).pixels)
    assert pixels.shape == (60, 40, 3)
    with pytest.raises(ImageError, match="no pixels"):
        from_pil(Image.new("RGB", (0, 5)))


def test_strips_give_the_same_as_the_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    """Large photos are converted a strip at a time."""
    image = Image.fromarray(scene()).convert("RGBA")
    image.putalpha(Image.fromarray(scene()[:, :, 2]))
    deep = Image.fromarray(scene()[:, :, 0].astype(np.uint16) * 201)
    whole, whole_deep = from_pil(image).pixels, from_pil(deep).pixels
    monkeypatch.setattr("inception_viewer.images.colours.STRIP", 60 * 7)
    np.testing.assert_array_equal(from_pil(image).pixels, whole)
    np.testing.assert_array_equal(from_pil(deep).pixels, whole_deep)


def test_identity_is_the_content() -> None:
    one = scene()
    assert content_id(one) == content_id(np.asfortranarray(one)) == content_id(one.copy())
    assert len(content_id(one)) == 64
    other = one.copy()
    other[-1, -1, -1] ^= 1
    assert content_id(other) != content_id(one)
    assert content_id(one.reshape(60, 40, 3)) != content_id(one)


@settings(derandomize=True, deadline=None, max_examples=40)
@given(st.integers(1, 3000), st.integers(1, 300))
def test_thumbnails_fit_and_keep_the_aspect(height: int, width: int) -> None:
    small = thumbnail(np.full((height, width, 3), 77, np.uint8), 64)
    assert max(small.shape[:2]) == min(64, max(height, width))
    exact = min(height, width) * min(1.0, 64 / max(height, width))
    assert abs(min(small.shape[:2]) - max(1.0, exact)) <= 0.5 + 1e-9
    assert (small == 77).all()
    assert not small.flags.writeable


# --- folders and addresses -------------------------------------------------------------


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    root = tmp_path / "my photos"
    names = ("b/cup10.png", "b/cup2.PNG", "a.jpg", "b/notes.txt", ".hidden.png", ".git/x.png")
    for name in (*names, "c/d/e.webp", "z.tiff"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(b"x")
    return root


def test_folders_are_searched_in_natural_order(folder: Path) -> None:
    found = [
        Path(s.path).relative_to(folder).as_posix() for s in expand([ImageSource(str(folder))])
    ]
    assert found == ["a.jpg", "z.tiff", "b/cup2.PNG", "b/cup10.png", "c/d/e.webp"]


def test_what_is_not_a_folder_stays_as_it_is(folder: Path) -> None:
    sources = [
        ImageSource(path=str(folder / "b/notes.txt")),
        ImageSource(data=b"abc", name="pasted"),
        ImageSource(path="/not/there.png"),
    ]
    assert expand(sources) == sources


def test_file_addresses_of_a_browser(folder: Path) -> None:
    address = folder.as_uri()
    assert "%20" in address
    assert len(expand([ImageSource(path=address)])) == 5
    picture = folder / "a#1?b%.png"
    Image.fromarray(scene()).save(picture)
    decoded = decode(ImageSource(path=picture.as_uri()))
    assert decoded.pixels.shape == (40, 60, 3)
    assert decode(ImageSource(path=str(picture))).name == "a#1?b%.png"
    with pytest.raises(ImageError, match="another computer"):
        decode(ImageSource(path="https://example.org/cup.jpg"))


def test_the_number_is_bounded_and_said(folder: Path, tmp_path: Path) -> None:
    found = find([ImageSource(path=str(folder))], limit=3)
    assert len(found.sources) == 3
    assert "first 3 photos" in found.failures[0][1]
    assert find([ImageSource(path=str(folder))], limit=5).failures == ()
    (tmp_path / "bare").mkdir()
    assert find([ImageSource(path=str(tmp_path / "bare"))]).failures == (
        ("bare", "The folder “bare” holds no photos."),
    )


def test_a_circle_of_links_ends(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.png").write_bytes(b"x")
    (tmp_path / "in" / "again").symlink_to(tmp_path, target_is_directory=True)
    assert len(expand([ImageSource(path=str(tmp_path))])) == 1


def test_images_import_neither_torch_nor_qt() -> None:
    script = (
        "import sys, inception_viewer.images.decode, inception_viewer.images.preprocess;"
        "print([m for m in ('torch', 'PySide6', 'matplotlib', 'scipy') if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


def _png(width: int, height: int, depth: int, colour: int, rows: NDArray[Any]) -> bytes:
    """A PNG written by hand (RFC 2083), so that its header can say anything."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    lines = b"".join(b"\0" + row.tobytes() for row in rows)
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    body = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(lines)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


def _linear_profile() -> bytes:
    """An RGB matrix profile with sRGB's primaries and gamma 1.0 (ICC.1:2004)."""

    def s15(value: float) -> bytes:
        return struct.pack(">i", round(value * 65536))

    def xyz(*values: float) -> bytes:
        return b"XYZ \0\0\0\0" + b"".join(s15(v) for v in values)

    tags = {
        b"desc": b"desc\0\0\0\0" + struct.pack(">I", 12) + b"linear test\0" + bytes(78),
        b"wtpt": xyz(0.9642, 1.0, 0.8249),
        b"rXYZ": xyz(0.4360, 0.2225, 0.0139),
        b"gXYZ": xyz(0.3851, 0.7169, 0.0971),
        b"bXYZ": xyz(0.1431, 0.0606, 0.7139),
        b"rTRC": b"curv\0\0\0\0" + struct.pack(">I", 0),
        b"gTRC": b"curv\0\0\0\0" + struct.pack(">I", 0),
        b"bTRC": b"curv\0\0\0\0" + struct.pack(">I", 0),
    }
    table, body = struct.pack(">I", len(tags)), b""
    start = 128 + 4 + 12 * len(tags)
    for name, data in tags.items():
        data += bytes(-len(data) % 4)
        table += name + struct.pack(">II", start + len(body), len(data))
        body += data
    size = start + len(body)
    header = struct.pack(">I", size) + bytes(4) + b"\x02\x10\0\0mntrRGB XYZ " + bytes(12) + b"acsp"
    header += bytes(28) + s15(0.9642) + s15(1.0) + s15(0.8249)
    return header + bytes(128 - len(header)) + table + body
