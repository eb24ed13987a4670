"""The lab and the answers drawn from its traces; torchvision and plain numpy are the oracles."""

from __future__ import annotations

import io
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from oracles import MODULE_NAMES, torchvision_activations
from PIL import Image
from torch import nn

from inception_viewer.analysis import answer, make_worker
from inception_viewer.analysis.overview import branch_shares
from inception_viewer.analysis.trace import Trace, softmax
from inception_viewer.errors import CheckpointError, ImageError, QuestionError
from inception_viewer.images.preprocess import prepare
from inception_viewer.lab import Lab
from inception_viewer.questions import (
    CheckpointInfo,
    ForgetImage,
    ImageSource,
    Machine,
    Maps,
    OpenCheckpoint,
    OpenedImages,
    OpenImages,
    Overview,
    OverviewAnswer,
    Preprocessing,
    Question,
    Scene,
    SwitchDevice,
    WarmUp,
)


class Watched:
    """A progress that remembers."""

    def __init__(self, lane: str = "live") -> None:
        self.lane = lane
        self.reports: list[tuple[float, Any, str]] = []

    def __call__(self, fraction: float, answer: Any = None, text: str = "") -> None:
        self.reports.append((fraction, answer, text))


@pytest.fixture(scope="module")
def lab(checkpoint: Path) -> Lab:
    lab = Lab()
    lab.open_checkpoint(checkpoint)
    return lab


@pytest.fixture(scope="module")
def info(lab: Lab, checkpoint: Path) -> CheckpointInfo:
    return lab.open_checkpoint(checkpoint)


@pytest.fixture(scope="module")
def scene(lab: Lab, info: CheckpointInfo, photo: Path) -> Scene:
    opened = lab.open_image(ImageSource(path=str(photo)))
    return Scene(info.fingerprint, opened.id, info.preprocessing)


@pytest.fixture(scope="module")
def trace(lab: Lab, scene: Scene) -> Trace:
    return lab.trace(scene)


@pytest.fixture(scope="module")
def reference(
    peer: nn.Module, picture: NDArray[np.uint8], info: CheckpointInfo
) -> dict[str, NDArray[np.float32]]:
    """torchvision's activations of the same photo, (channels, height, width)."""
    x = torch.tensor(prepare(picture, info.preprocessing).array)[None]
    with torch.no_grad():
        return {name: value[0].numpy() for name, value in torchvision_activations(peer, x).items()}


@pytest.fixture(scope="module")
def overview(lab: Lab, scene: Scene) -> OverviewAnswer:
    found = answer(Overview(scene, "inception4a"), lab, Watched())
    assert isinstance(found, OverviewAnswer)
    return found


# --- traces ------------------------------------------------------------------------------


def test_every_unit_equals_torchvisions(
    trace: Trace, reference: dict[str, NDArray[np.float32]]
) -> None:
    assert set(trace.names) == set(reference)
    for name, expected in reference.items():
        assert trace[name].shape == expected.shape, name
        error = np.abs(trace[name] - expected).max() / np.abs(expected).max()
        assert error < 1e-4, (name, error)


def test_trace_is_a_read_only_mapping_in_order_of_computation(trace: Trace) -> None:
    assert list(trace) == list(trace.names)
    assert len(trace) == len(trace.names)
    assert trace.names.index("inception3a/3x3_reduce") < trace.names.index("inception3a/3x3")
    assert trace.names[-1] == "fc"
    for name in ("conv1", "inception4a", "aux1/fc1", "fc"):
        assert trace[name].dtype == np.float32
        assert not trace[name].flags.writeable
    with pytest.raises(KeyError, match="inception9z"):
        trace["inception9z"]


def test_input_is_what_conv1_receives(
    trace: Trace, picture: NDArray[np.uint8], info: CheckpointInfo
) -> None:
    expected = prepare(picture, info.preprocessing)
    assert np.array_equal(trace.input, expected.array)
    assert np.array_equal(trace.picture, expected.picture)
    assert trace.crop == expected.crop


def test_probabilities_are_the_softmax_of_the_logits(trace: Trace) -> None:
    assert trace.heads == ("aux1", "aux2", "main")
    for head in trace.heads:
        expected = torch.softmax(torch.tensor(trace.logits[head]).double(), 0).numpy()
        assert np.allclose(trace.probabilities[head], expected, atol=1e-7)
    best = int(np.argmax(trace.logits["main"]))
    name, probability = trace.top("main", 3)[0]
    assert name == trace.classes[best]
    assert probability == pytest.approx(float(trace.probabilities["main"][best]))
    assert len(trace.top("aux1", 3)) == 3
    assert len(trace.top("aux1", 500)) == 12


def test_softmax_of_large_logits() -> None:
    values = softmax(np.array([1000.0, 999.0, -1000.0], np.float32))
    assert values.tolist() == pytest.approx([0.7310586, 0.2689414, 0.0])


def test_trace_is_computed_once_and_counts_its_bytes(
    lab: Lab, scene: Scene, trace: Trace, reference: dict[str, NDArray[np.float32]]
) -> None:
    assert lab.trace(scene) is trace
    everything = sum(value.nbytes for value in reference.values()) + trace.input.nbytes
    # A branch is a view of its module, but its 1x1's first place stays with the reductions'.
    branches = ("/3x3", "/5x5", "/pool_proj")
    shared = sum(v.nbytes for name, v in reference.items() if name.endswith(branches))
    assert shared > everything / 8
    assert trace.nbytes == everything - shared


def test_traces_are_bounded_in_bytes(checkpoint: Path, picture: NDArray[np.uint8]) -> None:
    small = Preprocessing(64, 64, "squeeze")
    lab = Lab(trace_bytes=5 << 20)
    info = lab.open_checkpoint(checkpoint)
    scenes = []
    for shift in range(4):
        source = ImageSource(data=encoded(np.roll(picture, shift * 20, 1)), name=f"{shift}.png")
        scenes.append(Scene(info.fingerprint, lab.open_image(source).id, small))
    traces = [lab.trace(scene) for scene in scenes]
    assert 2 * traces[0].nbytes <= 5 << 20 < 4 * traces[0].nbytes
    assert lab.trace(scenes[-1]) is traces[-1]
    assert lab.trace(scenes[0]) is not traces[0]


def encoded(pixels: NDArray[np.uint8]) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    return buffer.getvalue()


def test_lanes_have_modules_of_their_own_that_share_the_tensors(
    lab: Lab, info: CheckpointInfo
) -> None:
    live, jobs = (lab.network(info.fingerprint, lane) for lane in ("live", "jobs"))
    assert live is not jobs
    assert lab.network(info.fingerprint, "live") is live
    mine, theirs = dict(live.named_parameters()), dict(jobs.named_parameters())
    assert mine.keys() == theirs.keys()
    assert all(mine[name].data_ptr() == theirs[name].data_ptr() for name in mine)
    assert not any(parameter.requires_grad for parameter in mine.values())
    fired: list[str] = []
    hook = jobs.get_submodule("conv1").register_forward_hook(lambda *_: fired.append("jobs"))
    live(torch.zeros(1, 3, 64, 64))
    hook.remove()
    assert not fired


def test_networks_are_folded_or_the_files_own(lab: Lab, info: CheckpointInfo) -> None:
    folded = lab.network(info.fingerprint)
    own = lab.network(info.fingerprint, folded=False)
    assert not any(isinstance(module, nn.BatchNorm2d) for module in folded.modules())
    weights = folded.get_submodule("inception3a.3x3.conv").weight
    assert weights.is_contiguous(memory_format=torch.channels_last)
    truth = lab.truth(info.fingerprint)
    assert set(truth.state) <= set(own.state_dict())
    name = "inception3a.3x3.bn.running_var"
    assert torch.equal(own.state_dict()[name], truth.state[name])


def test_two_threads_get_the_same_answer(lab: Lab, scene: Scene, trace: Trace) -> None:
    small = replace(scene, preprocessing=Preprocessing(96, 96, "squeeze"))
    found: dict[str, Trace] = {}
    threads = [
        threading.Thread(target=lambda lane=lane: found.update({lane: lab.trace(small, lane)}))
        for lane in ("live", "jobs")
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for name in ("conv1", "inception5b", "fc"):
        assert np.array_equal(found["live"][name], found["jobs"][name])


# --- overview ----------------------------------------------------------------------------


def test_thumbnails_are_mean_maps(
    overview: OverviewAnswer, reference: dict[str, NDArray[np.float32]]
) -> None:
    with_map = {name for name, value in reference.items() if value.ndim == 3}
    assert set(overview.thumbnails) == with_map - {"avgpool"}
    for name, map_ in overview.thumbnails.items():
        assert np.allclose(map_, reference[name].mean(0), atol=1e-4 * reference[name].max())
        assert not map_.flags.writeable


def test_largest_activation_of_every_unit(
    overview: OverviewAnswer, reference: dict[str, NDArray[np.float32]]
) -> None:
    assert overview.largest.keys() == reference.keys()
    for name, value in overview.largest.items():
        assert value == pytest.approx(float(reference[name].max()), rel=1e-3), name


def test_branch_shares_are_parts_of_the_modules_sum(
    overview: OverviewAnswer, reference: dict[str, NDArray[np.float32]]
) -> None:
    outputs = {"1x1": "1x1", "3x3": "3x3", "5x5": "5x5", "pool": "pool_proj"}
    assert list(overview.shares) == MODULE_NAMES
    for module, shares in overview.shares.items():
        assert list(shares) == list(outputs)
        assert sum(shares.values()) == pytest.approx(1.0)
        whole = reference[module].sum(dtype=np.float64)
        for branch, share in shares.items():
            part = reference[f"{module}/{outputs[branch]}"].sum(dtype=np.float64)
            assert share == pytest.approx(part / whole, abs=1e-4)


def test_overview_brings_predictions_maps_and_where_they_come_from(
    overview: OverviewAnswer, trace: Trace, scene: Scene, info: CheckpointInfo
) -> None:
    predictions = overview.predictions
    assert predictions.classes == info.classes
    assert predictions.heads == info.heads
    for head in ("aux1", "aux2", "main"):
        assert np.array_equal(predictions.logits[head], trace.logits[head])
        assert np.array_equal(predictions.probabilities[head], trace.probabilities[head])
    assert overview.scene == overview.maps.scene == scene
    assert overview.maps.unit == "inception4a"
    assert overview.provenance.fingerprint == info.fingerprint
    assert overview.provenance.preprocessing == scene.preprocessing
    assert overview.provenance.seconds > 0
    assert np.array_equal(overview.picture, trace.picture)


def test_module_that_is_dead_has_no_shares(lab: Lab, scene: Scene, trace: Trace) -> None:
    class Dead:
        def __contains__(self, name: object) -> bool:
            return name in trace

        def tensor(self, name: str) -> torch.Tensor:
            return trace.tensor(name) * (0 if name.startswith("inception4b") else 1)

    shares = branch_shares(Dead())  # type: ignore[arg-type]
    assert set(shares["inception4b"].values()) == {0.0}
    assert sum(shares["inception4c"].values()) == pytest.approx(1.0)


# --- maps --------------------------------------------------------------------------------


def maps(lab: Lab, scene: Scene, unit: str) -> Any:
    return answer(Maps(scene, unit), lab, Watched("jobs"))


def test_maps_of_a_module_are_its_four_branches(
    lab: Lab, scene: Scene, reference: dict[str, NDArray[np.float32]]
) -> None:
    found = maps(lab, scene, "inception3b")
    assert [group.branch for group in found.groups] == ["1x1", "3x3", "5x5", "pool"]
    assert [group.unit.split("/")[1] for group in found.groups] == [
        "1x1", "3x3", "5x5", "pool_proj",
    ]  # fmt: skip
    whole = np.concatenate([group.maps for group in found.groups])
    expected = reference["inception3b"]
    assert np.allclose(whole, expected, atol=1e-4 * expected.max())
    assert "really 3x3" in found.groups[2].note
    assert found.filters is None


def test_statistics_of_every_channel(lab: Lab, scene: Scene) -> None:
    for group in maps(lab, scene, "inception4c").groups:
        flat = group.maps.reshape(len(group.maps), -1)
        assert group.maps.flags.c_contiguous
        assert not group.maps.flags.writeable
        assert np.array_equal(group.maximum, flat.max(1))
        assert np.allclose(group.mean, flat.mean(1, dtype=np.float64), rtol=1e-5, atol=1e-6)
        assert np.allclose(group.active, (flat > 0).mean(1))
        assert (group.active < 1).any()


@pytest.mark.parametrize(
    "unit", ["pool1", "inception3a/3x3_reduce", "inception3a/pool", "aux1/conv"]
)
def test_maps_of_a_single_unit(
    unit: str, lab: Lab, scene: Scene, reference: dict[str, NDArray[np.float32]]
) -> None:
    (group,) = maps(lab, scene, unit).groups
    assert group.unit == unit
    error = np.abs(group.maps - reference[unit]).max() / reference[unit].max()
    assert error < 1e-4


@pytest.mark.parametrize(
    ("unit", "words"),
    [
        ("aux1/fc1", "dense"),
        ("fc", "predictions"),
        ("aux2/fc2", "predictions"),
        ("avgpool", "no map"),
    ],
)
def test_units_without_a_map_say_why(unit: str, words: str, lab: Lab, scene: Scene) -> None:
    found = maps(lab, scene, unit)
    assert found.groups == ()
    assert words in found.note


def test_conv1_shows_its_filters_in_rgb(
    peer: nn.Module, lab: Lab, scene: Scene, info: CheckpointInfo
) -> None:
    theirs = peer.conv1.conv.weight.detach().numpy()
    found = maps(lab, scene, "conv1").filters
    assert found.shape == (64, 7, 7, 3)
    assert np.array_equal(found[5, 2, 3], theirs[5, :, 2, 3])
    reversed_ = replace(info.preprocessing, channels="BGR")
    swapped = maps(lab, replace(scene, preprocessing=reversed_), "conv1").filters
    assert np.array_equal(swapped[5, 2, 3], theirs[5, ::-1, 2, 3])


def test_unknown_unit_is_a_sentence(lab: Lab, scene: Scene) -> None:
    with pytest.raises(QuestionError, match=r"“twelve\.pth” has no unit “inception9z”"):
        maps(lab, scene, "inception9z")


# --- opening and closing -------------------------------------------------------------------


@pytest.fixture
def worker(checkpoint: Path) -> tuple[Any, Lab, CheckpointInfo]:
    ask, lab = make_worker()
    return ask, lab, ask(OpenCheckpoint(str(checkpoint)), lab, Watched())


def test_checkpoint_info_describes_the_network(
    worker: tuple[Any, Lab, CheckpointInfo], checkpoint: Path, peer: nn.Module
) -> None:
    _, _, info = worker
    assert info.name == "twelve.pth"
    assert info.source == str(checkpoint)
    assert info.graph.input_shape == (3, 224, 224)
    assert info.graph.node("inception4a").shape == (512, 14, 14)
    assert info.parameters == sum(p.numel() for p in peer.parameters())
    assert info.parameters == sum(node.parameters for node in info.graph.nodes)


def test_checkpoint_that_fails_leaves_what_was_open(
    worker: tuple[Any, Lab, CheckpointInfo], tmp_path: Path
) -> None:
    ask, lab, info = worker
    (tmp_path / "bad.pth").write_text("no")
    with pytest.raises(CheckpointError):
        ask(OpenCheckpoint(str(tmp_path / "bad.pth")), lab, Watched())
    assert lab.info(info.fingerprint) == info


def test_photos_open_and_what_fails_is_said(
    worker: tuple[Any, Lab, CheckpointInfo],
    photo: Path,
    picture: NDArray[np.uint8],
    tmp_path: Path,
) -> None:
    ask, lab, _ = worker
    (tmp_path / "broken.jpg").write_bytes(b"\xff\xd8\xff nothing")
    progress = Watched()
    sources = (
        ImageSource(path=str(tmp_path / "broken.jpg")),
        ImageSource(path=str(photo)),
        ImageSource(path=str(tmp_path / "gone.png")),
        ImageSource(data=encoded(picture[:50]), name="pasted"),
    )
    opened = ask(OpenImages(sources), lab, progress)
    assert isinstance(opened, OpenedImages)
    assert [image.name for image in opened.images] == ["cat.png", "pasted"]
    assert [name for name, _ in opened.failures] == ["broken.jpg", "gone.png"]
    assert (opened.images[0].width, opened.images[0].height) == (300, 200)
    assert max(opened.images[0].thumbnail.shape) <= 160
    assert np.array_equal(lab.pixels(opened.images[0].id), picture)
    fractions = [fraction for fraction, _, _ in progress.reports]
    assert fractions == [0.25, 0.5, 0.75, 1.0]
    assert len(progress.reports[1][1].images) == 1


def test_same_pixels_are_the_same_photo(
    worker: tuple[Any, Lab, CheckpointInfo], photo: Path, picture: NDArray[np.uint8]
) -> None:
    ask, lab, _ = worker
    sources = (ImageSource(path=str(photo)), ImageSource(data=encoded(picture), name="copy"))
    first, second = ask(OpenImages(sources), lab, Watched()).images
    assert first.id == second.id


def test_forgotten_photo_is_gone(worker: tuple[Any, Lab, CheckpointInfo], photo: Path) -> None:
    ask, lab, info = worker
    opened = ask(OpenImages((ImageSource(path=str(photo)),)), lab, Watched()).images[0]
    scene = Scene(info.fingerprint, opened.id, Preprocessing(64, 64, "squeeze"))
    lab.trace(scene)
    ask(ForgetImage(opened.id), lab, Watched())
    with pytest.raises(QuestionError, match="not open any more"):
        lab.trace(scene)
    ask(ForgetImage(opened.id), lab, Watched())


def test_photo_dropped_for_space_is_read_again(
    checkpoint: Path, photo: Path, picture: NDArray[np.uint8], tmp_path: Path
) -> None:
    lab = Lab()
    lab._pixels.limit = picture.nbytes
    path = tmp_path / "copy.png"
    path.write_bytes(photo.read_bytes())
    first = lab.open_image(ImageSource(path=str(path)))
    lab.open_image(ImageSource(data=encoded(picture[::-1]), name="other"))
    assert lab._pixels.get(first.id) is None
    assert np.array_equal(lab.pixels(first.id), picture)
    lab._pixels.forget()
    Image.fromarray(picture[:, ::-1]).save(path)
    with pytest.raises(ImageError, match=r"“copy\.png” has changed"):
        lab.pixels(first.id)
    path.unlink()
    with pytest.raises(ImageError, match="no longer there"):
        lab.pixels(first.id)


def test_machine_names_the_processor(worker: tuple[Any, Lab, CheckpointInfo]) -> None:
    ask, lab, _ = worker
    machine = ask(WarmUp(), lab, Watched())
    assert isinstance(machine, Machine)
    assert machine.device == "cpu"
    assert machine.devices[0][0] == "cpu"
    assert machine.torch_version == torch.__version__
    assert ("cuda" in dict(machine.devices)) == torch.cuda.is_available()


def test_missing_device_is_a_sentence_and_changes_nothing(
    worker: tuple[Any, Lab, CheckpointInfo],
) -> None:
    ask, lab, info = worker
    with pytest.raises(QuestionError, match="This machine has no “tpu”; it has cpu"):
        ask(SwitchDevice("tpu"), lab, Watched())
    assert lab.device == "cpu"
    before = lab.network(info.fingerprint)
    assert ask(SwitchDevice("cpu"), lab, Watched()).device == "cpu"
    assert lab.network(info.fingerprint) is before


def test_what_nobody_answers_is_a_sentence(lab: Lab, scene: Scene) -> None:
    class Strange(Question):
        pass

    with pytest.raises(QuestionError, match="Strange"):
        answer(Strange(), lab, Watched())
    with pytest.raises(QuestionError, match="a Distortion, Brush or Adversarial, not 'blur'"):
        lab.prepare(replace(scene, edits=("blur",)))
    with pytest.raises(QuestionError, match="open it again"):
        lab.trace(replace(scene, checkpoint="0" * 64))
