"""What many tests share: a photo, and a network that a photo matters to."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
import skimage.data
import torch
from leaks import nothing_left_behind, nothing_left_behind_by_module
from numpy.typing import NDArray
from oracles import torchvision_net
from PIL import Image
from torch import nn

if TYPE_CHECKING:
    from PySide6.QtWidgets import QApplication

    from inception_viewer.api import Network

__all__ = ["nothing_left_behind", "nothing_left_behind_by_module"]

# Windows are opened where nobody sees them, unless the caller says otherwise.
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

if "PYTEST_XDIST_WORKER" in os.environ:
    # The workers share the cores; threads of each would only wait for those of the other.
    torch.set_num_threads(1)
    os.environ.setdefault("OMP_NUM_THREADS", "1")  # and so for the processes that tests start

CLASSES = tuple(f"thing {letter}" for letter in "abcdefghijkl")


@pytest.fixture
def light(qapp: QApplication) -> Iterator[None]:
    """The light theme at the usual text size, for a test and after it."""
    from inception_viewer.ui import theme

    theme.apply("light", 1.0)
    yield
    theme.apply("light", 1.0)


@pytest.fixture(scope="session")
def picture() -> NDArray[np.uint8]:
    """A photo's pixels, RGB uint8 (200, 300, 3)."""
    cat = Image.fromarray(skimage.data.chelsea()).resize((300, 200))
    return np.asarray(cat)


@pytest.fixture(scope="session")
def photo(picture: NDArray[np.uint8], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The photo as a PNG file, so that its pixels are exactly ``picture``."""
    path = tmp_path_factory.mktemp("photos") / "cat.png"
    Image.fromarray(picture).save(path)
    return path


@pytest.fixture(scope="session")
def peer() -> nn.Module:
    """torchvision's own GoogLeNet with random calibrated weights, 12 classes; do not change it."""
    return torchvision_net(len(CLASSES), transform_input=False)


@pytest.fixture(scope="session")
def checkpoint(peer: nn.Module, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The peer's state dict as a ``.pth`` file, with class names beside it."""
    path = tmp_path_factory.mktemp("checkpoints") / "twelve.pth"
    torch.save(peer.state_dict(), path)
    path.with_suffix(".txt").write_text("\n".join(CLASSES))
    return path


@pytest.fixture(scope="session")
def demo() -> Network:
    """The demo checkpoint, as anyone loads it; do not change it."""
    import inception_viewer as iv

    return iv.load("demo")
