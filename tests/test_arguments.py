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


NAN_INPUT = iv.Preprocessing(height=64, width=64, scale=math.nan)
UNIT = "inception4a"


def scaled(factor: object) -> list[iv.Intervention]:
    return [iv.Intervention(UNIT, "scale", factor=factor)]  # type: ignore[arg-type]


def stroke(**changes: object) -> list[iv.Brush]:
    return [iv.Brush((iv.Stroke(**{"points": ((1, 2),), "radius": 4, **changes}),))]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"interventions": None}, "“interventions” is a sequence of Intervention"),
        ({"interventions": iv.Intervention(UNIT)}, "“interventions” is a sequence"),
        ({"interventions": ["x"]}, "An intervention is an Intervention, not 'x'"),
        ({"interventions": [iv.Intervention([UNIT])]}, "A unit is given by its name"),  # type: ignore[arg-type]
        ({"interventions": [iv.Intervention(UNIT, "kill")]}, "not by 'kill'"),  # type: ignore[arg-type]
        ({"interventions": [iv.Intervention(UNIT, channels=3)]}, "is a sequence, not 3"),  # type: ignore[arg-type]
        ({"interventions": [iv.Intervention(UNIT, channels=(1.0,))]}, "A channel is a whole"),  # type: ignore[arg-type]
        ({"interventions": [iv.Intervention(UNIT, channels=(True,))]}, "A channel is a whole"),
        ({"interventions": [iv.Intervention(UNIT, "mean", images="x.png")]}, "is a sequence"),  # type: ignore[arg-type]
        ({"interventions": scaled(math.nan)}, "A unit is scaled by a number up to 1,000"),
        ({"interventions": scaled(1e39)}, "A unit is scaled by a number up to 1,000"),
        ({"interventions": scaled(True)}, "A unit is scaled by a number up to 1,000"),
        ({"interventions": scaled("2")}, "A unit is scaled by a number up to 1,000"),
        ({"edits": {iv.Distortion()}}, "“edits” is a sequence"),
        ({"edits": stroke(radius="4")}, "A stroke is made of numbers"),
        ({"edits": stroke(points=(("a", "b"),))}, "A stroke is made of numbers"),
        ({"edits": stroke(erases="no")}, "A stroke is made of numbers, and erases or not"),
        ({"preprocessing": NAN_INPUT}, "A preprocessing's scale is a number, not nan"),
        ({"preprocessing": iv.Preprocessing(height=64.0)}, "height is a whole number"),  # type: ignore[arg-type]
        ({"preprocessing": iv.Preprocessing(std=(0, 1, 1))}, "std is a tuple of three numbers"),
        ({"preprocessing": iv.Preprocessing(mean=())}, "mean is a tuple of three numbers"),  # type: ignore[arg-type]
        ({"preprocessing": iv.Preprocessing(resize="blah")}, "not 'blah'"),  # type: ignore[arg-type]
    ],
)
def test_trace_refuses(net: iv.Network, photo: Path, asked: dict[str, object], words: str) -> None:
    with pytest.raises(iv.QuestionError, match=words):
        net.trace(photo, **{"preprocessing": SMALL, **asked})  # type: ignore[arg-type]


def test_channels_of_an_intervention_may_be_a_list_or_an_array(
    net: iv.Network, photo: Path
) -> None:
    for channels in ([3, 5], np.array([3, 5])):
        touched = net.trace(
            photo,
            preprocessing=SMALL,
            interventions=[iv.Intervention("conv1", channels=channels)],  # type: ignore[arg-type]
        )
        dead = np.flatnonzero(~touched["conv1"].any((1, 2))).tolist()
        assert {3, 5} <= set(dead), channels


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"method": "PCA"}, "by pca or tsne, not by 'PCA'"),
        ({"method": "tsne", "perplexity": math.nan}, "A perplexity is a number above 0"),
        ({"method": "tsne", "perplexity": 0}, "A perplexity is a number above 0"),
        ({"method": "tsne", "perplexity": "30"}, "A perplexity is a number above 0"),
        ({"method": "tsne", "seed": -1}, "A seed is a whole number from 0"),
        ({"method": "tsne", "seed": None}, "A seed is a whole number from 0"),
        ({"unit": ["conv1"]}, "A unit is given by its name"),
    ],
)
def test_photo_map_refuses(
    net: iv.Network, photo: Path, changes: dict[str, object], words: str
) -> None:
    with pytest.raises(iv.QuestionError, match=words):
        iv.photo_map(net, [photo] * 5, preprocessing=SMALL, **changes)  # type: ignore[arg-type]


def test_comparing_refuses(net: iv.Network, photo: Path) -> None:
    two = [photo, photo]
    tiny = iv.Preprocessing(height=1, width=1)
    wrong = {
        "“references” is a sequence": lambda: iv.branch_importance(net, photo, references=photo),  # type: ignore[arg-type]
        'are for mode="mean"': lambda: iv.branch_importance(net, photo, references=two),
        "A module is given by its name": lambda: iv.decisive_channels(net, photo, []),  # type: ignore[arg-type]
        "“images” is a sequence": lambda: iv.photo_map(net, photo),  # type: ignore[arg-type]
        "“groups” is a dict": lambda: iv.compare_groups(net, [two, two]),  # type: ignore[arg-type]
        "is a folder or photos, not None": lambda: iv.compare_groups(net, {"a": two, "b": None}),  # type: ignore[dict-item]
        "A group is given by its name": lambda: iv.compare_groups(net, {1: two, "b": two}),  # type: ignore[dict-item]
        "is too small for this network": lambda: iv.compare_groups(
            net, {"a": two, "b": two}, preprocessing=tiny
        ),
        "A network is what load": lambda: iv.compare_checkpoints(net, "demo", photo),  # type: ignore[arg-type]
        "or a pair, not": lambda: iv.compare_checkpoints(net, net, photo, preprocessing=(None,)),  # type: ignore[arg-type]
    }
    for words, ask in wrong.items():
        with pytest.raises(iv.QuestionError, match=words):
            ask()


def test_folders_are_refused(net: iv.Network, photo: Path, tmp_path: Path) -> None:
    folder = photo.parent
    wrong = {
        "The folder of photos is the path": lambda: iv.index(net, ""),
        "The folder of photos is a path": lambda: iv.index(net, "a\0b"),
        "The index is the path": lambda: iv.index(net, folder, 3),  # type: ignore[arg-type]
        "A number of photos is a whole": lambda: iv.index(net, folder, most=True),
        "cannot be written: File name too long": lambda: iv.index(
            net, folder, tmp_path / f"{'x' * 300}.npz"
        ),
        "The index is the path of a folder, not None": lambda: iv.top_photos(
            net,
            None,
            UNIT,
            0,  # type: ignore[arg-type]
        ),
        "A channel is a whole": lambda: iv.top_photos(net, "x", UNIT, 1.0),  # type: ignore[arg-type]
        "A number of bins is from 1": lambda: iv.evaluate(net, folder, bins=0),
        "A number of mistakes is a whole": lambda: iv.evaluate(net, folder, worst="x"),  # type: ignore[arg-type]
        "The table to write is the path": lambda: iv.evaluate(net, folder, csv=3),  # type: ignore[arg-type]
        "“progress” is a function": lambda: iv.index(net, folder, progress=3),  # type: ignore[arg-type]
    }
    for words, ask in wrong.items():
        with pytest.raises(iv.ViewerError, match=words):
            ask()
