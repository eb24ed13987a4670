"""State dicts with the key names of torchvision's GoogLeNet."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from inception_viewer.errors import CheckpointError
from inception_viewer.googlenet import variants
from inception_viewer.googlenet.variants import HEADS, Variant
from inception_viewer.questions import HeadState, Preprocessing

from .files import Contents
from .input_range import InputRange, estimate
from .labels import class_names
from .stored import readable, shape_of
from .weights import COUNTER, MOST_CLASSES, Weights, admitted, check, misshapen, shapes
from .wrappers import averaged

LANDMARK = re.compile(r"((?:.*\.)?)inception[345][a-e]\.branch1\.conv\.weight")
"""Keys that torchvision's GoogLeNet has, nine of them, and no other network of torchvision's."""

OWN_PARTS = ("conv", "inception", "aux", "fc.")
"""How the names of all tensors of the network begin; a script's own (a loss's) do not."""

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
    warnings: list[str] = []
    file = _plain(contents.tensors, warnings)
    variant, evidence = _variant(file, warnings)
    evidence += [f"Its names begin with “{file.prefix}”."] if file.prefix else []
    state = _state(file, variant, warnings)
    check(variant, state, WHAT, file.label)
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


@dataclass(frozen=True, eq=False)
class _File:
    """A file's tensors, by torchvision's plain names: none is read yet.

    Attributes
    ----------
    tensors
        By the file's own names.
    names
        The file's name of each tensor, by torchvision's.
    prefix
        What stood before the names.
    """

    tensors: Mapping[str, Tensor]
    names: Mapping[str, str]
    prefix: str

    def label(self, name: str) -> str:
        """Return the file's name for one of ours, or torchvision's where it has none."""
        return self.names.get(theirs(name), theirs(name))

    def shape(self, name: str) -> tuple[int, ...]:
        """Return the shape of the tensor with torchvision's name; empty if there is none."""
        return shape_of(self.tensors, self.names[name]) if name in self.names else ()


def _prefix(tensors: Iterable[str], warnings: list[str] | None = None) -> str | None:
    """Return what stands before most of the landmarks; plain weights before averaged ones."""
    found = Counter(match[1] for name in tensors if (match := LANDMARK.fullmatch(name)))
    if not found:
        return None
    chosen = max(found, key=lambda prefix: (found[prefix], not averaged(prefix)))
    others = [prefix for prefix in found if prefix != chosen]
    if others and warnings is not None:
        warnings.append(
            f"The file holds more than one GoogLeNet; “{readable(chosen)}” was read, "
            f"“{readable(others[0])}” was not."
        )
    return chosen


def _plain(tensors: Mapping[str, Tensor], warnings: list[str]) -> _File:
    """Return the tensors under torchvision's plain names (no ``module.`` and the like).

    A classifier put into a ``Sequential`` with dropout (``fc.1.weight``) is the ``fc`` itself.
    """
    prefix = _prefix(tensors, warnings) or ""
    names = {n[len(prefix) :]: n for n in tensors if n.startswith(prefix)}
    if "fc.weight" not in names:
        inner = [n for n in names if re.fullmatch(r"fc\.\d{1,3}\.weight", n)]
        inner = [n for n in inner if len(shape_of(tensors, names[n])) == 2]
        if len(inner) == 1:
            stem = inner[0].removesuffix("weight")
            names = {("fc." + n[len(stem) :] if n.startswith(stem) else n): names[n] for n in names}
    return _File(tensors, names, prefix)


def _state(file: _File, variant: Variant, warnings: list[str]) -> dict[str, Tensor]:
    """Return the tensors by our names, those that the file has; nothing else of it is read.

    Raises
    ------
    CheckpointError
        If one has another shape than expected or no plain numbers, or if the network in
        the file has tensors that torchvision's has not.
    """
    wanted = shapes(variant)
    state = {}
    for name, shape in wanted.items():
        label = file.label(name)
        if theirs(name) in file.names:
            found = shape_of(file.tensors, label)
            if found != shape:
                raise CheckpointError(misshapen(WHAT, label, found, shape))
            state[name] = admitted(file.tensors[label], label)
    _check_others(file, variant, warnings)
    return state


def _check_others(file: _File, variant: Variant, warnings: list[str]) -> None:
    """Refuse a network with more in it; leave out what only lies beside the network."""
    wanted = {theirs(name) for name in shapes(variant)}
    others = [
        name
        for name in file.names
        if name not in wanted and not name.endswith(COUNTER) and _belongs(name, variant.heads)
    ]
    for name in others:
        if name.startswith(OWN_PARTS):
            raise CheckpointError(
                f"It looks like {WHAT}, but it has “{readable(file.names[name])}” of shape "
                f"{file.shape(name)} besides, which torchvision's has not."
            )
    if others:
        count = "1 tensor" if len(others) == 1 else f"{len(others)} tensors"
        warnings.append(
            f"{count} that no GoogLeNet has {'was' if len(others) == 1 else 'were'} left out: "
            f"“{readable(file.names[others[0]])}”{', …' if len(others) > 1 else ''}."
        )


def _variant(file: _File, warnings: list[str]) -> tuple[Variant, list[str]]:
    classifier = file.shape("fc.weight")
    if "fc.weight" not in file.names:
        raise CheckpointError(f"It looks like {WHAT}, but its classifier “fc.weight” is missing.")
    if len(classifier) != 2 or not 0 < classifier[0] <= MOST_CLASSES:
        wanted = "(classes, 1024)"
        raise CheckpointError(misshapen(WHAT, file.names["fc.weight"], classifier, wanted))
    kernel = file.shape("inception3a.branch3.1.conv.weight")
    size = kernel[-1] if len(kernel) == 4 else 3
    if size not in (3, 5):
        raise CheckpointError(
            f"It looks like {WHAT}, but the kernels of its third branch are {size}x{size}; "
            "GoogLeNets have 3x3 or 5x5."
        )
    variant = replace(
        variants.torchvision(classifier[0], transform_input=False),
        kernel_5x5=size,
        heads=_heads_present(file, classifier[0], warnings),
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
    """Tell how the input is scaled: TorchScript says it, as does torchvision's own file's name."""
    said = contents.metadata.get("transform_input")
    if said is not None:
        evidence.append(f"The program in the file says transform_input={said}.")
        return replace(variant, transform_input=said == "True"), Preprocessing()
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


def _heads_present(file: _File, classes: int, warnings: list[str]) -> tuple[str, ...]:
    """Return the heads that the file has, with as many classes as the main one."""
    heads = []
    for head in ("aux1", "aux2"):
        last = file.shape(f"{head}.fc2.weight")
        if not last:
            continue
        if last[0] == classes:
            heads.append(head)
        else:
            warnings.append(
                f"{head} was left out: it has {last[0]} classes and the main head {classes}."
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
