"""Whole files of every dialect, as small as their shapes allow, with zeros for weights.

What is no long run of zeros in such a file is its structure: headers, names, pickles.
The writers are the tests' own (``tests/caffe_files.py``, ``tests/tensorflow_files.py``) or
PyTorch's and safetensors'; none is the program's, but for its own format.
"""

from __future__ import annotations

import re
import sys
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import save_file
from torch import Tensor
from torchvision.models import GoogLeNet

from inception_viewer.checkpoints import fiveh_names, own
from inception_viewer.checkpoints.weights import Weights, shapes
from inception_viewer.googlenet import variants
from inception_viewer.questions import Preprocessing

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

import caffe_files
import tensorflow_files

RUN = re.compile(rb"\0{96,}")


@dataclass(frozen=True)
class Size:
    """How large a network is made."""

    classes: int
    heads: bool
    dtype: torch.dtype

    @property
    def names(self) -> tuple[str, ...]:
        """The heads' names."""
        return variants.HEADS if self.heads else ("main",)


SMALL = Size(3, False, torch.float16)
REAL = Size(1000, True, torch.float32)
"""As the networks are published."""


@dataclass(frozen=True)
class Original:
    """A whole file that is read without complaint.

    Attributes
    ----------
    name
        Its dialect, with the suffix of such files.
    data
        Its bytes.
    """

    name: str
    data: bytes

    @cached_property
    def structure(self) -> list[tuple[int, int]]:
        """The stretches (start, end) of it that are no weights."""
        found, at = [], 0
        for run in RUN.finditer(self.data):
            if run.start() > at:
                found.append((at, run.start()))
            at = run.end()
        if at < len(self.data):
            found.append((at, len(self.data)))
        return found


State = dict[str, Tensor]


def _torchvision(size: Size) -> State:
    with torch.device("meta"):
        net = GoogLeNet(size.classes, aux_logits=size.heads, init_weights=False)
    state = net.state_dict()
    return {n: torch.zeros(t.shape, dtype=size.dtype) for n, t in state.items() if t.ndim}


def _saved(contents: Any, folder: Path, **how: Any) -> bytes:
    path = folder / "made.pth"
    torch.save(contents, path, **how)
    return path.read_bytes()


def _lightning(folder: Path, size: Size) -> bytes:
    state = {f"model.{name}": tensor for name, tensor in _torchvision(size).items()}
    beside = {"hyper_parameters": {"rate": 0.1, "seen": {1, 2}}, "path": Path("x")}
    moments = {i: {"exp_avg": t} for i, t in enumerate(list(state.values())[:4])}
    return _saved({"state_dict": state, "optimizer_states": [moments], **beside}, folder)


def _torchscript(folder: Path, size: Size) -> bytes:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # newer versions of PyTorch want torch.export
        net = GoogLeNet(size.classes, aux_logits=size.heads, init_weights=False)
        net = net.to(size.dtype).eval()
        for parameter in net.parameters():
            parameter.data.zero_()
        torch.jit.script(net).save(folder / "made.pt")
    return (folder / "made.pt").read_bytes()


def _safetensors(folder: Path, size: Size) -> bytes:
    save_file(_torchvision(size), folder / "made.safetensors", {"format": "pt"})
    return (folder / "made.safetensors").read_bytes()


def _own(folder: Path, size: Size) -> bytes:
    variant = variants.Variant("paper", heads=size.names, classes=size.classes)
    weights = Weights(
        variant,
        {name: torch.zeros(shape) for name, shape in shapes(variant).items()},
        tuple(f"class {index}" for index in range(size.classes)),
        Preprocessing(),
        "paper",
        {head: "trained" if head in size.names else "absent" for head in variants.HEADS},
    )
    half = size.dtype == torch.float16
    own.save(folder / "own.safetensors", weights, "float16" if half else "float32")
    return (folder / "own.safetensors").read_bytes()


def _caffe(folder: Path, size: Size, **how: Any) -> bytes:
    layers = caffe_files.googlenet(size.classes, heads=size.heads)
    blobs = {
        name: tuple(np.zeros_like(array) for array in pair)
        for name, pair in caffe_files.random_blobs(layers).items()
    }
    whole = caffe_files.with_splits([caffe_files.data_layer(), *layers])
    return caffe_files.caffemodel(whole, blobs, **how)


def _graph_weights(size: Size) -> dict[str, Any]:
    found, heads = tensorflow_files.weights(0, size.classes), ("head", "nn", "softmax0", "softmax1")
    if not size.heads:
        found = {name: array for name, array in found.items() if not name.startswith(heads)}
    dtype = np.float16 if size.dtype == torch.float16 else np.float32
    return {name: np.zeros(array.shape, dtype) for name, array in found.items()}


def _frozen(folder: Path, size: Size) -> bytes:
    constants = [tensorflow_files.constant(n, a) for n, a in _graph_weights(size).items()]
    first = tensorflow_files.node("input", "Placeholder", dtype=tensorflow_files.FLOAT)
    writer = tensorflow_files.Writer([first, *constants])
    writer.lrn("localresponsenorm0", "input")
    writer.lrn("localresponsenorm1", "input")
    return b"".join(writer.nodes)


def _inception5h(spelling: Callable[[str], str], folder: Path, size: Size) -> bytes:
    wanted = shapes(variants.inception5h(size.classes, heads=size.names))
    state = {spelling(name): torch.zeros(s, dtype=size.dtype) for name, s in wanted.items()}
    return _saved(state, folder)


MAKERS: dict[str, Callable[[Path, Size], bytes]] = {
    "torchvision.pth": lambda folder, size: _saved(_torchvision(size), folder),
    "legacy.pth": lambda folder, size: _saved(
        _torchvision(size), folder, _use_new_zipfile_serialization=False
    ),
    "lightning.ckpt": _lightning,
    "torchscript.pt": _torchscript,
    "torchvision.safetensors": _safetensors,
    "own.safetensors": _own,
    "new.caffemodel": _caffe,
    "half.caffemodel": lambda folder, size: _caffe(folder, size, numbers="raw half"),
    "v1.caffemodel": lambda folder, size: _caffe(folder, size, v1=True, numbers="raw half"),
    "frozen.pb": _frozen,
    "lucent.pth": lambda folder, size: _inception5h(fiveh_names.lucent_name, folder, size),
    "captum.pth": lambda folder, size: _inception5h(fiveh_names.captum_name, folder, size),
}
"""Every dialect, and what makes a file of it."""


def original(name: str, folder: Path, size: Size = SMALL) -> Original:
    """Make a whole file of a dialect; the folder is for what lies on disk meanwhile."""
    return Original(name, MAKERS[name](folder, size))
