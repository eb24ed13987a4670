"""The rows that need the window: a drop, the first paint, and the longest stall.

The window runs on Qt's offscreen platform unless ``QT_QPA_PLATFORM`` says otherwise.
All use a torchvision network with 1000 classes and random weights, the peer too.
"""

from __future__ import annotations

import io
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from .core import Row, interleave

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

ROOT = Path(__file__).resolve().parent.parent
PATIENCE = 120.0


def window_on_screen(repeats: int = 15) -> Row:
    """From starting a process to the first paint, against one that imports torch."""
    window = f"""
import sys
sys.path.insert(0, {str(ROOT)!r})
from inception_viewer.launch import parser
from inception_viewer.ui.application import make_application, open_window
app = make_application(["benchmark"])
options = parser().parse_args(["--settings", sys.argv[1]])
controller = open_window(options, worker=lambda: None)
controller.window.first_painted.disconnect(controller.start)
controller.window.first_painted.connect(app.quit)
app.exec()
import os
os._exit(0)
"""
    with tempfile.TemporaryDirectory() as folder:
        settings = str(Path(folder) / "settings.ini")

        def run(code: str) -> Callable[[], None]:
            words = [sys.executable, "-c", code, settings]
            return lambda: subprocess.run(words, check=True) and None

        ratio, ours, peer = interleave(run(window), run("import torch"), repeats)
    return Row("window_on_screen", ratio, ours, peer, "ms", 0.5)


def drop_to_painted(repeats: int = 15) -> Row:
    """From the drop of an unseen photo to the paint that shows it everywhere."""
    import torch
    import torchvision

    with opened_window() as (bench, network):
        steps = torchvision.transforms.Compose(
            [
                torchvision.transforms.Resize(256, antialias=True),
                torchvision.transforms.CenterCrop(224),
                torchvision.transforms.ToTensor(),
                torchvision.transforms.Normalize((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)),
            ]
        )

        def peer() -> None:
            with Image.open(bench.unseen_photo()) as image, torch.inference_mode():
                network(steps(image.convert("RGB"))[None])["main" if False else slice(None)]

        ratio, ours, theirs = interleave(bench.drop_unseen, peer, repeats, pause=bench.rest)
    return Row("drop_to_painted", ratio, ours, theirs, "ms", 2.0)


def longest_stall(repeats: int = 1) -> Row:
    """The longest gap of the event loop in a scripted session; the idle one is printed beside."""
    with opened_window() as (bench, _network):
        idle = bench.longest_gap(lambda: bench.wait(lambda: False, 3.0, strict=False))
        gaps = [bench.longest_gap(bench.play) for _ in range(max(1, repeats))]
    print(f"longest_stall: {idle:.1f} ms while idle", file=sys.stderr)
    return Row("longest_stall", None, statistics.median(gaps), None, "ms", 50.0)
