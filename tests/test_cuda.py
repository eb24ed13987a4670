"""On a CUDA GPU: the CPU's answers within 1e-3, there and back, and a GPU that is really full.

Skipped without one. ``python -m pytest tests/test_cuda.py`` runs it where there is one.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from oracles import photos as five_photos
from oracles import randomise
from PIL import Image

from inception_viewer.analysis import answer
from inception_viewer.checkpoints.weights import Weights
from inception_viewer.folder_questions import Evaluate, FitHeads
from inception_viewer.googlenet import packed, variants
from inception_viewer.googlenet.architecture import initialise
from inception_viewer.googlenet.variants import HEADS, Variant
from inception_viewer.images.decode import from_array
from inception_viewer.lab import Lab
from inception_viewer.questions import (
    Attribution,
    Notice,
    OpenCheckpoint,
    Overview,
    Preprocessing,
    Scene,
    SwitchDevice,
    WarmUp,
)
from inception_viewer.training.features import compute_features
from inception_viewer.verdict_questions import Judge

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="this machine has no CUDA")

CLOSE = 1e-3
"""What devices may differ by, as a share of the largest value."""
FAMILIES = {
    "torchvision": variants.torchvision(30),
    "paper, batch norm": variants.paper(30),
    "paper, LRN": variants.paper(30, batch_norm=False),
    "5h": variants.inception5h(30),
}
SENTENCE = "The GPU ran out of memory; the network now runs on the CPU."


class Told:
    """A progress that remembers what happened on the way."""

    lane = "jobs"

    def __init__(self) -> None:
        self.notices: list[Notice] = []

    def __call__(self, fraction: float, answer: Any = None, text: str = "") -> None:
        assert 0 <= fraction <= 1

    def notice(self, notice: Notice) -> None:
        self.notices.append(notice)


def weights_of(variant: Variant) -> Weights:
    net = initialise(variant, seed=2)
    randomise(net, 2)
    return Weights(
        variant=variant,
        state={k: v for k, v in net.state_dict().items() if "num_batches" not in k},
        classes=tuple(f"thing {index}" for index in range(variant.classes)),
        preprocessing=Preprocessing(),
        family=variant.name,
        heads=dict.fromkeys(HEADS, "trained"),
    )


def opened(device: str, weights: Weights) -> tuple[Lab, Scene]:
    """A lab with the network and a photo open."""
    lab = Lab(device)
    mark = lab.add_weights(weights, "random").fingerprint
    return lab, Scene(mark, lab.add_image(from_array(five_photos()[0])).id, weights.preprocessing)


def demo(device: str) -> tuple[Lab, Scene]:
    lab = Lab(device)
    info = lab.open_checkpoint("demo")
    image = lab.add_image(from_array(five_photos()[1])).id
    return lab, Scene(info.fingerprint, image, info.preprocessing)


def ask(question: Any, lab: Lab) -> Any:
    told = Told()
    found = answer(question, lab, told)
    assert told.notices == []
    return found


def assert_close(found: NDArray[Any], expected: NDArray[Any], what: str = "") -> None:
    assert found.shape == expected.shape, what
    assert np.isfinite(found).all(), what
    largest = max(float(np.abs(expected).max()), 1e-6)
    assert float(np.abs(found - expected).max()) <= CLOSE * largest, what


# --- the same answers ----------------------------------------------------------------


@pytest.mark.parametrize("family", FAMILIES)
def test_every_unit_is_the_cpus(family: str) -> None:
    weights = weights_of(FAMILIES[family])
    (lab, scene), (plain, same) = opened("cuda", weights), opened("cpu", weights)
    trace, expected = lab.trace(scene), plain.trace(same)
    assert (trace.device, expected.device) == ("cuda", "cpu")
    assert trace.tensor("inception4a").device.type == "cuda"
    assert trace.names == expected.names
    assert_close(trace.input, expected.input, "input")
    for name in trace.names:
        assert_close(trace[name], expected[name], name)
    for head in trace.heads:
        assert_close(trace.probabilities[head], expected.probabilities[head], head)


@pytest.mark.parametrize("size", [(224, 224), (192, 256), (161, 131)])
def test_other_sizes_are_the_cpus(size: tuple[int, int]) -> None:
    weights = weights_of(FAMILIES["5h"])
    made = Preprocessing(*size, resize="squeeze")
    traces = []
    for device in ("cuda", "cpu"):
        lab, scene = opened(device, weights)
        traces.append(lab.trace(Scene(scene.checkpoint, scene.image, made)))
    for name in traces[0].names:
        assert_close(traces[0][name], traces[1][name], name)


def test_what_the_window_shows_is_the_cpus() -> None:
    (lab, scene), (plain, same) = demo("cuda"), demo("cpu")
    found = ask(Overview(scene, "inception4c"), lab)
    expected = ask(Overview(same, "inception4c"), plain)
    assert found.provenance.device == "cuda"
    for name, values in expected.thumbnails.items():
        assert_close(found.thumbnails[name], values, name)
    for module, shares in expected.shares.items():
        assert found.shares[module] == pytest.approx(shares, abs=CLOSE)
    assert found.largest == pytest.approx(expected.largest, rel=CLOSE, abs=CLOSE)
    for head, values in expected.predictions.probabilities.items():
        assert_close(found.predictions.probabilities[head], values, head)
    assert found.predictions.top("main", 1)[0][0] == expected.predictions.top("main", 1)[0][0]


@pytest.mark.parametrize(
    ("method", "head", "unit", "parameters"),
    [
        ("layer_grad_cam", "main", None, ()),
        ("layer_grad_cam", "aux1", "inception4a/3x3", ()),
        ("layer_grad_cam", "aux2", "inception3b", ()),
        ("integrated_gradients", "main", None, (("adapt", "off"), ("steps", 20))),
        ("integrated_gradients", "aux2", None, (("adapt", "off"), ("steps", 20))),
    ],
)
def test_attributions_are_the_cpus(
    method: str, head: str, unit: str | None, parameters: tuple[tuple[str, Any], ...]
) -> None:
    answers = []
    for device in ("cuda", "cpu"):
        lab, scene = demo(device)
        answers.append(ask(Attribution(scene, method, head, 3, unit, parameters), lab))
    found, expected = answers
    assert found.provenance.device == "cuda"
    assert found.degenerate == expected.degenerate == ""
    assert_close(found.map, expected.map)
    assert_close(found.raw, expected.raw)
    if expected.completeness_error is not None:
        assert found.completeness_error == pytest.approx(expected.completeness_error, abs=CLOSE)


def test_the_verdict_is_the_cpus() -> None:
    verdicts = []
    for device in ("cuda", "cpu"):
        lab, scene = demo(device)
        verdicts.append(ask(Judge(scene.checkpoint), lab))
    found, expected = verdicts
    for one, other in zip(found.heads, expected.heads, strict=True):
        assert (one.head, one.state, one.same) == (other.head, other.state, other.same)
        assert one.top == pytest.approx(other.top, abs=CLOSE)
        assert one.entropy == pytest.approx(other.entropy, abs=CLOSE * 5)
    assert found.suggestion.sentence == expected.suggestion.sentence
    ranked = {one.convention.name: one for one in expected.suggestion.ranked}
    for one in found.suggestion.ranked:
        other = ranked[one.convention.name]
        assert one.information == pytest.approx(other.information, abs=CLOSE * 5)
        assert one.misfit == pytest.approx(other.misfit, rel=CLOSE)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Forty-eight crops of photos, under names of the demo's classes."""
    root, random = tmp_path_factory.mktemp("labelled"), np.random.default_rng(0)
    for name in ("cup", "pagoda", "wheelchair"):
        (root / name).mkdir()
        for place in range(16):
            whole = five_photos()[place % 5]
            top, left = (int(random.integers(side - 100)) for side in whole.shape[:2])
            crop = np.ascontiguousarray(whole[top : top + 100, left : left + 100])
            Image.fromarray(crop).save(root / name / f"{place}.png")
    return root


def test_evaluation_is_the_cpus(folder: Path, tmp_path: Path) -> None:
    rows = []
    for device in ("cuda", "cpu"):
        lab, scene = demo(device)
        file = tmp_path / f"{device}.csv"
        found = ask(Evaluate(scene.checkpoint, str(folder), csv=str(file)), lab)
        assert found.provenance.device == device
        assert found.photos == 48
        with file.open(encoding="utf-8", newline="") as stream:
            rows.append(list(csv.DictReader(stream)))
    assert len(rows[0]) == len(rows[1]) == 48
    for one, other in zip(*rows, strict=True):
        assert one["path"] == other["path"]
        for head in HEADS:
            mine, theirs = (float(row[f"{head}_probability"]) for row in (one, other))
            assert mine == pytest.approx(theirs, abs=CLOSE)


def test_heads_are_fitted_there(folder: Path, tmp_path: Path) -> None:
    """From the CPU's features; the training's course is the device's own."""
    paths = sorted(folder.rglob("*.png"))
    features = []
    for device in ("cuda", "cpu"):
        lab, scene = demo(device)
        net = lab.network(scene.checkpoint)
        features.append(compute_features(net, paths, None, scene.preprocessing))
    for head, values in features[1].pooled.items():
        assert features[0].pooled[head].device.type == "cpu"
        assert_close(features[0].pooled[head].numpy(), values.numpy(), head)
    lab, scene = demo("cuda")
    out = tmp_path / "fitted.safetensors"
    found = ask(FitHeads(scene.checkpoint, str(folder), str(out), epochs=6), lab)
    assert found.loss[-1] < found.loss[0]
    assert bool(found.path) == any(head.fitted for head in found.heads.values())
    assert bool(found.path) == out.exists()


def test_float32_means_float32() -> None:
    """TF32 would be off by a thousand times this."""
    Lab("cuda").open_checkpoint("demo")
    lab, scene = demo("cuda")
    lab.trace(scene)
    generator = torch.Generator("cuda").manual_seed(0)
    x = torch.randn(4, 192, 28, 28, device="cuda", generator=generator)
    weight = torch.randn(208, 192, 3, 3, device="cuda", generator=generator)
    with torch.inference_mode():
        found = torch.nn.functional.conv2d(x, weight, padding=1)
        exact = torch.nn.functional.conv2d(x.double(), weight.double(), padding=1)
        product = x.flatten(1)[:, :1024] @ weight.flatten(1)[:, :1024].T
        exact_product = x.flatten(1)[:, :1024].double() @ weight.flatten(1)[:, :1024].double().T
    assert float((found - exact).abs().max() / exact.abs().max()) < 2e-6
    assert float((product - exact_product).abs().max() / exact_product.abs().max()) < 2e-6


# --- there and back ------------------------------------------------------------------


def warm_up() -> None:
    """Have cuBLAS take the memory that it keeps for good."""
    lab, scene = demo("cuda")
    lab.trace(scene)
    lab.switch_device("cpu")
    torch.cuda.synchronize()


def test_switching_there_and_back_changes_nothing_and_keeps_nothing() -> None:
    lab, scene = demo("cpu")
    before = lab.trace(scene)
    warm_up()
    held = torch.cuda.memory_allocated()
    for _ in range(3):
        machine = ask(SwitchDevice("cuda"), lab)
        assert machine.device == "cuda"
        assert packed.of(lab.network(scene.checkpoint)) is None
        there = lab.trace(scene)
        assert there.device == "cuda"
        assert_close(there.logits["main"], before.logits["main"])
        assert torch.cuda.memory_allocated() > held
        del there
        assert ask(SwitchDevice("cpu"), lab).device == "cpu"
        assert torch.cuda.memory_allocated() <= held
        back = lab.trace(scene)
        assert back.device == "cpu"
        assert np.array_equal(back.logits["main"], before.logits["main"])


def test_the_gpu_is_listed_by_its_name() -> None:
    machine = ask(WarmUp(), Lab("auto"))
    assert machine.device == "cuda"
    assert dict(machine.devices)["cuda"] == f"CUDA ({torch.cuda.get_device_name()})"


# --- a full GPU ------------------------------------------------------------------------


@contextmanager
def room_for(megabytes: float) -> Iterator[None]:
    """Leave this process so much of the GPU's memory, what it holds already not counted."""
    torch.cuda.synchronize()
    torch.cuda.empty_cache()
    total = torch.cuda.get_device_properties(0).total_memory
    torch.cuda.set_per_process_memory_fraction(
        (torch.cuda.memory_reserved() + megabytes * 2**20) / total
    )
    try:
        yield
    finally:
        torch.cuda.set_per_process_memory_fraction(1.0)
        torch.cuda.empty_cache()


def questions(scene: Scene, folder: Path, out: Path) -> dict[str, Any]:
    return {
        "overview": Overview(scene, "inception4a"),
        "integrated gradients": Attribution(
            scene, "integrated_gradients", target=3, parameters=(("adapt", "off"), ("steps", 20))
        ),
        "Grad-CAM": Attribution(scene, "layer_grad_cam", target=3),
        "judge": Judge(scene.checkpoint),
        "evaluate": Evaluate(scene.checkpoint, str(folder)),
        "fit heads": FitHeads(scene.checkpoint, str(folder), str(out), epochs=2),
    }


KINDS = ("overview", "integrated gradients", "Grad-CAM", "judge", "evaluate", "fit heads")


@pytest.mark.parametrize("kind", KINDS)
def test_without_memory_the_cpu_answers_and_it_is_said(
    kind: str, folder: Path, tmp_path: Path
) -> None:
    lab, scene = demo("cuda")
    told = Told()
    question = questions(scene, folder, tmp_path / "fitted.safetensors")[kind]
    with room_for(0):
        found = answer(question, lab, told)
    assert [notice.sentence for notice in told.notices] == [SENTENCE]
    assert told.notices[0].machine.device == lab.device == "cpu"
    plain, same = demo("cpu")
    again = questions(same, folder, tmp_path / "plain.safetensors")[kind]
    expected = ask(again, plain)
    if kind in ("integrated gradients", "Grad-CAM"):
        assert np.array_equal(found.map, expected.map)
    elif kind == "overview":
        logits = expected.predictions.logits["main"]
        assert np.array_equal(found.predictions.logits["main"], logits)
    elif kind == "evaluate":
        assert found.heads["main"].top1 == expected.heads["main"].top1
    elif kind == "judge":
        assert found == expected
    else:
        assert found.loss == pytest.approx(expected.loss, rel=1e-5)


def test_memory_that_ends_on_the_way_is_the_same(folder: Path) -> None:
    """The weights still fit, a batch's activations do not; what was held is given back."""
    lab, scene = demo("cuda")
    lab.trace(scene)
    held, told = torch.cuda.memory_allocated(), Told()
    with room_for(4):
        found = answer(Evaluate(scene.checkpoint, str(folder)), lab, told)
    assert [notice.sentence for notice in told.notices] == [SENTENCE]
    assert found.photos == 48
    assert torch.cuda.memory_allocated() < held


def test_opening_without_memory_goes_on_on_the_cpu_and_the_gpu_may_be_tried_again() -> None:
    lab, told = Lab("cuda"), Told()
    with room_for(0):
        info = answer(OpenCheckpoint("demo"), lab, told)
    assert [notice.sentence for notice in told.notices] == [SENTENCE]
    assert lab.device == "cpu"
    answer(SwitchDevice("cuda"), lab, told)
    assert lab.network(info.fingerprint).device.type == "cuda"
    assert len(told.notices) == 1
