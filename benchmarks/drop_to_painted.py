"""Row ``drop_to_painted``: an unseen 640x480 JPEG, from its drop to the paint that shows it."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from PIL import Image

from .bench import opened
from .core import REPEATS, Row, interleave, timed
from .networks import save, torchvision_network

BUDGET = 2.0


def row(repeats: int = REPEATS) -> Row:
    """Measure the drop against decoding, preprocessing and one plain forward pass.

    Ours ends with the paint after which tray, graph, maps, predictions and inspector all
    show the photo.
    """
    network = torchvision_network()
    with tempfile.TemporaryDirectory() as folder, opened(save(network, Path(folder))) as bench:
        forward = _peer(network)

        def peer() -> float:
            path = bench.unseen()
            return timed(lambda: forward(path))()

        def ours() -> float:
            return bench.drop_and_wait(bench.unseen())

        figures = interleave(ours, peer, repeats, rest=bench.rest)
    return Row("drop_to_painted", *figures, "ms", BUDGET)


def _peer(network: torch.nn.Module) -> Callable[[Path], Any]:
    """Return what a script does: read a file, preprocess, forward."""
    from torchvision import transforms

    prepare = transforms.Compose(
        [
            transforms.Resize(256),
            transforms.CenterCrop(224),
            transforms.ToTensor(),
            transforms.Normalize((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)),
        ]
    )

    def forward(path: Path) -> Any:
        with Image.open(path) as image, torch.inference_mode():
            return network(prepare(image.convert("RGB"))[None])

    return forward
