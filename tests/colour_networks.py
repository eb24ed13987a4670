"""Photos of four colours, and networks of every family that tell them apart."""

from __future__ import annotations

import functools
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from oracles import randomise
from PIL import Image
from torch import nn

from inception_viewer.checkpoints.weights import Weights
from inception_viewer.googlenet import variants
from inception_viewer.googlenet.architecture import GoogLeNet, activations, initialise
from inception_viewer.googlenet.variants import HEADS, Variant
from inception_viewer.images.decode import decode
from inception_viewer.images.preprocess import prepare
from inception_viewer.questions import HeadState, ImageSource, Preprocessing

COLOURS = {
    "Deep Blue": (40, 60, 220),
    "green": (30, 200, 60),
    "grey": (120, 120, 120),
    "red": (220, 40, 30),
}
EACH = 18
SMALL = Preprocessing(64, 64, resize="squeeze")
KINDS = ("batch norm", "LRN", "no heads in the file", "torchvision", "5h")


def make_folder(root: Path) -> Path:
    """Four classes of 18 photos: a colour with noise, 48 x 64 pixels."""
    random = np.random.default_rng(0)
    for name, colour in COLOURS.items():
        (root / name).mkdir(parents=True)
        for index in range(EACH):
            noise = random.integers(-40, 40, (48, 64, 3))
            pixels = (np.array(colour) + noise).clip(0, 255).astype(np.uint8)
            Image.fromarray(pixels).save(root / name / f"{name}-{index}.png")
    return root


def variant_of(kind: str) -> Variant:
    made = {
        "batch norm": variants.paper(6),
        "LRN": variants.paper(6, batch_norm=False),
        "no heads in the file": replace(variants.paper(6), heads=("main",)),
        "torchvision": variants.torchvision(6),
        "5h": variants.inception5h(6),
    }
    return made[kind]


def inputs(paths: list[Path]) -> torch.Tensor:
    """The photos as the network receives them, one by one."""
    arrays = [prepare(decode(ImageSource(path=str(path))).pixels, SMALL).array for path in paths]
    return torch.from_numpy(np.stack(arrays))


def teach(net: GoogLeNet, folder: Path) -> None:
    """Solve for a main head that tells the four colours apart: ridge regression on avgpool."""
    paths = [sorted((folder / name).iterdir())[index] for name in COLOURS for index in range(8)]
    with torch.no_grad():
        read = activations(net, inputs(paths))["avgpool"].flatten(1).double()
        centre = read.mean(0)
        x = read - centre
        y = torch.full((len(x), 6), -1.0, dtype=torch.float64)
        for place in range(len(x)):
            y[place, (1, 3, 4, 5)[place // 8]] = 4.0
        gram = x @ x.T + 1e-3 * float((x @ x.T).diagonal().mean()) * torch.eye(len(x)).double()
        weight = (x.T @ torch.linalg.solve(gram, y - y.mean(0))).T
        linear = net.get_submodule("fc.linear")
        linear.weight.copy_(weight)
        linear.bias.copy_(y.mean(0) - weight @ centre)


@functools.cache
def make_weights(kind: str, folder: Path) -> Weights:
    variant = variant_of(kind)
    net = initialise(variant, seed=1)
    randomise(net, 1)
    if variant.batch_norm_eps is not None:
        for module in net.modules():
            if isinstance(module, nn.BatchNorm2d):
                module.reset_running_stats()
                module.momentum = None  # the plain mean
        net.train()
        with torch.no_grad():
            net(inputs([next((folder / name).iterdir()) for name in COLOURS]))
        net.eval()
    teach(net, folder)
    states: dict[str, HeadState] = {
        head: "untrained" if head in variant.heads else "absent" for head in HEADS
    }
    return Weights(
        variant=variant,
        state={k: v.clone() for k, v in net.state_dict().items() if "num_batches" not in k},
        classes=("none", "deep-blue", "no other", "GREEN", "grey", "Red"),
        preprocessing=SMALL,
        family=variant.name,
        heads={**states, "main": "trained"},
        metadata={"accuracy": '{"aux1": {"top1": 0.1}, "main": {"top1": 0.9}}', "licence": "free"},
    )
