"""The public Python interface, through the names that a notebook uses."""

from __future__ import annotations

import gc
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from conftest import CLASSES
from numpy.typing import NDArray
from oracles import torchvision_activations
from PIL import Image
from torch import nn

import inception_viewer as iv
from inception_viewer.images.preprocess import prepare


@pytest.fixture(scope="module")
def net(checkpoint: Path) -> iv.Network:
    return iv.load(checkpoint)


@pytest.fixture(scope="module")
def trace(net: iv.Network, photo: Path) -> iv.Trace:
    return net.trace(photo)


def test_importing_the_package_imports_neither_torch_nor_qt() -> None:
    code = (
        "import sys, inception_viewer as iv; dir(iv); iv.CheckpointError; iv.__version__;"
        "print([m for m in ('torch', 'PySide6', 'captum', 'matplotlib', 'numpy.testing') "
        "if m in sys.modules])"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert result.stdout.strip() == "[]"


def test_every_public_name_resolves() -> None:
    for name in iv.__all__:
        assert getattr(iv, name).__doc__, name
        assert name in dir(iv)
    assert callable(iv.methods)
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        _ = iv.nonsense


def test_network_says_what_it_is(net: iv.Network) -> None:
    assert net.variant.kernel_5x5 == 3
    assert net.classes == CLASSES
    assert net.preprocessing == iv.Preprocessing()
    assert len(net.fingerprint) == 64
    assert net.heads == {"aux1": "trained", "aux2": "trained", "main": "trained"}
    assert net.info.verdict in repr(net)
    assert net.device == "cpu"


def test_all_heads_logits_equal_torchvisions(
    net: iv.Network, trace: iv.Trace, peer: nn.Module, picture: NDArray[np.uint8]
) -> None:
    x = torch.tensor(prepare(picture, net.preprocessing).array)[None]
    with torch.no_grad():
        reference = torchvision_activations(peer, x)
    for head, unit in (("aux1", "aux1/fc2"), ("aux2", "aux2/fc2"), ("main", "fc")):
        expected = reference[unit][0].numpy()
        assert np.abs(trace.logits[head] - expected).max() < 1e-4 * np.abs(expected).max()
    assert np.argmax(trace.logits["main"]) == int(reference["fc"].argmax())


def test_paths_images_and_arrays_give_the_same(
    net: iv.Network, trace: iv.Trace, photo: Path, picture: NDArray[np.uint8]
) -> None:
    for image in (str(photo), Image.fromarray(picture), picture):
        again = net.trace(image)
        assert np.array_equal(again.logits["main"], trace.logits["main"])


def test_other_preprocessing_may_be_asked_for(net: iv.Network, picture: NDArray[np.uint8]) -> None:
    wide = iv.Preprocessing(160, 192, "squeeze")
    trace = net.trace(picture, preprocessing=wide)
    assert trace.input.shape == (3, 160, 192)
    assert trace["inception3a"].shape == (256, 20, 24)
    assert trace.picture.shape == (160, 192, 3)


@pytest.mark.parametrize(
    ("image", "words"),
    [
        (np.zeros((20, 20)), "height x width x 3"),
        (np.zeros((20, 20, 3), np.float32), "uint8"),
        (np.zeros((3, 20, 20), np.uint8), "channels come last"),
        (np.zeros((0, 20, 3), np.uint8), "no pixels"),
        ("no such file.jpg", "no longer there"),
        (3, "a path, a PIL image or a numpy array, not int"),
        (None, "not NoneType"),
    ],
)
def test_images_that_are_none(net: iv.Network, image: object, words: str) -> None:
    with pytest.raises(iv.ImageError, match=words):
        net.trace(image)  # type: ignore[arg-type]


def test_nothing_is_kept_of_photos(net: iv.Network, picture: NDArray[np.uint8]) -> None:
    small = iv.Preprocessing(64, 64, "squeeze")
    for shift in range(3):
        net.trace(np.roll(picture, shift, 1), preprocessing=small)
    gc.collect()
    lab = net._lab
    assert len(lab._photos) == len(lab._encoded) == 0
    assert lab._traces.bytes == lab._pixels.bytes == lab._inputs.bytes == 0


def test_checkpoints_that_cannot_be_loaded(tmp_path: Path) -> None:
    with pytest.raises(iv.CheckpointError, match=r"^none\.pth: There is no such file\.$"):
        iv.load(tmp_path / "none.pth")
    with pytest.raises(iv.QuestionError, match="no “tpu”"):
        iv.load(device="tpu")
    assert issubclass(iv.CheckpointError, iv.ViewerError)


# --- attribution -------------------------------------------------------------------------


def test_methods_are_named() -> None:
    assert {"integrated_gradients", "layer_grad_cam"} <= set(iv.methods())


def test_attribution_explains_the_heads_top_class_unless_told(
    net: iv.Network, trace: iv.Trace, photo: Path
) -> None:
    found = iv.attribute(net, photo, method="layer_grad_cam", head="aux2")
    assert found.target == int(np.argmax(trace.logits["aux2"]))
    assert found.target_name == trace.top("aux2", 1)[0][0]
    assert found.map.shape == (224, 224)
    assert found.provenance.fingerprint == net.fingerprint


def test_target_by_name_and_by_index_is_the_same(net: iv.Network, photo: Path) -> None:
    maps = [
        iv.attribute(net, photo, method="layer_grad_cam", target=target).map
        for target in ("thing d", 3, np.int64(3))
    ]
    assert np.array_equal(maps[0], maps[1])
    assert np.array_equal(maps[0], maps[2])
    other = iv.attribute(net, photo, method="layer_grad_cam", target=4).map
    assert not np.array_equal(maps[0], other)


def test_completeness_error_is_what_the_logits_of_two_traces_say(
    net: iv.Network, picture: NDArray[np.uint8]
) -> None:
    """F(x) and F(black) from traces of their own; few steps, so that there is an error."""
    small = iv.Preprocessing(64, 64, "squeeze")
    found = iv.attribute(
        net, picture, target=2, preprocessing=small, steps=8, adapt="off", baseline="black"
    )
    black = net.trace(np.zeros_like(picture), preprocessing=small).logits["main"][2]
    here = net.trace(picture, preprocessing=small).logits["main"][2]
    assert found.raw.shape == (3, 64, 64)
    gap = abs(float(found.raw.sum(dtype=np.float64)) - (here - black))
    expected = gap / max(abs(here - black), 0.1)
    assert found.completeness_error == pytest.approx(expected, rel=1e-2, abs=1e-4)


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"method": "magic"}, "There is no method “magic”"),
        ({"target": "unicorn"}, "“unicorn” is no class"),
        ({"target": 12}, "Class 12 is out of range: 0 to 11"),
        ({"target": -1}, "out of range"),
        ({"target": True}, "out of range"),
        ({"head": "aux3"}, "aux3"),
        ({"steps": 0}, "steps"),
        ({"unknown": 3}, "unknown"),
    ],
)
def test_questions_that_make_no_sense(
    net: iv.Network, photo: Path, asked: dict[str, object], words: str
) -> None:
    with pytest.raises(iv.QuestionError, match=words):
        iv.attribute(net, photo, **asked)  # type: ignore[arg-type]
