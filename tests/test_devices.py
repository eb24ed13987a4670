"""Devices: which there are, what is said of those that are not, and the arithmetic on each."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from pretend_gpu import pretend_gpu
from torch import nn

from inception_viewer import cli, machine
from inception_viewer.errors import QuestionError
from inception_viewer.googlenet import packed, variants
from inception_viewer.googlenet.architecture import adaptive_mean, empty, memory_format

without_cuda = pytest.mark.skipif(torch.cuda.is_available(), reason="this machine has CUDA")


# --- which there are -----------------------------------------------------------------


@without_cuda
@pytest.mark.parametrize(
    "command",
    [
        ["evaluate", "demo", "FOLDER"],
        ["fit-heads", "demo", "FOLDER"],
        ["inspect", "demo"],
        ["report", "PHOTO", "--out", "OUT"],
        ["train", "PHOTOS", "--out", "OUT.safetensors"],
    ],
    ids=lambda command: command[0],
)
def test_cuda_without_cuda_is_one_sentence_and_exit_code_2(
    command: list[str], photo: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    for name in ("one", "two"):
        (tmp_path / "photos" / name).mkdir(parents=True)
        for place in range(3):
            copy = tmp_path / "photos" / name / f"{place}.png"
            copy.write_bytes(photo.read_bytes())
    places = {
        "FOLDER": str(tmp_path),
        "PHOTOS": str(tmp_path / "photos"),
        "PHOTO": str(photo),
        "OUT": str(tmp_path / "out"),
        "OUT.safetensors": str(tmp_path / "out.safetensors"),
    }
    arguments = [places.get(word, word) for word in command]
    assert cli.main([*arguments, "--device", "cuda"]) == 2
    said = capfd.readouterr()
    assert said.out == ""
    lines = said.err.splitlines()
    assert len(lines) == 1
    assert lines[0].startswith("inception-viewer: This machine has no “cuda” (")
    assert lines[0].endswith("); it has cpu.")
    assert not (tmp_path / "out").exists()


@without_cuda
def test_a_pytorch_without_cuda_is_told_from_a_missing_driver(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(torch.version, "cuda", None)
    monkeypatch.setattr(torch.version, "hip", None)
    with pytest.raises(QuestionError, match="this PyTorch is built without CUDA"):
        machine.check_device("cuda")
    monkeypatch.setattr(torch.version, "cuda", "13.2")
    with pytest.raises(QuestionError, match="no driver or GPU was found"):
        machine.check_device("cuda")
    with pytest.raises(QuestionError, match=r"^This machine has no “mps”; it has cpu\.$"):
        machine.check_device("mps")


def test_a_gpu_that_cannot_be_asked_its_name_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    """As with a driver that is too old, or a card that another process has for itself."""

    def broken() -> str:
        raise RuntimeError("CUDA driver initialization failed")

    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "get_device_name", broken)
    assert [name for name, _ in machine.devices() if name != "mps"] == ["cpu"]


def test_a_gpu_on_which_nothing_runs_is_refused_and_auto_goes_round_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def broken(*_size: object, **_where: object) -> torch.Tensor:
        raise RuntimeError("CUDA error: no kernel image is available\nCompile with TORCH_USE_…")

    pair = (("cpu", "CPU"), ("cuda", "CUDA (an old one)"))
    monkeypatch.setattr(machine, "devices", lambda: pair)
    monkeypatch.setattr(torch, "ones", broken)
    with pytest.raises(QuestionError) as caught:
        machine.check_device("cuda")
    assert str(caught.value) == (
        "“cuda” cannot be used: CUDA error: no kernel image is available; take --device cpu."
    )
    assert machine.check_device("auto") == "cpu"


# --- the same numbers everywhere -----------------------------------------------------


def test_tf32_is_off_where_a_network_goes_to_cuda(checkpoint: Path) -> None:
    """In a process of its own: what this sets is set for good. With CUDA's own defaults, and
    where a notebook has asked for TF32 everywhere."""
    code = f"""
import sys; sys.path[:0] = {sys.path!r}
import torch
from pretend_gpu import pretend_gpu
if "everywhere" in sys.argv:
    torch.backends.cudnn.allow_tf32 = True
    torch.set_float32_matmul_precision("high")
    if hasattr(torch.backends, "fp32_precision"):
        torch.backends.fp32_precision = "tf32"
before = torch.backends.cudnn.allow_tf32
with pretend_gpu() as gpu:
    gpu.lab().open_checkpoint({str(checkpoint)!r})
    gpu.labs[0].network(next(iter(gpu.labs[0]._weights)))
backends = [torch.backends.cuda.matmul, torch.backends.cudnn.conv, torch.backends.cudnn.rnn] if (
    hasattr(torch.backends.cuda.matmul, "fp32_precision")) else []
print(before, torch.backends.cuda.matmul.allow_tf32, torch.backends.cudnn.allow_tf32,
      *(backend.fp32_precision for backend in backends))
"""
    for argument in ("as it is", "everywhere"):
        ran = subprocess.run(
            [sys.executable, "-c", code, argument], capture_output=True, text=True, timeout=120
        )
        assert ran.returncode == 0, ran.stderr
        before, *after = ran.stdout.split()
        assert before == "True"
        assert after[:2] == ["False", "False"]
        assert set(after[2:]) <= {"ieee"}


@pytest.mark.parametrize(
    ("height", "width", "size"), [(14, 14, 4), (7, 9, 4), (13, 18, 4), (3, 4, 4), (1, 1, 1)]
)
def test_metals_pool_equals_torchs(height: int, width: int, size: int) -> None:
    x = torch.randn(2, 5, height, width, generator=torch.Generator().manual_seed(0))
    x.requires_grad_()
    found, expected = adaptive_mean(x, size), nn.AdaptiveAvgPool2d((size, size))(x)
    assert found.shape == expected.shape
    assert torch.allclose(found, expected, atol=1e-6)
    pull = torch.randn(found.shape, generator=torch.Generator().manual_seed(1))
    (back,) = torch.autograd.grad(found, x, pull)
    (reference,) = torch.autograd.grad(expected, x, pull)
    assert torch.allclose(back, reference, atol=1e-6)


def test_metal_gets_the_layout_that_it_computes_right() -> None:
    assert memory_format(torch.device("mps")) is torch.contiguous_format
    assert memory_format(torch.device("cuda")) is torch.channels_last
    assert memory_format(torch.device("cpu")) is torch.channels_last


def test_packed_weights_are_the_cpus_only() -> None:
    folded = variants.paper(5, batch_norm=False)
    elsewhere = empty(folded)  # on no processor at all
    assert elsewhere.device.type == "meta"
    assert packed.of(elsewhere) is None
    here = empty(folded).to_empty(device="cpu")
    assert packed.of(here) is not None
    assert packed.of(here.double()) is not None  # what was packed stays known
    assert packed.of(empty(folded).to_empty(device="cpu").double()) is None


# --- what a failure is -----------------------------------------------------------------


@pytest.mark.parametrize(
    "error",
    [
        torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB."),
        torch.OutOfMemoryError("Allocation on device would exceed allowed memory."),
        RuntimeError("CUDA error: out of memory\nCUDA kernel errors might be …"),
        RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`"),
        RuntimeError("cuDNN error: CUDNN_STATUS_ALLOC_FAILED"),
        RuntimeError("MPS backend out of memory (MPS allocated: 9.07 GB, other: 1 MB)"),
        RuntimeError("Invalid buffer size: 12.30 GB"),
    ],
    ids=lambda error: str(error)[:24],
)
def test_a_full_gpu_is_told_by_its_errors(error: Exception) -> None:
    assert machine.gave_out(error, "cuda") == "The GPU ran out of memory"
    assert machine.gave_out(error, "cpu") == ""


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (RuntimeError("CUDA error: unspecified launch failure\nCompile …"), "launch failure)"),
        (RuntimeError("cuDNN error: CUDNN_STATUS_EXECUTION_FAILED"), "EXECUTION_FAILED)"),
        (RuntimeError("GET was unable to find an engine to execute this computation"), "engine"),
        (NotImplementedError("The operator 'aten::avg_pool3d' is not for the MPS device"), "MPS"),
    ],
)
def test_a_gpu_that_fails_otherwise_is_told_with_the_reason(error: Exception, words: str) -> None:
    said = machine.gave_out(error, "cuda")
    assert said.startswith("The GPU gave up (")
    assert words in said
    assert "\n" not in said


@pytest.mark.parametrize(
    "error",
    [
        MemoryError(),
        RuntimeError("[enforce fail at alloc_cpu.cpp] DefaultCPUAllocator: can't allocate memory"),
        RuntimeError("mat1 and mat2 shapes cannot be multiplied (1x2 and 3x4)"),
        RuntimeError("Expected all tensors to be on the same device, but found cuda:0 and cpu!"),
        QuestionError("There is no unit “lamps”."),
        ValueError("CUDA error: out of memory"),
    ],
)
def test_other_errors_are_not_the_gpus(error: Exception) -> None:
    assert machine.gave_out(error, "cuda") == ""


# --- the command line ------------------------------------------------------------------


@pytest.fixture
def full_from_the_start() -> Iterator[None]:
    """A pretend GPU without any memory, for every lab."""
    from inception_viewer.lab import Lab

    with pretend_gpu() as gpu, pytest.MonkeyPatch().context() as patch:
        make = Lab.__init__

        def listed(lab: Lab, *place: str, **more: int) -> None:
            make(lab, *place, **more)
            gpu.labs.append(lab)

        patch.setattr(Lab, "__init__", listed)
        gpu.run_out()
        yield


SENTENCE = "The GPU ran out of memory; the network now runs on the CPU."


@pytest.mark.usefixtures("full_from_the_start")
def test_inspect_goes_on_on_the_cpu_and_says_so(
    checkpoint: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["inspect", str(checkpoint), "--json", "--device", "cuda"]) == 0
    said = capfd.readouterr()
    assert said.err == f"inception-viewer: {SENTENCE}\n"
    assert json.loads(said.out)["family"] == "torchvision"


@pytest.mark.usefixtures("full_from_the_start")
def test_report_goes_on_on_the_cpu_and_says_so(
    photo: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    made = [str(photo), "--out", str(tmp_path), "--method", "layer_grad_cam"]
    assert cli.main(["report", *made, "--device", "cuda"]) == 0
    assert capfd.readouterr().err == f"inception-viewer: {SENTENCE}\n"
    assert json.loads((tmp_path / "predictions.json").read_text())["device"] == "cpu"


@pytest.mark.usefixtures("full_from_the_start")
def test_a_notebook_is_warned(photo: Path) -> None:
    import inception_viewer as iv

    net = iv.load(device="cuda")
    with pytest.warns(RuntimeWarning, match=SENTENCE):
        trace = net.trace(photo)
    assert net.device == trace.device == "cpu"
    plain = iv.load().trace(photo)
    assert np.array_equal(trace.logits["main"], plain.logits["main"])
