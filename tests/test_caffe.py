"""Caffe's GoogLeNet out of ``.caffemodel`` files; OpenCV's own reader of Caffe is the oracle."""

from __future__ import annotations

import hashlib
import re
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import caffe_files as cf
import cv2
import numpy as np
import pytest
import skimage.data
import torch
from caffe_files import Layer, caffemodel, googlenet, random_blobs, with_splits
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from inception_viewer.checkpoints import caffe_dialect, own
from inception_viewer.checkpoints.describe import verdict
from inception_viewer.checkpoints.files import read_file
from inception_viewer.checkpoints.read import read_checkpoint
from inception_viewer.checkpoints.weights import Weights, fingerprint
from inception_viewer.errors import CheckpointError
from inception_viewer.googlenet import variants
from inception_viewer.googlenet.architecture import INPUT, empty
from inception_viewer.googlenet.variants import Lrn, Pool
from inception_viewer.images.preprocess import prepare
from inception_viewer.lab import Lab
from inception_viewer.questions import Preprocessing

CLASSES = 12
BVLC_INPUT = Preprocessing(
    channels="BGR", scale=1.0, mean=(104.0, 117.0, 123.0), std=(1.0, 1.0, 1.0)
)
Open = Callable[..., Weights]
Blobs = dict[str, Any]


@pytest.fixture(scope="module")
def layers() -> list[Layer]:
    return googlenet(CLASSES)


@pytest.fixture(scope="module")
def blobs(layers: list[Layer]) -> Blobs:
    """Random weights; tests change copies of the dictionary, never the arrays."""
    return random_blobs(layers)


@pytest.fixture(scope="module")
def short(layers: list[Layer]) -> list[Layer]:
    """The network as deployed: no auxiliary heads."""
    return googlenet(CLASSES, heads=False)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """One folder for all files, which are large: each is overwritten by the next."""
    path = tmp_path_factory.mktemp("caffe")
    yield path
    for file in path.iterdir():
        file.unlink()


@pytest.fixture
def opened(folder: Path, blobs: Blobs) -> Open:
    """Write a ``.caffemodel`` and open it; half precision unless told, as it is smaller."""

    def write_and_open(
        layers: Sequence[Layer], changed: Blobs | None = None, file: str = "net", **how: Any
    ) -> Weights:
        path = folder / f"{file}.caffemodel"
        how = {"numbers": "raw half", **how}
        path.write_bytes(caffemodel(layers, {**blobs, **(changed or {})}, **how))
        try:
            return read_checkpoint(path)
        finally:
            path.unlink()

    return write_and_open


def refusal(open_: Open, *arguments: Any, **how: Any) -> str:
    """The one sentence with which a file is refused, without the file's name."""
    with pytest.raises(CheckpointError) as caught:
        open_(*arguments, **how)
    return plain(caught.value)


def plain(error: CheckpointError) -> str:
    text = str(error)
    assert "\n" not in text
    assert text.endswith(".")
    assert len(text) < 1500
    return text.partition(": ")[2]


def changed(layers: Sequence[Layer], which: str, **changes: Any) -> list[Layer]:
    """The layers with one of them changed; ``settings`` are added to its own."""
    result = []
    for layer in layers:
        if layer.name == which:
            added = changes.get("settings", {})
            layer = replace(layer, **{**changes, "settings": {**layer.settings, **added}})
        result.append(layer)
    return result


def without(layers: Sequence[Layer], *names: str) -> list[Layer]:
    return [layer for layer in layers if layer.name not in names]


def full(layers: Sequence[Layer]) -> list[Layer]:
    """As Caffe's training saves it: with the data layer and the splits it puts in."""
    return [cf.data_layer(), *with_splits(layers)]


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
    thousand = {"loss3/classifier": _classifier(1000)}
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


def _classifier(classes: int, seed: int = 5) -> tuple[NDArray[Any], NDArray[Any]]:
    rng = np.random.default_rng(seed)
    weights = rng.normal(0, 0.05, (classes, 1024)).astype(np.float32)
    return weights, rng.normal(0, 0.2, classes).astype(np.float32)


def test_places365_has_its_own_names_and_mean(short: list[Layer], opened: Open) -> None:
    net = changed(short, "loss3/classifier", settings={"num_output": 365})
    places = {"loss3/classifier": _classifier(365)}
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


# --- heads -------------------------------------------------------------------------------


def test_deployed_network_has_no_auxiliary_heads(short: list[Layer], opened: Open) -> None:
    weights = opened(short)
    assert weights.heads == {"aux1": "absent", "aux2": "absent", "main": "trained"}
    assert weights.variant.heads == ("main",)


def test_head_as_initialised_is_untrained(layers: list[Layer], blobs: Blobs, opened: Open) -> None:
    zero = np.zeros(CLASSES, np.float32)
    fresh = {"loss2/classifier": (blobs["loss2/classifier"][0], zero)}
    weights = opened(layers, fresh)
    assert weights.heads == {"aux1": "trained", "aux2": "untrained", "main": "trained"}
    assert "Never trained: aux2; what they say means nothing." in weights.warnings
    assert any(s.startswith("aux2: all biases of its classifier are 0") for s in weights.evidence)
    fresh = {"loss3/classifier": (blobs["loss3/classifier"][0], zero + np.float32(0.2))}
    assert opened(layers, fresh).heads["main"] == "untrained"


def test_head_with_other_classes_is_left_out(layers: list[Layer], opened: Open) -> None:
    net = changed(layers, "loss1/classifier", settings={"num_output": 7})
    weights = opened(net, {"loss1/classifier": _classifier(7)})
    assert weights.heads == {"aux1": "absent", "aux2": "trained", "main": "trained"}
    assert "aux1 was left out: it has 7 classes and main 12." in weights.warnings


@pytest.mark.parametrize("part", ["conv", "fc", "classifier"])
def test_head_without_a_part_is_left_out(part: str, layers: list[Layer], opened: Open) -> None:
    weights = opened(without(layers, f"loss2/{part}"))
    assert weights.variant.heads == ("aux1", "main")
    assert "aux2 was left out: a part of loss2 is missing." in weights.warnings


# --- fine-tuned networks -----------------------------------------------------------------


def renamed(layers: Sequence[Layer], blobs: Blobs, names: dict[str, str]) -> tuple[Any, Blobs]:
    net = list(layers)
    for old, new in names.items():
        net = changed(net, old, name=new, tops=(new,))
    return net, {new: blobs[old] for old, new in names.items()}


@pytest.mark.parametrize("split", [False, True])
def test_renamed_classifiers_are_found_by_what_they_read(
    split: bool, layers: list[Layer], blobs: Blobs, opened: Open
) -> None:
    names = {
        "loss1/classifier": "my_first",
        "loss2/classifier": "loss2/classifier_flickr",
        "loss3/classifier": "fc_flickr",
    }
    net, own_blobs = renamed(layers, blobs, names)
    weights = opened(with_splits(net) if split else net, own_blobs)
    assert weights.heads == {"aux1": "trained", "aux2": "trained", "main": "trained"}
    expected = torch.from_numpy(blobs["loss2/classifier"][0]).half().float()
    assert torch.equal(weights.state["aux2.fc2.linear.weight"], expected)
    assert "“fc_flickr” is the classifier of main: it reads there." in weights.evidence
    nan = {"fc_flickr": (blobs["loss3/classifier"][0] * np.nan, blobs["loss3/classifier"][1])}
    text = refusal(opened, net, {**own_blobs, **nan})
    assert "“fc_flickr.weight” holds 12288 values that are not finite" in text


def test_two_classifiers_are_not_guessed_between(
    short: list[Layer], blobs: Blobs, opened: Open
) -> None:
    net, own_blobs = renamed(short, blobs, {"loss3/classifier": "fc_colour"})
    net = [*net, replace(net[-1], name="fc_make", tops=("fc_make",))]
    text = refusal(opened, net, {**own_blobs, "fc_make": _classifier(5)})
    assert "two layers may be its classifier: “fc_colour” and “fc_make”" in text
    net = [*short, replace(short[-1], name="fc_make", tops=("fc_make",))]
    assert opened(net, {"fc_make": _classifier(5)}).variant.classes == CLASSES


def test_file_with_weights_only(layers: list[Layer], blobs: Blobs, opened: Open) -> None:
    """Written by tools: no pools, nothing of what reads what."""
    net = [
        replace(layer, bottoms=(), tops=(), settings={}) for layer in layers if layer.name in blobs
    ]
    weights = opened(net)
    assert weights.variant == replace(variants.paper(CLASSES, batch_norm=False), name="bvlc")
    assert any("weights only" in sentence for sentence in weights.warnings)
    net, own_blobs = renamed(net, blobs, {"loss3/classifier": "fc_new"})
    assert opened(net, own_blobs).heads["main"] == "trained"


def test_transposed_inner_product(short: list[Layer], blobs: Blobs, opened: Open) -> None:
    net = changed(short, "loss3/classifier", settings={"transpose": 1})
    weight, bias = blobs["loss3/classifier"]
    weights = opened(net, {"loss3/classifier": (np.ascontiguousarray(weight.T), bias)})
    expected = torch.from_numpy(weight).half().float()
    assert torch.equal(weights.state["fc.linear.weight"], expected)


def test_one_class_is_enough(short: list[Layer], opened: Open) -> None:
    one = {"loss3/classifier": _classifier(1)}
    for old in (False, True):
        assert opened(short, one, old=old).variant.classes == 1


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


# --- what cannot be opened ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("names", "what"),
    [
        (("conv1", "conv2", "conv5", "fc6", "fc7", "fc8"), "an AlexNet or CaffeNet"),
        (("conv1_1", "conv1_2", "fc6", "fc8"), "a VGG"),
        (("conv1", "res2a_branch2a"), "a ResNet"),
        (("conv1", "fire2/squeeze1x1"), "a SqueezeNet"),
        (("conv1/7x7_s2", "inception_3a/1x1", "inception_3a/double3x3_reduce"), "an Inception v2"),
        (("conv1", "ip1"), "a LeNet"),
    ],
)
@pytest.mark.parametrize("v1", [False, True])
def test_other_caffe_networks_are_recognised(
    names: tuple[str, ...], what: str, v1: bool, opened: Open
) -> None:
    net = [Layer(name, "Convolution", ("data",), (name,)) for name in names]
    some = {name: (np.ones((2, 3, 1, 1), np.float32), np.ones(2, np.float32)) for name in names}
    text = refusal(opened, net, some, v1=v1)
    assert text.startswith(f"This looks like {what}")


def test_unknown_caffe_network_shows_its_layers(opened: Open) -> None:
    net = [Layer(name, "Convolution", ("data",), (name,)) for name in ("alpha", "beta")]
    some = {"alpha": (np.ones(3, np.float32),), "beta": (np.ones(3, np.float32),)}
    text = refusal(opened, net, some, name="Odd")
    assert text == (
        "This Caffe network “Odd” is no GoogLeNet: its weights are those of “alpha”, “beta”."
    )


def test_network_without_weights(short: list[Layer], folder: Path) -> None:
    path = folder / "empty.caffemodel"
    path.write_bytes(caffemodel(short, {}))
    with pytest.raises(CheckpointError, match="“GoogleNet” holds no weights"):
        read_checkpoint(path)


def test_batch_norm_is_said(short: list[Layer], opened: Open) -> None:
    at = short[0].name
    net = [short[0], Layer("conv1/bn", "BatchNorm", (at,), (at,)), *short[1:]]
    assert "a Caffe GoogLeNet with batch norm" in refusal(opened, net)


def test_missing_layers_are_named_as_in_the_file(short: list[Layer], opened: Open) -> None:
    looks = "It looks like BVLC's GoogLeNet, but "
    text = refusal(opened, without(short, "inception_4c/5x5"))
    assert text == looks + "“inception_4c/5x5.weight” and 1 more tensors are missing."
    text = refusal(opened, without(short, "loss3/classifier"))
    assert text == looks + "its classifier “loss3/classifier” is missing."


def test_wrong_shape_says_what_was_expected(short: list[Layer], blobs: Blobs, opened: Open) -> None:
    weight, bias = blobs["inception_4a/3x3"]
    wrong = {"inception_4a/3x3": (weight[:204], bias)}
    for old in (False, True):
        text = refusal(opened, short, wrong, old=old)
        assert "“inception_4a/3x3.weight” has shape (204, 96, 3, 3) where (208, 96, 3, 3)" in text
    text = refusal(opened, short, {"loss3/classifier": blobs["conv1/7x7_s2"]})
    assert "“loss3/classifier.weight” has shape (64, 3, 7, 7) where (classes, 1024)" in text


@pytest.mark.parametrize("numbers", ["float", "double"])
@pytest.mark.parametrize("value", [float("nan"), float("inf"), 1e300])
def test_weights_that_are_not_finite_are_refused(
    value: float, numbers: str, short: list[Layer], blobs: Blobs, opened: Open
) -> None:
    weight, bias = blobs["conv2/3x3"]
    damaged = weight.astype(np.float64)
    damaged[0, 0, 0, 0] = value
    if numbers == "float":
        damaged = np.where(np.abs(damaged) > 1e30, np.inf, damaged).astype(np.float32)
    text = refusal(opened, short, {"conv2/3x3": (damaged, bias)}, numbers=numbers)
    assert "“conv2/3x3.weight” holds 1 value that is not finite" in text


def test_doubled_layer_is_refused(short: list[Layer], opened: Open) -> None:
    text = refusal(opened, [*short, short[0]])
    assert text == "The layer “conv1/7x7_s2” is in the file twice."


def model_with_blob(contents: bytes) -> bytes:
    layer = cf.data(1, "inception_3a/1x1") + cf.data(2, "Convolution") + cf.data(7, contents)
    last = cf.data(1, "loss3/classifier") + cf.data(7, contents)
    return cf.data(1, "GoogleNet") + cf.data(100, layer) + cf.data(100, last)


def shape(*sizes: int) -> bytes:
    return cf.data(7, cf.data(1, b"".join(cf.varint(size) for size in sizes)))


@pytest.mark.parametrize(
    ("contents", "words"),
    [
        (shape(1 << 40, 1024) + cf.data(5, b"\0" * 8), "has shape (1099511627776, 1024), but 2"),
        (shape(1 << 62, 1024), "but 0 numbers"),
        (shape(*([2] * 33)), "impossible shape"),
        (shape(-1, 1024), "impossible shape"),
        (shape(2, 1024) + cf.data(5, b"\0" * 7), "no whole numbers"),
        (shape(2, 1024) + cf.data(12, b"\0" * 7) + cf.integer(10, 1), "unknown kind (type 1)"),
        (shape(2, 1024) + cf.data(12, b"\0" * 8) + cf.integer(10, 4), "unknown kind (type 4)"),
    ],
)
def test_declared_sizes_are_checked_before_memory_is_taken(
    contents: bytes, words: str, tmp_path: Path
) -> None:
    path = tmp_path / "small.caffemodel"
    path.write_bytes(model_with_blob(contents))
    with pytest.raises(CheckpointError) as caught:
        read_checkpoint(path)
    # The classifier's shape decides the count of classes; the sentence may name either.
    assert words in plain(caught.value)


def test_length_beyond_the_file_is_said(tmp_path: Path) -> None:
    path = tmp_path / "long.caffemodel"
    path.write_bytes(cf.data(1, "GoogleNet") + cf.varint(100 << 3 | 2) + cf.varint(1 << 50) + b"ab")
    with pytest.raises(CheckpointError, match="declares 1,125,899,906,842,624 bytes to come where"):
        read_checkpoint(path)


def test_count_of_layers_is_bounded(tmp_path: Path) -> None:
    path = tmp_path / "many.caffemodel"
    path.write_bytes(cf.data(1, "GoogleNet") + cf.data(100, b"") * 20_001)
    with pytest.raises(CheckpointError, match="far more layers than any network"):
        read_checkpoint(path)


def test_oldest_format_says_what_to_do(tmp_path: Path) -> None:
    old = cf.data(1, cf.data(1, "conv1") + cf.data(2, "conv")) + cf.data(2, "data")
    path = tmp_path / "v0.caffemodel"
    path.write_bytes(cf.data(1, "CaffeNet") + cf.data(2, old))
    with pytest.raises(CheckpointError, match="upgrade_net_proto_binary"):
        read_checkpoint(path)


ONNX = cf.integer(1, 6) + cf.data(2, "onnx-caffe2") + cf.data(3, "1")


@pytest.mark.parametrize(
    ("contents", "words"),
    [
        (cf.prototxt(googlenet()).encode(), "description of a network (prototxt), without weights"),
        (b'# GoogLeNet\n\nlayer {\n  name: "data"\n', "description of a network (prototxt)"),
        (b'\nname: "GoogleNet"\nlayers {', "description of a network (prototxt)"),
        (b'input: "data"\ninput_dim: 1\n', "description of a network (prototxt)"),
        (b'net: "models/bvlc_googlenet/train_val.prototxt"\n', "(prototxt)"),
        (b"\nsome words\n", "a text file"),
        (b"\x89HDF\r\n\x1a\n", "an HDF5 file (Keras or Caffe)"),
        (cf.integer(1, 9) + cf.data(2, "x.caffemodel") + cf.data(3, shape(1)), "a Caffe solver"),
        (b"".join(cf.integer(i, 1) for i in (1, 2, 3, 4)) + cf.data(5, b"\0" * 4), "a mean file"),
        (ONNX + cf.data(7, cf.data(5, cf.data(8, "conv1/7x7_s2_w_0"))), "the ONNX zoo's GoogLeNet"),
        (ONNX + cf.data(7, cf.data(5, cf.data(8, "w"))), "an ONNX network"),
        (cf.integer(1, 3), "a file of an unknown kind"),
    ],
)
def test_files_that_are_no_caffemodels(contents: bytes, words: str, tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(contents)
    with pytest.raises(CheckpointError) as caught:
        read_checkpoint(path)
    text = plain(caught.value)
    assert text.startswith("This is not a checkpoint but ")
    assert words in text


# --- damaged files -----------------------------------------------------------------------


@pytest.mark.parametrize("v1", [False, True])
def test_truncated_files_are_said_to_be_cut_short(
    v1: bool, layers: list[Layer], blobs: Blobs, folder: Path
) -> None:
    path = folder / "cut.caffemodel"
    whole = caffemodel(full(layers), blobs, numbers="raw half", v1=v1)
    path.write_bytes(whole)
    for share in (0.9999, 0.99, 0.5, 0.1, 0.0001):
        with path.open("r+b") as file:
            file.truncate(int(len(whole) * share))
        with pytest.raises(CheckpointError, match="damaged or cut short"):
            read_checkpoint(path)


@pytest.fixture(scope="module")
def skeleton(layers: list[Layer], blobs: Blobs) -> bytes:
    """All of a file's structure; every blob has its shape, and no numbers."""
    none = {name: tuple(array[:0] for array in pair) for name, pair in blobs.items()}
    return caffemodel(full(layers), none)


def attempt(path: Path) -> None:
    """Open a damaged file: refused in a sentence or read right, and within 5 seconds."""
    start = time.process_time()
    try:
        weights = read_checkpoint(path)
    except CheckpointError as error:
        plain(error)
    else:
        assert all(bool(torch.isfinite(tensor).all()) for tensor in weights.state.values())
        assert set(weights.state) == set(empty(weights.variant).state_dict())
    assert time.process_time() - start < 5


Changes = list[tuple[float, int]]
changes = st.lists(st.tuples(st.floats(0, 1), st.integers(0, 255)), min_size=1, max_size=4)


def mutated(whole: bytes, at: Changes) -> bytes:
    result = bytearray(whole)
    for share, value in at:
        result[int(share * (len(whole) - 1))] = value
    return bytes(result)


@given(at=changes, keep=st.one_of(st.just(1.0), st.floats(0, 1)), tail=st.binary(max_size=3))
@settings(
    derandomize=True,
    max_examples=300,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_changed_structure_is_read_or_refused(
    at: Changes, keep: float, tail: bytes, skeleton: bytes, folder: Path
) -> None:
    path = folder / "changed.caffemodel"
    path.write_bytes(mutated(skeleton, at)[: int(keep * len(skeleton))] + tail)
    attempt(path)


@pytest.fixture(scope="module")
def structural(short: list[Layer], blobs: Blobs) -> tuple[bytes, list[int]]:
    """A whole file, and the places of its bytes that are no weights."""
    whole = caffemodel(full(short), blobs, numbers="raw half")
    weights = np.zeros(len(whole), bool)
    for layer in short:
        for array in blobs.get(layer.name, ()):
            payload = array.astype("<f2").tobytes()
            start = whole.index(payload)
            weights[start : start + len(payload)] = True
    return whole, np.flatnonzero(~weights).tolist()


@given(at=changes)
@settings(
    derandomize=True,
    max_examples=30,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_whole_file_with_changed_structure_is_read_or_refused(
    at: Changes, structural: tuple[bytes, list[int]], folder: Path
) -> None:
    whole, places = structural
    path = folder / "changed.caffemodel"
    result = bytearray(whole)
    for share, value in at:
        result[places[int(share * (len(places) - 1))]] = value
    path.write_bytes(result)
    attempt(path)


@pytest.mark.parametrize("tail", [b"\0", b"padding", b"\x0a\x02ab", b"\x78\x01"])
def test_padded_file_is_read_alike_or_refused(
    tail: bytes, structural: tuple[bytes, list[int]], folder: Path
) -> None:
    """An unknown field at the end is lawful protobuf; loose bytes are not."""
    path = folder / "padded.caffemodel"
    path.write_bytes(structural[0] + tail)
    if tail.startswith((b"\x0a", b"\x78")):
        assert read_checkpoint(path).variant.classes == CLASSES
    else:
        with pytest.raises(CheckpointError, match="damaged"):
            read_checkpoint(path)


def test_graph_of_concatenations_does_not_explode(short: list[Layer], opened: Open) -> None:
    """Each layer joins the last one with itself: written out it would be 2^60 long."""
    bombs = [Layer(f"j{i}", "Concat", (f"j{i - 1}",) * 2, (f"j{i}",)) for i in range(1, 60)]
    assert opened([*bombs, *short]).variant.classes == CLASSES


def test_dialect_claims_caffe_files_only(short: list[Layer], folder: Path) -> None:
    path = folder / "some.caffemodel"
    path.write_bytes(caffemodel(short, {}))
    contents = read_file(path)
    assert caffe_dialect.recognise(contents)
    assert not caffe_dialect.recognise(replace(contents, definition=None))
    assert contents.metadata == {"network": "GoogleNet"}
