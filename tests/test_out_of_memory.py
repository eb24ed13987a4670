"""A GPU that runs out of memory in the middle of an answer: the CPU gives the same one."""

from __future__ import annotations

import threading
import weakref
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from pretend_gpu import PretendGPU, pretend_gpu

from inception_viewer.analysis import answer
from inception_viewer.commands.progress import ConsoleProgress
from inception_viewer.folder_questions import Evaluate, FitHeads
from inception_viewer.images.decode import from_array
from inception_viewer.lab import Lab
from inception_viewer.questions import (
    Attribution,
    Glance,
    Maps,
    Notice,
    OpenCheckpoint,
    Overview,
    Preprocessing,
    Question,
    Scene,
    SwitchDevice,
)
from inception_viewer.runner import (
    Done,
    Failed,
    Outcome,
    Partial,
    Runner,
    is_out_of_memory,
    sentence_of,
)
from inception_viewer.verdict_questions import Judge

SMALL = Preprocessing(64, 64, "squeeze")
SENTENCE = "The GPU ran out of memory; the network now runs on the CPU."


class Told:
    """A progress that remembers."""

    lane = "jobs"

    def __init__(self) -> None:
        self.notices: list[Notice] = []

    def __call__(self, fraction: float, answer: Any = None, text: str = "") -> None:
        assert 0 <= fraction <= 1

    def notice(self, notice: Notice) -> None:
        self.notices.append(notice)


@pytest.fixture
def gpu() -> Iterator[PretendGPU]:
    with pretend_gpu() as made:
        yield made


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two classes of 24 small photos."""
    from PIL import Image

    root, random = tmp_path_factory.mktemp("photos"), np.random.default_rng(0)
    for name in ("thing a", "thing b"):
        (root / name).mkdir()
        for place in range(24):
            pixels = random.integers(0, 256, (40, 40, 3), dtype=np.uint8)
            Image.fromarray(pixels).save(root / name / f"{place}.png")
    return root


Make = Callable[[str, Scene, Path, Path], Question]
QUESTIONS: dict[str, Make] = {
    "overview": lambda mark, scene, folder, out: Overview(scene, "inception4a"),
    "glance": lambda mark, scene, folder, out: Glance(scene),
    "maps": lambda mark, scene, folder, out: Maps(scene, "inception3a/5x5"),
    "integrated gradients": lambda mark, scene, folder, out: Attribution(
        scene, "integrated_gradients", parameters=(("adapt", "off"), ("steps", 8))
    ),
    "Grad-CAM": lambda mark, scene, folder, out: Attribution(scene, "layer_grad_cam", "aux1"),
    "judge": lambda mark, scene, folder, out: Judge(mark, SMALL),
    "evaluate": lambda mark, scene, folder, out: Evaluate(
        mark, str(folder), preprocessing=SMALL, csv=str(out / "photos.csv")
    ),
    "fit heads": lambda mark, scene, folder, out: FitHeads(
        mark, str(folder), str(out / "fitted.safetensors"), epochs=2, preprocessing=SMALL
    ),
}


def numbers(found: Any) -> list[NDArray[Any]]:
    """Every array and number in an answer but times, in order."""
    if isinstance(found, np.ndarray):
        return [found]
    if isinstance(found, bool | int | float):
        return [np.array(found)]
    if isinstance(found, dict):
        return [array for key in sorted(found) for array in numbers(found[key])]
    if isinstance(found, list | tuple):
        return [array for value in found for array in numbers(value)]
    fields = getattr(found, "__dataclass_fields__", {})
    kept = [name for name in fields if name not in ("seconds", "provenance", "question")]
    return [array for name in kept for array in numbers(getattr(found, name))]


@pytest.mark.parametrize("kind", QUESTIONS)
@pytest.mark.parametrize("fits", [0, 1], ids=["its weights", "its activations"])
def test_the_answer_is_the_cpus_and_a_sentence_says_so(
    kind: str,
    fits: int,
    gpu: PretendGPU,
    checkpoint: Path,
    picture: NDArray[np.uint8],
    folder: Path,
    tmp_path: Path,
) -> None:
    def ask(lab: Lab, out: Path) -> tuple[Any, Told]:
        out.mkdir()
        mark = lab.open_checkpoint(checkpoint).fingerprint
        scene = Scene(mark, lab.add_image(from_array(picture)).id, SMALL)
        gpu.run_out(fits)
        told = Told()
        return answer(QUESTIONS[kind](mark, scene, folder, out), lab, told), told

    expected, silent = ask(Lab("cpu"), tmp_path / "cpu")
    lab = gpu.lab()
    found, told = ask(lab, tmp_path / "gpu")
    assert silent.notices == []
    assert gpu.passes == fits + 1
    assert [notice.sentence for notice in told.notices] == [SENTENCE]
    assert told.notices[0].machine.device == lab.device == "cpu"
    ours, theirs = numbers(found), numbers(expected)
    assert len(ours) == len(theirs) > 3
    for one, other in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-6)
    written = sorted(path.name for path in (tmp_path / "gpu").iterdir())
    assert written == sorted(path.name for path in (tmp_path / "cpu").iterdir())


def test_opening_goes_on_on_the_cpu(gpu: PretendGPU, checkpoint: Path) -> None:
    lab, told = gpu.lab(), Told()
    gpu.run_out()
    info = answer(OpenCheckpoint(str(checkpoint)), lab, told)
    assert info.heads == Lab().open_checkpoint(checkpoint).heads
    assert [notice.sentence for notice in told.notices] == [SENTENCE]
    answer(SwitchDevice("cuda"), lab, told)
    assert lab.device == "cuda"  # it may be tried again
    assert len(told.notices) == 1


def test_another_failure_of_the_gpu_is_named(gpu: PretendGPU, checkpoint: Path) -> None:
    lab, told = gpu.lab(), Told()
    mark = lab.open_checkpoint(checkpoint).fingerprint
    gpu.run_out(0, RuntimeError("CUDA error: an illegal memory access was encountered\nmore"))
    answer(Judge(mark, SMALL), lab, told)
    assert [notice.sentence for notice in told.notices] == [
        "The GPU gave up (CUDA error: an illegal memory access was encountered); "
        "the network now runs on the CPU."
    ]


def test_a_mistake_of_ours_is_not_tried_again(gpu: PretendGPU) -> None:
    lab, told, calls = gpu.lab(), Told(), []

    def work() -> None:
        calls.append(lab.device)
        raise RuntimeError("mat1 and mat2 shapes cannot be multiplied")

    with pytest.raises(RuntimeError, match="shapes"):
        lab.attempt(work, told.notice)
    assert (calls, told.notices, lab.device) == (["cuda"], [], "cuda")


def test_full_memory_of_the_computer_is_one_sentence(gpu: PretendGPU) -> None:
    """There is nowhere to go to from the CPU; the network stays open where it is."""
    lab, told = Lab("cpu"), Told()
    errors = [
        MemoryError("Unable to allocate 3.00 GiB for an array"),
        RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 bytes."),
        RuntimeError("DefaultCPUAllocator: not enough memory: you tried to allocate 9 bytes."),
    ]
    for error in errors:

        def work(error: Exception = error) -> None:
            raise error

        with pytest.raises(type(error)) as caught:
            lab.attempt(work, told.notice)
        assert is_out_of_memory(caught.value)
        assert sentence_of(caught.value).startswith("There is not enough memory for this;")
    assert told.notices == []
    assert not is_out_of_memory(ValueError("nothing"))


def test_both_lanes_leave_and_it_is_said_once(gpu: PretendGPU) -> None:
    """While one waits for the GPU's answer the other has left it already."""
    lab, told, tries = gpu.lab(), Told(), []

    def work() -> str:
        tries.append(lab.device)
        if len(tries) == 1:
            lab.switch_device("cpu")
            raise torch.OutOfMemoryError("CUDA out of memory.")
        return "done"

    assert lab.attempt(work, told.notice) == "done"
    assert (tries, told.notices) == (["cuda", "cpu"], [])


def test_what_the_failed_attempt_held_is_released_before_the_next(gpu: PretendGPU) -> None:
    class Large:
        """Stands for a batch's activations."""

    held: list[weakref.ref[Large]] = []
    lab = gpu.lab()

    def work() -> bool:
        if not held:
            large = Large()
            held.append(weakref.ref(large))
            raise torch.OutOfMemoryError("CUDA out of memory.")
        return held[0]() is None

    assert lab.attempt(work, Told().notice)


# --- who is told -----------------------------------------------------------------------


def test_the_runner_delivers_the_notice_before_the_answer(
    gpu: PretendGPU, checkpoint: Path
) -> None:
    lab = gpu.lab()
    mark = lab.open_checkpoint(checkpoint).fingerprint
    gpu.run_out()
    heard: list[Any] = []
    runner = Runner(lambda: (answer, lab))
    runner.noticed = heard.append
    ended = threading.Event()

    def take(outcome: Outcome) -> None:
        heard.append(outcome)
        if isinstance(outcome, Done | Failed):
            ended.set()

    runner.submit(Judge(mark, SMALL), take)
    assert ended.wait(60)
    assert runner.close()
    told = [one for one in heard if not isinstance(one, Partial)]
    assert [type(one) for one in told] == [Notice, Done]
    assert told[0].sentence == SENTENCE


def test_the_console_says_it_to_people_or_to_programs(capfd: pytest.CaptureFixture[str]) -> None:
    import sys

    notice = Notice(SENTENCE, Lab().machine)
    ConsoleProgress(sys.stderr).notice(notice)
    assert capfd.readouterr().err == f"inception-viewer: {SENTENCE}\n"
    events: list[dict[str, Any]] = []
    ConsoleProgress(sys.stderr, events.append).notice(notice)
    assert events == [{"event": "notice", "message": SENTENCE}]
    assert capfd.readouterr().err == ""
