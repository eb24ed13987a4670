"""``.caffemodel`` files that cannot be opened: other networks, wrong shapes, damage."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

import caffe_files as cf
import numpy as np
import pytest
import torch
from caffe_files import Layer, caffemodel, googlenet
from caffe_network import (
    CLASSES,
    Blobs,
    Open,
    deployed_layers,
    full,
    googlenet_layers,
    layer_blobs,
    one_folder,
    opener,
    plain,
    refusal,
    without,
)
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from inception_viewer.checkpoints import caffe_dialect
from inception_viewer.checkpoints.files import read_file
from inception_viewer.checkpoints.read import read_checkpoint
from inception_viewer.errors import CheckpointError
from inception_viewer.googlenet.architecture import empty

__all__ = ["deployed_layers", "googlenet_layers", "layer_blobs", "one_folder", "opener"]
"""Fixtures."""


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
    assert text == looks + (
        "“inception_4c/5x5.weight” of shape (64, 24, 5, 5) and "
        "“inception_4c/5x5.bias” of shape (64,) are missing."
    )
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
