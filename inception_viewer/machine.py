"""The devices that networks can run on here, and what happens when one gives out."""

from __future__ import annotations

import gc
import os
import platform
import re
from contextlib import suppress
from pathlib import Path

import torch

from .errors import QuestionError

OUT_OF_MEMORY = (
    "out of memory",  # CUDA's and Metal's own words
    "invalid buffer size",  # Metal's for one tensor that is too large
    "status_alloc_failed",  # cuBLAS's and cuDNN's
)
"""Words of errors that say that a GPU's memory is full."""
BROKEN = re.compile(
    r"\b(cuda|hip) error|\bcu(dnn|blas)|acceleratorerror|find an engine|\b(mps|metal)\b"
)
"""Words of other errors that are the GPU's or its driver's fault, or its backend's gaps."""


def devices() -> tuple[tuple[str, str], ...]:
    """Return the (device, name for people) pairs that this machine has, the CPU first."""
    found = [("cpu", f"CPU ({_processor()}, {torch.get_num_threads()} threads)")]
    cuda = _cuda_name()
    if cuda:
        found.append(("cuda", f"CUDA ({cuda})"))
    if torch.backends.mps.is_available():
        found.append(("mps", "Apple GPU (Metal)"))
    return tuple(found)


def _cuda_name() -> str:
    try:
        return torch.cuda.get_device_name() if torch.cuda.is_available() else ""
    except (RuntimeError, AssertionError):  # a driver without a card, or one too old
        return ""


def check_device(device: str) -> str:
    """Return the device's name, ``"auto"`` resolved to the fastest one that works.

    Raises
    ------
    QuestionError
        If this machine lacks it, saying which ones it has; or if nothing can be computed there.
    """
    present = [name for name, _ in devices()]
    if device == "auto":
        return next(name for name in reversed(present) if not _fault(name))
    if device not in present:
        raise QuestionError(
            f"This machine has no “{device}”{_why_not(device)}; it has {', '.join(present)}."
        )
    fault = _fault(device)
    if fault:
        raise QuestionError(f"“{device}” cannot be used: {fault}; take --device cpu.")
    return device


def _why_not(device: str) -> str:
    if device != "cuda":
        return ""
    built = torch.version.cuda or torch.version.hip
    return " (no driver or GPU was found)" if built else " (this PyTorch is built without CUDA)"


def _fault(device: str) -> str:
    """Return why nothing can be computed on a device, or ``""``."""
    if device == "cpu":
        return ""
    try:
        float(torch.ones(2, device=device).sum())
    except RuntimeError as error:
        return _first_line(error)
    return ""


def full_precision() -> None:
    """Have CUDA multiply float32 numbers in float32.

    TF32, which convolutions use otherwise, keeps ten bits of each factor: too few for the
    agreement within 1e-3 between devices.
    """
    torch.backends.cuda.matmul.allow_tf32 = False
    torch.backends.cudnn.allow_tf32 = False
    # Since torch 2.9 those two only make the operations follow a setting for everything,
    # which a notebook may have changed.
    for backend in (torch.backends.cuda.matmul, _part("conv"), _part("rnn")):
        if hasattr(backend, "fp32_precision"):
            backend.fp32_precision = "ieee"


def _part(name: str) -> object:
    return getattr(torch.backends.cudnn, name, None)


# --- when one gives out --------------------------------------------------------------


def gave_out(error: BaseException, device: str) -> str:
    """Return what happened, as a clause, if it is a GPU that failed; else ``""``.

    Parameters
    ----------
    error
        What was raised by a computation.
    device
        Where it ran. The CPU has no other to go to.
    """
    if device == "cpu" or not isinstance(error, RuntimeError):
        return ""
    text = str(error).lower()
    if isinstance(error, torch.OutOfMemoryError) or any(word in text for word in OUT_OF_MEMORY):
        return "The GPU ran out of memory"
    if BROKEN.search(f"{type(error).__name__} {text}".lower()):
        return f"The GPU gave up ({_first_line(error)})"
    return ""


def release(device: str) -> None:
    """Hand a GPU's memory back that nothing uses any more."""
    gc.collect()
    # A GPU that failed may fail at this, too.
    with suppress(RuntimeError):
        if device == "cuda":
            torch.cuda.empty_cache()
        elif device == "mps":
            torch.mps.empty_cache()


def _first_line(error: BaseException) -> str:
    line = str(error).strip().partition("\n")[0].rstrip(" .") or type(error).__name__
    return line if len(line) <= 120 else f"{line[:119]}…"


def _processor() -> str:
    """Return the processor's name; ``platform`` leaves it empty on Linux."""
    listing = Path("/proc/cpuinfo")
    if listing.is_file():
        for line in listing.read_text(errors="replace").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or f"{os.cpu_count()} cores"
