"""Independent references for the network: torchvision's class, and plain functional code.

Nothing here reads the network's steps; keys, wiring and formulas are written out anew.
"""

from __future__ import annotations

import functools
import math
import re
from collections.abc import Mapping
from typing import Any

import numpy as np
import skimage.data
import sklearn.datasets
import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor, nn
from torchvision.models import GoogLeNet as TorchvisionGoogLeNet

State = Mapping[str, Tensor]
MEAN = torch.tensor([0.485, 0.456, 0.406]).view(1, 3, 1, 1)
STD = torch.tensor([0.229, 0.224, 0.225]).view(1, 3, 1, 1)
MODULE_NAMES = [f"inception{i}" for i in ("3a", "3b", "4a", "4b", "4c", "4d", "4e", "5a", "5b")]
TORCHVISION_UNITS = {
    "branch1": "1x1",
    "branch2.0": "3x3_reduce",
    "branch2.1": "3x3",
    "branch3.0": "5x5_reduce",
    "branch3.1": "5x5",
    "branch4.0": "pool",
    "branch4.1": "pool_proj",
}
TORCHVISION_STEM = {
    "conv1": "conv1",
    "maxpool1": "pool1",
    "conv2": "conv2/reduce",
    "conv3": "conv2",
    "maxpool2": "pool2",
    "maxpool3": "pool3",
    "maxpool4": "pool4",
}


# --- photos ----------------------------------------------------------------------------


@functools.cache
def photos() -> tuple[np.ndarray, ...]:
    """Five photos, RGB (height, width, 3), uint8."""
    skimage_photos = [getattr(skimage.data, n)() for n in ("astronaut", "coffee", "chelsea")]
    return (*skimage_photos, *sklearn.datasets.load_sample_images().images)


def batch(height: int, width: int, count: int = 5) -> Tensor:
    """ImageNet-normalised photos (count, 3, height, width)."""
    resized = [Image.fromarray(p).resize((width, height)) for p in photos()[:count]]
    values = torch.from_numpy(np.stack([np.asarray(picture) for picture in resized]))
    return (values.permute(0, 3, 1, 2).float() / 255 - MEAN) / STD


def relative_error(ours: Tensor, reference: Tensor) -> float:
    """Largest difference, as a share of the reference's largest value."""
    assert ours.shape == reference.shape
    scale = float(reference.abs().max())
    assert math.isfinite(scale)
    assert scale > 0
    return float((ours - reference).abs().max()) / scale


# --- random weights that a photo matters to ----------------------------------------------


def randomise(net: nn.Module, seed: int = 0) -> None:
    """Random weights; batch norm's scale and shift random too, so that none can be left out."""
    generator = torch.Generator().manual_seed(seed)
    for module in net.modules():
        if isinstance(module, nn.Conv2d | nn.Linear):
            fan_in = module.weight[0].numel()
            module.weight.data.normal_(0, math.sqrt(2 / fan_in), generator=generator)
            if module.bias is not None:
                module.bias.data.normal_(0, 0.2, generator=generator)
        elif isinstance(module, nn.BatchNorm2d):
            module.weight.data.uniform_(0.5, 1.5, generator=generator)
            module.bias.data.normal_(0, 0.3, generator=generator)


def calibrate(net: nn.Module) -> None:
    """Set batch norm's statistics to those of the photos, so that none saturates a unit."""
    norms = [module for module in net.modules() if isinstance(module, nn.BatchNorm2d)]
    for norm in norms:
        norm.reset_running_stats()
        norm.momentum = 1.0
    net.train()
    with torch.no_grad():
        net(batch(160, 192))
    net.eval()
    for norm in norms:
        norm.momentum = 0.1


# --- torchvision -------------------------------------------------------------------------


def torchvision_net(
    classes: int = 1000, *, transform_input: bool = True, seed: int = 0
) -> nn.Module:
    """torchvision's own GoogLeNet with random weights, calibrated on the photos."""
    net = TorchvisionGoogLeNet(
        num_classes=classes, aux_logits=True, transform_input=transform_input, init_weights=False
    )
    randomise(net, seed)
    calibrate(net)
    return net


def our_key(key: str) -> str:
    """Our state-dict key for torchvision's."""
    key = re.sub(r"\b(fc[12]?)\.(weight|bias)$", r"\1.linear.\2", key)
    key = re.sub(r"^conv2\.", "conv2_reduce.", key)
    key = re.sub(r"^conv3\.", "conv2.", key)
    match = re.match(r"(inception\d\w)\.(branch\d(?:\.\d)?)\.((?:conv|bn)\..*)", key)
    if match:
        return f"{match[1]}.{TORCHVISION_UNITS[match[2]]}.{match[3]}"
    return key


def our_state(net: nn.Module) -> dict[str, Tensor]:
    """torchvision's weights under our keys, cloned."""
    return {our_key(key): value.clone() for key, value in net.state_dict().items()}


def torchvision_activations(net: Any, x: Tensor) -> dict[str, Tensor]:
    """Every unit's activation under our names, heads included, in evaluation mode.

    Hooks sit on whole ``BasicConv2d`` blocks, so that values are those after the in-place
    ReLU. The heads do not run in evaluation mode and are called here, part by part.
    """
    kept: dict[str, Tensor] = {}

    def keep(module: nn.Module, name: str) -> Any:
        return module.register_forward_hook(lambda _m, _i, out: kept.update({name: out.clone()}))

    hooks = [keep(net.get_submodule(theirs), ours) for theirs, ours in TORCHVISION_STEM.items()]
    for name in MODULE_NAMES:
        hooks.append(keep(net.get_submodule(name), name))
        for branch, unit in TORCHVISION_UNITS.items():
            hooks.append(keep(net.get_submodule(f"{name}.{branch}"), f"{name}/{unit}"))
    hooks.append(keep(net.avgpool, "avgpool"))
    kept["fc"] = net(x)
    for hook in hooks:
        hook.remove()
    for head, source in (("aux1", "inception4a"), ("aux2", "inception4d")):
        kept.update(_torchvision_head(getattr(net, head), head, kept[source]))
    return kept


def _torchvision_head(aux: Any, head: str, source: Tensor) -> dict[str, Tensor]:
    """One auxiliary head's units; its logits come from the head's own ``forward``."""
    pooled = F.adaptive_avg_pool2d(source, (4, 4))
    convolved = aux.conv(pooled)
    return {
        f"{head}/pool": pooled,
        f"{head}/conv": convolved,
        f"{head}/fc1": F.relu(aux.fc1(torch.flatten(convolved, 1))),
        f"{head}/fc2": aux(source),
    }


# --- the paper's network, as plain functions -----------------------------------------------


def paper_activations(
    state: State, x: Tensor, *, lrn: bool, skip_lrn: bool = False
) -> dict[str, Tensor]:
    """Every unit of the paper's network from its weights, after Figure 3 and section 5.

    ``state`` has our keys. With ``lrn`` the two normalisations of the original network are
    applied; ``skip_lrn`` leaves them out, to see what they matter.
    """
    normalise = _identity if skip_lrn else local_response_normalisation
    out: dict[str, Tensor] = {}
    out["conv1"] = _conv(state, x, "conv1", 2)
    out["pool1"] = at = _halve(out["conv1"])
    if lrn:
        out["lrn1"] = at = normalise(at)
    out["conv2/reduce"] = _conv(state, at, "conv2_reduce")
    out["conv2"] = at = _conv(state, out["conv2/reduce"], "conv2")
    if lrn:
        out["lrn2"] = at = normalise(at)
    out["pool2"] = at = _halve(at)
    for name in MODULE_NAMES:
        out |= _paper_module(state, at, name)
        at = out[name]
        if name in ("inception3b", "inception4e"):
            pool = "pool3" if name == "inception3b" else "pool4"
            out[pool] = at = _halve(at)
    out["avgpool"] = at.mean((2, 3), keepdim=True)
    out["fc"] = _dense(state, out["avgpool"], "fc")
    out |= _paper_head(state, out["inception4a"], "aux1")
    out |= _paper_head(state, out["inception4d"], "aux2")
    return out


def _identity(x: Tensor) -> Tensor:
    return x


def _halve(x: Tensor) -> Tensor:
    return F.max_pool2d(x, 3, 2, ceil_mode=True)


def _conv(state: State, x: Tensor, key: str, stride: int = 1) -> Tensor:
    """Convolution, batch norm written out (if there is one), ReLU."""
    weight = state[f"{key}.conv.weight"]
    x = F.conv2d(x, weight, state.get(f"{key}.conv.bias"), stride, weight.shape[-1] // 2)
    if f"{key}.bn.weight" in state:
        names = ("running_mean", "running_var", "weight", "bias")
        mean, var, scale, shift = (state[f"{key}.bn.{n}"].view(1, -1, 1, 1) for n in names)
        x = (x - mean) / (var + 1e-3).sqrt() * scale + shift
    return x.clamp(min=0)


def _dense(state: State, x: Tensor, key: str) -> Tensor:
    return x.flatten(1) @ state[f"{key}.linear.weight"].T + state[f"{key}.linear.bias"]


def _paper_module(state: State, at: Tensor, name: str) -> dict[str, Tensor]:
    out = {}
    for branch in ("3x3", "5x5"):
        out[f"{name}/{branch}_reduce"] = _conv(state, at, f"{name}.{branch}_reduce")
        out[f"{name}/{branch}"] = _conv(state, out[f"{name}/{branch}_reduce"], f"{name}.{branch}")
    out[f"{name}/1x1"] = _conv(state, at, f"{name}.1x1")
    out[f"{name}/pool"] = F.max_pool2d(at, 3, 1, 1)
    out[f"{name}/pool_proj"] = _conv(state, out[f"{name}/pool"], f"{name}.pool_proj")
    parts = [out[f"{name}/{unit}"] for unit in ("1x1", "3x3", "5x5", "pool_proj")]
    return out | {name: torch.cat(parts, 1)}


def _paper_head(state: State, source: Tensor, head: str) -> dict[str, Tensor]:
    pooled = F.avg_pool2d(source, 5, 3)
    if tuple(pooled.shape[2:]) != (4, 4):
        pooled = F.adaptive_avg_pool2d(source, 4)
    convolved = _conv(state, pooled, f"{head}.conv")
    hidden = _dense(state, convolved, f"{head}.fc1").clamp(min=0)
    values = (pooled, convolved, hidden, _dense(state, hidden, f"{head}.fc2"))
    return {f"{head}/{u}": v for u, v in zip(("pool", "conv", "fc1", "fc2"), values, strict=True)}


def local_response_normalisation(x: Tensor) -> Tensor:
    """Krizhevsky et al. (2012), section 3.3, with Caffe's numbers: b = a / (1 + c/5 S)^0.75."""
    squares = x.double() ** 2
    around = torch.zeros_like(squares)
    channels = x.shape[1]
    for shift in range(-2, 3):
        low, high = max(0, -shift), min(channels, channels - shift)
        around[:, low:high] += squares[:, low + shift : high + shift]
    return (x.double() / (1 + 1e-4 / 5 * around) ** 0.75).to(x.dtype)
