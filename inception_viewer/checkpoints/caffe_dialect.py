"""BVLC's GoogLeNet, as Caffe saves it: a ``.caffemodel``, Places' and fine-tuned ones too.

Sources: BVLC/caffe, ``models/bvlc_googlenet`` (names, heads, input); CSAILVision/places365
(the Places network, its mean and its class names).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import torch
from torch import Tensor

from inception_viewer.errors import CheckpointError
from inception_viewer.googlenet import variants
from inception_viewer.googlenet.architecture import LOGITS, module_path
from inception_viewer.googlenet.variants import HEADS, MODULES, Variant
from inception_viewer.questions import HeadState

from .caffe_file import CaffeNet, Layer
from .caffe_input import preprocessing
from .caffe_structure import LOSS, Structure, classifier_input, layer_of, settled, structure
from .catalogue import published
from .digests import matches
from .files import Contents
from .labels import class_names, imagenet_names, places365_names
from .weights import Weights, as_float32, check

WHAT = "BVLC's GoogLeNet"

BVLC = published("bvlc")
"""The file that the Caffe team released."""

OTHER_NETWORKS = (
    ("inception_3a/double3x3_reduce", "an Inception v2 (GoogLeNet with batch norm)"),
    ("inception_3a/double_3x3_reduce", "an Inception v2 (GoogLeNet with batch norm)"),
    ("inception_3a_double_3x3_reduce", "an Inception v2 (GoogLeNet with batch norm)"),
    ("conv1_1", "a VGG"),
    ("fc6", "an AlexNet or CaffeNet"),
    ("res2a_branch2a", "a ResNet"),
    ("fire2/squeeze1x1", "a SqueezeNet"),
    ("cccp1", "a Network in Network"),
    ("conv2_1/dw", "a MobileNet"),
    ("conv2_1/x1", "a DenseNet"),
    ("ip1", "a LeNet"),
)
"""A layer's name and the Caffe network that it tells."""


def recognise(contents: Contents) -> bool:
    """Whether the file is Caffe's, whatever network it holds: no other dialect reads those."""
    return isinstance(contents.definition, CaffeNet)


def convert(contents: Contents) -> Weights:
    """Turn a ``.caffemodel`` into :class:`Weights`.

    Layers are found by BVLC's names, a renamed classifier by what it reads. Where the file
    says how its layers are put together, that is checked, and its normalisation, rounding
    of pools, crop and mean are taken from it.

    Raises
    ------
    CheckpointError
        If it is another network, a tensor is missing, has another shape than expected or is
        not finite, or its layers are put together in another way.
    """
    net = contents.definition
    assert isinstance(net, CaffeNet)
    _refuse_others(net)
    found, warnings = structure(net), list[str]()
    evidence = ["Its layers have the names of BVLC's GoogLeNet."]
    known = _is_bvlcs_own(contents.path)
    evidence += ["It is BVLC's own file, by its digest."] if known else []
    classifiers = _classifiers(net, found, evidence)
    variant = _variant(net, classifiers, warnings)
    names = _names(variant, classifiers)
    state = _state(net, contents.tensors, names)
    check(variant, state, WHAT, lambda name: names.get(name, name))
    evidence.append("The third branch has 5x5 kernels, by the shape of its weights.")
    logits = {head: layer.name for head, layer in classifiers.items()}
    variant = _as_put_together(found, variant, logits, evidence, warnings)
    heads = _head_states(state, variant, evidence)
    untrained = [head for head in HEADS if heads[head] == "untrained"]
    if untrained:
        warnings.append(f"Never trained: {', '.join(untrained)}; what they say means nothing.")
    classes, places = _class_names(contents, variant.classes, warnings, evidence)
    return Weights(
        variant=variant,
        state=state,
        classes=classes,
        preprocessing=preprocessing(net, places, evidence if known else warnings, evidence),
        family=variant.name,
        heads=heads,
        metadata={key: value for key, value in contents.metadata.items() if value},
        warnings=tuple(warnings),
        evidence=tuple(evidence),
    )


def _is_bvlcs_own(path: Path) -> bool:
    try:
        return BVLC.fits(path.stat().st_size) and matches(path, BVLC.digest)
    except OSError:
        return False


def _refuse_others(net: CaffeNet) -> None:
    """Raise, with what it looks like, unless it may be a GoogLeNet with weights."""
    names = {layer.name for layer in net.layers}
    for name, what in OTHER_NETWORKS:
        if name in names:
            raise CheckpointError(f"This looks like {what} for Caffe, not a GoogLeNet.")
    called = f" “{net.name}”" if net.name else ""
    if not any(layer.blobs for layer in net.layers):
        raise CheckpointError(f"This Caffe network{called} holds no weights.")
    if not any(name.startswith("inception_3a/") for name in names):
        first = ", ".join(f"“{layer.name}”" for layer in net.layers if layer.blobs)[:200]
        raise CheckpointError(
            f"This Caffe network{called} is no GoogLeNet: its weights are those of {first}."
        )
    if any(layer.type in ("BatchNorm", "BN") for layer in net.layers):
        raise CheckpointError(
            "This looks like a Caffe GoogLeNet with batch norm; BVLC's, which can be opened, "
            "has none."
        )


# --- which layer is which ------------------------------------------------------------


def _units() -> dict[str, str]:
    """Return Caffe's layers for our units, but for the classifiers."""
    units = {"conv1": "conv1/7x7_s2", "conv2/reduce": "conv2/3x3_reduce", "conv2": "conv2/3x3"}
    for module in MODULES:
        for unit in ("1x1", "3x3_reduce", "3x3", "5x5_reduce", "5x5", "pool_proj"):
            units[f"{module}/{unit}"] = f"{layer_of(module)}/{unit}"
    for head in ("aux1", "aux2"):
        units |= {f"{head}/conv": f"{LOSS[head]}/conv", f"{head}/fc1": f"{LOSS[head]}/fc"}
    return units


def _classifiers(net: CaffeNet, found: Structure, evidence: list[str]) -> dict[str, Layer]:
    """Return the layer that gives each head's logits: by its name, else by what it reads.

    Fine-tuning in Caffe renames the classifier, because layers of the old name would be
    filled with the old weights.
    """
    weighted = {layer.name: layer for layer in net.layers if layer.blobs}
    known = {*_units().values(), *(f"{loss}/classifier" for loss in LOSS.values())}
    others = [
        layer
        for layer in weighted.values()
        if layer.name not in known and layer.type in ("InnerProduct", "") and _inputs(layer) == 1024
    ]
    chosen = {}
    for head, loss in LOSS.items():
        if f"{loss}/classifier" in weighted:
            chosen[head] = weighted[f"{loss}/classifier"]
            continue
        candidates = [layer for layer in others if _reader(layer, found) == head]
        if len(candidates) > 1:
            raise CheckpointError(
                f"It looks like {WHAT}, but two layers may be its classifier: "
                f"“{candidates[0].name}” and “{candidates[1].name}”."
            )
        if candidates:
            chosen[head] = candidates[0]
            evidence.append(f"“{candidates[0].name}” is the classifier of {head}: it reads there.")
    return chosen


def _reader(layer: Layer, found: Structure) -> str:
    """Return the head whose classifier a layer may be."""
    if not found.told:
        return {"loss1": "aux1", "loss2": "aux2"}.get(layer.name.partition("/")[0], "main")
    return {classifier_input(head): head for head in HEADS}.get(found.reads[layer.name], "")


def _plain(shape: tuple[int, ...], axes: int) -> tuple[int, ...]:
    """Drop leading axes of one: old files have four of them for every blob."""
    while len(shape) > axes and shape[0] == 1:
        shape = shape[1:]
    return shape


def _matrix(layer: Layer) -> tuple[int, ...]:
    """Return the shape (outputs, inputs) of an inner product's weights, or what there is."""
    shape = _plain(layer.blobs[0].shape, 2)
    return shape[::-1] if _transposed(layer) else shape


def _transposed(layer: Layer) -> bool:
    return layer.settings.get("transpose") == (1.0,)


def _inputs(layer: Layer) -> int:
    shape = _matrix(layer)
    return shape[1] if len(shape) == 2 else 0


def _variant(net: CaffeNet, classifiers: Mapping[str, Layer], warnings: list[str]) -> Variant:
    """Return BVLC's variant with the classes and the heads that the file has."""
    if "main" not in classifiers:
        raise CheckpointError(
            f"It looks like {WHAT}, but its classifier “loss3/classifier” is missing."
        )
    classes = _matrix(classifiers["main"])[0] if _inputs(classifiers["main"]) else 0
    if classes < 1:
        shape = classifiers["main"].blobs[0].shape
        raise CheckpointError(
            f"It looks like {WHAT}, but “{classifiers['main'].name}.weight” has shape {shape} "
            "where (classes, 1024) is expected."
        )
    weighted = {layer.name for layer in net.layers if layer.blobs}
    heads = []
    for head in ("aux1", "aux2"):
        parts = {f"{LOSS[head]}/conv", f"{LOSS[head]}/fc"} & weighted
        own = classifiers.get(head)
        if not parts and own is None:
            continue
        if len(parts) < 2 or own is None:
            warnings.append(f"{head} was left out: a part of {LOSS[head]} is missing.")
        elif _matrix(own)[:1] != (classes,):
            count = (*_matrix(own), 0)[0]
            warnings.append(f"{head} was left out: it has {count} classes and main {classes}.")
        else:
            heads.append(head)
    blank = variants.paper(classes, batch_norm=False)
    return replace(blank, name="bvlc", heads=(*heads, "main"))


def _names(variant: Variant, classifiers: Mapping[str, Layer]) -> dict[str, str]:
    """Return the file's names of the tensors for those of our state dict."""
    units = {**_units(), **{LOGITS[head]: layer.name for head, layer in classifiers.items()}}
    names = {}
    for unit, layer in units.items():
        head = unit.partition("/")[0]
        if head in ("aux1", "aux2") and head not in variant.heads:
            continue
        inner = "linear" if unit.endswith(("fc", "fc1", "fc2")) else "conv"
        for leaf in ("weight", "bias"):
            names[f"{module_path(unit)}.{inner}.{leaf}"] = f"{layer}.{leaf}"
    return names


def _state(
    net: CaffeNet, tensors: Mapping[str, Tensor], names: Mapping[str, str]
) -> dict[str, Tensor]:
    turned = {f"{layer.name}.weight" for layer in net.layers if _transposed(layer)}
    state = {}
    for ours, theirs in names.items():
        if theirs not in tensors:
            continue
        tensor = tensors[theirs]
        axes = 1 if ours.endswith("bias") else 2 if ".linear." in ours else 4
        tensor = tensor.reshape(_plain(tuple(tensor.shape), axes))
        state[ours] = tensor.T if theirs in turned and tensor.ndim == 2 else tensor
    return as_float32(state)


def _as_put_together(
    found: Structure,
    variant: Variant,
    classifiers: Mapping[str, str],
    evidence: list[str],
    warnings: list[str],
) -> Variant:
    if not found.told:
        warnings.append(
            "The file holds weights only; pools and normalisation are taken to be BVLC's."
        )
        return variant
    variant = settled(found, variant, classifiers)
    if variant.lrn is None:
        warnings.append("It has no local response normalisation, unlike BVLC's own network.")
    evidence.append("The file lists all its layers, and they are put together like BVLC's.")
    return variant


# --- what else is known --------------------------------------------------------------


def _head_states(
    state: Mapping[str, Tensor], variant: Variant, evidence: list[str]
) -> dict[str, HeadState]:
    """Tell trained heads from those left as they were initialised.

    Caffe fills biases with one constant (0.2 in BVLC's network, 0 in its classifiers), and
    weight decay does not touch them; the first step of training parts them.
    """
    states: dict[str, HeadState] = {}
    for head in HEADS:
        if head not in variant.heads:
            states[head] = "absent"
            continue
        bias = state[f"{module_path(LOGITS[head])}.linear.bias"]
        low, high = float(bias.min()), float(bias.max())
        fresh = low == high and (len(bias) > 1 or low in (0.0, float(torch.tensor(0.2))))
        states[head] = "untrained" if fresh else "trained"
        evidence.append(
            f"{head}: all biases of its classifier are {low:g}, as Caffe sets them before training."
            if fresh
            else f"{head}: the biases of its classifier, equal before training, are now "
            f"{low:.3g} to {high:.3g}."
        )
    return states


def _class_names(
    contents: Contents, classes: int, warnings: list[str], evidence: list[str]
) -> tuple[tuple[str, ...], bool]:
    """Return the class names, and whether the network is taken to be Places365's."""
    usual = {1000: imagenet_names, 365: places365_names}
    names, about = class_names(contents.path, classes, contents.metadata, usual)
    warnings += [about] if about else []
    places = classes == 365 and names == places365_names()
    if places:
        said = f"{contents.metadata.get('network', '')} {contents.path.name}".lower()
        told = "places" in said
        where = evidence if told else warnings
        where.append(
            f"It is taken to be Places365's {'by its name' if told else 'for its 365 classes'}."
        )
    return names, places
