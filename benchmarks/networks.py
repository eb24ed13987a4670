"""The network that all rows measure: torchvision's, 1000 classes, weights that make sense."""

from __future__ import annotations

import math
from pathlib import Path

import torch
from torch import Tensor, nn

from .photos import photo

CLASSES = 1000
FILE_NAME = "googlenet-1378be20.pth"
"""The name of torchvision's own file: it tells the program how the input is scaled."""


def torchvision_network(seed: int = 0) -> nn.Module:
    """Return torchvision's own GoogLeNet with random weights, in evaluation mode.

    The weights are He's, and batch norm's statistics are those of a photo: no activation
    is zero throughout, none overflows, and no arithmetic is slowed by subnormal numbers.
    """
    from torchvision.models import GoogLeNet

    net = GoogLeNet(num_classes=CLASSES, aux_logits=True, transform_input=True, init_weights=False)
    generator = torch.Generator().manual_seed(seed)
    for module in net.modules():
        if isinstance(module, nn.Conv2d | nn.Linear):
            deviation = math.sqrt(2 / module.weight[0].numel())
            module.weight.data.normal_(0, deviation, generator=generator)
            if module.bias is not None:
                module.bias.data.zero_()
    _calibrate(net)
    return net.eval().requires_grad_(False)


def _calibrate(net: nn.Module) -> None:
    """Set batch norm's statistics to those of two photos."""
    norms = [module for module in net.modules() if isinstance(module, nn.BatchNorm2d)]
    for norm in norms:
        norm.momentum = 1.0
    net.train()
    with torch.no_grad():
        net(torch.cat([normalised(1), normalised(2)]))
    for norm in norms:
        norm.momentum = 0.1


def normalised(number: int) -> Tensor:
    """Return a photo as torchvision's weights want it, (1, 3, 224, 224)."""
    pixels = torch.tensor(photo(number, 224, 224)).permute(2, 0, 1)[None].float() / 255
    mean = torch.tensor([0.485, 0.456, 0.406]).view(1, 3, 1, 1)
    std = torch.tensor([0.229, 0.224, 0.225]).view(1, 3, 1, 1)
    return (pixels - mean) / std


def save(net: nn.Module, folder: Path, name: str = FILE_NAME) -> Path:
    """Write a network's state dict where the program can open it."""
    path = folder / name
    torch.save(net.state_dict(), path)
    return path
