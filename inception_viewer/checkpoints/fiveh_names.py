"""What the files of Inception 5h call our tensors.

A spelling turns a name of our state dict (``inception3a.3x3_reduce.conv.weight``) into the
file's. Sources: the nodes of ``tensorflow_inception_graph.pb``; greentfrapp/lucent,
``modelzoo/inceptionv1``; pytorch/captum, branch ``optim-wip``, whose earlier commits gave
the heads' layers other names.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

STEMS = {
    "conv1": "conv2d0",
    "conv2_reduce": "conv2d1",
    "conv2": "conv2d2",
    "aux1.conv": "head0_bottleneck",
    "aux1.fc1": "nn0",
    "aux1.fc2": "softmax0",
    "aux2.conv": "head1_bottleneck",
    "aux2.fc1": "nn1",
    "aux2.fc2": "softmax1",
    "fc": "softmax2",
}
"""The graph's names of units outside the Inception modules."""

PARTS = {"3x3_reduce": "3x3_bottleneck", "5x5_reduce": "5x5_bottleneck", "pool_proj": "pool_reduce"}
"""The graph's names of units within a module, where they are not ours."""

EARLY_HEADS = {"conv": "loss_conv", "fc1": "loss_fc", "fc2": "loss_classifier"}
"""The heads' layers in the file that Captum published."""


LANDMARKS = ("inception3a.3x3_reduce.conv.weight", "inception5b.pool_proj.conv.weight")
"""Names of ours of which one is enough to tell a file."""


@dataclass(frozen=True)
class Spelling:
    """One way of naming the tensors.

    Attributes
    ----------
    what
        What a file with these names looks like, for a sentence.
    name
        Returns the file's name for ours.
    also
        A name of ours that the file must have for this spelling, or ``""``.
    joint
        What separates a prefix from these names.
    tensorflow
        Whether axes lie as TensorFlow has them: a convolution's as height, width, in, out,
        a dense layer's as in, out.
    """

    what: str
    name: Callable[[str], str]
    also: str = ""
    joint: str = "."
    tensorflow: bool = False

    def layout(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        """Return a shape of ours as the file has it."""
        return (*shape[2:], *shape[1::-1]) if self.tensorflow else shape

    def prefix(self, names: Mapping[str, object]) -> str | None:
        """Return what stands before the names in a file, or None if it is not this spelling."""
        for landmark in map(self.name, LANDMARKS):
            for name in names:
                if name == landmark or name.endswith(self.joint + landmark):
                    prefix = name.removesuffix(landmark)
                    if not self.also or prefix + self.name(self.also) in names:
                        return prefix
        return None


def _parts(name: str) -> tuple[str, str]:
    """Return a tensor's unit and leaf: ``("inception3a.1x1", "weight")``."""
    unit, _, leaf = name.rsplit(".", 2)
    return unit, leaf


def _stem(unit: str) -> str:
    """Return the graph's name of a unit: ``"mixed3a_3x3_bottleneck"``."""
    if unit in STEMS:
        return STEMS[unit]
    module, _, part = unit.partition(".")
    return f"{module.replace('inception', 'mixed')}_{PARTS.get(part, part)}"


def graph_name(name: str) -> str:
    """Return the name of the graph's constant for one of our tensors."""
    unit, leaf = _parts(name)
    return f"{_stem(unit)}_{leaf[0]}"


def lucent_name(name: str) -> str:
    """Return Lucent's name; it has no heads but the main one, whose layers follow suit."""
    unit, leaf = _parts(name)
    stem = _stem(unit)
    if stem.startswith("softmax"):
        return f"{stem}_pre_activation_matmul.{leaf}"
    return f"{stem}_pre_relu_{'matmul' if stem.startswith('nn') else 'conv'}.{leaf}"


def captum_name(name: str) -> str:
    """Return Captum's name of a tensor, as its code has it now."""
    unit, leaf = _parts(name)
    module, _, part = unit.partition(".")
    if module.startswith("inception"):
        part = part if part == "pool_proj" else f"conv_{part}"
        return f"{module.replace('inception', 'mixed')}.{part}.{leaf}"
    return f"{ {'conv2_reduce': 'conv2', 'conv2': 'conv3'}.get(unit, unit) }.{leaf}"


def early_captum_name(name: str) -> str:
    """Return Captum's name of a tensor with the heads' earlier names."""
    unit, leaf = _parts(name)
    head, _, layer = unit.partition(".")
    if head in ("aux1", "aux2"):
        return f"{head}.{EARLY_HEADS[layer]}.{leaf}"
    return captum_name(name)


SPELLINGS = (
    Spelling("Captum's Inception 5h", early_captum_name, also="aux1.conv.conv.weight"),
    Spelling("Captum's Inception 5h", captum_name),
    Spelling("Lucent's Inception 5h", lucent_name),
    Spelling("the Inception 5h graph", graph_name, joint="/", tensorflow=True),
)
"""Tried in this order."""
