"""Inception 5h, the GoogLeNet that its authors released: known from DeepDream.

The same weights go round as TensorFlow's frozen graph, as Lucent's ``.pth`` (the main head
alone) and as Captum's (all three heads); :mod:`~.fiveh_names` has their names for things.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass, replace

from torch import Tensor

from inception_viewer.errors import CheckpointError
from inception_viewer.googlenet import variants
from inception_viewer.googlenet.variants import HEADS, Lrn, Variant
from inception_viewer.questions import HeadState, Preprocessing

from .files import Contents
from .fiveh_names import LANDMARKS, SPELLINGS, Spelling
from .labels import class_names, inception5h_names
from .stored import shape_of
from .tensorflow_graph import Graph
from .weights import MOST_CLASSES, Weights, admitted, check, misshapen, shapes

PREPROCESSING = Preprocessing(scale=1.0, mean=(117.0, 117.0, 117.0), std=(1.0, 1.0, 1.0))
"""RGB from 0 to 255, less 117 (tensorflow/lucid, ``InceptionV1.image_value_range``)."""

CLASSIFIERS = {"aux1": "aux1.fc2", "aux2": "aux2.fc2", "main": "fc"}
"""Our unit with each head's logits, as it stands in the names of tensors."""

LRN_NODES = ("localresponsenorm0", "localresponsenorm1")
"""The graph's two normalisations."""


@dataclass(frozen=True, eq=False)
class _File:
    """A file of the family: its tensors, their spelling and what stands before their names."""

    tensors: Mapping[str, Tensor]
    spelling: Spelling
    prefix: str

    def label(self, name: str) -> str:
        """Return the file's name for one of ours."""
        return self.prefix + self.spelling.name(name)

    def shape(self, name: str) -> tuple[int, ...] | None:
        """Return the shape of the file's tensor for our name, or None if it has none."""
        label = self.label(name)
        return shape_of(self.tensors, label) if label in self.tensors else None


def recognise(contents: Contents) -> bool:
    """Whether the file has one of the family's spellings, perhaps behind a prefix."""
    return _file(contents) is not None


def convert(contents: Contents) -> Weights:
    """Turn the file into :class:`Weights`.

    The heads and the number of classes are read off the tensors. A graph says how it
    normalises; elsewhere that is taken to be the released graph's way, because the weights
    want it, whatever the code that they come with does (greentfrapp/lucent#51).

    Raises
    ------
    CheckpointError
        If a tensor is missing, has another shape than expected or is not finite.
    """
    file = _file(contents)
    assert file is not None
    what, warnings = file.spelling.what, list[str]()
    evidence = [f"Its names are those of {what}: “{file.label(LANDMARKS[0])}”."]
    variant = _variant(file, warnings)
    state = _state(file, variant)
    check(variant, state, what, file.label, file.spelling.layout)
    evidence.append("4a has 204 filters of 3x3, 5a a 5x5 reduce of 48, by the shapes of weights.")
    _order_heads(state, warnings)
    variant = _as_normalised(variant, contents.definition, file.prefix, warnings, evidence)
    usual = {variants.inception5h().classes: inception5h_names}
    classes, about = class_names(contents.path, variant.classes, contents.metadata, usual)
    warnings += [about] if about else []
    heads = _head_states(state, variant, evidence)
    untrained = [head for head in HEADS if heads[head] == "untrained"]
    if untrained:
        warnings.append(f"Never trained: {', '.join(untrained)}; what they say means nothing.")
    return Weights(
        variant=variant,
        state=state,
        classes=classes,
        preprocessing=PREPROCESSING,
        family=variant.name,
        heads=heads,
        metadata=contents.metadata,
        warnings=tuple(warnings),
        evidence=tuple(evidence),
    )


def _file(contents: Contents) -> _File | None:
    for spelling in SPELLINGS:
        prefix = spelling.prefix(contents.tensors)
        if prefix is not None:
            return _File(contents.tensors, spelling, prefix)
    return None


# --- tensors -----------------------------------------------------------------------------


def _variant(file: _File, warnings: list[str]) -> Variant:
    """Return the architecture, with the heads that have as many classes as the main one."""
    counts = {head: _class_count(file, f"{unit}.linear.weight") for head, unit in _classifiers()}
    classes = counts["main"]
    if classes is None:
        raise CheckpointError(
            f"It looks like {file.spelling.what}, but its classifier "
            f"“{file.label('fc.linear.weight')}” is missing."
        )
    for head, count in counts.items():
        if count not in (None, classes):
            warnings.append(f"{head} was left out: it has {count} classes and main {classes}.")
    heads = tuple(head for head in HEADS if counts[head] == classes)
    return variants.inception5h(classes, heads=heads)


def _classifiers() -> list[tuple[str, str]]:
    return [(head, CLASSIFIERS[head]) for head in HEADS]


def _class_count(file: _File, name: str) -> int | None:
    """Return the rows of a classifier, or None if it is not in the file."""
    shape = file.shape(name)
    if shape is None:
        return None
    count = shape[-1 if file.spelling.tensorflow else 0] if len(shape) == 2 else 0
    if not 0 < count <= MOST_CLASSES:
        raise CheckpointError(
            f"It looks like {file.spelling.what}, but its classifier “{file.label(name)}” has "
            f"shape {shape}."
        )
    return count


def _state(file: _File, variant: Variant) -> dict[str, Tensor]:
    """Return the tensors by our names, laid out our way, those that the file has.

    Shapes are checked in the file's layout, so that the sentence speaks of the file, and
    before anything is allocated.
    """
    state = {}
    for name, wanted in shapes(variant).items():
        label, found = file.label(name), file.shape(name)
        if found is None:
            continue
        if found != file.spelling.layout(wanted):
            wanted = file.spelling.layout(wanted)
            raise CheckpointError(misshapen(file.spelling.what, label, found, wanted))
        state[name] = admitted(_laid_out(file.tensors[label], name, file.spelling), label)
    return state


def _laid_out(tensor: Tensor, name: str, spelling: Spelling) -> Tensor:
    """Return a tensor with PyTorch's order of axes."""
    if spelling.tensorflow and name.endswith(".fc1.linear.weight"):
        tensor = _channels_first(tensor.t())
    elif spelling.tensorflow and tensor.ndim > 1:
        tensor = tensor.permute((3, 2, 0, 1) if tensor.ndim == 4 else (1, 0))
    return tensor


def _channels_first(weight: Tensor) -> Tensor:
    """Reorder what a head's dense layer (1024, 2048) reads: from 4 x 4 x 128 to 128 x 4 x 4."""
    return weight.reshape(-1, 4, 4, 128).permute(0, 3, 1, 2).reshape(-1, 2048)


def _order_heads(state: MutableMapping[str, Tensor], warnings: list[str]) -> None:
    """Mend heads that were converted without reordering what their dense layer reads.

    TensorFlow flattens a map channels last. Weights of neighbouring positions are alike
    (correlation 0.3 in the demo checkpoint's heads, 0.00 in the wrong order), so the
    weights tell which order they are in.
    """
    for head in ("aux1", "aux2"):
        name = f"{head}.fc1.linear.weight"
        if name not in state:
            continue
        other = _channels_first(state[name])
        if _likeness(other) > max(0.1, 2 * _likeness(state[name])):
            state[name] = other.contiguous()
            warnings.append(
                f"{head}'s dense layer reads its map in TensorFlow's order, as neighbouring "
                "weights show; it was put into PyTorch's."
            )


def _likeness(weight: Tensor) -> float:
    """Return the correlation of neighbouring positions' weights, read as 128 x 4 x 4."""
    cells = weight.reshape(-1, 128, 4, 4)
    both = (cells[..., 1:] * cells[..., :-1]).sum() + (cells[..., 1:, :] * cells[..., :-1, :]).sum()
    # Each position has 1.5 neighbours on the average, 24 pairs for 16 positions.
    return float(both / (1.5 * cells.square().sum()).clamp(min=1e-30))


# --- what else the file tells --------------------------------------------------------------


def _as_normalised(
    variant: Variant, graph: object, prefix: str, warnings: list[str], evidence: list[str]
) -> Variant:
    """Take the LRN's numbers from the graph, where the file is one."""
    usual = variant.lrn
    assert usual is not None
    said = [
        _lrn(graph.settings[prefix + node])
        for node in LRN_NODES
        if isinstance(graph, Graph) and graph.operations.get(prefix + node) == "LRN"
    ]
    if not said:
        evidence.append("Local response normalisation is the released graph's; no weight tells it.")
        return variant
    if any(lrn != said[0] for lrn in said):
        raise CheckpointError("Its two local response normalisations differ, as none known does.")
    evidence.append("Local response normalisation has the numbers that the graph says.")
    if _alike(said[0], usual):
        return variant
    warnings.append(
        f"Its local response normalisation is not the released graph's: {said[0]}, not {usual}."
    )
    return replace(variant, lrn=said[0])


def _lrn(settings: Mapping[str, float]) -> Lrn:
    """Return TensorFlow's LRN as PyTorch defines it, which divides alpha by the size."""
    size = 2 * int(settings.get("depth_radius", 5)) + 1
    if not 0 < size < 1000:
        raise CheckpointError("The file is damaged: its normalisation has an impossible radius.")
    alpha, beta = settings.get("alpha", 1.0), settings.get("beta", 0.5)
    return Lrn(size, alpha * size, beta, settings.get("bias", 1.0))


def _alike(one: Lrn, other: Lrn) -> bool:
    """Whether two are the same but for rounding to float32."""
    pairs = ((one.alpha, other.alpha), (one.beta, other.beta), (one.k, other.k))
    return one.size == other.size and all(math.isclose(a, b, rel_tol=1e-6) for a, b in pairs)


def _head_states(
    state: Mapping[str, Tensor], variant: Variant, evidence: list[str]
) -> dict[str, HeadState]:
    """Tell trained heads from those that PyTorch has just initialised.

    A fresh layer's weights are even between plus and minus ``1 / sqrt(inputs)``; training
    moves some beyond within a few steps.
    """
    states: dict[str, HeadState] = {}
    for head, unit in _classifiers():
        if head not in variant.heads:
            states[head] = "absent"
            continue
        weight = state[f"{unit}.linear.weight"]
        bound, largest = weight.shape[1] ** -0.5, float(weight.abs().max())
        spread = float(weight.std(correction=0))
        fresh = largest <= 1.0001 * bound and math.isclose(spread, bound / 3**0.5, rel_tol=0.03)
        states[head] = "untrained" if fresh or spread == 0 else "trained"
        evidence.append(
            f"{head}: its classifier's weights reach {largest:.3g} with a standard deviation of "
            f"{spread:.2g}; those of a fresh layer {bound:.3g} and {bound / 3**0.5:.2g}."
        )
    return states
