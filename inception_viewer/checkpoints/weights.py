"""What every checkpoint becomes: a network's weights and what is known about them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from types import MappingProxyType

import torch
from torch import Tensor

from inception_viewer.errors import CheckpointError
from inception_viewer.googlenet.architecture import GoogLeNet, empty
from inception_viewer.googlenet.variants import Variant
from inception_viewer.questions import HeadState, Preprocessing

COUNTER = "num_batches_tracked"
"""Batch norm's counter of training steps; inference does not use it, so it is dropped."""


MOST_CLASSES = 25_000
"""More than any GoogLeNet tells apart (ImageNet has 21,841): a tiny file can declare a
tensor of any size."""


@dataclass(frozen=True, eq=False)
class Weights:
    """A checkpoint, read: its unfolded weights are the truth of the network.

    Attributes
    ----------
    variant
        The architecture.
    state
        Tensors (float32, unfolded, on the CPU) by the names of our own state dict.
    classes
        Class names in the order of the logits.
    preprocessing
        How a photo becomes the input.
    family
        ``"torchvision"``, ``"paper"``, …
    heads
        State of each of ``aux1``, ``aux2`` and ``main``.
    metadata
        What the file says of itself.
    warnings
        Sentences for people: what was guessed, what does not fit.
    evidence
        Sentences for the curious: how the variant was told from the file.
    """

    variant: Variant
    state: Mapping[str, Tensor]
    classes: tuple[str, ...]
    preprocessing: Preprocessing
    family: str
    heads: Mapping[str, HeadState]
    metadata: Mapping[str, str] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    evidence: tuple[str, ...] = ()

    def network(self) -> GoogLeNet:
        """Build the unfolded network, in evaluation mode, sharing these tensors."""
        net = empty(self.variant)
        net.load_state_dict(dict(self.state), assign=True)
        return net.eval().requires_grad_(False)

    @property
    def parameters(self) -> int:
        """The count of trainable numbers (running means and variances are none)."""
        counted = (t for n, t in self.state.items() if not _is_statistic(n))
        return sum(tensor.numel() for tensor in counted)


def _is_statistic(name: str) -> bool:
    return name.endswith(("running_mean", "running_var"))


def fingerprint(weights: Weights) -> str:
    """Return the SHA-256 (64 hex digits) of the variant and of every weight's name and value."""
    digest = hashlib.sha256(repr(weights.variant).encode())
    for name in sorted(weights.state):
        tensor = weights.state[name].detach().to("cpu", torch.float32).contiguous()
        digest.update(f"{name}{tuple(tensor.shape)}".encode())
        digest.update(tensor.numpy().tobytes() if tensor.ndim == 0 else tensor.numpy().data)
    return digest.hexdigest()


def as_float32(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return the tensors as contiguous float32, without batch norm's counters."""
    return {
        name: tensor.detach().to(torch.float32).contiguous()
        for name, tensor in state.items()
        if not name.endswith(COUNTER)
    }


@lru_cache(maxsize=16)
def shapes(variant: Variant) -> Mapping[str, tuple[int, ...]]:
    """Return the shape of every tensor of a variant, by our names, batch norm's counters aside."""
    state = empty(variant).state_dict()
    return MappingProxyType(
        {name: tuple(blank.shape) for name, blank in state.items() if not name.endswith(COUNTER)}
    )


def check(
    variant: Variant,
    state: Mapping[str, Tensor],
    what: str,
    label_of: Callable[[str], str] = str,
    layout: Callable[[tuple[int, ...]], tuple[int, ...]] = tuple,
) -> None:
    """Check that a state dict fits a variant: every tensor there, its shape right, all finite.

    Parameters
    ----------
    variant
        The architecture that the tensors are to fill.
    state
        Tensors by our names.
    what
        What the file looks like, for the sentence (``"a torchvision GoogLeNet"``).
    label_of
        Returns the file's own name for ours, so that the sentence speaks of the file.
    layout
        Returns a shape as the file has its axes.

    Raises
    ------
    CheckpointError
        Naming the first tensors that are missing, misshapen or not finite.
    """
    expected = shapes(variant)
    for name, wanted in expected.items():
        if name not in state:
            missing = {label_of(n): layout(s) for n, s in expected.items() if n not in state}
            raise CheckpointError(f"It looks like {what}, but {_lacking(missing)} missing.")
        found = tuple(state[name].shape)
        if found != wanted:
            raise CheckpointError(misshapen(what, label_of(name), found, wanted))
    _check_finite(state, label_of)


def _lacking(missing: Mapping[str, tuple[int, ...]]) -> str:
    """Return the first three names with their shapes, the count of others, and the verb."""
    shown = [f"“{label}” of shape {shape}" for label, shape in list(missing.items())[:3]]
    others = len(missing) - len(shown)
    if others:
        shown.append("1 more tensor" if others == 1 else f"{others} more tensors")
    if len(shown) == 1:
        return f"{shown[0]} is"
    return f"{', '.join(shown[:-1])} and {shown[-1]} are"


def misshapen(what: str, label: str, found: tuple[int, ...], wanted: object) -> str:
    """Return the sentence for a tensor of another shape than the network needs."""
    return f"It looks like {what}, but “{label}” has shape {found} where {wanted} is expected."


def admitted(tensor: Tensor, label: str) -> Tensor:
    """Return a tensor as weights: plain, contiguous, float32; its shape is checked before.

    Raises
    ------
    CheckpointError
        If it holds anything but real numbers, one by one.
    """
    if not tensor.is_floating_point() or tensor.layout != torch.strided or tensor.is_meta:
        kind = str(tensor.dtype).removeprefix("torch.")
        raise CheckpointError(
            f"“{label}” holds {kind} numbers, {tensor.layout}; plain float32 is expected."
        )
    return tensor.detach().to(torch.float32).contiguous()


def _check_finite(state: Mapping[str, Tensor], label_of: Callable[[str], str]) -> None:
    for name, tensor in state.items():
        label = label_of(name)
        # The sum of a finite tensor is finite and costs one pass without a copy.
        if not bool(torch.isfinite(tensor.sum())) and not bool(torch.isfinite(tensor).all()):
            count = int((~torch.isfinite(tensor)).sum())
            values = "1 value that is" if count == 1 else f"{count} values that are"
            raise CheckpointError(f"Its weights are damaged: “{label}” holds {values} not finite.")
        if name.endswith("running_var") and bool((tensor < 0).any()):
            raise CheckpointError(f"Its weights are damaged: “{label}” holds negative variances.")
