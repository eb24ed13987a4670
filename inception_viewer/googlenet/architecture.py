"""GoogLeNet as one module that is also its own graph.

The network is a list of :class:`Step`: a unit, its inputs by name, its module.
Running it, drawing it, counting its costs and recomputing it from a touched unit
on are walks over the same list, so the picture cannot drift from the network.

Three rules keep Captum right here (captum#1276 and the note "what goes silently
wrong" in ``docs/design.md``): every ReLU is a module of its own and not in place,
every max pool gets a tensor of its own, and concatenation is a plain ``torch.cat``.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor, nn

from .same_padding import SameMaxPool2d, pad_same
from .variants import HEAD_INPUT, HEADS, InceptionChannels, Variant

Kind = Literal["input", "conv", "max_pool", "lrn", "concat", "avg_pool", "dense", "classifier"]
Edit = Callable[[str, Tensor], Tensor]
"""``edit(name, activation) -> activation``: applied to every unit's output."""

INPUT = "input"
"""The name of the network's input among a step's inputs: what conv1 receives."""


class Unit(nn.Module):
    """Convolution, batch norm (if the variant has it) and ReLU.

    Under TensorFlow's padding a convolution with a stride pads by the size of its input;
    with stride 1 and an odd kernel that is half the kernel on each side, as everywhere.
    """

    def __init__(
        self, channels_in: int, channels: int, kernel: int, variant: Variant, stride: int = 1
    ) -> None:
        super().__init__()
        eps = variant.batch_norm_eps
        self.same = variant.padding == "tensorflow" and stride > 1
        padding = 0 if self.same else kernel // 2
        self.conv = nn.Conv2d(channels_in, channels, kernel, stride, padding, bias=eps is None)
        self.bn = nn.BatchNorm2d(channels, eps=eps) if eps is not None else None
        self.relu = nn.ReLU(inplace=False)

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, C_in, H, W) to (N, C, H', W'), after the ReLU."""
        if self.same:
            x = pad_same(x, self.conv.kernel_size[0], self.conv.stride[0])
        x = self.conv(x)
        if self.bn is not None:
            x = self.bn(x)
        activation: Tensor = self.relu(x)
        return activation


class OwnMaxPool(nn.Module):
    """A max pool that receives a tensor of its own while gradients flow.

    Captum's max-pool rule hooks the input tensor; shared with other branches it
    would replace their gradients too, and DeepLift would come out as zero.
    """

    def __init__(
        self,
        kernel: int,
        stride: int,
        *,
        padding: int = 0,
        ceil_mode: bool = True,
        same: bool = False,
    ) -> None:
        super().__init__()
        self.pool = (
            SameMaxPool2d(kernel, stride)
            if same
            else nn.MaxPool2d(kernel, stride, padding=padding, ceil_mode=ceil_mode)
        )

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, C, H, W) to (N, C, H', W')."""
        pooled: Tensor = self.pool(x.clone() if x.requires_grad else x)
        return pooled


class HeadPool(nn.Module):
    """The average pool before an auxiliary head: 4x4 out at any input size.

    The paper's 5x5 stride 3 window gives 4x4 only for inputs near 224; elsewhere
    the adaptive pool is used, and :meth:`is_adaptive` says so.
    """

    def __init__(self, variant: Variant) -> None:
        super().__init__()
        self.rule = variant.head_pool
        self.window = nn.AvgPool2d(5, stride=3)
        self.adaptive = nn.AdaptiveAvgPool2d((4, 4))

    def is_adaptive(self, height: int, width: int) -> bool:
        """Whether an input of this height and width is pooled adaptively."""
        fits = (height - 5) // 3 + 1 == 4 and (width - 5) // 3 + 1 == 4
        return self.rule == "adaptive" or not fits

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, C, H, W) to (N, C, 4, 4)."""
        if not self.is_adaptive(*x.shape[-2:]):
            pooled: Tensor = self.window(x)
        elif x.device.type == "mps":
            pooled = adaptive_mean(x, 4)
        else:
            pooled = self.adaptive(x)
        return pooled


def adaptive_mean(x: Tensor, size: int) -> Tensor:
    """Pool (N, C, H, W) to (N, C, size, size) as ``nn.AdaptiveAvgPool2d`` does, in two products.

    Metal's own pool knows only sizes that ``size`` divides (pytorch/pytorch#96056).
    """
    rows, columns = (_means(extent, size, x) for extent in x.shape[-2:])
    return rows @ x @ columns.T


def _means(extent: int, size: int, like: Tensor) -> Tensor:
    """Return the matrix (size, extent) whose rows average the windows of an adaptive pool."""
    matrix = torch.zeros(size, extent)
    for row in range(size):
        first, end = row * extent // size, -(-(row + 1) * extent // size)
        matrix[row, first:end] = 1 / (end - first)
    return matrix.to(like.device, like.dtype)


class Dense(nn.Module):
    """Fully connected layer with ReLU, on the flattened input."""

    def __init__(self, features_in: int, features: int) -> None:
        super().__init__()
        self.linear = nn.Linear(features_in, features)
        self.relu = nn.ReLU(inplace=False)

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, …) to (N, features), after the ReLU."""
        activation: Tensor = self.relu(self.linear(x.flatten(1)))
        return activation


class Classifier(nn.Module):
    """Dropout (in training) and the linear layer that gives a head's logits."""

    def __init__(self, features_in: int, classes: int, dropout: float) -> None:
        super().__init__()
        self.dropout = nn.Dropout(dropout)
        self.linear = nn.Linear(features_in, classes)

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, …) to logits (N, classes)."""
        logits: Tensor = self.linear(self.dropout(x.flatten(1)))
        return logits


@dataclass(frozen=True)
class Step:
    """One unit of the network: what it is called, what it reads, what it does."""

    name: str
    inputs: tuple[str, ...]
    kind: Kind
    module: nn.Module | None
    """None for a concatenation, which is a plain ``torch.cat``."""


def module_path(name: str) -> str:
    """Return the dotted path of a unit's module, ``"inception3a.3x3"``.

    ``conv2/reduce`` lies at ``conv2_reduce``, because ``conv2`` is a unit itself.
    """
    return "conv2_reduce" if name == "conv2/reduce" else name.replace("/", ".")


POOL_AFTER = {"inception3b": "pool3", "inception4e": "pool4"}
LOGITS = {"aux1": "aux1/fc2", "aux2": "aux2/fc2", "main": "fc"}
"""The unit that holds each head's logits."""


class GoogLeNet(nn.Module):
    """GoogLeNet, of any variant.

    Parameters are left uninitialised on the meta device when built under
    ``torch.device("meta")``; see :func:`empty` and :func:`initialise`.

    Parameters
    ----------
    variant
        The architecture, classes and heads included.
    """

    def __init__(self, variant: Variant) -> None:
        super().__init__()
        self.variant = variant
        self.steps: list[Step] = []
        at, channels = self._add_stem(), 192
        for name, table in variant.table:
            at = self._add_inception(name, at, channels, table)
            channels = table.total
            for head in ("aux1", "aux2"):
                if HEAD_INPUT[head] == name and head in variant.heads:
                    self._add_auxiliary(head, channels)
            if name in POOL_AFTER:
                at = self._add_pool(POOL_AFTER[name], at)
        at = self._add("avgpool", (at,), "avg_pool", nn.AdaptiveAvgPool2d((1, 1)))
        self._add("fc", (at,), "classifier", Classifier(channels, variant.classes, variant.dropout))
        self.by_name = {step.name: step for step in self.steps}

    def _add(self, name: str, inputs: tuple[str, ...], kind: Kind, module: nn.Module | None) -> str:
        self.steps.append(Step(name, inputs, kind, module))
        if module is not None:
            *parents, leaf = module_path(name).split(".")
            owner: nn.Module = self
            for parent in parents:
                if parent not in owner._modules:
                    owner.add_module(parent, nn.Module())
                owner = owner.get_submodule(parent)
            owner.add_module(leaf, module)
        return name

    def _add_pool(self, name: str, source: str) -> str:
        pool = self.variant.pools[int(name[-1]) - 1]
        same = self.variant.padding == "tensorflow"
        module = OwnMaxPool(pool.kernel, pool.stride, ceil_mode=pool.ceil_mode, same=same)
        return self._add(name, (source,), "max_pool", module)

    def _add_lrn(self, name: str, source: str) -> str:
        lrn = self.variant.lrn
        if lrn is None:
            return source
        module = nn.LocalResponseNorm(lrn.size, lrn.alpha, lrn.beta, lrn.k)
        return self._add(name, (source,), "lrn", module)

    def _add_stem(self) -> str:
        variant = self.variant
        at = self._add("conv1", (INPUT,), "conv", Unit(3, 64, 7, variant, stride=2))
        at = self._add_lrn("lrn1", self._add_pool("pool1", at))
        at = self._add("conv2/reduce", (at,), "conv", Unit(64, 64, 1, variant))
        at = self._add("conv2", (at,), "conv", Unit(64, 192, 3, variant))
        return self._add_pool("pool2", self._add_lrn("lrn2", at))

    def _add_inception(
        self, name: str, source: str, channels_in: int, table: InceptionChannels
    ) -> str:
        variant = self.variant

        def conv(unit: str, read: str, c_in: int, c_out: int, kernel: int) -> str:
            module = Unit(c_in, c_out, kernel, variant)
            return self._add(f"{name}/{unit}", (read,), "conv", module)

        one = conv("1x1", source, channels_in, table.one, 1)
        reduce3 = conv("3x3_reduce", source, channels_in, table.reduce3, 1)
        three = conv("3x3", reduce3, table.reduce3, table.three, 3)
        reduce5 = conv("5x5_reduce", source, channels_in, table.reduce5, 1)
        five = conv("5x5", reduce5, table.reduce5, table.five, variant.kernel_5x5)
        pool = self._add(f"{name}/pool", (source,), "max_pool", OwnMaxPool(3, 1, padding=1))
        projection = conv("pool_proj", pool, channels_in, table.pool_proj, 1)
        return self._add(name, (one, three, five, projection), "concat", None)

    def _add_auxiliary(self, head: str, channels_in: int) -> None:
        variant = self.variant
        self._add(f"{head}/pool", (HEAD_INPUT[head],), "avg_pool", HeadPool(variant))
        self._add(f"{head}/conv", (f"{head}/pool",), "conv", Unit(channels_in, 128, 1, variant))
        self._add(f"{head}/fc1", (f"{head}/conv",), "dense", Dense(2048, 1024))
        classifier = Classifier(1024, variant.classes, variant.aux_dropout)
        self._add(f"{head}/fc2", (f"{head}/fc1",), "classifier", classifier)

    @property
    def names(self) -> tuple[str, ...]:
        """Every unit, in the order it is computed."""
        return tuple(step.name for step in self.steps)

    @property
    def device(self) -> torch.device:
        """Where its weights are."""
        return next(self.parameters()).device

    def place(self, x: Tensor) -> Tensor:
        """Return a batch of inputs (N, 3, H, W) on the network's device, laid out for it."""
        return x.to(self.device, memory_format=memory_format(self.device))

    def transform(self, x: Tensor) -> Tensor:
        """Return what conv1 receives for a preprocessed input (N, 3, H, W).

        With ``transform_input`` the ImageNet normalisation is turned into
        ``2x - 1``, as torchvision does.
        """
        if not self.variant.transform_input:
            return x
        scale = x.new_tensor([0.229, 0.224, 0.225]).view(3, 1, 1) / 0.5
        shift = (x.new_tensor([0.485, 0.456, 0.406]).view(3, 1, 1) - 0.5) / 0.5
        return torch.addcmul(shift, x, scale)

    def plan(
        self, known: Collection[str], wanted: Collection[str]
    ) -> list[tuple[Step, tuple[str, ...]]]:
        """Return the steps from ``known`` to ``wanted``, each with the names it uses last.

        Raises
        ------
        KeyError
            For a wanted unit that the network lacks, or if the input is needed but unknown.
        """
        for name in wanted:
            if name not in self.by_name and name not in known:
                raise KeyError(f"this network has no unit {name!r}")
        needed = set(wanted) - set(known)
        later, plan = set(wanted), []
        for step in reversed(self.steps):
            if step.name in needed:
                needed.update(name for name in step.inputs if name not in known)
                plan.append((step, tuple(name for name in step.inputs if name not in later)))
                later.update(step.inputs)
        if INPUT in needed:
            raise KeyError("the input is needed for the wanted units, but is not known")
        return plan[::-1]

    def run(
        self,
        known: Mapping[str, Tensor],
        wanted: Collection[str],
        edit: Edit | None = None,
    ) -> dict[str, Tensor]:
        """Compute the ``wanted`` units from those already ``known``.

        Parameters
        ----------
        known
            Activations (N, …) by unit name; ``{"input": x}`` starts from what conv1
            receives, a deeper unit's activation starts there.
        wanted
            Names of units to return.
        edit
            Replaces a computed unit's output before anything reads it.

        Returns
        -------
        dict
            The wanted activations. Everything else is freed once it is used.

        Raises
        ------
        KeyError
            As :meth:`plan` does.
        """
        values: dict[str, Tensor] = dict(known)
        for step, used_up in self.plan(known, wanted):
            inputs = [values[name] for name in step.inputs]
            value = torch.cat(inputs, 1) if step.module is None else step.module(*inputs)
            values[step.name] = value if edit is None else edit(step.name, value)
            for name in used_up:
                del values[name]
        return {name: values[name] for name in wanted}

    def forward(self, x: Tensor) -> dict[str, Tensor]:
        """Map a preprocessed input (N, 3, H, W) to the logits (N, classes) of each head."""
        heads = [head for head in HEADS if head in self.variant.heads]
        values = self.run({INPUT: self.transform(x)}, [LOGITS[head] for head in heads])
        return {head: values[LOGITS[head]] for head in heads}


def memory_format(device: torch.device) -> torch.memory_format:
    """Return the layout in which convolutions are fast, and right, on a device.

    Metal's kernels have silently computed wrong numbers on channels_last tensors
    (pytorch/pytorch#174345 and #180984).
    """
    return torch.contiguous_format if device.type == "mps" else torch.channels_last


def empty(variant: Variant) -> GoogLeNet:
    """Build a network without storage, on the meta device, in a few milliseconds.

    Fill it with ``load_state_dict(..., assign=True)`` or :func:`initialise`. Random
    initialisation would take seconds (pytorch/vision#2166).
    """
    with torch.device("meta"):
        return GoogLeNet(variant).eval()


def twin(net: GoogLeNet) -> GoogLeNet:
    """Return another module object with the same tensors, frozen and in evaluation mode.

    What is done to its modules (hooks, other rules for the ReLUs) leaves ``net`` as it is;
    what is done to its tensors does not.
    """
    other = empty(net.variant)
    other.load_state_dict(net.state_dict(), assign=True)
    return other.eval().requires_grad_(False)


def initialise(variant: Variant, seed: int = 0) -> GoogLeNet:
    """Build a network with random weights for training (He et al., 2015; fan-in)."""
    net = empty(variant).to_empty(device="cpu")
    generator = torch.Generator().manual_seed(seed)
    for module in net.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.reset_parameters()
        elif isinstance(module, nn.Conv2d | nn.Linear):
            nn.init.kaiming_normal_(module.weight, nonlinearity="relu", generator=generator)
            if module.bias is not None:
                nn.init.zeros_(module.bias)
    for name in LOGITS.values():
        if name in net.by_name:
            classifier = net.by_name[name].module
            assert isinstance(classifier, Classifier)
            nn.init.normal_(classifier.linear.weight, std=0.01, generator=generator)
    return net


def fold(net: GoogLeNet) -> GoogLeNet:
    """Derive the network for inference: batch norm folded in, channels_last, frozen.

    The unfolded ``net`` is not changed and stays the truth; outputs agree within
    1e-4. Linear layers share their tensors with ``net``.
    """
    folded = empty(net.variant.folded())
    state: dict[str, Tensor] = {}
    for path, module in net.named_modules():
        if isinstance(module, Unit):
            weight, bias = _folded_convolution(module)
            state[f"{path}.conv.weight"] = weight.contiguous(memory_format=torch.channels_last)
            state[f"{path}.conv.bias"] = bias
        elif isinstance(module, nn.Linear):
            state[f"{path}.weight"] = module.weight.detach()
            state[f"{path}.bias"] = module.bias.detach()
    folded.load_state_dict(state, assign=True)
    return folded.eval().requires_grad_(False)


def _folded_convolution(unit: Unit) -> tuple[Tensor, Tensor]:
    """Return weight and bias of a unit's convolution with its batch norm folded in.

    Computed in float64, so that rounding to the weights' type happens once.
    """
    conv, bn = unit.conv, unit.bn
    weight = conv.weight.detach()
    if bn is None:
        assert conv.bias is not None
        return weight.clone(), conv.bias.detach().clone()
    assert bn.running_mean is not None
    assert bn.running_var is not None
    scale = bn.weight.detach().double() / torch.sqrt(bn.running_var.double() + bn.eps)
    bias = bn.bias.detach().double() - bn.running_mean.double() * scale
    folded = weight.double() * scale.view(-1, 1, 1, 1)
    return folded.to(weight.dtype), bias.to(weight.dtype)


def activations(net: GoogLeNet, x: Tensor) -> dict[str, Tensor]:
    """Return every unit's activation, by name, for a preprocessed input (N, 3, H, W)."""
    return net.run({INPUT: net.transform(x)}, net.names)


def logits(net: GoogLeNet, x: Tensor, head: str) -> Tensor:
    """Return one head's logits (N, classes) for what conv1 receives, (N, 3, H, W).

    Only the units on that head's path are computed.
    """
    return net.run({INPUT: x}, [LOGITS[head]])[LOGITS[head]]
