"""The devices that networks can run on here."""

from __future__ import annotations

import os
import platform
from pathlib import Path

import torch

from .errors import QuestionError


def devices() -> tuple[tuple[str, str], ...]:
    """Return the (device, name for people) pairs that this machine has, the CPU first."""
    found = [("cpu", f"CPU ({_processor()}, {torch.get_num_threads()} threads)")]
    if torch.cuda.is_available():
        found.append(("cuda", f"CUDA ({torch.cuda.get_device_name()})"))
    if torch.backends.mps.is_available():
        found.append(("mps", "Apple GPU (Metal)"))
    return tuple(found)


def check_device(device: str) -> str:
    """Return the device's name, ``"auto"`` resolved to the fastest one.

    Raises
    ------
    QuestionError
        If this machine lacks it; says which ones it has.
    """
    present = [name for name, _ in devices()]
    if device == "auto":
        device = present[-1]
    if device not in present:
        raise QuestionError(f"This machine has no “{device}”; it has {', '.join(present)}.")
    if device == "cuda":
        # TF32 keeps ten bits of a product: not enough for the agreement within 1e-3
        # that comparisons with other programs are promised.
        torch.backends.cuda.matmul.allow_tf32 = False
        torch.backends.cudnn.allow_tf32 = False
    return device


def _processor() -> str:
    """Return the processor's name; ``platform`` leaves it empty on Linux."""
    listing = Path("/proc/cpuinfo")
    if listing.is_file():
        for line in listing.read_text(errors="replace").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or f"{os.cpu_count()} cores"
