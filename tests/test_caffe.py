"""Caffe's GoogLeNet out of ``.caffemodel`` files; OpenCV's own reader of Caffe is the oracle."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import caffe_files as cf
import cv2
import numpy as np
import pytest
import skimage.data
import torch
from caffe_files import Layer, caffemodel
from caffe_network import (
    BVLC_INPUT,
    CLASSES,
    Blobs,
    Open,
    changed,
    classifier_of,
    deployed_layers,
    full,
    googlenet_layers,
    layer_blobs,
    one_folder,
    opener,
    refusal,
    without,
)
from numpy.typing import NDArray

from inception_viewer.checkpoints import caffe_dialect, own
from inception_viewer.checkpoints.describe import verdict
from inception_viewer.checkpoints.read import read_checkpoint
from inception_viewer.checkpoints.weights import Weights, fingerprint
from inception_viewer.googlenet import variants
from inception_viewer.googlenet.architecture import INPUT
from inception_viewer.googlenet.variants import Lrn, Pool
from inception_viewer.images.preprocess import prepare
from inception_viewer.lab import Lab

__all__ = ["deployed_layers", "googlenet_layers", "layer_blobs", "one_folder", "opener"]
"""Fixtures."""


# --- against OpenCV ----------------------------------------------------------------------


def theirs(unit: str) -> str:
    """The layer of BVLC's network that gives one of our units, after its ReLU."""
    stem = {
        "conv1": "conv1/relu_7x7",
        "pool1": "pool1/3x3_s2",
        "lrn1": "pool1/norm1",
        "conv2/reduce": "conv2/relu_3x3_reduce",
        "conv2": "conv2/relu_3x3",
        "lrn2": "conv2/norm2",
        "avgpool": "pool5/7x7_s1",
        "fc": "loss3/classifier",
    }
    if unit in stem:
        return stem[unit]
    if unit.startswith("pool"):
        return f"{unit}/3x3_s2"
    head = re.fullmatch(r"aux(\d)/(\w+)", unit)
    if head:
        last = {"pool": "ave_pool", "conv": "relu_conv", "fc1": "relu_fc", "fc2": "classifier"}
        return f"loss{head[1]}/{last[head[2]]}"
    module = re.fullmatch(r"inception(\d\w)(?:/(\w+))?", unit)
    assert module
    if module[2] is None:
        return f"inception_{module[1]}/output"
    return f"inception_{module[1]}/{'' if module[2] == 'pool' else 'relu_'}{module[2]}"


def opencv(
    model: bytes, layers: Sequence[Layer], x: NDArray[np.float32], units: Sequence[str]
) -> dict[str, NDArray[np.float32]]:
    """Units' activations, computed by OpenCV from the same bytes."""
    size = f"{x.shape[2]}\ninput_dim: {x.shape[3]}"
    text = cf.prototxt(layers).replace("224\ninput_dim: 224", size)
    net = cv2.dnn.readNetFromCaffe(
        np.frombuffer(text.encode(), np.uint8), np.frombuffer(model, np.uint8)
    )
    net.enableFusion(False)  # units in the middle are asked for
    net.enableWinograd(False)
    net.setInput(x, "data")
    values = net.forward([theirs(unit) for unit in units])
    return dict(zip(units, values, strict=True))


def errors(weights: Weights, reference: dict[str, NDArray[np.float32]], x: Any) -> dict[str, float]:
    """Largest difference of every unit, as a share of the reference's largest value."""
    net = weights.network()
    with torch.no_grad():
        ours = net.run({INPUT: torch.from_numpy(x)}, list(reference))
    result = {}
    for unit, expected in reference.items():
        found = ours[unit].numpy()
        assert found.size == expected.size, unit
        assert expected.any(), unit
        difference = np.abs(found.reshape(expected.shape) - expected).max()
        result[unit] = float(difference / np.abs(expected).max())
    return result


FORMATS = {
    "new": {"numbers": "float"},
    "V1": {"numbers": "float", "v1": True},
    "V1 with new shapes": {"numbers": "float", "v1": True, "old": False},
    "new, unpacked": {"numbers": "unpacked", "old": True},
    "NVIDIA's half": {"numbers": "raw half"},
}


@pytest.mark.parametrize("form", FORMATS)
def test_every_unit_equals_opencv(
    form: str, layers: list[Layer], blobs: Blobs, folder: Path
) -> None:
    model = caffemodel(full(layers), blobs, **FORMATS[form])  # type: ignore[arg-type]
    path = folder / "net.caffemodel"
    path.write_bytes(model)
    weights = read_checkpoint(path)
    prepared = prepare(skimage.data.chelsea(), weights.preprocessing)
    # Caffe's way from a photo to the input, by OpenCV.
    x = cv2.dnn.blobFromImage(
        np.ascontiguousarray(prepared.picture[:, :, ::-1]), 1.0, (224, 224), (104, 117, 123)
    )
    np.testing.assert_array_equal(prepared.array[None], x)
    units = weights.network().names
    assert len(units) == 91
    found = errors(weights, opencv(model, layers, x, units), x)
    assert max(found.values()) < 1e-4, max(found.items(), key=lambda item: item[1])
    assert max(found.values()) < 1e-5  # measured: 1.4e-6


def test_ceil_pools_equal_opencv_at_other_sizes(
    short: list[Layer], blobs: Blobs, folder: Path
) -> None:
    model = caffemodel(short, blobs)
    (folder / "net.caffemodel").write_bytes(model)
    weights = read_checkpoint(folder / "net.caffemodel")
    units = [name for name in weights.network().names if name not in ("avgpool", "fc")]
    trunk = short[:-3]  # the last pool, 7x7 in Caffe, does not fit there
    for height, width in ((203, 241), (230, 226)):
        picture = np.ascontiguousarray(skimage.data.coffee()[:height, :width, ::-1])
        x = cv2.dnn.blobFromImage(picture, 1.0, (width, height), (104, 117, 123))
        found = errors(weights, opencv(model, trunk, x, units), x)
        assert max(found.values()) < 1e-4, (height, width)


def test_the_comparison_would_notice(short: list[Layer], blobs: Blobs, folder: Path) -> None:
    """With the normalisations left out or set otherwise, the units differ by far."""
    model = caffemodel(short, blobs)
    (folder / "net.caffemodel").write_bytes(model)
    weights = read_checkpoint(folder / "net.caffemodel")
    x = cv2.dnn.blobFromImage(skimage.data.coffee(), 1.0, (224, 224), (104, 117, 123))
    reference = opencv(model, short, x, ("lrn1", "lrn2", "inception3a", "fc"))
    for lrn in (Lrn(5, 1e-4, 0.5, 1.0), Lrn(5, 5e-4, 0.75, 1.0), Lrn(5, 1e-4, 0.75, 2.0)):
        wrong = replace(weights, variant=replace(weights.variant, lrn=lrn))
        assert min(errors(wrong, reference, x).values()) > 1e-2, lrn


@pytest.mark.parametrize("numbers", ["float", "double", "unpacked", "raw float", "raw half"])
@pytest.mark.parametrize("old", [False, True])
def test_every_tensor_arrives_as_it_was_written(
    numbers: str, old: bool, short: list[Layer], blobs: Blobs, opened: Open
) -> None:
    weights = opened(short, numbers=numbers, old=old)
    names = {"conv1": "conv1/7x7_s2", "conv2_reduce": "conv2/3x3_reduce", "conv2": "conv2/3x3"}
    names["fc"] = "loss3/classifier"
    for name, tensor in weights.state.items():
        unit, _, leaf = re.sub(r"\.(conv|linear)\.(?=\w+$)", "|", name).partition("|")
        layer = names.get(unit) or re.sub(r"inception(\d\w)\.", r"inception_\1/", unit)
        expected = blobs[layer][leaf == "bias"]
        if numbers == "raw half":
            expected = expected.astype(np.float16).astype(np.float32)
        assert tensor.dtype == torch.float32
        np.testing.assert_array_equal(tensor.numpy(), expected, err_msg=name)
    assert len(weights.state) == 2 * (57 + 1)


# --- what is known of it -----------------------------------------------------------------


def test_what_is_known_of_it(layers: list[Layer], opened: Open) -> None:
    weights = opened(full(layers))
    assert weights.family == weights.variant.name == "bvlc"
    paper = variants.paper(CLASSES, batch_norm=False)
    assert weights.variant == replace(paper, name="bvlc")
    assert weights.variant.lrn == Lrn(5, 1e-4, 0.75, 1.0)
    assert weights.preprocessing == BVLC_INPUT
    assert weights.heads == {"aux1": "trained", "aux2": "trained", "main": "trained"}
    assert weights.classes[3] == "class 3"
    assert verdict(weights) == "bvlc, true 5x5, local response normalisation, heads trained"
    assert weights.metadata == {"network": "GoogleNet"}
    assert any("put together like BVLC's" in sentence for sentence in weights.evidence)


def test_bvlcs_own_file_is_known_by_its_digest(
    short: list[Layer], blobs: Blobs, opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = caffemodel(short, blobs, numbers="raw half")
    theirs = replace(caffe_dialect.BVLC, size=len(model))
    assert theirs.digest == "sha1:405fc5acd08a3bb12de8ee5e23a96bec22f08204"
    monkeypatch.setattr(caffe_dialect, "BVLC", theirs)
    assert not any("own file" in sentence for sentence in opened(short).evidence)
    digest = f"sha1:{hashlib.sha1(model).hexdigest()}"
    monkeypatch.setattr(caffe_dialect, "BVLC", replace(theirs, digest=digest))
    weights = opened(short)
    assert "It is BVLC's own file, by its digest." in weights.evidence
    assert not any("does not say how its input" in sentence for sentence in weights.warnings)
    assert weights.preprocessing == BVLC_INPUT


def test_parameters_are_those_that_were_written(
    layers: list[Layer], blobs: Blobs, opened: Open
) -> None:
    assert opened(layers).parameters == sum(a.size for pair in blobs.values() for a in pair)


def test_class_names_are_imagenets_or_those_beside_the_file(
    short: list[Layer], blobs: Blobs, opened: Open, folder: Path
) -> None:
    thousand = {"loss3/classifier": classifier_of(1000)}
    weights = opened(changed(short, "loss3/classifier", settings={"num_output": 1000}), thousand)
    assert weights.variant.classes == len(weights.classes) == 1000
    assert weights.classes[0] == "tench"
    assert weights.classes[999] == "toilet tissue"
    beside = folder / "net.txt"
    beside.write_text("\n".join(f"thing {i}" for i in range(CLASSES)))
    try:
        assert opened(short).classes[11] == "thing 11"
    finally:
        beside.unlink()


def test_places365_has_its_own_names_and_mean(short: list[Layer], opened: Open) -> None:
    net = changed(short, "loss3/classifier", settings={"num_output": 365})
    places = {"loss3/classifier": classifier_of(365)}
    weights = opened(net, places, name="GoogleNet-Places365")
    assert weights.family == "bvlc"
    names = weights.classes
    assert len(names) == len(set(names)) == 365
    # From the Places365 index: /a/airfield 0, /c/campus 77, /k/kitchen 203, /z/zen_garden 364.
    assert [names[i] for i in (0, 77, 203, 364)] == ["airfield", "campus", "kitchen", "zen_garden"]
    assert weights.preprocessing.mean == (104.051, 112.514, 116.676)
    assert not any("taken to be Places365" in sentence for sentence in weights.warnings)
    guessed = opened(net, places)
    assert guessed.classes == names
    assert any("for its 365 classes" in sentence for sentence in guessed.warnings)


@pytest.mark.parametrize(
    ("transform", "expected", "warned"),
    [
        ({"mean_value": (104, 117, 123)}, {}, ""),
        ({"mean_value": (90, 91, 92), "crop_size": 227},
         {"mean": (90.0, 91.0, 92.0), "height": 227, "width": 227}, ""),
        ({"mean_value": (128,), "scale": 0.0078125},
         {"mean": (128.0,) * 3, "std": (128.0,) * 3}, ""),
        ({"crop_size": 224}, {"mean": (0.0,) * 3}, ""),
        ({"mean_file": "mean.binaryproto", "crop_size": 224}, {}, "mean picture"),
        ({"mean_value": (float("nan"),), "crop_size": 0, "scale": 0.0}, {}, ""),
        (None, {}, "does not say how its input is made"),
    ],
)  # fmt: skip
def test_input_is_that_of_the_data_layer(
    transform: dict[str, Any] | None,
    expected: dict[str, Any],
    warned: str,
    short: list[Layer],
    opened: Open,
) -> None:
    net = [cf.data_layer(**transform), *short] if transform else short
    weights = opened(net)
    assert weights.preprocessing == replace(BVLC_INPUT, **expected)
    said = [s for s in weights.warnings if "mean picture" in s or "does not say how" in s]
    assert len(said) == bool(warned)
    assert warned in "".join(said)


def test_scale_is_applied_after_the_mean_as_caffe_does(short: list[Layer], opened: Open) -> None:
    net = [cf.data_layer(mean_value=(104, 117, 123), scale=0.017), *short]
    picture = prepare(skimage.data.chelsea(), opened(net).preprocessing)
    bgr = picture.picture[:, :, ::-1].astype(np.float64)
    expected = ((bgr - (104, 117, 123)) * np.float32(0.017)).transpose(2, 0, 1)
    np.testing.assert_allclose(picture.array, expected, rtol=1e-5, atol=1e-5)


def test_own_format_keeps_it(layers: list[Layer], opened: Open, tmp_path: Path) -> None:
    weights = opened(full(layers))
    path = tmp_path / "own.safetensors"
    own.save(path, weights)
    again = read_checkpoint(path)
    path.unlink()
    assert fingerprint(again) == fingerprint(weights)
    assert again.family == "bvlc"
    assert again.preprocessing == weights.preprocessing
    assert again.metadata == weights.metadata


def test_the_lab_opens_it(layers: list[Layer], blobs: Blobs, folder: Path) -> None:
    path = folder / "net.caffemodel"
    path.write_bytes(caffemodel(full(layers), blobs, numbers="raw half"))
    info = Lab().open_checkpoint(path)
    assert info.family == "bvlc"
    assert info.graph.node("lrn2").shape == (192, 56, 56)
    assert info.graph.node("aux1/pool").shape == (512, 4, 4)


# --- other settings ----------------------------------------------------------------------


def test_lrn_and_rounding_are_the_files(short: list[Layer], opened: Open) -> None:
    net = short
    for name in ("pool1/norm1", "conv2/norm2"):
        net = changed(net, name, settings={"local_size": 9, "alpha": 0.0003, "k": 2.0})
    net = changed(net, "pool3/3x3_s2", settings={"round_mode": "FLOOR"})
    variant = opened(net).variant
    assert variant.lrn == Lrn(9, 3e-4, 0.75, 2.0)
    assert variant.pools == (Pool(3, 2), Pool(3, 2), Pool(3, 2, ceil_mode=False), Pool(3, 2))


def test_network_without_lrn(short: list[Layer], opened: Open) -> None:
    net = without(short, "pool1/norm1", "conv2/norm2")
    net = changed(net, "conv2/3x3_reduce", bottoms=("pool1/3x3_s2",))
    weights = opened(changed(net, "pool2/3x3_s2", bottoms=("conv2/3x3",)))
    assert weights.variant.lrn is None
    assert any("no local response normalisation" in sentence for sentence in weights.warnings)


@pytest.mark.parametrize(
    ("name", "change", "words"),
    [
        ("conv1/7x7_s2", {"settings": {"stride": 1}}, "“conv1/7x7_s2” has stride 1 where 2"),
        ("inception_4b/5x5", {"settings": {"pad": 0}}, "“inception_4b/5x5” has pad 0 where 2"),
        ("conv2/3x3", {"settings": {"dilation": 2}}, "has dilation 2 where 1 is expected"),
        ("pool2/3x3_s2", {"settings": {"kernel_size": 2}}, "“pool2/3x3_s2” has kernel 2 where 3"),
        ("inception_5a/pool", {"settings": {"stride": 2}}, "“inception_5a/pool” has stride 2"),
        ("pool5/7x7_s1", {"settings": {"kernel_size": 5}}, "“pool5/7x7_s1” has kernel 5 where 7"),
        ("conv2/relu_3x3", {"settings": {"negative_slope": 0.1}}, "relu(conv2/3x3) is a leaky one"),
        ("pool1/norm1", {"settings": {"alpha": 0.1}}, "two normalisations are not set alike"),
        ("pool5/7x7_s1", {"settings": {"pool": "MAX"}}, "“loss3/classifier” reads max(cat("),
        (
            "loss3/classifier",
            {"bottoms": ("inception_5a/output",)},
            "“loss3/classifier” reads cat(",
        ),
        ("inception_3b/relu_1x1", {"type": "Split"}, "“inception_4a/1x1” reads"),
        ("conv2/norm2", {"type": "Split"}, "reads max(relu(conv2/3x3)) where"),
        ("inception_3b/1x1", {"bottoms": ("pool2/3x3_s2",)}, "“inception_3b/1x1” reads max(lrn"),
    ],
)
def test_layers_put_together_otherwise_are_refused(
    name: str, change: dict[str, Any], words: str, short: list[Layer], opened: Open
) -> None:
    text = refusal(opened, changed(short, name, **change))
    assert text.startswith("It looks like BVLC's GoogLeNet, but ")
    assert words in text


def test_global_pooling_is_the_same_pool(short: list[Layer], opened: Open) -> None:
    settings = {"global_pooling": 1, "kernel_size": 0}
    assert opened(changed(short, "pool5/7x7_s1", settings=settings)).variant.classes == CLASSES
