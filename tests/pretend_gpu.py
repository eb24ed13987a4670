"""A GPU for machines without one: its memory is the computer's, and runs out when a test says.

Networks "move" to it by staying where they are, so everything is computed as on the CPU; but
while the lab's device is ``"cuda"``, a move or a forward pass beyond the allowed ones raises
what CUDA raises.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import torch

from inception_viewer import lab as lab_module
from inception_viewer import machine
from inception_viewer.googlenet import packed
from inception_viewer.googlenet.architecture import GoogLeNet
from inception_viewer.lab import Lab

FULL = "CUDA out of memory. Tried to allocate 20.00 MiB. GPU 0 has a total capacity of 2.00 GiB"
DEVICES = (("cpu", "CPU (pretend)"), ("cuda", "CUDA (pretend)"))


class PretendGPU:
    """What a test can do to it.

    Attributes
    ----------
    allowed
        Passes and moves that still fit into its memory.
    failure
        Raised by those that do not.
    passes
        How many ran on it, the failed one included.
    """

    def __init__(self) -> None:
        self.allowed = 10**9
        self.failure: Exception = torch.OutOfMemoryError(FULL)
        self.passes = 0
        self._lock = threading.Lock()
        self.labs: list[Lab] = []

    def lab(self) -> Lab:
        """A lab that runs on it."""
        made = Lab("cuda")
        self.labs.append(made)
        return made

    def run_out(self, allowed: int = 0, failure: Exception | None = None) -> None:
        """Let so many more passes fit."""
        self.allowed, self.passes = allowed, 0
        self.failure = failure or torch.OutOfMemoryError(FULL)

    def take(self) -> None:
        """Make a pass on it, if any lab is on it."""
        with self._lock:
            if not any(lab.device == "cuda" for lab in self.labs):
                return
            self.passes += 1
            if self.passes > self.allowed:
                raise self.failure


@contextmanager
def pretend_gpu() -> Iterator[PretendGPU]:
    """Have one for a while."""
    made, patch = PretendGPU(), pytest.MonkeyPatch()
    move, run, packed_run = GoogLeNet.to, GoogLeNet.run, packed.Packed.run

    def to(net: GoogLeNet, *place: Any, **how: Any) -> GoogLeNet:
        on_gpu = any(isinstance(one, torch.device) and one.type == "cuda" for one in place)
        if on_gpu:
            made.take()  # the weights need room, too
            return net
        moved: GoogLeNet = move(net, *place, **how)
        return moved

    def counted(net: GoogLeNet, *rest: Any, **more: Any) -> dict[str, torch.Tensor]:
        made.take()
        return run(net, *rest, **more)

    def counted_packed(net: packed.Packed, *rest: Any) -> dict[str, torch.Tensor]:
        made.take()
        return packed_run(net, *rest)

    with patch.context() as change:
        change.setattr(machine, "devices", lambda: DEVICES)
        change.setattr(lab_module, "devices", lambda: DEVICES)
        change.setattr(machine, "_fault", lambda device: "")
        change.setattr(GoogLeNet, "to", to)
        change.setattr(GoogLeNet, "run", counted)
        change.setattr(packed.Packed, "run", counted_packed)
        yield made
