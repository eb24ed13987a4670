"""State dicts with the key names of torchvision's GoogLeNet."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

import torch
from torch import Tensor

from inception_viewer.errors import CheckpointError
from inception_viewer.googlenet import variants
from inception_viewer.googlenet.variants import HEADS, Variant
from inception_viewer.questions import HeadState, Preprocessing

from .files import Contents
from .input_range import InputRange, estimate
from .labels import class_names
from .weights import Weights, as_float32, check

LANDMARK = "inception3a.branch1.conv.weight"
"""A key that torchvision's GoogLeNet has and no other network of torchvision's."""

IMAGENET_HASH = "1378be20"
"""The start of the SHA-256 in the name of torchvision's own ImageNet file."""

BRANCH_KEYS = {
    "1x1": "branch1",
    "3x3_reduce": "branch2.0",
    "3x3": "branch2.1",
    "5x5_reduce": "branch3.0",
    "5x5": "branch3.1",
    "pool_proj": "branch4.1",
}
"""Units of an Inception module and torchvision's names for them."""

RANGES: dict[InputRange, str] = {
    "imagenet": "ImageNet's mean and standard deviation",
    "signed": "-1..1",
    "unit": "0..1",
}
"""What a range is called in a sentence."""

WHAT = "a torchvision-style GoogLeNet"


def recognise(contents: Contents) -> bool:
    """Whether the file has torchvision's key names, perhaps behind a prefix."""
    return _prefix(contents.tensors) is not None


def convert(contents: Contents) -> Weights:
    """Turn the file into :class:`Weights`.

    The kernel of the "5x5" branch is read off the weights' shape, the number of classes
    and the heads off the tensors that are there. What the file cannot tell (input range,
    class names) is taken from its name, its statistics or its surroundings, and said in
    ``warnings``. Pools and head pools are torchvision's whatever the kernel: no weight
    tells them, and on an interim true-5x5 checkpoint batch norm's statistics agree with
    the 2x2 ``pool4`` (median divergence 0.009 in 5a) and not with the paper's 3x3 (0.050).

    Raises
    ------
    CheckpointError
        If a tensor is missing, has another shape than expected or is not finite.
    """
    tensors = _plain(contents.tensors)
    warnings: list[str] = []
    variant, evidence = _variant(tensors, warnings)
    state = as_float32({ours(name): tensor for name, tensor in tensors.items()})
    state = {n: t for n, t in state.items() if _belongs(n, variant.heads)}
    check(variant, state, WHAT, theirs)
    variant, preprocessing = _input(variant, state, contents, warnings, evidence)
    classes, about_names = class_names(contents.path, variant.classes, contents.metadata)
    warnings += [about_names] if about_names else []
    heads = _head_states(state, variant)
    untrained = [head for head in HEADS if heads[head] == "untrained"]
    if untrained:
        warnings.append(f"Never trained: {', '.join(untrained)}; what they say means nothing.")
    return Weights(
        variant=variant,
        state=state,
        classes=classes,
        preprocessing=preprocessing,
        family="torchvision",
        heads=heads,
        metadata=contents.metadata,
        warnings=tuple(warnings),
        evidence=tuple(evidence),
    )


def _prefix(tensors: Mapping[str, Tensor]) -> str | None:
    for name in tensors:
        if name == LANDMARK or name.endswith("." + LANDMARK):
            return name[: -len(LANDMARK)]
    return None


def _plain(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return the tensors under torchvision's plain names (no ``module.`` and the like).

    A classifier put into a ``Sequential`` with dropout (``fc.1.weight``) is the ``fc`` itself.
    """
    prefix = _prefix(tensors) or ""
    plain = {n[len(prefix) :]: t for n, t in tensors.items() if n.startswith(prefix)}
    if "fc.weight" not in plain:
        inner = [n for n in plain if re.fullmatch(r"fc\.\d+\.weight", n) and plain[n].ndim == 2]
        if len(inner) == 1:
            stem = inner[0].removesuffix("weight")
            plain = {("fc." + n[len(stem) :] if n.startswith(stem) else n): plain[n] for n in plain}
    return plain


def _variant(tensors: Mapping[str, Tensor], warnings: list[str]) -> tuple[Variant, list[str]]:
    classifier = tensors.get("fc.weight")
    if classifier is None or classifier.ndim != 2:
        raise CheckpointError(f"It looks like {WHAT}, but its classifier “fc.weight” is missing.")
    classes = int(classifier.shape[0])
    kernel = tensors.get("inception3a.branch3.1.conv.weight")
    size = int(kernel.shape[-1]) if kernel is not None and kernel.ndim == 4 else 3
    if size not in (3, 5):
        raise CheckpointError(
            f"It looks like {WHAT}, but the kernels of its third branch are {size}x{size}; "
            "GoogLeNets have 3x3 or 5x5."
        )
    variant = replace(
        variants.torchvision(classes, transform_input=False),
        kernel_5x5=size,
        heads=_heads_present(tensors, classes, warnings),
    )
    evidence = [f"The third branch has {size}x{size} kernels, by the shape of its weights."]
    return variant, evidence


def _input(
    variant: Variant,
    state: Mapping[str, Tensor],
    contents: Contents,
    warnings: list[str],
    evidence: list[str],
) -> tuple[Variant, Preprocessing]:
    """Tell how the input is scaled; only the name of torchvision's own file is proof."""
    if IMAGENET_HASH in contents.path.name:
        evidence.append("By its name it is torchvision's own file, which turns its input to -1..1.")
        return replace(variant, transform_input=True), Preprocessing()
    found = estimate(state["conv1.conv.weight"], state["conv1.bn.running_var"])
    judged = "judged by conv1's batch norm"
    if found is None:
        found = "signed" if variant.classes == 1000 else "imagenet"
        judged = "a guess"
    warnings.append(f"The file does not say how its input is scaled; {judged}: {RANGES[found]}.")
    if found == "unit":
        return variant, Preprocessing(mean=(0.0, 0.0, 0.0), std=(1.0, 1.0, 1.0))
    # -1..1 is torchvision's ImageNet normalisation with its transform_input after it.
    return replace(variant, transform_input=found == "signed"), Preprocessing()


def _heads_present(
    tensors: Mapping[str, Tensor], classes: int, warnings: list[str]
) -> tuple[str, ...]:
    """Return the heads that the file has, with as many classes as the main one."""
    heads = []
    for head in ("aux1", "aux2"):
        last = tensors.get(f"{head}.fc2.weight")
        if last is None:
            continue
        if last.shape[0] == classes:
            heads.append(head)
        else:
            warnings.append(
                f"{head} was left out: it has {last.shape[0]} classes and the main head {classes}."
            )
    return (*heads, "main")


def _belongs(name: str, heads: tuple[str, ...]) -> bool:
    start = name.partition(".")[0]
    return start not in HEADS or start in heads


def ours(name: str) -> str:
    """Return our name of a tensor for torchvision's."""
    start, _, rest = name.partition(".")
    if start in ("conv2", "conv3"):
        return {"conv2": "conv2_reduce", "conv3": "conv2"}[start] + "." + rest
    if start.startswith("inception"):
        for unit, branch in BRANCH_KEYS.items():
            if rest.startswith(branch + "."):
                return f"{start}.{unit}{rest[len(branch) :]}"
    if start == "fc":
        return f"fc.linear.{rest}"
    if start in ("aux1", "aux2") and rest.startswith("fc"):
        layer, _, leaf = rest.partition(".")
        return f"{start}.{layer}.linear.{leaf}"
    return name


def theirs(name: str) -> str:
    """Return torchvision's name of a tensor for ours."""
    start, _, rest = name.partition(".")
    if start in ("conv2_reduce", "conv2"):
        return {"conv2_reduce": "conv2", "conv2": "conv3"}[start] + "." + rest
    if start.startswith("inception"):
        unit, _, leaf = rest.partition(".")
        return f"{start}.{BRANCH_KEYS[unit]}.{leaf}"
    return name.replace(".linear.", ".")


def _head_states(state: Mapping[str, Tensor], variant: Variant) -> dict[str, HeadState]:
    """Tell trained heads from those left as they were initialised.

    Batch norm starts with weights of exactly one and biases of exactly zero, and the
    first step of training moves them; in a head that no loss reaches they stay
    (pytorch/vision#821: so it is in torchvision's own file).
    """
    units = {"aux1": "aux1.conv", "aux2": "aux2.conv", "main": "inception5b.1x1"}
    states: dict[str, HeadState] = {}
    for head in HEADS:
        if head not in variant.heads:
            states[head] = "absent"
            continue
        weight, bias = state[f"{units[head]}.bn.weight"], state[f"{units[head]}.bn.bias"]
        fresh = bool(torch.all(weight == 1)) and bool(torch.all(bias == 0))
        states[head] = "untrained" if fresh else "trained"
    return states
