"""Caffe's GoogLeNet with random weights, written and opened: what its tests share."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import caffe_files as cf
import numpy as np
import pytest
from caffe_files import Layer, caffemodel, googlenet, random_blobs, with_splits
from numpy.typing import NDArray

from inception_viewer.checkpoints.read import read_checkpoint
from inception_viewer.checkpoints.weights import Weights
from inception_viewer.errors import CheckpointError
from inception_viewer.questions import Preprocessing

CLASSES = 12
BVLC_INPUT = Preprocessing(
    channels="BGR", scale=1.0, mean=(104.0, 117.0, 123.0), std=(1.0, 1.0, 1.0)
)
Open = Callable[..., Weights]
Blobs = dict[str, Any]


@pytest.fixture(scope="module", name="layers")
def googlenet_layers() -> list[Layer]:
    return googlenet(CLASSES)


@pytest.fixture(scope="module", name="blobs")
def layer_blobs(layers: list[Layer]) -> Blobs:
    """Random weights; tests change copies of the dictionary, never the arrays."""
    return random_blobs(layers)


@pytest.fixture(scope="module", name="short")
def deployed_layers(layers: list[Layer]) -> list[Layer]:
    """The network as deployed: no auxiliary heads."""
    return googlenet(CLASSES, heads=False)


@pytest.fixture(scope="module", name="folder")
def one_folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """One folder for all files, which are large: each is overwritten by the next."""
    path = tmp_path_factory.mktemp("caffe")
    yield path
    for file in path.iterdir():
        file.unlink()


@pytest.fixture(name="opened")
def opener(folder: Path, blobs: Blobs) -> Open:
    """Write a ``.caffemodel`` and open it; half precision unless told, as it is smaller."""

    def write_and_open(
        layers: Sequence[Layer], changed: Blobs | None = None, file: str = "net", **how: Any
    ) -> Weights:
        path = folder / f"{file}.caffemodel"
        how = {"numbers": "raw half", **how}
        path.write_bytes(caffemodel(layers, {**blobs, **(changed or {})}, **how))
        try:
            return read_checkpoint(path)
        finally:
            path.unlink()

    return write_and_open


def refusal(open_: Open, *arguments: Any, **how: Any) -> str:
    """The one sentence with which a file is refused, without the file's name."""
    with pytest.raises(CheckpointError) as caught:
        open_(*arguments, **how)
    return plain(caught.value)


def plain(error: CheckpointError) -> str:
    text = str(error)
    assert "\n" not in text
    assert text.endswith(".")
    assert len(text) < 1500
    return text.partition(": ")[2]


def changed(layers: Sequence[Layer], which: str, **changes: Any) -> list[Layer]:
    """The layers with one of them changed; ``settings`` are added to its own."""
    result = []
    for layer in layers:
        if layer.name == which:
            added = changes.get("settings", {})
            layer = replace(layer, **{**changes, "settings": {**layer.settings, **added}})
        result.append(layer)
    return result


def without(layers: Sequence[Layer], *names: str) -> list[Layer]:
    return [layer for layer in layers if layer.name not in names]


def full(layers: Sequence[Layer]) -> list[Layer]:
    """As Caffe's training saves it: with the data layer and the splits it puts in."""
    return [cf.data_layer(), *with_splits(layers)]


def classifier_of(classes: int, seed: int = 5) -> tuple[NDArray[Any], NDArray[Any]]:
    rng = np.random.default_rng(seed)
    weights = rng.normal(0, 0.05, (classes, 1024)).astype(np.float32)
    return weights, rng.normal(0, 0.2, classes).astype(np.float32)
