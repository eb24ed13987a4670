"""Inception 5h's files that cannot be read: bad constants, other networks, damage."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tensorflow_files as files
import torch
from fiveh_network import (
    BIAS,
    captum,
    constants,
    frozen_graph,
    graph_net,
    graph_weights,
    random_arrays,
    thin_graph,
    thin_network,
    thin_weights,
    to_torch,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from inception_viewer.checkpoints.read import read_checkpoint
from inception_viewer.checkpoints.weights import Weights
from inception_viewer.errors import CheckpointError

__all__ = ["frozen_graph", "graph_net", "graph_weights", "random_arrays", "thin_network"]
"""Fixtures."""


# --- what cannot be read -----------------------------------------------------------------


def value(sizes: tuple[int, ...], content: bytes = b"", kind: int = 1, single: bool = False):
    """A node's value with any declared shape and type, and any bytes."""
    body = files.number(1, kind) + files.data(2, files.shape(sizes))
    body += files.data(4, content) if content else b""
    body += files.data(5, b"\0\0\x80?") if single else b""
    return files.data(8, body)


BAD_CONSTANTS = {
    "more declared than there": (value((64,), bytes(12)), r"12 bytes where 256 are needed"),
    "less declared than there": (value((64,), bytes(260)), r"260 bytes where 256 are needed"),
    "no whole number": (value((64,), bytes(255)), r"255 bytes where 256"),
    "huge": (value((1 << 39,), bytes(8)), r"shape \(549755813888,\), but 8 bytes"),
    "beyond size": (value((1 << 40, 1 << 40), bytes(8)), r"impossible shape"),
    "negative": (value((-64,), bytes(8)), r"impossible shape"),
    "too many axes": (value((1,) * 9, bytes(4)), r"impossible shape"),
    "nothing": (value((64,)), r"shape \(64,\), but 0 numbers"),
    "one for a huge shape": (
        value((1 << 39,), single=True),
        r"has shape \(549755813888,\) where \(64,\) is expected",
    ),
    "integers": (value((64,), bytes(256), kind=3), r"holds int32 numbers; weights are expected"),
    "strings": (value((64,), bytes(256), kind=7), r"holds string numbers"),
    "unknown type": (value((64,), bytes(256), kind=99), r"holds kind 99 numbers"),
    "no tensor": (files.number(6, 1), r"the constant “mixed3a_1x1_b” has no value"),
    "not finite": (value((64,), b"\0\0\xc0\x7f" * 64), r"“mixed3a_1x1_b” holds 64 values that"),
    "another shape": (
        value((8, 8), bytes(256)),
        r"“mixed3a_1x1_b” has shape \(8, 8\) where \(64,\) is expected",
    ),
}


@pytest.mark.parametrize("case", BAD_CONSTANTS)
@pytest.mark.usefixtures("thin")
def test_a_bad_constant_is_one_sentence(case: str, tmp_path) -> None:
    bad, sentence = BAD_CONSTANTS[case]
    path = tmp_path / "bad.pb"
    path.write_bytes(thin_graph(bad))
    with pytest.raises(CheckpointError, match=sentence) as caught:
        read_checkpoint(path)
    assert str(caught.value).startswith("bad.pb: ")
    assert str(caught.value).count("\n") == 0


def test_a_doubled_name_is_refused(tmp_path) -> None:
    path = tmp_path / "twice.pb"
    path.write_bytes(thin_graph() + files.constant(BIAS, np.zeros(64, np.float32)))
    with pytest.raises(CheckpointError, match="the node “mixed3a_1x1_b” is in it twice"):
        read_checkpoint(path)


@pytest.mark.usefixtures("thin")
@pytest.mark.parametrize("missing", ["mixed4c_3x3_bottleneck", "mixed3a_3x3_bottleneck"])
def test_missing_tensors_are_named_in_the_files_words(missing: str, tmp_path) -> None:
    path = tmp_path / "missing.pb"
    rest = {n: a for n, a in thin_weights().items() if not n.startswith(missing)}
    path.write_bytes(constants(rest))
    with pytest.raises(CheckpointError) as caught:
        read_checkpoint(path)
    assert str(caught.value) == (
        f"missing.pb: It looks like the Inception 5h graph, but “{missing}_w” of shape "
        f"{thin_weights()[f'{missing}_w'].shape} and “{missing}_b” of shape "
        f"{thin_weights()[f'{missing}_b'].shape} are missing."
    )


def test_wrong_shapes_are_told_in_the_files_layout(random_weights, tmp_path) -> None:
    """Someone's 208 filters in 4a, as the paper has them."""
    path = tmp_path / "wide.pb"
    changed = {**random_weights, "mixed4a_3x3_w": np.ones((3, 3, 96, 208), np.float32)}
    path.write_bytes(constants(changed))
    sentence = r"“mixed4a_3x3_w” has shape \(3, 3, 96, 208\) where \(3, 3, 96, 204\) is expected"
    with pytest.raises(CheckpointError, match=sentence):
        read_checkpoint(path)
    state = to_torch(random_weights, captum)
    state["mixed4a.conv_3x3.weight"] = torch.ones(208, 96, 3, 3)
    torch.save(state, tmp_path / "wide.pth")
    sentence = r"Captum's Inception 5h, but “mixed4a.conv_3x3.weight” has shape \(208, 96, 3, 3\)"
    with pytest.raises(CheckpointError, match=sentence):
        read_checkpoint(tmp_path / "wide.pth")


@pytest.mark.parametrize(
    ("name", "tensor", "sentence"),
    [
        ("fc.weight", torch.zeros(1).expand(10**9, 1024), r"classifier “fc.weight” has shape"),
        ("fc.weight", torch.zeros(1008), r"classifier “fc.weight” has shape \(1008,\)"),
        ("fc.weight", None, r"its classifier “fc.weight” is missing"),
        ("conv1.bias", torch.zeros(1).expand(10**12), r"“conv1.bias” has shape"),
        ("conv1.bias", torch.zeros(64, dtype=torch.int64), r"“conv1.bias” holds int64 numbers"),
        ("conv1.bias", torch.zeros(64).to_sparse(), r"“conv1.bias” is a sparse tensor"),
        ("conv1.bias", torch.full((64,), torch.inf), r"“conv1.bias” holds 64 values that are not"),
    ],
)
@pytest.mark.usefixtures("thin")
@pytest.mark.filterwarnings("ignore:Validating sparse tensor invariants:UserWarning")
def test_bad_tensors_of_a_state_dict(name, tensor, sentence, tmp_path) -> None:
    path = tmp_path / "bad.pth"
    state = to_torch(thin_weights(), captum)
    if tensor is None:
        del state[name]
    else:
        state[name] = tensor
    torch.save(state, path)
    with pytest.raises(CheckpointError, match=sentence):
        read_checkpoint(path)


TABLE = bytes.fromhex("57fb808b247547db")
OTHERS = {
    "graph.pbtxt": (b'node {\n  name: "input"\n}\n', "a TensorFlow graph as text"),
    "saved_model.pb": (b"\x08\x01\x12\x85\x01\x0a\x83\x01" + bytes(140), "a TensorFlow SavedModel"),
    "inception_v1.ckpt": (
        bytes(9) + b"InceptionV1/Conv2d_1a_7x7/BatchNorm/beta" + bytes(80) + TABLE,
        "a checkpoint of TF-slim's inception_v1, a GoogLeNet with batch norm that cannot",
    ),
    "inception_v3.ckpt": (
        bytes(9) + b"InceptionV3/Conv2d_1a_3x3/weights" + bytes(80) + TABLE,
        "a checkpoint of TF-slim's InceptionV3, which is no GoogLeNet",
    ),
    "model.ckpt.index": (bytes(99) + TABLE, "a TensorFlow checkpoint; frozen graphs"),
    "model.ckpt.data-00000-of-00001": (bytes(99), "one part of a TensorFlow checkpoint"),
    "slim.pb": (
        files.constant("InceptionV1/Conv2d_1a_7x7/weights", np.ones(3, np.float32)),
        "This looks like TF-slim's inception_v1",
    ),
    "v2.pb": (
        files.constant("InceptionV2/Conv2d_1a_7x7/depthwise_weights", np.ones(3, np.float32)),
        "This looks like TF-slim's Inception v2",
    ),
    "v4.pb": (
        files.constant("a/InceptionV4/Conv2d_1a_3x3/weights", np.ones(3, np.float32)),
        "This looks like TF-slim's Inception v4",
    ),
    "classify_image_graph_def.pb": (
        files.constant("conv/conv2d_params", np.ones(3, np.float32)),
        "This looks like TensorFlow's Inception v3",
    ),
    "other.pb": (
        files.constant("dense/kernel", np.ones(3, np.float32)),
        "This is no GoogLeNet that is known here: its only tensor is “dense/kernel” of shape (3,)",
    ),
    "unfrozen.pb": (
        files.node("conv2d0_w", "VariableV2", dtype=files.FLOAT),
        "graph of 1 nodes holds no weights; freeze it first",
    ),
}


@pytest.mark.parametrize("name", OTHERS)
def test_what_is_not_5h_is_said(name: str, tmp_path) -> None:
    content, sentence = OTHERS[name]
    (tmp_path / name).write_bytes(content)
    with pytest.raises(CheckpointError) as caught:
        read_checkpoint(tmp_path / name)
    assert sentence in str(caught.value)


# --- damaged files -----------------------------------------------------------------------


def flips(content: bytes) -> st.SearchStrategy[dict[int, int]]:
    """Bytes to change: mostly those between the numbers, where the structure is."""
    structure = np.ones(len(content), bool)
    for array in thin_weights().values():
        at = content.index(array.tobytes())
        structure[at : at + array.nbytes] = False
    places = st.sampled_from(np.flatnonzero(structure).tolist())
    return st.dictionaries(
        st.one_of(places, places, places, st.integers(0, len(content) - 1)),
        st.integers(0, 255),
        min_size=1,
        max_size=4,
    )


def read_as(content: bytes, path: Path) -> Weights | None:
    """The weights, or None where the file is refused in one line that names it."""
    path.write_bytes(content)
    try:
        return read_checkpoint(path)
    except CheckpointError as error:
        sentence = str(error)
    assert sentence.startswith(path.name)
    assert "\n" not in sentence
    return None


@pytest.mark.usefixtures("thin")
def test_changed_bytes_give_an_error_or_what_is_in_the_file(tmp_path) -> None:
    """The oracle: every weight is where it was, so its value is what stands there now."""
    small = thin_graph()
    offsets = {name: small.index(array.tobytes()) for name, array in thin_weights().items()}
    expected = {our_name(name): (name, at) for name, at in offsets.items()}
    outcomes = set()

    @settings(derandomize=True, deadline=None, max_examples=250)
    @given(flips(small))
    def check(changes: dict[int, int]) -> None:
        content = bytearray(small)
        for place, byte in changes.items():
            content[place] = byte
        found = read_as(bytes(content), tmp_path / "changed.pb")
        outcomes.add(found is None)
        if found is None:
            return
        for ours, tensor in found.state.items():
            name, at = expected[ours]
            array = thin_weights()[name]
            there = np.frombuffer(content, np.float32, array.size, at).reshape(array.shape)
            axes = {4: (3, 2, 0, 1), 2: (1, 0), 1: (0,)}[array.ndim]
            assert np.array_equal(tensor.numpy(), there.transpose(axes)), ours

    check()
    assert outcomes == {True, False}


def our_name(name: str) -> str:
    """Our name of a weight of the graph's trunk."""
    stem, leaf = name[:-2], {"w": "weight", "b": "bias"}[name[-1]]
    fixed = {"conv2d0": "conv1", "conv2d1": "conv2_reduce", "conv2d2": "conv2"}
    if stem == "softmax2":
        return f"fc.linear.{leaf}"
    if stem in fixed:
        return f"{fixed[stem]}.conv.{leaf}"
    module, _, part = stem.partition("_")
    unit = "pool_proj" if part == "pool_reduce" else part.replace("bottleneck", "reduce")
    return f"{module.replace('mixed', 'inception')}.{unit}.conv.{leaf}"


def test_cut_and_doubled_stretches_give_an_error_or_the_same_weights(thin, tmp_path) -> None:
    small = thin_graph()
    length = len(small)

    @settings(derandomize=True, deadline=None, max_examples=150)
    @given(st.integers(0, length), st.integers(0, length), st.booleans())
    def check(one: int, other: int, doubled: bool) -> None:
        start, end = sorted((one, other))
        content = small[:end] + small[start:] if doubled else small[:start] + small[end:]
        found = read_as(content, tmp_path / "cut.pb")
        if found is not None:
            assert set(found.state) == set(thin.state)
            for name, tensor in found.state.items():
                assert torch.equal(tensor, thin.state[name]), name

    check()
    assert read_as(small + b"\0" * 9, tmp_path / "padded.pb") is None
