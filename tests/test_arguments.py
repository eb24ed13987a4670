"""What a notebook hands over by mistake: one sentence each, and never an error of others."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

import inception_viewer as iv

SMALL = iv.Preprocessing(height=64, width=64)


@pytest.fixture(scope="module")
def net(checkpoint: Path) -> iv.Network:
    return iv.load(checkpoint)


BY_NAME_OR_INDEX = "A class is given by name or index"


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"method": ["saliency"]}, "A method is given by its name"),
        ({"method": None}, "A method is given by its name"),
        ({"head": ["main"]}, "A head is given by its name"),
        ({"head": "aux9"}, "There is no head “aux9”"),
        ({"method": "neuron_gradient", "head": "aux9"}, "There is no head “aux9”"),
        ({"channel": 3, "head": "aux9"}, "There is no head “aux9”"),
        ({"method": "class_activation_map", "head": "aux9"}, "There is no head “aux9”"),
        ({"target": math.nan}, BY_NAME_OR_INDEX),
        ({"target": math.inf}, BY_NAME_OR_INDEX),
        ({"target": 2.5}, BY_NAME_OR_INDEX),
        ({"target": b"cup"}, BY_NAME_OR_INDEX),
        ({"against": [1]}, BY_NAME_OR_INDEX),
        ({"against": np.array([1, 2])}, BY_NAME_OR_INDEX),
        ({"unit": ["inception4a"]}, "A unit is given by its name"),
        ({"unit": ""}, "A unit is given by its name"),
        ({"unit": "inception9z"}, "This network has no unit “inception9z”"),
        ({"preprocessing": "x"}, "“preprocessing” is a Preprocessing"),
        ({"preprocessing": {}}, "“preprocessing” is a Preprocessing"),
        ({"edits": None}, "“edits” is a sequence of Distortion, Brush"),
        ({"edits": iv.Brush(())}, "“edits” is a sequence of Distortion, Brush"),
        ({"method": "lime", "seed": -1}, "“seed” goes from 0 to 2147483647; -1 is not"),
        ({"method": "deep_lift_shap", "baselines": "nope"}, "“baselines” is photos or one of"),
        ({"method": "deep_lift_shap", "baselines": []}, "Choose the photos"),
    ],
)
def test_attribute_refuses(
    net: iv.Network, photo: Path, asked: dict[str, object], words: str
) -> None:
    with pytest.raises(iv.QuestionError, match=words):
        iv.attribute(net, photo, **{"method": "saliency", "preprocessing": SMALL, **asked})  # type: ignore[arg-type]


def test_what_is_no_network_is_named(photo: Path) -> None:
    with pytest.raises(iv.QuestionError, match=r"“net” is what iv.load returns, not 'demo'"):
        iv.attribute("demo", photo)  # type: ignore[arg-type]
    with pytest.raises(iv.QuestionError, match=r"“net” is what iv.load returns"):
        iv.tcav(None, unit="conv1", target=0, concepts={}, random=".", photos=".")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("seed", "words"), [(-1, "at least 0"), (math.nan, "whole"), (True, "whole"), ("x", "whole")]
)
def test_seeds_of_grades(net: iv.Network, photo: Path, seed: object, words: str) -> None:
    with pytest.raises(iv.QuestionError, match=words):
        iv.grade(net, photo, method="saliency", measure="road", measure_seed=seed)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"target": math.nan}, BY_NAME_OR_INDEX),
        ({"target": None}, "Say which class"),
        ({"unit": None}, "A unit is given by its name"),
        ({"concepts": None}, "Concepts are a mapping"),
        ({"concepts": ["a"]}, "Concepts are a mapping"),
        ({"concepts": {"a": None}}, "The folder of “a” is the path of a folder, not None"),
        ({"concepts": {"": "."}}, "A concept is given by its name"),
        ({"concepts": {3: "."}}, "A concept is given by its name"),
        ({"random": ""}, "The folder of random photos is the path of a folder"),
        ({"random": b"."}, "The folder of random photos is the path of a folder"),
        ({"photos": 3}, "The folder of photos of the class is the path of a folder"),
        ({"preprocessing": "x"}, "“preprocessing” is a Preprocessing"),
    ],
)
def test_tcav_refuses(net: iv.Network, asked: dict[str, object], words: str) -> None:
    given = {"unit": "conv1", "target": 0, "concepts": {"a": "."}, "random": ".", "photos": "."}
    with pytest.raises(iv.QuestionError, match=words):
        iv.tcav(net, **{**given, **asked})  # type: ignore[arg-type]


def test_numpys_whole_numbers_are_numbers(net: iv.Network, photo: Path) -> None:
    how = {"method": "saliency", "preprocessing": SMALL}
    ours = iv.attribute(net, photo, target=3, against=1, **how)  # type: ignore[arg-type]
    theirs = iv.attribute(net, photo, target=np.int64(3), against=np.uint8(1), **how)  # type: ignore[arg-type]
    assert ours.target == theirs.target == 3
    assert np.array_equal(ours.raw, theirs.raw)


def test_baselines_may_be_photos(
    net: iv.Network, photo: Path, picture: NDArray[np.uint8], tmp_path: Path
) -> None:
    """DeepLIFT SHAP is the mean of DeepLIFT over its baselines."""
    other, path = np.ascontiguousarray(picture[::-1]), tmp_path / "turned.png"
    Image.fromarray(np.ascontiguousarray(picture[:, ::-1])).save(path)
    how = {"target": 2, "preprocessing": SMALL}
    both = iv.attribute(net, photo, method="deep_lift_shap", baselines=[other, path], **how)  # type: ignore[arg-type]
    each = [
        iv.attribute(net, photo, method="deep_lift", baseline=one, **how)  # type: ignore[arg-type]
        for one in (other, path)
    ]
    mean = (each[0].raw + each[1].raw) / 2
    assert np.abs(both.raw - mean).max() < 1e-4 * np.abs(mean).max()
    one = iv.attribute(net, photo, method="deep_lift_shap", baselines=str(path), **how)  # type: ignore[arg-type]
    assert np.abs(one.raw - each[1].raw).max() < 1e-4 * np.abs(mean).max()
    assert len(net._lab._photos) == 0
