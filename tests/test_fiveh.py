"""Inception 5h against TensorFlow itself, OpenCV's reader and plain functions.

What TensorFlow makes of the graphs is stored (``tests/stored/inception5h_tensorflow.npz``);
to store it anew, in an environment of its own::

    python -m venv tf && tf/bin/pip install tensorflow-cpu
    tf/bin/python tests/store_tensorflow.py
"""

from __future__ import annotations

import functools
import json
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
import tensorflow_files as files
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from oracles import MODULE_NAMES, randomise, relative_error
from torch import Tensor, nn
from torchvision.models import GoogLeNet_Weights

from inception_viewer.checkpoints import fiveh_dialect, own
from inception_viewer.checkpoints.describe import verdict
from inception_viewer.checkpoints.read import read_checkpoint
from inception_viewer.checkpoints.weights import Weights, fingerprint
from inception_viewer.errors import CheckpointError
from inception_viewer.googlenet import variants
from inception_viewer.googlenet.architecture import GoogLeNet, activations, empty, fold
from inception_viewer.googlenet.graph import graph
from inception_viewer.googlenet.same_padding import SameMaxPool2d
from inception_viewer.images.preprocess import normalise

STORED = Path(__file__).parent / "stored" / "inception5h_tensorflow.npz"
TOLERANCE = 1e-4


@pytest.fixture(scope="module")
def random_weights() -> dict[str, files.Array]:
    return files.weights(files.SEED)


@pytest.fixture(scope="module")
def frozen(random_weights, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("graphs") / "tensorflow_inception_graph.pb"
    path.write_bytes(files.graph(random_weights))
    return path


@pytest.fixture(scope="module")
def weights(frozen: Path) -> Weights:
    return read_checkpoint(frozen)


@pytest.fixture(scope="module")
def net(weights: Weights) -> GoogLeNet:
    return weights.network()


def pixels(height: int, width: int) -> Tensor:
    return torch.from_numpy(files.picture(height, width)).permute(2, 0, 1)[None] - 117


# --- against TensorFlow and OpenCV -------------------------------------------------------


@pytest.mark.parametrize("folded", [False, True], ids=["unfolded", "folded"])
@pytest.mark.parametrize("size", files.SIZES)
def test_every_unit_equals_tensorflows(net: GoogLeNet, size, folded: bool) -> None:
    with torch.inference_mode():
        found = activations(fold(net) if folded else net, pixels(*size))
    assert worst_difference(found, size) < TOLERANCE


def worst_difference(found: dict[str, Tensor], size: tuple[int, int]) -> float:
    """The largest relative difference from what TensorFlow gave, over all units."""
    stored = np.load(STORED)
    name = "x".join(map(str, size))
    assert set(found) == set(stored["units"])
    ends = stored[f"{name}_lengths"].cumsum()
    worst = 0.0
    parts = zip(
        stored["units"], np.split(stored[name], ends[:-1]), stored[f"{name}_shapes"], strict=True
    )
    for unit, wanted, shape in parts:
        value = found[str(unit)][0].numpy()
        assert (*value.shape, 1, 1)[:3] == tuple(shape), unit
        digest = files.digest(value)
        assert wanted[1] > 0.1, unit
        norm = abs(digest[0] - wanted[0]) / wanted[0]
        worst = max(worst, float(norm), float(np.abs(digest[1:] - wanted[1:]).max() / wanted[1]))
    return worst


@pytest.mark.parametrize(
    "change",
    [
        {"padding": "symmetric"},
        {"lrn": variants.Lrn(9, 1e-4, 0.5, 1.0)},
        {"head_pool": "adaptive"},
    ],
    ids=["padding", "Lucent's LRN", "Captum's head pool"],
)
def test_what_is_stored_tells_the_families_details(weights: Weights, change) -> None:
    """Guards the proof above: each detail matters at 224x224."""
    other = replace(weights, variant=replace(weights.variant, **change)).network()
    with torch.inference_mode():
        assert worst_difference(activations(other, pixels(224, 224)), (224, 224)) > 0.01


def test_every_value_equals_opencvs(net: GoogLeNet, frozen: Path) -> None:
    """All but the four branches, whose memory OpenCV reuses: they are in the concatenations."""
    reader = cv2.dnn.readNetFromTensorflow(str(frozen))
    reader.enableFusion(False)
    named = set(reader.getLayerNames())
    ends = ("1x1", "3x3", "5x5", "pool_proj")
    units = {}
    for unit, node in files.nodes_of_units().items():
        layer = node if node in named else f"{node}/matmul"
        if layer in named and not unit.endswith(tuple(f"/{end}" for end in ends)):
            units[unit] = layer
    assert len(units) == len(net.names) - 4 * 9
    x = pixels(224, 224)
    reader.setInput(x.numpy())
    values = reader.forward(list(units.values()))
    with torch.inference_mode():
        ours = activations(net, x)
    for unit, value in zip(units, values, strict=True):
        theirs = torch.from_numpy(value).reshape(ours[unit].shape)
        assert relative_error(ours[unit], theirs) < TOLERANCE, unit


# --- TensorFlow's padding against plain functions ------------------------------------------


def same(x: Tensor, kernel: int, stride: int, fill: float) -> Tensor:
    """Pad as TensorFlow's documentation of ``SAME`` says."""
    sides: list[int] = []
    for length in (x.shape[3], x.shape[2]):
        total = kernel - stride if length % stride == 0 else kernel - length % stride
        sides += [max(total, 0) // 2, max(total, 0) - max(total, 0) // 2]
    return F.pad(x, sides, value=fill)


def same_conv(state, x: Tensor, key: str, stride: int = 1) -> Tensor:
    weight, bias = state[f"{key}.conv.weight"], state[f"{key}.conv.bias"]
    return F.conv2d(same(x, weight.shape[-1], stride, 0.0), weight, bias, stride).clamp(min=0)


def same_pool(x: Tensor, stride: int) -> Tensor:
    return F.max_pool2d(same(x, 3, stride, -torch.inf), 3, stride)


def response(x: Tensor) -> Tensor:
    """TensorFlow's definition, with radius 5, alpha 1e-4, beta 0.5 and bias 2."""
    squares = F.pad(x.double() ** 2, (0, 0, 0, 0, 5, 5))
    around = sum(squares[:, shift : shift + x.shape[1]] for shift in range(11))
    return (x.double() / (2 + 1e-4 * around).sqrt()).float()


def same_module(state, x: Tensor, name: str) -> dict[str, Tensor]:
    out = {f"{name}/pool": same_pool(x, 1)}
    for unit in ("1x1", "3x3_reduce", "5x5_reduce"):
        out[f"{name}/{unit}"] = same_conv(state, x, f"{name}.{unit}")
    for unit in ("3x3", "5x5"):
        out[f"{name}/{unit}"] = same_conv(state, out[f"{name}/{unit}_reduce"], f"{name}.{unit}")
    out[f"{name}/pool_proj"] = same_conv(state, out[f"{name}/pool"], f"{name}.pool_proj")
    parts = [out[f"{name}/{unit}"] for unit in ("1x1", "3x3", "5x5", "pool_proj")]
    return out | {name: torch.cat(parts, 1)}


def same_activations(state, x: Tensor) -> dict[str, Tensor]:
    """Every unit of the main path, written out after the graph's nodes."""
    out = {"conv1": same_conv(state, x, "conv1", 2)}
    out["pool1"] = same_pool(out["conv1"], 2)
    out["lrn1"] = response(out["pool1"])
    out["conv2/reduce"] = same_conv(state, out["lrn1"], "conv2_reduce")
    out["conv2"] = same_conv(state, out["conv2/reduce"], "conv2")
    out["lrn2"] = response(out["conv2"])
    out["pool2"] = at = same_pool(out["lrn2"], 2)
    for name in MODULE_NAMES:
        out |= same_module(state, at, name)
        at = out[name]
        if name in ("inception3b", "inception4e"):
            pool = "pool3" if name == "inception3b" else "pool4"
            out[pool] = at = same_pool(at, 2)
    out["avgpool"] = at.mean((2, 3), keepdim=True)
    linear = state["fc.linear.weight"], state["fc.linear.bias"]
    return out | {"fc": F.linear(out["avgpool"].flatten(1), *linear)}


THIN = tuple((name, variants.InceptionChannels(12, 9, 14, 8, 11, 10)) for name in variants.MODULES)
THIN_VARIANT = replace(variants.inception5h(3, heads=("main",)), table=THIN)


@pytest.mark.parametrize("size", [(224, 257), (97, 130), (63, 61), (2, 33), (1, 1)])
def test_every_unit_equals_plain_functions(size) -> None:
    net = empty(THIN_VARIANT).to_empty(device="cpu")
    randomise(net, seed=2)
    x = 60 * torch.randn(2, 3, *size, generator=torch.Generator().manual_seed(3))
    with torch.inference_mode():
        reference = same_activations(net.state_dict(), x)
        for ours in (activations(net, x), activations(fold(net), x)):
            assert set(ours) == set(reference)
            for name, value in reference.items():
                largest = float(value.abs().max())
                torch.testing.assert_close(ours[name], value, rtol=0, atol=TOLERANCE * largest)
    assert sum(bool(value.any()) for value in reference.values()) > 0.95 * len(reference)


@settings(derandomize=True, deadline=None, max_examples=200)
@given(st.data())
def test_a_max_pool_has_tensorflows_windows(data: st.DataObject) -> None:
    kernel = data.draw(st.sampled_from([1, 3, 5, 7]))
    stride = data.draw(st.integers(1, kernel))
    size = data.draw(st.tuples(st.integers(1, 20), st.integers(1, 20)))
    x = torch.randn(1, 2, *size, generator=torch.Generator().manual_seed(size[0])) - 9
    expected = F.max_pool2d(same(x, kernel, stride, -torch.inf), kernel, stride)
    assert torch.equal(SameMaxPool2d(kernel, stride)(x), expected)


def test_gradients_pass_the_padding() -> None:
    """Under gradients the pools take a copy; the values and the input's gradient are the same."""
    net = empty(THIN_VARIANT).to_empty(device="cpu")
    randomise(net, seed=2)
    x = 60 * torch.randn(1, 3, 75, 64, generator=torch.Generator().manual_seed(3))
    ours, theirs = x.clone().requires_grad_(), x.clone().requires_grad_()
    net(ours)["main"].square().sum().backward()
    same_activations(net.state_dict(), theirs)["fc"].square().sum().backward()
    assert relative_error(ours.grad, theirs.grad) < 1e-3


def test_the_graph_says_how_it_is_padded_and_what_is_there() -> None:
    network = graph(empty(variants.inception5h()), 224, 225)
    note = network.node("conv1").note
    assert "2 above, 3 below, 3 left and 3 right" in note
    assert "0 above, 1 below, 1 left and 1 right" in network.node("pool1").note
    assert network.node("inception4a").shape == (508, 14, 15)
    assert network.node("inception5a/5x5_reduce").shape == (48, 7, 8)
    assert not network.node("inception3a/3x3").note
    field = network.node("conv1").field
    assert [field.first_centre(axis) for axis in (0, 1)] == [1.0, 0.0]
    assert (field.span(0, 224, 0), field.span(0, 225, 1)) == ((0, 4), (0, 3))


# --- a small network, read as the family ---------------------------------------------------

BIAS = "mixed3a_1x1_b"
FLAT = tuple((name, variants.InceptionChannels(64, 2, 3, 2, 3, 2)) for name in variants.MODULES)


@functools.cache
def thin_weights() -> dict[str, files.Array]:
    """Weights of the main path under the graph's names, a few hundred thousand numbers."""
    sizes = {"conv2d0": (7, 7, 3, 64), "conv2d1": (1, 1, 64, 64), "conv2d2": (3, 3, 64, 192)}
    channels = 192
    for name, row in FLAT:
        mixed = name.replace("inception", "mixed")
        sizes |= {
            f"{mixed}_1x1": (1, 1, channels, row.one),
            f"{mixed}_3x3_bottleneck": (1, 1, channels, row.reduce3),
            f"{mixed}_3x3": (3, 3, row.reduce3, row.three),
            f"{mixed}_5x5_bottleneck": (1, 1, channels, row.reduce5),
            f"{mixed}_5x5": (5, 5, row.reduce5, row.five),
            f"{mixed}_pool_reduce": (1, 1, channels, row.pool_proj),
        }
        channels = row.total
    sizes["softmax2"] = (channels, 3)
    random = np.random.RandomState(1)
    found = {}
    for stem, size in sizes.items():
        found[f"{stem}_w"] = random.standard_normal(size).astype(np.float32)
        found[f"{stem}_b"] = random.standard_normal(size[-1]).astype(np.float32)
    return found


def constants(found: dict[str, files.Array]) -> bytes:
    return b"".join(files.constant(name, array) for name, array in found.items())


def thin_graph(replaced: bytes | None = None) -> bytes:
    """The small network as a graph; the value of one bias replaced."""
    nodes = [
        files.node(name, "Const", dtype=files.FLOAT, value=replaced)
        if name == BIAS and replaced is not None
        else files.constant(name, array)
        for name, array in thin_weights().items()
    ]
    lrns = files.Writer()
    for name in ("localresponsenorm0", "localresponsenorm1"):
        lrns.lrn(name, "input")
    return b"".join([*nodes, *lrns.nodes])


@pytest.fixture
def thin(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Weights:
    """The small network's weights; meanwhile the whole family has its channels."""

    def small(classes: int = 1008, heads: tuple[str, ...] = ("main",)) -> variants.Variant:
        return replace(family, classes=classes, heads=heads)

    family = replace(variants.inception5h(), table=FLAT)
    monkeypatch.setattr(fiveh_dialect.variants, "inception5h", small)
    path = tmp_path / "thin.pb"
    path.write_bytes(thin_graph())
    return read_checkpoint(path)


# --- the other spellings -----------------------------------------------------------------


def to_torch(found: dict[str, files.Array], spell) -> dict[str, Tensor]:
    """The graph's weights as a state dict whose modules ``spell`` names."""
    state = {}
    for name, array in found.items():
        stem, leaf = name[:-2], {"w": "weight", "b": "bias"}[name[-1]]
        tensor = torch.from_numpy(array)
        if name in ("nn0_w", "nn1_w"):  # rows: positions, then channels; PyTorch: channels first
            tensor = tensor.reshape(16, 128, 1024).permute(2, 1, 0).reshape(1024, 2048)
        elif tensor.ndim == 2:
            tensor = tensor.T
        elif tensor.ndim == 4:
            tensor = tensor.permute(3, 2, 0, 1)
        state[f"{spell(stem)}.{leaf}"] = tensor.contiguous()
    return state


def lucent(stem: str) -> str:
    return f"{stem}_pre_activation_matmul" if "softmax" in stem else f"{stem}_pre_relu_conv"


def captum(stem: str, conv: str = "conv", fc: str = "fc1", last: str = "fc2") -> str:
    fixed = {
        "conv2d0": "conv1", "conv2d1": "conv2", "conv2d2": "conv3", "softmax2": "fc",
        "head0_bottleneck": f"aux1.{conv}", "nn0": f"aux1.{fc}", "softmax0": f"aux1.{last}",
        "head1_bottleneck": f"aux2.{conv}", "nn1": f"aux2.{fc}", "softmax1": f"aux2.{last}",
    }  # fmt: skip
    if stem in fixed:
        return fixed[stem]
    module, _, part = stem.partition("_")
    unit = part.replace("bottleneck", "reduce")
    return f"{module}.pool_proj" if part == "pool_reduce" else f"{module}.conv_{unit}"


def published_captum(stem: str) -> str:
    return captum(stem, "loss_conv", "loss_fc", "loss_classifier")


@pytest.mark.parametrize(("spell", "prefix"), [(captum, "module."), (published_captum, "")])
def test_captums_file_is_the_graph(spell, prefix: str, random_weights, weights, tmp_path) -> None:
    path = tmp_path / "inception5h.pth"
    state = to_torch(random_weights, spell)
    assert ("aux1.loss_fc.weight" in state) is (spell is published_captum)
    torch.save({prefix + name: tensor for name, tensor in state.items()}, path)
    found = read_checkpoint(path)
    assert fingerprint(found) == fingerprint(weights)
    assert found.heads == {"aux1": "trained", "aux2": "trained", "main": "trained"}
    assert found.family == "inception5h"
    assert not found.warnings


def test_lucents_file_has_the_main_head_alone(random_weights, weights, tmp_path) -> None:
    path = tmp_path / "inception5h.pth"
    trunk = {n: a for n, a in random_weights.items() if n[:4] not in ("head", "nn0_", "nn1_")}
    trunk = {n: a for n, a in trunk.items() if n[:8] not in ("softmax0", "softmax1")}
    torch.save(to_torch(trunk, lucent), path)
    found = read_checkpoint(path)
    assert found.heads == {"aux1": "absent", "aux2": "absent", "main": "trained"}
    assert found.variant == replace(weights.variant, heads=("main",))
    assert all(torch.equal(tensor, weights.state[name]) for name, tensor in found.state.items())
    assert verdict(found).endswith("auxiliary heads absent")


def test_a_graph_imported_under_a_name_is_known(thin: Weights, tmp_path) -> None:
    path = tmp_path / "imported.pb"
    path.write_bytes(constants({f"import/{n}": a for n, a in thin_weights().items()}))
    assert fingerprint(read_checkpoint(path)) == fingerprint(thin)


def test_half_precision_and_listed_numbers_are_read(thin: Weights, tmp_path) -> None:
    """Content of half the width, of twice the width, and numbers one by one."""
    path = tmp_path / "forms.pb"
    nodes = []
    for name, array in thin_weights().items():
        if name == "mixed3a_1x1_w":
            nodes.append(files.constant(name, array.astype(np.float16)))
        elif name == "mixed3a_1x1_b":
            nodes.append(files.constant(name, array.astype(np.float16), "values"))
        elif name == "mixed3b_1x1_w":
            nodes.append(files.constant(name, array.astype(np.float64), "values"))
        else:
            nodes.append(files.constant(name, array, "values" if "4a" in name else "content"))
    path.write_bytes(b"".join(nodes))
    found = read_checkpoint(path)
    for name, tensor in thin.state.items():
        halved = name.startswith("inception3a.1x1")
        expected = tensor.half().float() if halved else tensor
        assert torch.equal(found.state[name], expected), name


@pytest.mark.usefixtures("thin")
@pytest.mark.parametrize("left", [1, 5])
def test_numbers_left_out_at_the_end_are_the_last(left: int, tmp_path) -> None:
    """TensorFlow leaves out what repeats, and reads it so."""
    path = tmp_path / "short.pb"
    short = np.arange(1, left + 1, dtype=np.float32)
    rest = {n: a for n, a in thin_weights().items() if n != "conv2d0_b"}
    value = files.data(8, files.tensor(short, "values", sizes=(64,)))
    node = files.node("conv2d0_b", "Const", dtype=files.FLOAT, value=value)
    path.write_bytes(constants(rest) + node)
    expected = [*short, *[float(left)] * (64 - left)]
    assert read_checkpoint(path).state["conv1.conv.bias"].tolist() == expected


def test_our_own_format_keeps_it(weights: Weights, net: GoogLeNet, tmp_path) -> None:
    path = tmp_path / "kept.safetensors"
    own.save(path, weights)
    found = read_checkpoint(path)
    assert found.variant == weights.variant
    assert fingerprint(found) == fingerprint(weights)
    assert (found.family, found.classes) == ("inception5h", weights.classes)
    assert found.preprocessing == weights.preprocessing


def test_an_older_file_of_ours_is_padded_symmetrically() -> None:
    said = json.loads(own.variant_to_json(variants.paper(4)))
    assert said.pop("padding") == "symmetric"
    assert own.variant_from_json(json.dumps(said)) == variants.paper(4)


# --- what is said of a file ----------------------------------------------------------------


def test_the_verdict_names_and_input(weights: Weights) -> None:
    assert verdict(weights) == (
        "inception5h, true 5x5, local response normalisation, heads trained"
    )
    assert weights.variant == variants.inception5h()
    assert weights.parameters == sum(a.size for a in files.weights(0).values())
    grey = normalise(np.full((1, 1, 3), [116, 117, 119], np.uint8), weights.preprocessing)
    assert grey[:, 0, 0].tolist() == [-1.0, 0.0, 2.0]


def test_class_names_are_imagenets_in_the_order_of_2012(weights: Weights) -> None:
    names = weights.classes
    assert len(names) == 1008
    assert names[1:4] == ("kit fox", "English setter", "Siberian husky")
    assert names[1000] == "dumbbell"
    assert [name for name in names if name.startswith("dummy")] == [
        names[0],
        *names[1001:],
    ]
    assert len(set(names)) == 1008
    assert set(names[1:1001]) == set(GoogLeNet_Weights.IMAGENET1K_V1.meta["categories"])


def test_the_stored_order_agrees_with_wordnets() -> None:
    """Sorted by WordNet id the list is torchvision's."""
    path = Path(__file__).parents[1] / "assets" / "labels" / "ilsvrc2012_order.txt"
    lines = path.read_text(encoding="utf-8").splitlines()
    ordered = [line.partition(" ")[2] for line in sorted(lines)]
    assert ordered == GoogLeNet_Weights.IMAGENET1K_V1.meta["categories"]


def test_a_head_as_pytorch_initialises_it_is_untrained(random_weights, tmp_path) -> None:
    path = tmp_path / "fresh.pth"
    state = to_torch(random_weights, captum)
    torch.manual_seed(0)
    for name, layer in (("conv", nn.Conv2d(528, 128, 1)), ("fc1", nn.Linear(2048, 1024))):
        state |= {f"aux2.{name}.{leaf}": t.detach() for leaf, t in layer.named_parameters()}
    fresh = nn.Linear(1024, 1008)
    state |= {f"aux2.fc2.{leaf}": t.detach() for leaf, t in fresh.named_parameters()}
    torch.save(state, path)
    found = read_checkpoint(path)
    assert found.heads == {"aux1": "trained", "aux2": "untrained", "main": "trained"}
    assert "Never trained: aux2" in found.warnings[0]


def test_a_head_with_other_classes_is_left_out(random_weights, tmp_path) -> None:
    path = tmp_path / "other.pb"
    changed = dict(random_weights)
    changed["softmax2_w"], changed["softmax2_b"] = changed["softmax2_w"][:, :7], np.ones(7, "f4")
    changed["softmax1_w"], changed["softmax1_b"] = changed["softmax1_w"][:, :7], np.ones(7, "f4")
    path.write_bytes(constants(changed))
    path.with_suffix(".txt").write_text("\n".join("abcdefg"))
    found = read_checkpoint(path)
    assert found.heads == {"aux1": "absent", "aux2": "trained", "main": "trained"}
    assert found.warnings == ("aux1 was left out: it has 1008 classes and main 7.",)
    assert found.classes == tuple("abcdefg")


def test_heads_converted_without_reordering_are_mended(random_weights, tmp_path) -> None:
    """Told by smoothness over the map, which trained heads have."""
    right, wrong = tmp_path / "right.pth", tmp_path / "wrong.pth"
    state = to_torch(random_weights, captum)
    noise = state["aux1.fc1.weight"].reshape(1024, 128, 4, 4)
    smooth = F.avg_pool2d(F.pad(noise, (1, 1, 1, 1), mode="replicate"), 3, 1).contiguous()
    state["aux1.fc1.weight"] = smooth.reshape(1024, 2048)
    torch.save(state, right)
    state["aux1.fc1.weight"] = smooth.permute(0, 2, 3, 1).reshape(1024, 2048)
    torch.save(state, wrong)
    found, mended = read_checkpoint(right), read_checkpoint(wrong)
    assert not found.warnings
    assert "TensorFlow's order" in mended.warnings[0]
    assert fingerprint(found) == fingerprint(mended)


def test_a_graphs_own_normalisation_is_taken(frozen: Path, tmp_path) -> None:
    """A graph with a radius of 2 is run with a radius of 2, and it is said."""
    path = tmp_path / "radius.pb"
    content = frozen.read_bytes()
    radius = files.attribute("depth_radius", files.number(3, 5))
    assert content.count(radius) == 2
    path.write_bytes(content.replace(radius, files.attribute("depth_radius", files.number(3, 2))))
    found = read_checkpoint(path)
    assert found.variant.lrn is not None
    assert (found.variant.lrn.size, found.variant.lrn.k) == (5, 2.0)
    assert found.variant.lrn.alpha == pytest.approx(5e-4, rel=1e-6)
    assert "not the released graph's" in found.warnings[0]
    path.write_bytes(
        content.replace(radius, files.attribute("depth_radius", files.number(3, 2)), 1)
    )
    with pytest.raises(CheckpointError, match="two local response normalisations differ"):
        read_checkpoint(path)


# --- what cannot be read -------------------------------------------------------------------


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
        f"missing.pb: It looks like the Inception 5h graph, but “{missing}_w” and 1 more tensors "
        "are missing."
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
        ("conv1.bias", torch.zeros(64).to_sparse(), r"“conv1.bias” holds float32 numbers.*sparse"),
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
        "This is no GoogLeNet: its 1 tensors begin with “dense/kernel”",
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


# --- damaged files ---------------------------------------------------------------------------


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
