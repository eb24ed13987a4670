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

METHODS = """
saliency input_x_gradient integrated_gradients deep_lift deep_lift_shap gradient_shap
guided_backprop deconvolution guided_grad_cam occlusion feature_ablation shapley_value_sampling
lime kernel_shap lrp smooth_grad smooth_grad_squared var_grad class_activation_map
layer_grad_cam layer_gradient_x_activation layer_conductance layer_internal_influence
layer_integrated_gradients layer_deep_lift layer_lrp layer_ablation
neuron_gradient neuron_conductance neuron_integrated_gradients neuron_guided_backprop
neuron_deconvolution
"""


def test_methods_are_named() -> None:
    assert sorted(iv.methods()) == sorted(METHODS.split())


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


SMALL = iv.Preprocessing(64, 64, "squeeze")


def quick(net: iv.Network, image: object, **asked: object) -> iv.AttributionAnswer:
    """Saliency of a small picture, unless something else is asked for."""
    return iv.attribute(  # type: ignore[arg-type]
        net, image, **{"method": "saliency", "preprocessing": SMALL, **asked}
    )


def test_the_difference_of_two_classes_is_that_of_their_gradients(
    net: iv.Network, photo: Path
) -> None:
    both = quick(net, photo, target="thing b", against="thing k")
    one, other = (quick(net, photo, target=target) for target in (1, 10))
    gap = both.raw - (one.raw - other.raw)
    assert np.abs(gap).max() < 1e-4 * np.abs(both.raw).max()
    assert both.target_name == "thing b against thing k"
    assert np.array_equal(both.raw, quick(net, photo, target=1, against=np.int64(10)).raw)


def test_a_channel_or_a_position_is_explained_by_any_method_of_the_pixels(
    net: iv.Network, photo: Path
) -> None:
    activation = net.trace(photo, preprocessing=SMALL)["inception4a/5x5"]
    channel = quick(net, photo, unit="inception4a/5x5", channel=7)
    assert channel.score == pytest.approx(float(activation[7].sum()), rel=1e-4)
    assert channel.target == -1
    place = quick(net, photo, unit="inception4a/5x5", channel=7, position=(1, 2))
    assert place.score == pytest.approx(float(activation[7, 1, 2]), rel=1e-4)
    assert place.target_name == "inception4a/5x5, channel 7 at row 1, column 2"
    strongest = int(activation.max((1, 2)).argmax())
    assert f"channel {strongest} at row 0" in (
        quick(net, photo, unit="inception4a/5x5", position=(0, 0)).target_name
    )
    assert "inception4d, channel 3" in quick(net, photo, head="aux2", channel=3).target_name
    same = quick(net, photo, method="neuron_gradient", unit="inception4a/5x5", channel=7)
    assert np.array_equal(same.raw, channel.raw)
    assert quick(net, photo, method="neuron_gradient", unit="pool3").target_name.startswith("pool3")


def test_a_baseline_may_be_a_photo(
    net: iv.Network, picture: NDArray[np.uint8], photo: Path, tmp_path: Path
) -> None:
    """F(b) is what a trace of that photo says."""
    other = np.ascontiguousarray(picture[::-1])
    path = tmp_path / "other.png"
    Image.fromarray(other).save(path)
    logits = net.trace(other, preprocessing=SMALL).logits["main"]
    how = {"method": "integrated_gradients", "target": 4, "steps": 2, "adapt": "off"}
    found = [quick(net, photo, baseline=b, **how) for b in (other, path, str(path))]
    for one in found:
        assert one.baseline_score == pytest.approx(float(logits[4]), rel=1e-4, abs=1e-4)
        assert one.parameters["baseline"] == "image"
        assert np.array_equal(one.raw, found[0].raw)
    itself = quick(net, picture, baseline=picture, **how)
    assert not itself.raw.any()
    lab = net._lab
    assert len(lab._photos) == len(lab._encoded) == 0


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"method": "magic"}, "There is no method “magic”"),
        ({"target": "unicorn"}, "“unicorn” is no class"),
        ({"target": 12}, "Class 12 is out of range: 0 to 11"),
        ({"target": -1}, "out of range"),
        ({"target": True}, "by name or index, not as True"),
        ({"head": "aux3"}, "aux3"),
        ({"target": 1, "against": 1}, "class and itself is zero"),
        ({"against": "unicorn"}, "“unicorn” is no class"),
        ({"channel": 0, "against": 2}, "“against” subtracts a class"),
        ({"method": "layer_grad_cam", "channel": 3}, "leave channel and position out"),
        ({"channel": 99999}, "has channels 0 to 1023"),
        ({"channel": 1.5}, "A channel is a whole number, not 1.5"),
        ({"position": (1, 2, 3)}, r"A position is a pair \(row, column\)"),
        ({"position": ("a", 2)}, "A row is a whole number"),
        ({"channel": 1, "position": (9, 0)}, "has rows 0 to 6 and columns 0 to 6"),
        ({"baseline": "whit"}, "“baseline” is a photo or one of black, mean, "),
        ({"method": "saliency", "baseline": "black"}, "has no parameter “baseline”"),
        ({"steps": 0}, "steps"),
        ({"unknown": 3}, "unknown"),
    ],
)
def test_questions_that_make_no_sense(
    net: iv.Network, photo: Path, asked: dict[str, object], words: str
) -> None:
    with pytest.raises(iv.QuestionError, match=words):
        iv.attribute(net, photo, **asked)  # type: ignore[arg-type]
