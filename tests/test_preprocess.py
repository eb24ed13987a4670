"""Preprocessing against torchvision's transforms and PIL's own resize."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image

from inception_viewer.errors import ImageError
from inception_viewer.images.preprocess import prepare, resized_size
from inception_viewer.questions import Preprocessing

QUICK = settings(derandomize=True, deadline=None, max_examples=60)
SHAPES = [
    (480, 640),
    (641, 479),
    (224, 224),
    (256, 256),
    (255, 257),
    (37, 1001),
    (1001, 37),
    (5, 3),
]


def photo(height: int, width: int, seed: int = 0) -> NDArray[np.uint8]:
    """A photo-like picture: smooth colour, edges and noise, so that filters differ on it."""
    random = np.random.default_rng(seed)
    y, x = np.mgrid[0:height, 0:width]
    smooth = np.stack([x * 255 / width, y * 255 / height, (x + y) % 64 * 4], axis=2)
    return (smooth + random.integers(-40, 40, (height, width, 3))).clip(0, 255).astype(np.uint8)


def torchvision_reference(
    pixels: NDArray[np.uint8], preprocessing: Preprocessing
) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
    from torchvision import transforms

    cropped = transforms.Compose(
        [
            transforms.Resize(preprocessing.short_side, antialias=True),
            transforms.CenterCrop((preprocessing.height, preprocessing.width)),
        ]
    )(Image.fromarray(pixels))
    scale = transforms.Compose(
        [transforms.ToTensor(), transforms.Normalize(preprocessing.mean, preprocessing.std)]
    )
    return np.asarray(cropped), scale(cropped).numpy()


@pytest.mark.parametrize(("height", "width"), SHAPES)
@pytest.mark.parametrize("short_side", [256, 224, 231])
def test_short_side_is_torchvisions_pipeline(height: int, width: int, short_side: int) -> None:
    preprocessing = Preprocessing(short_side=short_side)
    pixels = photo(height, width)
    prepared = prepare(pixels, preprocessing)
    picture, array = torchvision_reference(pixels, preprocessing)
    np.testing.assert_array_equal(prepared.picture, picture)
    np.testing.assert_allclose(prepared.array, array, atol=1e-6)


@QUICK
@given(
    st.integers(1, 500),
    st.integers(1, 500),
    st.integers(16, 300),
    st.integers(16, 260),
    st.integers(16, 260),
)
def test_any_size_equals_torchvision(
    height: int, width: int, short_side: int, to_height: int, to_width: int
) -> None:
    """Crops larger than the resized photo are padded with black, as torchvision does."""
    preprocessing = Preprocessing(to_height, to_width, short_side=short_side)
    size = resized_size(width, height, short_side)
    if size[0] * size[1] > 8_000_000:
        return
    pixels = photo(height, width)
    prepared = prepare(pixels, preprocessing)
    picture, _ = torchvision_reference(pixels, preprocessing)
    assert prepared.picture.shape == (to_height, to_width, 3)
    assert np.abs(prepared.picture.astype(int) - picture).max() <= 1


@pytest.mark.parametrize(("height", "width"), [(1, 300), (300, 1), (3, 700), (2, 320)])
def test_long_and_narrow_photos_are_cropped_before_they_are_resized(
    height: int, width: int
) -> None:
    """The short cut that saves a picture of 256 x 76,800 is within one grey level."""
    preprocessing = Preprocessing()
    pixels = photo(height, width)
    size = resized_size(width, height, 256)
    assert size[0] * size[1] > 4_000_000  # else this tests nothing
    picture, _ = torchvision_reference(pixels, preprocessing)
    assert np.abs(prepare(pixels, preprocessing).picture.astype(int) - picture).max() <= 1


def test_a_pathological_strip_takes_no_memory() -> None:
    prepared = prepare(photo(1, 50_000), Preprocessing())
    assert prepared.picture.shape == (224, 224, 3)


@pytest.mark.parametrize(("height", "width"), [*SHAPES, (1, 5000)])
def test_squeeze_is_pils_bilinear_resize(height: int, width: int) -> None:
    pixels = photo(height, width)
    prepared = prepare(pixels, Preprocessing(160, 224, resize="squeeze"))
    expected = Image.fromarray(pixels).resize((224, 160), Image.Resampling.BILINEAR)
    np.testing.assert_array_equal(prepared.picture, np.asarray(expected))
    assert prepared.crop == (0.0, 0.0, width, height)


def test_channel_order_scale_and_mean_of_a_caffe_network() -> None:
    preprocessing = Preprocessing(
        8, 8, "squeeze", channels="BGR", scale=1.0, mean=(104.0, 117.0, 123.0), std=(1.0, 1.0, 2.0)
    )
    pixels = np.zeros((8, 8, 3), np.uint8)
    pixels[:] = (200, 100, 50)
    prepared = prepare(pixels, preprocessing)
    np.testing.assert_allclose(prepared.array[:, 3, 4], [50 - 104, 100 - 117, (200 - 123) / 2])
    np.testing.assert_array_equal(prepared.picture[0, 0], (200, 100, 50))  # shown in RGB


def test_crop_says_where_the_picture_lies_on_the_photo() -> None:
    """A mark drawn just inside the crop's corner shows, one just outside does not."""
    preprocessing = Preprocessing(224, 224, short_side=256)
    pixels = np.zeros((1024, 2048, 3), np.uint8)
    left, top, right, bottom = prepare(pixels, preprocessing).crop
    assert (right - left, bottom - top) == (224 * 4, 224 * 4)
    assert ((left + right) / 2, (top + bottom) / 2) == (1024, 512)
    pixels[int(top) : int(top) + 8, int(left) : int(left) + 8] = 255
    assert prepare(pixels, preprocessing).picture[0, 0, 0] > 150
    pixels[:] = 0
    pixels[: int(top) - 4] = 255
    pixels[:, : int(left) - 4] = 255
    assert prepare(pixels, preprocessing).picture.max() == 0


def test_prepared_arrays_are_read_only_and_float32() -> None:
    prepared = prepare(photo(30, 40), Preprocessing())
    assert prepared.array.dtype == np.float32
    assert not prepared.array.flags.writeable
    assert not prepared.picture.flags.writeable


@pytest.mark.parametrize("bad", [np.zeros((4, 4)), np.zeros((4, 4, 3)), np.zeros((0, 4, 3), "u1")])
def test_what_is_no_photo_is_refused(bad: NDArray[np.uint8]) -> None:
    with pytest.raises(ImageError, match="uint8 height x width x 3"):
        prepare(bad, Preprocessing())
